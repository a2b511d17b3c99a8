//! What the records of a state file hold, once they are open: changes, and a state made of them.

use fob_authenticator::{Changes, State};

use crate::softkey::prepared;

/// Changes mean the same when they are written anew, and leave a state that can be written and read.
pub fn state_changes(data: &[u8]) {
    if let Ok(state) = State::decode(data) {
        settles(&state);
    }
    let Ok(changes) = Changes::decode(data) else { return };
    let anew = changes.encode();
    assert_eq!(*Changes::decode(&anew).expect("refused what it wrote").encode(), *anew);
    let mut state = State::decode(&prepared().state).expect("it was encoded from one");
    state.apply(changes);
    settles(&state);
}

fn settles(state: &State) {
    let bytes = state.encode();
    let again = State::decode(&bytes).expect("refused what it wrote");
    assert_eq!(*again.encode(), *bytes);
    assert_eq!((again.counter(), again.resident_count()), (state.counter(), state.resident_count()));
}
