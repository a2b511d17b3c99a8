//! `otpauth://` URIs: read as leniently as sites write them, written in one form.
//!
//! There is no standard, only Google's old description and what programs do: type in any case; label `issuer:name`
//! with further colons in the name, or empty; the issuer parameter wins over the label's; parameters in any case and
//! order, the first of a kind counts, unknown ones are ignored; `+` is a space among parameters and a plus in the
//! label; a percent sign that begins no escape is itself. What is refused gives one sentence that never repeats the
//! secret. The URI text stays the caller's to wipe; what is taken from it here is wiped.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use crate::{Account, Algorithm, Kind, Seed, SeedError, Warning};

mod parts;

use parts::{Parts, decoded};

/// Longest URI that is read, in bytes: the longest seed in percent-escapes, and long names.
pub const MAX_URI: usize = 16 * 1024;

/// Longest algorithm name that an error repeats.
const MAX_NAMED: usize = 12;

/// Letters that stand in a written URI as they are (RFC 3986 section 2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An account that was read, and what is odd about it.
#[derive(Debug)]
pub struct Parsed {
    /// The account.
    pub account: Account,
    /// To be told to the person; no reason to refuse.
    pub warnings: Vec<Warning>,
}

/// Why a text gives no account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    /// It begins with something else than `otpauth://`.
    #[error("this is no otpauth:// URI")]
    NotOtpauth,
    /// Longer than [`MAX_URI`].
    #[error("the URI is longer than {MAX_URI} bytes")]
    TooLong,
    /// Not UTF-8.
    #[error("the URI is not UTF-8 text")]
    NotText,
    /// Something real that this fob cannot keep.
    #[error("{0} accounts cannot be kept yet")]
    NotYet(&'static str),
    /// Neither `totp` nor `hotp`, nor anything else that is known.
    #[error("the URI's type is neither totp nor hotp")]
    Type,
    /// No `secret` parameter.
    #[error("the URI has no secret parameter")]
    NoSecret,
    /// The secret is no Base32 text.
    #[error(transparent)]
    Secret(#[from] SeedError),
    /// An algorithm that fob does not know, with its name if that is short. Text from outside.
    #[error("the algorithm {0}is none of SHA1, SHA256 and SHA512")]
    Algorithm(String),
    /// A parameter that should be a number.
    #[error("the {name} parameter is no whole number from 0 to {most}")]
    Number {
        /// `digits`, `period` or `counter`.
        name: &'static str,
        /// The largest number that can be kept.
        most: u64,
    },
}

impl Account {
    /// Reads an `otpauth://` URI.
    ///
    /// # Errors
    /// [`UriError`] when no account can be kept of it. Odd numbers that can be kept are, with a warning.
    pub fn from_uri(uri: &str) -> Result<Parsed, UriError> {
        let parts = Parts::of(uri)?;
        let Parts { label, parameters, .. } = &parts;
        let (kind, counter_missing) = parts.kind()?;
        let secret = parameters.secret.ok_or(UriError::NoSecret)?;
        let seed = Seed::from_base32(&decoded(secret, true))?;
        let digits = number("digits", parameters.digits, u8::MAX.into())?;
        let (issuer, name) = names(&decoded(label, false), parameters.issuer);
        let account = Self {
            issuer,
            name,
            seed,
            algorithm: algorithm(parameters.algorithm)?,
            digits: digits.map_or(Self::DEFAULT_DIGITS, |digits| u8::try_from(digits).unwrap_or(u8::MAX)),
            kind,
        };
        let mut warnings = account.warnings();
        warnings.extend(counter_missing.then_some(Warning::CounterMissing));
        Ok(Parsed { account, warnings })
    }

    /// The account as an `otpauth://` URI with every parameter spelled out. [`Account::from_uri`] gives the same
    /// account back, but for spaces around its names.
    #[must_use]
    pub fn to_uri(&self) -> Zeroizing<String> {
        let secret = self.seed.to_base32();
        // Three bytes for each of the names', the issuer twice, and 128 for the rest: no copy stays behind.
        let names = 2 * self.issuer.len() + self.name.len();
        let mut uri = Zeroizing::new(String::with_capacity(secret.len() + 3 * names + 128));
        self.write_uri(&mut uri, &secret).expect("a String takes everything");
        uri
    }

    fn write_uri(&self, uri: &mut String, secret: &str) -> std::fmt::Result {
        let escaped = |text| utf8_percent_encode(text, ESCAPED);
        write!(uri, "otpauth://{}/{}", self.kind.name(), escaped(&self.issuer))?;
        // A name with a colon needs one before it even without an issuer, or its beginning would be read as one.
        if !self.issuer.is_empty() || self.name.contains(':') {
            uri.push(':');
        }
        write!(uri, "{}?secret={secret}", escaped(&self.name))?;
        if !self.issuer.is_empty() {
            write!(uri, "&issuer={}", escaped(&self.issuer))?;
        }
        write!(uri, "&algorithm={}&digits={}", self.algorithm.name(), self.digits)?;
        match self.kind {
            Kind::Totp { period } => write!(uri, "&period={period}"),
            Kind::Hotp { counter } => write!(uri, "&counter={counter}"),
        }
    }
}

impl Parts<'_> {
    /// The kind, and whether a counter was missing.
    fn kind(&self) -> Result<(Kind, bool), UriError> {
        // KeePassXC and others mark Steam accounts by a parameter; read as plain TOTP they would give wrong codes.
        if self.parameters.encoder.is_some_and(|encoder| encoder.eq_ignore_ascii_case("steam")) {
            return Err(UriError::NotYet("Steam"));
        }
        match self.type_name.to_ascii_lowercase().as_str() {
            "totp" => {
                let period = number("period", self.parameters.period, u64::MAX)?;
                Ok((Kind::Totp { period: period.unwrap_or(Kind::DEFAULT_PERIOD) }, false))
            }
            "hotp" => {
                let counter = number("counter", self.parameters.counter, u64::MAX)?;
                Ok((Kind::Hotp { counter: counter.unwrap_or(0) }, counter.is_none()))
            }
            "steam" => Err(UriError::NotYet("Steam")),
            "motp" => Err(UriError::NotYet("mOTP")),
            "yaotp" | "yandex" => Err(UriError::NotYet("Yandex")),
            _ => Err(UriError::Type),
        }
    }
}

