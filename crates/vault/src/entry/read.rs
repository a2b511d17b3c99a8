//! From the body's CBOR to an entry. First it is stepped over and nothing is copied, so that what cannot be read stays
//! whole; then seed, PIN, note and recovery codes are copied once, into what wipes them.

use fob_ambient::UnixTime;
use fob_cbor::{Cursor, Key, ReadError, TextKeys, Value};
use fob_otp::{Account, Algorithm, Extras, Kind, KindParts, RecoveryCode, SecretText, Seed};

use super::{Entry, EntryId, History, Unreadable};
use crate::body::members::{Item, Member, kept, members, with_map};
use crate::wipe::Wiped;

/// What stands where an entry should, where it lies.
pub(crate) struct Found<'a> {
    whole: Item<'a>,
    /// None if it is no map.
    fields: Option<Fields<'a>>,
}

impl<'a> Found<'a> {
    /// Steps over what begins here, which has at most `depth` levels.
    pub(crate) fn take(cursor: &mut Cursor<'a>, depth: usize) -> Result<Self, ReadError> {
        let (fields, whole) = with_map(cursor, depth, Fields::take)?;
        Ok(Self { whole, fields })
    }

    pub(crate) fn id(&self) -> Option<EntryId> {
        self.fields.as_ref()?.id?.id()
    }

    /// The entry, if it is one for this fob.
    pub(crate) fn entry(mut self) -> Result<Entry, Box<Unreadable>> {
        let read = self.fields.as_mut().ok_or_else(|| "it is no map".to_owned()).and_then(Fields::entry);
        read.map_err(|reason| Box::new(Unreadable::new(self.whole.value(), reason)))
    }

    /// Keeps it as it is.
    pub(crate) fn unreadable(self, reason: &str) -> Unreadable {
        Unreadable::new(self.whole.value(), reason.to_owned())
    }
}

macro_rules! fields {
    ($($field:ident $name:literal)*) => {
        /// The fields of an entry. What is read is taken out; what has another type than it should have stays: a later
        /// fob may know why.
        #[derive(Default)]
        struct Fields<'a> {
            $($field: Option<Item<'a>>,)*
            other: Vec<Member<'a>>,
        }

        impl<'a> Fields<'a> {
            /// Steps over the map that begins here.
            fn take(cursor: &mut Cursor<'a>, depth: usize) -> Result<Self, ReadError> {
                let mut fields = Self::default();
                members(cursor, depth, |key, cursor| {
                    let value = Item::take(cursor, depth.saturating_sub(1))?;
                    match key {
                        $(Key::Text($name) => fields.$field = Some(value),)*
                        _ => fields.other.push((key, value)),
                    }
                    Ok(())
                })?;
                Ok(fields)
            }

            /// Everything that has not been taken out.
            fn left(&mut self) -> Wiped {
                let mut left = kept(std::mem::take(&mut self.other));
                if let Value::Map(map) = &mut left.0 {
                    $(if let Some(value) = self.$field {
                        map.insert($name, value.value());
                    })*
                }
                left
            }
        }
    };
}

fields! {
    id "id"
    created "created"
    modified "modified"
    issuer "issuer"
    name "name"
    digits "digits"
    algorithm "algorithm"
    kind "kind"
    seed "seed"
    period "period"
    counter "counter"
    pin "pin"
    note "note"
    tags "tags"
    favourite "favourite"
    icon "icon"
    recovery_codes "recovery_codes"
    sites "sites"
    resync "resync"
    history "history"
}

/// Takes a field out, if it is there and `read` reads it.
fn take<'a, T>(field: &mut Option<Item<'a>>, read: impl FnOnce(Item<'a>) -> Option<T>) -> Option<T> {
    let value = read((*field)?)?;
    *field = None;
    Some(value)
}

/// The same for a field that an entry must have.
fn must<'a, T>(
    field: &mut Option<Item<'a>>,
    name: &str,
    read: impl FnOnce(Item<'a>) -> Option<T>,
) -> Result<T, String> {
    take(field, read).ok_or_else(|| format!("it has no {name}"))
}

