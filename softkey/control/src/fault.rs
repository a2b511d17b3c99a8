//! What can be made to go wrong.

use serde::{Deserialize, Serialize};

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
        /// To so many bytes, at most 63.
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

/// What storage does to a write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum StoreFault {
    /// It fails with EIO; nothing is kept.
    Fail {},
    /// Fewer bytes are taken than were given, and no more will be; nothing is kept.
    ShortWrite {},
    /// The disk is full: ENOSPC; nothing is kept.
    Full {},
    /// The program dies as by `kill -9`.
    Crash {
        /// When.
        when: CrashPoint,
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
