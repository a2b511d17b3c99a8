//! Changes to an open vault, and what other writers do in between.

mod support;

use std::fs;

use fob_ambient::UnixTime;
use fob_otp::{Account, Extras, Item, Kind, Seed, Unusable};
use fob_vault::{EntryId, VaultError};
use support::{Home, contents, hotp, totp};

#[test]
fn what_is_added_is_there_after_unlocking_again() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    let id = vault.add(totp("ada")).unwrap();
    let ids = vault.add_all([hotp("bob", 5), totp("eve")]).unwrap();
    assert_eq!(vault.add_all(Vec::<Account>::new()).unwrap(), []);
    assert_eq!(vault.generation(), 3, "three entries in two writes, and nothing is no write");
    let vault = home.unlock().unwrap();
    assert_eq!(vault.entries().iter().map(|entry| entry.id).collect::<Vec<_>>(), [id, ids[0], ids[1]]);
    let entry = vault.entry(ids[0]).unwrap();
    assert_eq!((entry.name.as_str(), &entry.kind), ("bob", &Kind::Hotp { counter: 5 }));
    assert_eq!((entry.created, entry.modified), (UnixTime(1_700_000_000), UnixTime(1_700_000_000)));
}

#[test]
fn a_thousand_entries_are_one_write() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    vault.add_all((0..1000).map(|number| totp(&number.to_string()))).unwrap();
    let vault = home.unlock().unwrap();
    assert_eq!((vault.entries().len(), vault.generation()), (1000, 2));
}

#[test]
fn the_length_of_a_vault_tells_little_of_what_is_in_it() {
    let lengths: Vec<u64> = (0..3)
        .map(|entries| {
            let home = Home::new();
            home.create().0.add_all((0..entries).map(|number| totp(&number.to_string()))).unwrap();
            fs::metadata(home.vault()).unwrap().len()
        })
        .collect();
    assert_eq!(lengths[0], lengths[1]);
    assert_eq!(lengths[1], lengths[2]);
}

#[test]
fn a_removed_entry_is_gone_and_an_unknown_one_is_named() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    let ids = vault.add_all([totp("ada"), totp("bob"), totp("eve")]).unwrap();
    vault.remove(ids[1]).unwrap();
    assert!(matches!(vault.remove(ids[1]), Err(VaultError::UnknownEntry(id)) if id == ids[1]));
    let vault = home.unlock().unwrap();
    assert_eq!(contents(&vault).into_iter().map(|(name, _)| name).collect::<Vec<_>>(), ["ada", "eve"]);
    assert_eq!(vault.entry(ids[2]).unwrap().name, "eve");
}

fn for_site(account: Account, site: &str) -> Item {
    let extras = Extras { sites: vec![site.to_owned()], ..Extras::default() };
    Item { account, extras }
}

#[test]
fn a_site_is_bound_and_let_go_and_memory_is_what_the_disk_has() {
    const SITE: &str = "https://id.example";
    let home = Home::new();
    let (mut vault, _) = home.create();
    let bound = vault.add(for_site(totp("ada"), SITE)).unwrap();
    let free = vault.add(totp("bob")).unwrap();
    vault.bind(free, SITE, true).unwrap();
    vault.bind(free, "http://localhost:8080", true).unwrap();
    vault.bind(bound, SITE, true).unwrap();
    assert_eq!(vault.generation(), 5, "what stands already is no write");
    let on_disk = home.unlock().unwrap();
    assert_eq!(on_disk.entry(free).unwrap().sites(), [SITE, "http://localhost:8080"]);
    assert_eq!(on_disk.entry(bound).unwrap().sites(), [SITE]);

    vault.bind(free, SITE, false).unwrap();
    assert_eq!(home.unlock().unwrap().entry(free).unwrap().sites(), ["http://localhost:8080"]);
    // Another writer: ours is refused, and nothing is bound that is not on the disk.
    home.unlock().unwrap().add(totp("eve")).unwrap();
    assert!(matches!(vault.bind(bound, "https://evil.example", true), Err(VaultError::StaleGeneration { .. })));
    assert_eq!(vault.entry(bound).unwrap().sites(), [SITE]);
    let unknown = EntryId::from([0; 16]);
    assert!(matches!(vault.bind(unknown, SITE, true), Err(VaultError::UnknownEntry(id)) if id == unknown));
}

/// RFC 4226 appendix D has the codes.
#[test]
fn a_counter_is_on_the_disk_before_its_code_is_out() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    let id = vault.add(hotp("ada", 1)).unwrap();
    for (counter, code) in [(1, "287082"), (2, "359152"), (3, "969429")] {
        let taken = vault.take_hotp(id).unwrap();
        assert_eq!((taken.counter, taken.code.expose()), (counter, code));
        let on_disk = home.unlock().unwrap();
        assert_eq!(on_disk.entry(id).unwrap().kind, Kind::Hotp { counter: counter + 1 });
    }
}

#[test]
fn a_counter_that_cannot_be_written_gives_no_code() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    let id = vault.add(hotp("ada", 1)).unwrap();
    home.unlock().unwrap().add(totp("another writer")).unwrap();
    assert!(matches!(vault.take_hotp(id), Err(VaultError::StaleGeneration { loaded: 2 })));
    assert_eq!(vault.entry(id).unwrap().kind, Kind::Hotp { counter: 1 });
}

