//! Why a key did not do what a session asked.

use std::io;

use fob_ctap::hid::{HidError, LinkError as Fault};
use fob_ctap::{Malformed, ReplyError, Status};

use crate::LinkError;

/// What went wrong with one command.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It was pulled out, or its program ended.
    #[error("the key was removed")]
    Removed,
    /// It sends nothing, not even keepalives, or never comes to an end where nobody has to be waited for.
    #[error("the key does not answer")]
    Silent,
    /// It served another program until our deadline.
    #[error("the key is in use by another program")]
    Busy,
    /// The caller's [`CancelToken`](crate::CancelToken) ended it.
    #[error("the request was cancelled")]
    Cancelled,
    /// The caller's deadline ended it.
    #[error("the time for the request is up")]
    TimedOut,
    /// The key's own no.
    #[error("the key refused: {0}")]
    Refused(Status),
    /// Its answer is not what the standard describes.
    #[error("the key's answer makes no sense")]
    Malformed(#[source] Malformed),
    /// Its reports are not what the standard describes.
    #[error("the key's reports make no sense")]
    Confused(#[source] Fault),
    /// The request is longer than the key takes, in bytes.
    #[error("the request has {length} bytes, the key takes {limit}")]
    TooLarge {
        /// Length of the request.
        length: usize,
        /// Longest message of this key.
        limit: usize,
    },
    /// It speaks CTAP1 (U2F) only.
    #[error("the key is too old: it does not speak CTAP2")]
    NoCtap2,
    /// The system refused to carry a report.
    #[error("the key cannot be reached")]
    Link(#[source] io::Error),
}

impl From<LinkError> for KeyError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Closed => Self::Removed,
            LinkError::Io(error) => Self::Link(error),
        }
    }
}

impl From<Fault> for KeyError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Silent => Self::Silent,
            Fault::TimedOut => Self::TimedOut,
            Fault::Refused(HidError::ChannelBusy) => Self::Busy,
            fault => Self::Confused(fault),
        }
    }
}

impl From<ReplyError> for KeyError {
    fn from(error: ReplyError) -> Self {
        match error {
            ReplyError::Status(status) => Self::Refused(status),
            ReplyError::Malformed(malformed) => Self::Malformed(malformed),
        }
    }
}
