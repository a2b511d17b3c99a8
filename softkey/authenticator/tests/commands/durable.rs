//! The power goes at every call on the disk of every command, with the sealed file as the store.
//!
//! For all of them: what is found afterwards is, to the byte, the state before the command or one of those that its
//! commits make in turn, at least the last that returned `Ok` and at most the one after it; a command that said OK has
//! made all of them. For each of them the table says what that means to a person.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use fob_authenticator::{
    Abilities, Authenticator, Changes, FileStore, Parts, RepeatableSigner, State, StateKey, Store, StoreError,
};
use fob_ctap::Status;

use crate::disk::{FakeDisk, LEFT, Stop};
use crate::platform::{Credential, Fingers, Platform};

mod credentials;
mod fingers;
mod pins;
mod settings;

/// Chance of the key whose command is cut.
const SEED: u64 = 5;

const STOPS: [Stop; 5] = [Stop::Before, Stop::Short(7), Stop::Short(40), Stop::Short(530), Stop::After];

type Act = fn(&mut Platform, &Credential) -> Result<(), Status>;

/// Looks at a key after a cut; `said` is what the command answered before the power went.
type Invariant = fn(&mut Platform, &Credential, said: Result<(), Status>);

/// A key before the command, and a credential that it keeps.
type Start = fn() -> (Platform, Credential);

/// A command: its promise in words, where it starts, what it does, and what holds whenever the power went.
struct Row {
    promise: &'static str,
    start: Start,
    act: Act,
    invariant: Invariant,
}

/// A sealed file whose commits are counted and whose states are written down.
struct Watched {
    file: FileStore,
    done: Arc<AtomicUsize>,
    states: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Store for Watched {
    fn load(&mut self) -> Result<Option<State>, StoreError> {
        self.file.load()
    }

    fn create(&mut self, state: &State) -> Result<(), StoreError> {
        self.file.create(state)
    }

    fn commit(&mut self, before: &State, changes: &Changes) -> Result<(), StoreError> {
        self.file.commit(before, changes)?;
        let mut after = State::decode(&before.encode()).unwrap();
        after.apply(Changes::decode(&changes.encode()).unwrap());
        self.states.lock().unwrap().push(after.encode().to_vec());
        self.done.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

fn file(disk: &FakeDisk) -> FileStore {
    FileStore::on(Box::new(disk.clone()), StateKey::parse(&[0x33; 32]).unwrap())
}

/// What a command that was begun on a disk has done there.
struct Trial {
    said: Result<(), Status>,
    done: usize,
    states: Vec<Vec<u8>>,
}

fn powered(store: Box<dyn Store>, seed: u64, fingers: Fingers) -> Authenticator {
    let parts = Parts {
        store,
        rng: Box::new(fob_ambient::SeededRng::new(seed)),
        signer: Box::new(RepeatableSigner),
        strictness: fob_ctap::Strictness::Canonical,
    };
    let mut key = Authenticator::power_up_as(parts, Abilities::complete(), fob_ambient::Millis(0)).unwrap();
    key.set_sensor(Box::new(fingers));
    key
}

/// A platform whose key lies on this disk.
fn on(store: Box<dyn Store>, seed: u64) -> Platform {
    let mut platform = Platform::new();
    platform.key = powered(store, seed, platform.fingers.clone());
    platform
}

/// Does a command; the disk stops where it was told to.
fn attempt(disk: &FakeDisk, act: Act, made: &Credential) -> Trial {
    let (done, states) = <(Arc<AtomicUsize>, Arc<Mutex<Vec<_>>>)>::default();
    let store = Watched { file: file(disk), done: done.clone(), states: states.clone() };
    let said = act(&mut on(Box::new(store), SEED), made);
    let states = states.lock().unwrap().clone();
    Trial { said, done: done.load(Ordering::SeqCst), states }
}

/// The sealed file of a key before its command, and a credential in it.
fn written(start: Start) -> (Vec<u8>, Credential) {
    let (platform, made) = start();
    let disk = FakeDisk::default();
    file(&disk).create(platform.key.state()).unwrap();
    (disk.bytes(), made)
}

/// How many calls on the disk a command makes, and the states of the file from before it to after it.
fn uncut(bytes: &[u8], row: &Row, made: &Credential) -> (usize, Vec<Vec<u8>>) {
    let disk = FakeDisk::with(bytes);
    let before = file(&disk).load().unwrap().unwrap().encode().to_vec();
    let trial = attempt(&disk, row.act, made);
    let expected_to_fail = row.promise.contains("wrong") || row.promise.contains("strange");
    assert_eq!(trial.said.is_err(), expected_to_fail, "{}: {:?}", row.promise, trial.said);
    (disk.calls(), [vec![before], trial.states].concat())
}

/// The power goes at every call on the disk, in every way, with every rest.
fn cut_everywhere(row: &Row) {
    let Row { promise, start, act, invariant } = row;
    let (bytes, made) = written(*start);
    let (calls, states) = uncut(&bytes, row, &made);
    assert!(calls >= 2, "{promise}");
    let mut looked_at = HashSet::new();
    for (call, how) in (0..calls).flat_map(|call| STOPS.map(|how| (call, how))) {
        let disk = FakeDisk::with(&bytes);
        disk.stop_at(call, how);
        let trial = attempt(&disk, *act, &made);
        assert!(trial.said.is_err(), "{promise}: a write that failed is never called done");
        for left in LEFT {
            let rest = disk.after(left);
            let case = format!("{promise}; call {call}, {how:?}, {left:?}");
            let found = file(&rest).load().unwrap_or_else(|error| panic!("{case}: {error:?}")).unwrap();
            let found = found.encode().to_vec();
            // A state may come twice: tries that are taken and given back.
            let places: Vec<usize> = (0..states.len()).filter(|place| states[*place] == found).collect();
            assert!(!places.is_empty(), "{case}: a state that never was");
            let possible = trial.done..=trial.done + 1;
            assert!(places.iter().any(|place| possible.contains(place)), "{case}: {places:?} of {}", trial.done);
            // The same state after the same answer keeps the promise again.
            if looked_at.insert((found, trial.said)) {
                invariant(&mut on(Box::new(file(&rest)), 6), &made, trial.said);
            }
        }
    }
    // And without a cut, whatever happens after it.
    let disk = FakeDisk::with(&bytes);
    let trial = attempt(&disk, *act, &made);
    for left in LEFT {
        let rest = disk.after(left);
        assert_eq!(file(&rest).load().unwrap().unwrap().encode().as_slice(), states[states.len() - 1], "{promise}");
        invariant(&mut on(Box::new(file(&rest)), 6), &made, trial.said);
    }
}
