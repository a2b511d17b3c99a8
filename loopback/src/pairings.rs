//! Pairings under way. One begins with a call to fobd that waits for the person, and ends when the program that began it
//! comes back for the token. Nothing of it is kept longer than that: a token that nobody fetches is forgotten here.

use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use data_encoding::HEXLOWER;
use fob_ambient::{Rng, SystemRng};
use fob_bus::pipe;
use fob_bus::types::{ClientInfo, PairOptions};
use tokio::net::unix::pipe::Receiver;
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinHandle};
use zeroize::Zeroizing;

use crate::fobd::{Fobd, Session};
use crate::problem::{Fault, Problem};

/// Most at once, in all: the person is asked one after another anyway.
const MOST: usize = 4;
/// How long the person may take. fobd's figure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How many digits there are.
const DIGITS: usize = 6;
/// How long a token waits to be fetched.
const FETCH: Duration = Duration::from_secs(30);

type End = Result<(ClientInfo, Zeroizing<String>), Problem>;

/// Those under way, by their names.
#[derive(Default)]
pub(crate) struct Pairings(Mutex<HashMap<String, Pairing>>);

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
        if self.held().len() >= MOST {
            return Err(Problem::of(Fault::Overloaded, "too many programs are being paired"));
        }
        let session = Session::open(fobd).await?;
        let (code, end) = pipe::awaiting().map_err(|error| Problem::of(Fault::Overloaded, error.to_string()))?;
        let (ended, outcome) = oneshot::channel();
        let pairing = HEXLOWER.encode(&SystemRng::new().bytes::<16>());
        let uid = options.uid;
        let work = tokio::spawn({
            let (pairings, pairing) = (self.clone(), pairing.clone());
            async move {
                let end = session.pair(options, end).await;
                drop(session);
                // Whoever waits is gone: then so is this pairing.
                if ended.send(end).is_ok() {
                    tokio::time::sleep(FETCH).await;
                    pairings.held().remove(&pairing);
                }
            }
        });
        let work = Work(JoinHandle::abort_handle(&work));
        let Ok(code) = digits(code).await else {
            // Refused at once, or fobd is gone.
            return Err(outcome.await.ok().and_then(Result::err).unwrap_or_else(broke));
        };
        self.held().insert(pairing.clone(), Pairing { uid, end: outcome, work });
        Ok(Begun { code, pairing })
    }

    /// Waits for the end of one that this user began. Dropping the future withdraws it.
    ///
    /// # Errors
    /// [`Fault::UnknownPairing`]; fobd's refusal.
    pub(crate) async fn finish(&self, name: &str, uid: u32) -> End {
        let found = {
            let mut all = self.held();
            let is_its = all.get(name).is_some_and(|pairing| pairing.uid == uid);
            if is_its { all.remove(name) } else { None }
        };
        let unknown =
            || Problem::of(Fault::UnknownPairing, "no such pairing is under way: it ended, or was never begun");
        let Pairing { end, work, .. } = found.ok_or_else(unknown)?;
        let ended = end.await.map_err(|_| unknown())?;
        drop(work);
        ended
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Pairing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
