//! The sealed store of one-time-code accounts: file format, slots, durable writes.
//!
//! One file holds one vault. A random vault key seals all entries; each slot wraps that key for one way in: a passphrase,
//! a security key, both together, a recovery code, the desktop's keyring, a TPM. The format is written down in `docs/vault-format.md`, and `docs/open-vault.py`
//! opens a vault without this crate.
//!
//! The states are types: [`LockedVault::open`] reads and bounds a file, `unlock` turns it into an [`UnlockedVault`],
//! whose every change is on the disk before the call returns. Time, chance, the disk and the memory of the last
//! generation come in through a [`Context`]. In memory the entries are sealed as well, but for the moment of a
//! code. What is not here: asking for passphrases, locking on idle, keeping the heap out of the swap (the daemon), and the
//! codes themselves (`fob_otp`).

mod body;
mod borrowed;
mod context;
mod diary;
mod disk;
mod duplicates;
mod enrol;
mod entries;
mod entry;
mod envelope;
mod error;
mod filesystem;
mod header;
mod inspect;
mod kdf;
mod keys;
mod locked;
mod memory;
mod merge;
mod opening;
mod page;
mod passphrase;
mod pins;
mod plain;
mod raise;
mod recovery;
mod rekey;
mod restore;
mod secret;
mod shelf;
mod slot;
mod soft;
mod store;
mod undo;
mod unlocked;
mod uses;
mod versions;
mod wanted;
mod ways;
mod wipe;

pub use body::Removed;
pub use context::Context;
pub use diary::{DIARY_RECORD, Diary, Line};
pub use disk::{Disk, FileImage, NewFile, RealDisk};
pub use enrol::{EnrolError, EnrolledKey, KeptSecret, KeyOffer, NewWay, SecretOffer, VAULT_RP_ID, WithLogin};
pub use entries::HotpCode;
pub use entry::{Entry, EntryId, EntryIdError, Event, Record, Unreadable};
pub use error::{Foreign, Kept, Part, SlotError, VaultError};
pub use filesystem::FileSystem;
pub use header::Policy;
pub use inspect::Inspection;
pub use kdf::{Argon2Cost, KdfFloor, KdfPolicy, UNLOCK_TIME};
pub use locked::LockedVault;
pub use merge::{MergeReport, Merged, Outcome};
pub use opening::{Opening, Way};
pub use passphrase::{Passphrase, PassphraseError};
pub use pins::{FilePins, NoPins, Pin, Pins};
pub use recovery::{RecoveryCode, RecoveryCodeError};
pub use rekey::{Rekey, Rekeyed};
pub use restore::{Restored, Version, VersionState};
pub use secret::SlotSecret;
pub use shelf::{SHELF_LIMIT, Shelf};
pub use slot::{SlotId, SlotIdError, SlotInfo, SlotKind};
pub use soft::{SOFT_LOCK_LIMIT, SoftLockError, SoftLocked, StillLocked};
pub use unlocked::{UnlockedVault, Warning};
pub use uses::{FileUses, NoUses, Uses};
pub use versions::Occasion;
pub use wanted::Wanted;
pub use ways::Prover;
