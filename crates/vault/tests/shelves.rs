//! What fobd keeps beside the entries: durable, bounded, undone with a failed save, and other programs' rights of one
//! vault alone.

mod support;

use std::fs;

use fob_vault::{
    LockedVault, NewWay, Occasion, Opening, Part, Policy, Rekey, SHELF_LIMIT, Shelf, UnlockedVault, VaultError, Wanted,
    WithLogin,
};
use support::{Home, PASSPHRASE, passphrase, totp};

const ALL: [Shelf; 3] = [Shelf::Grants, Shelf::Programs, Shelf::Clients];

fn filled(vault: &mut UnlockedVault) {
    for (number, shelf) in ALL.into_iter().enumerate() {
        vault.put_on_shelf(shelf, Some(&[number as u8; 5])).expect("nothing stops it");
    }
}

fn lying(vault: &UnlockedVault) -> Vec<Option<Vec<u8>>> {
    ALL.into_iter().map(|shelf| vault.shelf(shelf).map(|bytes| bytes.to_vec())).collect()
}

#[test]
fn what_was_put_on_a_shelf_lies_there_after_unlocking_again() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    assert_eq!(lying(&vault), [None, None, None]);
    filled(&mut vault);
    assert_eq!(vault.generation(), 4);
    vault.put_on_shelf(Shelf::Programs, Some(&[1; 5])).unwrap();
    vault.add(totp("ada")).unwrap();
    assert_eq!(vault.generation(), 5, "what lies there already is no write");
    let mut vault = home.unlock().unwrap();
    assert_eq!(lying(&vault), [Some(vec![0; 5]), Some(vec![1; 5]), Some(vec![2; 5])]);
    assert_eq!(vault.entries().len(), 1);
    vault.put_on_shelf(Shelf::Programs, None).unwrap();
    vault.put_on_shelf(Shelf::Clients, Some(&[])).unwrap();
    assert_eq!(lying(&home.unlock().unwrap()), [Some(vec![0; 5]), None, Some(vec![])]);
}

#[test]
fn a_shelf_has_an_end() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    for shelf in ALL {
        vault.put_on_shelf(shelf, Some(&vec![7; SHELF_LIMIT])).unwrap();
        let full = vault.put_on_shelf(shelf, Some(&vec![7; SHELF_LIMIT + 1])).unwrap_err();
        assert!(matches!(full, VaultError::Full { part: Part::Shelf, limit: SHELF_LIMIT }), "{full}");
    }
    assert_eq!(lying(&home.unlock().unwrap()), vec![Some(vec![7; SHELF_LIMIT]); 3]);
}

#[test]
fn a_failed_save_leaves_a_shelf_as_it_was() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    vault.put_on_shelf(Shelf::Grants, Some(b"former")).unwrap();
    // Another writer moved the file on, so no save of this one succeeds.
    home.unlock().unwrap().add(totp("ada")).unwrap();
    for (shelf, bytes) in [(Shelf::Grants, Some(&b"new"[..])), (Shelf::Grants, None), (Shelf::Clients, Some(b"new"))] {
        let stale = vault.put_on_shelf(shelf, bytes).unwrap_err();
        assert!(matches!(stale, VaultError::StaleGeneration { .. }), "{stale}");
    }
    assert_eq!(lying(&vault), [Some(b"former".to_vec()), None, None]);
}

#[test]
fn a_restored_version_brings_no_permissions_back() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    filled(&mut vault);
    let version = vault.keep_for(Occasion::Import).unwrap();
    drop(vault);
    let opening = passphrase(PASSPHRASE);
    let (vault, _) =
        LockedVault::restore(&home.vault(), &version, &Opening::Passphrase(&opening), &home.context()).unwrap();
    assert_eq!(lying(&vault), [None, None, None]);
    assert_eq!(lying(&home.unlock().unwrap()), [None, None, None]);
}

#[test]
fn a_merge_takes_in_nobody_elses_permissions() {
    let (ours, theirs) = (Home::new(), Home::new());
    let (mut our, mut their) = (ours.create().0, theirs.create().0);
    our.put_on_shelf(Shelf::Grants, Some(b"ours")).unwrap();
    filled(&mut their);
    their.add(totp("eve")).unwrap();
    assert!(our.merge(&their, false).unwrap().changed());
    assert_eq!(lying(&ours.unlock().unwrap()), [Some(b"ours".to_vec()), None, None]);
}

#[test]
fn a_new_vault_key_keeps_them() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    filled(&mut vault);
    let (known, new) = (passphrase(PASSPHRASE), passphrase("another horse"));
    let request = Rekey {
        proof: Opening::Passphrase(&known),
        policy: Policy::EitherOr,
        ways: vec![(NewWay::Passphrase(&new), String::new())],
        remove: Vec::new(),
        login: WithLogin::Refused,
        wanted: Wanted::ALWAYS,
    };
    vault.rekey(&request).unwrap();
    assert_eq!(lying(&vault), [Some(vec![0; 5]), Some(vec![1; 5]), Some(vec![2; 5])]);
}

#[test]
fn nothing_of_a_shelf_can_be_read_in_the_file() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    vault.put_on_shelf(Shelf::Programs, Some(b"/opt/browser/known-name")).unwrap();
    for file in home.files() {
        let bytes = fs::read(&file).unwrap();
        assert!(!bytes.windows(10).any(|window| window == b"known-name"), "{}", file.display());
    }
}
