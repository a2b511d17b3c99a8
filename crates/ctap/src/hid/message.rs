//! A whole message, and the reports that carry it.

use super::packet::{FIRST, MARK, NEXT};
use super::{ChannelId, HidCommand, HidError, KeepaliveStatus, REPORT, Report};

/// A message on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HidMessage {
    channel: ChannelId,
    command: HidCommand,
    data: Vec<u8>,
}

/// More bytes than 129 reports hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message of {length} bytes is longer than CTAPHID carries")]
pub struct TooLong {
    /// How many bytes.
    pub length: usize,
}

impl HidMessage {
    /// Longest message: a first report and 128 more (§11.2.4).
    pub const LONGEST: usize = FIRST + 128 * NEXT;

    /// A message.
    ///
    /// # Errors
    /// [`TooLong`] above [`HidMessage::LONGEST`] bytes.
    pub fn new(channel: ChannelId, command: HidCommand, data: Vec<u8>) -> Result<Self, TooLong> {
        if data.len() > Self::LONGEST {
            return Err(TooLong { length: data.len() });
        }
        Ok(Self { channel, command, data })
    }

    /// CTAPHID_INIT with this nonce; on the broadcast channel it asks for a new one.
    #[must_use]
    pub fn init(channel: ChannelId, nonce: [u8; 8]) -> Self {
        Self { channel, command: HidCommand::Init, data: nonce.to_vec() }
    }

    /// CTAPHID_CANCEL.
    #[must_use]
    pub const fn cancel(channel: ChannelId) -> Self {
        Self { channel, command: HidCommand::Cancel, data: Vec::new() }
    }

    /// CTAPHID_KEEPALIVE.
    #[must_use]
    pub fn keepalive(channel: ChannelId, status: KeepaliveStatus) -> Self {
        Self { channel, command: HidCommand::Keepalive, data: vec![status.byte()] }
    }

    /// CTAPHID_ERROR.
    #[must_use]
    pub fn error(channel: ChannelId, error: HidError) -> Self {
        Self { channel, command: HidCommand::Error, data: vec![error.byte()] }
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

    /// What it carries.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// What it carries, moved out.
    #[must_use]
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }

    /// The reports, in order; at least one.
    pub fn reports(&self) -> impl Iterator<Item = Report> + '_ {
        let (first, rest) = self.data.split_at(self.data.len().min(FIRST));
        let [high, low] = u16::try_from(self.data.len()).unwrap_or(u16::MAX).to_be_bytes();
        let head = self.report(&[self.command.byte() | MARK, high, low], first);
        let next = rest.chunks(NEXT).zip(0_u8..MARK).map(|(chunk, sequence)| self.report(&[sequence], chunk));
        std::iter::once(head).chain(next)
    }

    fn report(&self, head: &[u8], data: &[u8]) -> Report {
        let mut report = [0; REPORT];
        let bytes = self.channel.0.to_be_bytes().into_iter().chain(head.iter().copied()).chain(data.iter().copied());
        for (to, from) in report.iter_mut().zip(bytes) {
            *to = from;
        }
        report
    }
}
