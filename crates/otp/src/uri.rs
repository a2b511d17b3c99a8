//! URIs of accounts: read as leniently as sites write them.
//!
//! There is no standard, only Google's old description and what programs do: type in any case; label `issuer:name`
//! with further colons in the name, or empty; the issuer parameter wins over the label's; parameters in any case and
//! order, the first of a kind counts, unknown ones are ignored; `+` is a space among parameters and a plus in the
//! label; a percent sign that begins no escape is itself. Beside `totp` and `hotp` there are Aegis' and others' types
//! `steam` and `yaotp` (whose PIN is in Base32), KeePassXC's `encoder=steam`, `motp://` with the secret in
//! hexadecimal, and Bitwarden's `steam://SECRET`. What is refused gives one sentence that never repeats the secret. The
//! URI text stays the caller's to wipe; what is taken from it here is wiped.

use data_encoding::HEXLOWER_PERMISSIVE;
use zeroize::Zeroizing;

use crate::kind::KindParts;
use crate::{Account, Algorithm, Kind, SecretText, Seed, SeedError, Warning};

mod parts;
mod write;

use parts::{Parts, Scheme, decoded};

/// Longest URI that is read, in bytes: the longest seed in percent-escapes, and long names.
pub const MAX_URI: usize = 16 * 1024;

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
    /// It begins with something else than `otpauth://` and its kin.
    #[error("this is no otpauth:// URI")]
    NotOtpauth,
    /// Google Authenticator's export holds many accounts in one URI.
    #[error("this is an export of Google Authenticator (otpauth-migration://), not the URI of one account")]
    Migration,
    /// Longer than [`MAX_URI`].
    #[error("the URI is longer than {MAX_URI} bytes")]
    TooLong,
    /// Not UTF-8.
    #[error("the URI is not UTF-8 text")]
    NotText,
    /// No type that is known.
    #[error("the URI's type is none of totp, hotp, steam, motp and yaotp")]
    Type,
    /// No `secret` parameter.
    #[error("the URI has no secret parameter")]
    NoSecret,
    /// The secret is no Base32 text.
    #[error(transparent)]
    Secret(#[from] SeedError),
    /// The secret of a `motp://` URI is no hexadecimal text.
    #[error("the secret is no hexadecimal text")]
    NotHex,
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
    /// Reads the URI of an account.
    ///
    /// # Errors
    /// [`UriError`] when no account can be kept of it. Odd ones that can be kept are, with a warning.
    pub fn from_uri(uri: &str) -> Result<Parsed, UriError> {
        let parts = Parts::of(uri)?;
        if parts.scheme == Scheme::Steam {
            return steam(parts.label);
        }
        let Parts { label, parameters, .. } = &parts;
        let (kind, counter_missing) = parts.kind()?;
        let seed = parts.seed()?;
        // Steam's codes are what they are, whatever programs write beside them.
        let fixed = matches!(kind, Kind::Steam { .. });
        let digits = number("digits", parameters.digits, u8::MAX.into())?.filter(|_| !fixed);
        let (issuer, name) = names(&decoded(label, false), parameters.issuer);
        let account = Self {
            issuer,
            name,
            seed,
            algorithm: if fixed { Algorithm::Sha1 } else { parts.algorithm(&kind) },
            digits: digits.map_or(kind.usual_digits(), |digits| u8::try_from(digits).unwrap_or(u8::MAX)),
            kind,
        };
        let mut warnings = account.warnings();
        warnings.extend(counter_missing.then_some(Warning::CounterMissing));
        Ok(Parsed { account, warnings })
    }
}

/// `steam://SECRET`, which has nothing else.
fn steam(secret: &str) -> Result<Parsed, UriError> {
    let kind = Kind::Steam { period: Kind::DEFAULT_PERIOD };
    let account = Account {
        issuer: "Steam".to_owned(),
        name: String::new(),
        seed: Seed::from_base32(&decoded(secret.trim_end_matches('/'), false))?,
        algorithm: kind.usual_algorithm(),
        digits: kind.usual_digits(),
        kind,
    };
    let warnings = account.warnings();
    Ok(Parsed { account, warnings })
}

impl Parts<'_> {
    /// The kind, and whether a counter was missing.
    fn kind(&self) -> Result<(Kind, bool), UriError> {
        let parameters = &self.parameters;
        // KeePassXC and others mark Steam accounts by a parameter; read as plain TOTP they would give wrong codes.
        let encoded = parameters.encoder.is_some_and(|encoder| encoder.eq_ignore_ascii_case("steam"));
        let name = if encoded { "steam" } else { self.type_name };
        let hotp = name.eq_ignore_ascii_case("hotp");
        let (mut parts, mut counter_missing) = (KindParts::default(), false);
        if hotp {
            parts.counter = number("counter", parameters.counter, u64::MAX)?;
            counter_missing = parts.counter.is_none();
        } else {
            parts.period = number("period", parameters.period, u64::MAX)?;
            parts.pin = parameters.pin.and_then(pin);
        }
        match Kind::named(name, parts) {
            Kind::Other { .. } => Err(UriError::Type),
            kind => Ok((kind, counter_missing)),
        }
    }

    fn seed(&self) -> Result<Seed, UriError> {
        let secret = decoded(self.parameters.secret.ok_or(UriError::NoSecret)?, true);
        match self.scheme {
            Scheme::Motp => from_hex(&secret),
            Scheme::Otpauth | Scheme::Steam => Ok(Seed::from_base32(&secret)?),
        }
    }

    fn algorithm(&self, kind: &Kind) -> Algorithm {
        let name = decoded(self.parameters.algorithm.unwrap_or_default(), true);
        if name.trim().is_empty() { kind.usual_algorithm() } else { Algorithm::read(&name) }
    }
}

/// A `motp://` URI's secret.
fn from_hex(text: &str) -> Result<Seed, UriError> {
    let bytes = HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).map_err(|_| UriError::NotHex)?;
    let seed = Seed::new(bytes);
    match seed.expose().len() {
        0 => Err(SeedError::Empty.into()),
        length if length > Seed::MAX_LENGTH => Err(SeedError::TooLong.into()),
        _ => Ok(seed),
    }
}

/// A PIN: Aegis writes it in Base32, others as it is. Digits in Base32 begin with a letter, so the two never meet.
fn pin(value: &str) -> Option<SecretText> {
    let value = decoded(value, true);
    if value.is_empty() {
        return None;
    }
    let plain = || SecretText::new((*value).clone());
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(plain());
    }
    let bytes = Seed::from_base32(&value).ok();
    let text = bytes.as_ref().and_then(|bytes| std::str::from_utf8(bytes.expose()).ok());
    Some(text.map_or_else(plain, |text| SecretText::new(text.to_owned())))
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

/// Issuer and name out of the decoded label and the raw issuer parameter, which wins.
fn names(label: &str, parameter: Option<&str>) -> (String, String) {
    let parameter: Zeroizing<String> = decoded(parameter.unwrap_or_default(), true);
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
