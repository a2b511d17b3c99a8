//! Responses as JSON (WebAuthn Level 3 §5.1, RegistrationResponseJSON and AuthenticationResponseJSON), and the checks
//! that both replies of a key share.

use fob_ctap::auth_data::{AuthenticatorData, Flags};
use fob_ctap::entity::CredentialId;
use serde::Serialize;

use crate::options::{Attachment, Requirement};
use crate::{ReplyError, RpId, base64url};

/// RegistrationResponseJSON. Serializes as the dictionary; [`RegistrationResponse::to_json`] is the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationResponse {
    #[serde(flatten)]
    credential: Credential,
    response: AttestationResponse,
    client_extension_results: ExtensionResults,
}

/// AuthenticationResponseJSON. Serializes as the dictionary; [`AuthenticationResponse::to_json`] is the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticationResponse {
    #[serde(flatten)]
    credential: Credential,
    response: AssertionResponse,
    client_extension_results: ExtensionResults,
}

/// The members that both have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Credential {
    id: String,
    raw_id: String,
    r#type: &'static str,
    authenticator_attachment: &'static str,
}

impl Credential {
    /// Whatever fob talks to came over USB: it is no part of the machine.
    fn new(id: &CredentialId) -> Self {
        let id = base64url::encode(id.as_bytes());
        let authenticator_attachment = Attachment::CrossPlatform.as_str();
        Self { raw_id: id.clone(), id, r#type: "public-key", authenticator_attachment }
    }
}

/// AuthenticatorAttestationResponseJSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AttestationResponse {
    /// The client data.
    #[serde(rename = "clientDataJSON", serialize_with = "base64url::serialize")]
    pub client_data_json: Vec<u8>,
    /// The authenticator data, as it also stands in the attestation object.
    #[serde(serialize_with = "base64url::serialize")]
    pub authenticator_data: Vec<u8>,
    /// How the key is reached.
    pub transports: Vec<String>,
    /// The public key as SubjectPublicKeyInfo; absent for kinds of keys that are not known here.
    #[serde(serialize_with = "base64url::serialize_some", skip_serializing_if = "Option::is_none")]
    pub public_key: Option<Vec<u8>>,
    /// Its COSE algorithm.
    pub public_key_algorithm: i64,
    /// The attestation object.
    #[serde(serialize_with = "base64url::serialize")]
    pub attestation_object: Vec<u8>,
}

/// AuthenticatorAssertionResponseJSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssertionResponse {
    /// The client data.
    #[serde(rename = "clientDataJSON", serialize_with = "base64url::serialize")]
    pub client_data_json: Vec<u8>,
    /// The authenticator data.
    #[serde(serialize_with = "base64url::serialize")]
    pub authenticator_data: Vec<u8>,
    /// Over authenticator data ‖ SHA-256 of the client data.
    #[serde(serialize_with = "base64url::serialize")]
    pub signature: Vec<u8>,
    /// The account, if the key told.
    #[serde(serialize_with = "base64url::serialize_some", skip_serializing_if = "Option::is_none")]
    pub user_handle: Option<Vec<u8>>,
}

/// AuthenticationExtensionsClientOutputsJSON: one member for each extension that was asked for and is spoken here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExtensionResults {
    /// credProps (§10.1.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cred_props: Option<CredentialProperties>,
}

/// CredentialPropertiesOutput (§10.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CredentialProperties {
    /// Whether the credential is a passkey.
    pub rk: bool,
}

impl RegistrationResponse {
    pub(crate) fn new(id: &CredentialId, response: AttestationResponse, results: ExtensionResults) -> Self {
        Self { credential: Credential::new(id), response, client_extension_results: results }
    }

    /// `response`.
    #[must_use]
    pub const fn response(&self) -> &AttestationResponse {
        &self.response
    }

    /// The dictionary as text.
    #[must_use]
    pub fn to_json(&self) -> String {
        text(self)
    }
}

impl AuthenticationResponse {
    pub(crate) fn new(id: &CredentialId, response: AssertionResponse) -> Self {
        Self { credential: Credential::new(id), response, client_extension_results: ExtensionResults::default() }
    }

    /// `response`.
    #[must_use]
    pub const fn response(&self) -> &AssertionResponse {
        &self.response
    }

    /// The dictionary as text.
    #[must_use]
    pub fn to_json(&self) -> String {
        text(self)
    }
}

fn text(dictionary: &impl Serialize) -> String {
    serde_json::to_string(dictionary).expect("members with text names serialize")
}

/// What must be true of every reply before a site sees it. The site checks the same; a key that fails here is broken
/// or not ours, and the person should hear it from fob.
pub(crate) fn check(data: &AuthenticatorData, rp_id: &RpId, verify: Requirement) -> Result<(), ReplyError> {
    if data.rp_id_hash != rp_id.to_ctap().hash() {
        return Err(ReplyError::OtherRpId);
    }
    if !data.flags.contains(Flags::USER_PRESENT) {
        return Err(ReplyError::NotPresent);
    }
    if verify == Requirement::Required && !data.flags.contains(Flags::USER_VERIFIED) {
        return Err(ReplyError::NotVerified);
    }
    Ok(())
}
