//! The words of the bus for what a caller is.

use std::borrow::Cow;

use fob_bus::types::{LogEntry, door, tier};

use crate::caller::{Caller, Tier};

/// In [`LogEntry::result`]: it was given.
pub(super) const GIVEN: &str = "given";
/// In [`LogEntry::result`]: it was refused.
pub(super) const REFUSED: &str = "refused";
/// In [`LogEntry::kind`]: something about the log itself.
pub(super) const ABOUT_THE_LOG: &str = "log";

pub(super) const fn tier(of: &Tier) -> &'static str {
    match of {
        // The listener is a program of this household, and asks for nothing in its own name.
        Tier::Companion | Tier::Listener => tier::COMPANION,
        Tier::Installed(_) => tier::INSTALLED,
        Tier::Portal(_) => tier::PORTAL,
        Tier::Paired(_) => tier::PAIRED,
        Tier::Script(_) => tier::SCRIPT,
        Tier::Sandboxed(_) => tier::SANDBOXED,
        Tier::Weak(_) | Tier::Foreign => tier::WEAK,
    }
}

/// What a caller is named by.
pub(super) fn program(caller: &Caller) -> Cow<'_, str> {
    match (&caller.tier, &caller.program) {
        (Tier::Portal(id) | Tier::Paired(id), _) => Cow::Borrowed(id),
        (_, Some(path)) => path.to_string_lossy(),
        (_, None) => Cow::Borrowed("(unknown)"),
    }
}

/// An entry of fobd's own, about the log.
pub(super) fn about_the_log(time: u64, times: Option<u32>, why: &str) -> LogEntry {
    LogEntry {
        time,
        times,
        door: door::SOCKET.to_owned(),
        program: "fobd".to_owned(),
        tier: tier::COMPANION.to_owned(),
        kind: ABOUT_THE_LOG.to_owned(),
        result: REFUSED.to_owned(),
        why: why.to_owned(),
        ..LogEntry::default()
    }
}
