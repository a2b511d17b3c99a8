//! The diary: sealed, bounded, appended to; what was damaged is passed over, and a new vault key takes it along.

mod support;

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::BASE64;
use fob_vault::{
    Context, DIARY_RECORD, Diary, Disk, Line, LockedVault, NewWay, Opening, Policy, RealDisk, RecoveryCode, Rekey,
    UnlockedVault, VaultError, Wanted, Warning, WithLogin,
};
use serde::Deserialize;
use support::steps::{Fault, StepDisk};
use support::{Home, PASSPHRASE, context_in, passphrase, seeded_context_in};
use zeroize::Zeroizing;

const NEW: &str = "a new passphrase";
const BLOCK: usize = 256;

fn with_diary(context: Context, folder: &Path) -> Context {
    context.with_diary(folder.join("state/diary"))
}

/// A vault in this home that has a diary.
fn create(home: &Home) -> UnlockedVault {
    let context = with_diary(home.context(), home.path());
    LockedVault::create(&home.vault(), &passphrase(PASSPHRASE), &context).expect("a new vault").0
}

fn unlock(home: &Home, with: &str) -> Result<UnlockedVault, VaultError> {
    let context = with_diary(home.context(), home.path());
    LockedVault::open(&home.vault(), &context)?.unlock(&passphrase(with)).map_err(|(_, error)| error)
}

fn write(diary: &Diary, records: &[&str]) -> io::Result<()> {
    let records: Vec<_> = records.iter().map(|record| Zeroizing::new(record.as_bytes().to_vec())).collect();
    diary.write(&records)
}

fn read(diary: &Diary) -> Vec<String> {
    let text = |line| match line {
        Line::Record(record) => String::from_utf8(record.to_vec()).expect("these are texts"),
        Line::Damaged => "(damaged)".to_owned(),
    };
    diary.read().expect("nothing stops it").into_iter().map(text).collect()
}

/// The diary's files, their lock left out.
fn files(home: &Home) -> Vec<PathBuf> {
    let mut files = home.files();
    files.retain(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("diary-")));
    files.sort();
    files
}

fn rekey(vault: &mut UnlockedVault, new: &str) -> Result<(), VaultError> {
    let (known, new) = (passphrase(PASSPHRASE), passphrase(new));
    let ways = vec![(NewWay::Passphrase(&new), String::new())];
    let (proof, remove, login) = (Opening::Passphrase(&known), Vec::new(), WithLogin::Refused);
    vault.rekey(&Rekey { proof, policy: Policy::EitherOr, ways, remove, login, wanted: Wanted::ALWAYS }).map(|_| ())
}

#[test]
fn what_was_written_is_there_after_unlocking_again() {
    let home = Home::new();
    let vault = create(&home);
    let diary = vault.diary().unwrap();
    assert!(read(&diary).is_empty());
    write(&diary, &[]).unwrap();
    assert!(files(&home).is_empty(), "nothing is no file");
    write(&diary, &["one", ""]).unwrap();
    write(&vault.diary().unwrap(), &["three"]).unwrap();
    drop(vault);
    write(&diary, &["after the lock"]).unwrap();
    let vault = unlock(&home, PASSPHRASE).unwrap();
    assert_eq!(read(&vault.diary().unwrap()), ["one", "", "three", "after the lock"]);
    let mode = |path: &PathBuf| fs::metadata(path).unwrap().mode() & 0o7777;
    assert_eq!(files(&home).iter().map(mode).collect::<Vec<_>>(), [0o600]);
    assert_eq!(fs::metadata(&files(&home)[0]).unwrap().len(), 5 * 256, "a head and four blocks, whatever is in them");
}

#[test]
fn a_vault_without_a_place_for_a_diary_has_none() {
    let home = Home::new();
    assert!(home.create().0.diary().is_none());
}

#[test]
fn no_name_can_be_read_in_the_files() {
    let home = Home::new();
    let diary = create(&home).diary().unwrap();
    let (long, known) = ("known-name ".repeat(300), "known-name");
    write(&diary, &[known, &long]).unwrap();
    for file in home.files() {
        let bytes = fs::read(&file).unwrap();
        assert!(!bytes.windows(known.len()).any(|window| window == known.as_bytes()), "{}", file.display());
    }
}

