//! `fob otp …`: what is done to a single account.

use clap::{Args, Subcommand};

/// How codes are made, and whose they are.
#[derive(Debug, Args)]
pub struct Parts {
    /// Who hands out the account
    #[arg(long, value_name = "TEXT")]
    pub issuer: Option<String>,
    /// The account's name there
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// What makes the codes
    #[arg(long = "type", value_name = "TYPE", value_parser = ["totp", "hotp", "steam", "motp", "yandex"])]
    pub kind: Option<String>,
    /// The hash function
    #[arg(long, value_name = "HASH", ignore_case = true, value_parser = ["SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "MD5"])]
    pub algorithm: Option<String>,
    /// Digits of a code
    #[arg(long, value_name = "NUMBER")]
    pub digits: Option<u8>,
    /// Seconds that a code lives
    #[arg(long, value_name = "SECONDS")]
    pub period: Option<u64>,
    /// The counter of the next code (hotp)
    #[arg(long, value_name = "NUMBER")]
    pub counter: Option<u64>,
}

/// `fob otp show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The account, as in `fob otp code`
    pub query: String,
}

/// `fob otp edit`.
#[derive(Debug, Args)]
pub struct Edit {
    /// The account, as in `fob otp code`
    pub query: String,
    /// What is to be different
    #[command(flatten)]
    pub parts: Parts,
    /// The name of its icon, empty for none
    #[arg(long, value_name = "NAME")]
    pub icon: Option<String>,
    /// Read another secret from this descriptor, in Base32
    #[arg(long, value_name = "N")]
    pub secret_fd: Option<u32>,
    /// Read another PIN from this descriptor, empty for none (motp, yandex)
    #[arg(long, value_name = "N")]
    pub pin_fd: Option<u32>,
}

/// `fob otp rename`.
#[derive(Debug, Args)]
pub struct Rename {
    /// The account, as in `fob otp code`
    pub query: String,
    /// The new name; ISSUER:NAME changes both
    #[arg(value_name = "NEW")]
    pub new: String,
}

/// `fob otp tag`.
#[derive(Debug, Args)]
pub struct Tag {
    /// The account, as in `fob otp code`
    pub query: String,
    /// The groups
    #[arg(required = true, value_name = "TAG")]
    pub tags: Vec<String>,
    /// Take it out of them
    #[arg(long)]
    pub remove: bool,
}

/// `fob otp note`.
#[derive(Debug, Args)]
pub struct Note {
    /// The account, as in `fob otp code`
    pub query: String,
    /// Set it to what comes through standard input
    #[arg(long)]
    pub set: bool,
    /// Set it to what comes through this descriptor
    #[arg(long, value_name = "N", conflicts_with = "set")]
    pub note_fd: Option<u32>,
    /// Remove it
    #[arg(long, conflicts_with_all = ["set", "note_fd"])]
    pub remove: bool,
}

/// `fob otp favourite`.
#[derive(Debug, Args)]
pub struct Favourite {
    /// The account, as in `fob otp code`
    pub query: String,
    /// Take the mark away
    #[arg(long)]
    pub remove: bool,
}

/// `fob otp recovery`.
#[derive(Debug, Subcommand)]
pub enum Recovery {
    /// Say how many are left
    List(RecoveryOf),
    /// Add codes, one a line, from standard input or a descriptor
    Add(RecoveryAdd),
    /// Print the next one, which counts as used from then on
    Take(RecoveryTake),
}

/// `fob otp recovery list`.
#[derive(Debug, Args)]
pub struct RecoveryOf {
    /// The account, as in `fob otp code`
    pub query: String,
}

/// `fob otp recovery add`.
#[derive(Debug, Args)]
pub struct RecoveryAdd {
    /// The account, as in `fob otp code`
    pub query: String,
    /// Read the codes from this descriptor
    #[arg(long, value_name = "N")]
    pub codes_fd: Option<u32>,
    /// Forget those that are there: a site that gives out new ones ends the old ones
    #[arg(long)]
    pub replace: bool,
}

/// `fob otp recovery take`.
#[derive(Debug, Args)]
pub struct RecoveryTake {
    /// The account, as in `fob otp code`
    pub query: String,
    /// Print the code and nothing else
    #[arg(long, conflicts_with = "json")]
    pub raw: bool,
}

/// `fob otp resync`.
#[derive(Debug, Args)]
pub struct Resync {
    /// The account, as in `fob otp code`
    pub query: String,
    /// Read two codes from this descriptor, a line each, the older one first
    #[arg(long, value_name = "N")]
    pub codes_fd: Option<u32>,
    /// How many counters are looked at
    #[arg(long, value_name = "NUMBER")]
    pub look_ahead: Option<u32>,
}

/// `fob otp history`.
#[derive(Debug, Args)]
pub struct History {
    /// The account, as in `fob otp code`
    pub query: String,
}

/// `fob otp bind`.
#[derive(Debug, Args)]
pub struct Bind {
    /// The account, as in `fob otp code`
    pub query: String,
    /// The site, such as `https://id.example`
    #[arg(value_name = "URL")]
    pub site: String,
    /// Let go of the site again
    #[arg(long)]
    pub remove: bool,
}

/// `fob otp remove`.
#[derive(Debug, Args)]
pub struct Remove {
    /// The account, as in `fob otp code`
    pub query: String,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}

/// `fob otp undo`.
#[derive(Debug, Args)]
pub struct Undo {
    /// The account, by words of its names or its id; without one, the account that was removed last
    #[arg(value_name = "REMOVED")]
    pub removed: Option<String>,
}

/// `fob otp bin`.
#[derive(Debug, Args)]
pub struct Bin {
    /// Forget everything in it for good
    #[arg(long)]
    pub empty: bool,
    /// Do not ask
    #[arg(long, short, requires = "empty")]
    pub yes: bool,
}
