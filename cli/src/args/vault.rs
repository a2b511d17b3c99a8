//! `fob init`, `fob unlock` and `fob vault`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::exchange::Fresh;

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

/// `fob vault`.
#[derive(Debug, Subcommand)]
pub enum Vault {
    /// List the older versions that lie beside the vault
    Versions,
    /// Put an older version in the vault's place; what is there now stays as a version
    Restore(Restore),
    /// Take in what another vault has, account by account
    Merge(Merge),
    /// List the ways into the vault
    Slots,
    /// Change the passphrase; the recovery code changes with it
    Passphrase(Passphrase),
    /// Make a new recovery code; the old one opens nothing any more
    RecoveryCode(RecoveryCode),
}

/// `fob vault restore`.
#[derive(Debug, Args)]
pub struct Restore {
    /// The version, by its number or its file as in `fob vault versions`
    pub version: String,
    /// What opened the vault when the version was written
    #[command(flatten)]
    pub fresh: Fresh,
}

/// `fob vault merge`.
#[derive(Debug, Args)]
pub struct Merge {
    /// The other vault's file, which is not changed
    pub file: PathBuf,
    /// Say what would happen, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Read the other vault's passphrase from this descriptor
    #[arg(long, value_name = "N")]
    pub passphrase_fd: Option<u32>,
    /// Give the other vault's recovery code instead of its passphrase
    #[arg(long)]
    pub recovery: bool,
    /// Read the other vault's recovery code from this descriptor
    #[arg(long, value_name = "N", conflicts_with = "passphrase_fd")]
    pub recovery_fd: Option<u32>,
}

/// `fob vault passphrase`.
#[derive(Debug, Args)]
pub struct Passphrase {
    /// The vault's passphrase of today
    #[command(flatten)]
    pub fresh: Fresh,
    /// Read the new passphrase from this descriptor instead of the terminal
    #[arg(long, value_name = "N")]
    pub new_passphrase_fd: Option<u32>,
    /// Write the new recovery code into this descriptor instead of showing it
    #[arg(long, value_name = "N")]
    pub new_recovery_fd: Option<u32>,
}

/// `fob vault recovery-code`.
#[derive(Debug, Args)]
pub struct RecoveryCode {
    /// Read the vault's passphrase from this descriptor instead of the terminal
    #[arg(long, value_name = "N")]
    pub passphrase_fd: Option<u32>,
    /// Write the new recovery code into this descriptor instead of showing it
    #[arg(long, value_name = "N")]
    pub new_recovery_fd: Option<u32>,
}
