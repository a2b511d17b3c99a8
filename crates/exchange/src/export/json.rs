//! fob's own list of accounts: one object each, names as in `formats/fob_json.rs`.

use serde::Serialize;
use zeroize::Zeroizing;

use super::{room, to_json};
use crate::{CodeKind, Record, SecretText};

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    issuer: &'a str,
    account: &'a str,
    secret: &'a str,
    algorithm: &'a str,
    digits: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counter: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pin: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    notes: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [String],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    favourite: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    icon: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    recovery_codes: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    used_recovery_codes: Vec<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    sites: &'a [String],
}

pub(super) fn write(records: &[&Record]) -> Zeroizing<Vec<u8>> {
    let secrets: Vec<_> = records.iter().map(|record| record.secret.to_base32()).collect();
    let names: Vec<_> = records.iter().map(|record| record.algorithm.name()).collect();
    let parts = records.iter().zip(&secrets).zip(&names);
    let entries: Vec<_> = parts
        .map(|((record, secret), algorithm)| Entry {
            kind: record.kind.name(),
            issuer: &record.issuer,
            account: &record.account,
            secret,
            algorithm,
            digits: record.digits,
            period: record.kind.period(),
            counter: match record.kind {
                CodeKind::Hotp { counter } => Some(counter),
                _ => None,
            },
            pin: record.kind.pin(),
            notes: &record.notes,
            tags: &record.tags,
            favourite: record.favourite,
            icon: record.icon.as_deref(),
            recovery_codes: record.recovery_codes.iter().map(SecretText::expose).collect(),
            used_recovery_codes: record.used_recovery_codes.iter().map(SecretText::expose).collect(),
            sites: &record.sites,
        })
        .collect();
    let mut bytes = to_json(&entries, room(records), true);
    bytes.push(b'\n');
    bytes
}
