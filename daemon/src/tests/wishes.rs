//! Requests of `Vault1`: the wish, and what comes of it.

use std::os::fd::OwnedFd;

use fob_bus::types::{AddSlotOptions, OpenOptions, RekeyInfo, RekeyOptions};
use fob_bus::{CallError, ErrorKind, pipe};

use super::house::{PASSPHRASE, Visit, piped, taken};
use super::running::Running;

/// A wish for a way in, with the passphrase as the fresh proof.
pub(super) fn adding(kind: &str) -> AddSlotOptions {
    AddSlotOptions {
        handle_token: "add".into(),
        kind: kind.into(),
        label: None,
        fresh: piped(PASSPHRASE).into(),
        by_recovery: None,
        passphrase: None,
        pin: None,
        key: None,
        user_verification: None,
        login: None,
    }
}

/// A wish to open the vault.
pub(super) fn opening(kind: &str) -> OpenOptions {
    OpenOptions { handle_token: "open".into(), kind: Some(kind.into()), ..OpenOptions::default() }
}

pub(super) fn renewing(recovery: OwnedFd) -> RekeyOptions {
    RekeyOptions {
        handle_token: "rekey".into(),
        fresh: piped(PASSPHRASE).into(),
        by_recovery: None,
        passphrase: None,
        recovery: recovery.into(),
        remove: None,
        keep: None,
        policy: None,
        login: None,
        pin: None,
    }
}

/// Adds a way in; its id.
pub(super) async fn added(visit: &Visit, options: AddSlotOptions) -> String {
    let mut running = Running::awaited(visit, "add").await;
    visit.vault().await.add_slot(options).await.unwrap();
    let slot = running.success().await.slot.unwrap();
    running.reach_end().await;
    slot
}

/// Why a way in is not added.
pub(super) async fn not_added(visit: &Visit, options: AddSlotOptions) -> ErrorKind {
    let mut running = Running::awaited(visit, "add").await;
    visit.vault().await.add_slot(options).await.unwrap();
    let cause = running.cause().await;
    running.reach_end().await;
    cause
}

/// Opens the vault, or does not.
pub(super) async fn opened(visit: &Visit, options: OpenOptions) -> Result<(), ErrorKind> {
    let mut running = Running::awaited(visit, "open").await;
    visit.vault().await.open(options).await.map_err(|error| error.kind)?;
    let outcome = running.outcome().await;
    running.reach_end().await;
    outcome.cause.map_or(Ok(()), |cause| Err(ErrorKind::from_name(&cause).unwrap()))
}

/// Makes a new vault key.
pub(super) async fn rekeyed(
    visit: &Visit,
    options: impl FnOnce(&mut RekeyOptions),
) -> Result<(RekeyInfo, String), CallError> {
    let (code, end) = pipe::awaiting().unwrap();
    let mut wish = renewing(end);
    options(&mut wish);
    let mut running = Running::awaited(visit, "rekey").await;
    visit.vault().await.rekey(wish).await?;
    let outcome = running.outcome().await;
    running.reach_end().await;
    let given = taken(code).await;
    assert_eq!(outcome.error.is_some(), given.is_empty(), "a refusal came with {given:?}");
    match outcome.cause {
        Some(cause) => Err(CallError::new(ErrorKind::from_name(&cause).unwrap(), outcome.message.unwrap())),
        None => Ok((outcome.rekeyed.unwrap(), given)),
    }
}

pub(super) async fn state(visit: &Visit) -> String {
    visit.manager().await.status().await.unwrap().vault
}

pub(super) async fn lock(visit: &Visit) {
    visit.manager().await.lock().await.unwrap();
}
