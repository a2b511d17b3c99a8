//! Asking a key for a channel (§11.2.9.1.3), a platform's end.

use fob_ambient::Millis;

use super::{ChannelId, HidCommand, HidError, HidMessage, InitReply, LinkError, Packet, Report};

/// A question for a channel, under way. Other programs ask on the same broadcast channel; the nonce tells the answers
/// apart.
#[derive(Debug)]
pub struct Opening {
    channel: ChannelId,
    nonce: [u8; 8],
    deadline: Millis,
    /// An error on the broadcast channel: perhaps ours, perhaps another program's.
    refusal: Option<HidError>,
}

/// What a report meant to an [`Opening`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenStep {
    /// Not for us, or not the end: read on.
    Waiting,
    /// The channel is ours.
    Opened(InitReply),
}

impl Opening {
    /// Asks for a new channel; the report is to be sent. `deadline` is a moment on the caller's clock.
    #[must_use]
    pub fn start(nonce: [u8; 8], deadline: Millis) -> (Self, Report) {
        Self::on(ChannelId::BROADCAST, nonce, deadline)
    }

    /// Makes a fresh start on a channel that we have: whatever was under way there is forgotten (§11.2.5.3).
    #[must_use]
    pub fn resynchronize(channel: ChannelId, nonce: [u8; 8], deadline: Millis) -> (Self, Report) {
        Self::on(channel, nonce, deadline)
    }

    fn on(channel: ChannelId, nonce: [u8; 8], deadline: Millis) -> (Self, Report) {
        let report = HidMessage::init(channel, nonce).reports().next().expect("a message has a first report");
        (Self { channel, nonce, deadline, refusal: None }, report)
    }

    /// A report came. Reports of other channels, other nonces, and answers too short to be one are passed over.
    ///
    /// # Errors
    /// [`LinkError::Refused`] if the key answered with an error.
    pub fn on_report(&mut self, report: &Report) -> Result<OpenStep, LinkError> {
        let Packet::First { channel, command, length, data } = Packet::parse(report) else {
            return Ok(OpenStep::Waiting);
        };
        if channel != self.channel {
            return Ok(OpenStep::Waiting);
        }
        let data = data.get(..usize::from(length)).unwrap_or_default();
        match command {
            HidCommand::Init => Ok(self.answer(data)),
            HidCommand::Error if channel == ChannelId::BROADCAST => {
                self.refusal = Some(error(data));
                Ok(OpenStep::Waiting)
            }
            HidCommand::Error => Err(LinkError::Refused(error(data))),
            _ => Ok(OpenStep::Waiting),
        }
    }

    /// Time has passed.
    ///
    /// # Errors
    /// Once the deadline is reached: [`LinkError::Refused`] if there was an error on the broadcast channel, else
    /// [`LinkError::TimedOut`].
    pub fn on_tick(&self, now: Millis) -> Result<(), LinkError> {
        if now < self.deadline {
            return Ok(());
        }
        Err(self.refusal.map_or(LinkError::TimedOut, LinkError::Refused))
    }

    /// When [`Opening::on_tick`] has something to say.
    #[must_use]
    pub const fn deadline(&self) -> Millis {
        self.deadline
    }

    fn answer(&self, data: &[u8]) -> OpenStep {
        let reply = InitReply::decode(data).filter(|reply| reply.nonce == self.nonce);
        // Neither of these can be somebody's channel; a key that hands one out hands out nothing.
        let reply = reply.filter(|reply| !matches!(reply.channel, ChannelId::BROADCAST | ChannelId::RESERVED));
        reply.map_or(OpenStep::Waiting, OpenStep::Opened)
    }
}

pub(super) fn error(data: &[u8]) -> HidError {
    // ERR_OTHER, for an error without a number.
    data.first().map_or(HidError::Other(0x7f), |byte| HidError::from_byte(*byte))
}
