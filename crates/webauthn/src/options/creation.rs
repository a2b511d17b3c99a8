//! PublicKeyCredentialCreationOptionsJSON (WebAuthn Level 3 §5.1.8, §5.4).

use fob_ambient::Millis;
use fob_ctap::cose::Algorithm;
use fob_ctap::entity::{CredentialParameters, CredentialType, UserHandle};
use serde::Deserialize;
use serde_json::Number;

use super::credentials::{Members, RawDescriptor};
use super::extensions::RawCreationExtensions;
use super::{
    Attachment, Attestation, CreationExtensions, Credentials, Hint, LONGEST_CHALLENGE, MOST_ENTRIES, Requirement,
    bounded, parse, timeout,
};
use crate::{OptionsError, base64url};

/// What a site wants of a new credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreationOptions {
    /// `rp`.
    pub rp: Rp,
    /// `user`.
    pub user: User,
    /// `challenge`.
    pub challenge: Vec<u8>,
    /// `pubKeyCredParams` of known type, best first; ES256 and RS256 if the site gave none. Empty if it gave only
    /// unknown ones.
    pub parameters: Vec<CredentialParameters>,
    /// `timeout`, clamped.
    pub timeout: Millis,
    /// `excludeCredentials`.
    pub exclude: Credentials,
    /// `authenticatorSelection.authenticatorAttachment`.
    pub attachment: Option<Attachment>,
    /// `authenticatorSelection.residentKey`, or what `requireResidentKey` says without it (§5.4.4).
    pub resident_key: Requirement,
    /// `authenticatorSelection.userVerification`.
    pub user_verification: Requirement,
    /// `hints`.
    pub hints: Vec<Hint>,
    /// `attestation`.
    pub attestation: Attestation,
    /// `attestationFormats`, best first.
    pub attestation_formats: Vec<String>,
    /// `extensions`.
    pub extensions: CreationExtensions,
}

/// PublicKeyCredentialRpEntity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rp {
    /// The RP ID that the site claims; not checked here.
    pub id: Option<String>,
    /// A name for people, as long as the site made it. Strip control characters before showing it.
    pub name: String,
}

/// PublicKeyCredentialUserEntityJSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The account, 1 to 64 bytes.
    pub id: UserHandle,
    /// Its name, under the same caution.
    pub name: String,
    /// The person's name, under the same caution.
    pub display_name: String,
}

impl CreationOptions {
    /// Reads options.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn from_json(json: &str) -> Result<Self, OptionsError> {
        let raw: RawOptions = parse(json)?;
        let selection = raw.authenticator_selection.unwrap_or_default();
        let legacy = if selection.require_resident_key.unwrap_or_default() {
            Requirement::Required
        } else {
            Requirement::Discouraged
        };
        let hints = bounded(raw.hints, "hints", MOST_ENTRIES)?;
        Ok(Self {
            rp: Rp { id: raw.rp.id, name: raw.rp.name },
            user: raw.user.read()?,
            challenge: base64url::decode(&raw.challenge, "challenge", LONGEST_CHALLENGE)?,
            parameters: parameters(raw.pub_key_cred_params)?,
            timeout: timeout::within_reason(raw.timeout),
            exclude: Credentials::read(raw.exclude_credentials, Members::EXCLUDE)?,
            attachment: selection.authenticator_attachment.as_deref().and_then(Attachment::from_text),
            resident_key: selection.resident_key.as_deref().and_then(Requirement::from_text).unwrap_or(legacy),
            user_verification: selection
                .user_verification
                .as_deref()
                .and_then(Requirement::from_text)
                .unwrap_or(Requirement::Preferred),
            hints: hints.iter().filter_map(|hint| Hint::from_text(hint)).collect(),
            attestation: raw.attestation.as_deref().and_then(Attestation::from_text).unwrap_or(Attestation::None),
            attestation_formats: formats(raw.attestation_formats)?,
            extensions: raw.extensions.unwrap_or_default().into(),
        })
    }
}

/// §5.1.3 step 9: a default for an empty list, and no unknown types.
fn parameters(raw: Vec<RawParameters>) -> Result<Vec<CredentialParameters>, OptionsError> {
    let raw = bounded(Some(raw), "pubKeyCredParams", MOST_ENTRIES)?;
    if raw.is_empty() {
        return Ok([Algorithm::ES256, Algorithm::RS256].map(CredentialParameters::public_key).to_vec());
    }
    let all = raw.into_iter().map(|raw| CredentialParameters {
        credential_type: CredentialType::from(raw.credential_type),
        algorithm: Algorithm(raw.alg),
    });
    Ok(all.filter(|parameters| parameters.credential_type == CredentialType::PublicKey).collect())
}

/// Formats whose names can exist: 1 to 32 bytes (§8.1).
fn formats(raw: Option<Vec<String>>) -> Result<Vec<String>, OptionsError> {
    let mut formats = bounded(raw, "attestationFormats", MOST_ENTRIES)?;
    formats.retain(|format| (1..=32).contains(&format.len()));
    Ok(formats)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawOptions {
    rp: RawRp,
    user: RawUser,
    challenge: String,
    pub_key_cred_params: Vec<RawParameters>,
    timeout: Option<Number>,
    exclude_credentials: Option<Vec<RawDescriptor>>,
    authenticator_selection: Option<RawSelection>,
    hints: Option<Vec<String>>,
    attestation: Option<String>,
    attestation_formats: Option<Vec<String>>,
    extensions: Option<RawCreationExtensions>,
}

#[derive(Deserialize)]
struct RawRp {
    id: Option<String>,
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawUser {
    id: String,
    name: String,
    display_name: String,
}

impl RawUser {
    fn read(self) -> Result<User, OptionsError> {
        const MEMBER: &str = "user.id";
        let id = base64url::decode(&self.id, MEMBER, UserHandle::LONGEST)?;
        if id.is_empty() {
            return Err(OptionsError::NoUserId);
        }
        let too_long = OptionsError::TooLong { member: MEMBER, most: UserHandle::LONGEST };
        Ok(User { id: UserHandle::new(id).ok_or(too_long)?, name: self.name, display_name: self.display_name })
    }
}

#[derive(Deserialize)]
struct RawParameters {
    #[serde(rename = "type")]
    credential_type: String,
    alg: i64,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct RawSelection {
    authenticator_attachment: Option<String>,
    resident_key: Option<String>,
    require_resident_key: Option<bool>,
    user_verification: Option<String>,
}
