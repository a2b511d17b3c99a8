//! A new vault key: after it nothing of before opens anything, wherever it is stopped.

mod support;

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use fob_cbor::{Limits, Map, Value};
use fob_vault::{
    Context, Foreign, LockedVault, NewWay, Opening, Passphrase, Policy, RecoveryCode, Rekey, SlotError, SlotId,
    SlotKind, SlotSecret, UnlockedVault, VaultError, Wanted, WithLogin,
};
use support::power::PowerDisk;
use support::steps::{Fault, StepDisk};
use support::ways::{Key, by_passphrase, keyring, tpm, unnamed};
use support::{Home, PASSPHRASE, context_in, passphrase, totp, vault_in};

const NEW: &str = "a new passphrase";

fn rekey<'a>(proof: Opening<'a>, ways: Vec<(NewWay<'a>, String)>, remove: Vec<SlotId>) -> Rekey<'a> {
    Rekey { proof, policy: Policy::EitherOr, ways, remove, login: WithLogin::Refused, wanted: Wanted::ALWAYS }
}

fn slot(vault: &UnlockedVault, kind: &SlotKind) -> SlotId {
    vault.slots().into_iter().find(|slot| slot.kind == *kind).and_then(|slot| slot.id).expect("it has one")
}

/// Whether this opens a copy of a file, whatever the pin says.
fn opens(file: &Path, opening: &Opening<'_>) -> bool {
    let home = Home::new();
    home.put(&fs::read(file).expect("a vault or a backup"));
    home.open().is_ok_and(|locked| locked.unlock_with(opening).is_ok())
}

/// The vault and everything beside it that is a vault.
fn all(home: &Home) -> Vec<std::path::PathBuf> {
    let files = home.files().into_iter();
    files.filter(|path| fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"FOBVAULT"))).collect()
}

fn filled(home: &Home) -> (UnlockedVault, RecoveryCode) {
    let (mut vault, code) = home.create();
    for name in ["ada", "bob", "eve"] {
        vault.add(totp(name)).expect("nothing stops it");
    }
    (vault, code)
}

#[test]
fn after_a_removal_the_secret_opens_neither_the_vault_nor_any_backup() {
    let home = Home::new();
    let (mut vault, code) = filled(&home);
    let (lost, spare) = (Key("lost"), Key("spare"));
    vault.add_slot(&NewWay::Key(lost.enrol(&vault, true)), "lost", WithLogin::Refused).unwrap();
    vault.add_slot(&NewWay::Key(spare.enrol(&vault, true)), "spare", WithLogin::Refused).unwrap();
    vault.add(totp("later")).unwrap();
    let ways = home.open().unwrap().ways().unwrap();
    let (lost_slot, lost_secret) = lost.answers(&ways).unwrap();
    let (spare_slot, spare_secret) = spare.answers(&ways).unwrap();
    let ours = passphrase(PASSPHRASE);
    let before = all(&home);
    assert_eq!(before.len(), 7, "the vault and its six versions");
    let lost_one = Opening::Secret(lost_slot, &lost_secret);
    assert_eq!(before.iter().filter(|file| opens(file, &lost_one)).count(), 3, "it did open three of them");

    let ways = vec![by_passphrase(&ours), (NewWay::Key(spare.enrol(&vault, true)), String::new())];
    let done = vault.rekey(&rekey(Opening::Passphrase(&ours), ways, vec![lost_slot])).unwrap();
    assert!(done.dropped.is_empty() && done.not_removed.is_empty() && done.unsynced.is_none());

    let after = all(&home);
    assert_eq!(after.len(), 8, "and the version before the new key");
    let new_ways = home.open().unwrap().ways().unwrap();
    let (new_spare_slot, new_spare_secret) = spare.answers(&new_ways).unwrap();
    for file in &after {
        let name = file.display();
        assert!(!opens(file, &lost_one), "{name}");
        assert!(!opens(file, &Opening::Recovery(&code)), "{name}: the former recovery code");
        assert!(!opens(file, &Opening::Secret(spare_slot, &spare_secret)), "{name}: a secret for a former salt");
        assert!(opens(file, &Opening::Passphrase(&ours)), "{name}");
        assert!(opens(file, &Opening::Recovery(&done.recovery)), "{name}");
        assert!(opens(file, &Opening::Secret(new_spare_slot, &new_spare_secret)), "{name}");
    }
    assert!(lost.answers(&new_ways).is_none());
    let vault = home.unlock().unwrap();
    assert_eq!(vault.entries().len(), 4);
    assert_eq!(
        vault.slots().into_iter().map(|slot| slot.label).collect::<Vec<_>>(),
        ["", "spare", ""],
        "a name goes on"
    );
}

