//! How a key vouches for a new credential (WebAuthn Level 3 §8): `packed` with its own key or a certified one, `none`,
//! and for enterprises with a certificate that names this very key (§7.1).
//!
//! The certificates are the test CA's, and its private key is in this source: they say "test" in every name and prove
//! nothing.

mod certificate;
mod der;

use fob_ctap::Status;
use fob_ctap::attestation::{Packed, Statement};
use fob_ctap::cose::Algorithm;
use fob_ctap::entity::RpId;

pub(crate) use certificate::Certified;
pub use certificate::test_ca_certificate;

use crate::{Attestation, Authenticator, CredentialKey};

/// Formats that this key makes.
const PACKED: &str = "packed";
const NONE: &str = "none";

/// What a request wants of the attestation.
#[derive(Debug)]
pub(crate) struct Wanted {
    enterprise: bool,
    /// The first format of the platform's list that the key makes.
    none: bool,
}

impl Wanted {
    pub(crate) fn new(enterprise: bool, preference: &[String]) -> Self {
        let first = preference.iter().find(|format| [PACKED, NONE].contains(&format.as_str()));
        Self { enterprise, none: !enterprise && first.is_some_and(|format| format == NONE) }
    }

    /// Whether an enterprise attestation comes.
    pub(crate) const fn is_enterprise(&self) -> bool {
        self.enterprise
    }
}

impl Authenticator {
    /// Step 9 of §6.1.2: whether to give an enterprise attestation.
    ///
    /// # Errors
    /// INVALID_PARAMETER where it is not enabled, INVALID_OPTION for a number that is none.
    pub(crate) fn enterprise(&self, wanted: Option<u64>, rp_id: &RpId) -> Result<bool, Status> {
        let Some(wanted) = wanted else { return Ok(false) };
        let rps = self.abilities.enterprise_attestation.as_ref();
        let rps = rps.filter(|_| self.state.settings.enterprise_attestation).ok_or(Status::InvalidParameter)?;
        match wanted {
            1 => Ok(rps.contains(rp_id)),
            2 => Ok(true),
            _ => Err(Status::InvalidOption),
        }
    }

    /// Step 18 of §6.1.2.
    ///
    /// # Errors
    /// OTHER if the signature fails.
    pub(crate) fn statement(
        &self,
        wanted: &Wanted,
        key: &CredentialKey,
        auth_data: &[u8],
        client_data_hash: &[u8; 32],
    ) -> Result<Statement, Status> {
        let packed =
            |algorithm, signature, certificates| Ok(Statement::Packed(Packed { algorithm, signature, certificates }));
        let certified = match self.abilities.attestation {
            _ if wanted.enterprise => self.certified(true),
            _ if wanted.none => return Ok(Statement::None),
            Attestation::None => return Ok(Statement::None),
            Attestation::OneSelf => {
                return packed(key.kind().algorithm(), self.signed(key, auth_data, client_data_hash)?, Vec::new());
            }
            Attestation::Certificate => self.certified(false),
        };
        let signature = self.signed(&certified.key, auth_data, client_data_hash)?;
        packed(Algorithm::ES256, signature, vec![certified.certificate])
    }

    /// The attestation key and its certificate: one for all keys of the model, or this key's own.
    pub(crate) fn certified(&self, this_key: bool) -> Certified {
        let identifier = self.state.device_key.identifier();
        Certified::new(self.abilities.aaguid, Some(identifier).filter(|_| this_key))
    }

    /// Formats as getInfo lists them.
    pub(crate) fn attestation_formats(&self) -> Vec<String> {
        let formats: &[&str] = match self.abilities.attestation {
            Attestation::None => &[NONE],
            Attestation::OneSelf | Attestation::Certificate if self.abilities.edition < crate::Edition::Ctap23 => {
                return Vec::new();
            }
            Attestation::OneSelf | Attestation::Certificate => &[PACKED, NONE],
        };
        formats.iter().map(|format| (*format).to_owned()).collect()
    }
}
