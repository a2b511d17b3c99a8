//! From the body's CBOR to an entry. First it is stepped over and nothing is copied, so that what cannot be read stays
//! whole. An [`Entry`] takes what is shown and seals the rest where it lies; a [`Record`] copies seed, PIN, note and
//! recovery codes once, into what wipes them.

use fob_ambient::UnixTime;
use fob_cbor::{AnyKeys, Cursor, Key, ReadError, TextKeys, Value};
use fob_otp::{Account, Algorithm, Extras, Kind, KindParts, Outline, RecoveryCode, SecretText, Seed};

use super::{Beside, Entry, EntryId, History, Record, Unreadable};
use crate::body::ENTRY_DEPTH;
use crate::body::members::{Item, Member, kept, members, with_map};
use crate::memory::MemoryKey;
use crate::wipe::Wiped;

/// What stands where an entry should, where it lies.
pub(crate) struct Found<'a> {
    whole: Item<'a>,
    /// None if it is no map.
    fields: Option<Fields<'a>>,
}

impl<'a> Found<'a> {
    /// Steps over what begins here.
    pub(crate) fn take(cursor: &mut Cursor<'a>) -> Result<Self, ReadError> {
        let (fields, whole) = with_map(cursor, ENTRY_DEPTH, Fields::take)?;
        Ok(Self { whole, fields })
    }

    /// What these bytes are, if a body could have them as an entry.
    pub(crate) fn of(bytes: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor::new(bytes);
        let found = Self::take(&mut cursor).ok()?;
        cursor.end().ok().map(|()| found)
    }

    pub(crate) fn id(&self) -> Option<EntryId> {
        self.fields.as_ref()?.id?.id()
    }

    /// The entry, if it is one for this fob.
    pub(crate) fn entry(self, memory: &MemoryKey) -> Result<Entry, Box<Unreadable>> {
        let fields = self.fields.as_ref().ok_or_else(|| "it is no map".to_owned());
        match fields.and_then(|fields| Ok((fields, fields.core()?))) {
            Ok((fields, core)) => Ok(fields.entry(&core, self.whole, memory)),
            Err(reason) => Err(Box::new(self.odd(reason, memory))),
        }
    }

    /// Keeps it as it is.
    pub(crate) fn unreadable(self, reason: &str, memory: &MemoryKey) -> Unreadable {
        self.odd(reason.to_owned(), memory)
    }

    fn odd(&self, reason: String, memory: &MemoryKey) -> Unreadable {
        let fields = self.fields.as_ref();
        let text = |field: Option<Item<'a>>| field.and_then(Item::text).unwrap_or_default().to_owned();
        Unreadable {
            id: self.id(),
            issuer: text(fields.and_then(|fields| fields.issuer)),
            name: text(fields.and_then(|fields| fields.name)),
            reason,
            whole: memory.seal(self.whole.raw()),
        }
    }

    /// The entry with its secrets, if it is one for this fob.
    pub(crate) fn record(self) -> Option<Record> {
        let mut fields = self.fields?;
        let core = fields.core().ok()?;
        Some(fields.record(&core))
    }
}

/// The seed in an entry's bytes. What is read for ten thousand entries to find one seed stops there.
pub(crate) fn seed_of(entry: &[u8]) -> Option<&[u8]> {
    let mut cursor = Cursor::new(entry);
    let mut keys: AnyKeys<'_> = cursor.map().ok()?;
    while let Some(key) = keys.next(&mut cursor, ENTRY_DEPTH).ok()? {
        if key == Key::Text("seed") {
            return cursor.bytes().ok();
        }
        cursor.item(ENTRY_DEPTH).ok()?;
    }
    None
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

/// What every entry has.
struct Core<'a> {
    id: EntryId,
    created: UnixTime,
    modified: UnixTime,
    issuer: &'a str,
    name: &'a str,
    seed: &'a [u8],
    algorithm: &'a str,
    digits: u8,
    kind: &'a str,
    period: Option<u64>,
    counter: Option<u64>,
    pin: Option<&'a str>,
}

/// What `read` reads, or what is missing, as the end of a sentence.
fn must<'a, T>(field: Option<Item<'a>>, name: &str, read: impl FnOnce(Item<'a>) -> Option<T>) -> Result<T, String> {
    field.and_then(read).ok_or_else(|| format!("it has no {name}"))
}

/// Takes a field out, if it is there and `read` reads it.
fn take<'a, T>(field: &mut Option<Item<'a>>, read: impl FnOnce(Item<'a>) -> Option<T>) -> Option<T> {
    let value = read((*field)?)?;
    *field = None;
    Some(value)
}

