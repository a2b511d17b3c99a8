//! `fob otp …`.

use clap::{Args, Subcommand};

use super::exchange::{Convert, Import};

/// `fob otp`.
#[derive(Debug, Subcommand)]
pub enum Otp {
    /// Add an account by its otpauth:// URI, which comes from the terminal, standard input or a descriptor
    Add(Add),
    /// List the accounts
    List,
    /// Print the code of an account
    Code(Code),
    /// Take over the accounts in another program's file: all of them or none
    Import(Import),
    /// Write the accounts in another program's file as a file for a third, without daemon or vault
    Convert(Convert),
    /// Bind an account to a site, which `fob sign-in` may then give its codes
    Bind(Bind),
    /// Remove an account
    Remove(Remove),
}

/// `fob otp add`.
#[derive(Debug, Args)]
pub struct Add {
    /// Read the URI from this descriptor
    #[arg(long, value_name = "N")]
    pub uri_fd: Option<u32>,
    /// The site whose codes these are, such as `https://id.example`: `fob sign-in` may give them to it
    #[arg(long, value_name = "URL")]
    pub site: Option<String>,
    /// Only here to say why not
    #[arg(hide = true, value_name = "URI")]
    pub never: Vec<String>,
}

/// `fob otp code`.
#[derive(Debug, Args)]
pub struct Code {
    /// The account: its name, its issuer, ISSUER:NAME, or enough of them
    pub query: String,
    /// Print the code and nothing else
    #[arg(long, conflicts_with = "json")]
    pub raw: bool,
    /// The code of the next step
    #[arg(long)]
    pub next: bool,
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
