//! One entry of a vault: an account with its id and its dates, and how it stands in the body.
//!
//! Reading never fails a whole vault. An entry that is no account for this fob (an unknown kind, a missing seed) is
//! kept as it is, with the reason; one that is an account but cannot give a code is an ordinary entry, and says so
//! when it is asked for one. On the way in the seed is moved out of the CBOR value, on the way out it is written
//! straight into the sealed body's buffer: it never lies in memory that is not wiped.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER_PERMISSIVE;
use fob_ambient::UnixTime;
use fob_cbor::{Map, Value};
use fob_otp::{Account, Algorithm, Kind, Seed};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::wipe::{Wiped, encode_bytes, encode_with};

/// Names an entry for ever. 128 random bits, written as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId([u8; 16]);

/// A text that is no [`EntryId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an entry's id is 32 hexadecimal digits")]
pub struct EntryIdError;

impl EntryId {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        value.as_bytes()?.try_into().ok().map(Self)
    }
}

impl From<[u8; 16]> for EntryId {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl FromStr for EntryId {
    type Err = EntryIdError;

    fn from_str(text: &str) -> Result<Self, EntryIdError> {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| EntryIdError)?;
        bytes.try_into().map(Self).map_err(|_| EntryIdError)
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER_PERMISSIVE.encode(&self.0))
    }
}

/// An account in a vault.
pub struct Entry {
    /// Its name for ever.
    pub id: EntryId,
    /// What gives the codes.
    pub account: Account,
    /// The sites that may have them: origins as the browser writes them. With none the codes are for people's eyes.
    pub sites: Vec<String>,
    /// When it was added.
    pub created: UnixTime,
    /// When it was last changed; a counter's step is a change.
    pub modified: UnixTime,
    /// Fields that this fob does not know.
    other: Wiped,
}

impl Entry {
    pub(crate) fn new(id: EntryId, account: Account, sites: Vec<String>, now: UnixTime) -> Self {
        Self { id, account, sites, created: now, modified: now, other: Wiped(Value::Map(Map::new())) }
    }

    /// Whether this very origin may have its codes.
    #[must_use]
    pub fn is_for(&self, site: &str) -> bool {
        self.sites.iter().any(|bound| bound == site)
    }

    /// Whether the two share seed, algorithm, digits and kind, period included; counters may stand apart.
    pub(crate) fn gives_the_codes_of(&self, account: &Account) -> bool {
        let same_kind = match (&self.account.kind, &account.kind) {
            (Kind::Hotp { .. }, Kind::Hotp { .. }) => true,
            (ours, theirs) => ours == theirs,
        };
        same_kind
            && self.account.algorithm == account.algorithm
            && self.account.digits == account.digits
            && bool::from(self.account.seed.expose().ct_eq(account.seed.expose()))
    }

    /// Reads one entry of the body.
    pub(crate) fn from_value(value: Value) -> Result<Self, Box<Unreadable>> {
        let unreadable = |value, reason: &str| Err(Box::new(Unreadable::new(value, reason.to_owned())));
        let plain = match Plain::of(&value) {
            Ok(plain) => plain,
            Err(reason) => return unreadable(value, &reason),
        };
        let Value::Map(mut map) = value else { return unreadable(value, "it is no map") };
        let seed = match map.remove(&Value::from("seed")) {
            Some(Value::Bytes(seed)) => seed,
            other => {
                if let Some(odd) = other {
                    map.insert("seed", odd);
                }
                return unreadable(Value::Map(map), "it has no seed");
            }
        };
        for name in FIELDS {
            map.remove(&Value::from(name));
        }
        Ok(plain.with(seed, map))
    }

    /// The entry in canonical CBOR.
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let account = &self.account;
        let mut map = match &self.other.0 {
            Value::Map(other) => other.clone(),
            _ => Map::new(),
        };
        map.insert("id", self.id.bytes());
        map.insert("created", self.created.0);
        map.insert("modified", self.modified.0);
        map.insert("issuer", account.issuer.as_str());
        map.insert("name", account.name.as_str());
        map.insert("digits", account.digits);
        map.insert("algorithm", account.algorithm.name());
        match account.kind {
            Kind::Totp { period } => {
                map.insert("kind", "totp");
                map.insert("period", period);
            }
            Kind::Hotp { counter } => {
                map.insert("kind", "hotp");
                map.insert("counter", counter);
            }
        }
        if !self.sites.is_empty() {
            map.insert("sites", Value::Array(self.sites.iter().map(|site| Value::from(site.as_str())).collect()));
        }
        map.insert("seed", Value::Null);
        let seed = encode_bytes(account.seed.expose());
        let written = Wiped(Value::Map(map));
        encode_with(written.0.as_map().unwrap_or(&Map::new()), "seed", &seed)
    }
}