#[derive(Deserialize)]
struct KeptVault {
    recovery_code: String,
    vault: String,
}

#[derive(Deserialize)]
struct KeptDiary {
    name: String,
    records: Vec<String>,
    file: String,
}

fn base64(text: &str) -> Vec<u8> {
    BASE64.decode(text.split_whitespace().collect::<String>().as_bytes()).expect("base64")
}

/// Written with PyPI's cryptography after docs/vault-format.md.
#[test]
fn what_another_program_wrote_is_read() {
    let vault: KeptVault = toml::from_str(include_str!("../../../tests/vectors/fob-vault-1.toml")).unwrap();
    let kept: KeptDiary = toml::from_str(include_str!("../../../tests/vectors/fob-diary-1.toml")).unwrap();
    let home = Home::new();
    home.put(&base64(&vault.vault));
    fs::write(home.path().join("state").join(&kept.name), base64(&kept.file)).unwrap();
    let code = RecoveryCode::parse(&vault.recovery_code).unwrap();
    let locked = LockedVault::open(&home.vault(), &with_diary(home.context(), home.path())).unwrap();
    let vault = locked.unlock_with_recovery(&code).map_err(|(_, error)| error).unwrap();
    let mut expected: Vec<Line> =
        kept.records.iter().map(|record| Line::Record(Zeroizing::new(base64(record)))).collect();
    let diary = vault.diary().unwrap();
    assert_eq!(diary.read().unwrap(), expected);
    write(&diary, &["and one more"]).unwrap();
    expected.push(Line::Record(Zeroizing::new(b"and one more".to_vec())));
    assert_eq!(diary.read().unwrap(), expected);
}

/// A write may end after any of its bytes: what was whole is read, what comes later too.
#[test]
fn a_torn_end_costs_what_was_torn_and_nothing_after_it() {
    let home = Home::in_haste();
    let diary = create(&home).diary().unwrap();
    let long = "long ".repeat(100);
    write(&diary, &["one", "two"]).unwrap();
    let file = files(&home).remove(0);
    let before = fs::read(&file).unwrap().len();
    write(&diary, &[&long]).unwrap();
    let whole = fs::read(&file).unwrap();
    for length in before..whole.len() {
        fs::write(&file, &whole[..length]).unwrap();
        let torn = if length == before { vec![] } else { vec!["(damaged)"] };
        assert_eq!(read(&diary), [vec!["one", "two"], torn.clone()].concat(), "{length}");
        write(&diary, &["three", "four"]).unwrap();
        assert_eq!(read(&diary), [vec!["one", "two"], torn, vec!["three", "four"]].concat(), "{length}");
    }
    // Not even the head: nobody can tell whose it was.
    for length in [0, 1, 100, BLOCK - 1] {
        fs::write(&file, &whole[..length]).unwrap();
        assert_eq!(read(&diary), ["(damaged)"], "{length}");
        write(&diary, &["anew"]).unwrap();
        assert_eq!(read(&diary), ["anew"], "{length}");
    }
}

#[test]
fn a_damaged_record_is_passed_over_and_no_other_takes_its_place() {
    let home = Home::in_haste();
    let diary = create(&home).diary().unwrap();
    let long = "long ".repeat(100);
    write(&diary, &["one", &long, "three", "four"]).unwrap();
    let file = files(&home).remove(0);
    let whole = fs::read(&file).unwrap();
    for (name, record) in [("one", 1..2), ("long", 2..5), ("three", 5..6), ("four", 6..7)] {
        for place in record.start * BLOCK..record.end * BLOCK {
            let mut bytes = whole.clone();
            bytes[place] ^= 0x10;
            fs::write(&file, &bytes).unwrap();
            let expected = ["one", "long", "three", "four"].map(|line| match line {
                line if line == name => "(damaged)",
                "long" => &long,
                line => line,
            });
            assert_eq!(read(&diary), expected, "{place}");
        }
    }
    let block = |number: usize| whole[number * BLOCK..(number + 1) * BLOCK].to_vec();
    let swapped = [&whole[..5 * BLOCK], &block(6), &block(5)].concat();
    fs::write(&file, swapped).unwrap();
    assert_eq!(read(&diary), ["one", &long, "(damaged)"], "none can be moved");
    let doubled = [whole.clone(), block(6)].concat();
    fs::write(&file, doubled).unwrap();
    assert_eq!(read(&diary), ["one", &long, "three", "four", "(damaged)"], "none can be doubled");
}

