//! URIs of accounts: `otpauth://` with the types that `fob_otp` has not (Steam, mOTP, Yandex), `motp://`, `steam://`.
//!
//! What is common to all types is read by [`Account::from_uri`], so that its leniency holds here too: the type is
//! taken out, the rest is given to it as that of a time-based account. Ente's `codeDisplay` and the `pin` and `note`
//! of Aegis' and others' URIs are read beside it.

use std::borrow::Cow;
use std::fmt::Write as _;

use fob_otp::{Account, Kind, MAX_URI, Parsed, Seed, UriError, Warning};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::draft::{issuer_and_name, number};
use crate::json::{self, Field, List};
use crate::{CodeKind, HashName, Lost, Record, Refusal, SecretText, encoding};

/// Letters that stand in a written URI as they are (RFC 3986 section 2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A record, and what was lost on the way.
pub(crate) struct FromUri {
    pub(crate) record: Record,
    pub(crate) lost: Option<Lost>,
    pub(crate) trashed: bool,
}

impl FromUri {
    fn of(record: Record) -> Self {
        Self { record, lost: None, trashed: false }
    }
}

/// Reads any URI of an account.
pub(crate) fn read(uri: &str) -> Result<FromUri, Refusal> {
    if uri.len() > MAX_URI {
        return Err(UriError::TooLong.into());
    }
    let uri = uri.trim_start_matches('\u{feff}').trim();
    if let Some(rest) = without_scheme(uri, "steam://") {
        return steam(rest).map(FromUri::of);
    }
    if let Some(rest) = without_scheme(uri, "motp://") {
        return motp(rest).map(FromUri::of);
    }
    let rest = without_scheme(uri, "otpauth://").or_else(|| without_scheme(uri, "apple-otpauth://"));
    match rest {
        Some(rest) => otpauth(rest),
        None => Err(UriError::NotOtpauth.into()),
    }
}

fn without_scheme<'a>(uri: &'a str, scheme: &str) -> Option<&'a str> {
    let (start, rest) = uri.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// Bitwarden's and Proton's `steam://SECRET`.
fn steam(secret: &str) -> Result<Record, Refusal> {
    let seed = Seed::from_base32(secret.trim_end_matches('/'))?;
    Ok(Record::new(CodeKind::Steam { period: CodeKind::DEFAULT_PERIOD }, "Steam", "", seed))
}

/// `motp://Issuer:name?secret=HEX`, as Aegis and Stratum write it.
fn motp(rest: &str) -> Result<Record, Refusal> {
    let (label, query) = rest.split_once('?').unwrap_or((rest, ""));
    let secret = parameter(query, "secret").ok_or(Refusal::NoSecret)?;
    let seed = encoding::hex(&secret).ok_or(Refusal::Encoding("hexadecimal text"))?;
    let label = percent_decode_str(label.trim_matches('/')).decode_utf8_lossy();
    let (issuer, account) = issuer_and_name(&label);
    let kind = CodeKind::Motp { period: CodeKind::MOTP_PERIOD, pin: None };
    Ok(Record::new(kind, issuer, account, Seed::new(seed.to_vec())))
}

fn otpauth(rest: &str) -> Result<FromUri, Refusal> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    let (type_name, label) = path.split_once('/').unwrap_or((path, ""));
    let type_name = match parameter(query, "encoder").is_some_and(|encoder| encoder.eq_ignore_ascii_case("steam")) {
        true => "steam".to_owned(),
        false => type_name.to_ascii_lowercase(),
    };
    let Parsed { account, warnings } = Account::from_uri(&common_form(&type_name, label, query)?)?;
    let counter_missing = warnings.contains(&Warning::CounterMissing);
    let mut record = of_account(&account);
    let algorithm = parameter(query, "algorithm").filter(|name| !name.trim().is_empty());
    record.algorithm = algorithm.map_or(HashName::Sha1, |name| HashName::read(&name));
    retype(&mut record, &type_name, query);
    record.notes = parameter(query, "note").map(|note| note.to_string()).unwrap_or_default();
    let mut read = FromUri { record, lost: counter_missing.then_some(Lost::Counter), trashed: false };
    if let Some(display) = parameter(query, "codeDisplay") {
        ente_display(&display, &mut read);
    }
    Ok(read)
}

