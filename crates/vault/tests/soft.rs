//! The soft lock: a PIN opens it, three wrong ones, time and a new vault key end it.

mod support;

use std::sync::Arc;

use fob_ambient::{FakeClock, Millis, SystemRng, UnixTime};
use fob_vault::{
    Context, FilePins, LockedVault, Opening, Policy, RealDisk, Rekey, SOFT_LOCK_LIMIT, SlotError, SoftLockError,
    SoftLocked, StillLocked, UnlockedVault, VaultError, WithLogin,
};
use support::ways::by_passphrase;
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
    desk.clock.sleep(Millis(SOFT_LOCK_LIMIT.0 - 1));
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

/// The clock that counts the machine's sleep: a lid that was shut for a night.
#[test]
fn eight_hours_make_a_full_lock() {
    let desk = Desk::new();
    let soft = desk.soft();
    assert_eq!(soft.until(), SOFT_LOCK_LIMIT);
    desk.clock.sleep(SOFT_LOCK_LIMIT);
    let (left, error) = soft.open(&passphrase("4711")).unwrap_err();
    assert!(matches!((left, error), (StillLocked::Full(_), SoftLockError::Expired)));
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
    };
    desk.unlock().rekey(&request).unwrap();
    let (left, error) = soft.open(&passphrase("4711")).unwrap_err();
    assert!(matches!(error, SoftLockError::Vault(VaultError::Slot(SlotError::Retired))), "{error}");
    assert!(matches!(left, StillLocked::Full(_)));
}
