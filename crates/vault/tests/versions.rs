//! Older versions: which stay, what is said of them, and how one comes back.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fob_ambient::{Clock, FakeClock, Millis, SystemRng, UnixTime};
use fob_cbor::{Limits, Value};
use fob_otp::Kind;
use fob_vault::{
    Context, FilePins, Foreign, LockedVault, NoPins, Occasion, Opening, Part, Passphrase, Pin, Pins, Policy, RealDisk,
    Rekey, Rekeyed, UnlockedVault, VaultError, Version, VersionState, Wanted, WithLogin,
};
use support::steps::{Fault, StepDisk};
use support::ways::by_passphrase;
use support::{CHEAP, Home, PASSPHRASE, context_in, hotp, passphrase, totp};

fn names(vault: &UnlockedVault) -> Vec<&str> {
    vault.entries().iter().map(|entry| entry.name.as_str()).collect()
}

fn counter(vault: &UnlockedVault, name: &str) -> u64 {
    let entry = vault.entries().iter().find(|entry| entry.name == name).expect("it was added");
    let Kind::Hotp { counter } = entry.kind else { panic!("it has a counter") };
    counter
}

fn versions(home: &Home) -> Vec<Version> {
    LockedVault::versions(&home.vault(), &home.context()).expect("the folder is there")
}

/// The newest version of this generation.
fn version(home: &Home, generation: u64) -> PathBuf {
    versions(home).into_iter().find(|version| version.generation == generation).expect("it was kept").path
}

fn restore(home: &Home, generation: u64) -> Result<(UnlockedVault, fob_vault::Restored), VaultError> {
    let ours = passphrase(PASSPHRASE);
    LockedVault::restore(&home.vault(), &version(home, generation), &Opening::Passphrase(&ours), &home.context())
}

/// A vault of generation 4 with three entries, one of them counted.
fn filled(home: &Home) -> UnlockedVault {
    let mut vault = home.create().0;
    vault.add(hotp("door", 3)).expect("nothing stops it");
    vault.add(totp("ada")).expect("nothing stops it");
    vault.add(totp("bob")).expect("nothing stops it");
    vault
}

#[test]
fn the_newest_of_each_of_seven_days_stays_beside_the_ten_last() {
    let home = Home::new();
    // A midnight in UTC.
    let clock = Arc::new(FakeClock::at(UnixTime(19_675 * 24 * 60 * 60)));
    let pins = FilePins::new(home.path().join("state/pin"), Arc::new(RealDisk));
    let context = Context::new(clock.clone(), SystemRng::new(), pins).with_kdf(CHEAP);
    let (mut vault, _) = LockedVault::create(&home.vault(), &passphrase(PASSPHRASE), &context).unwrap();
    let mut newest = Vec::new();
    for day in 0..9 {
        for hour in 0..12 {
            vault.add(totp(&format!("{day}.{hour}"))).unwrap();
            clock.advance(Millis(60 * 60 * 1000));
        }
        newest.push(vault.generation());
        clock.advance(Millis(12 * 60 * 60 * 1000));
    }
    let kept: Vec<u64> = versions(&home).iter().map(|version| version.generation).rev().collect();
    let last = vault.generation() - 1;
    let days = newest.iter().copied().filter(|&newest| newest < last - 9).rev().take(6).collect::<Vec<_>>();
    let expected: Vec<u64> = days.into_iter().rev().chain(last - 9..=last).collect();
    assert_eq!(kept, expected);
    assert_eq!(clock.wall().0, (19_675 + 9) * 24 * 60 * 60, "nine days have passed");
    for version in versions(&home) {
        assert!(matches!(version.state, VersionState::Whole), "{version:?}");
    }
    assert!(vault.verified_versions().iter().all(|version| matches!(version.state, VersionState::Verified)));
}

