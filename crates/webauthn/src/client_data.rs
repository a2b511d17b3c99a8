//! Client data (WebAuthn Level 3 §5.8.1): what a signature binds beside the key's own data, byte for byte as §5.8.1.1
//! writes it, so that relying parties with the limited verification algorithm (§5.8.1.2) understand it.

use std::fmt::Write as _;

use fob_ctap::sha256;

use crate::{Caller, base64url};

/// Which of the two ceremonies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ceremony {
    /// Registration.
    Create,
    /// Authentication.
    Get,
}

impl Ceremony {
    /// The member `type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

/// Serialized client data and its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientData {
    json: Vec<u8>,
    hash: [u8; 32],
}

impl ClientData {
    /// For this ceremony, challenge and caller.
    #[must_use]
    pub fn new(ceremony: Ceremony, challenge: &[u8], caller: &Caller) -> Self {
        let mut json = String::from("{\"type\":");
        push_string(&mut json, ceremony.as_str());
        json.push_str(",\"challenge\":");
        push_string(&mut json, &base64url::encode(challenge));
        json.push_str(",\"origin\":");
        push_string(&mut json, caller.origin().as_str());
        json.push_str(",\"crossOrigin\":");
        json.push_str(if caller.is_cross_origin() { "true" } else { "false" });
        if let Some(top_origin) = caller.top_origin() {
            json.push_str(",\"topOrigin\":");
            push_string(&mut json, top_origin.as_str());
        }
        json.push('}');
        let json = json.into_bytes();
        Self { hash: sha256(&json), json }
    }

    /// The bytes for the relying party.
    #[must_use]
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// Their SHA-256, for the key.
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }
}

/// CCDToString (§5.8.1.1): only the quote, the backslash and control characters are escaped.
fn push_string(json: &mut String, text: &str) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\0'..='\u{1f}' => write!(json, "\\u{:04x}", u32::from(c)).expect("writing to a string does not fail"),
            _ => json.push(c),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests;
