//! Lock, unlock, and what happens when one meets the other.

use std::io::Write;
use std::time::Duration;

use fob_bus::types::vault_state;
use fob_bus::{ErrorKind, pipe};

use super::Standing;
use crate::tests::house::{House, PASSPHRASE, piped, taken};

#[tokio::test]
async fn an_unlock_in_flight_is_thrown_away_by_a_lock() {
    let house = House::build();
    house.unlocked().await;
    let vault = house.daemon.vault.clone();
    vault.lock().await;
    // The passphrase is still to come when the lock does.
    let (reader, writer) = pipe::awaiting().unwrap();
    let unlocking = tokio::spawn({
        let vault = vault.clone();
        async move { vault.unlock(reader, false).await }
    });
    tokio::task::yield_now().await;
    vault.lock().await;
    let mut writer = std::io::PipeWriter::from(writer);
    writer.write_all(PASSPHRASE.as_bytes()).unwrap();
    drop(writer);
    assert_eq!(unlocking.await.unwrap().unwrap_err().kind, ErrorKind::Cancelled);
    assert!(matches!(vault.standing().await, Standing::Locked));
    vault.unlock(piped(PASSPHRASE), false).await.unwrap();
    assert!(matches!(vault.standing().await, Standing::Unlocked { .. }));
}

/// The vault is made and its code is out by then: "cancelled" would make somebody throw the code away.
#[tokio::test]
async fn a_vault_that_is_locked_while_it_is_made_is_made_and_locked() {
    let house = House::build();
    let vault = house.daemon.vault.clone();
    let (passphrase, writer) = pipe::awaiting().unwrap();
    let (code, end) = pipe::awaiting().unwrap();
    let making = tokio::spawn({
        let vault = vault.clone();
        async move { vault.init(passphrase, end).await }
    });
    tokio::task::yield_now().await;
    vault.lock().await;
    let mut writer = std::io::PipeWriter::from(writer);
    writer.write_all(PASSPHRASE.as_bytes()).unwrap();
    drop(writer);
    making.await.unwrap().unwrap();
    assert_eq!(taken(code).await.len(), 44);
    assert!(matches!(vault.standing().await, Standing::Locked));
    vault.unlock(piped(PASSPHRASE), false).await.unwrap();
}

#[tokio::test]
async fn an_unlock_of_an_open_vault_checks_the_passphrase_and_loses_no_write() {
    let house = House::build();
    house.unlocked().await;
    let vault = &house.daemon.vault;
    let uri = "otpauth://totp/Example:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let account = || fob_otp::Account::from_uri(uri).unwrap().account;
    vault.change(move |vault| vault.add(account()).map_err(|error| crate::errors::vault(&error))).await.unwrap();
    assert_eq!(vault.unlock(piped("wrong"), false).await.unwrap_err().kind, ErrorKind::WrongPassphrase);
    vault.unlock(piped(PASSPHRASE), false).await.unwrap();
    let entries = vault.read(|vault| Ok(vault.entries().len())).await.unwrap();
    assert_eq!(entries, 1);
}

#[tokio::test(start_paused = true)]
async fn an_unused_vault_locks_itself_and_a_use_puts_that_off() {
    let house = House::with_idle_lock(Some(Duration::from_secs(900)));
    let vault = house.daemon.vault.clone();
    let (code, end) = pipe::awaiting().unwrap();
    vault.init(piped(PASSPHRASE), end).await.unwrap();
    taken(code).await;
    let mut changes = vault.changes();
    let opened = tokio::time::Instant::now();
    tokio::time::sleep(Duration::from_secs(600)).await;
    vault.read(|_| Ok(())).await.unwrap();
    changes.changed().await.unwrap();
    assert_eq!(*changes.borrow(), vault_state::LOCKED);
    assert_eq!(opened.elapsed().as_secs(), 1_500);
    assert_eq!(vault.read(|_| Ok(())).await.unwrap_err().kind, ErrorKind::Locked);
}

/// The timer stands still while the machine sleeps, so it has not rung when the lid opens.
#[tokio::test(start_paused = true)]
async fn whoever_comes_first_after_a_long_sleep_finds_the_vault_locked() {
    for visitor in ["a read", "a change", "a look"] {
        let house = House::with_idle_lock(Some(Duration::from_secs(900)));
        house.unlocked().await;
        let vault = &house.daemon.vault;
        house.clock.sleep(Duration::from_secs(899));
        assert!(matches!(vault.standing().await, Standing::Unlocked { .. }), "{visitor}: its time is not up");
        house.clock.sleep(Duration::from_secs(1));
        match visitor {
            "a read" => assert_eq!(vault.read(|_| Ok(())).await.unwrap_err().kind, ErrorKind::Locked),
            "a change" => assert_eq!(vault.change(|_| Ok(())).await.unwrap_err().kind, ErrorKind::Locked),
            _ => assert!(matches!(vault.standing().await, Standing::Locked)),
        }
        assert_eq!(*vault.changes().borrow(), vault_state::LOCKED, "{visitor}");
    }
}

#[tokio::test]
async fn secrets_shield_the_process_while_the_vault_is_open() {
    let house = House::build();
    house.unlocked().await;
    assert!(crate::shield::is_up());
    house.daemon.vault.lock().await;
    assert!(!crate::shield::is_up(), "nextest gives each test a process of its own");
}

#[tokio::test]
async fn a_damaged_vault_is_named_and_left_alone() {
    let house = House::build();
    house.unlocked().await;
    let vault = &house.daemon.vault;
    vault.lock().await;
    for (case, bytes) in [("empty", &b""[..]), ("torn", b"FOBVAULT\x01\x00"), ("another file", b"hello")] {
        std::fs::write(vault.path(), bytes).unwrap();
        let Standing::Unusable(error) = vault.standing().await else { panic!("{case}") };
        assert_eq!(error.kind, ErrorKind::VaultUnusable, "{case}");
        assert_eq!(vault.unlock(piped(PASSPHRASE), false).await.unwrap_err().kind, ErrorKind::VaultUnusable, "{case}");
        assert_eq!(std::fs::read(vault.path()).unwrap(), bytes, "{case}");
    }
}
