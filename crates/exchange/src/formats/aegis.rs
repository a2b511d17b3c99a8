//! Aegis (its docs/vault.md): content version 1 to 3, in clear or under AES-256-GCM with a master key that password
//! slots wrap. And its page to be printed (`VaultHtmlExporter`), which has the period in the QR picture only.

use std::collections::BTreeMap;
use std::fmt;

use fob_otp::Seed;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::containers::html;
use crate::draft::Draft;
use crate::json::{self, Field, List, Part};
use crate::record::clipped;
use crate::sealed::{Key, Scrypt, open_gcm, scrypt};
use crate::source::Source;
use crate::{ImportError, Lost, MAX_ENTRIES, Record, Refusal, Report, encoding};

/// A slot of the password kind.
const PASSWORD_SLOT: &str = "1";
/// Most password slots that are tried: each costs an scrypt.
const MAX_SLOTS: usize = 4;

#[derive(Deserialize, Default)]
#[serde(default)]
struct File {
    header: Part<Header>,
    db: Database,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Header {
    slots: List<Slot>,
    params: Part<Params>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Slot {
    #[serde(rename = "type")]
    kind: Field,
    key: Field,
    key_params: Part<Params>,
    n: Field,
    r: Field,
    p: Field,
    salt: Field,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Params {
    nonce: Field,
    tag: Field,
}

/// The content: an object in clear, a text of Base64 otherwise.
enum Database {
    Sealed(String),
    Plain(Content),
}

impl Default for Database {
    fn default() -> Self {
        Self::Plain(Content::default())
    }
}

/// By hand: what serde derives for either-or keeps the whole content as values of its own first.
impl<'de> Deserialize<'de> for Database {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Database;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object or a text")
            }
            fn visit_str<E>(self, sealed: &str) -> Result<Database, E> {
                Ok(Database::Sealed(sealed.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Database, A::Error> {
                Content::deserialize(MapAccessDeserializer::new(map)).map(Database::Plain)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Content {
    entries: List<Entry>,
    groups: List<Group>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Group {
    uuid: Field,
    name: Field,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    #[serde(rename = "type")]
    kind: Field,
    name: Field,
    issuer: Field,
    note: Field,
    favorite: Field,
    icon: Field,
    /// Content version 2 and before.
    group: Field,
    groups: List<Field>,
    info: Part<Info>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Info {
    secret: Field,
    algo: Field,
    digits: Field,
    period: Field,
    counter: Field,
    pin: Field,
}

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let file: File = json::read(source)?;
    match (file.db, file.header.get()) {
        (Database::Plain(content), _) => take_all(&content, report),
        (Database::Sealed(sealed), Some(header)) => {
            let plain = open(header, &sealed, source)?;
            take_all(&json::read(&source.inner(&plain))?, report);
        }
        (Database::Sealed(_), None) => return Err(source.damaged("it has no header")),
    }
    Ok(())
}

fn open(header: &Header, sealed: &str, source: &Source<'_>) -> Result<Zeroizing<Vec<u8>>, ImportError> {
    let damaged = || source.damaged("its header or content is none");
    let password = source.password()?;
    let key = master_key(header, password, source)?;
    let params = header.params.get().ok_or_else(damaged)?;
    let sealed = encoding::base64(sealed).ok_or_else(damaged)?;
    open_parts(&key, params, sealed.to_vec()).ok_or_else(|| source.damaged("its content has been changed"))
}

/// The key out of the first password slot that the password opens.
fn master_key(header: &Header, password: &[u8], source: &Source<'_>) -> Result<Key, ImportError> {
    let damaged = || source.damaged("a slot of it is none");
    let slots: Vec<_> = header.slots.0.iter().filter(|slot| slot.kind.text() == PASSWORD_SLOT).collect();
    if slots.is_empty() {
        return Err(ImportError::Unsupported { format: source.format, what: "it has no slot for a password" });
    }
    for slot in slots.iter().take(MAX_SLOTS) {
        let number = |field: &Field| field.number("cost").ok().flatten().ok_or_else(damaged);
        let cost = Scrypt { n: number(&slot.n)?, r: number(&slot.r)?, p: number(&slot.p)? };
        let salt = encoding::hex(slot.salt.text()).ok_or_else(damaged)?;
        let wrapping = scrypt(&cost, &salt, password)?;
        let wrapped = encoding::hex(slot.key.text()).ok_or_else(damaged)?;
        let params = slot.key_params.get().ok_or_else(damaged)?;
        if let Some(key) = open_parts(&wrapping, params, wrapped.to_vec()) {
            return key.as_slice().try_into().map(Zeroizing::new).map_err(|_| damaged());
        }
    }
    Err(source.wrong_password())
}

fn open_parts(key: &Key, params: &Params, mut sealed: Vec<u8>) -> Option<Zeroizing<Vec<u8>>> {
    sealed.extend_from_slice(&encoding::hex(params.tag.text())?);
    open_gcm(key, &encoding::hex(params.nonce.text())?, &[], &sealed)
}

fn take_all(content: &Content, report: &mut Report) {
    let groups: BTreeMap<_, _> =
        content.groups.0.iter().map(|group| (group.uuid.text(), clipped(group.name.text()))).collect();
    for entry in &content.entries.0 {
        let name = entry.label();
        if entry.icon.some().is_some() {
            report.lost(name.clone(), Lost::Picture);
        }
        report.take(name, entry.record(&groups));
    }
}

impl Entry {
    fn label(&self) -> String {
        format!("{}: {}", clipped(self.issuer.text()), clipped(self.name.text()))
    }

    fn record(&self, groups: &BTreeMap<&str, String>) -> Result<Record, Refusal> {
        let info = self.info.get().ok_or(Refusal::Missing("info"))?;
        let draft = Draft {
            kind: self.kind.text(),
            issuer: self.issuer.text(),
            account: self.name.text(),
            secret: info.secret.text(),
            algorithm: info.algo.text(),
            digits: info.digits.text(),
            period: info.period.text(),
            counter: info.counter.text(),
            pin: info.pin.text(),
        };
        let mut record = draft.record()?;
        record.notes = self.note.text().to_owned();
        record.favourite = self.favorite.is_true();
        record.tag(self.group.text());
        self.groups.0.iter().filter_map(|uuid| groups.get(uuid.text())).for_each(|name| record.tag(name));
        Ok(record)
    }
}

/// Reads the page: rows of twelve cells under a row of headings.
pub(super) fn read_page(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    for (count, row) in html::elements(source.text()?, "tr").enumerate() {
        let cells: Vec<_> = html::elements(row, "td").take(16).map(html::text).collect();
        let [issuer, name, kind, _picture, _uuid, note, favourite, algorithm, digits, secret, counter, pin] =
            cells.as_slice()
        else {
            continue;
        };
        if count > MAX_ENTRIES {
            return Err(ImportError::TooManyEntries);
        }
        let said = |text: &'_ str| if text == "-" { String::new() } else { text.to_owned() };
        let (counter, pin) = (said(counter), said(pin));
        let draft =
            Draft { kind, issuer, account: name, algorithm, digits, counter: &counter, pin: &pin, ..Draft::default() };
        let record = seed(kind, secret).and_then(|seed| draft.record_of(seed)).map(|mut record| {
            record.notes.clone_from(note);
            record.favourite = favourite == "true";
            record
        });
        report.take(format!("{issuer}: {name}"), record);
    }
    if !report.records.is_empty() {
        report.all_lost(Lost::Period);
    }
    Ok(())
}

/// The page has mOTP's secrets in hexadecimal.
fn seed(kind: &str, secret: &str) -> Result<Seed, Refusal> {
    match kind.eq_ignore_ascii_case("motp") {
        true => {
            encoding::hex(secret).map(|bytes| Seed::new(bytes.to_vec())).ok_or(Refusal::Encoding("hexadecimal text"))
        }
        false => Ok(Seed::from_base32(secret)?),
    }
}
