//! One message and its answer: sending, waiting, giving up, trying again while the key is busy.

use fob_ambient::Millis;
use fob_ctap::Status;
use fob_ctap::hid::{Deadlines, HidCommand, HidError, HidMessage, LinkError as Fault, Step, Transaction};

use super::{FIRST_PAUSE, LONGEST_PAUSE, Session, Watch};
use crate::{KeyError, KeyState, LONGEST_WAIT};

/// A message that was sent and whose answer is being read.
struct Waiting {
    transaction: Transaction,
    given_up: Option<GivenUp>,
    last_state: Option<KeyState>,
}

/// Why the answer is only read to get it out of the way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum GivenUp {
    Cancelled,
    TimedOut,
}

impl From<GivenUp> for KeyError {
    fn from(reason: GivenUp) -> Self {
        match reason {
            GivenUp::Cancelled => Self::Cancelled,
            GivenUp::TimedOut => Self::TimedOut,
        }
    }
}

impl Session {
    /// Sends a message and waits for the answer; again and again while another program has the key.
    pub(super) fn exchange(
        &mut self,
        command: HidCommand,
        data: &[u8],
        watch: &mut Watch<'_>,
    ) -> Result<Vec<u8>, KeyError> {
        let mut pause = FIRST_PAUSE;
        loop {
            if watch.cancel.is_cancelled() {
                return Err(KeyError::Cancelled);
            }
            if self.now() >= watch.deadline {
                return Err(KeyError::TimedOut);
            }
            if !self.in_step {
                self.init(watch.cancel)?;
                self.in_step = true;
            }
            let message = HidMessage::new(self.channel, command, data.to_vec())
                .map_err(|error| KeyError::TooLarge { length: error.length, limit: HidMessage::LONGEST })?;
            if let Some(answer) = self.attempt(&message, watch)? {
                return Ok(answer);
            }
            (watch.states)(KeyState::InUse);
            self.back_off(pause, watch)?;
            pause = pause.plus(pause).min(LONGEST_PAUSE);
        }
    }

    /// One try; none if the key is busy with another program.
    fn attempt(&mut self, message: &HidMessage, watch: &mut Watch<'_>) -> Result<Option<Vec<u8>>, KeyError> {
        let deadlines = Deadlines { answer: watch.deadline, silence: self.limits.silence };
        let transaction = Transaction::start(message, deadlines, self.now());
        // In the middle of something, until the answer has come to its end.
        self.in_step = false;
        for report in message.reports() {
            self.link.send(&report)?;
        }
        let mut waiting = Waiting { transaction, given_up: None, last_state: None };
        let answer = loop {
            if let Some(answer) = self.turn(&mut waiting, watch)? {
                break answer;
            }
        };
        self.in_step = matches!(answer, Ok(_) | Err(Fault::Refused(_)));
        match (answer, waiting.given_up) {
            (Ok(bytes), None) => Ok(Some(bytes)),
            // It crossed our CANCEL on the way and is worth as much as one that came before.
            (Ok(bytes), Some(GivenUp::TimedOut)) if bytes.first() != Some(&Status::KeepaliveCancel.byte()) => {
                Ok(Some(bytes))
            }
            (Err(Fault::Refused(HidError::ChannelBusy)), None) => Ok(None),
            (Err(fault), None) => Err(fault.into()),
            (_, Some(reason)) => Err(reason.into()),
        }
    }

    /// Looks at the clock and at the cancel token, then waits for one report. The answer, or how it failed to come,
    /// once that is known.
    fn turn(
        &mut self,
        waiting: &mut Waiting,
        watch: &mut Watch<'_>,
    ) -> Result<Option<Result<Vec<u8>, Fault>>, KeyError> {
        let now = self.now();
        match waiting.transaction.on_tick(now) {
            Err(Fault::TimedOut) if waiting.given_up.is_none() => self.give_up(waiting, GivenUp::TimedOut)?,
            Err(fault) => return Ok(Some(Err(fault))),
            Ok(()) if waiting.given_up.is_none() && watch.cancel.is_cancelled() => {
                self.give_up(waiting, GivenUp::Cancelled)?;
            }
            Ok(()) => {}
        }
        let wait = waiting.transaction.deadline().since(now).min(LONGEST_WAIT);
        let Some(report) = self.link.receive(wait)? else { return Ok(None) };
        match waiting.transaction.on_report(&report, self.now()) {
            Ok(Step::Foreign | Step::Partial) => Ok(None),
            Ok(Step::Keepalive(status)) => {
                waiting.tell(status.into(), watch);
                Ok(None)
            }
            Ok(Step::Done(bytes)) => Ok(Some(Ok(bytes))),
            Err(fault) => Ok(Some(Err(fault))),
        }
    }

    fn give_up(&mut self, waiting: &mut Waiting, reason: GivenUp) -> Result<(), KeyError> {
        waiting.given_up = Some(reason);
        let until = self.deadline_in(self.limits.drain);
        if let Some(cancel) = waiting.transaction.cancel(until) {
            self.link.send(&cancel)?;
        }
        Ok(())
    }

    /// Lets time pass, and reports with it: none of them is ours.
    fn back_off(&mut self, pause: Millis, watch: &Watch<'_>) -> Result<(), KeyError> {
        let until = self.deadline_in(pause);
        loop {
            let now = self.now();
            if watch.cancel.is_cancelled() {
                return Err(KeyError::Cancelled);
            }
            if now >= watch.deadline {
                return Err(KeyError::Busy);
            }
            if now >= until {
                return Ok(());
            }
            self.link.receive(until.min(watch.deadline).since(now).min(LONGEST_WAIT))?;
        }
    }
}

impl Waiting {
    /// Hands a state up if it is another than before and somebody still waits.
    fn tell(&mut self, state: KeyState, watch: &mut Watch<'_>) {
        if self.given_up.is_none() && self.last_state.replace(state) != Some(state) {
            (watch.states)(state);
        }
    }
}
