//! The soft lock: a PIN opens it, three wrong ones, time and a new vault key end it.

mod support;

use std::sync::Arc;

use fob_ambient::{FakeClock, Millis, SystemRng, UnixTime};
use fob_vault::{
    Context, FilePins, LockedVault, NewWay, Opening, Policy, RealDisk, Rekey, SOFT_LOCK_LIMIT, SlotError,
    SoftLockError, SoftLocked, StillLocked, UnlockedVault, VaultError, Wanted, Warning, WithLogin,
};
use support::ways::{Key, by_passphrase, unnamed};
use support::{CHEAP, Home, PASSPHRASE, passphrase, totp};

struct Desk {
    home: Home,
    clock: Arc<FakeClock>,
    context: Context,
}

impl Desk {
    fn new() -> Self {
        let home = Home::new();
        let clock = Arc::new(FakeClock::at(UnixTime(1_700_000_000)));
        let pins = FilePins::new(home.path().join("state/pin"), Arc::new(RealDisk));
        let context = Context::new(clock.clone(), SystemRng::new(), pins).with_kdf(CHEAP);
        let (mut vault, _) =
            LockedVault::create(&home.vault(), &passphrase(PASSPHRASE), &context).expect("a new vault");
        vault.add(totp("ada")).expect("nothing stops it");
        vault.set_quick_pin(Some(&passphrase("4711"))).expect("nothing stops it");
        Self { home, clock, context }
    }

    fn unlock(&self) -> UnlockedVault {
        let locked = LockedVault::open(&self.home.vault(), &self.context).expect("it is sound");
        locked.unlock(&passphrase(PASSPHRASE)).expect("the passphrase is right")
    }

    fn soft(&self) -> SoftLocked {
        let StillLocked::Soft(soft) = self.unlock().soft_lock() else { panic!("a PIN is set") };
        *soft
    }
}

fn again(left: StillLocked) -> SoftLocked {
    let StillLocked::Soft(soft) = left else { panic!("tries are left") };
    *soft
}

#[test]
fn the_pin_brings_the_entries_back_as_they_are_on_the_disk_by_then() {
    let desk = Desk::new();
    let soft = desk.soft();
    desk.unlock().add(totp("bob")).unwrap();
    desk.clock.advance(Millis(SOFT_LOCK_LIMIT.0 - 1));
    let mut vault = soft.open(&passphrase("4711")).unwrap();
    assert_eq!(vault.entries().len(), 2);
    vault.add(totp("eve")).unwrap();
    assert_eq!(desk.unlock().entries().len(), 3);
}

#[test]
fn three_wrong_pins_make_a_full_lock() {
    let desk = Desk::new();
    let (left, error) = desk.soft().open(&passphrase("0000")).unwrap_err();
    assert!(matches!(error, SoftLockError::WrongPin(2)));
    let (left, error) = again(left).open(&passphrase("47110")).unwrap_err();
    assert!(matches!(error, SoftLockError::WrongPin(1)));
    let (left, error) = again(left).open(&passphrase("4712")).unwrap_err();
    assert!(matches!(error, SoftLockError::TriesUsedUp));
    let StillLocked::Full(locked) = left else { panic!("the key is gone") };
    assert!(locked.unlock(&passphrase(PASSPHRASE)).is_ok());
    let (left, _) = desk.soft().open(&passphrase("0000")).unwrap_err();
    assert!(again(left).open(&passphrase("4711")).is_ok(), "a right one after a wrong one opens");
}

#[test]
fn eight_hours_make_a_full_lock() {
    let desk = Desk::new();
    let soft = desk.soft();
    assert_eq!(soft.until(), SOFT_LOCK_LIMIT);
    desk.clock.advance(SOFT_LOCK_LIMIT);
    assert!(soft.is_over());
    let (left, error) = soft.open(&passphrase("4711")).unwrap_err();
    assert!(matches!((left, error), (StillLocked::Full(_), SoftLockError::Expired)));
}

/// A right PIN used to begin eight new hours, for ever: whoever had the PIN never needed anything else.
#[test]
fn the_eight_hours_are_counted_from_the_last_opening_in_earnest() {
    let desk = Desk::new();
    let mut vault = desk.unlock();
    for _ in 0..2 {
        desk.clock.advance(Millis(3 * 60 * 60 * 1000));
        let StillLocked::Soft(soft) = vault.soft_lock() else { panic!("not yet") };
        assert_eq!(soft.until(), SOFT_LOCK_LIMIT);
        vault = soft.open(&passphrase("4711")).unwrap();
    }
    let StillLocked::Soft(soft) = vault.soft_lock() else { panic!("not yet") };
    desk.clock.advance(Millis(2 * 60 * 60 * 1000 - 1));
    let vault = soft.open(&passphrase("4711")).unwrap();
    desk.clock.advance(Millis(1));
    assert!(matches!(vault.soft_lock(), StillLocked::Full(_)), "an open vault stays open, and is fully locked then");
    assert_eq!(desk.soft().until(), SOFT_LOCK_LIMIT.plus(SOFT_LOCK_LIMIT), "the passphrase begins eight new hours");
}

/// No login manager said so: the clocks do.
#[test]
fn a_sleep_makes_a_full_lock_whoever_did_not_tell_of_it() {
    let desk = Desk::new();
    let soft = desk.soft();
    desk.clock.sleep(Millis(2_000));
    desk.clock.advance(Millis(60 * 60 * 1000));
    assert!(!soft.is_over(), "the two clocks are read one after the other");
    desk.clock.sleep(Millis(1));
    assert!(soft.is_over());
    let (left, error) = soft.open(&passphrase("4711")).unwrap_err();
    assert!(matches!((left, error), (StillLocked::Full(_), SoftLockError::Slept)));
    assert!(!desk.soft().is_over(), "a sleep of before is none of a new soft lock's");
}

