//! The soft lock at the door: what it shows, what the PIN does, and what ends it.

use std::time::Duration;

use fob_bus::types::{AddOptions, QuickPinOptions, vault_state, way_kind};
use fob_bus::{CallError, ErrorKind};
use fob_vault::SOFT_LOCK_LIMIT;

use super::house::{House, PASSPHRASE, Visit, piped};
use super::wishes::{lock, rekeyed, state};

const URI: &str = "otpauth://totp/Example:ada?secret=GEZDGNBVGY3TQOJQ&issuer=Example";

async fn set_pin(visit: &Visit, proof: &str, pin: Option<&str>) -> Result<(), CallError> {
    let options = QuickPinOptions { pin: pin.map(|pin| piped(pin).into()) };
    visit.vault().await.set_quick_pin(piped(proof).into(), false, options).await
}

async fn quick_open(visit: &Visit, pin: &str) -> Result<(), CallError> {
    visit.vault().await.quick_open(piped(pin).into()).await
}

async fn with_pin(house: &House) -> Visit {
    let visit = house.unlocked().await;
    visit.otp().await.add(piped(URI).into(), AddOptions::default()).await.unwrap();
    set_pin(&visit, PASSPHRASE, Some("4711")).await.unwrap();
    visit
}

#[tokio::test]
async fn a_pin_brings_back_what_a_soft_lock_took_away() {
    let house = House::build();
    let visit = with_pin(&house).await;
    let manager = visit.manager().await;
    let status = manager.status().await.unwrap();
    assert_eq!((status.quick_pin, status.soft_until), (Some(true), None));
    assert!(visit.vault().await.soft_lock().await.unwrap());
    assert!(visit.vault().await.soft_lock().await.unwrap(), "once more changes nothing");
    let status = manager.status().await.unwrap();
    assert_eq!((status.vault.as_str(), status.soft_until), (vault_state::SOFT_LOCKED, Some(SOFT_LOCK_LIMIT.0 / 1_000)));
    assert_eq!((status.entries, status.quick_pin), (None, None));
    assert!(crate::shield::is_up(), "the key is in memory");
    let locked = visit.otp().await.list().await.unwrap_err();
    assert_eq!(locked.kind, ErrorKind::Locked);
    assert_eq!(visit.vault().await.slots().await.unwrap_err().kind, ErrorKind::Locked);
    let ways = visit.vault().await.ways().await.unwrap();
    assert_eq!((ways[0].kind.as_str(), ways[0].retries), (way_kind::QUICK_PIN, Some(3)));
    quick_open(&visit, "4711").await.unwrap();
    assert_eq!(visit.otp().await.list().await.unwrap().len(), 1);
    assert_eq!(quick_open(&visit, "4711").await.unwrap_err().kind, ErrorKind::InvalidInput, "it is open");
    // Strangers hear of the state and of nothing else.
    visit.vault().await.soft_lock().await.unwrap();
    let seen = house.stranger().await.manager().await.status().await.unwrap();
    assert_eq!((seen.vault.as_str(), seen.soft_until), (vault_state::SOFT_LOCKED, None));
}

#[tokio::test]
async fn three_wrong_pins_make_a_full_lock() {
    let house = House::build();
    let visit = with_pin(&house).await;
    visit.vault().await.soft_lock().await.unwrap();
    for left in [2, 1] {
        let wrong = quick_open(&visit, "0000").await.unwrap_err();
        assert_eq!((wrong.kind, wrong.details.retries), (ErrorKind::PinInvalid, Some(left)));
        assert_eq!(visit.vault().await.ways().await.unwrap()[0].retries, Some(left));
    }
    assert_eq!(quick_open(&visit, "4712").await.unwrap_err().kind, ErrorKind::Locked);
    assert_eq!(state(&visit).await, vault_state::LOCKED);
    assert!(!crate::shield::is_up(), "nextest gives each test a process of its own");
    assert_eq!(quick_open(&visit, "4711").await.unwrap_err().kind, ErrorKind::Locked);
    visit.manager().await.unlock(piped(PASSPHRASE).into(), false).await.unwrap();
}

#[tokio::test]
async fn without_a_pin_a_soft_lock_is_a_full_one() {
    let house = House::build();
    let visit = house.unlocked().await;
    assert_eq!(visit.manager().await.status().await.unwrap().quick_pin, Some(false));
    assert!(!visit.vault().await.soft_lock().await.unwrap());
    assert_eq!(state(&visit).await, vault_state::LOCKED);
    assert!(!visit.vault().await.soft_lock().await.unwrap());
    visit.manager().await.unlock(piped(PASSPHRASE).into(), false).await.unwrap();
    for (case, proof, pin, expected) in [
        ("a wrong passphrase", "wrong", "4711", ErrorKind::WrongPassphrase),
        ("too short", PASSPHRASE, "471", ErrorKind::PinPolicy),
        ("too long", PASSPHRASE, &"4".repeat(65), ErrorKind::PinPolicy),
    ] {
        assert_eq!(set_pin(&visit, proof, Some(pin)).await.unwrap_err().kind, expected, "{case}");
    }
    set_pin(&visit, PASSPHRASE, Some("4711")).await.unwrap();
    set_pin(&visit, PASSPHRASE, None).await.unwrap();
    assert!(!visit.vault().await.soft_lock().await.unwrap(), "it was taken away");
}

