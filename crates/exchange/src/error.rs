//! Why nothing of a file can be taken.

use std::borrow::Cow;

use crate::{Format, MAX_ENTRIES, MAX_FILE};

/// Why nothing of a file can be taken. No variant repeats anything of the file but numbers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// None of the formats that fob knows, or an encrypted one that shows no sign of which.
    #[error("this is no file of a program that fob knows; if it is encrypted, its password is needed")]
    NotRecognised,
    /// It begins with the byte order mark of UTF-16.
    #[error("the file is UTF-16 text: save it as UTF-8")]
    Utf16,
    /// A password is needed and none was given.
    #[error("this {} file is encrypted: its password is needed", .0.program())]
    Encrypted(Format),
    /// The password does not fit, or the file has been changed since it was encrypted.
    #[error("the password does not open this {} file", .0.program())]
    WrongPassword(Format),
    /// It looks like a file of that format and cannot be read as one.
    #[error("this {} file is damaged: {reason}", .format.program())]
    Damaged {
        /// What it looks like.
        format: Format,
        /// What is wrong, as the end of a sentence.
        reason: Cow<'static, str>,
    },
    /// It is a file of that program, of a kind that fob cannot read.
    #[error("this {} file cannot be read: {what}", .format.program())]
    Unsupported {
        /// What it is.
        format: Format,
        /// What stands in the way.
        what: &'static str,
    },
    /// Bitwarden's export that only the account which wrote it can open.
    #[error(
        "this Bitwarden export is account-restricted: only the account that wrote it can open it; \
         export again as \"password protected\" or as plain .json"
    )]
    AccountRestricted,
    /// Longer than [`MAX_FILE`], as it is or once decrypted.
    #[error("the file is longer than {} MiB", MAX_FILE / 1024 / 1024)]
    TooLarge,
    /// More than [`MAX_ENTRIES`], or an archive with more members than any export has.
    #[error("the file has more than {MAX_ENTRIES} entries")]
    TooManyEntries,
    /// Lists within lists within lists, more than any export has.
    #[error("the file is nested deeper than {} levels", crate::json::MAX_DEPTH)]
    TooDeep,
    /// What is packed would unpack to more than [`MAX_FILE`].
    #[error("the file unpacks to more than {} MiB", MAX_FILE / 1024 / 1024)]
    Inflates,
    /// The file asks for a key derivation that would eat the machine, or for one of no work at all.
    #[error("the file asks for a key derivation out of bounds ({what} {asked}, from 1 to {most} is done)")]
    KdfOutOfBounds {
        /// Which number.
        what: &'static str,
        /// As the file says.
        asked: u64,
        /// The largest that is done.
        most: u64,
    },
}
