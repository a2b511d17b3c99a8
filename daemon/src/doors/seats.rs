//! Seats on fobd's own socket: how many connections there may be, so that no program takes all of them.
//!
//! Whoever finds no seat is hung up on at once and costs nothing more. Many processes of one user can still fill the
//! house together; `fob` and the listener have seats of their own then.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Most connections of one process. `fob` has one, a browser's host one for all its tabs.
const OF_ONE: usize = 16;
/// Most connections of the loopback listener, which has one for each of its own callers.
const OF_LISTENER: usize = 48;
/// Most connections of all who are neither companion nor listener.
const OF_STRANGERS: usize = 48;
/// Most connections at all.
const OF_ALL: usize = 160;

/// Who has a seat.
#[derive(Debug, Clone, Default)]
pub(super) struct Seats(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    by_process: HashMap<i32, usize>,
    by_strangers: usize,
    all: usize,
}

/// Who wants to sit down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sitter {
    /// A program of this household.
    Companion,
    /// The loopback listener.
    Listener,
    /// Anybody else.
    Stranger,
}

/// A seat; free again when it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Seats,
    process: i32,
    stranger: bool,
}

impl Seats {
    /// Whether a process has as many as anybody may have: then nobody needs to look who it is.
    pub(super) fn are_full_for(&self, process: i32) -> bool {
        self.taken(|taken| taken.all >= OF_ALL || taken.of(process) >= OF_LISTENER)
    }

    /// A seat for a process, if there is one.
    pub(super) fn take(&self, process: i32, sitter: Sitter) -> Option<Seat> {
        let stranger = sitter == Sitter::Stranger;
        let of_one = if sitter == Sitter::Listener { OF_LISTENER } else { OF_ONE };
        let sits = self.taken(|taken| {
            let free =
                taken.all < OF_ALL && taken.of(process) < of_one && (!stranger || taken.by_strangers < OF_STRANGERS);
            if free {
                taken.all += 1;
                taken.by_strangers += usize::from(stranger);
                *taken.by_process.entry(process).or_default() += 1;
            }
            free
        });
        sits.then(|| Seat { seats: self.clone(), process, stranger })
    }

    fn taken<T>(&self, look: impl FnOnce(&mut Taken) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Taken {
    fn of(&self, process: i32) -> usize {
        self.by_process.get(&process).copied().unwrap_or_default()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.taken(|taken| {
            taken.all -= 1;
            taken.by_strangers -= usize::from(self.stranger);
            if let Some(count) = taken.by_process.get_mut(&self.process) {
                *count -= 1;
                if *count == 0 {
                    taken.by_process.remove(&self.process);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_program_leaves_seats_for_others_and_strangers_leave_some_for_fob() {
        let seats = Seats::default();
        let take = |process, sitter| seats.take(process, sitter);
        let mut taken: Vec<_> = std::iter::repeat_with(|| take(1, Sitter::Stranger)).map_while(|seat| seat).collect();
        assert_eq!(taken.len(), OF_ONE);
        let others = (2..1000).map_while(|process| take(process, Sitter::Stranger));
        taken.extend(others);
        assert_eq!(taken.len(), OF_STRANGERS);
        let listener = std::iter::repeat_with(|| take(-1, Sitter::Listener)).map_while(|seat| seat);
        taken.extend(listener);
        assert_eq!(taken.len(), OF_STRANGERS + OF_LISTENER);
        assert!(seats.are_full_for(-1) && !seats.are_full_for(1));
        taken.extend((1000..).map_while(|process| take(process, Sitter::Companion)));
        assert_eq!(taken.len(), OF_ALL);
        taken.clear();
        assert!(seats.taken(|taken| taken.by_process.is_empty() && taken.all == 0 && taken.by_strangers == 0));
        assert!(take(1, Sitter::Stranger).is_some());
    }
}
