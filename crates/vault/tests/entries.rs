//! What can be done with an entry besides giving codes: editing, recovery codes, resynchronising, the bin.

mod support;

use std::sync::Arc;

use fob_ambient::{FakeClock, Millis, SystemRng, UnixTime};
use fob_otp::{Account, Extras, Item, Kind, SecretText, TooMuch, recovery_codes};
use fob_vault::{Context, EntryId, FilePins, LockedVault, RealDisk, Record, UnlockedVault, VaultError};
use support::{CHEAP, Home, PASSPHRASE, contents, hotp, passphrase, totp};

const START: u64 = 1_700_000_000;
const DAY: u64 = 24 * 60 * 60;

/// A vault whose time a test moves.
fn timed(home: &Home) -> (UnlockedVault, Arc<FakeClock>) {
    let clock = Arc::new(FakeClock::at(UnixTime(START)));
    let pins = FilePins::new(home.path().join("state/pin"), Arc::new(RealDisk));
    let context = Context::new(clock.clone(), SystemRng::new(), pins).with_kdf(CHEAP);
    (LockedVault::create(&home.vault(), &passphrase(PASSPHRASE), &context).expect("a new vault").0, clock)
}

fn days(clock: &FakeClock, days: u64) {
    clock.advance(Millis(days * DAY * 1_000));
}

fn rename(vault: &mut UnlockedVault, id: EntryId, name: &str) -> Result<bool, VaultError> {
    vault.edit(id, |account, _| {
        name.clone_into(&mut account.name);
        Ok(())
    })
}

fn secret(text: &str) -> SecretText {
    SecretText::new(text.to_owned())
}

fn names(vault: &UnlockedVault) -> Vec<String> {
    contents(vault).into_iter().map(|(name, _)| name).collect()
}

fn events(entry: &Record) -> Vec<(u64, String, Vec<String>)> {
    let texts = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
    entry.events().map(|event| (event.time().0 - START, event.what().to_owned(), texts(event.fields()))).collect()
}

#[test]
fn an_edit_is_on_the_disk_and_in_the_history() {
    let home = Home::new();
    let (mut vault, clock) = timed(&home);
    let id = vault.add(totp("ada")).unwrap();
    clock.advance(Millis(60_000));
    let edit = |account: &mut Account, extras: &mut Extras| {
        account.issuer = "New".to_owned();
        account.digits = 8;
        extras.tags = vec!["work".to_owned()];
        extras.note = Some(secret("a secret note"));
        Ok::<_, VaultError>(())
    };
    assert!(vault.edit(id, edit).unwrap());
    assert!(!vault.edit(id, edit).unwrap(), "nothing is different any more");
    assert!(!rename(&mut vault, id, "ada").unwrap());
    assert_eq!(vault.generation(), 3, "and nothing is no write");
    let on_disk = home.unlock().unwrap();
    let entry = on_disk.entry(id).unwrap();
    assert_eq!((entry.issuer.as_str(), entry.digits, entry.tags().len()), ("New", 8, 1));
    assert_eq!((entry.created, entry.modified), (UnixTime(START), UnixTime(START + 60)));
    let fields = ["issuer", "digits", "note", "tags"].map(str::to_owned).to_vec();
    let record = on_disk.reveal(id).unwrap();
    assert_eq!(events(&record), [(60, "changed".to_owned(), fields)]);
    let event = record.events().next().unwrap();
    assert_eq!((event.issuer(), event.name()), (Some("Example"), None));
}

#[test]
fn an_edit_that_cannot_be_written_changes_nothing() {
    let home = Home::new();
    let (mut vault, _) = timed(&home);
    let id = vault.add(totp("ada")).unwrap();
    let long = |account: &mut Account, _: &mut Extras| {
        account.name = "x".repeat(1025);
        Ok::<_, VaultError>(())
    };
    assert!(matches!(vault.edit(id, long), Err(VaultError::TooMuch(TooMuch::Long { what: "name", most: 1024 }))));
    let refused = vault.edit(id, |account, _| {
        account.name.clear();
        Err(VaultError::NoCounter(id))
    });
    assert!(matches!(refused, Err(VaultError::NoCounter(_))));
    home.unlock().unwrap().add(totp("another writer")).unwrap();
    assert!(matches!(rename(&mut vault, id, "bob"), Err(VaultError::StaleGeneration { .. })));
    assert_eq!(names(&vault), ["ada"]);
    assert_eq!(events(&vault.reveal(id).unwrap()), []);
    let unknown = EntryId::from([0; 16]);
    assert!(matches!(rename(&mut vault, unknown, "bob"), Err(VaultError::UnknownEntry(id)) if id == unknown));
}

#[test]
fn recovery_codes_are_used_up_in_their_order_and_stay_used() {
    let home = Home::new();
    let (mut vault, clock) = timed(&home);
    let extras = Extras { recovery_codes: recovery_codes("AAAA\nBBBB"), ..Extras::default() };
    let id = vault.add(Item { account: totp("ada"), extras }).unwrap();
    for (expected, left) in [("AAAA", 1), ("BBBB", 0)] {
        days(&clock, 1);
        assert_eq!(vault.take_recovery_code(id).unwrap().expose(), expected);
        assert_eq!(home.unlock().unwrap().entry(id).unwrap().unused_codes, left);
    }
    assert!(matches!(vault.take_recovery_code(id), Err(VaultError::NoRecoveryCode(none)) if none == id));
    let entry = vault.reveal(id).unwrap();
    let used: Vec<_> = entry.extras.recovery_codes.iter().map(|code| code.used).collect();
    assert_eq!(used, [Some(UnixTime(START + DAY)), Some(UnixTime(START + 2 * DAY))]);
    assert_eq!(entry.events().count(), 2);
}

