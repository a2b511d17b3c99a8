//! The ways in: each opens, nothing else does, and what may not be added is refused by name.

mod support;

use std::collections::HashMap;
use std::fs;
use std::sync::Arc;

use fob_ambient::UnixTime;
use fob_vault::{
    Argon2Cost, FileUses, KdfPolicy, LockedVault, NewWay, Opening, Policy, RealDisk, Rekey, SlotError, SlotId,
    SlotKind, SlotSecret, VaultError, Wanted, Way, WithLogin,
};
use support::ways::{Key, by_passphrase, keyring, tpm};
use support::{CHEAP, Home, PASSPHRASE, passphrase, totp};

fn secret(byte: u8) -> SlotSecret {
    SlotSecret::from_slice(&[byte; 32]).expect("it has 32 bytes")
}

fn opens(home: &Home, opening: &Opening<'_>) -> Result<(), VaultError> {
    home.open()?.unlock_with(opening).map(drop).map_err(|(_, error)| error)
}

#[test]
fn every_way_in_opens_by_itself() {
    let home = Home::new();
    let (mut vault, code) = home.create();
    vault.add(totp("ada")).unwrap();
    let (desk, spare) = (Key("desk"), Key("spare"));
    for key in [&desk, &spare] {
        let way = NewWay::Key(key.enrol(&vault, true));
        vault.add_slot(&way, key.0, WithLogin::Refused).unwrap();
    }
    let second = passphrase("another passphrase");
    vault.add_slot(&NewWay::Passphrase(&second), "", WithLogin::Refused).unwrap();
    let (ring_slot, ring_secret, kept) = keyring(&vault);
    vault.add_slot(&NewWay::Kept(kept), "login", WithLogin::Accepted).unwrap();
    let (tpm_slot, tpm_secret, kept) = tpm(&vault, true);
    vault.add_slot(&NewWay::Kept(kept), "laptop", WithLogin::Refused).unwrap();

    let ways = home.open().unwrap().ways().unwrap();
    let (desk_slot, desk_secret) = desk.answers(&ways).unwrap();
    let (spare_slot, spare_secret) = spare.answers(&ways).unwrap();
    for (case, opening) in [
        ("first passphrase", Opening::Passphrase(&passphrase(PASSPHRASE))),
        ("second passphrase", Opening::Passphrase(&second)),
        ("recovery code", Opening::Recovery(&code)),
        ("first key", Opening::Secret(desk_slot, &desk_secret)),
        ("second key", Opening::Secret(spare_slot, &spare_secret)),
        ("keyring", Opening::Secret(ring_slot, &ring_secret)),
        ("TPM", Opening::Secret(tpm_slot, &tpm_secret)),
    ] {
        let vault = home.open().unwrap().unlock_with(&opening).unwrap_or_else(|(_, error)| panic!("{case}: {error}"));
        assert_eq!(vault.entries().len(), 1, "{case}");
    }
    for (case, opening) in [
        ("one key's secret on the other's slot", Opening::Secret(spare_slot, &desk_secret)),
        ("the keyring's on the TPM's", Opening::Secret(tpm_slot, &ring_secret)),
        ("a secret from nowhere", Opening::Secret(desk_slot, &secret(7))),
        ("without user verification", Opening::Secret(desk_slot, &desk.answer(&[0; 32], false))),
    ] {
        let error = opens(&home, &opening).unwrap_err();
        assert!(matches!(error, VaultError::Slot(SlotError::WrongSecret(_))), "{case}: {error}");
    }
    let nowhere = SlotId::from([9; 16]);
    let error = opens(&home, &Opening::Secret(nowhere, &secret(7))).unwrap_err();
    assert!(matches!(error, VaultError::Slot(SlotError::Unknown(id)) if id == nowhere));
}

#[test]
fn a_locked_vault_says_what_to_ask_and_no_name() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    let key = Key("desk");
    vault.add_slot(&NewWay::Key(key.enrol(&vault, true)), "the name of the key", WithLogin::Refused).unwrap();
    let (_, _, kept) = tpm(&vault, true);
    vault.add_slot(&NewWay::Kept(kept), "the name of the laptop", WithLogin::Refused).unwrap();
    let locked = vault.lock();
    let ways = locked.ways().unwrap();
    assert!(matches!(ways[..2], [Way::Passphrase, Way::Recovery]));
    assert!(matches!(&ways[2], Way::Key { credential, user_verification: true, with_passphrase: false, .. }
        if *credential == key.credential()));
    assert!(matches!(&ways[3], Way::Tpm { blob, pin: true, .. } if blob == b"a sealed object"));
    for path in home.files() {
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(8).any(|part| part == b"the name"), "{}", path.display());
    }
}

