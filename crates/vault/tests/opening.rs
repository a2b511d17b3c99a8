//! What is found where a vault should be, and who gets in.

mod support;

use std::fs;
use std::os::unix::fs::symlink;

use fob_otp::Algorithm;
use fob_vault::{
    Argon2Cost, Foreign, Inspection, LockedVault, Policy, RecoveryCode, SlotKind, VaultError, Warning, Way,
};
use support::{CHEAP, Home, PASSPHRASE, chmod, contents, passphrase, totp};

#[test]
fn a_new_vault_has_two_ways_in() {
    let home = Home::new();
    let (mut vault, code) = home.create();
    vault.add(totp("ada")).unwrap();
    let kinds: Vec<_> = vault.slots().into_iter().map(|slot| slot.kind).collect();
    assert_eq!(kinds, [SlotKind::Passphrase, SlotKind::Recovery]);
    let vault = home.unlock().unwrap();
    assert_eq!((contents(&vault).len(), vault.generation()), (1, 2));
    assert_eq!(vault.entries()[0].algorithm, Algorithm::Sha1);
    let written_down = RecoveryCode::parse(&code.expose()).unwrap();
    let vault = vault.lock().unlock_with_recovery(&written_down).unwrap();
    assert_eq!(vault.reveal(vault.entries()[0].id).unwrap().account.seed.expose(), b"12345678901234567890");
}

#[test]
fn a_wrong_secret_is_named_and_leaves_the_vault_locked() {
    let home = Home::new();
    home.create();
    let (_, foreign_code) = Home::new().create();
    let (locked, error) = home.open().unwrap().unlock(&passphrase("Correct horse battery staple")).unwrap_err();
    assert!(matches!(error, VaultError::WrongPassphrase));
    let (locked, error) = locked.unlock_with_recovery(&foreign_code).unwrap_err();
    assert!(matches!(error, VaultError::WrongRecoveryCode));
    assert!(locked.unlock(&passphrase(PASSPHRASE)).is_ok());
}

#[test]
fn what_is_no_vault_is_named() {
    for (case, bytes, sentence) in [
        ("empty", &b""[..], "the vault file is empty"),
        ("another program's", b"SQLite format 3\0 and so on", "the file is not a fob vault"),
        ("half a magic", b"FOBV", "the vault file is cut short: 4 bytes of at least 14"),
        ("newer", b"FOBVAULT\0\x02whatever follows", "the vault has format 2, this fob reads up to 1"),
        ("format 0", b"FOBVAULT\0\0\0\0\0\0", "the vault's header is damaged"),
    ] {
        let home = Home::new();
        home.put(bytes);
        assert_eq!(home.open().unwrap_err().to_string(), sentence, "{case}");
        assert!(matches!(
            LockedVault::create(&home.vault(), &passphrase(PASSPHRASE), &home.context()),
            Err(VaultError::Exists { .. })
        ));
        assert_eq!(fs::read(home.vault()).unwrap(), bytes, "{case}: it is left alone");
    }
}

#[test]
fn a_missing_vault_is_an_error_and_never_a_first_run() {
    let home = Home::new();
    assert!(matches!(home.open(), Err(VaultError::Missing { path }) if path == home.vault()));
    assert!(!home.vault().exists());
    let nowhere = home.path().join("no/such/folder");
    assert!(matches!(LockedVault::open(&nowhere, &home.context()), Err(VaultError::Missing { .. })));
    assert!(matches!(
        LockedVault::create(&nowhere, &passphrase(PASSPHRASE), &home.context()),
        Err(VaultError::Io { .. })
    ));
}

#[test]
fn a_vault_that_vanishes_while_it_is_open_is_not_made_again() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    fs::remove_file(home.vault()).unwrap();
    assert!(matches!(vault.add(totp("ada")), Err(VaultError::Missing { .. })));
    assert!(!home.vault().exists());
    assert!(matches!(vault.lock().unlock(&passphrase(PASSPHRASE)), Err((_, VaultError::Missing { .. }))));
}

#[test]
fn a_file_that_others_may_touch_is_refused() {
    let home = Home::new();
    home.create();
    for mode in [0o640, 0o604, 0o620, 0o602, 0o610, 0o666] {
        chmod(&home.vault(), mode);
        assert!(matches!(home.open(), Err(VaultError::Permissions { mode: found }) if found == mode), "{mode:o}");
    }
    for mode in [0o600, 0o400] {
        chmod(&home.vault(), mode);
        assert!(home.unlock().is_ok(), "{mode:o}");
    }
}

