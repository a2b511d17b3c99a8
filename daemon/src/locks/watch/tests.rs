//! What an event does to a real vault in a house of its own: above all to an unlock that is under way.

use std::io::Write;
use std::os::fd::OwnedFd;

use fob_bus::types::QuickPinOptions;
use fob_bus::{CallError, ErrorKind, pipe};
use tokio::task::JoinHandle;

use super::*;
use crate::locks::{Locks, Switch, Switches};
use crate::tests::house::{House, PASSPHRASE, piped};
use crate::vault::Standing;

/// Every event that locks, when every lock is on.
const LOCKING: [Event; 7] = [
    Event::Sleep(true),
    Event::Shutdown(true),
    Event::SessionLocked,
    Event::Sessions(0),
    Event::ScreenSaver,
    Event::ScreenOff,
    Event::Deaf,
];

/// A watch with every lock on over the vault of this house; it hears only what the test tells it.
fn watch(house: &House) -> Watch {
    let mut watch = Watch::new(house.daemon.clone(), false);
    let all = Switches { screen_saver: Switch::Full, screen_off: Switch::Full, ..Switches::default() };
    watch.machine = Machine::new(Locks::new(all).switches().clone());
    watch
}

/// An unlock that has begun and waits for its passphrase.
async fn unlocking(house: &House) -> (JoinHandle<Result<(), CallError>>, OwnedFd) {
    let (passphrase, writer) = pipe::awaiting().unwrap();
    let vault = house.daemon.vault.clone();
    let unlocking = tokio::spawn(async move { vault.unlock(passphrase, false).await });
    tokio::task::yield_now().await;
    (unlocking, writer)
}

fn give(writer: OwnedFd) {
    std::io::PipeWriter::from(writer).write_all(PASSPHRASE.as_bytes()).unwrap();
}

#[tokio::test]
async fn every_event_locks_an_open_vault() {
    for event in LOCKING {
        let house = House::build();
        house.unlocked().await;
        let mut watch = watch(&house);
        watch.happen(Event::Sessions(1)).await;
        watch.happen(event).await;
        assert!(matches!(house.daemon.vault.standing().await, Standing::Locked), "{event:?}");
    }
}

#[tokio::test]
async fn every_event_throws_away_an_unlock_that_is_under_way() {
    for event in LOCKING {
        let house = House::build();
        house.unlocked().await;
        house.daemon.vault.lock().await;
        let mut watch = watch(&house);
        watch.happen(Event::Sessions(1)).await;
        let (unlocking, writer) = unlocking(&house).await;
        watch.happen(event).await;
        give(writer);
        let error = unlocking.await.unwrap().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Cancelled, "{event:?}");
        assert!(matches!(house.daemon.vault.standing().await, Standing::Locked), "{event:?}");
    }
}

#[tokio::test]
async fn nobody_opens_the_vault_while_the_machine_goes_to_sleep() {
    let house = House::build();
    house.unlocked().await;
    let vault = &house.daemon.vault;
    let mut watch = watch(&house);
    watch.happen(Event::Sleep(true)).await;
    let refused = vault.unlock(piped(PASSPHRASE), false).await.unwrap_err();
    assert_eq!((refused.kind, refused.message.contains("about to sleep")), (ErrorKind::Cancelled, true));
    watch.happen(Event::Sleep(false)).await;
    vault.unlock(piped(PASSPHRASE), false).await.unwrap();
    assert!(matches!(vault.standing().await, Standing::Unlocked { .. }));
}

/// Begun before the sleep, its passphrase comes after it: the machine slept in between all the same.
#[tokio::test]
async fn an_unlock_that_spans_the_sleep_is_thrown_away() {
    let house = House::build();
    house.unlocked().await;
    let mut watch = watch(&house);
    house.daemon.vault.lock().await;
    let (unlocking, writer) = unlocking(&house).await;
    watch.happen(Event::Sleep(true)).await;
    watch.happen(Event::Sleep(false)).await;
    give(writer);
    assert_eq!(unlocking.await.unwrap().unwrap_err().kind, ErrorKind::Cancelled);
}

