//! Codes: of which step or counter, and what is said about them.

use std::os::fd::OwnedFd;

use fob_ambient::UnixTime;
use fob_bus::types::{CodeInfo, CodeOptions};
use fob_bus::{CallError, ErrorKind, pipe};
use fob_otp::{Account, Code, Kind, TimedCode, Unusable, printable};
use fob_vault::{Entry, EntryId, Record, UnlockedVault};
use zeroize::Zeroizing;

use super::{lookup, outlet};
use crate::errors;

/// What came of asking an entry for a code by time.
pub(super) enum ByTime {
    /// The code is in the pipe.
    Done(CodeInfo),
    /// It goes by a counter.
    Counter(EntryId),
}

/// What is asked for of an account that goes by time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wish {
    next: bool,
    min_valid: u64,
    both: bool,
}

impl From<&CodeOptions> for Wish {
    fn from(options: &CodeOptions) -> Self {
        Self {
            next: options.next.unwrap_or(false),
            min_valid: options.min_valid.unwrap_or(0).into(),
            both: options.both.unwrap_or(false),
        }
    }
}

impl Wish {
    /// Whether an account that goes by a counter can do it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`].
    pub(super) fn of_counter(self) -> Result<(), CallError> {
        if !self.next && !self.both && self.min_valid == 0 {
            return Ok(());
        }
        let message = "a code by counter has no life, and no next one until it was used";
        Err(CallError::new(ErrorKind::InvalidInput, message))
    }

    /// The code to give.
    fn choose(self, account: &Account, now: UnixTime) -> Result<Result<TimedCode, Unusable>, CallError> {
        let first = if self.next { account.next_totp(now) } else { account.totp(now) };
        let Ok(first) = first else { return Ok(first) };
        let left = |code: &TimedCode| code.valid_until.0.saturating_sub(code.valid_from.0.max(now.0));
        if left(&first) >= self.min_valid {
            return Ok(Ok(first));
        }
        match account.totp(first.valid_until) {
            Ok(second) if left(&second) < self.min_valid => {
                let message = format!("its codes never live for {} seconds", self.min_valid);
                Err(CallError::new(ErrorKind::InvalidInput, message))
            }
            second => Ok(second),
        }
    }
}

/// A code by time, at once. The seed is in the clear until it returns.
pub(super) fn by_time(
    vault: &UnlockedVault,
    entry: &Entry,
    now: UnixTime,
    wish: Wish,
    end: &OwnedFd,
) -> Result<ByTime, CallError> {
    if let Kind::Hotp { .. } = entry.kind {
        return Ok(ByTime::Counter(entry.id));
    }
    let Record { account, .. } = &lookup::revealed(vault, entry)?;
    let unusable = |reason: Unusable| lookup::unusable(entry, &reason);
    let code = wish.choose(account, now)?.map_err(unusable)?;
    let after = if wish.both { Some(account.totp(code.valid_until).map_err(unusable)?) } else { None };
    put(end, &code.code, after.as_ref().map(|after| &after.code))?;
    Ok(ByTime::Done(CodeInfo {
        valid_from: Some(code.valid_from.0),
        valid_until: Some(code.valid_until.0),
        next_valid_until: after.map(|after| after.valid_until.0),
        ..info(entry)
    }))
}

/// A code by counter, which is on the disk before the code is in the pipe. So the pipe is looked at first; a reader that
/// goes away after that costs one code, as a crash would, and the site's window covers it (RFC 4226 section 7.4).
pub(super) fn by_counter(vault: &mut UnlockedVault, id: EntryId, end: &OwnedFd) -> Result<CodeInfo, CallError> {
    outlet::looked_at(end)?;
    let code = vault.take_hotp(id).map_err(|error| errors::vault(&error))?;
    put(end, &code.code, None)?;
    let entry = vault.entry(id).ok_or_else(|| lookup::unknown(&id.to_string()))?;
    Ok(CodeInfo { counter: Some(code.counter), resync: entry.resync.then_some(true), ..info(entry) })
}

fn put(end: &OwnedFd, code: &Code, after: Option<&Code>) -> Result<(), CallError> {
    let after = after.map_or("", Code::expose);
    let mut lines = Zeroizing::new(String::with_capacity(code.expose().len() + after.len() + 1));
    lines.push_str(code.expose());
    if !after.is_empty() {
        lines.push('\n');
        lines.push_str(after);
    }
    pipe::put(end, lines.as_bytes()).map_err(|error| errors::pipe(&error))
}

fn info(entry: &Entry) -> CodeInfo {
    CodeInfo {
        id: entry.id.to_string(),
        issuer: printable(&entry.issuer).into_owned(),
        name: printable(&entry.name).into_owned(),
        kind: printable(entry.kind.name()).into_owned(),
        ..CodeInfo::default()
    }
}
