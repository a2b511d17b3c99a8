//! KeePass and its kin: the four ways in which a database holds one-time codes. KeePassXC's `otp` with a URI, KeeOTP's
//! `otp` with `key=…&size=…`, KeePass' own `TimeOtp-…` and `HmacOtp-…`, and the older `TOTP Seed` with `TOTP Settings`.

use fob_otp::Seed;

use super::bitwarden::Beside;
use crate::containers::kdbx::{self, Entry};
use crate::draft::Draft;
use crate::source::Source;
use crate::{ImportError, Record, Refusal, Report, encoding, uri};

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    for entry in &kdbx::read(source)? {
        let beside = Beside {
            name: entry.get("Title").unwrap_or(""),
            username: entry.get("UserName").unwrap_or(""),
            notes: "",
            folder: &entry.group,
            favourite: false,
        };
        let record = match otp(entry) {
            Some(_) if entry.trashed => Err(Refusal::Trashed),
            Some(record) => record,
            None => continue,
        };
        let record = record.map(|mut record| {
            beside.complete(&mut record);
            entry.tags.split([';', ',']).for_each(|tag| record.tag(tag));
            record
        });
        report.take(beside.name, record);
    }
    Ok(())
}

/// The account of an entry; `None` for an entry without codes.
fn otp(entry: &Entry) -> Option<Result<Record, Refusal>> {
    if let Some(otp) = entry.get("otp") {
        return Some(match otp.contains("://") {
            true => uri::read(otp).map(|read| read.record),
            false if otp.contains('=') && otp.contains("key") => uri::keeotp(otp),
            false => Draft { secret: otp, ..Draft::default() }.record(),
        });
    }
    if let Some(seed) = secret(entry, "TimeOtp-Secret") {
        let get = |name| entry.get(name).unwrap_or("");
        let draft = Draft {
            algorithm: get("TimeOtp-Algorithm"),
            digits: get("TimeOtp-Length"),
            period: get("TimeOtp-Period"),
            ..Draft::default()
        };
        return Some(seed.and_then(|seed| draft.record_of(seed)));
    }
    if let Some(seed) = secret(entry, "HmacOtp-Secret") {
        let draft = Draft { kind: "hotp", counter: entry.get("HmacOtp-Counter").unwrap_or(""), ..Draft::default() };
        return Some(seed.and_then(|seed| draft.record_of(seed)));
    }
    entry.get("TOTP Seed").map(|seed| traytotp(seed, entry.get("TOTP Settings").unwrap_or("")))
}

/// A secret in one of four encodings, each under a name of its own.
fn secret(entry: &Entry, name: &str) -> Option<Result<Seed, Refusal>> {
    let named = |suffix: &str| entry.get(&format!("{name}{suffix}"));
    let bytes = |read: Option<zeroize::Zeroizing<Vec<u8>>>, what| {
        read.map(|bytes| Seed::new(bytes.to_vec())).ok_or(Refusal::Encoding(what))
    };
    let utf8 = named("").map(|text| Ok(Seed::new(text.as_bytes().to_vec())));
    let hex = || named("-Hex").map(|text| bytes(encoding::hex(text), "hexadecimal text"));
    let base32 = || named("-Base32").map(|text| Seed::from_base32(text).map_err(Refusal::from));
    let base64 = || named("-Base64").map(|text| bytes(encoding::base64(text), "Base64 text"));
    utf8.or_else(hex).or_else(base32).or_else(base64)
}

/// `30;6`, or `30;S` for Steam, perhaps with the address of a time server behind.
fn traytotp(seed: &str, settings: &str) -> Result<Record, Refusal> {
    let mut settings = settings.split(';').map(str::trim);
    let (period, digits) = (settings.next().unwrap_or(""), settings.next().unwrap_or(""));
    let (kind, digits) = if digits.eq_ignore_ascii_case("s") { ("steam", "") } else { ("totp", digits) };
    Draft { kind, secret: seed, period, digits, ..Draft::default() }.record()
}
