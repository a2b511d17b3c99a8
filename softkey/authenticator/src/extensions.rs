//! Extensions (§12) in makeCredential and getAssertion: inputs read, outputs made. One that the key does not have is not
//! looked at and left out of the answer.

use fob_ambient::Rng;
use fob_ctap::Status;
use fob_ctap::entity::RpId;
use fob_ctap::extension::hmac_secret::{BadSalts, HmacValues};
use fob_ctap::extension::large_blob::LargeBlobSupport;
use fob_ctap::extension::sets::{GetAssertionInputs, GetAssertionOutputs, MakeCredentialInputs, MakeCredentialOutputs};
use fob_ctap::extension::{
    CRED_BLOB, CRED_PROTECT, Extensions, HMAC_SECRET, HMAC_SECRET_MC, HmacSecretInput, LARGE_BLOB, LARGE_BLOB_KEY,
    MIN_PIN_LENGTH, PIN_COMPLEXITY_POLICY, THIRD_PARTY_PAYMENT,
};
use fob_ctap::pin::SharedSecret;

use crate::credential_secrets::cred_random;
use crate::state::Extras;
use crate::{Authenticator, CredentialKey};

/// Salts of a platform, and what the answer is encrypted under.
#[derive(Debug)]
pub(crate) struct Salts {
    shared: SharedSecret,
    values: HmacValues,
}

impl Salts {
    /// The encrypted answer.
    pub(crate) fn answer(&self, key: &CredentialKey, user_verified: bool, rng: &mut dyn Rng) -> Vec<u8> {
        self.values.answer(&cred_random(key, user_verified)).seal(&self.shared, rng)
    }
}

