//! An account and what a person keeps beside it: note, groups, mark, icon, recovery codes, sites.
//!
//! How long each may be is bounded here, once for everybody: a vault is read whole into memory. [`read_json`] and
//! [`write_json`] are the form in which items travel between the daemon and the command line.

use fob_ambient::UnixTime;

use crate::{Account, SecretText};

mod field;
mod read;
mod write;

pub use read::{ItemError, JsonError, JsonItem, MAX_ITEMS, read_json};
pub use write::write_json;

/// Longest issuer, name or site, in bytes.
pub const MAX_NAME: usize = 1024;
/// Longest note, in bytes.
pub const MAX_NOTE: usize = 16 * 1024;
/// Most groups of one account.
pub const MAX_TAGS: usize = 32;
/// Longest name of a group, in bytes.
pub const MAX_TAG: usize = 256;
/// Longest name of an icon, in bytes.
pub const MAX_ICON: usize = 128;
/// Most recovery codes of one account, used ones included.
pub const MAX_RECOVERY_CODES: usize = 100;
/// Longest recovery code or PIN, in bytes.
pub const MAX_CODE: usize = 256;
/// Most sites of one account.
pub const MAX_SITES: usize = 100;

/// An account and what is kept beside it.
#[derive(Debug)]
pub struct Item {
    /// What gives the codes.
    pub account: Account,
    /// What is kept beside it.
    pub extras: Extras,
}

/// What a person keeps beside an account. None of it makes codes.
#[derive(Debug, Default)]
pub struct Extras {
    /// A person's own words about it, perhaps none. A secret: people keep passwords in notes.
    pub note: Option<SecretText>,
    /// Groups, in the person's order.
    pub tags: Vec<String>,
    /// Whether it is marked.
    pub favourite: bool,
    /// The name of an icon.
    pub icon: Option<String>,
    /// Codes for the day on which the second factor is lost, in the order in which they are used.
    pub recovery_codes: Vec<RecoveryCode>,
    /// The sites that may have its codes: origins as the browser writes them.
    pub sites: Vec<String>,
}

/// A recovery code of an account. It serves once.
#[derive(Debug)]
pub struct RecoveryCode {
    /// The code.
    pub code: SecretText,
    /// When it was taken.
    pub used: Option<UnixTime>,
}

/// More than a vault has room for, as the end of a sentence about an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooMuch {
    /// A text.
    #[error("its {what} is longer than {most} bytes")]
    Long {
        /// Which text.
        what: &'static str,
        /// How long it may be.
        most: usize,
    },
    /// A list.
    #[error("it has more than {most} {what}")]
    Many {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
}

impl Item {
    /// Whether a vault has room for it.
    ///
    /// # Errors
    /// What is too long.
    pub fn fits(&self) -> Result<(), TooMuch> {
        self.account.fits()?;
        self.extras.fits()
    }
}

impl Account {
    /// Whether a vault has room for it.
    ///
    /// # Errors
    /// What is too long.
    pub fn fits(&self) -> Result<(), TooMuch> {
        fits("issuer", &self.issuer, MAX_NAME)?;
        fits("name", &self.name, MAX_NAME)?;
        fits("PIN", self.kind.pin().unwrap_or_default(), MAX_CODE)
    }
}

impl From<Account> for Item {
    fn from(account: Account) -> Self {
        Self { account, extras: Extras::default() }
    }
}

impl Extras {
    /// Whether a vault has room for them.
    ///
    /// # Errors
    /// What is too long.
    pub fn fits(&self) -> Result<(), TooMuch> {
        fits("note", self.note.as_ref().map_or("", SecretText::expose), MAX_NOTE)?;
        fits("icon", self.icon.as_deref().unwrap_or_default(), MAX_ICON)?;
        few("tags", self.tags.len(), MAX_TAGS)?;
        few("recovery codes", self.recovery_codes.len(), MAX_RECOVERY_CODES)?;
        few("sites", self.sites.len(), MAX_SITES)?;
        self.tags.iter().try_for_each(|tag| fits("tag", tag, MAX_TAG))?;
        self.sites.iter().try_for_each(|site| fits("site", site, MAX_NAME))?;
        self.recovery_codes.iter().try_for_each(|code| fits("recovery code", code.code.expose(), MAX_CODE))
    }

    /// Recovery codes that are left.
    #[must_use]
    pub fn unused_codes(&self) -> usize {
        self.recovery_codes.iter().filter(|code| code.used.is_none()).count()
    }

    /// Another copy, its secrets included.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        let code = |code: &RecoveryCode| RecoveryCode { code: code.code.duplicate(), used: code.used };
        Self {
            note: self.note.as_ref().map(SecretText::duplicate),
            tags: self.tags.clone(),
            favourite: self.favourite,
            icon: self.icon.clone(),
            recovery_codes: self.recovery_codes.iter().map(code).collect(),
            sites: self.sites.clone(),
        }
    }
}

/// Groups as they are kept: no spaces around, none empty, none twice.
pub fn clean_tags<T: AsRef<str>>(tags: impl IntoIterator<Item = T>) -> Vec<String> {
    let mut clean: Vec<String> = Vec::new();
    for tag in tags {
        let tag = tag.as_ref().trim();
        if !tag.is_empty() && !clean.iter().any(|known| known == tag) {
            clean.push(tag.to_owned());
        }
    }
    clean
}

/// Recovery codes, one a line; blank lines are passed over. The text stays the caller's to wipe.
#[must_use]
pub fn recovery_codes(lines: &str) -> Vec<RecoveryCode> {
    let codes = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    codes.map(|code| RecoveryCode { code: SecretText::new(code.to_owned()), used: None }).collect()
}

fn fits(what: &'static str, text: &str, most: usize) -> Result<(), TooMuch> {
    if text.len() > most { Err(TooMuch::Long { what, most }) } else { Ok(()) }
}

fn few(what: &'static str, count: usize, most: usize) -> Result<(), TooMuch> {
    if count > most { Err(TooMuch::Many { what, most }) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
