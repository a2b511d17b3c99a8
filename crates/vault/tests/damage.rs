//! A vault that was damaged: named, never opened in part, never written to.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fob_vault::{Disk, LockedVault, Part, VaultError};
use proptest::prelude::*;
use support::power::PowerDisk;
use support::{Home, PASSPHRASE, context_in, passphrase, totp, unlock, vault_in};

/// A vault with one entry on a disk in memory: these tests replace it some thousand times.
struct Shelf {
    start: PowerDisk,
    file: Vec<u8>,
    path: PathBuf,
}

impl Shelf {
    fn new() -> Self {
        let (start, path) = (PowerDisk::default(), vault_in(Path::new("/home")));
        let context = context_in(Path::new("/home"), Arc::new(start.clone()));
        let (mut vault, _) = LockedVault::create(&path, &passphrase(PASSPHRASE), &context).expect("a new vault");
        vault.add(totp("ada")).expect("nothing is damaged yet");
        let file = start.read(&path, usize::MAX - 1).expect("it was just written").bytes;
        Self { start, file, path }
    }

    /// What comes of these bytes in the vault's place.
    fn unlock(&self, bytes: &[u8]) -> Result<(), VaultError> {
        let disk = self.start.copy();
        disk.put(&self.path, bytes);
        let context = context_in(Path::new("/home"), Arc::new(disk));
        LockedVault::open(&self.path, &context).and_then(unlock).map(|_| ())
    }
}

fn home_with_entry() -> (Home, Vec<u8>) {
    let home = Home::new();
    home.create().0.add(totp("ada")).expect("nothing is damaged yet");
    let file = fs::read(home.vault()).expect("it was just written");
    (home, file)
}

/// Damage has a cause of its own: a person who is told "wrong passphrase" would go on guessing.
fn names_the_damage(error: &VaultError) -> bool {
    matches!(
        error,
        VaultError::Damaged { .. }
            | VaultError::NotAVault { .. }
            | VaultError::Torn { .. }
            | VaultError::NewerFormat { .. }
    )
}

#[test]
fn a_changed_byte_is_named_wherever_it_is() {
    let shelf = Shelf::new();
    let mut changed = shelf.file.clone();
    for at in 0..changed.len() {
        changed[at] ^= 0x55;
        let error = shelf.unlock(&changed).unwrap_err();
        assert!(names_the_damage(&error), "byte {at}: {error}");
        changed[at] ^= 0x55;
    }
    assert!(shelf.unlock(&changed).is_ok());
}

#[test]
fn a_file_cut_short_anywhere_is_named() {
    let shelf = Shelf::new();
    for length in 1..shelf.file.len() {
        let error = shelf.unlock(&shelf.file[..length]).unwrap_err();
        assert!(matches!(error, VaultError::Torn { found, .. } if found == length as u64), "{length}: {error}");
    }
    let longer = [&shelf.file[..], b"x"].concat();
    assert!(matches!(shelf.unlock(&longer), Err(VaultError::Damaged { part: Part::End, .. })));
    assert!(matches!(shelf.unlock(&[]), Err(VaultError::Empty { .. })));
}

#[test]
fn a_file_of_zeros_where_a_block_was_lost_is_named() {
    let shelf = Shelf::new();
    for start in (0..shelf.file.len()).step_by(512) {
        let mut lost = shelf.file.clone();
        let end = (start + 512).min(lost.len());
        lost[start..end].fill(0);
        let error = shelf.unlock(&lost).unwrap_err();
        assert!(names_the_damage(&error), "block at {start}: {error}");
    }
}

#[test]
fn damage_is_not_written_over_and_the_older_version_is_named() {
    let (home, file) = home_with_entry();
    let mut vault = home.unlock().unwrap();
    let mut damaged = file.clone();
    *damaged.last_mut().unwrap() ^= 1;
    home.put(&damaged);
    assert!(matches!(vault.add(totp("bob")), Err(VaultError::StaleGeneration { loaded: 2 })));
    assert_eq!(fs::read(home.vault()).unwrap(), damaged);
    let Err(VaultError::Damaged { part: Part::Body, kept }) = home.unlock() else { panic!("the body is damaged") };
    assert_eq!(kept.paths().count(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>, with_magic: bool) {
        let home = Home::new();
        let magic = if with_magic { &b"FOBVAULT\0\x01"[..] } else { b"" };
        home.put(&[magic, &bytes].concat());
        prop_assert!(home.open().is_err());
    }
}