impl<'a> Fields<'a> {
    /// What it must have, or what it lacks.
    fn core(&self) -> Result<Core<'a>, String> {
        let algorithm = must(self.algorithm, "algorithm", Item::text)?;
        let id = must(self.id, "id", Item::id)?;
        let issuer = must(self.issuer, "issuer", Item::text)?;
        let name = must(self.name, "name", Item::text)?;
        let digits = must(self.digits, "digits", Item::number)?;
        let digits = u8::try_from(digits).map_err(|_| "its codes are too long")?;
        let kind = must(self.kind, "kind", Item::text)?;
        let created = UnixTime(must(self.created, "created", Item::number)?);
        let modified = UnixTime(must(self.modified, "modified", Item::number)?);
        let (mut period, mut counter, mut pin) = (None, None, None);
        match Kind::of_name(kind, KindParts::default()) {
            Some(Kind::Hotp { .. }) => counter = Some(must(self.counter, "counter", Item::number)?),
            Some(kind) => {
                period = Some(must(self.period, "period", Item::number)?);
                pin = self.pin.and_then(text).filter(|_| kind.wants_pin());
            }
            None => {}
        }
        let seed = must(self.seed, "seed", Item::bytes)?;
        Ok(Core { id, created, modified, issuer, name, seed, algorithm, digits, kind, period, counter, pin })
    }

    /// What is shown of it, and all of it sealed.
    fn entry(&self, core: &Core<'a>, whole: Item<'a>, memory: &MemoryKey) -> Entry {
        let (kind, algorithm, digits) = (core.kind(None), core.algorithm(), core.digits);
        let (has_pin, seed) = (core.pin.is_some(), core.seed.len());
        let outline = Outline { kind: &kind, algorithm: &algorithm, digits, seed, pin: has_pin };
        let unusable = outline.usable().err().map(Box::new);
        let beside = Beside {
            tags: self.tags.and_then(texts).unwrap_or_default(),
            icon: self.icon.and_then(text).map(str::to_owned),
            sites: self.sites.and_then(texts).unwrap_or_default(),
        };
        let codes = self.recovery_codes.and_then(|codes| codes.list(recovery_code)).unwrap_or_default();
        let used_codes = codes.iter().filter(|(_, used)| used.is_some()).count();
        Entry {
            id: core.id,
            issuer: core.issuer.to_owned(),
            name: core.name.to_owned(),
            kind,
            algorithm,
            digits,
            created: core.created,
            modified: core.modified,
            resync: self.resync.and_then(Item::yes).is_some(),
            favourite: self.favourite.and_then(Item::yes).is_some(),
            has_note: self.note.and_then(text).is_some(),
            has_pin,
            unused_codes: codes.len() - used_codes,
            used_codes,
            beside: (beside != Beside::default()).then(|| Box::new(beside)),
            unusable,
            whole: memory.seal(whole.raw()),
        }
    }

    /// All of it in the clear.
    fn record(&mut self, core: &Core<'a>) -> Record {
        let account = Account {
            issuer: core.issuer.to_owned(),
            name: core.name.to_owned(),
            seed: Seed::new(core.seed.to_vec()),
            algorithm: core.algorithm(),
            digits: core.digits,
            kind: core.kind(core.pin.map(secret)),
        };
        let extras = self.extras();
        let resync = take(&mut self.resync, Item::yes).is_some();
        let history = take(&mut self.history, history).unwrap_or_default();
        self.forget(core);
        let Core { id, created, modified, .. } = *core;
        Record { id, account, extras, created, modified, resync, history, other: self.left() }
    }

    fn extras(&mut self) -> Extras {
        let code = |(code, used)| RecoveryCode { code: secret(code), used };
        let codes = take(&mut self.recovery_codes, |codes| codes.list(recovery_code)).unwrap_or_default();
        Extras {
            note: take(&mut self.note, text).map(secret),
            tags: take(&mut self.tags, texts).unwrap_or_default(),
            favourite: take(&mut self.favourite, Item::yes).is_some(),
            icon: take(&mut self.icon, text).map(str::to_owned),
            recovery_codes: codes.into_iter().map(code).collect(),
            sites: take(&mut self.sites, texts).unwrap_or_default(),
        }
    }

    /// Takes out what the core was read from.
    fn forget(&mut self, core: &Core<'_>) {
        let Self { id, created, modified, issuer, name, seed, algorithm, digits, kind, .. } = self;
        for field in [id, created, modified, issuer, name, seed, algorithm, digits, kind] {
            *field = None;
        }
        self.period = self.period.filter(|_| core.period.is_none());
        self.counter = self.counter.filter(|_| core.counter.is_none());
        self.pin = self.pin.filter(|_| core.pin.is_none());
    }
}

impl Core<'_> {
    /// The kind of this very name, with what goes with it.
    fn kind(&self, pin: Option<SecretText>) -> Kind {
        let parts = KindParts { period: self.period, counter: self.counter, pin };
        Kind::of_name(self.kind, parts).unwrap_or_else(|| Kind::Other { name: self.kind.to_owned() })
    }

    fn algorithm(&self) -> Algorithm {
        Algorithm::from_name(self.algorithm).unwrap_or_else(|| Algorithm::Other(self.algorithm.to_owned()))
    }
}

/// A text that is not empty: an empty one means nothing and stays.
fn text(item: Item<'_>) -> Option<&str> {
    item.text().filter(|text| !text.is_empty())
}

fn secret(text: &str) -> SecretText {
    SecretText::new(text.to_owned())
}

/// A list of texts that is not empty.
fn texts(item: Item<'_>) -> Option<Vec<String>> {
    item.list(|cursor| cursor.text().ok().map(str::to_owned))
}

fn history(item: Item<'_>) -> Option<History> {
    let mut value = Wiped(item.value());
    History::fits(&value.0).then(|| History::of(std::mem::replace(&mut value.0, Value::Null)))
}

/// A recovery code with nothing in it that a later fob has added, and when it was used.
fn recovery_code<'a>(cursor: &mut Cursor<'a>) -> Option<(&'a str, Option<UnixTime>)> {
    let (mut code, mut used) = (None, None);
    let mut keys: TextKeys<'_> = cursor.map().ok()?;
    while let Some(key) = keys.next(cursor).ok()? {
        match key {
            "code" => code = Some(cursor.text().ok()?),
            "used" => used = Some(UnixTime(cursor.unsigned().ok()?)),
            _ => return None,
        }
    }
    Some((code?, used))
}