/// The codes are those of RFC 4226 appendix D.
#[test]
fn a_counter_finds_its_place_again() {
    let home = Home::new();
    let (mut vault, _) = timed(&home);
    let ids = vault.add_all([hotp("ada", 1), totp("timed")]).unwrap();
    let codes = |first, second| [secret(first), secret(second)];
    // Counters 4 and 5; then 2 and 3, which lie behind.
    assert_eq!(vault.resync(ids[0], &codes("338314", "254676"), 10).unwrap(), 6);
    let behind = vault.resync(ids[0], &codes("359152", "969429"), 1_000);
    assert!(matches!(behind, Err(VaultError::CodeMismatch(id)) if id == ids[0]));
    assert!(matches!(vault.resync(ids[1], &codes("338314", "254676"), 10), Err(VaultError::NoCounter(_))));
    let entry = home.unlock().unwrap();
    let entry = entry.reveal(ids[0]).unwrap();
    assert_eq!(entry.account.kind, Kind::Hotp { counter: 6 });
    assert_eq!(events(&entry), [(0, "resync".to_owned(), vec![])]);
    assert_eq!(entry.events().next().unwrap().counter(), Some(1), "where it had stood");
    assert_eq!(vault.take_hotp(ids[0]).unwrap().code.expose(), "287922");
}

#[test]
fn a_removed_entry_comes_back_to_where_it_stood() {
    let home = Home::new();
    let (mut vault, clock) = timed(&home);
    let ids = vault.add_all(["ada", "bob", "eve"].map(totp)).unwrap();
    vault.remove(ids[1]).unwrap();
    days(&clock, 1);
    vault.remove(ids[0]).unwrap();
    assert_eq!(names(&vault), ["eve"]);
    let mut vault = home.unlock().unwrap();
    let bin: Vec<_> = vault.bin().map(|removed| (removed.entry.id, removed.time.0, removed.forgotten().0)).collect();
    assert_eq!(bin, [(ids[1], START, START + 30 * DAY), (ids[0], START + DAY, START + 31 * DAY)]);
    vault.restore(ids[1]).unwrap();
    assert!(matches!(vault.restore(ids[1]), Err(VaultError::UnknownEntry(_))));
    vault.restore(ids[0]).unwrap();
    assert_eq!(vault.bin().count(), 0);
    let vault = home.unlock().unwrap();
    assert_eq!(names(&vault), ["ada", "eve", "bob"], "bob stood second when there were three, and was first to return");
    assert_eq!(events(&vault.reveal(ids[0]).unwrap())[0].1, "restored");
}

#[test]
fn the_bin_forgets_in_its_time_and_at_once_when_told() {
    let home = Home::new();
    let (mut vault, clock) = timed(&home);
    let ids = vault.add_all(["ada", "bob", "eve"].map(totp)).unwrap();
    vault.remove(ids[0]).unwrap();
    days(&clock, 29);
    vault.remove(ids[1]).unwrap();
    days(&clock, 1);
    assert_eq!(vault.bin().map(|removed| removed.entry.id).collect::<Vec<_>>(), [ids[1]]);
    assert!(matches!(vault.restore(ids[0]), Err(VaultError::UnknownEntry(_))), "its time is up");
    rename(&mut vault, ids[2], "eva").unwrap();
    assert_eq!(vault.purge(&[ids[0], ids[1], ids[1]]).unwrap(), 1, "ada went with the write before");
    let generation = vault.generation();
    assert_eq!(vault.purge(&[ids[0], ids[1]]).unwrap(), 0);
    assert_eq!(vault.generation(), generation, "nothing is no write");
    assert_eq!((home.unlock().unwrap().bin().count(), names(&vault)), (0, vec!["eva".to_owned()]));
}

/// A clock that stands years ahead for one save would have emptied the bin for good.
#[test]
fn one_save_with_a_clock_far_ahead_leaves_the_bin_alone() {
    let home = Home::new();
    let (mut vault, clock) = timed(&home);
    let ids = vault.add_all(["ada", "bob"].map(totp)).unwrap();
    vault.remove(ids[0]).unwrap();
    days(&clock, 10_000);
    rename(&mut vault, ids[1], "bo").unwrap();
    // The clock is right again.
    let mut vault = home.unlock().unwrap();
    vault.restore(ids[0]).unwrap();
    assert_eq!(names(&vault), ["ada", "bo"]);
}

#[test]
fn what_the_bin_forgot_lies_there_again_if_the_write_fails() {
    let home = Home::new();
    let (mut vault, clock) = timed(&home);
    let ids = vault.add_all(["ada", "bob", "eve"].map(totp)).unwrap();
    vault.remove(ids[0]).unwrap();
    days(&clock, 29);
    vault.remove(ids[1]).unwrap();
    home.unlock().unwrap().add(totp("another writer")).unwrap();
    days(&clock, 1);
    assert!(matches!(rename(&mut vault, ids[2], "eva"), Err(VaultError::StaleGeneration { .. })));
    clock.set_wall(UnixTime(START + 29 * DAY));
    let bin: Vec<_> = vault.bin().map(|removed| removed.entry.id).collect();
    assert_eq!(bin, [ids[0], ids[1]]);
}