#[test]
fn each_version_is_looked_at_and_a_damaged_one_is_named() {
    let home = Home::new();
    let vault = filled(&home);
    let damaged = version(&home, 2);
    // A hard link to a former vault: only this name's bytes change.
    let mut bytes = fs::read(&damaged).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::remove_file(&damaged).unwrap();
    fs::write(&damaged, &bytes).unwrap();
    support::chmod(&damaged, 0o600);
    fs::write(version(&home, 1), "").unwrap();
    let states: Vec<_> = versions(&home).into_iter().map(|version| (version.generation, version.state)).collect();
    assert!(matches!(
        states[..],
        [(3, VersionState::Whole), (2, VersionState::Whole), (1, VersionState::Unsound(VaultError::Empty { .. }))]
    ));
    let states: Vec<_> = vault.verified_versions().into_iter().map(|version| version.state).collect();
    assert!(matches!(
        states[..],
        [
            VersionState::Verified,
            VersionState::Unsound(VaultError::Damaged { .. }),
            VersionState::Unsound(VaultError::Empty { .. })
        ]
    ));
    assert!(matches!(restore(&home, 2), Err(VaultError::Damaged { .. })));
    assert_eq!(names(&home.unlock().unwrap()), ["door", "ada", "bob"], "and what is there stays there");
}

#[test]
fn a_version_comes_back_as_a_new_generation_and_what_was_there_is_kept() {
    let home = Home::new();
    let mut vault = filled(&home);
    let id = vault.entries()[0].id;
    assert_eq!(vault.take_hotp(id).unwrap().counter, 3);
    assert_eq!(vault.take_hotp(id).unwrap().counter, 4);
    let (restored, report) = restore(&home, 3).unwrap();
    assert_eq!((report.from, report.generation, report.resync), (3, 7, 1));
    assert!(report.foreign.is_none());
    assert_eq!(names(&restored), ["door", "ada"]);
    assert_eq!(counter(&restored, "door"), 5, "the higher counter stays");
    drop(restored);
    let mut vault = home.unlock().expect("a later generation passes the pin");
    assert_eq!((vault.generation(), names(&vault)), (7, vec!["door", "ada"]));
    vault.add(totp("later")).unwrap();
    let before = versions(&home).into_iter().find(|version| version.occasion == Some(Occasion::Restore)).unwrap();
    assert_eq!(before.generation, 6);
    let ours = passphrase(PASSPHRASE);
    let (vault, report) =
        LockedVault::restore(&home.vault(), &before.path, &Opening::Passphrase(&ours), &home.context()).unwrap();
    assert_eq!((report.generation, names(&vault)), (9, vec!["door", "ada", "bob"]));
}

/// A counter that went on while its entry lay in the bin of an older version must not come back with it.
#[test]
fn what_lies_in_the_bin_of_a_version_is_marked_too() {
    let home = Home::new();
    let mut vault = filled(&home);
    let id = vault.entries()[0].id;
    vault.remove(id).unwrap();
    let binned = vault.generation();
    vault.restore(id).unwrap();
    vault.take_hotp(id).unwrap();
    let (mut vault, report) = restore(&home, binned).unwrap();
    assert_eq!((names(&vault), report.resync), (vec!["ada", "bob"], 0));
    vault.restore(id).unwrap();
    assert_eq!(counter(&vault, "door"), 4);
}

#[test]
fn a_vault_that_is_lost_or_damaged_is_restored_and_the_damaged_one_kept() {
    for damage in [None, Some(&b"FOBVAULT\0\x01 and then nothing"[..]), Some(b"")] {
        let home = Home::new();
        filled(&home);
        match damage {
            None => fs::remove_file(home.vault()).unwrap(),
            Some(bytes) => home.put(bytes),
        }
        assert!(home.open().is_err());
        let (vault, report) = restore(&home, 3).unwrap();
        assert_eq!((report.from, report.generation), (3, 5), "the pin has seen generation 4");
        assert_eq!((names(&vault), counter(&vault, "door")), (vec!["door", "ada"], 3));
        assert!(home.unlock().is_ok());
        let kept: Vec<_> =
            home.named("-restore").iter().map(|name| fs::read(home.path().join(name)).unwrap()).collect();
        assert_eq!(kept, damage.into_iter().filter(|bytes| !bytes.is_empty()).collect::<Vec<_>>());
    }
}

