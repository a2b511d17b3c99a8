//! An `otpauth://` URI cut at its separators, and percent-escapes. What the parts mean is in `uri`.

use zeroize::Zeroizing;

use super::{MAX_URI, UriError};

/// Schemes and what they mean; Apple's opens the system's own code generator.
const SCHEMES: [(&str, Scheme); 4] = [
    ("otpauth://", Scheme::Otpauth),
    ("apple-otpauth://", Scheme::Otpauth),
    ("motp://", Scheme::Motp),
    ("steam://", Scheme::Steam),
];
const MIGRATION: &str = "otpauth-migration://";

/// How the rest of the URI is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// Type, label, parameters.
    Otpauth,
    /// Label, parameters; the secret in hexadecimal.
    Motp,
    /// The secret, and nothing else.
    Steam,
}

/// The pieces of a URI, still escaped.
pub(super) struct Parts<'a> {
    pub(super) scheme: Scheme,
    pub(super) type_name: &'a str,
    pub(super) label: &'a str,
    pub(super) parameters: Parameters<'a>,
}

/// The first value of each known parameter, still escaped.
#[derive(Default)]
pub(super) struct Parameters<'a> {
    pub(super) secret: Option<&'a str>,
    pub(super) issuer: Option<&'a str>,
    pub(super) algorithm: Option<&'a str>,
    pub(super) digits: Option<&'a str>,
    pub(super) period: Option<&'a str>,
    pub(super) counter: Option<&'a str>,
    pub(super) encoder: Option<&'a str>,
    pub(super) pin: Option<&'a str>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(uri: &'a str) -> Result<Self, UriError> {
        if uri.len() > MAX_URI {
            return Err(UriError::TooLong);
        }
        let uri = uri.trim_start_matches('\u{feff}').trim();
        let known = SCHEMES.iter().find_map(|(name, scheme)| Some((*scheme, without_prefix(uri, name)?)));
        let (scheme, rest) = known.ok_or_else(|| not_ours(uri))?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (type_name, label) = match scheme {
            Scheme::Otpauth => path.split_once('/').unwrap_or((path, "")),
            Scheme::Motp => ("motp", path),
            Scheme::Steam => ("steam", path),
        };
        let query = query.split_once('#').map_or(query, |(query, _fragment)| query);
        Ok(Self { scheme, type_name, label: label.trim_start_matches('/'), parameters: Parameters::of(query) })
    }
}

impl<'a> Parameters<'a> {
    fn of(query: &'a str) -> Self {
        let mut all = Self::default();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if let Some(place) = all.place(name) {
                place.get_or_insert(value);
            }
        }
        all
    }

    fn place(&mut self, name: &str) -> Option<&mut Option<&'a str>> {
        let known = [
            ("secret", &mut self.secret),
            ("issuer", &mut self.issuer),
            ("algorithm", &mut self.algorithm),
            ("digits", &mut self.digits),
            ("period", &mut self.period),
            ("counter", &mut self.counter),
            ("encoder", &mut self.encoder),
            ("pin", &mut self.pin),
        ];
        known.into_iter().find(|(known, _)| name.trim_ascii().eq_ignore_ascii_case(known)).map(|(_, place)| place)
    }
}

/// Google's export holds many accounts in one URI; a person who pastes it should be told, not puzzled.
fn not_ours(uri: &str) -> UriError {
    match without_prefix(uri, MIGRATION) {
        Some(_) => UriError::Migration,
        None => UriError::NotOtpauth,
    }
}

fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Takes the escapes out. A percent sign that begins none stays, bytes that are no UTF-8 become U+FFFD. Decoding
/// never grows a buffer, so a secret leaves no copies behind; one that is not UTF-8 is none.
pub(super) fn decoded(text: &str, plus_is_space: bool) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let (byte, after) = match (byte, escape(after)) {
            (b'%', Some((escaped, after))) => (escaped, after),
            (b'+', _) if plus_is_space => (b' ', after),
            _ => (byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8_lossy(&bytes).into_owned(),
    };
    Zeroizing::new(text)
}

/// The byte of two hexadecimal digits, and what follows them.
fn escape(text: &[u8]) -> Option<(u8, &[u8])> {
    let (&[high, low], rest) = text.split_first_chunk::<2>()?;
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some((digit(high)? << 4 | digit(low)?, rest))
}