impl Authenticator {
    /// Names of the extensions that the key has, as getInfo lists them.
    pub(crate) fn extension_names(&self) -> Vec<&'static str> {
        let can = self.abilities.extensions;
        let blobs = self.abilities.large_blobs;
        let sets_length = self.abilities.set_min_pin_length.is_some();
        let switches = [
            (CRED_BLOB, can.cred_blob.is_some()),
            (CRED_PROTECT, can.cred_protect),
            (HMAC_SECRET, can.hmac_secret),
            (HMAC_SECRET_MC, can.hmac_secret && can.hmac_secret_mc),
            (LARGE_BLOB, blobs.per_credential().is_some()),
            (LARGE_BLOB_KEY, blobs.array().is_some()),
            (MIN_PIN_LENGTH, can.min_pin_length && sets_length),
            (PIN_COMPLEXITY_POLICY, can.pin_complexity_policy && sets_length && self.abilities.pin_complexity),
            (THIRD_PARTY_PAYMENT, can.third_party_payment),
        ];
        switches.into_iter().filter(|(_, can)| *can).map(|(name, _)| name).collect()
    }

    /// Inputs of makeCredential.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub(crate) fn make_inputs(&self, extensions: &Extensions) -> Result<MakeCredentialInputs, Status> {
        MakeCredentialInputs::try_from(&self.known(extensions)).map_err(|malformed| malformed.status())
    }

    /// Inputs of getAssertion.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub(crate) fn get_inputs(&self, extensions: &Extensions) -> Result<GetAssertionInputs, Status> {
        GetAssertionInputs::try_from(&self.known(extensions)).map_err(|malformed| malformed.status())
    }

    fn known(&self, extensions: &Extensions) -> Extensions {
        let mut known = Extensions::default();
        for name in self.extension_names() {
            if let Some(value) = extensions.as_map().get_text(name) {
                known.set(name, value.clone());
            }
        }
        known
    }

    /// The salts of hmac-secret or hmac-secret-mc (§12.7).
    ///
    /// # Errors
    /// INVALID_PARAMETER for a protocol, a key or a length that is none, PIN_AUTH_INVALID for a proof that does not fit.
    pub(crate) fn salts(&mut self, input: &HmacSecretInput) -> Result<Salts, Status> {
        let protocol = self.protocol(Some(input.pin_uv_auth_protocol.unwrap_or(1)))?;
        let agreement = &self.pins.protocol(protocol).agreement;
        let shared = agreement.shared_secret(protocol, &input.key_agreement).map_err(|_| Status::InvalidParameter)?;
        let values = input.open(&shared).map_err(|bad| match bad {
            BadSalts::Proof => Status::PinAuthInvalid,
            BadSalts::Length => Status::InvalidParameter,
        })?;
        Ok(Salts { shared, values })
    }

    /// Step 15 of §6.1.2, as far as it can refuse: what the inputs ask for together.
    ///
    /// # Errors
    /// INVALID_OPTION for a large blob without a discoverable credential or with `false`, MISSING_PARAMETER for
    /// hmac-secret-mc without hmac-secret.
    pub(crate) fn check_make_inputs(inputs: &MakeCredentialInputs, resident: bool) -> Result<(), Status> {
        if inputs.large_blob_key.is_some_and(|wanted| !wanted || !resident) {
            return Err(Status::InvalidOption);
        }
        if inputs.large_blob == Some(LargeBlobSupport::Required) && !resident {
            return Err(Status::InvalidOption);
        }
        if inputs.hmac_secret_mc.is_some() && inputs.hmac_secret != Some(true) {
            return Err(Status::MissingParameter);
        }
        Ok(())
    }

    /// What the new credential keeps of the inputs.
    pub(crate) fn extras(&self, inputs: &MakeCredentialInputs) -> Extras {
        let longest = self.abilities.extensions.cred_blob.unwrap_or(0);
        Extras {
            large_blob_key: inputs.large_blob_key == Some(true),
            cred_blob: inputs.cred_blob.clone().filter(|blob| blob.len() <= longest),
            large_blob: None,
            third_party_payment: inputs.third_party_payment == Some(true),
        }
    }

    /// Outputs of makeCredential; none if there is nothing to say.
    pub(crate) fn make_outputs(
        &self,
        inputs: &MakeCredentialInputs,
        rp_id: &RpId,
        kept: Option<&Extras>,
        hmac_secret_mc: Option<Vec<u8>>,
    ) -> Option<MakeCredentialOutputs> {
        let asked = |input: Option<bool>| input.filter(|asked| *asked);
        let told = |input| asked(input).filter(|_| self.state.settings.min_pin_length_rp_ids.contains(rp_id));
        let outputs = MakeCredentialOutputs {
            cred_protect: inputs.cred_protect,
            cred_blob: inputs.cred_blob.as_ref().map(|_| kept.is_some_and(|extras| extras.cred_blob.is_some())),
            min_pin_length: told(inputs.min_pin_length).map(|_| self.min_pin_length()),
            pin_complexity_policy: told(inputs.pin_complexity_policy).map(|_| self.state.settings.pin_complexity),
            hmac_secret: asked(inputs.hmac_secret),
            hmac_secret_mc,
            // A mark that is told when the credential signs, and not before (§12.9).
            third_party_payment: None,
        };
        (outputs != MakeCredentialOutputs::default()).then_some(outputs)
    }
}

/// Outputs of getAssertion; none if there is nothing to say.
pub(crate) fn get_outputs(
    inputs: &GetAssertionInputs,
    extras: &Extras,
    hmac_secret: Option<Vec<u8>>,
) -> Option<GetAssertionOutputs> {
    let asked = |input: Option<bool>| input.filter(|asked| *asked);
    let outputs = GetAssertionOutputs {
        cred_blob: asked(inputs.cred_blob).map(|_| extras.cred_blob.clone().unwrap_or_default()),
        hmac_secret,
        third_party_payment: asked(inputs.third_party_payment).map(|_| extras.third_party_payment),
    };
    (outputs != GetAssertionOutputs::default()).then_some(outputs)
}
