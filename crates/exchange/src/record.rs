//! What a file says about one account: richer than [`Account`], so that nothing is lost between two files.

use std::fmt;

use fob_otp::{Account, Kind, Seed};
use zeroize::Zeroizing;

use crate::HashName;

/// A text that must not be shown or logged: a PIN, a recovery code. Wiped on drop.
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes the text over.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(..)")
    }
}

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
    /// Codes for the day on which the second factor is lost.
    pub recovery_codes: Vec<SecretText>,
}

/// How codes are made.
#[derive(Debug)]
pub enum CodeKind {
    /// From the time (RFC 6238).
    Totp {
        /// Length of a time step in seconds.
        period: u64,
    },
    /// From a counter (RFC 4226).
    Hotp {
        /// The counter of the next code.
        counter: u64,
    },
    /// Five letters from the time, for Steam.
    Steam {
        /// Length of a time step in seconds.
        period: u64,
    },
    /// Mobile-OTP: MD5 over time, secret and PIN.
    Motp {
        /// Length of a time step in seconds.
        period: u64,
        /// The PIN, if the file has it.
        pin: Option<SecretText>,
    },
    /// Yandex: letters from the time, with a PIN.
    Yandex {
        /// Length of a time step in seconds.
        period: u64,
        /// The PIN, if the file has it.
        pin: Option<SecretText>,
    },
    /// A kind that fob has not heard of, by the file's name for it. Text from outside.
    Other {
        /// As it stands in the file.
        name: String,
    },
}

impl CodeKind {
    /// A time step when a file says nothing, in seconds.
    pub const DEFAULT_PERIOD: u64 = 30;
    /// The same for Mobile-OTP.
    pub const MOTP_PERIOD: u64 = 10;

    /// The name of the kind in JSON files and URIs.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Totp { .. } => "totp",
            Self::Hotp { .. } => "hotp",
            Self::Steam { .. } => "steam",
            Self::Motp { .. } => "motp",
            Self::Yandex { .. } => "yandex",
            Self::Other { name } => name,
        }
    }

    /// Length of a code when a file says nothing.
    #[must_use]
    pub const fn usual_digits(&self) -> u8 {
        match self {
            Self::Steam { .. } => 5,
            Self::Yandex { .. } => 8,
            _ => 6,
        }
    }

    /// The hash function when a file says nothing.
    #[must_use]
    pub const fn usual_hash(&self) -> HashName {
        match self {
            Self::Motp { .. } => HashName::Md5,
            Self::Yandex { .. } => HashName::Sha256,
            _ => HashName::Sha1,
        }
    }

    /// Length of a time step, where there is one.
    #[must_use]
    pub const fn period(&self) -> Option<u64> {
        match self {
            Self::Totp { period }
            | Self::Steam { period }
            | Self::Motp { period, .. }
            | Self::Yandex { period, .. } => Some(*period),
            Self::Hotp { .. } | Self::Other { .. } => None,
        }
    }

    /// The PIN, where there is one.
    #[must_use]
    pub fn pin(&self) -> Option<&str> {
        match self {
            Self::Motp { pin, .. } | Self::Yandex { pin, .. } => pin.as_ref().map(SecretText::expose),
            _ => None,
        }
    }
}

/// Longest name of a group, in characters: one name in a file may be that of many entries here.
const MAX_TAG: usize = 64;
/// Most tags of one record.
const MAX_TAGS: usize = 16;

/// A name that stands once in a file and often in the records.
pub(crate) fn clipped(name: &str) -> String {
    name.trim().chars().take(MAX_TAG).collect()
}

/// Why `fob_otp` has no account for a record yet. The record stays whole and can be written into files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotYet {
    /// The kind, by the file's name for it.
    #[error("{0} accounts cannot be kept yet")]
    Kind(String),
    /// The hash function.
    #[error("accounts with the algorithm {0} cannot be kept yet")]
    Algorithm(String),
}

impl Record {
    /// A record of this kind with everything else as usual.
    #[must_use]
    pub fn new(kind: CodeKind, issuer: &str, account: &str, secret: Seed) -> Self {
        Self {
            issuer: issuer.trim().to_owned(),
            account: account.trim().to_owned(),
            secret,
            algorithm: kind.usual_hash(),
            digits: kind.usual_digits(),
            notes: String::new(),
            tags: Vec::new(),
            favourite: false,
            icon: None,
            recovery_codes: Vec::new(),
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

    /// What `fob_otp` can make codes of.
    ///
    /// # Errors
    /// [`NotYet`] names what it has no room for.
    pub fn to_account(&self) -> Result<Account, NotYet> {
        let kind = match self.kind {
            CodeKind::Totp { period } => Kind::Totp { period },
            CodeKind::Hotp { counter } => Kind::Hotp { counter },
            _ => return Err(NotYet::Kind(self.kind.name().to_owned())),
        };
        let unknown = || NotYet::Algorithm(self.algorithm.name().into_owned());
        Ok(Account {
            issuer: self.issuer.clone(),
            name: self.account.clone(),
            seed: Seed::new(self.secret.expose().to_vec()),
            algorithm: self.algorithm.algorithm().ok_or_else(unknown)?,
            digits: self.digits,
            kind,
        })
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
