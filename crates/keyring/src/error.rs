//! Why a keyring keeps nothing, or gives nothing back.

use zbus::{DBusError, fdo};

/// What went wrong. No variant carries text that a service wrote: error names are letters, digits, dots and
/// underscores.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// Nobody is the Secret Service of this session bus and nobody could be started, or the one there was has left.
    #[error("no keyring runs in this session")]
    NoService,
    /// The service did not answer within [`Patience::answer`](crate::Patience::answer).
    #[error("the keyring does not answer")]
    Silent,
    /// The service has no algorithm but `plain`.
    #[error("the keyring cannot encrypt what crosses the bus")]
    NoEncryption,
    /// The service has no default collection.
    #[error("the keyring has no default collection to keep anything in")]
    NoCollection,
    /// It stays locked, and asks nobody.
    #[error("the keyring is locked")]
    Locked,
    /// The person said no to the keyring's question, or the keyring could not show it.
    #[error("the keyring's question was dismissed")]
    Dismissed,
    /// Nobody answered the keyring's question within [`Patience::prompt`](crate::Patience::prompt).
    #[error("nobody answered the keyring's question")]
    Unanswered,
    /// Several items say that they are the one, and differ.
    #[error("the keyring keeps several secrets for the same slot")]
    Ambiguous,
    /// There is an item, and what is in it was not written by fob, or was edited since.
    #[error("what the keyring keeps for the slot is no secret of fob's")]
    Damaged,
    /// The service said something that the standard does not let it say.
    #[error("the keyring's answer makes no sense: {0}")]
    Nonsense(&'static str),
    /// The service refused, with this error name.
    #[error("the keyring refused: {0}")]
    Refused(String),
    /// The connection to the session bus itself fails.
    #[error("cannot talk to the session bus")]
    Bus(#[source] zbus::Error),
}

impl KeyringError {
    /// The cause of a failed call.
    pub(crate) fn of_call(error: zbus::Error) -> Self {
        match error {
            zbus::Error::MethodError(name, ..) => Self::of_name(name.as_str()),
            zbus::Error::FDO(error) => match *error {
                fdo::Error::ServiceUnknown(_) | fdo::Error::NameHasNoOwner(_) | fdo::Error::NoReply(_) => {
                    Self::NoService
                }
                fdo::Error::ZBus(error) => Self::Bus(error),
                other => Self::of_name(other.name().as_str()),
            },
            other => Self::Bus(other),
        }
    }

    fn of_name(name: &str) -> Self {
        match name {
            "org.freedesktop.Secret.Error.IsLocked" => Self::Locked,
            other => Self::Refused(other.to_owned()),
        }
    }

    /// Whether the service said no, whatever its reason: it is there, and it speaks.
    pub(crate) const fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}