#[test]
fn what_was_not_presented_goes_and_is_listed() {
    let home = Home::new();
    let (mut vault, _) = filled(&home);
    vault.add_slot(&NewWay::Key(Key("at home").enrol(&vault, true)), "at home", WithLogin::Refused).unwrap();
    let (_, _, kept) = keyring(&vault);
    vault.add_slot(&NewWay::Kept(kept), "login", WithLogin::Accepted).unwrap();
    let second = passphrase("second");
    vault.add_slot(&NewWay::Passphrase(&second), "second", WithLogin::Refused).unwrap();
    let ours = passphrase(PASSPHRASE);
    let done = vault.rekey(&rekey(Opening::Passphrase(&ours), vec![by_passphrase(&ours)], vec![])).unwrap();
    let dropped: Vec<_> = done.dropped.into_iter().map(|slot| slot.label).collect();
    assert_eq!(dropped, ["at home", "login", "second"]);
    let kinds: Vec<_> = vault.slots().into_iter().map(|slot| slot.kind).collect();
    assert_eq!(kinds, [SlotKind::Passphrase, SlotKind::Recovery]);
    for file in all(&home) {
        assert!(!opens(&file, &Opening::Passphrase(&second)), "{}", file.display());
        assert!(opens(&file, &Opening::Passphrase(&ours)), "{}", file.display());
    }
}

#[test]
fn a_changed_passphrase_opens_and_the_former_one_opens_nothing() {
    let home = Home::new();
    let (mut vault, _) = filled(&home);
    let (old, new) = (passphrase(PASSPHRASE), passphrase(NEW));
    let id = slot(&vault, &SlotKind::Passphrase);
    vault.rekey(&rekey(Opening::Passphrase(&old), vec![by_passphrase(&new)], vec![id])).unwrap();
    vault.add(totp("later")).unwrap();
    for file in all(&home) {
        assert!(opens(&file, &Opening::Passphrase(&new)), "{}", file.display());
        assert!(!opens(&file, &Opening::Passphrase(&old)), "{}", file.display());
    }
}

#[test]
fn a_forgotten_passphrase_is_replaced_by_the_recovery_code() {
    let home = Home::new();
    let (vault, code) = filled(&home);
    let id = slot(&vault, &SlotKind::Passphrase);
    let mut vault = vault.lock().unlock_with_recovery(&code).unwrap();
    let new = passphrase(NEW);
    let done = vault.rekey(&rekey(Opening::Recovery(&code), vec![by_passphrase(&new)], vec![id])).unwrap();
    assert!(done.dropped.is_empty());
    let locked = home.open().unwrap();
    let (locked, error) = locked.unlock_with_recovery(&code).unwrap_err();
    assert!(matches!(error, VaultError::WrongRecoveryCode));
    assert!(locked.unlock_with_recovery(&done.recovery).is_ok());
}

#[test]
fn the_last_safe_way_in_stays() {
    let home = Home::new();
    let (mut vault, code) = filled(&home);
    let ours = passphrase(PASSPHRASE);
    let before = fs::read(home.vault()).unwrap();
    let id = slot(&vault, &SlotKind::Passphrase);
    let key = || NewWay::Key(Key("desk").enrol(&home.unlock().unwrap(), true));
    type Expected = fn(&VaultError) -> bool;
    let cases: Vec<(&str, Rekey<'_>, Expected)> = vec![
        ("keys alone", rekey(Opening::Passphrase(&ours), unnamed(vec![key()]), vec![id]), |error| {
            matches!(error, VaultError::Slot(SlotError::LastSafeWay))
        }),
        ("nothing", rekey(Opening::Recovery(&code), vec![], vec![]), |error| {
            matches!(error, VaultError::Slot(SlotError::LastSafeWay))
        }),
        (
            "the removed passphrase itself",
            rekey(Opening::Passphrase(&ours), vec![by_passphrase(&ours)], vec![id]),
            |error| matches!(error, VaultError::Slot(SlotError::RemovedAndPresented(_))),
        ),
        (
            "the removed passphrase itself, proven by the code",
            rekey(Opening::Recovery(&code), vec![by_passphrase(&ours)], vec![id]),
            |error| matches!(error, VaultError::Slot(SlotError::RemovedAndPresented(_))),
        ),
        (
            "a slot that is not there",
            rekey(Opening::Passphrase(&ours), vec![by_passphrase(&ours)], vec![SlotId::from([9; 16])]),
            |error| matches!(error, VaultError::Slot(SlotError::Unknown(_))),
        ),
        (
            "one key twice",
            rekey(
                Opening::Passphrase(&ours),
                vec![by_passphrase(&ours), (key(), String::new()), (key(), String::new())],
                vec![],
            ),
            |error| matches!(error, VaultError::Slot(SlotError::AlreadyEnrolled)),
        ),
    ];
    for (case, request, expected) in cases {
        let error = vault.rekey(&request).unwrap_err();
        assert!(expected(&error), "{case}: {error}");
        assert_eq!(fs::read(home.vault()).unwrap(), before, "{case}");
    }
    let wrong = passphrase("wrong");
    let error = vault.rekey(&rekey(Opening::Passphrase(&wrong), vec![by_passphrase(&wrong)], vec![])).unwrap_err();
    assert!(matches!(error, VaultError::WrongPassphrase), "a proof that proves nothing: {error}");
    assert!(home.unlock().is_ok());
}