#[test]
fn slots_are_listed_with_name_date_and_last_use() {
    let home = Home::new();
    let uses = || FileUses::new(home.path().join("state/uses"), Arc::new(RealDisk));
    let context = home.context().with_uses(uses());
    let (mut vault, code) = LockedVault::create(&home.vault(), &passphrase(PASSPHRASE), &context).unwrap();
    let id = vault.add_slot(&NewWay::Key(Key("desk").enrol(&vault, true)), "desk", WithLogin::Refused).unwrap();
    let before = fs::read(home.vault()).unwrap();
    let locked = LockedVault::open(&home.vault(), &context).unwrap();
    let vault = locked.unlock_with_recovery(&code).unwrap();
    assert_eq!(fs::read(home.vault()).unwrap(), before, "opening writes nothing to the vault");
    let used: HashMap<_, _> = vault.slots().into_iter().map(|slot| (slot.kind, slot.used)).collect();
    let now = Some(UnixTime(1_700_000_000));
    assert_eq!(used[&SlotKind::Passphrase], now, "it made the vault");
    assert_eq!((used[&SlotKind::Recovery], used[&SlotKind::Key]), (now, None));
    let key = vault.slots().into_iter().find(|slot| slot.id == Some(id)).unwrap();
    assert_eq!((key.label.as_str(), key.created, key.opens_with_login), ("desk", now, false));

    let mut vault = vault;
    vault.label_slot(id, "bench").unwrap();
    let label = |home: &Home| home.unlock().unwrap().slots()[2].label.clone();
    assert_eq!(label(&home), "bench");
    vault.label_slot(id, "").unwrap();
    assert_eq!(label(&home), "");
    for odd in ["a\nb", &"x".repeat(129)] {
        assert!(matches!(vault.label_slot(id, odd), Err(VaultError::Slot(SlotError::Label))));
    }
    let unknown = SlotId::from([9; 16]);
    assert!(matches!(vault.label_slot(unknown, "x"), Err(VaultError::Slot(SlotError::Unknown(id))) if id == unknown));
}

#[test]
fn what_opens_with_the_login_is_not_added_unless_somebody_accepts_it() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    for (case, kept) in [("keyring", keyring(&vault).2), ("TPM without PIN", tpm(&vault, false).2)] {
        let way = NewWay::Kept(kept);
        let error = vault.add_slot(&way, "", WithLogin::Refused).unwrap_err();
        assert!(matches!(error, VaultError::Slot(SlotError::OpensWithLogin)), "{case}: {error}");
        vault.add_slot(&way, "", WithLogin::Accepted).unwrap();
        assert!(vault.slots().last().unwrap().opens_with_login, "{case}");
    }
    assert_eq!(vault.generation(), 3, "what was refused was not written");
}

#[test]
fn a_key_without_user_verification_opens_nothing_alone() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    let way = NewWay::Key(Key("desk").enrol(&vault, false));
    let error = vault.add_slot(&way, "", WithLogin::Accepted).unwrap_err();
    assert!(matches!(error, VaultError::Slot(SlotError::UserVerificationWanted)));
}

#[test]
fn a_key_is_enrolled_once_and_a_slot_too_many_is_refused_before_it_keeps_everybody_out() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    let key = Key("desk");
    vault.add_slot(&NewWay::Key(key.enrol(&vault, true)), "", WithLogin::Refused).unwrap();
    let again = NewWay::Key(key.enrol(&vault, true));
    let error = vault.add_slot(&again, "", WithLogin::Refused).unwrap_err();
    assert!(matches!(error, VaultError::Slot(SlotError::AlreadyEnrolled)));
    for _ in 3..32 {
        let (_, _, kept) = tpm(&vault, true);
        vault.add_slot(&NewWay::Kept(kept), "", WithLogin::Refused).unwrap();
    }
    let (_, _, kept) = tpm(&vault, true);
    let error = vault.add_slot(&NewWay::Kept(kept), "", WithLogin::Refused).unwrap_err();
    assert!(matches!(error, VaultError::Slot(SlotError::TooMany(32))));
    assert!(home.unlock().is_ok());
}

