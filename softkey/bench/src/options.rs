//! The command line of fob-softkey.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgGroup, Parser, ValueEnum};

/// A FIDO2 key in software, for tests and for machines without hardware.
///
/// Its AAGUID says "fob test softkey" and nothing guards its secrets: never register it where it matters.
#[derive(Debug, Clone, Parser)]
#[command(name = "fob-softkey", version)]
#[command(group = ArgGroup::new("face").required(true))]
#[command(group = ArgGroup::new("memory"))]
pub struct Options {
    /// Listen on a unix socket of type SOCK_SEQPACKET: one report of 64 bytes a datagram
    #[arg(long, value_name = "PATH", group = "face")]
    pub socket: Option<PathBuf>,

    /// Listen on a unix socket of type SOCK_STREAM: reports of 64 bytes, one after the other
    #[arg(long, value_name = "PATH", group = "face")]
    pub stream: Option<PathBuf>,

    /// Listen on UDP, one report a datagram; answers go to the last sender
    #[arg(long, value_name = "ADDRESS:PORT", group = "face", value_parser = loopback)]
    pub udp: Option<SocketAddr>,

    /// Keep credentials, PIN and counter in this file
    #[arg(long, value_name = "FILE", group = "memory")]
    pub state: Option<PathBuf>,

    /// Keep everything in memory (the default)
    #[arg(long, group = "memory")]
    pub ram: bool,

    /// What happens when the key wants to be touched
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = TouchPolicy::Allow)]
    pub touch: TouchPolicy,

    /// Repeat: the same number and the same requests give the same bytes. Its keys are no secret
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,

    /// Take CBOR that is not canonical, as some programs send it
    #[arg(long)]
    pub lenient_cbor: bool,
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

/// Whoever reaches the port can use the key, so only this machine may.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| "not an address with a port, such as 127.0.0.1:8111".to_owned())?;
    if address.ip().is_loopback() { Ok(address) } else { Err("only loopback (127.0.0.1 or ::1) is allowed".to_owned()) }
}
