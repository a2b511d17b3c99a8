//! What can be typed. Completions, manual pages and help come from these definitions.
//!
//! A secret is never the value of an option: options that end in `-fd` name a descriptor it comes through.

pub mod consent;
pub mod entry;
pub mod exchange;
pub mod install;
pub mod key;
pub mod otp;
pub(crate) mod short_cut;
pub mod site;
pub mod softkey;
pub mod vault;
pub mod when;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

/// The sign-in companion: one-time codes, security keys, sign-in
#[derive(Debug, Parser)]
#[command(name = "fob", version, max_term_width = 100, arg_required_else_help = true, after_help = AFTER)]
pub struct Cli {
    /// Answer with a JSON object that names its schema
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

const AFTER: &str = "\
Secrets are asked for on the terminal, or read from the descriptor that an option ending in -fd names.

Exit codes: 0 ok, 1 failed, 2 usage, 3 locked, 4 denied, 5 no key or no touch, 6 timed out,
7 wrong PIN, 8 blocked, 9 no daemon.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// How things stand: daemon, vault, keys
    Status,
    /// Make the vault
    Init(vault::Init),
    /// Open the vault
    Unlock(vault::Unlock),
    /// Close the vault and forget what was in it
    Lock(vault::Lock),
    /// Look after the vault: older versions, ways in, merging
    #[command(subcommand, arg_required_else_help = true)]
    Vault(vault::Vault),
    /// One-time codes
    #[command(subcommand, arg_required_else_help = true)]
    Otp(otp::Otp),
    /// Security keys
    #[command(subcommand, arg_required_else_help = true)]
    Key(key::Key),
    /// What programs were allowed to ask for
    #[command(subcommand, arg_required_else_help = true)]
    Grant(consent::Grant),
    /// Programs that may be remembered, or are paired
    #[command(subcommand, arg_required_else_help = true)]
    Client(consent::Client),
    /// Who asked fob for what, and what came of it
    Log(consent::Log),
    /// Enrol a security key, a passkey or one-time codes at a sign-in server
    Enroll(site::Enroll),
    /// Sign in at a sign-in server
    SignIn(site::SignIn),
    /// The remote control of a fob-softkey, the security key in software
    #[command(arg_required_else_help = true)]
    Softkey(softkey::Softkey),
    /// Find out what is wrong on this machine
    Doctor,
    /// Install fob for yourself, where no package has installed it: units, activation, completions, manual pages
    InstallUser(install::InstallUser),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual pages into a folder
    Man {
        /// The folder; it is made if it is not there
        folder: PathBuf,
    },
}
