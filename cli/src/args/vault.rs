//! `fob init` and `fob unlock`.

use clap::Args;

/// `fob init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Read the passphrase from this descriptor instead of the terminal
    #[arg(long, value_name = "N")]
    pub passphrase_fd: Option<u32>,
    /// Write the recovery code into this descriptor instead of showing it
    #[arg(long, value_name = "N")]
    pub recovery_fd: Option<u32>,
}

/// `fob unlock`.
#[derive(Debug, Args)]
pub struct Unlock {
    /// Read the passphrase from this descriptor instead of the terminal
    #[arg(long, value_name = "N")]
    pub passphrase_fd: Option<u32>,
    /// Open it with the recovery code
    #[arg(long)]
    pub recovery: bool,
    /// Open it with the recovery code, read from this descriptor instead of the terminal
    #[arg(long, value_name = "N", conflicts_with = "passphrase_fd")]
    pub recovery_fd: Option<u32>,
}
