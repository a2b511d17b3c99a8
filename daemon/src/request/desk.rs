//! How many requests may be open: two for each caller, eight in all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use fob_bus::{CallError, ErrorKind};

use super::{End, Request};
use crate::policy::Who;

/// Most requests of one caller.
const EACH: usize = 2;
/// Most requests of all callers together.
const ALL: usize = 8;

/// The requests under way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Desk(Arc<Mutex<Open>>);

#[derive(Debug, Default)]
struct Open {
    next: u64,
    requests: HashMap<u64, (Who, Weak<Request>)>,
}

/// A place at the desk, until it is dropped.
#[derive(Debug)]
pub(crate) struct Ticket {
    desk: Desk,
    number: u64,
}

impl Desk {
    /// A place for another request of this caller.
    ///
    /// # Errors
    /// [`ErrorKind::TooManyRequests`].
    pub(crate) fn admit(&self, caller: Who, request: &Arc<Request>) -> Result<Ticket, CallError> {
        let mut open = self.open();
        let own = open.requests.values().filter(|(owner, _)| *owner == caller).count();
        let too_many = |text: String| Err(CallError::new(ErrorKind::TooManyRequests, text));
        if own >= EACH {
            return too_many(format!("this program has {EACH} requests open already"));
        }
        if open.requests.len() >= ALL {
            return too_many(format!("{ALL} requests are open already"));
        }
        let number = open.next;
        open.next += 1;
        open.requests.insert(number, (caller, Arc::downgrade(request)));
        Ok(Ticket { desk: self.clone(), number })
    }

    /// Ends every request. Those that have a key at work end when it has been told.
    pub(crate) fn end_all(&self, why: End) {
        // Collected first: ending one may free its place.
        let open: Vec<_> = self.open().requests.values().filter_map(|(_, request)| request.upgrade()).collect();
        open.iter().for_each(|request| request.end(why));
    }

    /// Whether nothing is under way.
    pub(crate) fn is_empty(&self) -> bool {
        self.open().requests.is_empty()
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.desk.open().requests.remove(&self.number);
    }
}
