//! An entry as most formats have it: a handful of texts. Here they become a record, once for all formats.

use fob_otp::{KindParts, Seed};

use crate::{CodeKind, HashName, Record, Refusal, SecretText};

/// The texts of an entry; empty where the file says nothing.
#[derive(Default, Clone, Copy)]
pub(crate) struct Draft<'a> {
    /// `totp`, `hotp`, `steam`, … in any case; nothing is `totp`.
    pub(crate) kind: &'a str,
    pub(crate) issuer: &'a str,
    pub(crate) account: &'a str,
    /// Base32.
    pub(crate) secret: &'a str,
    pub(crate) algorithm: &'a str,
    pub(crate) digits: &'a str,
    pub(crate) period: &'a str,
    pub(crate) counter: &'a str,
    pub(crate) pin: &'a str,
}

impl Draft<'_> {
    /// The record, its secret read from Base32.
    pub(crate) fn record(&self) -> Result<Record, Refusal> {
        if self.secret.trim().is_empty() {
            return Err(Refusal::NoSecret);
        }
        self.record_of(Seed::from_base32(self.secret)?)
    }

    /// The record with a secret that was written otherwise.
    pub(crate) fn record_of(&self, seed: Seed) -> Result<Record, Refusal> {
        let kind = self.code_kind()?;
        let mut record = Record::new(kind, self.issuer, self.account, seed);
        let fixed = matches!(record.kind, CodeKind::Steam { .. });
        if let Some(digits) = number("number of digits", self.digits)?.filter(|_| !fixed) {
            record.digits = u8::try_from(digits).map_err(|_| Refusal::Number("number of digits"))?;
        }
        if !self.algorithm.trim().is_empty() && !fixed {
            record.algorithm = HashName::read(self.algorithm);
        }
        Ok(record)
    }

    fn code_kind(&self) -> Result<CodeKind, Refusal> {
        let name = if self.kind.trim().is_empty() { "totp" } else { self.kind };
        let counted = name.trim().eq_ignore_ascii_case("hotp");
        let parts = KindParts {
            period: number("period", self.period)?,
            counter: if counted { number("counter", self.counter)? } else { None },
            pin: (!self.pin.is_empty()).then(|| SecretText::new(self.pin.to_owned())),
        };
        Ok(CodeKind::named(name, parts))
    }
}

/// A whole number in decimal digits, perhaps with zeros behind a point; `None` for an empty text.
pub(crate) fn number(what: &'static str, text: &str) -> Result<Option<u64>, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let plain = whole.bytes().all(|byte| byte.is_ascii_digit()) && fraction.bytes().all(|byte| byte == b'0');
    whole.parse().ok().filter(|_| plain).map(Some).ok_or(Refusal::Number(what))
}

/// `Issuer:name` cut in two; without a colon all of it is the name.
pub(crate) fn issuer_and_name(label: &str) -> (&str, &str) {
    label.split_once(':').map_or(("", label.trim()), |(issuer, name)| (issuer.trim(), name.trim()))
}

/// The name without its issuer, where the program wrote it before the name once more.
pub(crate) fn without_issuer<'a>(name: &'a str, issuer: &str) -> &'a str {
    let rest = name.trim().strip_prefix(issuer).filter(|_| !issuer.is_empty());
    rest.and_then(|rest| rest.trim_start().strip_prefix(':')).unwrap_or(name).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY";

    #[test]
    fn what_is_not_said_is_as_usual_for_the_kind() {
        for (kind, digits, period, algorithm) in [
            ("", 6, Some(30), HashName::Sha1),
            ("TOTP", 6, Some(30), HashName::Sha1),
            ("hotp", 6, None, HashName::Sha1),
            ("Steam", 5, Some(30), HashName::Sha1),
            ("motp", 6, Some(10), HashName::Md5),
            ("yandex", 8, Some(30), HashName::Sha256),
            ("ocra", 6, None, HashName::Sha1),
        ] {
            let record = Draft { kind, secret: SECRET, ..Draft::default() }.record().unwrap();
            assert_eq!((record.digits, record.kind.period(), record.algorithm), (digits, period, algorithm), "{kind}");
        }
    }

    #[test]
    fn numbers_are_whole() {
        for (text, expected) in [
            ("", Ok(None)),
            (" 30 ", Ok(Some(30))),
            ("30.0", Ok(Some(30))),
            ("18446744073709551615", Ok(Some(u64::MAX))),
            ("18446744073709551616", Err(Refusal::Number("period"))),
            ("-1", Err(Refusal::Number("period"))),
            ("+1", Err(Refusal::Number("period"))),
            ("30.5", Err(Refusal::Number("period"))),
            ("1e3", Err(Refusal::Number("period"))),
            (".0", Err(Refusal::Number("period"))),
        ] {
            assert_eq!(number("period", text), expected, "{text:?}");
        }
    }

    #[test]
    fn an_issuer_before_the_name_is_taken_off_once() {
        for (name, issuer, expected) in [
            ("Deno:Mason", "Deno", "Mason"),
            ("Deno: Mason", "Deno", "Mason"),
            ("Deno:Deno:x", "Deno", "Deno:x"),
            ("Denoster:x", "Deno", "Denoster:x"),
            (":x", "", ":x"),
            ("Mason", "Deno", "Mason"),
        ] {
            assert_eq!(without_issuer(name, issuer), expected, "{name} of {issuer}");
        }
    }
}
