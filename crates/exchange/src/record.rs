//! What a file says about one account: richer than [`Account`], so that nothing is lost between two files.

use std::fmt;

use fob_ambient::UnixTime;
use fob_otp::{Account, Extras, Item, RecoveryCode, Seed, clean_tags};

use crate::{CodeKind, HashName, SecretText};

/// What a file says about one account. Any value can be held; nothing here makes codes.
pub struct Record {
    /// How codes are made.
    pub kind: CodeKind,
    /// Who issued it, perhaps empty. Text from outside, like the name, the notes, the tags and the icon.
    pub issuer: String,
    /// Whose it is, perhaps empty.
    pub account: String,
    /// The shared secret.
    pub secret: Seed,
    /// The hash function.
    pub algorithm: HashName,
    /// Length of a code.
    pub digits: u8,
    /// A person's own words about it.
    pub notes: String,
    /// Groups, categories, folders, tags.
    pub tags: Vec<String>,
    /// Marked or pinned.
    pub favourite: bool,
    /// The name of an icon, where the program has names for them.
    pub icon: Option<String>,
    /// Codes for the day on which the second factor is lost, those that were not used yet.
    pub recovery_codes: Vec<SecretText>,
    /// Those that were, where the program keeps them.
    pub used_recovery_codes: Vec<SecretText>,
    /// Origins of the sites that may have its codes; only fob's own files have them.
    pub sites: Vec<String>,
}

/// Longest name of a group, in characters: one name in a file may be that of many entries here.
const MAX_TAG: usize = 64;
/// Most tags of one record.
const MAX_TAGS: usize = 16;

/// A name that stands once in a file and often in the records.
pub(crate) fn clipped(name: &str) -> String {
    name.trim().chars().take(MAX_TAG).collect::<String>().trim_end().to_owned()
}

impl Record {
    /// A record of this kind with everything else as usual.
    #[must_use]
    pub fn new(kind: CodeKind, issuer: &str, account: &str, secret: Seed) -> Self {
        Self {
            issuer: issuer.trim().to_owned(),
            account: account.trim().to_owned(),
            secret,
            algorithm: kind.usual_algorithm(),
            digits: kind.usual_digits(),
            notes: String::new(),
            tags: Vec::new(),
            favourite: false,
            icon: None,
            recovery_codes: Vec::new(),
            used_recovery_codes: Vec::new(),
            sites: Vec::new(),
            kind,
        }
    }

    /// Puts the account into a group, once.
    pub(crate) fn tag(&mut self, name: &str) {
        let name = clipped(name);
        if !name.is_empty() && self.tags.len() < MAX_TAGS && !self.tags.contains(&name) {
            self.tags.push(name);
        }
    }

    /// What `fob_otp` makes codes of, if it can: [`Account::usable`] says so. Every record is an account.
    #[must_use]
    pub fn to_account(&self) -> Account {
        Account {
            issuer: self.issuer.clone(),
            name: self.account.clone(),
            seed: self.secret.duplicate(),
            algorithm: self.algorithm.clone(),
            digits: self.digits,
            kind: self.kind.duplicate(),
        }
    }

    /// The account with all that is kept beside it. `now` stands as the time at which used recovery codes were used,
    /// which no file tells.
    #[must_use]
    pub fn to_item(&self, now: UnixTime) -> Item {
        let code = |code: &SecretText, used| RecoveryCode { code: code.duplicate(), used };
        let used = self.used_recovery_codes.iter().map(|used| code(used, Some(now)));
        let extras = Extras {
            note: (!self.notes.is_empty()).then(|| SecretText::new(self.notes.clone())),
            tags: clean_tags(&self.tags),
            favourite: self.favourite,
            icon: self.icon.clone().filter(|icon| !icon.is_empty()),
            recovery_codes: used.chain(self.recovery_codes.iter().map(|left| code(left, None))).collect(),
            sites: self.sites.clone(),
        };
        Item { account: self.to_account(), extras }
    }

    /// `issuer:account`, as a person would name it. Text from outside.
    #[must_use]
    pub fn label(&self) -> String {
        match (self.issuer.as_str(), self.account.as_str()) {
            ("", account) => account.to_owned(),
            (issuer, "") => issuer.to_owned(),
            (issuer, account) => format!("{issuer}:{account}"),
        }
    }
}

/// Secret and names stay out of it.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("kind", &self.kind)
            .field("algorithm", &self.algorithm)
            .field("digits", &self.digits)
            .finish_non_exhaustive()
    }
}

/// An account as a file could have said it, with nothing beside it.
impl From<Account> for Record {
    fn from(account: Account) -> Self {
        let mut record = Self::new(account.kind, &account.issuer, &account.name, account.seed);
        (record.algorithm, record.digits) = (account.algorithm, account.digits);
        record
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Found by a fuzzer: a name cut behind a space came back without the space.
    #[test]
    fn a_name_that_was_cut_is_the_same_when_it_is_read_again() {
        let name = clipped(&format!("Work{}and more", " ".repeat(MAX_TAG - 4)));
        assert_eq!((name.as_str(), clipped(&name)), ("Work", "Work".to_owned()));
    }
}