/// The fields of an entry that [`Plain`] and the seed take up, besides `sites` and those that a kind adds.
const FIELDS: [&str; 9] = ["id", "created", "modified", "issuer", "name", "digits", "algorithm", "kind", "seed"];

/// An entry without its seed.
struct Plain {
    id: EntryId,
    issuer: String,
    name: String,
    digits: u8,
    algorithm: Algorithm,
    kind: Kind,
    sites: Vec<String>,
    created: UnixTime,
    modified: UnixTime,
}

impl Plain {
    /// Looks, and takes nothing: an entry that cannot be read must stay whole.
    fn of(value: &Value) -> Result<Self, String> {
        let map = value.as_map().ok_or("it is no map")?;
        let number = |name| map.get_text(name).and_then(Value::as_u64).ok_or(format!("it has no {name}"));
        let text = |name| map.get_text(name).and_then(Value::as_text).ok_or(format!("it has no {name}"));
        let algorithm = text("algorithm")?;
        Ok(Self {
            id: map.get_text("id").and_then(EntryId::from_value).ok_or("it has no id")?,
            issuer: text("issuer")?.to_owned(),
            name: text("name")?.to_owned(),
            digits: u8::try_from(number("digits")?).map_err(|_| "its codes are too long")?,
            algorithm: Algorithm::from_name(algorithm).ok_or(format!("its algorithm is {algorithm}"))?,
            kind: match text("kind")? {
                "totp" => Kind::Totp { period: number("period")? },
                "hotp" => Kind::Hotp { counter: number("counter")? },
                other => return Err(format!("its kind is {other}")),
            },
            sites: map.get_text("sites").and_then(sites).unwrap_or_default(),
            created: UnixTime(number("created")?),
            modified: UnixTime(number("modified")?),
        })
    }

    fn with(self, seed: Vec<u8>, mut other: Map) -> Entry {
        other.remove(&Value::from(match self.kind {
            Kind::Totp { .. } => "period",
            Kind::Hotp { .. } => "counter",
        }));
        // What is no list of sites, or an empty one, is kept as it is: it binds the entry to nothing.
        if !self.sites.is_empty() {
            other.remove(&Value::from("sites"));
        }
        let account = Account {
            issuer: self.issuer,
            name: self.name,
            seed: Seed::new(seed),
            algorithm: self.algorithm,
            digits: self.digits,
            kind: self.kind,
        };
        let other = Wiped(Value::Map(other));
        Entry { id: self.id, account, sites: self.sites, created: self.created, modified: self.modified, other }
    }
}

/// Sites, if all of it is text.
fn sites(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|site| site.as_text().map(str::to_owned)).collect()
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.id).finish()
    }
}

/// An entry that this fob cannot read, kept as it is.
pub struct Unreadable {
    /// Its id, if it has one.
    pub id: Option<EntryId>,
    /// Its issuer, as far as there is one. Text from outside.
    pub issuer: String,
    /// Its name, as far as there is one. Text from outside.
    pub name: String,
    /// What is odd about it, as the end of a sentence. May quote text from outside.
    pub reason: String,
    pub(crate) value: Wiped,
}

impl Unreadable {
    pub(crate) fn new(value: Value, reason: String) -> Self {
        let text = |name: &str| value.as_map()?.get_text(name)?.as_text();
        Self {
            id: value.as_map().and_then(|map| map.get_text("id")).and_then(EntryId::from_value),
            issuer: text("issuer").unwrap_or_default().to_owned(),
            name: text("name").unwrap_or_default().to_owned(),
            reason,
            value: Wiped(value),
        }
    }
}

impl fmt::Debug for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unreadable").field("id", &self.id).field("reason", &self.reason).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