/// A new vault key for another passphrase.
fn rekey(vault: &mut UnlockedVault, old: &Passphrase, new: &Passphrase) -> Rekeyed {
    let id = vault.slots().first().and_then(|slot| slot.id).expect("our slots have ids");
    let request = Rekey {
        proof: Opening::Passphrase(old),
        policy: Policy::EitherOr,
        ways: vec![by_passphrase(new)],
        remove: vec![id],
        login: WithLogin::Refused,
        wanted: Wanted::ALWAYS,
    };
    vault.rekey(&request).expect("nothing stops it")
}

/// A vault of generation 6 under a new passphrase, and a copy of generation 4 under the key of before.
fn rekeyed(home: &Home, new: &Passphrase) -> PathBuf {
    let mut vault = filled(home);
    let elsewhere = home.path().join("a copy on a stick");
    fs::copy(home.vault(), &elsewhere).expect("a file can be copied");
    rekey(&mut vault, &passphrase(PASSPHRASE), new);
    vault.add(totp("later")).expect("nothing stops it");
    elsewhere
}

#[test]
fn an_older_copy_under_a_retired_key_is_opened_by_restore_alone() {
    let home = Home::new();
    let (old, new) = (passphrase(PASSPHRASE), passphrase("new"));
    let elsewhere = rekeyed(&home, &new);
    let current = fs::read(home.vault()).unwrap();
    home.put(&fs::read(&elsewhere).unwrap());
    assert!(matches!(home.open(), Err(VaultError::ForeignOrRetired { reason: Foreign::AnotherKey, .. })));
    home.put(&current);

    let opening = Opening::Passphrase(&old);
    let (vault, report) = LockedVault::restore(&home.vault(), &elsewhere, &opening, &home.context()).unwrap();
    assert_eq!((names(&vault), report.generation), (vec!["door", "ada", "bob"], 7));
    let slots = report.foreign.expect("it says whose ways in are back");
    assert_eq!(slots.len(), 2);
    drop(vault);
    assert!(home.unlock().is_ok(), "the pin went along");
    let states: Vec<_> = versions(&home).into_iter().map(|version| (version.generation, version.state)).collect();
    assert!(states.iter().any(|(generation, state)| *generation == 6 && matches!(state, VersionState::AnotherKey)));
}

/// The vault that was there before a restoring was promised to be kept, and a later new key swept it away.
#[test]
fn what_a_foreign_restoring_kept_outlives_the_new_key_after_it() {
    let home = Home::new();
    let (old, new, third) = (passphrase(PASSPHRASE), passphrase("new"), passphrase("third"));
    let elsewhere = rekeyed(&home, &new);
    let promised = fs::read(home.vault()).unwrap();
    let under_new: Vec<PathBuf> = versions(&home).into_iter().map(|version| version.path).collect();
    let restore = |from: &Path, opening| LockedVault::restore(&home.vault(), from, &opening, &home.context());
    let (mut vault, _) = restore(&elsewhere, Opening::Passphrase(&old)).unwrap();
    let kept = home.named("-restore");
    let [kept] = &kept[..] else { panic!("one was kept: {kept:?}") };
    let kept = home.path().join(kept);

    let done = rekey(&mut vault, &old, &third);
    assert!(done.not_removed.contains(&kept), "it is named, for what opened it opens it still");
    assert!(under_new.iter().all(|path| path.exists() && done.not_removed.contains(path)));
    assert_eq!(fs::read(&kept).unwrap(), promised);
    drop(vault);
    drop(home.open().unwrap().unlock(&third).unwrap());
    assert_eq!(fs::read(&kept).unwrap(), promised, "nor does the next unlock sweep it away");
    let (vault, _) = restore(&kept, Opening::Passphrase(&new)).unwrap();
    assert_eq!(names(&vault), ["door", "ada", "bob", "later"]);
}

/// Whoever looks for the right version tries one after another.
#[test]
fn the_vault_before_the_first_of_four_restorings_is_still_there() {
    let home = Home::new();
    let mut vault = filled(&home);
    vault.add(totp("only here")).unwrap();
    let before = fs::read(home.vault()).unwrap();
    drop(vault);
    for generation in [1, 2, 3, 4, 3] {
        restore(&home, generation).unwrap();
    }
    assert!(versions(&home).iter().any(|version| fs::read(&version.path).unwrap() == before));
    let (vault, _) = restore(&home, 5).unwrap();
    assert_eq!(names(&vault), ["door", "ada", "bob", "only here"]);
}