/// A person who gives up, and a lock that waits, wait for one run of Argon2 and not for all of them.
#[test]
fn work_that_nobody_wants_any_more_ends_before_the_next_hash_and_before_the_write() {
    let home = Home::new();
    let (mut vault, _) = filled(&home);
    vault.set_quick_pin(Some(&passphrase("4711"))).unwrap();
    let (old, new) = (passphrase(PASSPHRASE), passphrase(NEW));
    let (id, key) = (slot(&vault, &SlotKind::Passphrase), vault.slots());
    let before: Vec<_> = home.files().into_iter().map(|path| (fs::read(&path).unwrap(), path)).collect();
    let asked = Cell::new(0);
    let mut try_it = |answers: usize| {
        asked.set(0);
        let still = || {
            asked.set(asked.get() + 1);
            asked.get() <= answers
        };
        let request = rekey(Opening::Passphrase(&old), vec![by_passphrase(&new)], vec![id]);
        let outcome = vault.rekey(&Rekey { wanted: Wanted::as_long_as(&still), ..request });
        (outcome, asked.get(), vault.has_quick_pin(), vault.slots())
    };
    // The proof, the slot that is to go, the new passphrase, the write.
    for answers in 0..4 {
        let (outcome, asked, has_quick_pin, slots) = try_it(answers);
        assert!(matches!(outcome, Err(VaultError::NotWanted)), "{answers}: {outcome:?}");
        assert_eq!(asked, answers + 1, "nothing is done after a no");
        assert!(has_quick_pin && slots == key, "memory is as it was");
        let now: Vec<_> = home.files().into_iter().map(|path| (fs::read(&path).unwrap(), path)).collect();
        assert!(now == before, "{answers}: something was written");
    }
    assert!(home.unlock().is_ok());
    let (outcome, asked, ..) = try_it(4);
    assert!(outcome.is_ok() && asked == 4, "{asked}: {outcome:?}");
}

fn both<'a>(ours: &'a Passphrase, key: &Key, vault: &UnlockedVault) -> (NewWay<'a>, String) {
    (NewWay::PassphraseAndKey(ours, key.enrol(vault, false)), key.0.to_owned())
}

#[test]
fn passphrase_and_key_is_a_policy_of_the_whole_vault() {
    let home = Home::new();
    let (mut vault, _) = filled(&home);
    let ours = passphrase(PASSPHRASE);
    let (desk, spare) = (Key("desk"), Key("spare"));
    let ways = vec![both(&ours, &desk, &vault), both(&ours, &spare, &vault)];
    let request = Rekey {
        proof: Opening::Passphrase(&ours),
        policy: Policy::PassphraseAndKey,
        ways,
        remove: vec![],
        login: WithLogin::Refused,
        wanted: Wanted::ALWAYS,
    };
    let done = vault.rekey(&request).unwrap();
    let ways = home.open().unwrap().ways().unwrap();
    for key in [&desk, &spare] {
        let (slot, secret) = key.answers(&ways).unwrap();
        let open =
            |opening: &Opening<'_>| home.open().unwrap().unlock_with(opening).map(|_| ()).map_err(|(_, error)| error);
        assert!(open(&Opening::PassphraseAndKey(&ours, slot, &secret)).is_ok());
        let wrong = passphrase("wrong");
        assert!(matches!(open(&Opening::PassphraseAndKey(&wrong, slot, &secret)), Err(VaultError::WrongPassphrase)));
        let other = SlotSecret::from_slice(&[7; 32]).unwrap();
        assert!(matches!(open(&Opening::PassphraseAndKey(&ours, slot, &other)), Err(VaultError::WrongPassphrase)));
        assert!(matches!(open(&Opening::Secret(slot, &secret)), Err(VaultError::Slot(SlotError::PassphraseWanted))));
        assert!(matches!(open(&Opening::Passphrase(&ours)), Err(VaultError::Slot(SlotError::KeyWanted))));
    }
    assert!(home.open().unwrap().unlock_with_recovery(&done.recovery).is_ok(), "the code stays beside it");
    for file in all(&home) {
        assert!(!opens(&file, &Opening::Passphrase(&ours)), "{}: the passphrase alone", file.display());
    }

    let barred = [
        ("passphrase", NewWay::Passphrase(&ours)),
        ("key", NewWay::Key(Key("third").enrol(&vault, true))),
        ("keyring", NewWay::Kept(keyring(&vault).2)),
        ("TPM", NewWay::Kept(tpm(&vault, false).2)),
        ("TPM with a PIN", NewWay::Kept(tpm(&vault, true).2)),
    ];
    for (case, way) in barred {
        let error = vault.add_slot(&way, "", WithLogin::Accepted).unwrap_err();
        assert!(matches!(error, VaultError::Slot(SlotError::Barred { .. })), "{case}: {error}");
    }
    let (third, _) = both(&ours, &Key("third"), &vault);
    vault.add_slot(&third, "third", WithLogin::Refused).unwrap();

    // And back, with a proof of both.
    let (slot, secret) = desk.answers(&ways).unwrap();
    let proof = Opening::PassphraseAndKey(&ours, slot, &secret);
    let done = vault.rekey(&rekey(proof, vec![by_passphrase(&ours)], vec![])).unwrap();
    assert_eq!(done.dropped.len(), 3);
    assert!(home.unlock().is_ok());
}

