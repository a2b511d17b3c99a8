//! Recovery codes beside an account, and a counter's way back to its place.

use std::os::fd::OwnedFd;

use fob_bus::types::{EntryInfo, RecoveryOptions, ResyncOptions};
use fob_bus::{CallError, ErrorKind, pipe};
use fob_otp::{Account, Extras, MAX_CODE, MAX_LOOK_AHEAD, MAX_RECOVERY_CODES, SecretText, recovery_codes};
use fob_vault::{UnlockedVault, VaultError};

use super::{lookup, outlet, shown};
use crate::{errors, secret};

/// Most bytes of a list of recovery codes: each with a line end.
const CODES: usize = MAX_RECOVERY_CODES * (MAX_CODE + 2);
/// How far a counter is looked for when nobody says.
const LOOK_AHEAD: u32 = 1_000;

/// A list of recovery codes out of its pipe. Blocks.
pub(super) fn read(end: &OwnedFd) -> Result<SecretText, CallError> {
    let mut text = secret::text(end, CODES)?;
    Ok(SecretText::new(std::mem::take(&mut *text)))
}

/// Puts codes beside the entry that `query` names, behind those that are there or in their place.
pub(super) fn add(
    vault: &mut UnlockedVault,
    query: &str,
    confirm: &str,
    codes: &SecretText,
    options: &RecoveryOptions,
) -> Result<EntryInfo, CallError> {
    let id = lookup::confirmed(lookup::one(vault, query)?, confirm)?;
    let replace = options.replace == Some(true);
    let edit = |_: &mut Account, extras: &mut Extras| {
        if replace {
            extras.recovery_codes.clear();
        }
        for new in recovery_codes(codes.expose()) {
            // The same list again adds nothing.
            if !extras.recovery_codes.iter().any(|known| known.code.is_same_as(&new.code)) {
                extras.recovery_codes.push(new);
            }
        }
        Ok::<_, VaultError>(())
    };
    vault.edit(id, edit).map_err(|error| errors::vault(&error))?;
    vault.entry(id).map(shown::entry).ok_or_else(|| lookup::unknown(query))
}

/// Takes a code of the entry that `query` names. It counts as used before it is in the
/// pipe, so the pipe is looked at first.
pub(super) fn take(vault: &mut UnlockedVault, query: &str, end: &OwnedFd) -> Result<EntryInfo, CallError> {
    outlet::looked_at(end)?;
    let id = lookup::one(vault, query)?.id;
    let code = vault.take_recovery_code(id).map_err(|error| errors::vault(&error))?;
    pipe::put(end, code.expose().as_bytes()).map_err(|error| errors::pipe(&error))?;
    vault.entry(id).map(shown::entry).ok_or_else(|| lookup::unknown(query))
}

/// Two codes out of their pipe, a line each; spaces in them are a person's. Blocks.
pub(super) fn two_codes(end: &OwnedFd) -> Result<[SecretText; 2], CallError> {
    let text = secret::text(end, pipe::SHORT)?;
    let mut codes =
        text.lines().map(|line| line.split_whitespace().collect::<String>()).filter(|code| !code.is_empty());
    match (codes.next(), codes.next(), codes.next()) {
        (Some(first), Some(second), None) => Ok([SecretText::new(first), SecretText::new(second)]),
        _ => Err(CallError::new(ErrorKind::InvalidInput, "two codes in a row are wanted, on a line each")),
    }
}

/// Moves the counter of the entry that `query` names behind these codes.
pub(super) fn resync(
    vault: &mut UnlockedVault,
    query: &str,
    confirm: &str,
    codes: &[SecretText; 2],
    options: &ResyncOptions,
) -> Result<EntryInfo, CallError> {
    let id = lookup::confirmed(lookup::one(vault, query)?, confirm)?;
    let look_ahead = options.look_ahead.unwrap_or(LOOK_AHEAD);
    if look_ahead > MAX_LOOK_AHEAD {
        let message = format!("at most {MAX_LOOK_AHEAD} counters are looked at");
        return Err(CallError::new(ErrorKind::InvalidInput, message));
    }
    vault.resync(id, codes, look_ahead).map_err(|error| errors::vault(&error))?;
    vault.entry(id).map(shown::entry).ok_or_else(|| lookup::unknown(query))
}