/// A number that is written in decimal digits; `None` where there is no parameter or an empty one.
fn number(name: &'static str, value: Option<&str>, most: u64) -> Result<Option<u64>, UriError> {
    let value = decoded(value.unwrap_or_default(), true);
    let digits = value.trim();
    if digits.is_empty() {
        return Ok(None);
    }
    // `parse` alone would take a sign too.
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse().ok().filter(|&number| plain && number <= most);
    number.map(Some).ok_or(UriError::Number { name, most })
}

fn algorithm(value: Option<&str>) -> Result<Algorithm, UriError> {
    let value = decoded(value.unwrap_or_default(), true);
    let name = value.trim();
    if name.is_empty() {
        return Ok(Algorithm::default());
    }
    let short = name.len() <= MAX_NAMED && name.bytes().all(|byte| byte.is_ascii_graphic());
    let shown = || if short { format!("{name} ") } else { String::new() };
    Algorithm::from_name(name).ok_or_else(|| UriError::Algorithm(shown()))
}

/// Issuer and name out of the decoded label and the raw issuer parameter, which wins.
fn names(label: &str, parameter: Option<&str>) -> (String, String) {
    let parameter = decoded(parameter.unwrap_or_default(), true);
    let parameter = parameter.trim();
    let whole_prefix = || label.trim_start().strip_prefix(parameter)?.trim_start().strip_prefix(':');
    let (issuer, name) = match whole_prefix() {
        // An issuer with a colon of its own: it is known where it ends.
        Some(name) => (parameter, name),
        None => label.split_once(':').unwrap_or(("", label)),
    };
    let issuer = if parameter.is_empty() { issuer.trim() } else { parameter };
    (issuer.to_owned(), name.trim().to_owned())
}

#[cfg(test)]
mod tests;