/// A file of before, under the key of before, with a generation that no pin has seen.
#[test]
fn a_forged_older_file_with_a_raised_generation_is_named_and_not_opened() {
    let home = Home::new();
    let (mut vault, _) = filled(&home);
    let ours = passphrase(PASSPHRASE);
    let old = fs::read(home.vault()).unwrap();
    // Its generation set to a million and a `check` that fits: what anybody can do who has the file.
    let raised = |file: &[u8]| {
        let length = u32::from_be_bytes(*file[10..].first_chunk().unwrap()) as usize;
        let Value::Map(mut map) = fob_cbor::decode(&file[14..14 + length], Limits::deep(8)).unwrap() else {
            panic!("a header is a map")
        };
        map.remove(&Value::from("check"));
        map.insert("generation", 1_000_000_u64);
        let sum = |map: &Map| {
            let bytes = fob_cbor::encode(&Value::Map(map.clone()));
            ring::digest::digest(&ring::digest::SHA256, &bytes).as_ref()[..16].to_vec()
        };
        let check = sum(&map);
        map.insert("check", check);
        let header = fob_cbor::encode(&Value::Map(map));
        let length_bytes = u32::try_from(header.len()).unwrap().to_be_bytes();
        [&file[..10], &length_bytes, &header, &file[14 + length..]].concat()
    };
    let forged = raised(&old);
    home.put(&forged);
    let error = home.unlock().unwrap_err();
    assert!(matches!(error, VaultError::Damaged { .. }), "under the same key its header is not authentic: {error}");
    home.put(&old);
    vault.rekey(&rekey(Opening::Passphrase(&ours), vec![by_passphrase(&ours)], vec![])).unwrap();
    for file in [&old, &forged] {
        home.put(file);
        let error = home.open().unwrap_err();
        assert!(matches!(error, VaultError::ForeignOrRetired { reason: Foreign::AnotherKey, .. }), "{error}");
    }
}

/// Neither of two passphrases is ever lost: at every step one of them opens.
fn open_by_either(path: &Path, context: &Context) -> Result<(UnlockedVault, bool), VaultError> {
    let locked = LockedVault::open(path, context)?;
    match locked.unlock(&passphrase(PASSPHRASE)) {
        Ok(vault) => Ok((vault, false)),
        Err((locked, _)) => locked.unlock(&passphrase(NEW)).map(|vault| (vault, true)).map_err(|(_, error)| error),
    }
}

fn change(vault: &mut UnlockedVault) -> Result<(), VaultError> {
    let (old, new) = (passphrase(PASSPHRASE), passphrase(NEW));
    let id = slot(vault, &SlotKind::Passphrase);
    let done = vault.rekey(&rekey(Opening::Passphrase(&old), vec![by_passphrase(&new)], vec![id]))?;
    done.unsynced.map_or(Ok(()), Err)
}

