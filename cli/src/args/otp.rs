//! `fob otp …`: what there is, and how codes are had. What is done to accounts is in [`super::entry`], files are in
//! [`super::exchange`].

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::entry::{
    Bin, Bind, Edit, Favourite, History, Note, Parts, Recovery, Remove, Rename, Resync, Show, Tag, Undo,
};
use super::exchange::{Convert, Export, Import, Qr};

/// `fob otp`.
#[derive(Debug, Subcommand)]
pub enum Otp {
    /// Add an account by its otpauth:// URI, its secret or a picture of its QR code
    Add(Box<Add>),
    /// List the accounts
    List(List),
    /// Show what is kept about an account, but no secret
    Show(Show),
    /// Print the code of an account
    Code(Code),
    /// Show all accounts on a live screen: search, copy, reveal
    Ui,
    /// Change an account
    Edit(Box<Edit>),
    /// Give an account another name
    Rename(Rename),
    /// Put an account into groups, or take it out of them
    Tag(Tag),
    /// Show, set or remove the note of an account
    Note(Note),
    /// Mark an account as a favourite
    Favourite(Favourite),
    /// The recovery codes that a site gave out for an account
    #[command(subcommand, arg_required_else_help = true)]
    Recovery(Recovery),
    /// Find the counter of an account again by two codes in a row
    Resync(Resync),
    /// Show what happened to an account
    History(History),
    /// Bind an account to a site, which `fob sign-in` may then give its codes
    Bind(Bind),
    /// Put an account into the bin; `fob otp undo` brings it back for 30 days
    Remove(Remove),
    /// Take an account out of the bin
    Undo(Undo),
    /// List the accounts in the bin, or empty it
    Bin(Bin),
    /// Show the QR code of an account, for another device
    Qr(Qr),
    /// Take over the accounts in another program's file: all of them or none
    Import(Import),
    /// Write the accounts into a file for another program, or for the drawer
    Export(Export),
    /// Write the accounts in another program's file as a file for a third, without daemon or vault
    Convert(Convert),
}

/// `fob otp add`.
#[derive(Debug, Args)]
pub struct Add {
    /// Read the URI, or the secret, from this descriptor
    #[arg(long, value_name = "N")]
    pub uri_fd: Option<u32>,
    /// Take the accounts of the QR codes in this picture (PNG or JPEG)
    #[arg(long, value_name = "PICTURE", conflicts_with_all = ["uri_fd", "issuer", "name", "kind", "algorithm", "digits",
        "period", "counter", "site", "note_fd", "pin_fd", "codes_fd", "tag", "favourite", "icon"])]
    pub qr: Vec<PathBuf>,
    /// How the account's codes are made, for a bare secret; a URI says it itself
    #[command(flatten)]
    pub parts: Parts,
    /// Groups of the account
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    /// Mark it as a favourite
    #[arg(long)]
    pub favourite: bool,
    /// The name of its icon
    #[arg(long, value_name = "NAME")]
    pub icon: Option<String>,
    /// The site whose codes these are, such as `https://id.example`: `fob sign-in` may give them to it
    #[arg(long, value_name = "URL")]
    pub site: Option<String>,
    /// Read a note from this descriptor
    #[arg(long, value_name = "N")]
    pub note_fd: Option<u32>,
    /// Read recovery codes from this descriptor, one a line
    #[arg(long, value_name = "N")]
    pub codes_fd: Option<u32>,
    /// Read the PIN from this descriptor (motp, yandex)
    #[arg(long, value_name = "N")]
    pub pin_fd: Option<u32>,
    /// Only here to say why not
    #[arg(hide = true, value_name = "URI")]
    pub never: Vec<String>,
}

/// `fob otp list`.
#[derive(Debug, Args)]
pub struct List {
    /// Only accounts that have these words in a name or group
    pub words: Vec<String>,
    /// Only accounts in this group
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    /// Only favourites
    #[arg(long)]
    pub favourites: bool,
}

/// `fob otp code`.
#[derive(Debug, Args)]
pub struct Code {
    /// The account: its name, its issuer, ISSUER:NAME, or enough of them
    pub query: String,
    /// Print the code and nothing else
    #[arg(long, conflicts_with = "json")]
    pub raw: bool,
    /// The code of the next step; with --min-valid only if this one's is too short-lived, and without waiting
    #[arg(long)]
    pub next: bool,
    /// A code that lives for so many seconds more: if this one does not, wait for the next
    #[arg(long, value_name = "SECONDS")]
    pub min_valid: Option<u32>,
    /// Copy the code instead of showing it; the clipboard forgets it when it is dead
    #[arg(long, conflicts_with_all = ["raw", "watch"])]
    pub copy: bool,
    /// Show the codes as they come and how long they live, until Ctrl-C or five minutes after the last key; the vault does
    /// not lock itself meanwhile
    #[arg(long, conflicts_with_all = ["next", "min_valid"])]
    pub watch: bool,
}
