//! The power goes at every call on the disk of every command, with the sealed file as the store.
//!
//! For all of them: what is found afterwards is, to the byte, the state before the command or one of those that its
//! commits make in turn, at least the last that returned `Ok` and at most the one after it; a command that said OK has
//! made all of them. For each of them the table says what that means to a person.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use fob_authenticator::{
    Authenticator, Changes, FileStore, Parts, RepeatableSigner, State, StateKey, Store, StoreError,
};
use fob_ctap::Status;
use fob_ctap::pin::Protocol;
use fob_ctap::reset::Reset;

use crate::disk::{FakeDisk, LEFT, Stop};
use crate::platform::{ALL, Credential, PIN, Platform, RP, assertion, registration, resident};

/// Chance of the key whose command is cut.
const SEED: u64 = 5;

const STOPS: [Stop; 5] = [Stop::Before, Stop::Short(7), Stop::Short(40), Stop::Short(530), Stop::After];

type Act = fn(&mut Platform, &Credential) -> Result<(), Status>;

/// Looks at a key after a cut; `said` is what the command answered before the power went.
type Invariant = fn(&mut Platform, &Credential, said: Result<(), Status>);

const COMMANDS: [(&str, Act, Invariant); 8] = [
    ("makeCredential, kept: it is there or it is not, and the other one signs", make_kept, |p, made, _| {
        assert!((1..=2).contains(&p.key.state().resident_count()));
        signs(p, made);
    }),
    ("makeCredential over the same account: one credential, never none", make_again, |p, _, _| {
        assert_eq!(p.key.state().resident_count(), 1);
    }),
    (
        "makeCredential, sealed: nothing but the counter changes",
        |p, _| p.send(&registration()).map(drop),
        |p, made, _| {
            assert_eq!(p.key.state().resident_count(), 1);
            signs(p, made);
        },
    ),
    (
        "getAssertion: no counter is signed twice",
        |p, made| p.send(&assertion(&[made])).map(drop),
        |p, made, said| {
            let counter = p.key.state().counter();
            let reply = p.send(&assertion(&[made])).unwrap();
            made.verify(&reply.auth_data, &reply.signature);
            assert!(p.key.state().counter() > counter);
            assert!(counter > u32::from(said.is_ok()));
        },
    ),
    ("changePIN: the old PIN or the new one, never none", change_pin, |p, _, said| {
        let new = p.token(Protocol::Two, "5678", ALL, Some(RP)).is_ok();
        let old = p.token(Protocol::Two, PIN, ALL, Some(RP)).is_ok();
        assert!(new != old, "one of both");
        assert!(new || said.is_err());
    }),
    ("token, right PIN: tries are given back only after the comparison", right_pin, |p, _, said| {
        let retries = p.retries().retries;
        assert!((6..=8).contains(&retries) && (retries == 8 || said.is_err()));
    }),
    ("token, wrong PIN: whoever learns that it was wrong has paid", wrong_pin, |p, _, said| {
        let retries = p.retries().retries;
        assert!(retries == 6 || (retries == 7 && said == Err(Status::Other)), "{said:?} {retries}");
    }),
    (
        "reset: everything is gone, or nothing is",
        |p, _| p.send(&Reset),
        |p, made, said| {
            let retries = p.retries().retries;
            if p.key.state().resident_count() == 0 {
                assert_eq!((retries, p.key.state().counter()), (8, 0));
                assert_eq!(p.send(&assertion(&[made])).unwrap_err(), Status::NoCredentials);
                p.set_pin(Protocol::Two, PIN).unwrap();
            } else {
                assert!(said.is_err());
                assert_eq!(retries, 7);
                signs(p, made);
            }
        },
    ),
];

fn make_kept(platform: &mut Platform, _: &Credential) -> Result<(), Status> {
    platform.register(resident(2), true).map(drop)
}

