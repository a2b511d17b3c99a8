//! Storage that fails, around a store that does not. What happens to single calls on the disk is done in `disk`.

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

/// The faults of a key's store; a handle, shared by the bench, the store and its disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct StoreFaults(Rc<RefCell<Rules>>);

#[derive(Debug, Default)]
struct Rules {
    set: Vec<(StoreFault, Countdown)>,
    /// What happens to the write that is under way.
    due: Option<Due>,
}

/// A fault on its way to the disk.
#[derive(Debug, Clone)]
struct Due {
    fault: StoreFault,
    calls: u32,
    bytes: u32,
    over: bool,
}

/// What comes of a call on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is done.
    Done,
    /// So many of its bytes are written, and then this.
    Partly(usize, Ending),
}

/// How a call that is not done ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// EIO.
    Failure,
    /// No more bytes are taken.
    Short,
    /// ENOSPC.
    Full,
    /// The program is gone.
    Death,
}

impl Ending {
    pub(crate) fn error(self) -> io::Error {
        match self {
            Self::Failure | Self::Death => Errno::IO.into(),
            Self::Short => io::ErrorKind::WriteZero.into(),
            Self::Full => Errno::NOSPC.into(),
        }
    }
}

impl StoreFaults {
    /// Adds a fault; false if there are too many already.
    pub(crate) fn add(&self, fault: StoreFault, after: u32, times: Option<u32>) -> bool {
        let mut rules = self.0.borrow_mut();
        if rules.set.len() >= MOST_FAULTS {
            return false;
        }
        rules.set.push((fault, Countdown::new(after, times.unwrap_or(1))));
        true
    }

    /// Takes all back.
    pub(crate) fn clear(&self) {
        self.0.borrow_mut().set.clear();
    }

    /// How many are left.
    pub(crate) fn len(&self) -> usize {
        self.0.borrow().set.len()
    }

    /// A command's write begins: what happens to it. All faults count it, the oldest that is due happens.
    fn begin(&self) -> Option<StoreFault> {
        let mut rules = self.0.borrow_mut();
        let mut due = None;
        for (fault, countdown) in &mut rules.set {
            if countdown.fires() && due.is_none() {
                due = Some(fault.clone());
            }
        }
        rules.set.retain(|(_, countdown)| !countdown.is_spent());
        rules.due = due.clone().map(|fault| Due { fault, calls: 0, bytes: 0, over: false });
        due
    }

    /// It is over: whether it called on a disk at all.
    fn end(&self) -> bool {
        self.0.borrow_mut().due.take().is_some_and(|due| due.calls > 0)
    }

    /// A call on the disk, with so many bytes to write.
    pub(crate) fn call(&self, length: usize) -> Verdict {
        match &mut self.0.borrow_mut().due {
            Some(due) if !due.over => due.call(length),
            _ => Verdict::Done,
        }
    }
}

impl Due {
    fn call(&mut self, length: usize) -> Verdict {
        let (step, before) = (self.calls, self.bytes);
        self.calls = self.calls.saturating_add(1);
        self.bytes = self.bytes.saturating_add(u32::try_from(length).unwrap_or(u32::MAX));
        let within = |limit: u32, ending| {
            let partly = limit < self.bytes;
            partly.then(|| Verdict::Partly(usize::try_from(limit - before).unwrap_or(length), ending))
        };
        let verdict = match self.fault {
            StoreFault::Fail {} => Some(Verdict::Partly(0, Ending::Failure)),
            StoreFault::ShortWrite { bytes } => within(bytes, Ending::Short),
            StoreFault::Full { bytes } => within(bytes, Ending::Full),
            StoreFault::CrashWithin { bytes } => within(bytes, Ending::Death),
            StoreFault::CrashAt { step: at } => (step == at).then_some(Verdict::Partly(0, Ending::Death)),
            StoreFault::Crash { .. } => None,
        };
        self.over = verdict.is_some();
        verdict.unwrap_or(Verdict::Done)
    }
}

/// A store with faults.
pub(crate) struct FaultyStore {
    inner: Box<dyn Store>,
    faults: StoreFaults,
    crash: Crash,
    /// What was looked at before it was asked for.
    peeked: Option<State>,
}

impl FaultyStore {
    /// `inner`, with `faults` as they come; its disk, if it has one, has the same.
    pub(crate) fn new(inner: Box<dyn Store>, faults: StoreFaults, crash: Crash) -> Self {
        Self { inner, faults, crash, peeked: None }
    }

    /// Its faults.
    pub(crate) fn faults(&self) -> StoreFaults {
        self.faults.clone()
    }

    /// The state that will be loaded.
    pub(crate) fn peek(&mut self) -> Result<Option<&State>, StoreError> {
        self.peeked = self.inner.load()?;
        Ok(self.peeked.as_ref())
    }

    fn write(&mut self, write: impl FnOnce(&mut dyn Store) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let Some(fault) = self.faults.begin() else { return write(&mut *self.inner) };
        if fault == (StoreFault::Crash { when: CrashPoint::Before }) {
            return self.end(Ending::Death);
        }
        let written = write(&mut *self.inner);
        let on_disk = self.faults.end();
        written?;
        match fault {
            StoreFault::Crash { .. } => self.end(Ending::Death),
            // What happened to the disk was decided there.
            _ if on_disk => Ok(()),
            StoreFault::Fail {} => self.end(Ending::Failure),
            StoreFault::ShortWrite { .. } => self.end(Ending::Short),
            StoreFault::Full { .. } => self.end(Ending::Full),
            StoreFault::CrashWithin { .. } | StoreFault::CrashAt { .. } => self.end(Ending::Death),
        }
    }

    fn end(&self, ending: Ending) -> Result<(), StoreError> {
        if ending == Ending::Death {
            (self.crash)();
        }
        Err(failed(ending.error()))
    }
}

impl Store for FaultyStore {
    fn load(&mut self) -> Result<Option<State>, StoreError> {
        match self.peeked.take() {
            Some(state) => Ok(Some(state)),
            None => self.inner.load(),
        }
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