#[test]
fn an_entry_that_gives_no_code_says_why_and_changes_nothing() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    let no_seed = Account { seed: Seed::new(Vec::new()), ..hotp("empty", 0) };
    let ids = vault.add_all([totp("timed"), hotp("last", u64::MAX), no_seed]).unwrap();
    assert!(matches!(vault.take_hotp(ids[0]), Err(VaultError::NoCounter(id)) if id == ids[0]));
    assert!(matches!(vault.take_hotp(ids[1]), Err(VaultError::CounterUsedUp(id)) if id == ids[1]));
    assert!(matches!(vault.take_hotp(ids[2]), Err(VaultError::Unusable(Unusable::EmptySeed))));
    let unknown = EntryId::from([0; 16]);
    assert!(matches!(vault.take_hotp(unknown), Err(VaultError::UnknownEntry(id)) if id == unknown));
    assert_eq!(vault.generation(), 2);
}

#[test]
fn a_duplicate_is_known_by_its_codes_whatever_its_name() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    let ids = vault.add_all([totp("timed"), hotp("counted", 3)]).unwrap();
    assert_eq!(vault.duplicate_of(&totp("another name")), Some(ids[0]));
    assert_eq!(vault.duplicate_of(&hotp("another counter", 9)), Some(ids[1]));
    assert_eq!(vault.duplicate_of(&Account { digits: 8, ..totp("timed") }), None);
    assert_eq!(vault.duplicate_of(&Account { seed: Seed::new(b"other".to_vec()), ..totp("timed") }), None);
    assert_eq!(vault.duplicate_of(&Account { kind: Kind::Totp { period: 60 }, ..totp("timed") }), None);
}

#[test]
fn a_writer_with_a_stale_vault_is_refused_until_it_unlocks_again() {
    let home = Home::new();
    let (mut first, _) = home.create();
    let mut second = home.unlock().unwrap();
    second.add(totp("second")).unwrap();
    assert!(matches!(first.add(totp("first")), Err(VaultError::StaleGeneration { loaded: 1 })));
    assert!(first.entries().is_empty(), "memory is what was loaded");
    let mut first = support::unlock(first.lock()).unwrap();
    first.add(totp("first")).unwrap();
    assert_eq!(home.unlock().unwrap().entries().len(), 2);
}

/// Two machines with one copied file reach one generation with different contents.
#[test]
fn a_swapped_file_of_the_same_generation_is_stale_too() {
    let home = Home::new();
    home.create();
    let twin = home.copy();
    let mut vault = home.unlock().unwrap();
    vault.add(totp("here")).unwrap();
    twin.unlock().unwrap().add(totp("there")).unwrap();
    let theirs = fs::read(twin.vault()).unwrap();
    home.put(&theirs);
    assert!(matches!(vault.add(totp("more")), Err(VaultError::StaleGeneration { loaded: 2 })));
    assert_eq!(fs::read(home.vault()).unwrap(), theirs);
}

#[test]
fn the_last_ten_versions_are_kept_and_each_opens() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    for number in 1..=12 {
        vault.add(totp(&number.to_string())).unwrap();
    }
    let mut kept = home.named(".backup-");
    kept.sort();
    assert_eq!(kept.len(), 10);
    fs::remove_file(home.path().join("state/pin")).unwrap();
    for (name, entries) in kept.iter().zip(2..) {
        home.put(&fs::read(home.path().join(name)).unwrap());
        assert_eq!(home.unlock().unwrap().entries().len(), entries, "{name}");
        fs::remove_file(home.path().join("state/pin")).unwrap();
    }
}

/// A backup's name is no proof of what is in it.
#[test]
fn a_version_whose_name_is_taken_by_other_bytes_is_kept_all_the_same() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    let first = fs::read(home.vault()).unwrap();
    vault.add(totp("ada")).unwrap();
    let [kept] = &home.named(".backup-")[..] else { panic!("one save, one version") };
    let kept = home.path().join(kept);
    fs::remove_file(&kept).unwrap();
    fs::write(&kept, "something else").unwrap();
    home.put(&first);
    fs::remove_file(home.path().join("state/pin")).unwrap();
    home.unlock().unwrap().add(totp("bob")).unwrap();
    assert_eq!(fs::read(&kept).unwrap(), first);
}

#[test]
fn the_versions_of_a_lost_vault_outlive_its_successor() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    for number in 0..3 {
        vault.add(totp(&number.to_string())).unwrap();
    }
    let lost = home.named(".backup-");
    fs::remove_file(home.vault()).unwrap();
    let (mut vault, _) = home.create();
    for number in 0..15 {
        vault.add(totp(&number.to_string())).unwrap();
    }
    let kept = home.named(".backup-");
    assert!(lost.iter().all(|name| kept.contains(name)));
    assert_eq!(kept.len(), lost.len() + 10);
}

#[test]
fn nothing_lies_in_the_clear() {
    let home = Home::new();
    let (mut vault, code) = home.create();
    vault.add(totp("a name to look for")).unwrap();
    vault.add(hotp("another", 1)).unwrap();
    for path in home.files() {
        let bytes = fs::read(&path).unwrap();
        for secret in [&b"12345678901234567890"[..], b"a name to look for", b"Example", code.expose().as_bytes()] {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret), "{}", path.display());
        }
    }
}