/// One answer of a key serves one slot: under the same id another would have the same salt.
#[test]
fn an_offer_that_has_a_slot_already_gets_no_second_one() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    let (ours, way) = (passphrase(PASSPHRASE), NewWay::Kept(tpm(&vault, true).2));
    vault.add_slot(&way, "", WithLogin::Refused).unwrap();
    let before = vault.slots();
    let again = vault.add_slot(&way, "", WithLogin::Refused).unwrap_err();
    assert!(matches!(again, VaultError::Slot(SlotError::AlreadyEnrolled)), "{again}");
    let request = Rekey {
        proof: Opening::Passphrase(&ours),
        policy: Policy::EitherOr,
        ways: vec![by_passphrase(&ours), (way, String::new())],
        remove: vec![],
        login: WithLogin::Refused,
        wanted: Wanted::ALWAYS,
    };
    let again = vault.rekey(&request).unwrap_err();
    assert!(matches!(again, VaultError::Slot(SlotError::AlreadyEnrolled)), "{again}");
    assert_eq!(vault.slots(), before);
}

/// All passphrases are tried at an unlock, so all of them must fit into its budget: one too many, and none would be.
#[test]
fn a_passphrase_too_dear_for_the_budget_of_an_unlock_is_refused() {
    let home = Home::new();
    let (_, code) = home.create();
    let before = fs::read(home.vault()).unwrap();
    // The whole budget for one: with the slot that is there it is too much. Nothing of it is computed.
    let dear = KdfPolicy { new_slots: Argon2Cost { memory_kib: 1 << 20, passes: 8, lanes: 1 }, ..CHEAP };
    let context = home.context().with_kdf(dear);
    let mut vault = LockedVault::open(&home.vault(), &context).unwrap().unlock_with_recovery(&code).unwrap();
    let second = passphrase("second");
    let error = vault.add_slot(&NewWay::Passphrase(&second), "", WithLogin::Refused).unwrap_err();
    assert!(matches!(error, VaultError::KdfOutOfBounds { .. }), "{error}");
    let ways = ["one", "two"].map(passphrase);
    let request = Rekey {
        proof: Opening::Recovery(&code),
        policy: Policy::EitherOr,
        ways: ways.iter().map(by_passphrase).collect(),
        remove: vec![],
        login: WithLogin::Refused,
        wanted: Wanted::ALWAYS,
    };
    assert!(matches!(vault.rekey(&request), Err(VaultError::KdfOutOfBounds { .. })));
    assert_eq!(fs::read(home.vault()).unwrap(), before);
}

#[test]
fn a_slot_that_could_not_be_written_is_not_there() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    home.unlock().unwrap().add(totp("another writer")).unwrap();
    let before = vault.slots();
    let way = NewWay::Key(Key("desk").enrol(&vault, true));
    assert!(matches!(vault.add_slot(&way, "desk", WithLogin::Refused), Err(VaultError::StaleGeneration { .. })));
    assert_eq!(vault.slots(), before);
}

#[test]
fn a_cheap_passphrase_slot_is_raised_by_the_next_save_and_not_by_the_unlock() {
    let home = Home::new();
    let (vault, _) = home.create();
    let id = vault.slots()[0].id;
    let before = fs::read(home.vault()).unwrap();
    let dearer = KdfPolicy { new_slots: Argon2Cost { memory_kib: 32, passes: 2, lanes: 1 }, ..CHEAP };
    let context = home.context().with_kdf(dearer);
    let unlock = || LockedVault::open(&home.vault(), &context).unwrap().unlock(&passphrase(PASSPHRASE)).unwrap();
    let mut vault = unlock();
    assert_eq!(fs::read(home.vault()).unwrap(), before);
    vault.add(totp("ada")).unwrap();
    // A floor that the former slot lies under: only a raised one is tried.
    let mut strict = dearer;
    strict.floor.memory_kib = 32;
    let strict = home.context().with_kdf(strict);
    let vault = LockedVault::open(&home.vault(), &strict).unwrap().unlock(&passphrase(PASSPHRASE)).unwrap();
    assert_eq!((vault.slots()[0].id, vault.slots()[0].created), (id, Some(UnixTime(1_700_000_000))));
    let raised = fs::read(home.vault()).unwrap();
    unlock();
    assert_eq!(fs::read(home.vault()).unwrap(), raised);
}

