//! The command line of fob-softkey.

mod extra;
mod key;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgGroup, Parser, Subcommand, ValueEnum};

pub use extra::Extra;
pub use key::KeyOptions;

/// A FIDO2 key in software, for tests and for machines without hardware.
///
/// Its AAGUID says "fob test softkey" and nothing guards its secrets: never register it where it matters.
#[derive(Debug, Clone, Parser)]
#[command(name = "fob-softkey", version)]
#[command(subcommand_negates_reqs = true, args_conflicts_with_subcommands = true)]
#[command(group = ArgGroup::new("face").required(true))]
#[command(group = ArgGroup::new("memory"))]
#[command(group = ArgGroup::new("state key"))]
pub struct Options {
    /// Something else than to be a key.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Listen on a unix socket of type SOCK_SEQPACKET: one report of 64 bytes a datagram
    #[arg(long, value_name = "PATH", group = "face")]
    pub socket: Option<PathBuf>,

    /// Listen on a unix socket of type SOCK_STREAM: reports of 64 bytes, one after the other
    #[arg(long, value_name = "PATH", group = "face")]
    pub stream: Option<PathBuf>,

    /// Listen on UDP, one report a datagram; answers go to the last sender
    #[arg(long, value_name = "ADDRESS:PORT", group = "face", value_parser = loopback)]
    pub udp: Option<SocketAddr>,

    /// Be a hidraw node of this machine, for every program on it. Needs root
    #[arg(long, group = "face")]
    pub uhid: bool,

    /// Be the device side of a USB gadget, such as /dev/hidg0
    #[arg(long, value_name = "PATH", group = "face")]
    pub hidg: Option<PathBuf>,

    /// The gadget's folder in configfs, so that unplugging unbinds it. Its UDC is named there
    #[arg(long, value_name = "FOLDER", requires = "hidg")]
    pub gadget: Option<PathBuf>,

    /// One of several keys: NAME,socket=PATH or stream=, udp=, uhid, hidg=; and gadget=, state=, profile=, touch=, seed=, capacity=, with=A+B.
    /// What it leaves out it has from the options of all. May be given many times
    #[arg(long, value_name = "NAME,…", group = "face")]
    pub key: Vec<KeyOptions>,

    /// Keep credentials, PIN and counter in this file, sealed. Without one of the three options below a key is made in
    /// FILE.key beside it: whoever can read the folder can read both
    #[arg(long, value_name = "FILE", group = "memory", conflicts_with = "key")]
    pub state: Option<PathBuf>,

    /// Seal the state with the key in this file: 32 bytes, or 64 hexadecimal digits
    #[arg(long, value_name = "FILE", group = "state key", requires = "state")]
    pub state_key: Option<PathBuf>,

    /// Seal the state with the key that comes through this file descriptor
    #[arg(long, value_name = "N", group = "state key", requires = "state")]
    pub state_key_fd: Option<u32>,

    /// Seal the state with the passphrase that comes through this file descriptor (Argon2id: 64 MiB for a moment)
    #[arg(long, value_name = "N", group = "state key", requires = "state")]
    pub state_passphrase_fd: Option<u32>,

    /// Keep everything in memory (the default)
    #[arg(long, group = "memory")]
    pub ram: bool,

    /// What happens when the key wants to be touched
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = TouchPolicy::Allow)]
    pub touch: TouchPolicy,

    /// Repeat: the same number and the same requests give the same bytes. Its keys are no secret
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,

    /// Room for so many discoverable credentials, at most 100000; 100 otherwise, or what the profile has
    #[arg(long, value_name = "NUMBER", value_parser = capacity)]
    pub capacity: Option<usize>,

    /// What it has beside what it has by itself
    #[arg(long, value_name = "WHAT,…", value_enum, value_delimiter = ',')]
    pub with: Vec<Extra>,

    /// Take CBOR that is not canonical, as some programs send it
    #[arg(long)]
    pub lenient_cbor: bool,

    /// Answer as this model does: default, bio, ctap20, fido2applet, ledger, nitrokey3, no-pin, solo1, u2f-only, yubikey-5.2, yubikey-5.4,
    /// yubikey-5.7. Refused while this key cannot do what the model can
    #[arg(long, value_name = "NAME", default_value = crate::profile::DEFAULT)]
    pub profile: String,

    /// Take the profile all the same, without what this key cannot do
    #[arg(long)]
    pub partial_profile: bool,

    /// Listen for scripts, faults and questions on this unix socket (docs/softkey.md)
    #[arg(long, value_name = "PATH")]
    pub control: Option<PathBuf>,

    /// Write every report into this file; `fob-softkey replay` plays it again
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}

/// Something else than to be a key.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Play a wire log again: the same requests must give the same answers
    Replay {
        /// The log, of --record or of the control channel
        log: PathBuf,
    },
    /// Write the certificate of the test CA, which vouches for keys with --with certificate, into a file (DER)
    TestCa {
        /// The file, which is made or overwritten
        file: PathBuf,
    },
}

/// Who touches the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TouchPolicy {
    /// It is touched at once
    Allow,
    /// Somebody says no at once
    Deny,
    /// The terminal is asked; 30 seconds without an answer count as nobody there
    Ask,
}

impl TouchPolicy {
    /// As on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Ask => "ask",
        }
    }
}

/// Most discoverable credentials: ten times what anybody has measured.
const LARGEST_CAPACITY: usize = 100_000;

fn capacity(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number <= LARGEST_CAPACITY);
    number.ok_or_else(|| format!("a number up to {LARGEST_CAPACITY}"))
}

/// Whoever reaches the port can use the key, so only this machine may.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| "not an address with a port, such as 127.0.0.1:8111".to_owned())?;
    if address.ip().is_loopback() { Ok(address) } else { Err("only loopback (127.0.0.1 or ::1) is allowed".to_owned()) }
}
