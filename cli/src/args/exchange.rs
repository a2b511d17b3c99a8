//! `fob otp import`, `export`, `convert` and `qr`: files of other programs and for them, and QR codes.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use fob_exchange::{FORMATS, Format, Target};

/// `fob otp import`.
#[derive(Debug, Args)]
pub struct Import {
    /// The file; of pictures of QR codes there may be several, which then are one export in parts
    #[arg(required_unless_present = "list")]
    pub file: Vec<PathBuf>,
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
    /// Replace the file to write, or print secrets in clear on a terminal
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

/// What opens a vault: the one that is to be opened, or the open one once more, for what is worth as much as the vault.
#[derive(Debug, Args)]
pub struct Fresh {
    /// Read the passphrase from this descriptor instead of the terminal
    #[arg(long, value_name = "N")]
    pub passphrase_fd: Option<u32>,
    /// Give the recovery code instead of the passphrase
    #[arg(long)]
    pub recovery: bool,
    /// Read the recovery code from this descriptor instead of the terminal
    #[arg(long, value_name = "N", conflicts_with = "passphrase_fd")]
    pub recovery_fd: Option<u32>,
}

impl Fresh {
    /// Whether it is the recovery code.
    #[must_use]
    pub const fn by_recovery(&self) -> bool {
        self.recovery || self.recovery_fd.is_some()
    }
}

/// `fob otp qr`.
#[derive(Debug, Args)]
pub struct Qr {
    /// The account, as in `fob otp code`
    pub query: String,
    /// The vault's passphrase, once more
    #[command(flatten)]
    pub fresh: Fresh,
}

/// `fob otp export`.
#[derive(Debug, Args)]
pub struct Export {
    /// Only these accounts, each as in `fob otp code`; all if none is named
    pub query: Vec<String>,
    /// What to write
    #[arg(long, value_name = "KIND", value_parser = kind())]
    pub to: Kind,
    /// The file to write, which must not be there yet, or `-` for standard output
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Replace the file to write, or print secrets in clear on a terminal
    #[arg(long)]
    pub force: bool,
    /// Encrypt it to this recipient instead of a password (age); may be given several times
    #[arg(long, value_name = "RECIPIENT", conflicts_with = "out_password_fd")]
    pub recipient: Vec<String>,
    /// Read the password of the file to write from this descriptor
    #[arg(long, value_name = "N")]
    pub out_password_fd: Option<u32>,
    /// Write the others when some are refused
    #[arg(long)]
    pub skip_refused: bool,
    /// The vault's passphrase, once more
    #[command(flatten)]
    pub fresh: Fresh,
}

/// What is written by `fob otp export`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file of another program, or fob's own list.
    Foreign(Target),
    /// fob's own list, encrypted with age.
    Age,
    /// QR codes that Google Authenticator takes.
    GoogleQr,
    /// A sheet for the drawer, as text.
    Sheet,
    /// The same with QR codes, as a page to print.
    SheetHtml,
}

/// The kinds that `fob_exchange` does not write.
const OWN_KINDS: [(&str, Kind); 4] =
    [("age", Kind::Age), ("google-qr", Kind::GoogleQr), ("sheet", Kind::Sheet), ("sheet-html", Kind::SheetHtml)];

impl Kind {
    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        let own = OWN_KINDS.iter().find(|(_, kind)| *kind == self).map(|(name, _)| *name);
        own.unwrap_or_else(|| match self {
            Self::Foreign(target) => target.name(),
            _ => "",
        })
    }

    fn from_name(name: &str) -> Option<Self> {
        let own = OWN_KINDS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
        own.or_else(|| Target::from_name(name).map(Self::Foreign))
    }

    /// Whether only a password or a key opens it.
    #[must_use]
    pub const fn is_encrypted(self) -> bool {
        match self {
            Self::Foreign(target) => target.is_encrypted(),
            Self::Age => true,
            Self::GoogleQr | Self::Sheet | Self::SheetHtml => false,
        }
    }
}

fn kind() -> impl TypedValueParser<Value = Kind> {
    let names = PossibleValuesParser::new(Target::names().chain(OWN_KINDS.iter().map(|(name, _)| *name)));
    names.try_map(|name| Kind::from_name(&name).ok_or("no kind of file of this name"))
}

fn format() -> impl TypedValueParser<Value = Format> {
    let names = PossibleValuesParser::new(FORMATS.iter().map(|info| info.name));
    names.try_map(|name| Format::from_name(&name).ok_or("no format of this name"))
}

fn target() -> impl TypedValueParser<Value = Target> {
    let names = PossibleValuesParser::new(Target::names());
    names.try_map(|name| Target::from_name(&name).ok_or("no kind of file of this name"))
}
