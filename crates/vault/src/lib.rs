//! The sealed store of one-time-code accounts: file format, slots, durable writes.
//!
//! One file holds one vault. A random vault key seals all entries; each slot wraps that key for one way in (today a
//! passphrase or a recovery code). The format is written down in `docs/vault-format.md`, and `docs/open-vault.py`
//! opens a vault without this crate.
//!
//! The states are types: [`LockedVault::open`] reads and bounds a file, `unlock` turns it into an [`UnlockedVault`],
//! whose every change is on the disk before the call returns. Time, chance, the disk and the memory of the last
//! generation come in through a [`Context`]. What is not here: asking for passphrases, locking on idle, pinning
//! memory (the daemon), and the codes themselves (`fob_otp`).

mod body;
mod context;
mod disk;
mod entry;
mod envelope;
mod error;
mod header;
mod kdf;
mod keys;
mod locked;
mod passphrase;
mod pins;
mod recovery;
mod slot;
mod store;
mod unlocked;
mod wipe;

pub use context::Context;
pub use disk::{Disk, FileImage, NewFile, RealDisk};
pub use entry::{Entry, EntryId, EntryIdError, Unreadable};
pub use error::{Foreign, Kept, Part, VaultError};
pub use kdf::{Argon2Cost, KdfFloor, KdfPolicy};
pub use locked::LockedVault;
pub use passphrase::{Passphrase, PassphraseError};
pub use pins::{FilePins, Pin, Pins};
pub use recovery::{RecoveryCode, RecoveryCodeError};
pub use slot::{SlotInfo, SlotKind};
pub use unlocked::{HotpCode, UnlockedVault, Warning};