#[test]
fn a_new_key_that_is_stopped_anywhere_leaves_the_old_vault_or_the_new_one() {
    let home = Home::new();
    filled(&home);
    let former = home.named(".backup-").len();
    let mut seen = [false; 2];
    for step in 1.. {
        let home = home.copy();
        let disk = Arc::new(StepDisk::new(Fault::Stop));
        let context = context_in(home.path(), disk.clone());
        let mut vault = LockedVault::open(&home.vault(), &context).unwrap().unlock(&passphrase(PASSPHRASE)).unwrap();
        disk.arm(step);
        let done = change(&mut vault);
        let struck = disk.struck();
        drop(vault);
        let (mut found, is_new) =
            open_by_either(&home.vault(), &home.context()).unwrap_or_else(|error| panic!("step {step}: {error}"));
        seen[usize::from(is_new)] = true;
        assert_eq!(found.entries().len(), 3, "step {step}");
        assert!(done.is_err() || is_new, "step {step}: it said that it was done");
        if is_new {
            for file in all(&home) {
                let old = passphrase(PASSPHRASE);
                assert!(!opens(&file, &Opening::Passphrase(&old)), "step {step}: {}", file.display());
            }
            let kept = home.named(".backup-").len();
            assert_eq!(kept, former + 1, "step {step}: every version is there, under the new key");
        }
        found.add(totp("later")).unwrap();
        assert_eq!(home.named(".tmp-"), [""; 0], "step {step}: leftovers are cleared away");
        if !struck {
            assert!(step > 20, "a new key has more steps than {step}");
            done.unwrap();
            break;
        }
    }
    assert_eq!(seen, [true, true], "it was stopped before and after");
}

/// A disk that does not give a version back today may do so tomorrow; a version must not go unread.
#[test]
fn a_version_that_cannot_be_read_stops_a_new_key_and_stays() {
    let home = Home::new();
    drop(filled(&home));
    let mut stopped = 0;
    for step in 1.. {
        let home = home.copy();
        let disk = Arc::new(StepDisk::new(Fault::Once));
        let context = context_in(home.path(), disk.clone());
        let mut vault = LockedVault::open(&home.vault(), &context).unwrap().unlock(&passphrase(PASSPHRASE)).unwrap();
        let before = (fs::read(home.vault()).unwrap(), home.named(".backup-"));
        disk.arm(step);
        let done = change(&mut vault);
        if matches!(done, Err(VaultError::Io { doing: "read an older version", .. })) {
            assert_eq!((fs::read(home.vault()).unwrap(), home.named(".backup-")), before, "step {step}");
            stopped += 1;
        }
        if !disk.struck() {
            break;
        }
    }
    assert_eq!(stopped, 3, "once for each version");
}

/// Neither a version that others may read nor one that makes no sense keeps the old key alive or stops the new one.
#[test]
fn a_version_with_other_rights_is_sealed_again_and_one_that_is_none_goes() {
    let home = Home::new();
    let (mut vault, _) = filled(&home);
    let mut versions = home.named(".backup-");
    versions.sort();
    let versions: Vec<_> = versions.iter().map(|name| home.path().join(name)).collect();
    // Each a second name of its own file: the vault's rights stay.
    support::chmod(&versions[0], 0o644);
    fs::remove_file(&versions[1]).unwrap();
    fs::write(&versions[1], "no vault").unwrap();
    change(&mut vault).unwrap();
    let kept = home.named(".backup-");
    assert_eq!(kept.len(), 3, "two of three, and the version before the new key: {kept:?}");
    for file in all(&home) {
        assert!(opens(&file, &Opening::Passphrase(&passphrase(NEW))), "{}", file.display());
    }
}

#[test]
fn a_power_cut_during_a_new_key_leaves_the_old_vault_or_the_new_one() {
    let start = PowerDisk::default();
    let path = vault_in(Path::new("/home"));
    let context = |disk: &PowerDisk| context_in(Path::new("/home"), Arc::new(disk.clone()));
    let (mut vault, _) = LockedVault::create(&path, &passphrase(PASSPHRASE), &context(&start)).unwrap();
    vault.add(totp("ada")).unwrap();
    for step in 1.. {
        let disk = start.copy();
        let mut vault = LockedVault::open(&path, &context(&disk)).unwrap().unlock(&passphrase(PASSPHRASE)).unwrap();
        disk.arm(step);
        let done = change(&mut vault);
        for found in disk.found_later() {
            let (vault, is_new) =
                open_by_either(&path, &context(&found)).unwrap_or_else(|error| panic!("step {step}: {error}"));
            assert_eq!(vault.entries().len(), 1, "step {step}");
            assert!(done.is_err() || is_new, "step {step}: it said that it was done");
        }
        if !disk.is_dark() {
            assert!(step > 10, "a new key has more steps than {step}");
            done.unwrap();
            break;
        }
    }
}
