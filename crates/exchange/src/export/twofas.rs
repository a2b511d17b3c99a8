//! 2FAS' backup, schema 4, in clear.

use std::collections::BTreeMap;

use fob_ambient::{Rng, UnixTime};
use serde::Serialize;
use zeroize::Zeroizing;

use super::{Part, room, to_json, uuid};
use crate::{CodeKind, HashName, Record};

/// Bounds of the app: outside of them it refuses the whole file.
const DIGITS: std::ops::RangeInclusive<u8> = 5..=8;
const PERIODS: [u64; 4] = [10, 30, 60, 90];

/// What the backup has no place for.
pub(super) const UNSAID: &[Part] = &[Part::Notes, Part::FurtherTags, Part::Favourite, Part::Icon, Part::RecoveryCodes];

pub(super) fn refuses(record: &Record) -> Option<&'static str> {
    match (&record.kind, &record.algorithm) {
        (CodeKind::Motp { .. } | CodeKind::Yandex { .. } | CodeKind::Other { .. }, _) => {
            Some("2FAS does not know its kind")
        }
        (_, HashName::Md5 | HashName::Other(_)) => Some("2FAS does not know its algorithm"),
        _ if !DIGITS.contains(&record.digits) => Some("2FAS has codes of 5 to 8 digits"),
        (kind, _) if kind.period().is_some_and(|period| !PERIODS.contains(&period)) => {
            Some("2FAS has periods of 10, 30, 60 and 90 seconds")
        }
        _ => None,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    services: Vec<Service<'a>>,
    groups: Vec<Group<'a>>,
    updated_at: u64,
    schema_version: u8,
    app_version_code: u32,
    app_version_name: &'a str,
    app_origin: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Group<'a> {
    id: &'a str,
    name: &'a str,
    is_expanded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Service<'a> {
    name: &'a str,
    secret: &'a str,
    updated_at: u64,
    otp: Otp<'a>,
    order: Order,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Order {
    position: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Otp<'a> {
    label: &'a str,
    account: &'a str,
    issuer: &'a str,
    digits: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counter: Option<u64>,
    algorithm: &'a str,
    token_type: String,
    source: &'a str,
}

pub(super) fn write(records: &[&Record], rng: &mut dyn Rng, now: UnixTime) -> Zeroizing<Vec<u8>> {
    let updated_at = now.0.saturating_mul(1000);
    let mut groups = BTreeMap::new();
    for tag in records.iter().filter_map(|record| record.tags.first()) {
        groups.entry(tag.as_str()).or_insert_with(|| uuid(rng));
    }
    let secrets: Vec<_> = records.iter().map(|record| record.secret.to_base32()).collect();
    let names: Vec<_> = records.iter().map(|record| record.algorithm.name()).collect();
    let mut services = Vec::with_capacity(records.len());
    for (position, ((record, secret), algorithm)) in records.iter().zip(&secrets).zip(&names).enumerate() {
        let counter = match record.kind {
            CodeKind::Hotp { counter } => Some(counter),
            _ => None,
        };
        services.push(Service {
            // 2FAS wants a name for everything.
            name: if record.issuer.is_empty() { &record.account } else { &record.issuer },
            secret,
            updated_at,
            otp: Otp {
                label: &record.account,
                account: &record.account,
                issuer: &record.issuer,
                digits: record.digits,
                period: record.kind.period(),
                counter,
                algorithm,
                token_type: record.kind.name().to_ascii_uppercase(),
                source: "Manual",
            },
            order: Order { position },
            group_id: record.tags.first().and_then(|tag| groups.get(tag.as_str())).map(String::as_str),
        });
    }
    let groups = groups.iter().map(|(name, id)| Group { id, name, is_expanded: true }).collect();
    let file = File {
        services,
        groups,
        updated_at,
        schema_version: 4,
        // The version whose files were read to write this.
        app_version_code: 5_000_009,
        app_version_name: "5.1.0",
        app_origin: "android",
    };
    to_json(&file, room(records), false)
}
