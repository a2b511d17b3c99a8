//! ctap-hid-fido2, as published, against fob's software key: registers, signs in, sets and uses a PIN.
//!
//! It is a judge: it shares no code with fob, and every signature is checked by its own verifier. Ends with 0 when all
//! checks held; the first that does not ends it with a message.

use anyhow::{Context, Result, ensure};
use ctap_hid_fido2::fidokey::get_assertion::get_assertion_params::Assertion;
use ctap_hid_fido2::fidokey::make_credential::make_credential_params::Attestation;
use ctap_hid_fido2::fidokey::{FidoKeyHid, GetAssertionArgsBuilder, MakeCredentialArgsBuilder};
use ctap_hid_fido2::public_key_credential_user_entity::PublicKeyCredentialUserEntity;
use ctap_hid_fido2::{Cfg, FidoKeyHidFactory, get_fidokey_devices, verifier};

const RP_ID: &str = "judge.example";
const PIN: &str = "271828";

fn main() -> Result<()> {
    ensure!(get_fidokey_devices().len() == 1, "the stand-in shows one key");
    let mut config = Cfg::init();
    config.enable_keep_alive_msg = false;
    let mut key = FidoKeyHidFactory::create(&config)?;

    check("getInfo", || {
        let info = key.get_info()?;
        ensure!(info.versions.iter().any(|version| version == "FIDO_2_0"), "versions {:?}", info.versions);
        ensure!(info.options.iter().any(|(name, set)| name == "clientPin" && !set), "a new key has no PIN");
        Ok(())
    })?;
    check("register and sign in without a PIN", || register_and_sign_in(&key, None, None))?;
    check("set a PIN; eight tries are left", || {
        key.set_new_pin(PIN)?;
        ensure!(key.get_pin_retries()? == 8);
        Ok(())
    })?;
    check("protocol one: register and sign in with the PIN", || register_and_sign_in(&key, Some(PIN), None))?;
    ensure!(key.set_pin_uv_auth_protocol_two()?, "the key offers PIN/UV protocol two");
    check("protocol two: register and sign in with the PIN", || register_and_sign_in(&key, Some(PIN), None))?;
    check("a resident credential is found without a list", || {
        let user = PublicKeyCredentialUserEntity::new(Some(b"user-1"), Some("ada"), Some("Ada"));
        register_and_sign_in(&key, Some(PIN), Some(&user))
    })?;
    check("a wrong PIN is refused and costs a try", || {
        let challenge = verifier::create_challenge();
        let arguments = MakeCredentialArgsBuilder::new(RP_ID, &challenge).pin("000000").build();
        ensure!(key.make_credential_with_args(&arguments).is_err(), "a wrong PIN was taken");
        ensure!(key.get_pin_retries()? == 7, "{} tries are left", key.get_pin_retries()?);
        Ok(())
    })
}

/// Runs one check and says its name.
fn check(name: &str, body: impl FnOnce() -> Result<()>) -> Result<()> {
    body().with_context(|| format!("ctap-hid-fido2: {name}"))?;
    println!("ok  ctap-hid-fido2: {name}");
    Ok(())
}

/// A new credential, resident when there is a user, then an assertion with it; both signatures verified.
fn register_and_sign_in(
    key: &FidoKeyHid,
    pin: Option<&str>,
    user: Option<&PublicKeyCredentialUserEntity>,
) -> Result<()> {
    let challenge = verifier::create_challenge();
    let mut arguments = MakeCredentialArgsBuilder::new(RP_ID, &challenge);
    arguments = match pin {
        Some(pin) => arguments.pin(pin),
        None => arguments.without_pin_and_uv(),
    };
    if let Some(user) = user {
        arguments = arguments.user_entity(user).resident_key();
    }
    let attestation = key.make_credential_with_args(&arguments.build())?;
    ensure!(attestation.flags.user_present_result, "no user presence");
    ensure!(attestation.flags.user_verified_result == pin.is_some(), "the UV flag is wrong");
    ensure!(self_attested(&challenge, &attestation), "the self attestation does not verify");

    let challenge = verifier::create_challenge();
    let mut arguments = GetAssertionArgsBuilder::new(RP_ID, &challenge);
    if user.is_none() {
        arguments = arguments.credential_id(&attestation.credential_descriptor.id);
    }
    arguments = match pin {
        Some(pin) => arguments.pin(pin),
        None => arguments.without_pin_and_uv(),
    };
    let assertions = key.get_assertion_with_args(&arguments.build())?;
    let assertion = assertions.first().context("no assertion")?;
    let public_key = &attestation.credential_publickey;
    ensure!(verifier::verify_assertion(RP_ID, public_key, &challenge, assertion), "the assertion does not verify");
    Ok(())
}

/// Its own attestation verifier insists on a certificate; a self attestation signs the same bytes as an assertion does.
fn self_attested(challenge: &[u8], attestation: &Attestation) -> bool {
    let as_assertion = Assertion {
        rpid_hash: attestation.rpid_hash.clone(),
        auth_data: attestation.auth_data.clone(),
        signature: attestation.attstmt_sig.clone(),
        ..Assertion::default()
    };
    verifier::verify_assertion(RP_ID, &attestation.credential_publickey, challenge, &as_assertion)
}
