//! PublicKeyCredentialRequestOptionsJSON (WebAuthn Level 3 §5.1.9, §5.5).

use std::collections::BTreeMap;

use fob_ambient::Millis;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Number;

use super::credentials::{Members, RawDescriptor};
use super::{Credentials, Hint, LONGEST_CHALLENGE, MOST_ENTRIES, Requirement, bounded, parse, timeout};
use crate::{OptionsError, base64url};

/// What a site wants of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestOptions {
    /// `challenge`.
    pub challenge: Vec<u8>,
    /// `timeout`, clamped.
    pub timeout: Millis,
    /// The RP ID that the site claims; not checked here.
    pub rp_id: Option<String>,
    /// `allowCredentials`.
    pub allow: Credentials,
    /// `userVerification`.
    pub user_verification: Requirement,
    /// `hints`.
    pub hints: Vec<Hint>,
}

impl RequestOptions {
    /// Reads options.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn from_json(json: &str) -> Result<Self, OptionsError> {
        let raw: RawOptions = parse(json)?;
        let hints = bounded(raw.hints, "hints", MOST_ENTRIES)?;
        Ok(Self {
            challenge: base64url::decode(&raw.challenge, "challenge", LONGEST_CHALLENGE)?,
            timeout: timeout::within_reason(raw.timeout),
            rp_id: raw.rp_id,
            allow: Credentials::read(raw.allow_credentials, Members::ALLOW)?,
            user_verification: raw
                .user_verification
                .as_deref()
                .and_then(Requirement::from_text)
                .unwrap_or(Requirement::Preferred),
            hints: hints.iter().filter_map(|hint| Hint::from_text(hint)).collect(),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawOptions {
    challenge: String,
    timeout: Option<Number>,
    rp_id: Option<String>,
    allow_credentials: Option<Vec<RawDescriptor>>,
    user_verification: Option<String>,
    hints: Option<Vec<String>>,
    /// No extension of authentication is spoken yet, yet what is no dictionary is a TypeError.
    #[serde(rename = "extensions")]
    _extensions: Option<BTreeMap<String, IgnoredAny>>,
}
