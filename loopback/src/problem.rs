//! Refusals as HTTP has them: problem documents (RFC 9457). Their types are stable; a program tells by them, a person by the
//! words.

use std::borrow::Cow;

use fob_bus::{CallError, ErrorKind};
use hyper::StatusCode;
use serde::Serialize;

use crate::limits::TooMuch;

/// What goes before the name of a type. A tag (RFC 4151): it names and leads nowhere.
pub(crate) const TYPES: &str = "tag:fob.dev,2026:problem/";

/// What is wrong with a request before fobd hears of it, or with the way to fobd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The request is none.
    Malformed,
    /// It names another host: a page that had a name resolve to this machine, say.
    WrongHost,
    /// There is nothing at that path.
    NotFound,
    /// Another method than POST.
    Method,
    /// It does not say how long it is.
    Length,
    /// Its body is too large.
    TooLarge,
    /// Its body does not come.
    Slow,
    /// It is not JSON.
    MediaType,
    /// It lacks the header that no page can send unasked.
    Header,
    /// It comes from a page that was not paired.
    ForeignOrigin,
    /// It has no token.
    NoToken,
    /// Its token, its user or its page is not the one that was paired.
    NotPaired,
    /// It does not say what it is to say.
    InvalidInput,
    /// There is no such pairing.
    UnknownPairing,
    /// fobd does not run.
    NotRunning,
    /// fobd hung up: the vault was locked, or the program was forgotten.
    Gone,
    /// Too much at once.
    Overloaded,
    /// Too many requests of this user.
    TooManyRequests,
}

impl Fault {
    /// Every one there is.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 18] = [
        Self::Malformed,
        Self::WrongHost,
        Self::NotFound,
        Self::Method,
        Self::Length,
        Self::TooLarge,
        Self::Slow,
        Self::MediaType,
        Self::Header,
        Self::ForeignOrigin,
        Self::NoToken,
        Self::NotPaired,
        Self::InvalidInput,
        Self::UnknownPairing,
        Self::NotRunning,
        Self::Gone,
        Self::Overloaded,
        Self::TooManyRequests,
    ];

    /// Status, and the name of its type.
    pub(crate) const fn table(self) -> (StatusCode, &'static str) {
        match self {
            Self::Malformed => (StatusCode::BAD_REQUEST, "malformed-request"),
            Self::WrongHost => (StatusCode::MISDIRECTED_REQUEST, "wrong-host"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed"),
            Self::Length => (StatusCode::LENGTH_REQUIRED, "length-required"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
            Self::Slow => (StatusCode::REQUEST_TIMEOUT, "slow-body"),
            Self::MediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type"),
            Self::Header => (StatusCode::FORBIDDEN, "header-required"),
            Self::ForeignOrigin => (StatusCode::FORBIDDEN, "foreign-origin"),
            Self::NoToken => (StatusCode::UNAUTHORIZED, "no-token"),
            Self::NotPaired => (StatusCode::UNAUTHORIZED, "not-paired"),
            // The same that fobd says of what it cannot read.
            Self::InvalidInput => (StatusCode::BAD_REQUEST, "invalid-input"),
            Self::UnknownPairing => (StatusCode::NOT_FOUND, "unknown-pairing"),
            Self::NotRunning => (StatusCode::SERVICE_UNAVAILABLE, "not-running"),
            Self::Gone => (StatusCode::SERVICE_UNAVAILABLE, "gone"),
            Self::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "overloaded"),
            Self::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, "too-many-requests"),
        }
    }
}

/// A problem document, and what goes into headers beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The status.
    pub(crate) status: StatusCode,
    /// Seconds for `Retry-After`.
    pub(crate) retry_after: Option<u64>,
    slug: Cow<'static, str>,
    detail: String,
    /// The DOM's name.
    name: Option<&'static str>,
    retries: Option<u32>,
    candidates: Option<Vec<String>>,
}

/// The document's members.
#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: String,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retries: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    candidates: Option<&'a [String]>,
}

impl Problem {
    /// One of ours.
    pub(crate) fn of(fault: Fault, detail: impl Into<String>) -> Self {
        let (status, slug) = fault.table();
        Self {
            status,
            retry_after: None,
            slug: slug.into(),
            detail: detail.into(),
            name: None,
            retries: None,
            candidates: None,
        }
    }

    /// The document.
    pub(crate) fn document(&self) -> Vec<u8> {
        let document = Document {
            r#type: format!("{TYPES}{}", self.slug),
            title: title(&self.slug),
            status: self.status.as_u16(),
            detail: &self.detail,
            name: self.name,
            retries: self.retries,
            candidates: self.candidates.as_deref(),
        };
        serde_json::to_vec(&document).expect("text and numbers are always JSON")
    }

    /// A failed ceremony: the DOM's name, what lies behind it, and the words.
    pub(crate) fn of_ceremony(name: Option<&str>, cause: Option<&str>, message: String, retries: Option<u32>) -> Self {
        let kind_of = |name: &str| ErrorKind::from_name(name);
        let dom = name.and_then(|name| kind_of(&format!("dev.fob.Error.{name}")));
        let kind = cause.and_then(kind_of).or(dom).unwrap_or(ErrorKind::UnknownError);
        let mut problem = Self::from(CallError::new(kind, message));
        problem.name = dom.and_then(dom_name).or(problem.name);
        problem.retries = retries.or(problem.retries);
        problem
    }
}

