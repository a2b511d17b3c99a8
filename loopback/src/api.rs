//! What travels in bodies: docs/loopback.openapi.json as types. Whatever is not in them is refused, so a misspelt wish is
//! never silently another one.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `POST /v1/pair`: who wants to be allowed what.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PairRequest {
    /// The program's name for a person.
    pub(crate) name: String,
    /// What it wants to be allowed.
    pub(crate) scopes: Vec<String>,
    /// The origin whose pages may use its token.
    pub(crate) origin: Option<String>,
}

/// A pairing under way.
#[derive(Serialize)]
pub(crate) struct PairReply<'a> {
    /// What the program shows and the person types.
    pub(crate) code: &'a str,
    /// What `/v1/pair/finish` wants.
    pub(crate) pairing: &'a str,
    /// When it is too late, in Unix time.
    pub(crate) expires: u64,
}

/// `POST /v1/pair/finish`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FinishRequest {
    /// As `/v1/pair` gave it.
    pub(crate) pairing: String,
}

/// A pairing that was made.
#[derive(Serialize)]
pub(crate) struct FinishReply<'a> {
    /// For `Authorization: Bearer`.
    pub(crate) token: &'a str,
    /// Who it is for.
    pub(crate) client: Client,
}

/// A paired program.
#[derive(Debug, Serialize)]
pub(crate) struct Client {
    /// What `fob client forget` wants.
    pub(crate) id: String,
    /// Its name for a person.
    pub(crate) name: String,
    /// What it is allowed.
    pub(crate) scopes: Vec<String>,
    /// The origin whose pages may use its token.
    pub(crate) origin: Option<String>,
}

/// `POST /v1/code`: of which account. One of `account` and `site`, or both.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeRequest {
    /// Its id, or words of its name.
    #[serde(default)]
    pub(crate) account: String,
    /// The origin that the code is for: the account has to be bound to it.
    pub(crate) site: Option<String>,
    /// The code after the one of now.
    pub(crate) next: Option<bool>,
    /// Fewest seconds that it is still valid for.
    pub(crate) min_valid: Option<u32>,
}

/// A code.
#[derive(Serialize)]
pub(crate) struct CodeReply<'a> {
    /// The code itself.
    pub(crate) code: &'a str,
    /// Whose it is.
    pub(crate) account: Account,
    /// From when it is valid, in Unix time; `null` for codes by counter.
    pub(crate) valid_from: Option<u64>,
    /// Until when.
    pub(crate) valid_until: Option<u64>,
    /// The counter it was made of; `null` for codes by time.
    pub(crate) counter: Option<u64>,
}

/// An account. Its texts come from outside.
#[derive(Debug, Serialize)]
pub(crate) struct Account {
    /// Its id.
    pub(crate) id: String,
    /// Who issued it.
    pub(crate) issuer: String,
    /// Its name there.
    pub(crate) name: String,
}

/// `POST /v1/webauthn/create` and `/v1/webauthn/get`. The answer is the response in WebAuthn's own JSON.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CeremonyRequest {
    /// The page's origin, which the token must be allowed.
    pub(crate) origin: String,
    /// `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON`.
    pub(crate) options: serde_json::Map<String, Value>,
}

/// `POST /v1/keys`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeysRequest {}

/// The keys that are there.
#[derive(Debug, Serialize)]
pub(crate) struct KeysReply {
    /// One each.
    pub(crate) keys: Vec<Key>,
}

/// A security key.
#[derive(Debug, Serialize)]
pub(crate) struct Key {
    /// Its id.
    pub(crate) id: String,
    /// Its product name. Text from outside.
    pub(crate) product: String,
    /// How it is connected.
    pub(crate) transport: String,
    /// Whether it can be used.
    pub(crate) ready: bool,
    /// Why it cannot.
    pub(crate) problem: Option<String>,
}
