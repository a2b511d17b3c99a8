//! Extensions of both commands, what hmac-secret encrypts, and what getInfo tells holders of a persistent token, against
//! bytes that PyPI's fido2 made (tests/vectors/python-fido2.py).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a table that does not fit ends its test")]

use std::collections::BTreeMap;
use std::fmt::Debug;

use data_encoding::HEXLOWER;
use fob_ambient::{Rng, SeededRng};
use fob_ctap::extension::hmac_secret::{BadSalts, HmacValues};
use fob_ctap::extension::large_blob::{
    LargeBlobRequest, LargeBlobResult, LargeBlobSupport, LargeBlobSupported, PackedBlob,
};
use fob_ctap::extension::sets::{
    GetAssertionInputs, GetAssertionOutputs, GetAssertionUnsignedOutputs, MakeCredentialInputs, MakeCredentialOutputs,
    MakeCredentialUnsignedOutputs,
};
use fob_ctap::extension::{CredProtect, Extensions, HmacSecretInput};
use fob_ctap::persistent::SealedMember;
use fob_ctap::pin::{KeyAgreementSecret, PinUvAuthToken, Protocol, SharedSecret};
use fob_ctap::{Malformed, Map, Value};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    maps: BTreeMap<String, String>,
    persistent: BTreeMap<String, String>,
    hmac_secret: Vec<HmacSecret>,
}

#[derive(Deserialize)]
struct HmacSecret {
    number: u64,
    platform: String,
    authenticator: String,
    iv: String,
    salt_1: String,
    salt_2: String,
    input: String,
    input_mc: String,
    cred_random: String,
    output_1: String,
    output_2: String,
    sealed: String,
}

/// The vectors' other side had this for an IV.
struct Fixed(Vec<u8>);

impl Rng for Fixed {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0[..bytes.len()]);
    }
}

fn load() -> Vectors {
    toml::from_str(include_str!("vectors/python-fido2-extensions.toml")).unwrap()
}

fn hex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

fn array<const N: usize>(text: &str) -> [u8; N] {
    hex(text).try_into().unwrap()
}

fn map(bytes: &[u8]) -> Map {
    fob_cbor::decode(bytes, fob_cbor::Limits::CTAP).unwrap().as_map().unwrap().clone()
}

impl Vectors {
    /// Written as fido2 writes it, and read back.
    fn set<S>(&self, name: &str, set: &S)
    where
        for<'a> S: TryFrom<&'a Map, Error = Malformed> + Debug + PartialEq,
        for<'a> Extensions: From<&'a S>,
    {
        let written = fob_cbor::encode(&Value::Map(Extensions::from(set).into_map()));
        assert_eq!(HEXLOWER.encode(&written), self.maps[name], "{name}");
        assert_eq!(S::try_from(&map(&hex(&self.maps[name]))).as_ref(), Ok(set), "{name}");
    }
}

#[test]
fn inputs_and_outputs_of_a_registration_are_typed() {
    let vectors = load();
    let inputs = MakeCredentialInputs {
        cred_protect: Some(CredProtect::UserVerificationOptionalWithCredentialIdList),
        cred_blob: Some(hex(&vectors.maps["cred_blob"])),
        large_blob_key: Some(true),
        min_pin_length: Some(true),
        pin_complexity_policy: Some(true),
        hmac_secret: Some(true),
        third_party_payment: Some(true),
        ..MakeCredentialInputs::default()
    };
    vectors.set("make_credential_inputs", &inputs);
    let large_blob = |support| MakeCredentialInputs { large_blob: Some(support), ..MakeCredentialInputs::default() };
    vectors.set("make_credential_inputs_large_blob", &large_blob(LargeBlobSupport::Required));
    vectors.set("make_credential_inputs_large_blob_preferred", &large_blob(LargeBlobSupport::Preferred));
    let outputs = MakeCredentialOutputs {
        cred_protect: Some(CredProtect::UserVerificationOptionalWithCredentialIdList),
        cred_blob: Some(true),
        min_pin_length: Some(6),
        pin_complexity_policy: Some(false),
        hmac_secret: Some(true),
        hmac_secret_mc: Some(hex(&vectors.maps["sealed"])),
        third_party_payment: Some(true),
    };
    vectors.set("make_credential_outputs", &outputs);
    let unsigned = MakeCredentialUnsignedOutputs { large_blob: Some(LargeBlobSupported(true)) };
    vectors.set("make_credential_unsigned_outputs", &unsigned);
}