#[test]
fn a_record_of_another_file_is_none_of_this() {
    let (home, other) = (Home::new(), Home::new());
    let diary = create(&home).diary().unwrap();
    write(&diary, &["ours"]).unwrap();
    let ours = fs::read(&files(&home)[0]).unwrap();
    fs::copy(&files(&home)[0], other.path().join("other")).unwrap();
    fs::remove_file(&files(&home)[0]).unwrap();
    write(&diary, &["ours, later"]).unwrap();
    let later = fs::read(&files(&home)[0]).unwrap();
    fs::write(&files(&home)[0], [&later[..BLOCK], &ours[BLOCK..]].concat()).unwrap();
    assert_eq!(read(&diary), ["(damaged)"], "of the same vault and key, at the same place");
}

/// A machine that was cloned draws the same numbers, and writes something else.
#[test]
fn repeated_random_numbers_repeat_no_nonce() {
    let home = Home::new();
    drop(create(&home));
    let nonce = |record: &str| {
        let clone = home.copy();
        let context = with_diary(seeded_context_in(clone.path(), Arc::new(RealDisk), 7), clone.path());
        let locked = LockedVault::open(&clone.vault(), &context).unwrap();
        let vault = locked.unlock(&passphrase(PASSPHRASE)).map_err(|(_, error)| error).unwrap();
        write(&vault.diary().unwrap(), &[record]).unwrap();
        let bytes = fs::read(&files(&clone)[0]).unwrap();
        (bytes[..BLOCK].to_vec(), bytes[BLOCK + 1..BLOCK + 13].to_vec())
    };
    let (one, other) = (nonce("one"), nonce("another"));
    assert_eq!(one.0, other.0, "the same file's id, so the same key");
    assert_ne!(one.1, other.1);
    assert_eq!(one, nonce("one"), "the very same bytes are no harm");
}