fn make_again(platform: &mut Platform, _: &Credential) -> Result<(), Status> {
    platform.register(resident(1), true).map(drop)
}

fn change_pin(platform: &mut Platform, _: &Credential) -> Result<(), Status> {
    platform.change_pin(Protocol::Two, PIN, "5678")
}

fn right_pin(platform: &mut Platform, _: &Credential) -> Result<(), Status> {
    platform.token(Protocol::Two, PIN, ALL, Some(RP)).map(drop)
}

fn wrong_pin(platform: &mut Platform, _: &Credential) -> Result<(), Status> {
    platform.token(Protocol::Two, "9999", ALL, Some(RP)).map(drop)
}

fn signs(platform: &mut Platform, made: &Credential) {
    let reply = platform.send(&assertion(&[made])).unwrap();
    made.verify(&reply.auth_data, &reply.signature);
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

fn powered(store: Box<dyn Store>, seed: u64) -> Authenticator {
    let parts = Parts {
        store,
        rng: Box::new(fob_ambient::SeededRng::new(seed)),
        signer: Box::new(RepeatableSigner),
        strictness: fob_ctap::Strictness::Canonical,
    };
    Authenticator::power_up(parts, fob_ambient::Millis(0)).unwrap()
}

/// A platform whose key lies on this disk.
fn on(store: Box<dyn Store>, seed: u64) -> Platform {
    let mut platform = Platform::new();
    platform.key = powered(store, seed);
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

/// A file with a PIN, seven tries left and a discoverable credential.
fn prepared() -> (Vec<u8>, Credential) {
    let mut platform = Platform::with_pin();
    let made = platform.register(resident(1), true).unwrap();
    platform.token(Protocol::Two, "9999", ALL, Some(RP)).unwrap_err();
    let disk = FakeDisk::default();
    file(&disk).create(platform.key.state()).unwrap();
    (disk.bytes(), made)
}

/// How many calls on the disk a command makes, and the states of the file from before it to after it.
fn uncut(bytes: &[u8], act: Act, made: &Credential) -> (usize, Vec<Vec<u8>>) {
    let disk = FakeDisk::with(bytes);
    let before = file(&disk).load().unwrap().unwrap().encode().to_vec();
    let trial = attempt(&disk, act, made);
    (disk.calls(), [vec![before], trial.states].concat())
}

#[test]
fn a_cut_at_any_call_of_any_command_keeps_its_promise() {
    let (bytes, made) = prepared();
    for (name, act, invariant) in COMMANDS {
        let (calls, states) = uncut(&bytes, act, &made);
        assert!(calls >= 2, "{name}");
        for (call, how) in (0..calls).flat_map(|call| STOPS.map(|how| (call, how))) {
            let disk = FakeDisk::with(&bytes);
            disk.stop_at(call, how);
            let trial = attempt(&disk, act, &made);
            assert!(trial.said.is_err(), "{name}: a write that failed is never called done");
            for left in LEFT {
                let rest = disk.after(left);
                let case = format!("{name}; call {call}, {how:?}, {left:?}");
                let found = file(&rest).load().unwrap_or_else(|error| panic!("{case}: {error:?}")).unwrap();
                let place = states.iter().position(|state| state.as_slice() == found.encode().as_slice());
                let place = place.unwrap_or_else(|| panic!("{case}: a state that never was"));
                assert!((trial.done..=trial.done + 1).contains(&place), "{case}: {place} of {}", trial.done);
                invariant(&mut on(Box::new(file(&rest)), 6), &made, trial.said);
            }
        }
        // And without a cut, whatever happens after it.
        let disk = FakeDisk::with(&bytes);
        let trial = attempt(&disk, act, &made);
        for left in LEFT {
            let rest = disk.after(left);
            assert_eq!(file(&rest).load().unwrap().unwrap().encode().as_slice(), states[states.len() - 1], "{name}");
            invariant(&mut on(Box::new(file(&rest)), 6), &made, trial.said);
        }
    }
}
