//! `fob softkey …`: each command is one operation of fob-softkey's control channel (`docs/softkey.md`).

pub mod word;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use fob_softkey_control::{Finger, ResponseFault, StoreFault, Touch, WireFault};

/// `fob softkey`.
#[derive(Debug, Args)]
pub struct Softkey {
    /// The socket of `fob-softkey --control PATH`
    #[arg(long, global = true, value_name = "PATH", env = "FOB_SOFTKEY_CONTROL", hide_env_values = true)]
    pub control: Option<PathBuf>,
    /// Which of its keys, where there are several
    #[arg(long, global = true, value_name = "NAME")]
    pub key: Option<String>,
    /// What it is to do
    #[command(subcommand)]
    pub command: Command,
}

/// What it is to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List its keys, and what they wait for
    Keys,
    /// Put the key in again
    Plug,
    /// Pull the key out
    Unplug,
    /// Switch the key off and on again with the wire in place
    PowerCycle,
    /// Touch the key that waits for it
    Touch,
    /// Say no to the key that waits for a touch
    Refuse,
    /// Say how the next touches go
    Presence(Presence),
    /// Say how the next fingers are laid on the sensor
    Fingers(Fingers),
    /// Begin chance anew, so that random numbers and signatures repeat
    Seed {
        /// Any number
        #[arg(value_name = "N")]
        seed: u64,
    },
    /// Let time stand still for all keys, or go on
    Clock {
        /// How time goes
        mode: Clock,
    },
    /// Move a clock that stands still
    Advance {
        /// By how many milliseconds, at most an hour
        #[arg(value_name = "MS", value_parser = clap::value_parser!(u64).range(..=fob_softkey_control::Op::LONGEST_ADVANCE))]
        ms: u64,
    },
    /// Make something go wrong
    #[command(subcommand, arg_required_else_help = true)]
    Fault(Fault),
    /// The discoverable credentials of the key
    #[command(subcommand, arg_required_else_help = true)]
    Credential(Credential),
    /// Print what happens, until the program ends
    Watch(Watch),
}

/// Here, since Rust's documentation takes square brackets for links.
const STEPS: &str = "One step a touch: allow, deny, delay:MS, time-out[:MS], hold, race:touch or race:cancel";
const WIRE: &str = "drop[:to-key], duplicate[:to-key], reorder[:to-key], truncate:BYTES, silence, slow:MS, \
    keepalive:STATUS, busy, wrong-nonce, foreign:CHANNEL or unplug";

/// `fob softkey presence`.
#[derive(Debug, Args)]
pub struct Presence {
    /// The steps
    #[arg(help = STEPS, value_name = "STEP", required_unless_present = "clear", value_parser = word::step)]
    pub steps: Vec<Touch>,
    /// Forget the steps that are left
    #[arg(long, conflicts_with = "steps")]
    pub clear: bool,
}

/// `fob softkey fingers`.
#[derive(Debug, Args)]
pub struct Fingers {
    /// One step a touch: good:FINGER, poor:STATUS or none
    #[arg(value_name = "STEP", required_unless_present = "clear", value_parser = word::finger)]
    pub steps: Vec<Finger>,
    /// Forget the steps that are left
    #[arg(long, conflicts_with = "steps")]
    pub clear: bool,
}

/// How time goes.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Clock {
    /// As outside
    Real,
    /// Only by `fob softkey advance`
    Virtual,
}

/// `fob softkey fault`.
#[derive(Debug, Subcommand)]
pub enum Fault {
    /// Break the wire
    Wire {
        /// The faults
        #[arg(help = WIRE, value_name = "KIND", required = true, value_parser = word::wire)]
        kinds: Vec<WireFault>,
        /// When and how often
        #[command(flatten)]
        often: Often,
    },
    /// Make answers wrong
    Response {
        /// bogus-signature, flags:up,uv,be,bs, counter:VALUE, counter-back:BY, wrong-rp-id-hash, cbor:HOW (key-order,
        /// long-head, indefinite, duplicate, trailing or cut), unknown-members or status:CODE
        #[arg(value_name = "KIND", required = true, value_parser = word::response)]
        kinds: Vec<ResponseFault>,
        /// Only answers to this CTAP command, such as 0x02
        #[arg(long, value_name = "CODE", value_parser = word::byte)]
        command: Option<u8>,
        /// When and how often
        #[command(flatten)]
        often: Often,
    },
    /// Break the storage
    Store {
        /// fail, `short-write[:BYTES]`, `full[:BYTES]`, crash:before, crash:after, crash-within:BYTES or crash-at:STEP
        #[arg(value_name = "KIND", required = true, value_parser = word::store)]
        kinds: Vec<StoreFault>,
        /// When and how often
        #[command(flatten)]
        often: Often,
    },
    /// Take back all faults
    Clear,
}

/// When and how often a fault happens.
#[derive(Debug, Clone, Copy, Args)]
pub struct Often {
    /// Let so many pass first
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub after: u32,
    /// How often it happens, 0 for ever; else once, silence and slow for ever
    #[arg(long, value_name = "N")]
    pub times: Option<u32>,
}

/// `fob softkey credential`.
#[derive(Debug, Subcommand)]
pub enum Credential {
    /// List them, without private keys
    List,
    /// Write them with their private keys, as WebDriver's Credential Parameters
    Export {
        /// The file to write, which must not be there yet, or `-` for standard output
        file: PathBuf,
    },
    /// Put those in a file into the key, in the place of those with the same ids
    Import {
        /// The file, as `fob softkey credential export` writes it, or `-` for standard input
        file: PathBuf,
    },
    /// Take one out
    Forget {
        /// Its id, from `fob softkey credential list`
        // base64url: one in 64 begins with a hyphen.
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
}

/// `fob softkey watch`.
#[derive(Debug, Args)]
pub struct Watch {
    /// What to hear of; all but the log where nothing is said
    #[arg(value_name = "WHAT")]
    pub what: Vec<Topic>,
    /// End after so many events
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
}

/// What to hear of.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Topic {
    /// That a touch is wanted, and no longer
    Touch,
    /// That a key shows which one it is
    Wink,
    /// That a key is plugged or unplugged
    Plug,
    /// The lines of a wire log
    Log,
}