#[test]
fn inputs_and_outputs_of_a_sign_in_are_typed() {
    let vectors = load();
    let inputs = GetAssertionInputs {
        cred_blob: Some(true),
        large_blob_key: Some(true),
        third_party_payment: Some(true),
        ..GetAssertionInputs::default()
    };
    vectors.set("get_assertion_inputs", &inputs);
    let blob = || PackedBlob { packed: hex(&vectors.maps["packed"]), original_size: 60 };
    let large_blob = |request| GetAssertionInputs { large_blob: Some(request), ..GetAssertionInputs::default() };
    vectors.set("get_assertion_inputs_read", &large_blob(LargeBlobRequest::Read));
    vectors.set("get_assertion_inputs_write", &large_blob(LargeBlobRequest::Write(blob())));
    let outputs = GetAssertionOutputs {
        cred_blob: Some(hex(&vectors.maps["cred_blob"])),
        hmac_secret: Some(hex(&vectors.maps["sealed"])),
        third_party_payment: Some(false),
    };
    vectors.set("get_assertion_outputs", &outputs);
    let unsigned = |result| GetAssertionUnsignedOutputs { large_blob: Some(result) };
    vectors.set("get_assertion_unsigned_outputs_blob", &unsigned(LargeBlobResult::Blob(blob())));
    vectors.set("get_assertion_unsigned_outputs_written", &unsigned(LargeBlobResult::Written(true)));
}

#[test]
fn inputs_of_another_shape_are_refused() {
    let read = |text: &str| GetAssertionInputs::try_from(&map(&hex(text))).is_ok();
    let large_blob = |inner: &str| read(&format!("a1696c61726765426c6f62{inner}"));
    assert!(large_blob("a16472656164f5"));
    for (case, inner) in [
        ("nothing", "a0"),
        ("read: false", "a16472656164f4"),
        ("write without a size", "a165777269746540"),
        ("read and write", "a36472656164f56577726974654 06c6f726967696e616c53697a6500"),
        ("a list", "80"),
    ] {
        assert!(!large_blob(&inner.replace(' ', "")), "{case}");
    }
    assert!(!read("a16863726564426c6f6240"), "credBlob of bytes");
    assert!(read("a16178f5"), "an extension that nobody knows");
    let support = "a1696c61726765426c6f62a167737570706f7274666d6179626521".replace("21", "");
    assert!(MakeCredentialInputs::try_from(&map(&hex(&support.replace("666d61796265", "656d61796265")))).is_err());
}

impl HmacSecret {
    fn protocol(&self) -> Protocol {
        Protocol::from_number(self.number).unwrap()
    }

    fn secret(scalar: &str) -> KeyAgreementSecret {
        KeyAgreementSecret::from_bytes(&array(scalar)).unwrap()
    }

    fn shared(&self) -> SharedSecret {
        let authenticator = Self::secret(&self.authenticator);
        authenticator.shared_secret(self.protocol(), &Self::secret(&self.platform).public()).unwrap()
    }

    fn rng(&self) -> Fixed {
        Fixed(hex(&self.iv))
    }
}

fn inner(text: &str, name: &'static str) -> HmacSecretInput {
    Extensions::from(map(&hex(text))).get(name).unwrap().unwrap()
}

