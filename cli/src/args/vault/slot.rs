//! `fob vault slot …`: ways into the vault.

use clap::{Args, Subcommand};

use super::super::exchange::Fresh;
use super::NewKey;

/// `fob vault slot`.
#[derive(Debug, Subcommand)]
pub enum Slot {
    /// Add a way in
    #[command(subcommand, arg_required_else_help = true)]
    Add(Add),
    /// Remove ways in; the vault gets a new key and a new recovery code
    Remove(Remove),
    /// Give a way in another name; an empty one takes the name away
    Rename(Rename),
}

/// `fob vault slot add`.
#[derive(Debug, Subcommand)]
pub enum Add {
    /// Add another passphrase
    Passphrase(AddPassphrase),
    /// Add a security key
    Key(AddKey),
    /// Add the desktop keyring, which opens the vault with your login
    Keyring(AddKeyring),
    /// Add this machine's TPM, with a PIN
    Tpm(AddTpm),
}

/// What every way in has.
#[derive(Debug, Args)]
pub struct Adding {
    /// A name for it
    #[arg(long, value_name = "NAME")]
    pub label: Option<String>,
    /// What opens the vault today
    #[command(flatten)]
    pub fresh: Fresh,
}

/// `fob vault slot add passphrase`.
#[derive(Debug, Args)]
pub struct AddPassphrase {
    /// Read the additional passphrase from this descriptor instead of the terminal
    #[arg(long, value_name = "N")]
    pub new_passphrase_fd: Option<u32>,
    /// What every way in has
    #[command(flatten)]
    pub adding: Adding,
}

/// `fob vault slot add key`.
#[derive(Debug, Args)]
pub struct AddKey {
    /// The key, if several are in: the beginning of its id or product name
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// Let the key ask for no PIN or finger; only where the vault wants a passphrase too
    #[arg(long)]
    pub without_pin: bool,
    /// Read the key's PIN from this descriptor instead of the terminal
    #[arg(long, value_name = "N")]
    pub pin_fd: Option<u32>,
    /// Read a new passphrase to go with the key from this descriptor; only where the vault wants both, and with the
    /// recovery code
    #[arg(long, value_name = "N")]
    pub new_passphrase_fd: Option<u32>,
    /// What every way in has
    #[command(flatten)]
    pub adding: Adding,
}

/// `fob vault slot add keyring`.
#[derive(Debug, Args)]
pub struct AddKeyring {
    /// Accept that the vault opens with your login, unasked
    #[arg(long)]
    pub login: bool,
    /// What every way in has
    #[command(flatten)]
    pub adding: Adding,
}

/// `fob vault slot add tpm`.
#[derive(Debug, Args)]
pub struct AddTpm {
    /// Set no PIN, and accept that the vault opens with your login, unasked
    #[arg(long, conflicts_with = "pin_fd")]
    pub login: bool,
    /// Read the PIN to set from this descriptor instead of the terminal
    #[arg(long, value_name = "N")]
    pub pin_fd: Option<u32>,
    /// What every way in has
    #[command(flatten)]
    pub adding: Adding,
}

/// `fob vault slot remove`.
#[derive(Debug, Args)]
pub struct Remove {
    /// The ways in, each by its name, its kind, or the beginning of its id, as in `fob vault slots`
    #[arg(required = true, value_name = "SLOT")]
    pub slots: Vec<String>,
    /// The new vault key
    #[command(flatten)]
    pub new_key: NewKey,
}

/// `fob vault slot rename`.
#[derive(Debug, Args)]
pub struct Rename {
    /// The way in, by its name, its kind, or the beginning of its id, as in `fob vault slots`
    pub slot: String,
    /// The new name
    pub name: String,
}
