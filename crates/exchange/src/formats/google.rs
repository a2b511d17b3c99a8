//! Google Authenticator: its Android database, and its export (`otpauth-migration://offline?data=…`): Base64 of a
//! protobuf message (github.com/google/google-authenticator-android has none; fields after Aegis' `google_auth.proto`).
//!
//! A large export comes in several URIs, one a picture; a part that is missing is told.

use std::collections::{BTreeMap, BTreeSet};

use fob_otp::Seed;
use percent_encoding::percent_decode_str;
use ring::digest::{SHA256, digest};
use zeroize::Zeroizing;

use crate::containers::protobuf::{Fields, Value};
use crate::containers::sqlite::{Database, Row};
use crate::draft::{Draft, issuer_and_name, without_issuer};
use crate::source::Source;
use crate::{CodeKind, HashName, ImportError, Lost, MAX_ENTRIES, Record, Refusal, Report, encoding};

/// Longest URI that is read, in bytes: far more than a QR picture holds.
const MAX_LINE: usize = 1024 * 1024;
/// What the URIs begin with.
const SCHEME: &str = "otpauth-migration://";

pub(super) fn read_database(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    Database::open(source)?.rows("accounts", source, |row| {
        let record = record_of_row(row);
        report.take(row.text("email").as_str(), record);
    })?;
    if !report.records.is_empty() {
        report.all_lost(Lost::Parameters);
    }
    Ok(())
}

fn record_of_row(row: &Row<'_>) -> Result<Record, Refusal> {
    let (email, issuer) = (row.text("email"), row.text("issuer"));
    let (issuer, account) = match issuer.as_str() {
        "" => issuer_and_name(&email),
        issuer => (issuer, without_issuer(&email, issuer)),
    };
    let kind = match row.integer("type") {
        Some(1) => "hotp",
        _ => "totp",
    };
    let (secret, counter) = (row.text("secret"), row.text("counter"));
    Draft { kind, issuer, account, secret: &secret, counter: &counter, ..Draft::default() }.record()
}

/// Reads one or several URIs, one a line.
pub(super) fn read_migration(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let mut parts = Parts::default();
    for line in source.text()?.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        parts.read(line, source, report)?;
    }
    parts.finish(report);
    Ok(())
}

/// Whether a line is an export, which may stand among single accounts where pictures have been read.
pub(super) fn is_migration(line: &str) -> bool {
    line.get(..SCHEME.len()).is_some_and(|start| start.eq_ignore_ascii_case(SCHEME))
}

/// The parts of exports that have been read.
#[derive(Default)]
pub(super) struct Parts {
    seen: BTreeSet<Vec<u8>>,
    /// Of each export, by its number: how many parts it has, and how many were here.
    exports: BTreeMap<u64, (u64, u64)>,
}

impl Parts {
    /// Reads one URI.
    pub(super) fn read(&mut self, line: &str, source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
        let payload = payload(line).ok_or_else(|| source.damaged("a line is no otpauth-migration:// URI"))?;
        // The same picture read twice is one part.
        let hash = digest(&SHA256, &payload).as_ref().to_vec();
        if !self.seen.insert(hash) {
            return Ok(());
        }
        let (size, id) = read_payload(&payload, source, report)?;
        let (known_size, count) = self.exports.entry(id).or_default();
        *known_size = size.max(*known_size);
        *count += 1;
        Ok(())
    }

    /// Says whether a part is missing.
    pub(super) fn finish(&self, report: &mut Report) {
        if self.exports.values().any(|(size, count)| count < size) {
            report.all_lost(Lost::Parts);
        }
    }
}

fn payload(line: &str) -> Option<Zeroizing<Vec<u8>>> {
    (is_migration(line) && line.len() <= MAX_LINE).then_some(())?;
    let (_, query) = line.split_once('?')?;
    let data = query.split('&').find_map(|pair| pair.strip_prefix("data="))?;
    // Not as a form's value: a plus sign that nobody escaped is one.
    let data = percent_decode_str(data).decode_utf8().ok()?;
    encoding::base64(&data)
}

/// Takes the accounts; gives the number of parts that the export has, and its own number.
fn read_payload(payload: &[u8], source: &Source<'_>, report: &mut Report) -> Result<(u64, u64), ImportError> {
    let damaged = || source.damaged("the message in the URI is cut short");
    let (mut size, mut id) = (1, 0);
    for field in Fields(payload) {
        match field.ok_or_else(damaged)? {
            (1, Value::Bytes(parameters)) => {
                if report.records.len() + report.refused.len() >= MAX_ENTRIES {
                    return Err(ImportError::TooManyEntries);
                }
                let parameters = Parameters::read(parameters).ok_or_else(damaged)?;
                report.take(parameters.name.clone(), parameters.record());
            }
            (3, Value::Varint(number)) => size = number,
            (5, Value::Varint(number)) => id = number,
            _ => {}
        }
    }
    Ok((size, id))
}

#[derive(Default)]
struct Parameters<'a> {
    secret: &'a [u8],
    name: String,
    issuer: String,
    algorithm: u64,
    digits: u64,
    kind: u64,
    counter: u64,
}

impl<'a> Parameters<'a> {
    fn read(message: &'a [u8]) -> Option<Self> {
        let mut parameters = Self::default();
        for field in Fields(message) {
            match field? {
                (1, Value::Bytes(secret)) => parameters.secret = secret,
                (2, Value::Bytes(name)) => parameters.name = String::from_utf8_lossy(name).into_owned(),
                (3, Value::Bytes(issuer)) => parameters.issuer = String::from_utf8_lossy(issuer).into_owned(),
                (4, Value::Varint(algorithm)) => parameters.algorithm = algorithm,
                (5, Value::Varint(digits)) => parameters.digits = digits,
                (6, Value::Varint(kind)) => parameters.kind = kind,
                (7, Value::Varint(counter)) => parameters.counter = counter,
                _ => {}
            }
        }
        Some(parameters)
    }

    fn record(&self) -> Result<Record, Refusal> {
        if self.secret.is_empty() {
            return Err(Refusal::NoSecret);
        }
        let kind = match self.kind {
            1 => CodeKind::Hotp { counter: self.counter },
            0 | 2 => CodeKind::Totp { period: CodeKind::DEFAULT_PERIOD },
            other => CodeKind::Other { name: format!("Google type {other}") },
        };
        let (issuer, account) = match self.issuer.as_str() {
            "" => issuer_and_name(&self.name),
            issuer => (issuer, without_issuer(&self.name, issuer)),
        };
        let mut record = Record::new(kind, issuer, account, Seed::new(self.secret.to_vec()));
        record.algorithm = match self.algorithm {
            0 | 1 => HashName::Sha1,
            2 => HashName::Sha256,
            3 => HashName::Sha512,
            4 => HashName::Md5,
            other => HashName::Other(format!("Google's {other}")),
        };
        record.digits = match self.digits {
            2 => 8,
            _ => 6,
        };
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Found by a fuzzer: the name of a type with many digits was longer than names that are kept.
    #[test]
    fn a_type_of_any_number_has_a_name_that_is_kept() {
        let record = Parameters { secret: b"x", kind: u64::MAX, ..Parameters::default() }.record().unwrap();
        assert_eq!(record.kind.name(), "Google type 18446744073709551615");
        assert!(record.kind.name().len() <= CodeKind::MAX_OTHER);
    }
}