#[test]
fn salts_are_sealed_as_fido2_seals_them_and_opened() {
    for vector in load().hmac_secret {
        let shared = vector.shared();
        let salts = HmacValues::new(&array(&vector.salt_1), Some(&array(&vector.salt_2)));
        let ours = HmacSecret::secret(&vector.platform).public();
        let sealed = HmacSecretInput::seal(ours, &shared, &salts, &mut vector.rng());
        let expected = inner(&vector.input, "hmac-secret");
        // fido2 names protocol one too, which keys of CTAP 2.0 do not know.
        let named = HmacSecretInput { pin_uv_auth_protocol: Some(vector.number), ..sealed.clone() };
        assert_eq!(named, expected);
        assert_eq!(sealed.pin_uv_auth_protocol, (vector.number == 2).then_some(2));
        let opened = expected.open(&shared).unwrap();
        assert_eq!(opened.expose(), salts.expose());
        let one = inner(&vector.input_mc, "hmac-secret-mc").open(&shared).unwrap();
        assert_eq!((one.first(), one.second()), (&array(&vector.salt_1), None));
        let inputs = MakeCredentialInputs::try_from(&map(&hex(&vector.input_mc))).unwrap();
        assert_eq!(inputs.hmac_secret, Some(true));
    }
}

#[test]
fn outputs_are_computed_and_sealed_as_fido2_opens_them() {
    for vector in load().hmac_secret {
        let shared = vector.shared();
        let salts = inner(&vector.input, "hmac-secret").open(&shared).unwrap();
        let outputs = salts.answer(&array(&vector.cred_random));
        assert_eq!(outputs.first(), &array(&vector.output_1));
        assert_eq!(outputs.second(), Some(&array(&vector.output_2)));
        assert_eq!(HEXLOWER.encode(&outputs.seal(&shared, &mut vector.rng())), vector.sealed);
        let opened = HmacValues::open(&shared, &hex(&vector.sealed)).unwrap();
        assert_eq!(opened.expose(), outputs.expose());
        assert_eq!(format!("{opened:?}"), "HmacValues(..)");
    }
}

#[test]
fn salts_without_proof_or_of_another_length_are_refused() {
    for vector in load().hmac_secret {
        let shared = vector.shared();
        let input = inner(&vector.input, "hmac-secret");
        let mut forged = input.clone();
        forged.salt_enc[0] ^= 1;
        assert_eq!(forged.open(&shared).err(), Some(BadSalts::Proof));
        for length in [0, 16, 48, 80] {
            let salt_enc = shared.encrypt(&vec![0; length], &mut SeededRng::new(1));
            let salt_auth = shared.authenticate(&salt_enc);
            let input = HmacSecretInput { salt_enc, salt_auth, ..input.clone() };
            assert_eq!(input.open(&shared).err(), Some(BadSalts::Length), "{length}");
        }
    }
}

#[test]
fn members_for_holders_of_a_persistent_token_are_fido2s() {
    let vectors = load().persistent;
    let token = PinUvAuthToken::from_plain(Protocol::Two, hex(&vectors["token"]).into()).unwrap();
    let stranger = PinUvAuthToken::from_plain(Protocol::Two, vec![1; 32].into()).unwrap();
    for (name, member) in
        [("encIdentifier", SealedMember::Identifier), ("encCredStoreState", SealedMember::CredStoreState)]
    {
        let value = |part: &str| hex(&vectors[&format!("{name}_{part}")]);
        let plain: [u8; 16] = value("plain").try_into().unwrap();
        let sealed = member.seal(&token, &plain, &mut Fixed(value("iv")));
        assert_eq!(sealed.as_slice(), value("sealed"));
        assert_eq!(member.open(&token, &sealed), Some(plain));
        assert_ne!(member.open(&stranger, &sealed), Some(plain));
        assert_eq!(member.open(&token, &sealed[..31]), None);
        assert_eq!(member.open(&token, &[sealed.as_slice(), &[0]].concat()), None);
    }
}
