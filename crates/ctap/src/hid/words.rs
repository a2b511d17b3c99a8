//! The words of CTAPHID: channels, commands, errors, states (§11.2.4 to §11.2.9).

use std::fmt;
use std::ops::BitOr;

/// A logical channel.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelId(pub u32);

impl ChannelId {
    /// For asking for a channel; answers to that come on it, too.
    pub const BROADCAST: Self = Self(0xffff_ffff);
    /// Reserved: nobody has it.
    pub const RESERVED: Self = Self(0);
}

impl fmt::Debug for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChannelId({:08x})", self.0)
    }
}

/// Commands, without the bit that marks a message's first report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HidCommand {
    /// CTAPHID_PING: send it back.
    Ping,
    /// CTAPHID_MSG: a CTAP1 message.
    Msg,
    /// CTAPHID_LOCK: serve this channel alone for a while.
    Lock,
    /// CTAPHID_INIT: a channel, or a fresh start on one.
    Init,
    /// CTAPHID_WINK: show which key you are.
    Wink,
    /// CTAPHID_CBOR: a CTAP2 message.
    Cbor,
    /// CTAPHID_CANCEL: forget what you are doing on this channel.
    Cancel,
    /// CTAPHID_KEEPALIVE: still there.
    Keepalive,
    /// CTAPHID_ERROR: the request was none.
    Error,
    /// 0x40 to 0x7F: a vendor's.
    Vendor(u8),
    /// Any other.
    Unknown(u8),
}

impl HidCommand {
    /// The command of this number. The mark of a first report (0x80) is ignored.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        match byte & 0x7f {
            0x01 => Self::Ping,
            0x03 => Self::Msg,
            0x04 => Self::Lock,
            0x06 => Self::Init,
            0x08 => Self::Wink,
            0x10 => Self::Cbor,
            0x11 => Self::Cancel,
            0x3b => Self::Keepalive,
            0x3f => Self::Error,
            vendor @ 0x40..=0x7f => Self::Vendor(vendor),
            other => Self::Unknown(other),
        }
    }

    /// The number, without the mark.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::Ping => 0x01,
            Self::Msg => 0x03,
            Self::Lock => 0x04,
            Self::Init => 0x06,
            Self::Wink => 0x08,
            Self::Cbor => 0x10,
            Self::Cancel => 0x11,
            Self::Keepalive => 0x3b,
            Self::Error => 0x3f,
            Self::Vendor(byte) | Self::Unknown(byte) => byte & 0x7f,
        }
    }
}

/// What CTAPHID_ERROR says (§11.2.9.1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum HidError {
    /// ERR_INVALID_CMD: no such command.
    #[error("the key does not know the command")]
    InvalidCommand,
    /// ERR_INVALID_PAR: a parameter is not allowed.
    #[error("the key does not take the parameter")]
    InvalidParameter,
    /// ERR_INVALID_LEN: the message is too long or too short.
    #[error("the key does not take messages of this length")]
    InvalidLength,
    /// ERR_INVALID_SEQ: reports came in the wrong order.
    #[error("the key missed a report")]
    InvalidSequence,
    /// ERR_MSG_TIMEOUT: the rest of a message did not come.
    #[error("the key waited for the rest of a message")]
    MessageTimeout,
    /// ERR_CHANNEL_BUSY: another channel is being served.
    #[error("the key is busy with another program")]
    ChannelBusy,
    /// ERR_LOCK_REQUIRED: the command needs the lock.
    #[error("the key wants to be locked first")]
    LockRequired,
    /// ERR_INVALID_CHANNEL: nobody has this channel.
    #[error("the key does not know the channel")]
    InvalidChannel,
    /// ERR_OTHER, or a number that the standard does not list.
    #[error("the key reports error 0x{0:02X}")]
    Other(u8),
}

impl HidError {
    /// The error of this number.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        match byte {
            0x01 => Self::InvalidCommand,
            0x02 => Self::InvalidParameter,
            0x03 => Self::InvalidLength,
            0x04 => Self::InvalidSequence,
            0x05 => Self::MessageTimeout,
            0x06 => Self::ChannelBusy,
            0x0a => Self::LockRequired,
            0x0b => Self::InvalidChannel,
            other => Self::Other(other),
        }
    }

    /// The number on the wire.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::InvalidCommand => 0x01,
            Self::InvalidParameter => 0x02,
            Self::InvalidLength => 0x03,
            Self::InvalidSequence => 0x04,
            Self::MessageTimeout => 0x05,
            Self::ChannelBusy => 0x06,
            Self::LockRequired => 0x0a,
            Self::InvalidChannel => 0x0b,
            Self::Other(byte) => byte,
        }
    }
}

/// What CTAPHID_KEEPALIVE says (§11.2.9.1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeepaliveStatus {
    /// 1: working.
    Processing,
    /// 2: waiting for a touch.
    UserPresenceNeeded,
    /// A number that the standard does not list.
    Unknown(u8),
}

impl KeepaliveStatus {
    /// The state of this number.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        match byte {
            1 => Self::Processing,
            2 => Self::UserPresenceNeeded,
            other => Self::Unknown(other),
        }
    }

    /// The number on the wire.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::Processing => 1,
            Self::UserPresenceNeeded => 2,
            Self::Unknown(byte) => byte,
        }
    }
}

/// What a key can do on this transport (§11.2.9.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities(pub u8);

impl Capabilities {
    /// Winks.
    pub const WINK: Self = Self(0x01);
    /// Speaks CTAP2.
    pub const CBOR: Self = Self(0x04);
    /// Does not speak CTAP1.
    pub const NMSG: Self = Self(0x08);

    /// Whether all of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Capabilities {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The answer to CTAPHID_INIT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InitReply {
    /// What the request said; everybody else's answers have another.
    pub nonce: [u8; 8],
    /// The channel to use from now on.
    pub channel: ChannelId,
    /// Version of CTAPHID: 2.
    pub protocol_version: u8,
    /// Version of the key: major, minor, build.
    pub device_version: [u8; 3],
    /// What it can do.
    pub capabilities: Capabilities,
}

impl InitReply {
    /// The 17 bytes on the wire.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.nonce.to_vec();
        bytes.extend(self.channel.0.to_be_bytes());
        bytes.push(self.protocol_version);
        bytes.extend(self.device_version);
        bytes.push(self.capabilities.0);
        bytes
    }

    /// Reads them. A newer version may append bytes (§11.2.9.1.3); fewer than 17 are no answer.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (nonce, rest) = bytes.split_first_chunk()?;
        let (channel, rest) = rest.split_first_chunk()?;
        let ([protocol_version, major, minor, build, capabilities], _) = rest.split_first_chunk()?;
        Some(Self {
            nonce: *nonce,
            channel: ChannelId(u32::from_be_bytes(*channel)),
            protocol_version: *protocol_version,
            device_version: [*major, *minor, *build],
            capabilities: Capabilities(*capabilities),
        })
    }
}
