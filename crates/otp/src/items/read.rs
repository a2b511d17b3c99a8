//! Items out of fob's own JSON. One item that makes no sense keeps no other out; memory is bounded by the count of
//! items and by what each may hold.

use std::fmt;

use fob_ambient::UnixTime;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::field::Field;
use super::{Extras, Item, RecoveryCode, TooMuch, clean_tags};
use crate::{Account, Algorithm, Kind, KindParts, SecretText, Seed, SeedError, Warning};

/// Most items that are read: with the most that each may hold beside its account a vault is full long before.
pub const MAX_ITEMS: usize = 30_000;

/// What became of one item of the list.
#[derive(Debug)]
pub struct JsonItem {
    /// Its place in the list, from 1.
    pub number: usize,
    /// The item and what is odd about it, or why there is none.
    pub outcome: Result<(Item, Vec<Warning>), ItemError>,
}

/// Why a list was not looked at. Nothing of it is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// No JSON, or no list.
    #[error("it is no JSON list of accounts (line {line}, column {column})")]
    Damaged {
        /// Where it ceases to make sense, from 1.
        line: usize,
        /// Where in that line.
        column: usize,
    },
    /// More than [`MAX_ITEMS`].
    #[error("the list has more than {MAX_ITEMS} accounts")]
    TooMany,
}

/// Why an item is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ItemError {
    /// Something else than an object.
    #[error("it is no object")]
    NoObject,
    /// It has no secret.
    #[error("it has no secret")]
    NoSecret,
    /// Its secret is no Base32 text.
    #[error(transparent)]
    Secret(#[from] SeedError),
    /// A member of another type, or a number out of range.
    #[error("its {0} makes no sense")]
    Member(&'static str),
    /// A vault has no room for it.
    #[error(transparent)]
    TooMuch(#[from] TooMuch),
}

/// Reads a list of items. The text stays the caller's to wipe. `now` stands as the time at which used recovery codes
/// were used, which the list does not tell.
///
/// # Errors
/// [`JsonError`] if nothing of it can be read; what is wrong with single items stands in them.
pub fn read_json(text: &[u8], now: UnixTime) -> Result<Vec<JsonItem>, JsonError> {
    let List(objects) =
        serde_json::from_slice(text).map_err(|error| match error.to_string().starts_with(TOO_MANY) {
            true => JsonError::TooMany,
            false => JsonError::Damaged { line: error.line(), column: error.column() },
        })?;
    let outcomes = objects.into_iter().map(|object| object.map_or(Err(ItemError::NoObject), |o| o.item(now)));
    Ok(outcomes.zip(1..).map(|(outcome, number)| JsonItem { number, outcome }).collect())
}

/// What a list that is too long is refused with; [`read_json`] knows it again.
const TOO_MANY: &str = "too many items";

/// The objects of a list; what is no object is none.
struct List<'a>(Vec<Option<Object<'a>>>);

impl<'de> Deserialize<'de> for List<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Items)
    }
}

struct Items;

impl<'de> Visitor<'de> for Items {
    type Value = List<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<List<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(Slot(object)) = items.next_element()? {
            if list.len() == MAX_ITEMS {
                return Err(A::Error::custom(TOO_MANY));
            }
            list.push(object);
        }
        Ok(List(list))
    }
}

/// An object, or whatever stands in its place.
struct Slot<'a>(Option<Object<'a>>);

impl<'de> Deserialize<'de> for Slot<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyItem)
    }
}

struct AnyItem;

impl<'de> Visitor<'de> for AnyItem {
    type Value = Slot<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Slot<'de>, A::Error> {
        Object::deserialize(MapAccessDeserializer::new(members)).map(|object| Slot(Some(object)))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Slot<'de>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Slot(None))
    }
    fn visit_unit<E>(self) -> Result<Slot<'de>, E> {
        Ok(Slot(None))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Slot<'de>, E> {
        Ok(Slot(None))
    }
    fn visit_u64<E>(self, _: u64) -> Result<Slot<'de>, E> {
        Ok(Slot(None))
    }
    fn visit_i64<E>(self, _: i64) -> Result<Slot<'de>, E> {
        Ok(Slot(None))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Slot<'de>, E> {
        Ok(Slot(None))
    }
    fn visit_str<E>(self, _: &str) -> Result<Slot<'de>, E> {
        Ok(Slot(None))
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Object<'a> {
    #[serde(rename = "type", borrow)]
    kind: Field<'a>,
    issuer: Field<'a>,
    account: Field<'a>,
    secret: Field<'a>,
    algorithm: Field<'a>,
    digits: Field<'a>,
    period: Field<'a>,
    counter: Field<'a>,
    pin: Field<'a>,
    notes: Field<'a>,
    tags: Field<'a>,
    favourite: Field<'a>,
    icon: Field<'a>,
    recovery_codes: Field<'a>,
    used_recovery_codes: Field<'a>,
    sites: Field<'a>,
}

