//! From reports to one message on one channel.

use super::packet::Packet;
use super::{ChannelId, HidCommand, HidError, HidMessage};

/// A message that is coming in.
#[derive(Debug)]
pub struct Assembler {
    channel: ChannelId,
    command: HidCommand,
    length: usize,
    data: Vec<u8>,
    sequence: u8,
}

/// A report that does not continue the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// More bytes announced than CTAPHID carries.
    #[error("a message of {0} bytes is announced, more than CTAPHID carries")]
    TooLong(u16),
    /// A report is missing, doubled or out of place.
    #[error("report {came} came where {expected} was expected")]
    Sequence {
        /// The number that should have come.
        expected: u8,
        /// The number that came.
        came: u8,
    },
}

impl FramingError {
    /// What a key answers to it.
    #[must_use]
    pub const fn hid_error(self) -> HidError {
        match self {
            Self::TooLong(_) => HidError::InvalidLength,
            Self::Sequence { .. } => HidError::InvalidSequence,
        }
    }
}

impl Assembler {
    /// Begins with the contents of a first report.
    ///
    /// # Errors
    /// [`FramingError::TooLong`].
    pub fn begin(channel: ChannelId, command: HidCommand, length: u16, data: &[u8]) -> Result<Self, FramingError> {
        let whole = usize::from(length);
        if whole > HidMessage::LONGEST {
            return Err(FramingError::TooLong(length));
        }
        let mut assembler = Self { channel, command, length: whole, data: Vec::with_capacity(whole), sequence: 0 };
        assembler.append(data);
        Ok(assembler)
    }

    /// Begins with a report; none if it is no first one.
    ///
    /// # Errors
    /// [`FramingError::TooLong`].
    pub fn begin_with(packet: &Packet<'_>) -> Result<Option<Self>, FramingError> {
        match packet {
            Packet::First { channel, command, length, data } => {
                Self::begin(*channel, *command, *length, *data).map(Some)
            }
            Packet::Next { .. } => Ok(None),
        }
    }

    /// Takes the contents of a report that continues.
    ///
    /// # Errors
    /// [`FramingError::Sequence`] if its number is not the next; the message is lost then.
    pub fn next(&mut self, sequence: u8, data: &[u8]) -> Result<(), FramingError> {
        if sequence != self.sequence {
            return Err(FramingError::Sequence { expected: self.sequence, came: sequence });
        }
        self.sequence = self.sequence.saturating_add(1);
        self.append(data);
        Ok(())
    }

    /// On which channel.
    #[must_use]
    pub const fn channel(&self) -> ChannelId {
        self.channel
    }

    /// Which command.
    #[must_use]
    pub const fn command(&self) -> HidCommand {
        self.command
    }

    /// Whether all of it is here.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.data.len() == self.length
    }

    /// What is here: all of it, once [`Assembler::is_complete`].
    #[must_use]
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }

    fn append(&mut self, data: &[u8]) {
        let left = self.length.saturating_sub(self.data.len());
        self.data.extend(data.iter().take(left));
    }
}
