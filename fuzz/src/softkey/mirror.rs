//! A store in memory that holds the key to the law of its changes: written and read again they mean the same, and made
//! twice they are made once.

use std::cell::RefCell;
use std::rc::Rc;

use fob_authenticator::{Changes, State, Store, StoreError};

/// Clones share what is kept.
#[derive(Clone, Default)]
pub(crate) struct Mirror(Rc<RefCell<Kept>>);

#[derive(Default)]
struct Kept {
    state: Option<State>,
    commits: usize,
}

impl Mirror {
    /// With a state in it.
    pub(crate) fn holding(state: &[u8]) -> Self {
        let state = State::decode(state).expect("it was encoded from one");
        Self(Rc::new(RefCell::new(Kept { state: Some(state), commits: 0 })))
    }

    /// How often something was kept.
    pub(crate) fn commits(&self) -> usize {
        self.0.borrow().commits
    }

    /// Whether it has what the key has.
    pub(crate) fn agrees_with(&self, state: &State) -> bool {
        self.0.borrow().state.as_ref().is_some_and(|kept| *kept.encode() == *state.encode())
    }
}

fn again(state: &State) -> State {
    State::decode(&state.encode()).expect("a state can read what it wrote")
}

impl Store for Mirror {
    fn load(&mut self) -> Result<Option<State>, StoreError> {
        Ok(self.0.borrow().state.as_ref().map(again))
    }

    fn create(&mut self, state: &State) -> Result<(), StoreError> {
        self.0.borrow_mut().state = Some(again(state));
        Ok(())
    }

    fn commit(&mut self, _: &State, changes: &Changes) -> Result<(), StoreError> {
        let bytes = changes.encode();
        let mut kept = self.0.borrow_mut();
        kept.commits += 1;
        let state = kept.state.as_mut().expect("a key creates its state before it changes it");
        for _ in 0..2 {
            state.apply(Changes::decode(&bytes).expect("changes can be read again"));
        }
        Ok(())
    }
}
