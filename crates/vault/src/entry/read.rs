//! From the body's CBOR to an entry. First it is looked at and nothing taken, so that what cannot be read stays whole;
//! then seed, PIN, note and recovery codes are moved out of the value, and no copy of them stays behind.

use fob_ambient::UnixTime;
use fob_cbor::{Map, Value};
use fob_otp::{Account, Algorithm, Extras, Kind, KindParts, RecoveryCode, SecretText, Seed};

use super::{Entry, EntryId, History, Unreadable};
use crate::wipe::Wiped;

/// The fields that every entry has.
const FIELDS: [&str; 9] = ["id", "created", "modified", "issuer", "name", "digits", "algorithm", "kind", "seed"];

impl Entry {
    /// Reads one entry of the body.
    pub(crate) fn from_value(value: Value) -> Result<Self, Box<Unreadable>> {
        let plain = match Plain::of(&value) {
            Ok(plain) => plain,
            Err(reason) => return Err(Box::new(Unreadable::new(value, reason))),
        };
        let Value::Map(map) = value else { return Err(Box::new(Unreadable::new(value, "it is no map".to_owned()))) };
        Ok(plain.with(Fields(map)))
    }
}

/// An entry without its secrets and without what it need not have.
struct Plain {
    id: EntryId,
    issuer: String,
    name: String,
    digits: u8,
    algorithm: Algorithm,
    kind: String,
    created: UnixTime,
    modified: UnixTime,
}

impl Plain {
    /// Looks, and takes nothing.
    fn of(value: &Value) -> Result<Self, String> {
        let map = value.as_map().ok_or("it is no map")?;
        let number = |name| map.get_text(name).and_then(Value::as_u64).ok_or(format!("it has no {name}"));
        let text = |name| map.get_text(name).and_then(Value::as_text).ok_or(format!("it has no {name}"));
        let algorithm = text("algorithm")?;
        let plain = Self {
            id: map.get_text("id").and_then(EntryId::from_value).ok_or("it has no id")?,
            issuer: text("issuer")?.to_owned(),
            name: text("name")?.to_owned(),
            digits: u8::try_from(number("digits")?).map_err(|_| "its codes are too long")?,
            algorithm: Algorithm::from_name(algorithm).unwrap_or_else(|| Algorithm::Other(algorithm.to_owned())),
            kind: text("kind")?.to_owned(),
            created: UnixTime(number("created")?),
            modified: UnixTime(number("modified")?),
        };
        match kind_without_pin(&plain.kind) {
            Kind::Hotp { .. } => drop(number("counter")?),
            kind if kind.period().is_some() => drop(number("period")?),
            _ => {}
        }
        map.get_text("seed").and_then(Value::as_bytes).ok_or("it has no seed")?;
        Ok(plain)
    }

    fn with(self, mut fields: Fields) -> Entry {
        let known = kind_without_pin(&self.kind);
        let parts = KindParts {
            period: known.period().and_then(|_| fields.number("period")),
            counter: known.counter().and_then(|_| fields.number("counter")),
            pin: if known.wants_pin() { fields.secret("pin") } else { None },
        };
        let kind = match known {
            Kind::Other { name } => Kind::Other { name },
            known => Kind::named(known.name(), parts),
        };
        let account = Account {
            issuer: self.issuer,
            name: self.name,
            seed: Seed::new(fields.bytes("seed")),
            algorithm: self.algorithm,
            digits: self.digits,
            kind,
        };
        let extras = fields.extras();
        let resync = fields.take("resync", |value| *value == Value::Bool(true)).is_some();
        let history = fields.take("history", History::fits).map(History::of).unwrap_or_default();
        for name in FIELDS {
            fields.0.remove_text(name);
        }
        let other = Wiped(Value::Map(fields.0));
        Entry { id: self.id, account, extras, created: self.created, modified: self.modified, resync, history, other }
    }
}

/// The kind of this very name.
fn kind_without_pin(name: &str) -> Kind {
    let kind = Kind::named(name, KindParts::default());
    if kind.name() == name { kind } else { Kind::Other { name: name.to_owned() } }
}

/// The fields of an entry, from which what is known is taken out. What has another type than it should have stays: a
/// later fob may know why.
struct Fields(Map);

impl Fields {
    fn take(&mut self, name: &str, fits: impl Fn(&Value) -> bool) -> Option<Value> {
        let there = self.0.get_text(name).is_some_and(fits);
        if there { self.0.remove_text(name) } else { None }
    }

    fn number(&mut self, name: &str) -> Option<u64> {
        self.take(name, |value| value.as_u64().is_some())?.as_u64()
    }

    fn bytes(&mut self, name: &str) -> Vec<u8> {
        match self.take(name, |value| value.as_bytes().is_some()) {
            Some(Value::Bytes(bytes)) => bytes,
            _ => Vec::new(),
        }
    }

    /// A text that is not empty: an empty one means nothing and stays.
    fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name, |value| value.as_text().is_some_and(|text| !text.is_empty())) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn secret(&mut self, name: &str) -> Option<SecretText> {
        self.text(name).map(SecretText::new)
    }

    /// A list of texts that is not empty.
    fn texts(&mut self, name: &str) -> Vec<String> {
        let all_text =
            |value: &Value| value.as_array().is_some_and(|list| list.iter().all(|item| item.as_text().is_some()));
        let fits = |value: &Value| all_text(value) && value.as_array().is_some_and(|list| !list.is_empty());
        match self.take(name, fits) {
            Some(Value::Array(items)) => items
                .into_iter()
                .filter_map(|item| match item {
                    Value::Text(text) => Some(text),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    fn extras(&mut self) -> Extras {
        Extras {
            note: self.secret("note"),
            tags: self.texts("tags"),
            favourite: self.take("favourite", |value| *value == Value::Bool(true)).is_some(),
            icon: self.text("icon"),
            recovery_codes: self.recovery_codes(),
            sites: self.texts("sites"),
        }
    }

    fn recovery_codes(&mut self) -> Vec<RecoveryCode> {
        let fits = |value: &Value| value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(is_code));
        match self.take("recovery_codes", fits) {
            Some(Value::Array(codes)) => codes.into_iter().filter_map(recovery_code).collect(),
            _ => Vec::new(),
        }
    }
}

/// Whether it is a recovery code with nothing in it that a later fob has added.
fn is_code(value: &Value) -> bool {
    let Some(map) = value.as_map() else { return false };
    let used = map.get_text("used");
    let known = 1 + usize::from(used.is_some());
    map.get_text("code").is_some_and(|code| code.as_text().is_some())
        && used.is_none_or(|used| used.as_u64().is_some())
        && map.len() == known
}

fn recovery_code(value: Value) -> Option<RecoveryCode> {
    let Value::Map(mut map) = value else { return None };
    let used = map.remove_text("used").and_then(|used| used.as_u64()).map(UnixTime);
    match map.remove_text("code") {
        Some(Value::Text(code)) => Some(RecoveryCode { code: SecretText::new(code), used }),
        _ => None,
    }
}
