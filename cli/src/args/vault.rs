//! `fob init`, `fob unlock`, `fob lock` and `fob vault`.

pub mod slot;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

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
    /// Open it with a security key; KEY chooses one, by the beginning of its id or product name
    #[arg(long, value_name = "KEY", conflicts_with_all = ["keyring", "tpm", "pin", "recovery", "recovery_fd"])]
    pub key: Option<Option<String>>,
    /// Open it with what the desktop keyring keeps
    #[arg(long, conflicts_with_all = ["tpm", "pin", "recovery", "recovery_fd", "passphrase_fd"])]
    pub keyring: bool,
    /// Open it with what this machine's TPM keeps
    #[arg(long, conflicts_with_all = ["pin", "recovery", "recovery_fd", "passphrase_fd"])]
    pub tpm: bool,
    /// Open a soft lock with the quick PIN
    #[arg(long, conflicts_with_all = ["recovery", "recovery_fd", "passphrase_fd"])]
    pub pin: bool,
    /// Read the PIN of the key or the TPM, or the quick PIN, from this descriptor
    #[arg(long, value_name = "N")]
    pub pin_fd: Option<u32>,
    /// What opens it
    #[command(flatten)]
    pub fresh: Fresh,
}

/// `fob lock`.
#[derive(Debug, Args)]
pub struct Lock {
    /// Lock so that the quick PIN opens the vault again (see `fob vault pin`)
    #[arg(long)]
    pub soft: bool,
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
    /// Add a way into the vault, remove or rename one
    #[command(subcommand, arg_required_else_help = true)]
    Slot(slot::Slot),
    /// Change the passphrase; the recovery code changes with it
    Passphrase(NewKey),
    /// Make a new recovery code; the old one opens nothing any more
    RecoveryCode(NewKey),
    /// Make a new vault key and recovery code, in case somebody has the old ones
    Rotate(NewKey),
    /// Show or set what opens the vault: any way in, or only passphrase and key together
    Policy(Policy),
    /// Set or remove the quick PIN, which opens the vault again after `fob lock --soft`
    #[command(subcommand, arg_required_else_help = true)]
    Pin(Pin),
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
    /// What opens the other vault
    #[command(flatten)]
    pub fresh: Fresh,
}

/// Whatever makes a new vault key: `fob vault passphrase`, `recovery-code`, `rotate`, `policy` and `slot remove`.
#[derive(Debug, Args)]
pub struct NewKey {
    /// What opens the vault today
    #[command(flatten)]
    pub fresh: Fresh,
    /// Read the new passphrase from this descriptor; with the recovery code one is needed
    #[arg(long, value_name = "N")]
    pub new_passphrase_fd: Option<u32>,
    /// Keep this way in, by its name, its kind or the beginning of its id; may be given several times. Without it you
    /// are asked
    #[arg(long, value_name = "SLOT")]
    pub keep: Vec<String>,
    /// Do not ask: keys, keyring and TPM go unless --keep names them
    #[arg(long)]
    pub yes: bool,
    /// Read the PIN of the keys and the TPM that stay from this descriptor
    #[arg(long, value_name = "N")]
    pub pin_fd: Option<u32>,
    /// Write the new recovery code into this descriptor instead of showing it
    #[arg(long, value_name = "N")]
    pub new_recovery_fd: Option<u32>,
}

/// `fob vault policy`.
#[derive(Debug, Args)]
pub struct Policy {
    /// What it takes from now on; without it the policy is shown
    pub policy: Option<PolicyKind>,
    /// The new vault key
    #[command(flatten)]
    pub new_key: NewKey,
}

/// What it takes to open a vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyKind {
    /// Any way in opens the vault
    Any,
    /// A passphrase and a security key together, or the recovery code
    PassphraseAndKey,
}

/// `fob vault pin`.
#[derive(Debug, Subcommand)]
pub enum Pin {
    /// Set the quick PIN, or change it
    Set(PinSet),
    /// Remove the quick PIN: `fob lock --soft` locks fully from then on
    Remove(PinRemove),
}

/// `fob vault pin set`.
#[derive(Debug, Args)]
pub struct PinSet {
    /// Read the quick PIN from this descriptor instead of the terminal
    #[arg(long, value_name = "N")]
    pub pin_fd: Option<u32>,
    /// What opens the vault, once more
    #[command(flatten)]
    pub fresh: Fresh,
}

/// `fob vault pin remove`.
#[derive(Debug, Args)]
pub struct PinRemove {
    /// What opens the vault, once more
    #[command(flatten)]
    pub fresh: Fresh,
}