impl From<TooMuch> for Problem {
    fn from(too_much: TooMuch) -> Self {
        let (fault, words, after) = match too_much {
            TooMuch::Requests(after) => (Fault::TooManyRequests, "this user asks too often", after),
            TooMuch::Guesses(after) => (Fault::TooManyRequests, "this user has shown too many wrong tokens", after),
            TooMuch::AtOnce => (Fault::Overloaded, "too much is asked for at once", 1),
        };
        Self { retry_after: Some(after), ..Self::of(fault, words) }
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        Self {
            status: status(error.kind),
            retry_after: (error.kind == ErrorKind::TooManyRequests).then_some(1),
            slug: slug(error.kind).into(),
            detail: error.message,
            name: dom_name(error.kind),
            retries: error.details.retries,
            candidates: error.details.candidates,
        }
    }
}

/// Variant `NoKey` is type `no-key`.
pub(crate) fn slug(kind: ErrorKind) -> String {
    let name = kind.name().rsplit('.').next().unwrap_or_default();
    let mut slug = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !slug.is_empty() {
            slug.push('-');
        }
        slug.push(letter.to_ascii_lowercase());
    }
    slug
}

/// The same for a person: it is the type's, so it never changes with the case (RFC 9457 section 3.1.3).
fn title(slug: &str) -> String {
    let words = slug.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// The DOM's name of a kind that is the DOM's.
fn dom_name(kind: ErrorKind) -> Option<&'static str> {
    kind.name().rsplit('.').next().filter(|name| name.ends_with("Error"))
}

/// From every kind to its status. The DOM's are those of its nature: what the person or the site's own rules refused is
/// forbidden, what the caller wrote wrongly is its fault, what a key cannot do is a conflict.
pub(crate) const fn status(kind: ErrorKind) -> StatusCode {
    use ErrorKind as K;
    match kind {
        K::Locked | K::NoVault => StatusCode::LOCKED,
        K::Denied | K::NotAllowedError | K::SecurityError => StatusCode::FORBIDDEN,
        K::InvalidInput | K::TypeError | K::BadPipe => StatusCode::BAD_REQUEST,
        K::UnknownEntry | K::UnknownKey | K::UnknownSlot | K::UnknownVersion => StatusCode::NOT_FOUND,
        K::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        K::TimedOut | K::KeySilent => StatusCode::GATEWAY_TIMEOUT,
        K::NotSupportedError | K::ConstraintError => StatusCode::UNPROCESSABLE_ENTITY,
        K::VaultExists
        | K::VaultUnusable
        | K::VaultBusy
        | K::WrongPassphrase
        | K::NoKeyring
        | K::NoTpm
        | K::WayBarred
        | K::AmbiguousVersion
        | K::AmbiguousEntry
        | K::AmbiguousKey
        | K::EntryUnusable
        | K::CodeMismatch
        | K::NoRecoveryCode
        | K::Busy
        | K::NoKey
        | K::KeyUnreadable
        | K::KeyRemoved
        | K::Cancelled
        | K::PinInvalid
        | K::PinAuthBlocked
        | K::PinBlocked
        | K::PinNotSet
        | K::PinPolicy
        | K::PinChangeRequired
        | K::UvBlocked
        | K::InvalidStateError
        | K::AbortError => StatusCode::CONFLICT,
        K::Failed | K::UnknownError => StatusCode::BAD_GATEWAY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(problem: &Problem) -> serde_json::Value {
        serde_json::from_slice(&problem.document()).unwrap()
    }

    #[test]
    fn a_document_has_the_members_of_rfc_9457() {
        let problem = Problem::of(Fault::WrongHost, "no such host");
        assert_eq!(
            json(&problem),
            serde_json::json!({
                "type": "tag:fob.dev,2026:problem/wrong-host",
                "title": "Wrong host",
                "status": 421,
                "detail": "no such host",
            })
        );
    }

    #[test]
    fn a_page_can_tell_what_the_dom_would_have_said() {
        let problem = Problem::of_ceremony(
            Some("NotAllowedError"),
            Some("dev.fob.Error.PinInvalid"),
            "wrong PIN, 3 tries left".to_owned(),
            Some(3),
        );
        let document = json(&problem);
        assert_eq!(document["type"], "tag:fob.dev,2026:problem/pin-invalid");
        assert_eq!((&document["name"], &document["retries"]), (&"NotAllowedError".into(), &3.into()));
        let unknown = json(&Problem::of_ceremony(Some("NewError"), None, String::new(), None));
        assert_eq!(unknown["type"], "tag:fob.dev,2026:problem/unknown-error");
    }

    #[test]
    fn no_kind_says_that_all_is_well() {
        for kind in ErrorKind::ALL {
            assert!(status(*kind).is_client_error() || status(*kind).is_server_error(), "{kind:?}");
        }
        assert_eq!(slug(ErrorKind::NotAllowedError), "not-allowed-error");
        assert_eq!(dom_name(ErrorKind::Locked), None);
    }

    #[test]
    fn a_type_has_one_status() {
        for fault in Fault::ALL {
            let (ours, name) = fault.table();
            let theirs = ErrorKind::ALL.iter().find(|kind| slug(**kind) == name);
            assert!(theirs.is_none_or(|kind| status(*kind) == ours), "{name}");
        }
    }
}