impl Fields<'_> {
    /// The entry, or what it lacks, as the end of a sentence.
    fn entry(&mut self) -> Result<Entry, String> {
        let algorithm = must(&mut self.algorithm, "algorithm", Item::text)?;
        let id = must(&mut self.id, "id", Item::id)?;
        let issuer = must(&mut self.issuer, "issuer", Item::text)?;
        let name = must(&mut self.name, "name", Item::text)?;
        let digits = must(&mut self.digits, "digits", Item::number)?;
        let digits = u8::try_from(digits).map_err(|_| "its codes are too long")?;
        let kind = must(&mut self.kind, "kind", Item::text)?;
        let created = UnixTime(must(&mut self.created, "created", Item::number)?);
        let modified = UnixTime(must(&mut self.modified, "modified", Item::number)?);
        let kind = self.kind_named(kind)?;
        let seed = must(&mut self.seed, "seed", |seed| seed.bytes().map(|bytes| Seed::new(bytes.to_vec())))?;
        let algorithm = Algorithm::from_name(algorithm).unwrap_or_else(|| Algorithm::Other(algorithm.to_owned()));
        let account = Account { issuer: issuer.to_owned(), name: name.to_owned(), seed, algorithm, digits, kind };
        let extras = self.extras();
        let resync = take(&mut self.resync, Item::yes).is_some();
        let history = take(&mut self.history, history).unwrap_or_default();
        Ok(Entry { id, account, extras, created, modified, resync, history, other: self.left() })
    }

    /// The kind of this very name, with what goes with it.
    fn kind_named(&mut self, name: &str) -> Result<Kind, String> {
        let mut kind = Kind::named(name, KindParts::default());
        if kind.name() != name {
            return Ok(Kind::Other { name: name.to_owned() });
        }
        match &mut kind {
            Kind::Totp { period } | Kind::Steam { period } => {
                *period = must(&mut self.period, "period", Item::number)?;
            }
            Kind::Motp { period, pin } | Kind::Yandex { period, pin } => {
                *period = must(&mut self.period, "period", Item::number)?;
                *pin = take(&mut self.pin, secret);
            }
            Kind::Hotp { counter } => *counter = must(&mut self.counter, "counter", Item::number)?,
            Kind::Other { .. } => {}
        }
        Ok(kind)
    }

    fn extras(&mut self) -> Extras {
        Extras {
            note: take(&mut self.note, secret),
            tags: take(&mut self.tags, texts).unwrap_or_default(),
            favourite: take(&mut self.favourite, Item::yes).is_some(),
            icon: take(&mut self.icon, text).map(str::to_owned),
            recovery_codes: take(&mut self.recovery_codes, |codes| codes.list(recovery_code)).unwrap_or_default(),
            sites: take(&mut self.sites, texts).unwrap_or_default(),
        }
    }
}

/// A text that is not empty: an empty one means nothing and stays.
fn text(item: Item<'_>) -> Option<&str> {
    item.text().filter(|text| !text.is_empty())
}

fn secret(item: Item<'_>) -> Option<SecretText> {
    text(item).map(|text| SecretText::new(text.to_owned()))
}

/// A list of texts that is not empty.
fn texts(item: Item<'_>) -> Option<Vec<String>> {
    item.list(|cursor| cursor.text().ok().map(str::to_owned))
}

fn history(item: Item<'_>) -> Option<History> {
    let mut value = Wiped(item.value());
    History::fits(&value.0).then(|| History::of(std::mem::replace(&mut value.0, Value::Null)))
}

/// A recovery code with nothing in it that a later fob has added.
fn recovery_code(cursor: &mut Cursor<'_>) -> Option<RecoveryCode> {
    let (mut code, mut used) = (None, None);
    let mut keys: TextKeys<'_> = cursor.map().ok()?;
    while let Some(key) = keys.next(cursor).ok()? {
        match key {
            "code" => code = Some(cursor.text().ok()?),
            "used" => used = Some(UnixTime(cursor.unsigned().ok()?)),
            _ => return None,
        }
    }
    Some(RecoveryCode { code: SecretText::new(code?.to_owned()), used })
}
