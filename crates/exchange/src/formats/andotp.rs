//! andOTP (its wiki, "Backup format"): a JSON list, in clear; encrypted with a key from PBKDF2-SHA-1 whose iterations
//! stand before it; or, before version 0.6.3, with the password's SHA-256, which leaves no mark in the file at all.

use ring::digest::{SHA256, digest};
use ring::pbkdf2::PBKDF2_HMAC_SHA1;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::draft::{Draft, issuer_and_name};
use crate::json::{self, Field, List};
use crate::sealed::{open_gcm, pbkdf2};
use crate::source::Source;
use crate::{Format, ImportError, Password, Record, Refusal, Report};

/// Iterations, salt and nonce before the ciphertext, and its tag.
const OVERHEAD: usize = 4 + SALT + NONCE + 16;
const SALT: usize = 12;
const NONCE: usize = 12;
/// Iterations that tell an encrypted backup from noise: the app draws from 140,000 to 160,000.
const PLAUSIBLE: std::ops::RangeInclusive<u32> = 1_000..=2_000_000;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    secret: Field,
    issuer: Field,
    label: Field,
    digits: Field,
    #[serde(rename = "type")]
    kind: Field,
    algorithm: Field,
    thumbnail: Field,
    period: Field,
    counter: Field,
    tags: List<Field>,
}

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let entries: List<Entry> = json::read(source)?;
    for entry in &entries.0 {
        report.take(entry.label.text(), entry.record());
    }
    Ok(())
}

impl Entry {
    fn record(&self) -> Result<Record, Refusal> {
        let label = self.label.text();
        // Before it had a field for the issuer the app wrote `Issuer - name`, and importers wrote `Issuer - Issuer:name`:
        // nobody knows where an issuer ends in these, so they stay as they are.
        let (issuer, account) = match self.issuer.some() {
            Some(issuer) => (issuer, label),
            None if label.contains(" - ") => ("", label),
            None => issuer_and_name(label),
        };
        let draft = Draft {
            kind: self.kind.text(),
            issuer,
            account,
            secret: self.secret.text(),
            algorithm: self.algorithm.text(),
            digits: self.digits.text(),
            period: self.period.text(),
            counter: self.counter.text(),
            pin: "",
        };
        let mut record = draft.record()?;
        record.icon = self.thumbnail.some().filter(|name| *name != "Default").map(str::to_owned);
        self.tags.0.iter().for_each(|tag| record.tag(tag.text()));
        Ok(record)
    }
}

/// Whether it begins with a number of iterations as the app draws it.
pub(crate) fn looks_encrypted(bytes: &[u8]) -> bool {
    let iterations = bytes.first_chunk().map(|chunk| u32::from_be_bytes(*chunk));
    bytes.len() > OVERHEAD && iterations.is_some_and(|iterations| PLAUSIBLE.contains(&iterations))
}

pub(super) fn read_encrypted(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let damaged = || source.damaged("it is cut short");
    let password = source.password()?;
    let (iterations, rest) = source.bytes.split_first_chunk().ok_or_else(damaged)?;
    let (salt, rest) = rest.split_first_chunk::<SALT>().ok_or_else(damaged)?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or_else(damaged)?;
    let mut key = Zeroizing::new([0; 32]);
    pbkdf2(PBKDF2_HMAC_SHA1, u32::from_be_bytes(*iterations).into(), salt, password, key.as_mut())?;
    let plain = open_gcm(&key, nonce, &[], sealed).ok_or_else(|| source.wrong_password())?;
    read(&source.inner(&plain), report)
}

pub(super) fn read_old(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let (nonce, sealed) = source.bytes.split_first_chunk::<NONCE>().ok_or_else(|| source.damaged("it is cut short"))?;
    let mut key = Zeroizing::new([0; 32]);
    key.copy_from_slice(digest(&SHA256, source.password()?).as_ref());
    let plain = open_gcm(&key, nonce, &[], sealed).ok_or_else(|| source.wrong_password())?;
    read(&source.inner(&plain), report)
}

/// A file that shows no sign of any format, tried as an old backup: if the password opens it, it was one.
pub(crate) fn read_unmarked(bytes: &[u8], password: Option<&Password>) -> Result<Report, ImportError> {
    let mut report = Report::of(Format::AndOtpOld);
    match read_old(&Source::of(bytes, Format::AndOtpOld, password)?, &mut report) {
        Ok(()) => Ok(report),
        Err(ImportError::WrongPassword(_) | ImportError::Damaged { .. }) => Err(ImportError::NotRecognised),
        Err(error) => Err(error),
    }
}
