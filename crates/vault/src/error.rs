//! Everything that can go wrong with a vault, one variant for each cause.
//!
//! A file with a fault names the older versions that lie beside it ([`Kept`]); none of them is ever used unasked.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::{EntryId, SlotId};

/// Why a vault could not be opened, unlocked or changed.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// No file is there. Only `create` makes one.
    #[error("there is no vault at {}", .path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// `create` found something at that place and left it alone.
    #[error("something is already at {}", .path.display())]
    Exists {
        /// What stands in the way.
        path: PathBuf,
    },
    /// A file of no bytes: a write that somebody else's program did not finish, never a first run.
    #[error("the vault file is empty{kept}")]
    Empty {
        /// Older versions beside it.
        kept: Kept,
    },
    /// The file does not begin with `FOBVAULT`, or is no regular file.
    #[error("the file is not a fob vault{kept}")]
    NotAVault {
        /// Older versions beside it.
        kept: Kept,
    },
    /// The file ends too early.
    #[error("the vault file is cut short: {found} bytes of at least {expected}{kept}")]
    Torn {
        /// How many bytes there should be, as far as the rest tells.
        expected: u64,
        /// How many there are.
        found: u64,
        /// Older versions beside it.
        kept: Kept,
    },
    /// Bytes were changed after fob wrote them, by accident or on purpose.
    #[error("the vault's {part} is damaged{kept}")]
    Damaged {
        /// Where.
        part: Part,
        /// Older versions beside it.
        kept: Kept,
    },
    /// A sound vault, yet not the one that was last used here.
    #[error("the vault is retired or foreign: {reason}{kept}")]
    ForeignOrRetired {
        /// What differs.
        reason: Foreign,
        /// Older versions beside it.
        kept: Kept,
    },
    /// A later fob wrote this file. Nothing is read from it and nothing written to it.
    #[error("the vault has format {needed}, this fob reads up to 1")]
    NewerFormat {
        /// The format a program must read.
        needed: u16,
    },
    /// Others than the owner may read or write the file.
    #[error("the vault file is open to others (mode {mode:04o}, wanted 0600)")]
    Permissions {
        /// Its permission bits.
        mode: u32,
    },
    /// Another process holds the vault's lock file.
    #[error("another process is writing the vault")]
    InUse,
    /// No passphrase slot opens with these bytes.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// No recovery slot opens with this code.
    #[error("this recovery code does not open this vault")]
    WrongRecoveryCode,
    /// The file asks for more work than fob will do, or promises less than it demands. Nothing was computed.
    #[error("the vault asks for Argon2 with {memory_kib} KiB and {passes} passes, outside the bounds")]
    KdfOutOfBounds {
        /// Memory of the slot at fault, in KiB.
        memory_kib: u32,
        /// Its passes over that memory.
        passes: u32,
    },
    /// Argon2 could not get its memory.
    #[error("not enough memory for the passphrase's key: {memory_kib} KiB")]
    OutOfMemory {
        /// What was asked for, in KiB.
        memory_kib: u32,
    },
    /// A cap of the format was reached; nothing was written.
    #[error("the vault's {part} is full (limit {limit} bytes)")]
    Full {
        /// Which part.
        part: Part,
        /// Its cap in bytes.
        limit: usize,
    },
    /// Somebody else wrote the vault since it was loaded. Lock and unlock to see it as it is now.
    #[error("the vault on the disk is not the one that was loaded (generation {loaded})")]
    StaleGeneration {
        /// The generation in memory.
        loaded: u64,
    },
    /// Whoever asked for it has given it up, or locks the vault ([`Wanted`](crate::Wanted)). Nothing was written.
    #[error("nobody wants this any more, and nothing was changed")]
    NotWanted,
    /// What was asked of the ways in cannot be.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// No entry has this id.
    #[error("no entry has the id {0}")]
    UnknownEntry(EntryId),
    /// `take_hotp` on an account that has no counter.
    #[error("the entry {0} has no counter")]
    NoCounter(EntryId),
    /// The counter stands at 2^64 - 1.
    #[error("the counter of entry {0} is used up")]
    CounterUsedUp(EntryId),
    /// The codes that should move a counter are none of the account's, as far as was looked.
    #[error("the codes are not two in a row of the entry {0}")]
    CodeMismatch(EntryId),
    /// Every recovery code of the account was taken.
    #[error("no recovery code of entry {0} is left")]
    NoRecoveryCode(EntryId),
    /// More than the vault has room for beside one account.
    #[error(transparent)]
    TooMuch(#[from] fob_otp::TooMuch),
    /// The account gives no code.
    #[error("the entry gives no code")]
    Unusable(#[from] fob_otp::Unusable),
    /// The disk refused.
    #[error("cannot {doing}")]
    Io {
        /// What was being done, as a verb with its object.
        doing: &'static str,
        /// The system's answer.
        source: io::Error,
    },
}

/// Why a way in does not open, or cannot be added or removed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlotError {
    /// No slot has this id.
    #[error("no slot has the id {0}")]
    Unknown(SlotId),
    /// The slot is there, and this secret does not open it.
    #[error("the slot {0} does not open with this secret")]
    WrongSecret(SlotId),
    /// The vault opens with passphrase and key together; a passphrase came alone.
    #[error("this vault opens with passphrase and security key together")]
    KeyWanted,
    /// As above; a key came alone.
    #[error("this security key opens the vault together with the passphrase")]
    PassphraseWanted,
    /// The vault has a policy that a later fob invented. Nothing of it is opened.
    #[error("the vault has the policy {0}, which this fob does not know")]
    UnknownPolicy(String),
    /// A slot of this kind may not stand in a vault of this policy.
    #[error("a slot of the kind {kind} is barred in a vault of the policy {policy}")]
    Barred {
        /// The slot's kind.
        kind: String,
        /// The vault's policy.
        policy: String,
    },
    /// A key without user verification opens nothing by itself.
    #[error("a security key alone must check who is there: it needs a PIN or a fingerprint")]
    UserVerificationWanted,
    /// Whoever is logged in would open the vault, and nobody has accepted that.
    #[error("this slot would open the vault for whoever is logged in")]
    OpensWithLogin,
    /// This key has a slot already, or what was offered for a slot has.
    #[error("this security key has a slot already")]
    AlreadyEnrolled,
    /// The vault has all the slots it can have.
    #[error("the vault has {0} slots already")]
    TooMany(usize),
    /// Without it there would be no passphrase, or no passphrase with a key, that opens the vault.
    #[error("the last safe way in stays: present a passphrase that is to open the vault")]
    LastSafeWay,
    /// What is to be removed was presented to be kept.
    #[error("the slot {0} cannot be removed and presented at once")]
    RemovedAndPresented(SlotId),
    /// A quick PIN would open what wants passphrase and key together.
    #[error("a vault that opens with passphrase and security key together has no quick PIN")]
    QuickPinBarred,
    /// A new vault key was made since the vault was opened.
    #[error("the vault has a new key: unlock it again")]
    Retired,
    /// The label has control characters or more than [`SlotError::LONGEST_LABEL`] bytes.
    #[error("a slot's name has at most {} bytes and no control characters", Self::LONGEST_LABEL)]
    Label,
}