#[test]
fn a_planted_generation_does_not_stop_the_count() {
    let home = Home::new();
    drop(filled(&home));
    // Its generation set to the highest and a `check` that fits: what anybody can do who has the file.
    let file = fs::read(home.vault()).unwrap();
    let length = u32::from_be_bytes(*file[10..].first_chunk().unwrap()) as usize;
    let Value::Map(mut map) = fob_cbor::decode(&file[14..14 + length], Limits::deep(8)).unwrap() else {
        panic!("a header is a map")
    };
    map.remove(&Value::from("check"));
    map.insert("generation", u64::MAX);
    let sum = ring::digest::digest(&ring::digest::SHA256, &fob_cbor::encode(&Value::Map(map.clone())));
    map.insert("check", sum.as_ref()[..16].to_vec());
    let header = fob_cbor::encode(&Value::Map(map));
    let length_bytes = u32::try_from(header.len()).unwrap().to_be_bytes();
    home.put(&[&file[..10], &length_bytes, &header, &file[14 + length..]].concat());
    let (mut vault, report) = restore(&home, 3).unwrap();
    assert_eq!(report.generation, 5, "the pin has seen generation 4");
    vault.add(totp("later")).unwrap();
    assert_eq!((vault.generation(), home.unlock().unwrap().generation()), (6, 6));
}

#[test]
fn a_pin_at_the_end_of_all_generations_is_refused_and_not_repeated() {
    let home = Home::new();
    let vault = filled(&home);
    let pins = FilePins::new(home.path().join("state/pin"), Arc::new(RealDisk));
    let pin = pins.load().unwrap().unwrap();
    pins.save(&Pin { generation: u64::MAX, ..pin }).unwrap();
    let before = fs::read(home.vault()).unwrap();
    drop(vault);
    assert!(matches!(restore(&home, 3), Err(VaultError::Damaged { part: Part::Header, .. })));
    assert_eq!(fs::read(home.vault()).unwrap(), before);
}

/// The pin had been told of a key that then did not come: a file under it would have passed.
#[test]
fn a_foreign_restoring_that_fails_leaves_the_pin_as_it_was() {
    let home = Home::new();
    let (old, new) = (passphrase(PASSPHRASE), passphrase("new"));
    let elsewhere = rekeyed(&home, &new);
    let mut failed = 0;
    for step in 1.. {
        let home = home.copy();
        let pins = FilePins::new(home.path().join("state/pin"), Arc::new(RealDisk));
        let (pin, before) = (pins.load().unwrap(), fs::read(home.vault()).unwrap());
        let disk = Arc::new(StepDisk::new(Fault::Once));
        let context = context_in(home.path(), disk.clone());
        disk.arm(step);
        let done = LockedVault::restore(&home.vault(), &elsewhere, &Opening::Passphrase(&old), &context);
        if done.is_err() && fs::read(home.vault()).unwrap() == before {
            assert_eq!(pins.load().unwrap(), pin, "step {step}");
            failed += 1;
        }
        if !disk.struck() {
            break;
        }
    }
    assert!(failed > 10, "it was stopped {failed} times");
}

#[test]
fn a_restoring_that_is_stopped_anywhere_leaves_the_vault_or_the_version() {
    let home = Home::new();
    filled(&home);
    for step in 1.. {
        let home = home.copy();
        let from = version(&home, 2);
        let disk = Arc::new(StepDisk::new(Fault::Stop));
        let context = context_in(home.path(), disk.clone());
        disk.arm(step);
        let ours = passphrase(PASSPHRASE);
        let done = LockedVault::restore(&home.vault(), &from, &Opening::Passphrase(&ours), &context).map(|_| ());
        let struck = disk.struck();
        let found = home.unlock().unwrap_or_else(|error| panic!("step {step}: {error}"));
        let held = names(&found);
        assert!(held == ["door"] || held == ["door", "ada", "bob"], "step {step}: {held:?}");
        assert!(done.is_err() || held == ["door"], "step {step}: it said that it was done");
        if !struck {
            assert!(step > 10, "a restoring has more steps than {step}");
            done.unwrap();
            break;
        }
    }
}

