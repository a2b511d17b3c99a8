//! Client extension inputs (WebAuthn Level 3 §9 and §10, CTAP 2.3 §12.1): those that fob speaks. Others are ignored,
//! as the standard wants.
//!
//! Each extension is one member of [`CreationExtensions`], one arm where its input goes to a key
//! (`creation.rs`), and one member of [`crate::ExtensionResults`].

use fob_ctap::extension::CredProtect;
use serde::Deserialize;

/// Inputs to a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CreationExtensions {
    /// credProps (WebAuthn §10.1.3): say whether the credential is a passkey.
    pub cred_props: bool,
    /// credProtect (CTAP §12.1): how hard the credential is to come by.
    pub protection: Option<CredentialProtection>,
}

/// credProtect's two inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CredentialProtection {
    /// The level.
    pub policy: CredProtect,
    /// Rather no credential than one with less.
    pub enforced: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawCreationExtensions {
    cred_props: Option<bool>,
    credential_protection_policy: Option<String>,
    enforce_credential_protection_policy: Option<bool>,
}

impl From<RawCreationExtensions> for CreationExtensions {
    fn from(raw: RawCreationExtensions) -> Self {
        let policy = match raw.credential_protection_policy.as_deref() {
            Some("userVerificationOptional") => Some(CredProtect::UserVerificationOptional),
            Some("userVerificationOptionalWithCredentialIDList") => {
                Some(CredProtect::UserVerificationOptionalWithCredentialIdList)
            }
            Some("userVerificationRequired") => Some(CredProtect::UserVerificationRequired),
            _ => None,
        };
        let enforced = raw.enforce_credential_protection_policy.unwrap_or_default();
        Self {
            cred_props: raw.cred_props.unwrap_or_default(),
            protection: policy.map(|policy| CredentialProtection { policy, enforced }),
        }
    }
}