/// The URI with a type that `fob_otp` knows and without the parameters that are read here.
fn common_form(type_name: &str, label: &str, query: &str) -> Result<Zeroizing<String>, UriError> {
    let common_type = match type_name {
        "totp" | "steam" | "motp" | "yaotp" | "yandex" => "totp",
        "hotp" => "hotp",
        _ => return Err(UriError::Type),
    };
    let mut uri = Zeroizing::new(String::with_capacity(label.len() + query.len() + 32));
    uri.push_str("otpauth://");
    uri.push_str(common_type);
    uri.push('/');
    uri.push_str(label);
    uri.push('?');
    let own =
        |pair: &&str| !["algorithm", "encoder", "pin", "codeDisplay", "note"].iter().any(|name| is_named(pair, name));
    for pair in query.split('&').filter(own) {
        uri.push_str(pair);
        uri.push('&');
    }
    Ok(uri)
}

/// What `fob_otp` read, as a record.
pub(crate) fn of_account(account: &Account) -> Record {
    let kind = match account.kind {
        Kind::Totp { period } => CodeKind::Totp { period },
        Kind::Hotp { counter } => CodeKind::Hotp { counter },
    };
    let seed = Seed::new(account.seed.expose().to_vec());
    let mut record = Record::new(kind, &account.issuer, &account.name, seed);
    record.algorithm = HashName::from(account.algorithm);
    record.digits = account.digits;
    record
}

/// Gives the record the kind that `fob_otp` was not told of, with that kind's usual numbers where the URI has none.
fn retype(record: &mut Record, type_name: &str, query: &str) {
    let said = |name| parameter(query, name).is_some_and(|value| !value.trim().is_empty());
    let period = record.kind.period().unwrap_or(CodeKind::DEFAULT_PERIOD);
    let kind = match type_name {
        "steam" => CodeKind::Steam { period },
        "motp" => {
            CodeKind::Motp { period: if said("period") { period } else { CodeKind::MOTP_PERIOD }, pin: pin(query) }
        }
        "yaotp" | "yandex" => CodeKind::Yandex { period, pin: pin(query) },
        _ => return,
    };
    let fixed = matches!(kind, CodeKind::Steam { .. });
    if fixed || !said("digits") {
        record.digits = kind.usual_digits();
    }
    if fixed || !said("algorithm") {
        record.algorithm = kind.usual_hash();
    }
    if record.issuer.is_empty() && matches!(kind, CodeKind::Yandex { .. }) {
        record.issuer = "Yandex".to_owned();
    }
    record.kind = kind;
}

/// Aegis writes the PIN in Base32.
fn pin(query: &str) -> Option<SecretText> {
    let pin = parameter(query, "pin")?;
    let plain = !pin.is_empty() && pin.bytes().all(|byte| byte.is_ascii_digit());
    if plain {
        return Some(SecretText::new(pin.to_string()));
    }
    let bytes = Seed::from_base32(&pin).ok()?;
    std::str::from_utf8(bytes.expose()).ok().map(|pin| SecretText::new(pin.to_owned()))
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
    let escaped = |text| utf8_percent_encode(text, ESCAPED);
    let mut uri = Zeroizing::new(String::with_capacity(
        record.secret.expose().len() * 2 + 3 * (2 * record.issuer.len() + record.account.len()) + 192,
    ));
    let type_name = match &record.kind {
        CodeKind::Other { .. } => return None,
        CodeKind::Motp { .. } => {
            write!(uri, "motp://{}", escaped(&record.issuer)).ok()?;
            let secret = encoding::to_hex(record.secret.expose());
            write!(uri, ":{}?secret={}", escaped(&record.account), secret.as_str()).ok()?;
            return Some(uri);
        }
        CodeKind::Yandex { .. } => "yaotp",
        kind => kind.name(),
    };
    write!(uri, "otpauth://{type_name}/{}", escaped(&record.issuer)).ok()?;
    if !record.issuer.is_empty() || record.account.contains(':') {
        uri.push(':');
    }
    write!(uri, "{}?secret={}", escaped(&record.account), record.secret.to_base32().as_str()).ok()?;
    if !record.issuer.is_empty() {
        write!(uri, "&issuer={}", escaped(&record.issuer)).ok()?;
    }
    write!(uri, "&algorithm={}&digits={}", escaped(&record.algorithm.name()), record.digits).ok()?;
    match &record.kind {
        CodeKind::Hotp { counter } => write!(uri, "&counter={counter}").ok()?,
        kind => write!(uri, "&period={}", kind.period().unwrap_or(CodeKind::DEFAULT_PERIOD)).ok()?,
    }
    if let Some(pin) = record.kind.pin() {
        write!(uri, "&pin={}", Seed::new(pin.as_bytes().to_vec()).to_base32().as_str()).ok()?;
    }
    Some(uri)
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
