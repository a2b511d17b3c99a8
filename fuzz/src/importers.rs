//! Files of other programs: the first line names a format, and perhaps a password behind it; the rest is the file.

use fob_ambient::{SeededRng, UnixTime};
use fob_exchange::{Exported, Format, MAX_ENTRIES, Password, Record, Report, Target, import, write};

const NOW: UnixTime = UnixTime(1_700_000_000);
/// Formats whose password costs little, whatever stands in the file.
const CHEAP: [Format; 6] = [
    Format::TwoFas,
    Format::AndOtpOld,
    Format::AuthenticatorPlus,
    Format::Raivo,
    Format::Authy,
    Format::TotpAuthenticator,
];
/// Formats where the price stands in the file, and how many digits of it are paid: a few milliseconds and mebibytes.
const PRICED: [(Format, usize); 4] =
    [(Format::Aegis, 2), (Format::BitwardenEncrypted, 1), (Format::EnteEncrypted, 4), (Format::FreeOtp2, 4)];

/// A file is refused, or gives accounts that can be written into files and read again.
pub fn importers(data: &[u8]) {
    let Some(end) = data.iter().position(|&byte| byte == b'\n') else { return };
    let (line, file) = data.split_at(end);
    let file = file.get(1..).unwrap_or_default();
    let Ok(line) = std::str::from_utf8(line) else { return };
    let (name, password) = line.split_once(' ').map_or((line, None), |(name, password)| (name, Some(password)));
    let Some(format) = Format::from_name(name) else { return };
    let password = password.filter(|_| affordable(format, file));
    let password = password.map(|password| Password::new(password.as_bytes().to_vec()));
    match import(file, None, Some(format), password.as_ref()) {
        Ok(report) => {
            assert_eq!(report.format, format);
            holds(&report);
        }
        // What the person reads is a sentence, not the file.
        Err(error) => assert!((10..300).contains(&error.to_string().len()), "{error}"),
    }
}

/// Whether the password may be tried. The bounds of what a file may ask for are tested beside the code; here they
/// would only be waited for.
fn affordable(format: Format, file: &[u8]) -> bool {
    let priced = PRICED.iter().find(|(known, _)| *known == format);
    CHEAP.contains(&format) || priced.is_some_and(|(_, digits)| highest_price(file) <= *digits)
}

/// How many digits the longest number has that stands behind a colon, in quotes or not. What goes on as a text is none;
/// with an exponent it has as many as you like.
fn highest_price(file: &[u8]) -> usize {
    let number = |part: &[u8]| {
        let start = part.iter().position(|byte| !matches!(byte, b' ' | b'"')).unwrap_or(part.len());
        let digits = part[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        match part.get(start + digits) {
            Some(b'e' | b'E') if digits > 0 => usize::MAX,
            Some(next) if next.is_ascii_alphanumeric() => 0,
            _ => digits,
        }
    };
    file.split(|&byte| byte == b':').skip(1).map(number).max().unwrap_or_default()
}

/// What every report keeps to.
pub(crate) fn holds(report: &Report) {
    assert!(report.records.len() + report.refused.len() <= MAX_ENTRIES + 1);
    for refused in &report.refused {
        assert!(!refused.reason.to_string().is_empty());
    }
    let records = &report.records;
    let list = written(records, Target::Json);
    let again = read_again(&list, Format::FobJson);
    let text = |file: &Exported| String::from_utf8_lossy(&file.bytes).into_owned();
    assert_eq!(text(&written(&again, Target::Json)), text(&list), "our own list loses nothing");
    for (target, format) in [
        (Target::UriList, Format::UriList),
        (Target::Aegis, Format::Aegis),
        (Target::TwoFas, Format::TwoFas),
        (Target::GoogleMigration, Format::GoogleMigration),
    ] {
        let exported = written(records, target);
        assert_eq!(exported.written + exported.refused.len(), records.len(), "{}", target.name());
        if exported.written > 0 {
            read_again(&exported, format);
        }
    }
}

fn written(records: &[Record], target: Target) -> Exported {
    write(records, target, None, &mut SeededRng::new(1), NOW).expect("no password is needed")
}

/// The records of a file of ours: as many as were written.
fn read_again(exported: &Exported, format: Format) -> Vec<Record> {
    let report = import(&exported.bytes, None, Some(format), None);
    let report = report.unwrap_or_else(|error| panic!("our own {} file: {error}", format.info().name));
    let refused: Vec<_> = report.refused.iter().map(|refused| refused.reason.to_string()).collect();
    assert!(refused.is_empty() && report.records.len() == exported.written, "{}: {refused:?}", format.info().name);
    report.records
}