#[test]
fn without_a_pin_every_lock_is_a_full_one() {
    let desk = Desk::new();
    let mut vault = desk.unlock();
    assert!(vault.has_quick_pin());
    vault.set_quick_pin(None).unwrap();
    assert!(!vault.has_quick_pin());
    assert!(matches!(vault.soft_lock(), StillLocked::Full(_)));
    assert!(matches!(desk.unlock().soft_lock(), StillLocked::Full(_)));
}

/// A new vault key for these ways; whether the quick PIN went.
fn rekeyed(vault: &mut UnlockedVault, proof: Opening<'_>, policy: Policy, way: NewWay<'_>) -> Result<bool, VaultError> {
    let ways = unnamed(vec![way]);
    let (remove, login, wanted) = (vec![], WithLogin::Refused, Wanted::ALWAYS);
    vault.rekey(&Rekey { proof, policy, ways, remove, login, wanted }).map(|done| done.quick_pin_dropped)
}

#[test]
fn another_passphrase_takes_the_quick_pin_along() {
    let desk = Desk::new();
    let (ours, new) = (passphrase(PASSPHRASE), passphrase("a new passphrase"));
    let by_ours = Opening::Passphrase(&ours);
    let mut vault = desk.unlock();
    assert!(!rekeyed(&mut vault, by_ours, Policy::EitherOr, NewWay::Passphrase(&ours)).unwrap());
    assert!(desk.unlock().has_quick_pin(), "the same passphrase: it was set beside it");
    assert!(rekeyed(&mut vault, by_ours, Policy::EitherOr, NewWay::Passphrase(&new)).unwrap());
    assert!(!vault.has_quick_pin());
    let by_new = Opening::Passphrase(&new);
    assert!(!rekeyed(&mut vault, by_new, Policy::EitherOr, NewWay::Passphrase(&ours)).unwrap(), "there was none");
    assert!(!desk.unlock().has_quick_pin() && desk.unlock().entries().len() == 1, "nor on the disk");
}

#[test]
fn a_vault_that_wants_passphrase_and_key_has_no_quick_pin() {
    let desk = Desk::new();
    let ours = passphrase(PASSPHRASE);
    let mut vault = desk.unlock();
    let key = Key("desk").enrol(&vault, true);
    let both = NewWay::PassphraseAndKey(&ours, key);
    assert!(rekeyed(&mut vault, Opening::Passphrase(&ours), Policy::PassphraseAndKey, both).unwrap());
    assert!(!vault.has_quick_pin());
    let error = vault.set_quick_pin(Some(&passphrase("4711"))).unwrap_err();
    assert!(matches!(error, VaultError::Slot(SlotError::QuickPinBarred)), "{error}");
    vault.set_quick_pin(None).unwrap();
    assert!(matches!(vault.soft_lock(), StillLocked::Full(_)));
}

/// Puts back the newest version that was kept, by the passphrase; whether its quick PIN was dropped.
fn restored(desk: &Desk) -> (UnlockedVault, bool) {
    let versions = LockedVault::versions(&desk.home.vault(), &desk.context).expect("the folder is there");
    let newest = versions.first().expect("each save kept one");
    let ours = passphrase(PASSPHRASE);
    let restored = LockedVault::restore(&desk.home.vault(), &newest.path, &Opening::Passphrase(&ours), &desk.context);
    let (vault, restored) = restored.expect("it is sound");
    let told = vault.warnings().iter().any(|warning| matches!(warning, Warning::QuickPinDropped));
    assert_eq!(told, restored.quick_pin_dropped, "the person hears of it");
    (vault, restored.quick_pin_dropped)
}

#[test]
fn an_older_version_brings_no_older_quick_pin_back() {
    let desk = Desk::new();
    desk.unlock().set_quick_pin(Some(&passphrase("0815"))).unwrap();
    let (vault, dropped) = restored(&desk);
    assert!(!dropped, "today's goes on");
    let StillLocked::Soft(soft) = vault.soft_lock() else { panic!("a PIN is set") };
    let (left, _) = soft.open(&passphrase("4711")).unwrap_err();
    assert!(again(left).open(&passphrase("0815")).is_ok());

    desk.unlock().set_quick_pin(None).unwrap();
    let (vault, dropped) = restored(&desk);
    assert!(dropped && !vault.has_quick_pin(), "it was taken away");
    drop(vault);

    desk.unlock().set_quick_pin(Some(&passphrase("0815"))).unwrap();
    desk.unlock().add(totp("bob")).unwrap();
    desk.home.put(b"FOBVAULT, and no more");
    let (vault, dropped) = restored(&desk);
    assert!(dropped && !vault.has_quick_pin(), "nobody knows what today's was");
}

#[test]
fn a_new_vault_key_ends_a_soft_lock() {
    let desk = Desk::new();
    let soft = desk.soft();
    let ours = passphrase(PASSPHRASE);
    let request = Rekey {
        proof: Opening::Passphrase(&ours),
        policy: Policy::EitherOr,
        ways: vec![by_passphrase(&ours)],
        remove: vec![],
        login: WithLogin::Refused,
        wanted: Wanted::ALWAYS,
    };
    desk.unlock().rekey(&request).unwrap();
    let (left, error) = soft.open(&passphrase("4711")).unwrap_err();
    assert!(matches!(error, SoftLockError::Vault(VaultError::Slot(SlotError::Retired))), "{error}");
    assert!(matches!(left, StillLocked::Full(_)));
}
