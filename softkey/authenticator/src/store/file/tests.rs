//! The file under damage, cuts and company.

use std::os::unix::fs::symlink;

use fob_ambient::SeededRng;

use super::*;
use crate::StateError;
use crate::state::Change;

fn state(seed: u64, counter: u32) -> State {
    let mut state = State::fresh(&mut SeededRng::new(seed));
    state.apply(vec![Change::Counter(counter)]);
    state
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn what_was_saved_is_loaded_by_the_next_process() {
    let folder = folder();
    let path = folder.path().join("key");
    let mut store = FileStore::open(&path).unwrap();
    assert!(store.load().unwrap().is_none());
    store.save(&state(1, 7)).unwrap();
    drop(store);
    let loaded = FileStore::open(&path).unwrap().load().unwrap().unwrap();
    assert_eq!(loaded.encode(), state(1, 7).encode());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_write_stopped_at_any_step_leaves_the_old_state_or_the_new() {
    let steps = [WriteStep::Create, WriteStep::Write, WriteStep::Sync, WriteStep::Rename, WriteStep::SyncFolder];
    for (number, last) in steps.into_iter().enumerate() {
        let folder = folder();
        let path = folder.path().join("key");
        let mut store = FileStore::open(&path).unwrap();
        store.save(&state(1, 1)).unwrap();
        let stop = |step| if step == last { Err(io::Error::other("power cut")) } else { Ok(()) };
        store.write(&state(1, 2).encode(), stop).unwrap_err();
        drop(store);
        let mut next = FileStore::open(&path).unwrap();
        let expected = if number < 4 { 1 } else { 2 };
        assert_eq!(next.load().unwrap().unwrap().counter(), expected, "{last:?}");
        next.save(&state(1, 3)).unwrap();
        assert_eq!(next.load().unwrap().unwrap().counter(), 3);
    }
}

#[test]
fn a_torn_or_changed_file_is_an_error_never_a_new_key() {
    let folder = folder();
    let path = folder.path().join("key");
    let mut store = FileStore::open(&path).unwrap();
    let whole = state(1, 1).encode();
    for cut in 0..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(store.load(), Err(StoreError::State { .. })), "cut at {cut}");
    }
    for place in 0..whole.len() {
        let mut changed = whole.to_vec();
        changed[place] ^= 1;
        fs::write(&path, &changed).unwrap();
        assert!(matches!(store.load(), Err(StoreError::State { .. })), "byte {place}");
    }
}

#[test]
fn a_newer_format_and_a_foreign_file_are_told_apart() {
    let mut newer = state(1, 1).encode().to_vec();
    assert_eq!(newer[20..22], [0x02, 0x01], "the version stands behind the name");
    newer[21] = 2;
    assert_eq!(State::decode(&newer).unwrap_err(), StateError::Version(2));
    assert_eq!(State::decode(b"-----BEGIN PRIVATE KEY-----").unwrap_err(), StateError::Foreign);
}

#[test]
fn a_second_process_is_refused_while_the_first_lives() {
    let folder = folder();
    let path = folder.path().join("key");
    let first = FileStore::open(&path).unwrap();
    assert!(matches!(FileStore::open(&path), Err(StoreError::InUse { .. })));
    drop(first);
    FileStore::open(&path).unwrap();
}

#[test]
fn a_file_that_others_can_read_is_refused() {
    let folder = folder();
    let path = folder.path().join("key");
    let mut store = FileStore::open(&path).unwrap();
    store.save(&state(1, 1)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(store.load(), Err(StoreError::Permissions { mode: 0o640, .. })));
}

#[test]
fn a_link_stays_a_link() {
    let folder = folder();
    let real = folder.path().join("real");
    let link = folder.path().join("link");
    FileStore::open(&real).unwrap().save(&state(1, 1)).unwrap();
    symlink(&real, &link).unwrap();
    FileStore::open(&link).unwrap().save(&state(1, 2)).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(FileStore::open(&real).unwrap().load().unwrap().unwrap().counter(), 2);
}
