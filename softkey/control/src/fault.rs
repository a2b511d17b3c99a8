//! What can be made to go wrong.

use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};

/// Which way a report goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From the key.
    #[default]
    ToHost,
    /// To the key.
    ToKey,
}

/// What a wire does to reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum WireFault {
    /// A report is lost.
    Drop {
        /// Of these.
        #[serde(default)]
        direction: Direction,
    },
    /// A report comes twice.
    Duplicate {
        /// Of these.
        #[serde(default)]
        direction: Direction,
    },
    /// A report comes after the one that follows it.
    Reorder {
        /// Of these.
        #[serde(default)]
        direction: Direction,
    },
    /// A report from the key is cut short.
    Truncate {
        /// To so many bytes, at most [`WireFault::LONGEST_CUT`].
        #[serde(deserialize_with = "shorter_than_a_report")]
        length: u8,
    },
    /// Nothing comes from the key any more.
    Silence {},
    /// Each report from the key comes late; they stay in order.
    Slow {
        /// By so many milliseconds.
        ms: u64,
    },
    /// The key stays busy: instead of its answer to a CTAP2 request come keepalives without end, until somebody sends
    /// INIT on the channel or the faults are cleared.
    Keepalive {
        /// What they say: 1 processing, 2 touch needed.
        status: u8,
    },
    /// A request is answered with ERR_CHANNEL_BUSY and does not reach the key.
    Busy {},
    /// An answer to INIT has another nonce.
    WrongNonce {},
    /// A whole answer on another channel comes first, as if another program had the key open.
    Foreign {
        /// Which channel.
        channel: u32,
    },
    /// The key is pulled out when `after` reports have come from it; with 0, instead of the next one.
    Unplug {},
}

impl WireFault {
    /// Most bytes that a report has which was cut: one fewer than a whole one.
    pub const LONGEST_CUT: u8 = 63;

    /// Whether it goes on for ever where nothing else is said.
    #[must_use]
    pub const fn lasts(&self) -> bool {
        matches!(self, Self::Silence {} | Self::Slow { .. })
    }
}

/// A flag of authenticator data (WebAuthn Level 3 §6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// User present.
    Up,
    /// User verified.
    Uv,
    /// Backup eligible.
    Be,
    /// Backed up.
    Bs,
}

impl Flag {
    /// Its bit.
    #[must_use]
    pub const fn bit(self) -> u8 {
        match self {
            Self::Up => 1,
            Self::Uv => 1 << 2,
            Self::Be => 1 << 3,
            Self::Bs => 1 << 4,
        }
    }
}

/// What is wrong with an answer. Where authenticator data changes, the signature is over the changed data: only
/// `bogus-signature` does not verify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ResponseFault {
    /// The signature of a credential or of an attestation does not verify.
    BogusSignature {},
    /// Flags have the other value.
    Flags {
        /// Which.
        flip: Vec<Flag>,
    },
    /// The signature counter has this value.
    Counter {
        /// Which.
        value: u32,
    },
    /// The signature counter goes back.
    CounterBack {
        /// By how much; it stops at 0.
        by: u32,
    },
    /// The RP ID hash is that of another site.
    WrongRpIdHash {},
    /// The CBOR is not CTAP2's canonical form.
    Cbor {
        /// In which way.
        how: Sloppiness,
    },
    /// getInfo has members, versions, extensions, options and algorithms that nobody has heard of.
    UnknownMembers {},
    /// This status comes at once, and the command is not done.
    Status {
        /// The byte, such as 0x7F.
        code: u8,
    },
}

/// How CBOR can miss the canonical form (CTAP 2.3 §8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sloppiness {
    /// The keys of the outer map go backwards.
    KeyOrder,
    /// The head of the outer map is longer than needed.
    LongHead,
    /// The outer map has no length.
    Indefinite,
    /// The first member of the outer map comes twice.
    Duplicate,
    /// A byte follows.
    Trailing,
    /// The last byte is missing.
    Cut,
}

/// What storage does to what a command writes. With a state file it happens on the disk, byte for byte; in memory there
/// are no bytes to count, and it happens all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum StoreFault {
    /// It fails with EIO; nothing is kept.
    Fail {},
    /// So many bytes reach the disk, and no more will; nothing is kept. A write that has fewer succeeds.
    ShortWrite {
        /// How many.
        #[serde(default, skip_serializing_if = "is_none_of_them")]
        bytes: u32,
    },
    /// The disk is full after so many bytes: ENOSPC; nothing is kept. A write that has fewer succeeds.
    Full {
        /// How many.
        #[serde(default, skip_serializing_if = "is_none_of_them")]
        bytes: u32,
    },
    /// The program dies as by `kill -9`.
    Crash {
        /// When.
        when: CrashPoint,
    },
    /// The program dies when so many bytes of the write have reached the file. In a write that has fewer it lives.
    CrashWithin {
        /// How many.
        bytes: u32,
    },
    /// The program dies before this call on the disk, from 0: write, sync; for a whole new file more of both, the rename
    /// and the folder's sync. In a write that needs fewer it lives.
    CrashAt {
        /// Which.
        step: u32,
    },
}

/// Where in a write the program dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CrashPoint {
    /// Before anything is written.
    Before,
    /// When the write is durable, before anybody hears of it.
    After,
}

fn is_none_of_them(bytes: &u32) -> bool {
    *bytes == 0
}

fn shorter_than_a_report<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let length = u8::deserialize(deserializer)?;
    match length <= WireFault::LONGEST_CUT {
        true => Ok(length),
        false => Err(D::Error::invalid_value(Unexpected::Unsigned(length.into()), &"at most 63 bytes")),
    }
}
