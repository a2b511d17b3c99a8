//! Errors of calls: one closed list, one table of names on the bus, facts as details beside the sentence.
//!
//! WebAuthn's own errors keep the DOM's names (WebAuthn Level 3 §5), everything else says what happened. A sentence
//! never carries a secret; text from outside in it has passed the daemon's `printable`.

use std::fmt;

use zbus::message::Header;
use zbus::names::ErrorName;
use zbus::{DBusError, DeserializeDict, Message, SerializeDict, Type};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident,)*) => {
        /// What went wrong with a call. The names on the bus are `dev.fob.Error.` and the variant's name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorKind {
            $($(#[$doc])* $kind,)*
        }

        impl ErrorKind {
            /// Every kind there is.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The name on the bus.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => concat!("dev.fob.Error.", stringify!($kind)),)*
                }
            }
        }
    };
}

kinds! {
    /// The vault is locked.
    Locked,
    /// There is no vault; `fob init` makes one.
    NoVault,
    /// `Init` where something is already.
    VaultExists,
    /// The vault is damaged, foreign, too new, or open to others.
    VaultUnusable,
    /// Another process writes the vault, or wrote it since it was loaded.
    VaultBusy,
    /// Wrong passphrase or recovery code.
    WrongPassphrase,
    /// The vault has no way in with this id.
    UnknownSlot,
    /// There is no desktop keyring here, or it stays locked.
    NoKeyring,
    /// There is no TPM here, or no right to use it.
    NoTpm,
    /// The vault may not lose this way in, or not have it; the message says why.
    WayBarred,
    /// No version beside the vault has this name or generation.
    UnknownVersion,
    /// Several versions have this generation; `candidates` has their names.
    AmbiguousVersion,
    /// No entry matches.
    UnknownEntry,
    /// Several entries match; `candidates` has them.
    AmbiguousEntry,
    /// The entry cannot give a code.
    EntryUnusable,
    /// The codes that should move a counter are none of the account's, as far as was looked.
    CodeMismatch,
    /// No recovery code is left.
    NoRecoveryCode,
    /// An argument, a URI or a list makes no sense.
    InvalidInput,
    /// The policy does not let this caller do this.
    Denied,
    /// The caller has too many requests open.
    TooManyRequests,
    /// The key is busy with another program.
    Busy,
    /// No key is plugged in, or none that fits.
    NoKey,
    /// No key has this id.
    UnknownKey,
    /// Several keys match; `candidates` has them.
    AmbiguousKey,
    /// The key's node cannot be opened.
    KeyUnreadable,
    /// The key was unplugged in the middle.
    KeyRemoved,
    /// The key does not answer, or answers nonsense.
    KeySilent,
    /// Nobody touched the key in time, or the deadline passed.
    TimedOut,
    /// The person said no on the key, or cancelled.
    Cancelled,
    /// Wrong PIN; `retries` are left.
    PinInvalid,
    /// Wrong PIN three times in a row: the key wants to be unplugged and inserted again.
    PinAuthBlocked,
    /// No tries are left: only a reset helps.
    PinBlocked,
    /// The key has no PIN.
    PinNotSet,
    /// The new PIN is too short, too long, or refused by the key.
    PinPolicy,
    /// The key wants its PIN changed first.
    PinChangeRequired,
    /// Built-in user verification is blocked.
    UvBlocked,
    /// A passed descriptor is no pipe, is empty, too long, or nobody writes to it.
    BadPipe,
    /// Something else; the message says what.
    Failed,
    /// DOM: no user consent, no matching credential, timeout.
    NotAllowedError,
    /// DOM: a credential of the exclude list is on the key.
    InvalidStateError,
    /// DOM: the origin may not use this RP ID.
    SecurityError,
    /// DOM: no algorithm or option that fob or the key can do.
    NotSupportedError,
    /// DOM: a required option that no key here meets.
    ConstraintError,
    /// DOM: the caller gave up.
    AbortError,
    /// DOM: malformed options.
    TypeError,
    /// DOM: the key failed.
    UnknownError,
}