#[test]
fn a_fresh_proof_is_one_of_this_vault_alone() {
    let home = Home::new();
    let (vault, code) = home.create();
    let (_, foreign) = Home::new().create();
    assert!(vault.prove(&Opening::Passphrase(&passphrase(PASSPHRASE))).is_ok());
    assert!(vault.prove(&Opening::Recovery(&code)).is_ok());
    assert!(matches!(vault.prove(&Opening::Recovery(&foreign)), Err(VaultError::WrongRecoveryCode)));
    assert!(matches!(vault.prove(&Opening::Passphrase(&passphrase("x"))), Err(VaultError::WrongPassphrase)));
    assert_eq!(vault.policy(), &Policy::EitherOr);
}

/// A proof that is held against the vault apart from it counts only for the ways in that it was held against.
#[test]
fn a_prover_is_the_vault_s_until_its_ways_in_change() {
    let home = Home::new();
    let (mut vault, code) = home.create();
    let first = vault.slots()[0].id;
    let prover = vault.prover();
    assert_eq!(prover.prove(&Opening::Passphrase(&passphrase(PASSPHRASE))).unwrap(), first);
    assert!(matches!(prover.prove(&Opening::Passphrase(&passphrase("x"))), Err(VaultError::WrongPassphrase)));
    vault.add(totp("ada")).unwrap();
    assert!(prover.is_of(&vault), "accounts are no ways in");
    let (other, _) = Home::new().create();
    assert!(!prover.is_of(&other));
    let (_, _, kept) = tpm(&vault, true);
    vault.add_slot(&NewWay::Kept(kept), "", WithLogin::Refused).unwrap();
    assert!(!prover.is_of(&vault));
    let prover = vault.prover();
    let ours = passphrase(PASSPHRASE);
    let ways = vec![by_passphrase(&ours)];
    let request = Rekey {
        proof: Opening::Recovery(&code),
        policy: Policy::EitherOr,
        ways,
        remove: vec![],
        login: WithLogin::Refused,
        wanted: Wanted::ALWAYS,
    };
    vault.rekey(&request).unwrap();
    assert!(!prover.is_of(&vault));
}

/// Two of one kind: the one that is kept goes on, whichever was there first, and the other is the one that is gone.
#[test]
fn of_two_tpms_the_named_one_goes_on() {
    let home = Home::new();
    let (mut vault, code) = home.create();
    for name in ["desk", "laptop"] {
        let (_, _, kept) = tpm(&vault, true);
        vault.add_slot(&NewWay::Kept(kept), name, WithLogin::Refused).unwrap();
    }
    let (ours, desk) = (passphrase(PASSPHRASE), vault.slots()[2].id.unwrap());
    let (_, _, kept) = tpm(&vault, true);
    let mut request = Rekey {
        proof: Opening::Recovery(&code),
        policy: Policy::EitherOr,
        ways: vec![by_passphrase(&ours), (NewWay::Kept(kept), "laptop".to_owned())],
        remove: vec![],
        login: WithLogin::Refused,
        wanted: Wanted::ALWAYS,
    };
    let done = vault.rekey(&request).unwrap();
    assert_eq!(done.dropped.iter().map(|slot| slot.id).collect::<Vec<_>>(), [Some(desk)]);

    let (_, _, kept) = tpm(&vault, true);
    let laptop = vault.slots()[1].id.unwrap();
    request.proof = Opening::Passphrase(&ours);
    request.ways = vec![by_passphrase(&ours), (NewWay::Kept(kept), String::new())];
    request.remove = vec![laptop];
    let done = vault.rekey(&request).unwrap();
    assert!(done.dropped.is_empty(), "the new secret is not the removed one's");
    assert_eq!(vault.slots()[1].label, "");
}

/// The machine's speed is known from a passphrase that was wanted anyway.
#[test]
fn an_unlock_tells_what_its_passphrase_took() {
    let home = Home::new();
    let context = home.context();
    home.create();
    assert_eq!(context.last_hash(), None);
    let unlock = |secret: &str| LockedVault::open(&home.vault(), &context).unwrap().unlock(&passphrase(secret)).is_ok();
    assert!(unlock(PASSPHRASE));
    assert_eq!(context.last_hash().map(|(cost, _)| cost), Some(CHEAP.new_slots));
}
