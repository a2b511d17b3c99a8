//! One report: the first of a message, or one that continues it (§11.2.4).

use super::{ChannelId, HidCommand};

/// Length of a report in bytes, without a report number.
pub const REPORT: usize = 64;

/// A report as it crosses the wire.
pub type Report = [u8; REPORT];

/// Payload of a first report.
pub(super) const FIRST: usize = REPORT - 7;
/// Payload of each one after it.
pub(super) const NEXT: usize = REPORT - 5;
/// Bit that marks a first report; the rest of that byte is the command.
pub(super) const MARK: u8 = 0x80;

/// A report, taken apart. Every report is one of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packet<'a> {
    /// The first report of a message.
    First {
        /// On which channel.
        channel: ChannelId,
        /// Which command.
        command: HidCommand,
        /// Bytes of the whole message.
        length: u16,
        /// The message's beginning, with filling behind a short one.
        data: &'a [u8; FIRST],
    },
    /// One that continues.
    Next {
        /// On which channel.
        channel: ChannelId,
        /// Its number, from 0.
        sequence: u8,
        /// The message's next bytes, with filling behind the last.
        data: &'a [u8; NEXT],
    },
}

impl<'a> Packet<'a> {
    /// Takes a report apart.
    #[must_use]
    pub fn parse(report: &'a Report) -> Self {
        let [c0, c1, c2, c3, word, data @ ..] = report;
        let channel = ChannelId(u32::from_be_bytes([*c0, *c1, *c2, *c3]));
        if word & MARK == 0 {
            return Self::Next { channel, sequence: *word, data };
        }
        let [high, low, data @ ..] = data;
        Self::First { channel, command: HidCommand::from_byte(*word), length: u16::from_be_bytes([*high, *low]), data }
    }

    /// The channel.
    #[must_use]
    pub const fn channel(&self) -> ChannelId {
        match self {
            Self::First { channel, .. } | Self::Next { channel, .. } => *channel,
        }
    }
}