impl SlotError {
    /// Longest name of a slot, in bytes of UTF-8.
    pub const LONGEST_LABEL: usize = 128;
}

impl VaultError {
    pub(crate) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}

/// A part of a vault file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Magic, format, lengths, slots, and their authentication code.
    Header,
    /// The sealed entries.
    Body,
    /// What is kept about the programs that ask ([`Shelf`](crate::Shelf)).
    Shelf,
    /// Bytes after the end.
    End,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Body => "body",
            Self::Shelf => "list of programs and permissions",
            Self::End => "end",
        })
    }
}

/// How a vault differs from the one that was last used at this place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// It is sealed under another vault key.
    AnotherKey,
    /// It is older than the newest that was seen.
    Older {
        /// Its generation.
        found: u64,
        /// The newest generation that was seen here.
        last_seen: u64,
    },
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnotherKey => f.write_str("it has another vault key than the one last used here"),
            Self::Older { found, last_seen } => {
                write!(f, "its generation is {found}, the newest seen here was {last_seen}")
            }
        }
    }
}

/// Older versions of a vault beside it, newest first. Written as the end of a sentence, or as nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kept(pub(crate) Vec<PathBuf>);

impl Kept {
    /// Where they lie, newest first.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(PathBuf::as_path)
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [] => Ok(()),
            [newest] => write!(f, "; an older version is kept as {}", newest.display()),
            [newest, rest @ ..] => {
                write!(f, "; {} older versions are kept, the newest as {}", rest.len() + 1, newest.display())
            }
        }
    }
}
