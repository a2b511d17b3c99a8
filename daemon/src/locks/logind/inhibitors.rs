//! The delay inhibitors: descriptors that logind gives out and waits for, at most `InhibitDelayMaxSec` (5 s by default).
//!
//! Sleep and shutdown are asked for one by one. Asked for both at once logind looks for a right of its own
//! (`inhibit-handle-lid-switch`), which somebody who is logged in from afar has not; each alone anybody may have.
//!
//! Whether one that was refused is asked for again is decided in `machine`. Each ask has a number, so that the late answer to
//! one that was taken back is not taken for that to the next.

use std::os::fd::OwnedFd;
use std::pin::Pin;

use tokio::task::{AbortHandle, JoinSet};
use zbus::Connection;
use zbus::names::OwnedUniqueName;

use super::{MANAGER, ROOT};
use crate::locks::machine::Delays;

/// What an inhibitor is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Sleep,
    Shutdown,
}

impl What {
    const fn word(self) -> &'static str {
        match self {
            Self::Sleep => "sleep",
            Self::Shutdown => "shutdown",
        }
    }

    const fn alone(self) -> Delays {
        Delays { sleep: matches!(self, Self::Sleep), shutdown: matches!(self, Self::Shutdown) }
    }
}

/// The answer to a request for one.
pub(in crate::locks) struct Granted {
    what: What,
    serial: u64,
    answer: zbus::Result<OwnedFd>,
}

/// One of them.
#[derive(Debug, Default)]
enum Inhibitor {
    #[default]
    None,
    Asked {
        serial: u64,
        asking: AbortHandle,
    },
    Held(#[expect(dead_code, reason = "held, never used: closing it is what counts")] OwnedFd),
    /// Not given, and why.
    Refused(String),
}

impl Drop for Inhibitor {
    fn drop(&mut self) {
        if let Self::Asked { asking, .. } = self {
            asking.abort();
        }
    }
}

/// Both.
#[derive(Debug, Default)]
pub(super) struct Inhibitors {
    sleep: Inhibitor,
    shutdown: Inhibitor,
    asking: JoinSet<Granted>,
    asked: u64,
}

impl Inhibitors {
    /// Asks for those that are wanted and not there, and lets the others go, at once. One that was refused stays so.
    pub(super) fn hold(&mut self, delays: Delays, connection: &Connection, logind: Option<&OwnedUniqueName>) {
        for (what, wanted) in each(delays) {
            if !wanted {
                *self.slot(what) = Inhibitor::None;
            } else if let (Inhibitor::None, Some(logind)) = (self.slot(what), logind) {
                self.ask(what, Box::pin(ask(what, connection.clone(), logind.clone())));
            }
        }
    }

    /// Asks once more for these, if they were refused.
    pub(super) fn ask_again(&mut self, delays: Delays, connection: &Connection, logind: Option<&OwnedUniqueName>) {
        for (what, wanted) in each(delays) {
            if let (true, Inhibitor::Refused(_), Some(logind)) = (wanted, self.slot(what), logind) {
                self.ask(what, Box::pin(ask(what, connection.clone(), logind.clone())));
            }
        }
    }

    fn ask(&mut self, what: What, asking: Asking) {
        self.asked += 1;
        let serial = self.asked;
        let asking = self.asking.spawn(async move { Granted { what, serial, answer: asking.await } });
        *self.slot(what) = Inhibitor::Asked { serial, asking };
    }

    fn slot(&mut self, what: What) -> &mut Inhibitor {
        match what {
            What::Sleep => &mut self.sleep,
            What::Shutdown => &mut self.shutdown,
        }
    }

    /// The next answer. Waits for ever while nothing is asked for.
    pub(super) async fn granted(&mut self) -> Granted {
        loop {
            match self.asking.join_next().await {
                Some(Ok(granted)) => return granted,
                // Taken back meanwhile.
                Some(_) => {}
                None => std::future::pending().await,
            }
        }
    }