impl Object<'_> {
    fn item(&self, now: UnixTime) -> Result<(Item, Vec<Warning>), ItemError> {
        let item = Item { account: self.account()?, extras: self.extras(now)? };
        item.fits()?;
        let mut warnings = item.account.warnings();
        let counter_missing = matches!((&item.account.kind, &self.counter), (Kind::Hotp { .. }, Field::Absent));
        warnings.extend(counter_missing.then_some(Warning::CounterMissing));
        Ok((item, warnings))
    }

    fn account(&self) -> Result<Account, ItemError> {
        let kind = self.kind.text("type")?.unwrap_or("totp");
        let pin = self.pin.secret("PIN")?;
        let parts = KindParts { period: self.period.number("period")?, counter: self.counter.number("counter")?, pin };
        let kind = Kind::named(kind, parts);
        let digits = self.digits.number("number of digits")?;
        let digits = digits.map(|digits| u8::try_from(digits).map_err(|_| ItemError::Member("number of digits")));
        let algorithm = self.algorithm.text("algorithm")?.filter(|name| !name.trim().is_empty());
        Ok(Account {
            issuer: self.issuer.text("issuer")?.unwrap_or_default().trim().to_owned(),
            name: self.account.text("account")?.unwrap_or_default().trim().to_owned(),
            seed: Seed::from_base32(self.secret.text("secret")?.ok_or(ItemError::NoSecret)?)?,
            algorithm: algorithm.map_or_else(|| kind.usual_algorithm(), Algorithm::read),
            digits: digits.transpose()?.unwrap_or(kind.usual_digits()),
            kind,
        })
    }

    fn extras(&self, now: UnixTime) -> Result<Extras, ItemError> {
        let favourite = match self.favourite {
            Field::Absent => false,
            Field::Bool(favourite) => favourite,
            _ => return Err(ItemError::Member("favourite")),
        };
        let codes = |field: &Field<'_>, used| -> Result<Vec<RecoveryCode>, ItemError> {
            let code = |code: &str| RecoveryCode { code: SecretText::new(code.to_owned()), used };
            Ok(field.texts("list of recovery codes")?.into_iter().map(code).collect())
        };
        let mut recovery_codes = codes(&self.used_recovery_codes, Some(now))?;
        recovery_codes.extend(codes(&self.recovery_codes, None)?);
        Ok(Extras {
            note: self.notes.secret("note")?,
            tags: clean_tags(self.tags.texts("list of tags")?),
            favourite,
            icon: self.icon.text("icon")?.filter(|icon| !icon.is_empty()).map(str::to_owned),
            recovery_codes,
            sites: self.sites.texts("list of sites")?.into_iter().map(str::to_owned).collect(),
        })
    }
}

impl Field<'_> {
    fn text(&self, what: &'static str) -> Result<Option<&str>, ItemError> {
        match self {
            Self::Absent => Ok(None),
            Self::Text(text) => Ok(Some(text)),
            _ => Err(ItemError::Member(what)),
        }
    }

    /// A text that is a secret; an empty one is none.
    fn secret(&self, what: &'static str) -> Result<Option<SecretText>, ItemError> {
        let text = self.text(what)?.filter(|text| !text.is_empty());
        Ok(text.map(|text| SecretText::new(text.to_owned())))
    }

    fn number(&self, what: &'static str) -> Result<Option<u64>, ItemError> {
        match self {
            Self::Absent => Ok(None),
            Self::Number(number) => Ok(Some(*number)),
            _ => Err(ItemError::Member(what)),
        }
    }

    fn texts(&self, what: &'static str) -> Result<Vec<&str>, ItemError> {
        let items = match self {
            Self::Absent => return Ok(Vec::new()),
            Self::List(items) => items,
            _ => return Err(ItemError::Member(what)),
        };
        let text = |item: &Self| item.text(what).ok().flatten().map(str::len).is_some();
        if !items.iter().all(text) {
            return Err(ItemError::Member(what));
        }
        items.iter().map(|item| item.text(what).map(Option::unwrap_or_default)).collect()
    }
}
