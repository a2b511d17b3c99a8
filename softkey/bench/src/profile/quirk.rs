//! What a model does that no edition of the standard asks of it: programs that meet it in the world should meet it in
//! their tests. Each stands in the model's file with who reported it.

use fob_cbor::{Limits, Strictness, decode, encode};
use fob_ctap::cose::Algorithm;
use fob_ctap::{Map, Status, Value};
use serde::Deserialize;

const MAKE_CREDENTIAL: u8 = 0x01;
const GET_ASSERTION: u8 = 0x02;
const CLIENT_PIN: u8 = 0x06;

/// One of them, and where it is known from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reported {
    pub(super) does: Quirk,
    #[cfg_attr(not(test), expect(dead_code, reason = "for whoever reads the file"))]
    pub(super) what: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "for whoever reads the file"))]
    pub(super) place: String,
}

/// What it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Quirk {
    /// The option uv is UNSUPPORTED_OPTION with either value.
    UvOptionRefused,
    /// Descriptors with a member `transports` are CBOR_UNEXPECTED_TYPE.
    TransportsRefused,
    /// Key agreement keys with another algorithm than −25 are UNSUPPORTED_ALGORITHM.
    KeyAgreementAlgorithmChecked,
    /// An assertion for an allow list of one does not name the credential.
    OnlyCredentialUnnamed,
    /// A credential of the exclude list is told of without a touch.
    ExcludedWithoutTouch,
}

impl Quirk {
    /// The answer to a request that this quirk has one for.
    pub(super) fn refusal(self, command: u8, map: &Map) -> Option<Status> {
        let options = match command {
            MAKE_CREDENTIAL => map.get_int(7),
            GET_ASSERTION => map.get_int(5),
            _ => None,
        };
        let list = match command {
            MAKE_CREDENTIAL => map.get_int(5),
            GET_ASSERTION => map.get_int(3),
            _ => None,
        };
        match self {
            Self::UvOptionRefused => {
                let uv = options.and_then(Value::as_map).and_then(|map| map.get_text("uv"));
                uv.map(|_| Status::UnsupportedOption)
            }
            Self::TransportsRefused => {
                let named = |entry: &Value| entry.as_map().is_some_and(|map| map.get_text("transports").is_some());
                let refused = list.and_then(Value::as_array).is_some_and(|entries| entries.iter().any(named));
                refused.then_some(Status::CborUnexpectedType)
            }
            Self::KeyAgreementAlgorithmChecked if command == CLIENT_PIN => {
                let algorithm = map.get_int(3).and_then(Value::as_map).and_then(|key| key.get_int(3));
                let other = algorithm.and_then(Value::as_i64) != Some(Algorithm::ECDH_ES_HKDF_256.0);
                (algorithm.is_some() && other).then_some(Status::UnsupportedAlgorithm)
            }
            Self::KeyAgreementAlgorithmChecked | Self::OnlyCredentialUnnamed | Self::ExcludedWithoutTouch => None,
        }
    }
}

/// Whether a request is a getAssertion with one credential to choose from.
pub(crate) fn names_one(request: &[u8], strictness: Strictness) -> bool {
    let Some((&GET_ASSERTION, body)) = request.split_first() else { return false };
    let Ok(Value::Map(map)) = decode(body, Limits { depth: 8, strictness }) else { return false };
    map.get_int(3).and_then(Value::as_array).is_some_and(|list| list.len() == 1)
}

/// An assertion without the credential's name.
pub(crate) fn unnamed(reply: Vec<u8>) -> Vec<u8> {
    let Some((&0, body)) = reply.split_first() else { return reply };
    let Ok(Value::Map(mut map)) = decode(body, Limits::deep(8)) else { return reply };
    map.remove(&Value::int(1));
    [&[0][..], &encode(&Value::Map(map))].concat()
}