    /// Keeps what was given, unless it is not wanted any more; what was refused, if it still counts.
    pub(super) fn take_in(&mut self, Granted { what, serial, answer }: Granted) -> Option<Delays> {
        let slot = self.slot(what);
        if !matches!(slot, Inhibitor::Asked { serial: awaited, .. } if *awaited == serial) {
            return None;
        }
        match answer {
            Ok(descriptor) => {
                *slot = Inhibitor::Held(descriptor);
                None
            }
            Err(error) => {
                *slot = Inhibitor::Refused(error.to_string());
                Some(what.alone())
            }
        }
    }

    /// Why one of them was not given, in logind's own words.
    pub(super) fn refused(&self) -> Option<&str> {
        [&self.sleep, &self.shutdown].into_iter().find_map(|inhibitor| match inhibitor {
            Inhibitor::Refused(why) => Some(why.as_str()),
            Inhibitor::None | Inhibitor::Asked { .. } | Inhibitor::Held(_) => None,
        })
    }
}

fn each(delays: Delays) -> [(What, bool); 2] {
    [(What::Sleep, delays.sleep), (What::Shutdown, delays.shutdown)]
}

/// A request under way.
type Asking = Pin<Box<dyn Future<Output = zbus::Result<OwnedFd>> + Send>>;

async fn ask(what: What, connection: Connection, logind: OwnedUniqueName) -> zbus::Result<OwnedFd> {
    let words = (what.word(), "fobd", "the vault is locked first", "delay");
    let reply = connection.call_method(Some(logind), ROOT, Some(MANAGER), "Inhibit", &words).await?;
    Ok(reply.body().deserialize::<zbus::OwnedFd>()?.into())
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot::{Sender, channel};

    use super::*;

    const SLEEP: Delays = Delays { sleep: true, shutdown: false };

    /// Asks for the inhibitor of the sleep; the test answers.
    fn asked(inhibitors: &mut Inhibitors) -> Sender<zbus::Result<OwnedFd>> {
        let (answer, answered) = channel();
        inhibitors.ask(What::Sleep, Box::pin(async move { answered.await.unwrap() }));
        answer
    }

    fn refusal(words: &str) -> zbus::Result<OwnedFd> {
        Err(zbus::Error::Failure(words.to_owned()))
    }

    /// A descriptor, and what shows whether it is held.
    fn descriptor() -> (OwnedFd, std::io::PipeReader) {
        let (reader, writer) = std::io::pipe().unwrap();
        (writer.into(), reader)
    }

    #[tokio::test]
    async fn what_is_refused_is_told_until_it_is_asked_for_again() {
        let mut inhibitors = Inhibitors::default();
        asked(&mut inhibitors).send(refusal("too many")).unwrap();
        let answer = inhibitors.granted().await;
        assert_eq!(inhibitors.take_in(answer), Some(SLEEP));
        assert!(inhibitors.refused().unwrap().contains("too many"));
        let answer = asked(&mut inhibitors);
        assert_eq!(inhibitors.refused(), None);
        let (given, mut held) = descriptor();
        answer.send(Ok(given)).unwrap();
        let answer = inhibitors.granted().await;
        assert_eq!((inhibitors.take_in(answer), inhibitors.refused()), (None, None));
        drop(inhibitors);
        assert_eq!(std::io::Read::read(&mut held, &mut [0]).unwrap(), 0, "it was held until here");
    }

    /// The answer was there before the ask was taken back and another one made in its place.
    #[tokio::test]
    async fn the_late_answer_to_an_ask_that_was_taken_back_does_not_hit_the_next() {
        for late_is_refusal in [true, false] {
            let mut inhibitors = Inhibitors::default();
            let (given, mut held) = descriptor();
            let late = Some(given).filter(|_| !late_is_refusal).map_or_else(|| refusal("timed out"), Ok);
            asked(&mut inhibitors).send(late).unwrap();
            let late = inhibitors.granted().await;
            inhibitors.sleep = Inhibitor::None;
            let next = asked(&mut inhibitors);
            assert_eq!(inhibitors.take_in(late), None);
            assert!(matches!(inhibitors.sleep, Inhibitor::Asked { .. }), "the next is still awaited");
            assert_eq!(std::io::Read::read(&mut held, &mut [0]).unwrap(), 0, "what nobody wants is let go");
            next.send(refusal("no")).unwrap();
            let answer = inhibitors.granted().await;
            assert_eq!(inhibitors.take_in(answer), Some(SLEEP));
        }
    }
}
