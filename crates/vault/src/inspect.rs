//! What a file says of itself without a key: a pure look at bytes, for a person with an unknown file.
//!
//! Nothing of it is authentic. `open` and `unlock` are for vaults that are to be used.

use fob_ambient::UnixTime;

use crate::envelope::Envelope;
use crate::{Kept, Policy, VaultError, Way};

/// What can be said of a vault file without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The vault's identity.
    pub vault: [u8; 16],
    /// The name of its vault key.
    pub key: [u8; 16],
    /// Counts the saves.
    pub generation: u64,
    /// When the vault was made.
    pub created: UnixTime,
    /// When this file was written.
    pub changed: UnixTime,
    /// The edition of the format that its last writer knew.
    pub edition: u64,
    /// Which ways in it may have.
    pub policy: Policy,
    /// The ways in that this fob understands.
    pub ways: Vec<Way>,
}

impl Inspection {
    /// Looks at a whole file. Bounded in time and memory by the file's length, whatever is in it.
    ///
    /// # Errors
    /// [`VaultError`] names the flaw that shows without a key.
    pub fn of(file: &[u8]) -> Result<Self, VaultError> {
        let header = Envelope::parse(file).map_err(|flaw| flaw.with(Kept::default()))?.header;
        Ok(Self {
            vault: header.vault,
            key: header.key,
            generation: header.generation,
            created: UnixTime(header.created),
            changed: UnixTime(header.changed),
            edition: header.edition,
            ways: header.slots.iter().filter_map(Way::of).collect(),
            policy: header.policy,
        })
    }
}