#[test]
fn before_an_import_the_vault_is_kept_and_outlives_the_saves_after_it() {
    let home = Home::new();
    let mut vault = filled(&home);
    let kept = vault.keep_for(Occasion::Import).unwrap();
    for number in 0..30 {
        vault.add(totp(&number.to_string())).unwrap();
    }
    assert!(kept.exists());
    let (vault, _) =
        LockedVault::restore(&home.vault(), &kept, &Opening::Passphrase(&passphrase(PASSPHRASE)), &home.context())
            .unwrap();
    assert_eq!(names(&vault), ["door", "ada", "bob"]);
    let mut stale = home.unlock().unwrap();
    home.unlock().unwrap().add(totp("another writer")).unwrap();
    assert!(matches!(stale.keep_for(Occasion::Import), Err(VaultError::StaleGeneration { .. })));
    assert!(stale.add(totp("x")).is_err());
}

/// A vault that an earlier fob wrote: the vector of the format's first edition.
#[test]
fn the_first_save_by_a_later_edition_keeps_what_the_former_wrote() {
    #[derive(serde::Deserialize)]
    struct Vector {
        passphrase: String,
        vault: String,
    }
    let vector: Vector = toml::from_str(include_str!("../../../tests/vectors/fob-vault-1.toml")).unwrap();
    let text: String = vector.vault.split_whitespace().collect();
    let bytes = data_encoding::BASE64.decode(text.as_bytes()).unwrap();
    let home = Home::new();
    home.put(&bytes);
    let open = || home.open().unwrap().unlock(&passphrase(&vector.passphrase)).unwrap();
    let mut vault = open();
    for number in 0..20 {
        vault.add(totp(&number.to_string())).unwrap();
    }
    let kept = home.named("-migration");
    assert_eq!(kept.len(), 1, "once, and for good");
    assert_eq!(fs::read(home.path().join(&kept[0])).unwrap(), bytes);
    assert_eq!(open().entries().len(), 22);
}

#[test]
fn two_machines_vaults_are_merged_in_one_write_with_a_report() {
    let home = Home::new();
    let mut vault = filled(&home);
    let other = home.copy();
    vault.add(totp("here")).unwrap();
    let mut theirs = other.unlock().unwrap();
    theirs.add(fob_otp::Account { digits: 8, ..totp("there") }).unwrap();
    let id = theirs.entries()[0].id;
    theirs.take_hotp(id).unwrap();

    let looked = LockedVault::open(&other.vault(), &home.context().with_pins(NoPins)).unwrap();
    let theirs = looked.unlock(&passphrase(PASSPHRASE)).unwrap();
    let before = (fs::read(home.vault()).unwrap(), vault.generation());
    let dry = vault.merge(&theirs, true).unwrap();
    assert_eq!(fs::read(home.vault()).unwrap(), before.0);
    let report = vault.merge(&theirs, false).unwrap();
    assert_eq!(report.entries.len(), dry.entries.len());
    assert_eq!((vault.generation(), report.same), (before.1 + 1, 2));
    let vault = home.unlock().unwrap();
    assert_eq!(names(&vault), ["door", "ada", "bob", "here", "there"]);
    assert_eq!(counter(&vault, "door"), 4);
    assert_eq!(home.named("-merge").len(), 1);
    let mut vault = vault;
    assert!(vault.merge(&theirs, false).unwrap().entries.is_empty());
    assert_eq!(vault.generation(), before.1 + 1, "nothing to do is no write");

    home.unlock().unwrap().add(totp("another writer")).unwrap();
    let mut theirs = theirs;
    theirs.add(fob_otp::Account { digits: 7, ..totp("more") }).unwrap();
    assert!(matches!(vault.merge(&theirs, false), Err(VaultError::StaleGeneration { .. })));
    assert_eq!(names(&vault), ["door", "ada", "bob", "here", "there"], "memory is what it was");
}
