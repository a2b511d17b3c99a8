//! URIs of accounts in the one form that fob writes, which is Aegis' and others' for the kinds beyond TOTP and HOTP.

use std::fmt::{self, Write as _};

use data_encoding::HEXLOWER;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use crate::{Account, Kind, Seed};

/// Letters that stand in a written URI as they are (RFC 3986 section 2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Account {
    /// The account as a URI with every parameter spelled out. [`Account::from_uri`] gives the same account back, but for
    /// spaces around its names and for what [`Account::lost_in_uri`] tells. A kind that fob has not heard of stands in
    /// it by its name: whether anybody can read that URI is another question, fob cannot.
    #[must_use]
    pub fn to_uri(&self) -> Zeroizing<String> {
        let secret = match &self.kind {
            Kind::Motp { .. } => Zeroizing::new(HEXLOWER.encode(self.seed.expose())),
            _ => self.seed.to_base32(),
        };
        let pin = self.kind.pin().map(|pin| Seed::new(pin.as_bytes().to_vec()).to_base32());
        // Three bytes for each of the names', the issuer twice, and 256 for the rest: no copy stays behind.
        let names = 2 * self.issuer.len() + self.name.len() + self.algorithm.name().len();
        let pin = pin.as_ref().map_or("", |pin| pin.as_str());
        let mut uri = Zeroizing::new(String::with_capacity(secret.len() + pin.len() + 3 * names + 256));
        self.write_uri(&mut uri, &secret, pin).expect("a String takes everything");
        uri
    }

    /// What a URI of this account has no place for, as the ends of sentences about it.
    #[must_use]
    pub fn lost_in_uri(&self) -> Vec<&'static str> {
        let Kind::Motp { period, pin } = &self.kind else { return Vec::new() };
        let parts = [
            (pin.is_some(), "a motp:// URI has no place for its PIN"),
            (*period != Kind::MOTP_PERIOD, "a motp:// URI has no place for its period"),
            (self.digits != self.kind.usual_digits(), "a motp:// URI has no place for the length of its codes"),
            (self.algorithm != self.kind.usual_algorithm(), "a motp:// URI has no place for its algorithm"),
        ];
        parts.into_iter().filter_map(|(lost, what)| lost.then_some(what)).collect()
    }

    fn write_uri(&self, uri: &mut String, secret: &str, pin: &str) -> fmt::Result {
        let (scheme, type_name) = match &self.kind {
            Kind::Motp { .. } => ("motp://", None),
            Kind::Yandex { .. } => ("otpauth://", Some("yaotp")),
            kind => ("otpauth://", Some(kind.name())),
        };
        uri.push_str(scheme);
        if let Some(name) = type_name {
            write!(uri, "{}/", escaped(name))?;
        }
        write!(uri, "{}", escaped(&self.issuer))?;
        // A name with a colon needs one before it even without an issuer, or its beginning would be read as one.
        if !self.issuer.is_empty() || self.name.contains(':') || type_name.is_none() {
            uri.push(':');
        }
        write!(uri, "{}?secret={secret}", escaped(&self.name))?;
        if type_name.is_none() {
            return Ok(());
        }
        if !self.issuer.is_empty() {
            write!(uri, "&issuer={}", escaped(&self.issuer))?;
        }
        write!(uri, "&algorithm={}&digits={}", escaped(self.algorithm.name()), self.digits)?;
        if let Some(period) = self.kind.period() {
            write!(uri, "&period={period}")?;
        }
        if let Some(counter) = self.kind.counter() {
            write!(uri, "&counter={counter}")?;
        }
        if pin.is_empty() { Ok(()) } else { write!(uri, "&pin={pin}") }
    }
}

fn escaped(text: &str) -> impl fmt::Display {
    utf8_percent_encode(text, ESCAPED)
}
