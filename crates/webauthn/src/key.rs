//! What one key can do for a ceremony, told by its authenticatorGetInfo (CTAP 2.3 §6.4).

use fob_ctap::entity::{CredentialParameters, Descriptor};
use fob_ctap::get_info::{Info, option};

use crate::Unfit;
use crate::options::{Credentials, Requirement};

/// How a key will find out who holds it. For prompts, before anything blinks: the session with the key decides by
/// itself, and falls back from finger to PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// Not at all; a touch is enough.
    NotNeeded,
    /// By its own means: a fingerprint, or a PIN typed on the key.
    BuiltIn,
    /// By a PIN that the person types here.
    Pin,
    /// It has to, but nobody has set a PIN or enrolled a finger yet: that comes first.
    SetUpFirst,
}

/// The options that matter here, with what absence means.
pub(crate) struct Key<'a>(pub(crate) &'a Info);

impl Key<'_> {
    /// Can hold discoverable credentials.
    pub(crate) fn holds_passkeys(&self) -> bool {
        self.0.options.is_on(option::RK)
    }

    fn recognises(&self) -> bool {
        self.0.options.is_on(option::UV)
    }

    fn has_pin(&self) -> bool {
        self.0.options.is_on(option::CLIENT_PIN)
    }

    /// Whether a PIN, set or not, is good for ceremonies: some keys keep it for their own care (§6.4,
    /// noMcGaPermissionsWithClientPin).
    fn takes_pin(&self) -> bool {
        let options = &self.0.options;
        let kept =
            options.is_on(option::PIN_UV_AUTH_TOKEN) && options.is_on(option::NO_MC_GA_PERMISSIONS_WITH_CLIENT_PIN);
        options.is_known(option::CLIENT_PIN) && !kept
    }

    /// How the person will be verified if the site wishes so and the key, for reasons of its own, insists or not.
    fn verification(&self, wish: Requirement, insists: bool) -> Result<Verification, Unfit> {
        let wanted = insists || wish != Requirement::Discouraged;
        if !wanted {
            return Ok(Verification::NotNeeded);
        }
        if self.recognises() {
            return Ok(Verification::BuiltIn);
        }
        if self.takes_pin() && self.has_pin() {
            return Ok(Verification::Pin);
        }
        // A wish is not worth setting up a PIN for.
        let must = wish == Requirement::Required || self.0.options.is_on(option::ALWAYS_UV);
        let can_learn = self.takes_pin() || self.0.options.is_known(option::UV);
        match (must, can_learn) {
            (false, _) => Ok(Verification::NotNeeded),
            (true, true) => Ok(Verification::SetUpFirst),
            (true, false) => Err(Unfit::NoVerification),
        }
    }

    /// For a new credential (§6.1.2 steps 5 to 11): a key with a PIN or finger verifies unless it makes
    /// non-discoverable credentials without, and this is one.
    pub(crate) fn verification_to_create(&self, wish: Requirement, passkey: bool) -> Result<Verification, Unfit> {
        let options = &self.0.options;
        let protected = self.has_pin() || self.recognises();
        let spares = options.is_on(option::MAKE_CRED_UV_NOT_RQD) && !passkey;
        self.verification(wish, options.is_on(option::ALWAYS_UV) || (protected && !spares))
    }

    /// For a signature (§6.2.2 step 5): a key verifies by itself only if it always does.
    pub(crate) fn verification_to_sign(&self, wish: Requirement) -> Result<Verification, Unfit> {
        self.verification(wish, self.0.options.is_on(option::ALWAYS_UV))
    }

    /// Whether one of these can be made; a key that does not tell its algorithms is given the benefit of the doubt.
    pub(crate) fn has_one_of(&self, wanted: &[CredentialParameters]) -> bool {
        let own = &self.0.algorithms;
        own.is_empty() || own.iter().any(|own| wanted.iter().any(|wanted| wanted.algorithm == own.algorithm))
    }

    /// The credentials that can be on this key, without their transports: some keys choke on those.
    pub(crate) fn possible(&self, credentials: &Credentials) -> Vec<Descriptor> {
        let longest = self.0.max_credential_id_length.unwrap_or(u64::MAX);
        let fits = |id: &[u8]| u64::try_from(id.len()).is_ok_and(|length| length <= longest);
        let ids = credentials.known().iter().map(|credential| &credential.id);
        ids.filter(|id| fits(id.as_bytes())).map(|id| Descriptor::public_key(id.clone())).collect()
    }

    /// `transports` of a response: sorted, each once (WebAuthn Level 3 §5.2.1). fob reaches keys by USB, so that is
    /// what a key gets that does not say.
    pub(crate) fn transports(&self) -> Vec<String> {
        let mut transports: Vec<_> = self.0.transports.iter().map(|transport| transport.as_str().to_owned()).collect();
        if transports.is_empty() {
            transports.push("usb".to_owned());
        }
        transports.sort_unstable();
        transports.dedup();
        transports
    }
}

#[cfg(test)]
mod tests;