impl ErrorKind {
    /// The kind of this name on the bus.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// Facts beside the sentence, for programs.
#[derive(Debug, Clone, Default, PartialEq, Eq, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "dict")]
pub struct Details {
    /// Tries left before the PIN is blocked.
    pub retries: Option<u32>,
    /// What the query could have meant.
    pub candidates: Option<Vec<String>>,
    /// What lies behind the failure, outermost first.
    pub causes: Option<Vec<String>>,
}

/// A call that failed: kind, one sentence, facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// What went wrong.
    pub kind: ErrorKind,
    /// The same in words.
    pub message: String,
    /// The facts in it.
    pub details: Details,
}

/// The outcome of a call.
pub type Result<T> = std::result::Result<T, CallError>;

impl CallError {
    /// An error without details.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), details: Details::default() }
    }

    /// An error from another, with everything behind that as `causes`.
    pub fn from_error(kind: ErrorKind, error: &(dyn std::error::Error + 'static)) -> Self {
        let causes: Vec<_> =
            std::iter::successors(error.source(), |error| error.source()).map(ToString::to_string).collect();
        let details = Details { causes: (!causes.is_empty()).then_some(causes), ..Details::default() };
        Self { kind, message: error.to_string(), details }
    }

    /// The same with candidates.
    #[must_use]
    pub fn with_candidates(mut self, candidates: Vec<String>) -> Self {
        self.details.candidates = Some(candidates);
        self
    }

    /// The same with the tries that are left.
    #[must_use]
    pub fn with_retries(mut self, retries: u32) -> Self {
        self.details.retries = Some(retries);
        self
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CallError {}

/// The daemon's side: name, then sentence and details as the body.
impl DBusError for CallError {
    fn create_reply(&self, call: &Header<'_>) -> zbus::Result<Message> {
        Message::error(call, self.name()).build(&(&self.message, &self.details))
    }

    fn name(&self) -> ErrorName<'_> {
        ErrorName::from_static_str_unchecked(self.kind.name())
    }

    fn description(&self) -> Option<&str> {
        Some(&self.message)
    }
}

/// The caller's side. An error that fobd did not make (no such object, connection gone) is [`ErrorKind::Failed`].
impl From<zbus::Error> for CallError {
    fn from(error: zbus::Error) -> Self {
        let zbus::Error::MethodError(name, text, reply) = &error else {
            return Self::from_error(ErrorKind::Failed, &error);
        };
        let kind = ErrorKind::from_name(name).unwrap_or(ErrorKind::Failed);
        match reply.body().deserialize::<(String, Details)>() {
            Ok((message, details)) => Self { kind, message, details },
            Err(_) => Self::new(kind, text.clone().unwrap_or_else(|| name.to_string())),
        }
    }
}

/// So that a property getter can refuse with the same errors.
impl From<CallError> for zbus::fdo::Error {
    fn from(error: CallError) -> Self {
        Self::Failed(format!("{}: {}", error.kind.name(), error.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_to_its_kind() {
        for kind in ErrorKind::ALL {
            assert_eq!(ErrorKind::from_name(kind.name()), Some(*kind));
            assert!(ErrorName::try_from(kind.name()).is_ok());
        }
        assert_eq!(ErrorKind::PinInvalid.name(), "dev.fob.Error.PinInvalid");
    }

    #[test]
    fn an_error_arrives_with_its_facts() {
        let call = Message::method_call("/", "Code").build(&()).unwrap();
        let sent = CallError::new(ErrorKind::PinInvalid, "wrong PIN, 3 tries left").with_retries(3);
        let reply = sent.create_reply(&call.header()).unwrap();
        assert_eq!(CallError::from(zbus::Error::from(reply)), sent);
    }
}
