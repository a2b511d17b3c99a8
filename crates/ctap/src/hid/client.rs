//! One request and its answer (§11.2.5.1), a platform's end.

use fob_ambient::Millis;

use super::opening::error;
use super::{Assembler, ChannelId, FramingError, HidCommand, HidError, HidMessage, KeepaliveStatus, Packet, Report};

/// A request that waits for its answer.
#[derive(Debug)]
pub struct Transaction {
    channel: ChannelId,
    command: HidCommand,
    deadlines: Deadlines,
    last_heard: Millis,
    incoming: Option<Assembler>,
    cancelled: bool,
}

/// How long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// The moment at which the whole answer must be here, on the caller's clock.
    pub answer: Millis,
    /// The longest silence: how long between any two reports of ours, keepalives included.
    pub silence: Millis,
}

/// What a report meant to a [`Transaction`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Not for us: another program's, or the rest of something that is over.
    Foreign,
    /// A part of the answer.
    Partial,
    /// The key is still at it.
    Keepalive(KeepaliveStatus),
    /// The answer.
    Done(Vec<u8>),
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The key answered with an error of the link.
    #[error("the key refused the message")]
    Refused(#[source] HidError),
    /// The answer's reports do not fit together.
    #[error("the key's answer came broken")]
    Framing(#[from] FramingError),
    /// The key answered another command than the one that was sent.
    #[error("the key answered another command")]
    WrongCommand(HidCommand),
    /// Nothing came for longer than [`Deadlines::silence`].
    #[error("the key has gone silent")]
    Silent,
    /// The whole time is up, though the key may still be at it.
    #[error("the key took too long")]
    TimedOut,
}

impl Transaction {
    /// Begins; the message's reports are to be sent.
    #[must_use]
    pub const fn start(request: &HidMessage, deadlines: Deadlines, now: Millis) -> Self {
        Self {
            channel: request.channel(),
            command: request.command(),
            deadlines,
            last_heard: now,
            incoming: None,
            cancelled: false,
        }
    }

    /// A report came.
    ///
    /// # Errors
    /// Why there will be no answer. The transaction is over then.
    pub fn on_report(&mut self, report: &Report, now: Millis) -> Result<Step, LinkError> {
        let packet = Packet::parse(report);
        if packet.channel() != self.channel {
            return Ok(Step::Foreign);
        }
        match packet {
            Packet::First { command, length, data, .. } => {
                self.last_heard = now;
                let content = data.get(..usize::from(length)).unwrap_or(data);
                self.first(command, length, content)
            }
            Packet::Next { sequence, data, .. } => {
                let Some(incoming) = &mut self.incoming else { return Ok(Step::Foreign) };
                self.last_heard = now;
                incoming.next(sequence, data)?;
                Ok(self.progress())
            }
        }
    }

    fn first(&mut self, command: HidCommand, length: u16, data: &[u8]) -> Result<Step, LinkError> {
        match command {
            HidCommand::Keepalive => {
                let status = data.first().map_or(KeepaliveStatus::Unknown(0), |byte| KeepaliveStatus::from_byte(*byte));
                Ok(Step::Keepalive(status))
            }
            HidCommand::Error => Err(LinkError::Refused(error(data))),
            command if command == self.command => {
                self.incoming = Some(Assembler::begin(self.channel, command, length, data)?);
                Ok(self.progress())
            }
            other => Err(LinkError::WrongCommand(other)),
        }
    }

    fn progress(&mut self) -> Step {
        match self.incoming.take_if(|incoming| incoming.is_complete()) {
            Some(complete) => Step::Done(complete.into_data()),
            None => Step::Partial,
        }
    }

    /// Time has passed.
    ///
    /// # Errors
    /// [`LinkError::Silent`] or [`LinkError::TimedOut`]. The key does not know about our deadlines: after
    /// `TimedOut` the transaction lives on, to be cancelled and read to its end.
    pub fn on_tick(&self, now: Millis) -> Result<(), LinkError> {
        if now >= self.deadlines.answer {
            Err(LinkError::TimedOut)
        } else if now >= self.silent_at() {
            Err(LinkError::Silent)
        } else {
            Ok(())
        }
    }

    /// When [`Transaction::on_tick`] has something to say, unless a report comes before.
    #[must_use]
    pub fn deadline(&self) -> Millis {
        self.deadlines.answer.min(self.silent_at())
    }

    /// Gives up: the report is to be sent, then the answer to be read to its end before `until`, most likely
    /// [`KeepaliveCancel`](crate::Status::KeepaliveCancel). None for a command that cannot be cancelled, or if it was
    /// cancelled before; the new deadline holds all the same.
    pub fn cancel(&mut self, until: Millis) -> Option<Report> {
        self.deadlines.answer = until;
        let first_time = !std::mem::replace(&mut self.cancelled, true);
        let report = || HidMessage::cancel(self.channel).reports().next();
        (first_time && self.command == HidCommand::Cbor).then(report).flatten()
    }

    fn silent_at(&self) -> Millis {
        self.last_heard.plus(self.deadlines.silence)
    }
}
