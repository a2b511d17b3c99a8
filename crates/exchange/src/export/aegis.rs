//! Aegis' vault (its docs/vault.md): content version 3, in clear or under a password slot.

use std::collections::BTreeMap;

use fob_ambient::Rng;
use serde::Serialize;
use zeroize::Zeroizing;

use super::{Part, room, to_json, uuid};
use crate::encoding::{to_base64, to_hex};
use crate::sealed::{Scrypt, scrypt, seal_gcm};
use crate::{CodeKind, HashName, Password, Record};

/// What Aegis itself writes.
const COST: Scrypt = Scrypt { n: 1 << 15, r: 8, p: 1 };
const TAG: usize = 16;

/// What the vault has no place for.
pub(super) const UNSAID: &[Part] = &[Part::Icon, Part::RecoveryCodes];

pub(super) fn refuses(record: &Record) -> Option<&'static str> {
    match (&record.kind, &record.algorithm) {
        (CodeKind::Other { .. }, _) => Some("Aegis does not know its kind"),
        (_, HashName::Other(_)) => Some("Aegis does not know its algorithm"),
        (CodeKind::Motp { pin: None, .. } | CodeKind::Yandex { pin: None, .. }, _) => Some("Aegis wants its PIN"),
        _ => None,
    }
}

#[derive(Serialize)]
struct File<'a, D> {
    version: u8,
    header: Header<'a>,
    db: D,
}

#[derive(Serialize, Default)]
struct Header<'a> {
    slots: Option<[Slot<'a>; 1]>,
    params: Option<Params>,
}

#[derive(Serialize)]
struct Slot<'a> {
    #[serde(rename = "type")]
    kind: u8,
    uuid: &'a str,
    key: String,
    key_params: Params,
    n: u64,
    r: u64,
    p: u64,
    salt: String,
    repaired: bool,
    is_backup: bool,
}

#[derive(Serialize)]
struct Params {
    nonce: String,
    tag: String,
}

#[derive(Serialize)]
struct Content<'a> {
    version: u8,
    entries: Vec<Entry<'a>>,
    groups: Vec<Group<'a>>,
    icons_optimized: bool,
}

#[derive(Serialize)]
struct Group<'a> {
    uuid: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    uuid: String,
    name: &'a str,
    issuer: &'a str,
    note: &'a str,
    favorite: bool,
    icon: Option<&'a str>,
    info: Info<'a>,
    groups: Vec<&'a str>,
}

#[derive(Serialize)]
struct Info<'a> {
    secret: &'a str,
    algo: &'a str,
    digits: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counter: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pin: Option<&'a str>,
}

/// Writes the vault in clear.
pub(super) fn write(records: &[&Record], rng: &mut dyn Rng) -> Zeroizing<Vec<u8>> {
    with_content(records, rng, |content, room, _| {
        to_json(&File { version: 1, header: Header::default(), db: content }, room, true)
    })
}

/// Writes the vault under a password slot.
pub(super) fn write_encrypted(records: &[&Record], password: &Password, rng: &mut dyn Rng) -> Zeroizing<Vec<u8>> {
    with_content(records, rng, |content, room, rng| seal(&to_json(content, room, false), password, rng))
}

fn seal(plain: &[u8], password: &Password, rng: &mut dyn Rng) -> Zeroizing<Vec<u8>> {
    let mut master = Zeroizing::new([0; 32]);
    rng.fill(master.as_mut());
    let (mut salt, mut key_nonce, mut nonce) = ([0; 32], [0; 12], [0; 12]);
    [&mut salt[..], &mut key_nonce, &mut nonce].into_iter().for_each(|bytes| rng.fill(bytes));
    let wrapping = scrypt(&COST, &salt, password.expose()).expect("Aegis' own cost is within bounds");
    let (key, key_tag) = split_tag(seal_gcm(&wrapping, key_nonce, master.as_ref()));
    let (text, tag) = split_tag(seal_gcm(&master, nonce, plain));
    let params = |nonce: &[u8], tag: &[u8]| Params { nonce: to_hex(nonce).to_string(), tag: to_hex(tag).to_string() };
    let id = uuid(rng);
    let slot = Slot {
        kind: 1,
        uuid: &id,
        key: to_hex(&key).to_string(),
        key_params: params(&key_nonce, &key_tag),
        n: COST.n,
        r: COST.r,
        p: COST.p,
        salt: to_hex(&salt).to_string(),
        repaired: true,
        is_backup: false,
    };
    let header = Header { slots: Some([slot]), params: Some(params(&nonce, &tag)) };
    let db = to_base64(&text);
    to_json(&File { version: 1, header, db: db.as_str() }, db.len() + 2048, true)
}

/// Aegis keeps the tag apart from the ciphertext.
fn split_tag(mut sealed: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
    let tag = sealed.split_off(sealed.len().saturating_sub(TAG));
    (sealed, tag)
}

fn with_content<T>(
    records: &[&Record],
    rng: &mut dyn Rng,
    then: impl FnOnce(&Content<'_>, usize, &mut dyn Rng) -> T,
) -> T {
    let mut groups = BTreeMap::new();
    for tag in records.iter().flat_map(|record| &record.tags) {
        groups.entry(tag.as_str()).or_insert_with(|| uuid(rng));
    }
    let secrets: Vec<_> = records.iter().map(|record| record.secret.to_base32()).collect();
    let names: Vec<_> = records.iter().map(|record| record.algorithm.name()).collect();
    let mut entries = Vec::with_capacity(records.len());
    for ((record, secret), algo) in records.iter().zip(&secrets).zip(&names) {
        entries.push(Entry {
            kind: record.kind.name(),
            uuid: uuid(rng),
            name: &record.account,
            issuer: &record.issuer,
            note: &record.notes,
            favorite: record.favourite,
            icon: None,
            info: Info {
                secret,
                algo,
                digits: record.digits,
                period: record.kind.period(),
                counter: match record.kind {
                    CodeKind::Hotp { counter } => Some(counter),
                    _ => None,
                },
                pin: record.kind.pin(),
            },
            groups: record.tags.iter().filter_map(|tag| groups.get(tag.as_str())).map(String::as_str).collect(),
        });
    }
    let groups = groups.iter().map(|(name, uuid)| Group { uuid, name }).collect();
    then(&Content { version: 3, entries, groups, icons_optimized: true }, room(records), rng)
}
