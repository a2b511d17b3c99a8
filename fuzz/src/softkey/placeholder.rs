//! What no fuzzer can guess, an input names: byte strings in a request that begin with C0 to C6 stand for an id that the
//! key gave out, for something encrypted under an agreement with it, or for a checksum.
//!
//! | byte string | what goes into its place |
//! |---|---|
//! | `C0 n` | the id of credential `n` |
//! | `C1 n` | SHA-256 of RP `n`'s id |
//! | `C2 p` | our public key of a fresh agreement, for protocol one (`p` even) or two |
//! | `C3 …` | the rest, zeros up to a whole block, encrypted under the last agreement |
//! | `C4 …` | the proof under the last agreement, over what was last encrypted and the rest |
//! | `C5 n` | the id of template `n` |
//! | `C6 …` | the rest and the checksum of an array of large blobs |

use fob_ctap::pin::{Protocol, SharedSecret};
use fob_ctap::{Map, Value, sha256};

use super::{Platform, RPS};

/// What a key gave out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    pub(crate) credentials: Vec<Vec<u8>>,
    pub(crate) templates: Vec<Vec<u8>>,
}

/// The agreement in use, and what was encrypted under it.
#[derive(Default)]
pub(super) struct Agreement {
    secret: Option<SharedSecret>,
    sealed: Vec<u8>,
}

impl Platform {
    /// Puts everything into its place.
    pub(super) fn fill(&mut self, map: &Map) -> Map {
        self.fill_map(map, &mut Agreement::default())
    }

    fn fill_map(&mut self, map: &Map, agreement: &mut Agreement) -> Map {
        map.iter().map(|(key, value)| (key.clone(), self.fill_value(value, agreement))).collect()
    }

    fn fill_value(&mut self, value: &Value, agreement: &mut Agreement) -> Value {
        match value {
            Value::Bytes(bytes) => self.fill_bytes(bytes, agreement).unwrap_or_else(|| value.clone()),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.fill_value(item, agreement)).collect()),
            Value::Map(map) => Value::Map(self.fill_map(map, agreement)),
            other => other.clone(),
        }
    }

    fn fill_bytes(&mut self, bytes: &[u8], agreement: &mut Agreement) -> Option<Value> {
        let (kind, rest) = bytes.split_first()?;
        let filled = match (kind, rest) {
            (0xc0, [number]) => pick(&self.known.credentials, *number)?.clone(),
            (0xc1, [number]) => sha256(pick(&RPS, *number)?.as_bytes()).to_vec(),
            (0xc2, [number]) => return self.begin(Protocol::from_number(u64::from(number % 2) + 1)?, agreement),
            (0xc3, plain) => {
                let mut plain = plain.to_vec();
                plain.resize(plain.len().next_multiple_of(16), 0);
                agreement.sealed = agreement.secret.as_ref()?.encrypt(&plain, &mut self.rng);
                agreement.sealed.clone()
            }
            (0xc4, more) => agreement.secret.as_ref()?.authenticate(&[&agreement.sealed, more].concat()),
            (0xc5, [number]) => pick(&self.known.templates, *number)?.clone(),
            (0xc6, content) => [content, sha256(content).split_at(16).0].concat(),
            _ => return None,
        };
        Some(Value::Bytes(filled))
    }

    fn begin(&mut self, protocol: Protocol, agreement: &mut Agreement) -> Option<Value> {
        let (ours, secret) = self.agree(protocol)?;
        *agreement = Agreement { secret: Some(secret), sealed: Vec::new() };
        Some(Value::from(&ours))
    }
}

fn pick<T>(list: &[T], number: u8) -> Option<&T> {
    list.get(usize::from(number).checked_rem(list.len())?)
}