#[test]
fn what_is_no_file_is_no_vault() {
    let home = Home::new();
    fs::create_dir(home.vault()).unwrap();
    assert!(home.open().is_err());
    fs::remove_dir(home.vault()).unwrap();
    let fifo = std::process::Command::new("mkfifo").arg(home.vault()).status().unwrap();
    assert!(fifo.success());
    assert!(matches!(home.open(), Err(VaultError::NotAVault { .. })), "and it does not wait for a writer");
    fs::remove_file(home.vault()).unwrap();
    symlink(home.path().join("nothing"), home.vault()).unwrap();
    assert!(matches!(home.open(), Err(VaultError::Io { .. })));
    assert!(matches!(
        LockedVault::create(&home.vault(), &passphrase(PASSPHRASE), &home.context()),
        Err(VaultError::Io { .. })
    ));
}

#[test]
fn a_link_is_followed_and_stays() {
    let home = Home::new();
    fs::create_dir(home.path().join("elsewhere")).unwrap();
    let target = home.path().join("elsewhere/real");
    LockedVault::create(&target, &passphrase(PASSPHRASE), &home.context()).unwrap();
    symlink(&target, home.vault()).unwrap();
    home.unlock().unwrap().add(totp("ada")).unwrap();
    assert!(fs::symlink_metadata(home.vault()).unwrap().is_symlink());
    assert_eq!(home.unlock().unwrap().entries().len(), 1);
    assert_eq!(home.named("vault."), [""; 0], "lock and backups lie beside the real file");
}

#[test]
fn opening_writes_nothing_to_the_vault() {
    let home = Home::new();
    home.create().0.add(totp("ada")).unwrap();
    let read = || home.files().into_iter().map(|path| (fs::read(&path).unwrap(), path)).collect::<Vec<_>>();
    let before = read();
    home.unlock().unwrap();
    assert_eq!(read(), before);
}

#[test]
fn an_older_vault_and_one_under_another_key_are_told_apart() {
    let home = Home::new();
    let (mut vault, _) = home.create();
    let first = fs::read(home.vault()).unwrap();
    vault.add(totp("ada")).unwrap();
    let second = fs::read(home.vault()).unwrap();
    home.put(&first);
    let error = home.open().unwrap_err();
    assert!(matches!(
        &error,
        VaultError::ForeignOrRetired { reason: Foreign::Older { found: 1, last_seen: 2 }, kept } if kept.paths().count() == 1
    ));
    let sentence = error.to_string();
    assert!(sentence.contains("its generation is 1, the newest seen here was 2; an older version is kept as"));

    let other = Home::new();
    other.create();
    home.put(&fs::read(other.vault()).unwrap());
    assert!(matches!(home.open(), Err(VaultError::ForeignOrRetired { reason: Foreign::AnotherKey, .. })));
    home.put(&second);
    assert!(home.unlock().is_ok());
}

#[test]
fn a_pin_that_is_gone_or_broken_keeps_nobody_out() {
    let home = Home::new();
    home.create();
    let pin = home.path().join("state/pin");
    fs::remove_file(&pin).unwrap();
    assert!(home.unlock().unwrap().warnings().is_empty());
    fs::write(&pin, "nonsense").unwrap();
    assert!(matches!(home.unlock().unwrap().warnings(), [Warning::PinUnreadable(_)]));
    assert!(home.unlock().unwrap().warnings().is_empty(), "it was written anew");
    fs::remove_file(&pin).unwrap();
    fs::remove_dir(home.path().join("state")).unwrap();
    let mut vault = home.unlock().unwrap();
    for name in ["a", "b", "c"] {
        vault.add(totp(name)).unwrap();
    }
    assert!(matches!(vault.warnings(), [Warning::PinNotSaved(_)]), "one of a kind");
}

#[test]
fn a_vault_is_not_made_with_a_passphrase_that_costs_too_little() {
    let home = Home::new();
    let mut policy = CHEAP;
    policy.floor.memory_kib = 9;
    let context = home.context().with_kdf(policy);
    assert!(matches!(
        LockedVault::create(&home.vault(), &passphrase(PASSPHRASE), &context),
        Err(VaultError::KdfOutOfBounds { memory_kib: 8, passes: 1 })
    ));
    assert!(!home.vault().exists());
    policy.floor.memory_kib = 8;
    policy.new_slots = Argon2Cost { memory_kib: 32, passes: 2, lanes: 2 };
    LockedVault::create(&home.vault(), &passphrase(PASSPHRASE), &home.context().with_kdf(policy)).unwrap();
    assert!(home.unlock().is_ok());
}

#[test]
fn a_file_says_of_itself_what_needs_no_key() {
    let home = Home::new();
    let (vault, _) = home.create();
    let bytes = fs::read(home.vault()).unwrap();
    let said = Inspection::of(&bytes).unwrap();
    assert_eq!((said.generation, said.created.0, said.changed.0), (vault.generation(), 1_700_000_000, 1_700_000_000));
    assert_eq!((&said.policy, said.ways.as_slice()), (&Policy::EitherOr, &[Way::Passphrase, Way::Recovery][..]));
    assert!(matches!(Inspection::of(&bytes[..100]), Err(VaultError::Torn { .. })));
    assert!(matches!(Inspection::of(b"hello"), Err(VaultError::NotAVault { .. })));
}
