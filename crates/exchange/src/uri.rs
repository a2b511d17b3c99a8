//! URIs of accounts, read by [`Account::from_uri`]; and what programs write into them beside the account: Ente's
//! `codeDisplay`, and notes. KeeOTP's parameters are no URI, and are read here too.

use std::borrow::Cow;

use fob_otp::{Account, Parsed, Seed, Warning};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::draft::number;
use crate::json::{self, Field, List};
use crate::{CodeKind, HashName, Lost, Record, Refusal, encoding};

/// A record, and what was lost on the way.
pub(crate) struct FromUri {
    pub(crate) record: Record,
    pub(crate) lost: Option<Lost>,
    pub(crate) trashed: bool,
}

/// Reads any URI of an account.
pub(crate) fn read(uri: &str) -> Result<FromUri, Refusal> {
    let Parsed { account, warnings } = Account::from_uri(uri)?;
    let counter_missing = warnings.contains(&Warning::CounterMissing);
    let mut record = Record::from(account);
    if record.issuer.is_empty() && matches!(record.kind, CodeKind::Yandex { .. }) {
        record.issuer = "Yandex".to_owned();
    }
    let query = uri.split_once('?').map_or("", |(_, query)| query);
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    record.notes = parameter(query, "note").map(|note| note.to_string()).unwrap_or_default();
    let mut read = FromUri { record, lost: counter_missing.then_some(Lost::Counter), trashed: false };
    if let Some(display) = parameter(query, "codeDisplay") {
        ente_display(&display, &mut read);
    }
    Ok(read)
}

/// Ente's JSON beside each URI.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Display {
    pinned: Field,
    trashed: Field,
    tags: List<Field>,
    note: Field,
}

fn ente_display(json: &str, read: &mut FromUri) {
    let Some(display) = json::read_part::<Display>(json) else { return };
    read.record.favourite = display.pinned.is_true();
    display.tags.0.iter().for_each(|tag| read.record.tag(tag.text()));
    if let Some(note) = display.note.some() {
        read.record.notes = note.to_owned();
    }
    read.trashed = display.trashed.is_true();
}

fn is_named(pair: &str, name: &str) -> bool {
    pair.split_once('=').map_or(pair, |(name, _)| name).trim_ascii().eq_ignore_ascii_case(name)
}

/// The first parameter of that name, its escapes and plus signs taken out.
pub(crate) fn parameter(query: &str, name: &str) -> Option<Zeroizing<String>> {
    let pair = query.split('&').find(|pair| is_named(pair, name))?;
    let (_, value) = pair.split_once('=')?;
    let spaced: Cow<'_, str> = if value.contains('+') { value.replace('+', " ").into() } else { value.into() };
    Some(Zeroizing::new(percent_decode_str(&spaced).decode_utf8_lossy().into_owned()))
}

/// The record as a URI in the form that Aegis and others read; `None` for kinds that have no URI.
pub(crate) fn write(record: &Record) -> Option<Zeroizing<String>> {
    (!matches!(record.kind, CodeKind::Other { .. })).then(|| record.to_account().to_uri())
}

/// KeeOTP's `key=…&size=…&step=…&type=…&counter=…`, and anything of the kind with other parameters left out.
pub(crate) fn keeotp(query: &str) -> Result<Record, Refusal> {
    let key = parameter(query, "key").ok_or(Refusal::NoSecret)?;
    let text = |name| parameter(query, name).unwrap_or_default();
    let encoding_name = text("encoding").to_ascii_lowercase();
    let seed = match encoding_name.as_str() {
        "hex" => Seed::new(encoding::hex(&key).ok_or(Refusal::Encoding("hexadecimal text"))?.to_vec()),
        "base64" => Seed::new(encoding::base64(&key).ok_or(Refusal::Encoding("Base64 text"))?.to_vec()),
        "utf8" => Seed::new(key.as_bytes().to_vec()),
        _ => Seed::from_base32(&key)?,
    };
    let kind = match text("type").to_ascii_lowercase().as_str() {
        "hotp" => CodeKind::Hotp { counter: number("counter", &text("counter"))?.unwrap_or(0) },
        "steam" => CodeKind::Steam { period: CodeKind::DEFAULT_PERIOD },
        _ => CodeKind::Totp { period: number("period", &text("step"))?.unwrap_or(CodeKind::DEFAULT_PERIOD) },
    };
    let mut record = Record::new(kind, "", "", seed);
    if let Some(digits) = number("number of digits", &text("size"))? {
        record.digits = u8::try_from(digits).map_err(|_| Refusal::Number("number of digits"))?;
    }
    record.algorithm = HashName::read(&text("otpHashMode"));
    Ok(record)
}

#[cfg(test)]
mod tests;
