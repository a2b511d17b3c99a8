//! Files of other one-time-code programs: recognised by their content, read into [`Record`]s, and written.
//!
//! A crate of its own, because parsers of other programs' files meet hostile bytes: the daemon that holds the vault
//! must not link them. The command line reads a file here, as the person who typed the command, and hands accounts
//! to the daemon one by one.
//!
//! Everything happens in memory, on a slice of bytes that somebody else has read. Sizes, depths, counts and the cost
//! of key derivations are bounded before anything is spent on them ([`ImportError`] names what was too much). One odd
//! entry never keeps the others out: it stands in the report with its reason.
//!
//! What is not here: pictures of QR codes (their text is a URI list), another fob vault (`fob_vault`), age, and the
//! question whether an account is a duplicate of one in the vault.

mod containers;
mod draft;
mod encoding;
mod error;
mod export;
mod format;
mod formats;
mod json;
mod password;
mod recognise;
mod record;
mod report;
mod sealed;
mod source;
mod uri;

pub use error::ImportError;
pub use export::{Exported, NotWritten, Target, TargetError, write};
pub use format::{FORMATS, Format, FormatInfo};
pub use password::Password;
pub use recognise::recognise;
pub use record::Record;
pub use report::{Change, Lost, Refusal, Refused, Report};
pub use source::{MAX_ENTRIES, MAX_FILE};

pub use fob_otp::{Algorithm as HashName, Kind as CodeKind, SecretText};

use source::Source;

/// Reads a file. Without a format it is recognised by content; `file_name` only helps to choose among formats that
/// the content allows.
///
/// # Errors
/// [`ImportError`] when nothing of the file can be taken. What is wrong with single entries stands in the report.
pub fn import(
    bytes: &[u8],
    file_name: Option<&str>,
    format: Option<Format>,
    password: Option<&Password>,
) -> Result<Report, ImportError> {
    let format = match format {
        Some(format) => format,
        None => match recognise(bytes, file_name) {
            Err(ImportError::NotRecognised) if password.is_some() => {
                return formats::andotp::read_unmarked(bytes, password);
            }
            recognised => recognised?,
        },
    };
    let source = Source::of(bytes, format, password)?;
    let mut report = Report::of(format);
    formats::read(&source, &mut report)?;
    Ok(report)
}
