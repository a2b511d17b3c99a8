//! Storage that fails, around a store that does not.

use std::cell::RefCell;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;

use fob_authenticator::{Changes, State, Store, StoreError};
use fob_softkey_control::{CrashPoint, StoreFault};
use rustix::io::Errno;

use super::{Countdown, MOST_FAULTS};

/// How the program dies. In the program it does not return.
pub(crate) type Crash = fn();

/// The faults of a key's store; a handle, shared by the bench and the store.
#[derive(Debug, Clone, Default)]
pub(crate) struct StoreFaults(Rc<RefCell<Vec<(StoreFault, Countdown)>>>);

impl StoreFaults {
    /// Adds a fault; false if there are too many already.
    pub(crate) fn add(&self, fault: StoreFault, after: u32, times: Option<u32>) -> bool {
        let mut rules = self.0.borrow_mut();
        if rules.len() >= MOST_FAULTS {
            return false;
        }
        rules.push((fault, Countdown::new(after, times.unwrap_or(1))));
        true
    }

    /// Takes all back.
    pub(crate) fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    /// How many are left.
    pub(crate) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// A write begins: what happens to it. All faults count it, the oldest that is due happens.
    fn next(&self) -> Option<StoreFault> {
        let mut rules = self.0.borrow_mut();
        let mut due = None;
        for (fault, countdown) in rules.iter_mut() {
            if countdown.fires() && due.is_none() {
                due = Some(fault.clone());
            }
        }
        rules.retain(|(_, countdown)| !countdown.is_spent());
        due
    }
}

/// A store with faults.
pub(crate) struct FaultyStore {
    inner: Box<dyn Store>,
    faults: StoreFaults,
    crash: Crash,
}

impl FaultyStore {
    /// `inner`, with `faults` as they come.
    pub(crate) fn new(inner: Box<dyn Store>, faults: StoreFaults, crash: Crash) -> Self {
        Self { inner, faults, crash }
    }

    fn write(&mut self, write: impl FnOnce(&mut dyn Store) -> Result<(), StoreError>) -> Result<(), StoreError> {
        match self.faults.next() {
            None => write(&mut *self.inner),
            Some(StoreFault::Fail {}) => Err(failed(Errno::IO.into())),
            Some(StoreFault::Full {}) => Err(failed(Errno::NOSPC.into())),
            Some(StoreFault::ShortWrite {}) => Err(failed(io::ErrorKind::WriteZero.into())),
            Some(StoreFault::Crash { when: CrashPoint::Before }) => {
                (self.crash)();
                Err(failed(Errno::IO.into()))
            }
            Some(StoreFault::Crash { when: CrashPoint::After }) => {
                write(&mut *self.inner)?;
                (self.crash)();
                Err(failed(Errno::IO.into()))
            }
        }
    }
}

impl Store for FaultyStore {
    fn load(&mut self) -> Result<Option<State>, StoreError> {
        self.inner.load()
    }

    fn create(&mut self, state: &State) -> Result<(), StoreError> {
        self.write(|store| store.create(state))
    }

    fn commit(&mut self, before: &State, changes: &Changes) -> Result<(), StoreError> {
        self.write(|store| store.commit(before, changes))
    }
}

fn failed(source: io::Error) -> StoreError {
    StoreError::Io { doing: "write, as a test wants it,", path: PathBuf::from("the state"), source }
}