/// The lock waits for a write that is under way, and what was written is there afterwards.
#[tokio::test]
async fn a_suspend_in_the_middle_of_a_write_locks_after_it() {
    let house = House::build();
    house.unlocked().await;
    let vault = house.daemon.vault.clone();
    let mut watch = watch(&house);
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
    let writing = tokio::spawn({
        let vault = vault.clone();
        async move {
            vault
                .change(move |open| {
                    begun.send(()).unwrap();
                    may_go_on.recv().unwrap();
                    let uri = "otpauth://totp/Example:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
                    let account = fob_otp::Account::from_uri(uri).unwrap().account;
                    open.add(account).map_err(|error| crate::errors::vault(&error)).map(|_| ())
                })
                .await
        }
    });
    has_begun.await.unwrap();
    let (done, is_done) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        watch.happen(Event::Sleep(true)).await;
        done.send(watch).ok().unwrap();
    });
    tokio::task::yield_now().await;
    let (mut is_done, secrets) = (is_done, shield::changes());
    assert!(is_done.try_recv().is_err(), "the lock waits for the write");
    assert!(*secrets.borrow(), "and so the inhibitor is still held");
    go_on.send(()).unwrap();
    writing.await.unwrap().unwrap();
    let mut watch = is_done.await.unwrap();
    assert!(!*secrets.borrow(), "nextest gives each test a process of its own");
    watch.happen(Event::Sleep(false)).await;
    vault.unlock(piped(PASSPHRASE), false).await.unwrap();
    assert_eq!(vault.read(|open| Ok(open.entries().len())).await.unwrap(), 1);
}

#[tokio::test]
async fn a_soft_switch_leaves_the_key_behind_a_pin_and_a_suspend_takes_it_away() {
    let house = House::build();
    let visit = house.unlocked().await;
    let pin = QuickPinOptions { pin: Some(piped("4711").into()) };
    visit.vault().await.set_quick_pin(piped(PASSPHRASE).into(), false, pin).await.unwrap();
    let mut watch = watch(&house);
    watch.machine = Machine::new(Switches { suspend: false, session_lock: Switch::Soft, ..Switches::default() });
    watch.happen(Event::Vault(Vault::Open)).await;
    watch.happen(Event::SessionLocked).await;
    let changes = house.daemon.vault.changes();
    assert_eq!(*changes.borrow(), vault_state::SOFT_LOCKED);
    watch.happen(Event::Vault(Vault::Soft)).await;
    watch.happen(Event::Sleep(true)).await;
    assert_eq!(*changes.borrow(), vault_state::LOCKED);
    assert!(!shield::is_up(), "nextest gives each test a process of its own");
}

/// The suspend itself locks nothing here, so it is the session's lock that must not leave the key in memory.
#[tokio::test]
async fn a_soft_lock_during_a_suspend_leaves_no_key_in_memory() {
    let house = House::build();
    let visit = house.unlocked().await;
    let pin = QuickPinOptions { pin: Some(piped("4711").into()) };
    visit.vault().await.set_quick_pin(piped(PASSPHRASE).into(), false, pin).await.unwrap();
    let mut watch = watch(&house);
    watch.machine = Machine::new(Switches { suspend: false, session_lock: Switch::Soft, ..Switches::default() });
    watch.happen(Event::Vault(Vault::Open)).await;
    watch.happen(Event::Sleep(true)).await;
    let changes = house.daemon.vault.changes();
    assert_eq!(*changes.borrow(), vault_state::UNLOCKED);
    watch.happen(Event::SessionLocked).await;
    assert_eq!(*changes.borrow(), vault_state::LOCKED);
    assert!(!shield::is_up(), "nextest gives each test a process of its own");
}

#[tokio::test]
async fn what_is_switched_off_leaves_the_vault_open() {
    let house = House::build();
    house.unlocked().await;
    let mut watch = watch(&house);
    watch.machine = Machine::new(Switches {
        suspend: false,
        shutdown: false,
        session_lock: Switch::Off,
        last_session: false,
        ..Switches::default()
    });
    watch.happen(Event::Sessions(1)).await;
    for event in LOCKING {
        watch.happen(event).await;
        assert!(matches!(house.daemon.vault.standing().await, Standing::Unlocked { .. }), "{event:?}");
    }
}