#[test]
fn a_hundred_thousand_events_take_two_files_of_256_kib() {
    let home = Home::in_haste();
    let diary = create(&home).diary().unwrap();
    let mut number = 0;
    while number < 100_000 {
        let records: Vec<String> = (number..number + 32).map(|number| format!("event {number}")).collect();
        write(&diary, &records.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        number += 32;
        let sizes: Vec<u64> = files(&home).iter().map(|file| fs::metadata(file).unwrap().len()).collect();
        assert!(sizes.len() <= 2 && sizes.iter().all(|&size| size <= 256 * 1024), "{sizes:?}");
    }
    let lines = read(&diary);
    let expected: Vec<String> = (number - lines.len()..number).map(|number| format!("event {number}")).collect();
    assert!(lines.len() > 1023, "the file before is there");
    assert_eq!(lines, expected, "the latest, in their order");
}

#[test]
fn one_write_may_fill_more_than_both_files() {
    let home = Home::in_haste();
    let diary = create(&home).diary().unwrap();
    let long: Vec<String> =
        (0..256).map(|number| format!("{number} ").repeat(2000).chars().take(DIARY_RECORD).collect()).collect();
    write(&diary, &long.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    let lines = read(&diary);
    assert!(lines.len() > 60 && lines[..] == long[long.len() - lines.len()..], "{}", lines.len());
    let longer = "x".repeat(DIARY_RECORD + 1);
    assert_eq!(write(&diary, &["short", &longer]).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(read(&diary), lines, "and nothing of it is written");
}

#[test]
fn nothing_is_written_through_a_link_or_into_a_later_fobs_file() {
    let home = Home::new();
    let diary = create(&home).diary().unwrap();
    write(&diary, &["one"]).unwrap();
    let file = files(&home).remove(0);
    let bytes = fs::read(&file).unwrap();
    let elsewhere = home.path().join("elsewhere");
    fs::rename(&file, &elsewhere).unwrap();
    symlink(&elsewhere, &file).unwrap();
    assert!(write(&diary, &["two"]).is_err() && diary.read().is_err());
    assert_eq!(fs::read(&elsewhere).unwrap(), bytes);
    fs::remove_file(&file).unwrap();
    let later = [b"FOBDIARY\x00\x02".as_slice(), &bytes[10..]].concat();
    fs::write(&file, &later).unwrap();
    assert_eq!(write(&diary, &["two"]).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(diary.read().unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(fs::read(&file).unwrap(), later);
}

#[test]
fn one_process_writes_at_a_time() {
    let home = Home::new();
    let diary = create(&home).diary().unwrap();
    let held = RealDisk.lock(&home.path().join("state/diary.lock")).unwrap();
    assert_eq!(write(&diary, &["one"]).unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(held);
    write(&diary, &["one"]).unwrap();
}

#[test]
fn what_another_vault_key_sealed_goes_and_other_files_stay() {
    let home = Home::new();
    let diary = create(&home).diary().unwrap();
    let state = home.path().join("state");
    let gone = ["diary-0123456789abcdef", "diary-0123456789abcdef.before"];
    let stay = ["diary-0123456789abcdeg", "diary-0123", "diary", "diary-0123456789abcdef.old", "diaries", "pin2"];
    gone.iter().chain(&stay).for_each(|name| fs::write(state.join(name), "x").unwrap());
    write(&diary, &["one"]).unwrap();
    gone.iter().for_each(|name| assert!(!state.join(name).exists(), "{name}"));
    stay.iter().for_each(|name| assert!(state.join(name).exists(), "{name}"));
}

#[test]
fn a_new_vault_key_takes_the_diary_along_and_leaves_nothing_under_the_former() {
    let home = Home::in_haste();
    let mut vault = create(&home);
    let records: Vec<String> = (0..1500).map(|number| format!("event {number}")).collect();
    write(&vault.diary().unwrap(), &records.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    let (former, pen) = (files(&home), vault.diary().unwrap());
    assert_eq!(former.len(), 2);
    rekey(&mut vault, NEW).unwrap();
    let now = files(&home);
    assert_eq!(now.len(), 2);
    assert!(former.iter().all(|file| !file.exists()));
    assert!(read(&pen).is_empty(), "the former key reads nothing");
    write(&vault.diary().unwrap(), &["later"]).unwrap();
    drop(vault);
    let lines = read(&unlock(&home, NEW).unwrap().diary().unwrap());
    assert_eq!(lines.split_last().unwrap(), (&"later".to_owned(), records.as_slice()));
}

/// Whichever vault is found after a stop at any step has all of its diary.
#[test]
fn a_new_vault_key_that_is_stopped_anywhere_loses_nothing_of_the_diary() {
    for step in 1.. {
        let home = Home::in_haste();
        write(&create(&home).diary().unwrap(), &["one", "two"]).unwrap();
        let disk = Arc::new(StepDisk::in_haste(Fault::Stop));
        let context = with_diary(context_in(home.path(), disk.clone()), home.path());
        let locked = LockedVault::open(&home.vault(), &context).unwrap();
        let mut vault = locked.unlock(&passphrase(PASSPHRASE)).map_err(|(_, error)| error).unwrap();
        disk.arm(step);
        let done = rekey(&mut vault, NEW);
        drop(vault);
        let found = unlock(&home, NEW).or_else(|_| unlock(&home, PASSPHRASE)).unwrap();
        let diary = found.diary().unwrap();
        // The diary's own writes may be what failed: then the vault's succeeded not either, or it went on without.
        assert_eq!(read(&diary), ["one", "two"], "step {step}");
        write(&diary, &["three"]).unwrap();
        assert_eq!(read(&diary), ["one", "two", "three"], "step {step}");
        assert_eq!(files(&home).len(), 1, "step {step}");
        if !disk.struck() {
            assert!(done.is_ok() && step > 10, "{step}");
            break;
        }
    }
}

#[test]
fn a_diary_that_cannot_be_taken_along_stops_no_new_vault_key() {
    let home = Home::new();
    let mut vault = create(&home);
    write(&vault.diary().unwrap(), &["one"]).unwrap();
    let held = RealDisk.lock(&home.path().join("state/diary.lock")).unwrap();
    rekey(&mut vault, NEW).unwrap();
    drop(held);
    assert!(vault.warnings().iter().any(|warning| matches!(warning, Warning::DiaryNotKept(_))));
    let diary = vault.diary().unwrap();
    assert!(read(&diary).is_empty());
    write(&diary, &["two"]).unwrap();
    assert_eq!((read(&diary), files(&home).len()), (vec!["two".to_owned()], 1));
}
