//! The state file in a folder of this machine: modes, links, locks, and the key beside it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use fob_authenticator::{FileFault, FileStore, StateKey, Store, StoreError, read_state_file};

use crate::files::{counter, key, state, theirs};

#[test]
fn a_key_is_32_bytes_or_64_digits() {
    let digits = "33".repeat(32);
    for (case, bytes, expected) in [
        ("raw", vec![0x33; 32], true),
        ("digits", digits.clone().into_bytes(), true),
        ("a line", format!("{digits}\n").into_bytes(), true),
        ("short", vec![0x33; 31], false),
        ("no digits", "zz".repeat(32).into_bytes(), false),
        ("two lines", format!("{digits}\n\n").into_bytes(), false),
        ("nothing", vec![], false),
    ] {
        let parsed = StateKey::parse(&bytes);
        assert_eq!(parsed.is_ok(), expected, "{case}");
        if let Ok(key) = parsed {
            assert!(read_state_file(&theirs(), &key).is_ok(), "{case}");
        }
    }
    assert_eq!(format!("{:?}", key()), "StateKey(..)");
}

#[test]
fn a_file_of_its_own_is_the_owners_alone_and_locked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let mut store = FileStore::open(&path, key()).unwrap();
    assert!(store.load().unwrap().is_none());
    store.create(&state()).unwrap();
    assert!(matches!(FileStore::open(&path, key()), Err(StoreError::InUse { .. })));
    drop(store);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let mut store = FileStore::open(&path, key()).unwrap();
    assert_eq!(store.load().unwrap().unwrap().encode(), state().encode());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(store.load(), Err(StoreError::Permissions { mode: 0o640, .. })));
}

#[test]
fn a_link_stays_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real"), folder.path().join("link"));
    FileStore::open(&real, key()).unwrap().create(&state()).unwrap();
    symlink(&real, &link).unwrap();
    let mut store = FileStore::open(&link, key()).unwrap();
    let state = store.load().unwrap().unwrap();
    store.create(&state).unwrap();
    store.commit(&state, &counter(2)).unwrap();
    drop(store);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(FileStore::open(&real, key()).unwrap().load().unwrap().unwrap().counter(), 2);
}

#[test]
fn a_key_beside_is_made_with_the_state_and_never_without() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    FileStore::open_with_key_beside(&path).unwrap().create(&state()).unwrap();
    let key_path = folder.path().join("state.key");
    assert_eq!(fs::metadata(&key_path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(FileStore::open_with_key_beside(&path).unwrap().load().unwrap().is_some());
    let digits = fs::read(&key_path).unwrap();
    assert!(read_state_file(&fs::read(&path).unwrap(), &StateKey::parse(&digits).unwrap()).is_ok());
    fs::set_permissions(&key_path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(FileStore::open_with_key_beside(&path), Err(StoreError::Permissions { .. })));
    fs::remove_file(&key_path).unwrap();
    assert!(matches!(FileStore::open_with_key_beside(&path), Err(StoreError::NoKey { .. })));
    assert!(!key_path.exists());
    fs::write(&path, b"\xa4\x01\x71fob softkey state").unwrap();
    let fault = FileStore::open_with_key_beside(&path).err().unwrap();
    assert!(matches!(fault, StoreError::File { source: FileFault::Version(1), .. }));
}
