//! `fob grant …`, `fob client …` and `fob log`: who may ask fob for what, and who did.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::when::Since;

/// `fob grant`.
#[derive(Debug, Subcommand)]
pub enum Grant {
    /// List what was allowed and still holds
    List(GrantList),
    /// Take back what was allowed, at once
    Revoke(GrantRevoke),
}

/// `fob grant list`.
#[derive(Debug, Args)]
pub struct GrantList {
    /// Only what this program may do: its path, its name, or a portal application's id
    #[arg(long, value_name = "PROGRAM")]
    pub program: Option<String>,
}

/// `fob grant revoke`.
#[derive(Debug, Args)]
pub struct GrantRevoke {
    /// The grants, by their ids or the beginnings of them, as in `fob grant list`
    #[arg(value_name = "ID", required_unless_present_any = ["all", "program"])]
    pub grants: Vec<String>,
    /// All that was allowed to anybody
    #[arg(long, conflicts_with_all = ["grants", "program"])]
    pub all: bool,
    /// All that was allowed to this program: its path, its name, or a portal application's id
    #[arg(long, value_name = "PROGRAM", conflicts_with = "grants")]
    pub program: Option<String>,
}

/// `fob client`.
#[derive(Debug, Subcommand)]
pub enum Client {
    /// List the programs that may be remembered, and those that are paired
    List,
    /// Let a program of this machine's administrator be remembered, once fob's prompt has asked you
    Allow(Allow),
    /// Take back what `allow` or a pairing gave, with every grant of that program
    Forget(Forget),
    /// Make a token for a program that asks over loopback HTTP, once fob's prompt has asked you
    Pair(Pair),
}

/// `fob client allow`.
#[derive(Debug, Args)]
pub struct Allow {
    /// The program's file, such as /usr/bin/example; it must belong to root
    pub program: PathBuf,
    /// Its name for the prompt [default: the name of its file]
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// A site that it may sign in at, such as `https://id.example`; may be given several times
    #[arg(long, value_name = "URL")]
    pub origin: Vec<String>,
    /// It may name any site, as a browser does
    #[arg(long, conflicts_with = "origin")]
    pub any_origin: bool,
    /// It is a portal, which asks for sandboxed applications and says which
    #[arg(long)]
    pub portal: bool,
}

/// `fob client forget`.
#[derive(Debug, Args)]
pub struct Forget {
    /// The program, by its id or the beginning of its id or name, as in `fob client list`
    #[arg(value_name = "ID")]
    pub client: String,
}

/// `fob client pair`.
#[derive(Debug, Args)]
pub struct Pair {
    /// What the program is called in fob's prompts and lists
    pub name: String,
    /// What it may do: `otp:read:ACCOUNT[,ACCOUNT]` with accounts as in `fob otp code`, `webauthn:https://id.example`; may
    /// be given several times
    #[arg(long, value_name = "SCOPE", required = true)]
    pub scope: Vec<String>,
    /// The origin of the web pages that may use the token; without it no page may
    #[arg(long, value_name = "URL")]
    pub origin: Option<String>,
    /// The user whose processes may use the token, by number [default: you]
    #[arg(long, value_name = "N", conflicts_with = "user")]
    pub uid: Option<u32>,
    /// The user whose processes may use the token, by name [default: you]
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Write the token into this new file, which only you may read, instead of showing it
    #[arg(long, value_name = "FILE", conflicts_with = "token_fd")]
    pub token_file: Option<PathBuf>,
    /// Write the token into this descriptor instead of showing it
    #[arg(long, value_name = "N")]
    pub token_fd: Option<u32>,
}

/// `fob log`.
#[derive(Debug, Args)]
pub struct Log {
    /// Only from then on: so long ago (`90s`, `30min`, `2h`, `3d`, `1w`), or a date and time in UTC (`2026-11-24`,
    /// `2026-11-24 08:30`)
    #[arg(long, value_name = "WHEN")]
    pub since: Option<Since>,
    /// At most so many lines, the latest
    #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub most: u32,
}
