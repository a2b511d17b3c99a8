//! How fob ends: one number for each kind of ending, the same for every command.

use std::process::ExitCode;

/// The exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Ok = 0,
    /// It did not work; the message says why.
    Failed = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// The vault is locked.
    Locked = 3,
    /// Refused: by the policy, by a person, by a server, or because a passphrase, password or code is wrong.
    Denied = 4,
    /// No key, or nobody touched it.
    NoKey = 5,
    /// Something took too long.
    TimedOut = 6,
    /// Wrong PIN.
    WrongPin = 7,
    /// Too many wrong tries: a PIN, a fingerprint or an account is blocked.
    Blocked = 8,
    /// The daemon does not run, or what listens in its place is not it.
    NoDaemon = 9,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
