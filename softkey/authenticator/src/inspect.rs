//! Looking at the credentials that a key keeps, and carrying them from key to key: for benches, never for platforms.
//!
//! Only discoverable credentials: the others live in their ids, and a key does not know which it has given out.

use std::fmt;

use fob_ctap::Status;
use fob_ctap::entity::{CredentialId, RpEntity, RpId, UserEntity, UserHandle};
use fob_ctap::extension::CredProtect;
use zeroize::Zeroizing;

use crate::state::{Change, Extras, Packed, Resident};
use crate::{Authenticator, CredentialKey};

/// A discoverable credential outside a key.
pub struct PortableCredential {
    /// Its id.
    pub id: CredentialId,
    /// Whose it is.
    pub rp: RpEntity,
    /// For which account.
    pub user: UserEntity,
    /// Who may use it.
    pub protection: CredProtect,
    private_key: Zeroizing<Vec<u8>>,
    /// What extensions let it keep.
    extras: Extras,
}

/// Why a credential could not be taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Not a private key of a kind that credentials have, in PKCS#8.
    #[error("the private key is no key of a credential in PKCS#8")]
    PrivateKey,
    /// No room is left.
    #[error("the key has no room for another credential")]
    Full,
    /// The store failed.
    #[error("the key could not keep it")]
    Store,
}

impl PortableCredential {
    /// With its private key in PKCS#8 (RFC 5208), as WebDriver's virtual authenticators take it.
    #[must_use]
    pub fn new(
        id: CredentialId,
        rp: RpEntity,
        user: UserEntity,
        protection: CredProtect,
        private_key: Zeroizing<Vec<u8>>,
    ) -> Self {
        Self { id, rp, user, protection, private_key, extras: Extras::default() }
    }

    /// The private key in PKCS#8.
    #[must_use]
    pub fn expose_private_key(&self) -> &[u8] {
        &self.private_key
    }
}

impl fmt::Debug for PortableCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PortableCredential(..)")
    }
}

impl Authenticator {
    /// All discoverable credentials, with their private keys.
    #[must_use]
    pub fn export(&self) -> Vec<PortableCredential> {
        self.state.residents.iter().map(|packed| portable(packed.resident())).collect()
    }

    /// Whether there is a discoverable credential for this account.
    #[must_use]
    pub fn has_account(&self, rp_id: &RpId, user: &UserHandle) -> bool {
        self.state.place_of_account(&rp_id.hash(), user).is_some()
    }

    /// Takes a credential in. One with the same id, or of the same account, at the same RP gives way; it counts as the
    /// newest of its RP. The signature counter goes on from `counter`, if that is higher: a site must not see it go back.
    ///
    /// # Errors
    /// Why the key cannot have it; nothing is changed then.
    pub fn import(&mut self, credential: PortableCredential, counter: u32) -> Result<(), ImportError> {
        let PortableCredential { id, rp, user, protection, private_key, extras } = credential;
        let counter = self.state.counter.max(counter).saturating_add(1);
        let key = CredentialKey::from_pkcs8(&private_key).ok_or(ImportError::PrivateKey)?;
        let resident = Resident { id, rp, user, key, protection, created: counter, extras };
        let rp_id_hash = resident.rp.id.hash();
        let room = self.state.residents.len() < self.abilities.capacity;
        let of_account = self.state.place_of_account(&rp_id_hash, &resident.user.id);
        let of_id = self.state.residents.get(&rp_id_hash, resident.id.as_bytes());
        if of_account.is_none() && of_id.is_none() && !room {
            return Err(ImportError::Full);
        }
        let mut changes = vec![Change::Counter(counter), self.state.next_store_version()];
        changes.extend(of_account.map(Change::Remove));
        changes.push(Change::Put(Packed::from(&resident)));
        self.commit(changes).map_err(|_| ImportError::Store)
    }

    /// Takes a credential out; whether it was there.
    ///
    /// # Errors
    /// OTHER if the store fails.
    pub fn forget(&mut self, id: &CredentialId) -> Result<bool, Status> {
        let Some(place) = self.state.residents.find(id.as_bytes()).map(Packed::place) else { return Ok(false) };
        self.commit(vec![self.state.next_store_version(), Change::Remove(place)]).map(|()| true)
    }
}

fn portable(resident: Resident) -> PortableCredential {
    let private_key = resident.key.to_pkcs8();
    let Resident { id, rp, user, protection, extras, .. } = resident;
    PortableCredential { id, rp, user, protection, private_key, extras }
}
