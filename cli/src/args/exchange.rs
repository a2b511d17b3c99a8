//! `fob otp import` and `fob otp convert`: files of other programs.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use fob_exchange::{FORMATS, Format, Target};

/// `fob otp import`.
#[derive(Debug, Args)]
pub struct Import {
    /// The file
    #[arg(required_unless_present = "list")]
    pub file: Option<PathBuf>,
    /// What it is, by a name from --list; else it is recognised by its content
    #[arg(long, value_name = "NAME", value_parser = format(), hide_possible_values = true)]
    pub format: Option<Format>,
    /// Read the file's password from this descriptor
    #[arg(long, value_name = "N")]
    pub password_fd: Option<u32>,
    /// Take the others when some are refused
    #[arg(long)]
    pub skip_refused: bool,
    /// Say what would happen, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// List the formats, and which of them are unproven
    #[arg(long, conflicts_with_all = ["file", "format", "password_fd", "skip_refused", "dry_run"])]
    pub list: bool,
}

/// `fob otp convert`.
#[derive(Debug, Args)]
pub struct Convert {
    /// The file to read
    #[arg(value_name = "IN")]
    pub file: PathBuf,
    /// What to write
    #[arg(long, value_name = "KIND", value_parser = target())]
    pub to: Target,
    /// The file to write, which must not be there yet, or `-` for standard output
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Replace the file to write
    #[arg(long)]
    pub force: bool,
    /// What IN is, by a name from `fob otp import --list`; else it is recognised by its content
    #[arg(long, value_name = "NAME", value_parser = format(), hide_possible_values = true)]
    pub format: Option<Format>,
    /// Read the password of IN from this descriptor
    #[arg(long, value_name = "N")]
    pub password_fd: Option<u32>,
    /// Read the password of the file to write from this descriptor
    #[arg(long, value_name = "N")]
    pub out_password_fd: Option<u32>,
    /// Write the others when some are refused
    #[arg(long)]
    pub skip_refused: bool,
}

fn format() -> impl TypedValueParser<Value = Format> {
    let names = PossibleValuesParser::new(FORMATS.iter().map(|info| info.name));
    names.try_map(|name| Format::from_name(&name).ok_or("no format of this name"))
}

fn target() -> impl TypedValueParser<Value = Target> {
    let names = PossibleValuesParser::new(Target::names());
    names.try_map(|name| Target::from_name(&name).ok_or("no kind of file of this name"))
}