#[tokio::test(start_paused = true)]
async fn eight_hours_end_a_soft_lock_though_nobody_comes() {
    let house = House::build();
    let visit = with_pin(&house).await;
    let mut changes = house.daemon.vault.changes();
    visit.vault().await.soft_lock().await.unwrap();
    changes.wait_for(|state| *state == vault_state::SOFT_LOCKED).await.unwrap();
    let began = tokio::time::Instant::now();
    changes.wait_for(|state| *state == vault_state::LOCKED).await.unwrap();
    assert_eq!(began.elapsed(), SOFT_LOCK_LIMIT.duration());
    assert_eq!(state(&visit).await, vault_state::LOCKED);
}

/// The timer stands still while the machine sleeps, and nobody may have told of the sleep.
#[tokio::test]
async fn whoever_comes_first_after_a_sleep_finds_a_full_lock() {
    for visitor in ["a PIN", "a look", "a read", "ways"] {
        let house = House::build();
        let visit = with_pin(&house).await;
        visit.vault().await.soft_lock().await.unwrap();
        house.clock.sleep(Duration::from_secs(1));
        assert_eq!(state(&visit).await, vault_state::SOFT_LOCKED, "{visitor}: clocks are not that exact");
        house.clock.sleep(Duration::from_secs(60));
        match visitor {
            "a PIN" => assert_eq!(quick_open(&visit, "4711").await.unwrap_err().kind, ErrorKind::Locked),
            "a read" => assert_eq!(visit.otp().await.list().await.unwrap_err().kind, ErrorKind::Locked),
            "ways" => assert_ne!(visit.vault().await.ways().await.unwrap()[0].kind, way_kind::QUICK_PIN),
            _ => {}
        }
        assert_eq!(state(&visit).await, vault_state::LOCKED, "{visitor}");
        assert_eq!(*house.daemon.vault.changes().borrow(), vault_state::LOCKED, "{visitor}");
    }
}

#[tokio::test]
async fn a_quick_pin_goes_with_the_passphrase_that_it_was_set_beside() {
    let house = House::build();
    let visit = with_pin(&house).await;
    let (info, _) = rekeyed(&visit, |_| {}).await.unwrap();
    assert_eq!(info.warnings.len(), 0);
    assert_eq!(visit.manager().await.status().await.unwrap().quick_pin, Some(true), "the passphrase is the same");
    let (info, _) = rekeyed(&visit, |wish| wish.passphrase = Some(piped("tower").into())).await.unwrap();
    assert!(matches!(info.warnings.as_slice(), [one] if one.contains("quick PIN")), "{:?}", info.warnings);
    assert_eq!(visit.manager().await.status().await.unwrap().quick_pin, Some(false));
}

#[tokio::test]
async fn a_lock_and_an_unlock_end_a_soft_lock() {
    let house = House::build();
    let visit = with_pin(&house).await;
    visit.vault().await.soft_lock().await.unwrap();
    lock(&visit).await;
    assert_eq!(quick_open(&visit, "4711").await.unwrap_err().kind, ErrorKind::Locked);
    visit.manager().await.unlock(piped(PASSPHRASE).into(), false).await.unwrap();
    visit.vault().await.soft_lock().await.unwrap();
    visit.manager().await.unlock(piped(PASSPHRASE).into(), false).await.unwrap();
    assert_eq!(visit.otp().await.list().await.unwrap().len(), 1);
    assert_eq!(state(&visit).await, vault_state::UNLOCKED);
}

/// What was there before must not come back with the PIN.
#[tokio::test]
async fn a_version_is_put_back_over_a_soft_lock() {
    let house = House::build();
    let visit = with_pin(&house).await;
    visit.vault().await.soft_lock().await.unwrap();
    let versions = visit.vault().await.versions().await.unwrap();
    assert_eq!(versions.iter().map(|version| version.generation).collect::<Vec<_>>(), [2, 1]);
    let restored = visit.vault().await.restore("1", piped(PASSPHRASE).into(), false).await.unwrap();
    assert!(restored.open);
    assert_eq!(visit.otp().await.list().await.unwrap().len(), 0);
    assert_eq!(state(&visit).await, vault_state::UNLOCKED);
    assert!(visit.vault().await.soft_lock().await.unwrap(), "the PIN is today's, whatever that version had");
    quick_open(&visit, "4711").await.unwrap();
    assert_eq!(visit.otp().await.list().await.unwrap().len(), 0);
}

/// A quick PIN in flight is thrown away by a lock like any other unlock.
#[tokio::test]
async fn a_quick_pin_in_flight_is_thrown_away_by_a_lock() {
    use std::io::Write;
    let house = House::build();
    let visit = with_pin(&house).await;
    visit.vault().await.soft_lock().await.unwrap();
    let vault = house.daemon.vault.clone();
    let (reader, writer) = fob_bus::pipe::awaiting().unwrap();
    let opening = tokio::spawn({
        let vault = vault.clone();
        async move { vault.quick_open(reader).await }
    });
    tokio::task::yield_now().await;
    vault.lock().await;
    let mut writer = std::io::PipeWriter::from(writer);
    writer.write_all(b"4711").unwrap();
    drop(writer);
    assert!(matches!(opening.await.unwrap().unwrap_err().kind, ErrorKind::Cancelled | ErrorKind::Locked));
    assert_eq!(state(&visit).await, vault_state::LOCKED);
}
