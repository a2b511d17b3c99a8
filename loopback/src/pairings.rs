//! Pairings under way. One begins with a call to fobd that waits for the person, and ends when the program that began it
//! comes back for the token. Nothing of it is kept longer than that: a token that nobody fetches is forgotten here.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use data_encoding::HEXLOWER;
use fob_ambient::{Rng, SystemRng};
use fob_bus::pipe;
use fob_bus::types::{ClientInfo, PairOptions};
use tokio::net::unix::pipe::Receiver;
use tokio::sync::oneshot::{self, error::TryRecvError};
use tokio::task::{AbortHandle, JoinHandle};
use zeroize::Zeroizing;

use crate::fobd::{Fobd, Session};
use crate::problem::{Fault, Problem};

/// Most at once, in all: the person is asked one after another anyway. Other users than the listener's own have one less.
const MOST: usize = 4;
/// Refusals that are kept for whoever comes back for them.
const REFUSALS: usize = 16;
/// How long the person may take. fobd's figure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How many digits there are.
const DIGITS: usize = 6;
/// How long a token waits to be fetched.
const FETCH: Duration = Duration::from_secs(30);

type End = Result<(ClientInfo, Zeroizing<String>), Problem>;

/// What there is of pairings.
#[derive(Default)]
pub(crate) struct Pairings(Mutex<Book>);

#[derive(Default)]
struct Book {
    /// Those under way, by their names, and those whose token waits.
    under_way: HashMap<String, Pairing>,
    /// The latest that were refused, which keep nobody from being paired.
    refused: VecDeque<Refused>,
}

/// A pairing that was refused before anybody asked for its end.
struct Refused {
    name: String,
    uid: u32,
    why: Problem,
}

/// One of them. Dropped, it is withdrawn.
struct Pairing {
    uid: u32,
    end: oneshot::Receiver<End>,
    work: Work,
}

/// The task that waits for fobd; dropped, it ends, and its connection with it.
struct Work(AbortHandle);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What the program is to show, and what to ask for the end by.
pub(crate) struct Begun {
    /// The digits.
    pub(crate) code: Zeroizing<String>,
    /// The pairing's name.
    pub(crate) pairing: String,
}

impl Pairings {
    /// Begins one.
    ///
    /// # Errors
    /// fobd's refusal; [`Fault::Overloaded`].
    pub(crate) async fn begin(self: &Arc<Self>, fobd: &dyn Fobd, options: PairOptions) -> Result<Begun, Problem> {
        let room = if options.uid == rustix::process::geteuid().as_raw() { MOST } else { MOST - 1 };
        if self.held().under_way.len() >= room {
            return Err(Problem::of(Fault::Overloaded, "too many programs are being paired"));
        }
        let session = Session::open(fobd).await?;
        let (code, end) = pipe::awaiting().map_err(|error| Problem::of(Fault::Overloaded, error.to_string()))?;
        let (ended, mut outcome) = oneshot::channel();
        let pairing = HEXLOWER.encode(&SystemRng::new().bytes::<16>());
        let uid = options.uid;
        let work = tokio::spawn({
            let (pairings, pairing) = (self.clone(), pairing.clone());
            async move {
                let end = session.pair(options, end).await;
                drop(session);
                let refusal = end.as_ref().err().cloned();
                // Whoever waits is gone: then so is this pairing.
                if ended.send(end).is_err() {
                    return;
                }
                match refusal {
                    Some(why) => pairings.held().refuse(&pairing, why),
                    None => {
                        tokio::time::sleep(FETCH).await;
                        pairings.held().under_way.remove(&pairing);
                    }
                }
            }
        });
        let work = Work(JoinHandle::abort_handle(&work));
        let Ok(code) = digits(code).await else {
            // Refused at once, or fobd is gone.
            return Err(outcome.await.ok().and_then(Result::err).unwrap_or_else(broke));
        };
        let mut book = self.held();
        match outcome.try_recv() {
            Err(TryRecvError::Empty) => {}
            // Refused before it was noted.
            Ok(Err(why)) => return Err(why),
            Ok(Ok(_)) | Err(TryRecvError::Closed) => return Err(broke()),
        }
        book.under_way.insert(pairing.clone(), Pairing { uid, end: outcome, work });
        drop(book);
        Ok(Begun { code, pairing })
    }

    /// Waits for the end of one that this user began. Dropping the future withdraws it.
    ///
    /// # Errors
    /// [`Fault::UnknownPairing`]; fobd's refusal.
    pub(crate) async fn finish(&self, name: &str, uid: u32) -> End {
        let unknown =
            || Problem::of(Fault::UnknownPairing, "no such pairing is under way: it ended, or was never begun");
        let Pairing { end, work, .. } = self.held().taken(name, uid)?.ok_or_else(unknown)?;
        let ended = end.await.map_err(|_| unknown())?;
        drop(work);
        ended
    }

    fn held(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// Takes out one of this user's.
    ///
    /// # Errors
    /// Why it was refused.
    fn taken(&mut self, name: &str, uid: u32) -> Result<Option<Pairing>, Problem> {
        if let Some(at) = self.refused.iter().position(|refused| refused.name == name && refused.uid == uid) {
            return self.refused.remove(at).map_or(Ok(None), |refused| Err(refused.why));
        }
        let is_its = self.under_way.get(name).is_some_and(|pairing| pairing.uid == uid);
        Ok(if is_its { self.under_way.remove(name) } else { None })
    }

    /// One under way was refused. Somebody who waits for its end already has taken it out, and is told.
    fn refuse(&mut self, name: &str, why: Problem) {
        let Some(Pairing { uid, .. }) = self.under_way.remove(name) else { return };
        if self.refused.len() >= REFUSALS {
            self.refused.pop_front();
        }
        self.refused.push_back(Refused { name: name.to_owned(), uid, why });
    }
}

fn broke() -> Problem {
    Problem::of(Fault::Gone, "fobd hung up before it said the digits")
}

/// The digits, as soon as they are there: fobd has its end open for as long as the person takes.
async fn digits(end: OwnedFd) -> io::Result<Zeroizing<String>> {
    let pipe = Receiver::from_owned_fd(end)?;
    let mut digits = Zeroizing::new([0; DIGITS]);
    let mut length = 0;
    while let Some(room) = digits.get_mut(length..).filter(|room| !room.is_empty()) {
        pipe.readable().await?;
        match pipe.try_read(room) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    let text = std::str::from_utf8(&*digits).map_err(|_| io::ErrorKind::InvalidData)?;
    Ok(Zeroizing::new(text.to_owned()))
}
