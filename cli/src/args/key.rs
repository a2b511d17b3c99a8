//! `fob key …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `fob key`.
#[derive(Debug, Subcommand)]
pub enum Key {
    /// List the keys
    List,
    /// What a key says about itself
    Info(Which),
    /// Attach a key that is a unix socket, such as fob-softkey's
    Attach {
        /// The socket
        path: PathBuf,
    },
    /// Let go of an attached key
    Detach {
        /// The key's id, or the beginning of its id or product name
        key: String,
    },
    /// The PIN of a key
    #[command(subcommand, arg_required_else_help = true)]
    Pin(Pin),
}

/// `fob key pin`.
#[derive(Debug, Subcommand)]
pub enum Pin {
    /// Set the first PIN
    Set(PinSet),
    /// Change the PIN
    Change(PinChange),
}

/// Which key.
#[derive(Debug, Args)]
pub struct Which {
    /// The key: its id, or the beginning of its id or product name
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
}

/// `fob key pin set`.
#[derive(Debug, Args)]
pub struct PinSet {
    /// Which key
    #[command(flatten)]
    pub which: Which,
    /// Read the PIN from this descriptor instead of the terminal
    #[arg(long, value_name = "N")]
    pub pin_fd: Option<u32>,
}

/// `fob key pin change`.
#[derive(Debug, Args)]
pub struct PinChange {
    /// Which key
    #[command(flatten)]
    pub which: Which,
    /// Read the PIN of today from this descriptor instead of the terminal
    #[arg(long, value_name = "N")]
    pub pin_fd: Option<u32>,
    /// Read the new PIN from this descriptor instead of the terminal
    #[arg(long, value_name = "N")]
    pub new_pin_fd: Option<u32>,
}
