//! `fob enroll` and `fob sign-in`.

use clap::{Args, ValueEnum};

use super::key::Which;
use crate::Failure;

/// `fob enroll`.
#[derive(Debug, Args)]
pub struct Enroll {
    /// The server, such as `https://id.example`
    pub url: String,
    /// The user name there
    #[arg(long, value_name = "NAME")]
    pub user: String,
    /// Register the account first, with a password
    #[arg(long)]
    pub create: bool,
    /// Enrol the key as a passkey, which signs in alone
    #[arg(long, conflicts_with = "code")]
    pub passkey: bool,
    /// Enrol one-time codes: the server's seed goes into the vault
    #[arg(long)]
    pub code: bool,
    /// What the server shall call the key
    #[arg(long, value_name = "TEXT", conflicts_with = "code")]
    pub name: Option<String>,
    /// The second factor for signing in before, where the account has one [default: the first the server names]
    #[arg(long, value_name = "FACTOR", conflicts_with = "create")]
    pub with: Option<Factor>,
    /// The account whose one-time code signs in; one that is not bound to the server is asked about, then bound
    #[arg(long, value_name = "ACCOUNT", conflicts_with = "create")]
    pub account: Option<String>,
    /// Secrets and patience
    #[command(flatten)]
    pub means: Means,
}

/// `fob sign-in`.
#[derive(Debug, Args)]
pub struct SignIn {
    /// The server, such as `https://id.example`
    pub url: String,
    /// The user name there
    #[arg(long, value_name = "NAME", required_unless_present = "passkey")]
    pub user: Option<String>,
    /// The second factor [default: the first the server names]
    #[arg(long, value_name = "FACTOR", conflicts_with = "passkey")]
    pub with: Option<Factor>,
    /// The account whose one-time code to give; one that is not bound to the server is asked about, then bound
    #[arg(long, value_name = "ACCOUNT", conflicts_with = "passkey")]
    pub account: Option<String>,
    /// Sign in with a passkey alone
    #[arg(long, conflicts_with_all = ["user", "password_fd"])]
    pub passkey: bool,
    /// Write the session's token into this descriptor and stay signed in
    #[arg(long, value_name = "N")]
    pub session_fd: Option<u32>,
    /// Secrets and patience
    #[command(flatten)]
    pub means: Means,
}

/// What both need.
#[derive(Debug, Args)]
pub struct Means {
    /// Which key to enrol, or to sign in with; without it all of them blink, and the one that is touched is used
    #[command(flatten)]
    pub which: Which,
    /// Read the password from this descriptor instead of the terminal
    #[arg(long, value_name = "N")]
    pub password_fd: Option<u32>,
    /// Read the key's PIN from this descriptor instead of the terminal
    #[arg(long, value_name = "N")]
    pub pin_fd: Option<u32>,
    /// Read the backup code from this descriptor instead of the terminal
    #[arg(long, value_name = "N")]
    pub backup_code_fd: Option<u32>,
    /// Seconds to wait for the key and the touch, from 15 to 600 [default: what the server says]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(15..=600))]
    pub timeout: Option<u64>,
}

/// Which second factor to give.
#[derive(Debug)]
pub struct Second {
    /// The kind; none for the first that the server names.
    pub with: Option<Factor>,
    /// The account in the vault whose code to give; none for the one that is bound to the server.
    pub account: Option<String>,
}

impl Second {
    /// Whoever names an account wants its code.
    ///
    /// # Errors
    /// When another factor was asked for.
    pub fn new(with: Option<Factor>, account: Option<String>) -> Result<Self, Failure> {
        match (with, &account) {
            (Some(Factor::Code) | None, Some(_)) => Ok(Self { with: Some(Factor::Code), account }),
            (Some(_), Some(_)) => Err(Failure::usage(
                "`--account` chooses a one-time code, and `--with` asks for something else",
                "leave one of them out, or say `--with code`",
            )),
            (with, None) => Ok(Self { with, account }),
        }
    }
}

/// A second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Factor {
    /// A security key
    Key,
    /// A one-time code from the vault
    Code,
    /// One of the backup codes
    BackupCode,
}

impl Factor {
    /// The server's word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Key => "security-key",
            Self::Code => "totp",
            Self::BackupCode => "backup-code",
        }
    }

    /// For a person.
    #[must_use]
    pub const fn shown(self) -> &'static str {
        match self {
            Self::Key => "security key",
            Self::Code => "one-time code",
            Self::BackupCode => "backup code",
        }
    }
}
