//! What the bench can be told to do.

use serde::{Deserialize, Serialize};

use crate::{Credential, ResponseFault, StoreFault, WireFault};

/// One thing to do. All but the first three, `watch`, `clock` and `advance` are about one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Op {
    /// Which protocol and which program is this?
    Hello {},
    /// All keys of the program.
    Keys {},
    /// Tell this connection what happens from now on; replaces what was watched before.
    Watch {
        /// What of it.
        what: Vec<Watch>,
    },
    /// Let time stand still, or go on.
    Clock {
        /// How it goes from now on.
        mode: ClockMode,
    },
    /// Move a clock that stands still. Everything that falls due on the way happens, in order.
    Advance {
        /// By how many milliseconds; at most [`Op::LONGEST_ADVANCE`].
        ms: u64,
    },
    /// How the next touches go, one step a touch; then the key does what `--touch` says. Replaces an earlier script.
    Presence {
        /// The steps.
        script: Vec<Touch>,
    },
    /// The key is touched now. An error if it does not wait for a touch.
    Touch {},
    /// Somebody says no now. An error if the key does not wait for a touch.
    Refuse {},
    /// How the next fingers are laid on the sensor, one a touch. The reply says whether the key has one.
    Fingers {
        /// The samples.
        script: Vec<Finger>,
    },
    /// Off and on again with the wire in place: channels, tokens and counts of a session are gone.
    PowerCycle {},
    /// The key is pulled out: its socket closes, its node vanishes.
    Unplug {},
    /// The key is put in again, after a power cycle.
    Plug {},
    /// Chance starts anew from this number, and signatures become repeatable.
    Seed {
        /// Any number.
        seed: u64,
    },
    /// Breaks the wire.
    WireFault {
        /// How.
        fault: WireFault,
        /// So many reports of its direction pass first.
        #[serde(default)]
        after: u32,
        /// How often it happens; 0 for ever. Absent: once, and for ever where once makes no sense.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        times: Option<u32>,
    },
    /// Makes answers wrong.
    ResponseFault {
        /// How.
        fault: ResponseFault,
        /// Only answers to this CTAP command; absent: to all that the fault can be about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        command: Option<u8>,
        /// So many such answers pass first.
        #[serde(default)]
        after: u32,
        /// How often it happens; 0 for ever. Absent: once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        times: Option<u32>,
    },
    /// Breaks the storage.
    StoreFault {
        /// How.
        fault: StoreFault,
        /// So many writes pass first.
        #[serde(default)]
        after: u32,
        /// How often it happens; 0 for ever. Absent: once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        times: Option<u32>,
    },
    /// Takes back all faults.
    ClearFaults {},
    /// The discoverable credentials, without their private keys.
    Credentials {},
    /// The discoverable credentials with their private keys, as `import` takes them.
    Export {},
    /// Puts a credential into the key; one with the same id gives way.
    Import {
        /// Which.
        credential: Box<Credential>,
    },
    /// Takes a credential out.
    Forget {
        /// Its id, base64url without padding.
        credential_id: String,
    },
}

impl Op {
    /// Longest step of `advance`: one hour, in which a key that waits sends 36,000 keepalives.
    pub const LONGEST_ADVANCE: u64 = 3_600_000;

    /// Whether it changes nothing that a key's answers depend on. A wire log leaves these out.
    #[must_use]
    pub const fn only_looks(&self) -> bool {
        matches!(
            self,
            Self::Hello {}
                | Self::Keys {}
                | Self::Watch { .. }
                | Self::Clock { .. }
                | Self::Advance { .. }
                | Self::Credentials {}
                | Self::Export {}
        )
    }
}

/// How time goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockMode {
    /// As outside; the default.
    Real,
    /// Only by `advance`.
    Virtual,
}

/// How one touch goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Touch {
    /// At once.
    Allow {},
    /// Somebody says no at once.
    Deny {},
    /// Touched after a while.
    Delay {
        /// How long, in milliseconds.
        ms: u64,
    },
    /// Nobody comes.
    TimeOut {
        /// The key gives up after so many milliseconds; absent: when it would by itself, after 30 seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ms: Option<u64>,
    },
    /// Nothing happens until `touch` or `refuse` is sent.
    Hold {},
    /// Touched in the very moment in which the platform cancels.
    Race {
        /// What the key notices first.
        winner: RaceWinner,
    },
}

/// What comes first when a touch and a cancel come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RaceWinner {
    /// The touch: the command succeeds.
    Touch,
    /// The cancel: the touch comes too late.
    Cancel,
}

/// How a finger is laid on the sensor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Finger {
    /// Well, and it is this one.
    Good {
        /// Which finger; the same number is the same finger.
        finger: u32,
    },
    /// Badly: lastEnrollSampleStatus of CTAP 2.3 §6.7.4, 0x01 (too high) to 0x0E (no user presence transition).
    Poor {
        /// The status.
        status: u8,
    },
    /// Not at all.
    None {},
}

/// What a connection wants to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Watch {
    /// That a touch is wanted, and no longer.
    Touch,
    /// That a key shows which one it is.
    Wink,
    /// That a key is plugged or unplugged.
    Plug,
    /// The lines of a wire log, from now on.
    Log,
}
