//! What a key keeps without power: its device key, the signature counter, the PIN, discoverable credentials.
//!
//! It changes only by a list of [`Change`]s, and applying one gives the list that undoes it: a write that fails is
//! taken back.

mod encoding;

use std::collections::BTreeMap;
use std::fmt;

use fob_ambient::Rng;
use fob_ctap::entity::{CredentialId, RpEntity, UserEntity};
use fob_ctap::extension::CredProtect;
use fob_ctap::pin::PinHash;

pub use encoding::StateError;

use crate::CredentialKey;
use crate::identity::MAX_PIN_RETRIES;
use crate::sealed_id::DeviceKey;

/// Everything that survives the power.
pub struct State {
    pub(crate) device_key: DeviceKey,
    /// One for all credentials; only ever goes up.
    pub(crate) counter: u32,
    pub(crate) pin: Option<StoredPin>,
    pub(crate) pin_retries: u8,
    pub(crate) residents: BTreeMap<Place, Resident>,
}

/// Where a discoverable credential stands: its RP ID's hash and its id, so that those of one RP stand together.
pub(crate) type Place = ([u8; 32], CredentialId);

/// A PIN as it is kept.
#[derive(Debug)]
pub(crate) struct StoredPin {
    pub(crate) hash: PinHash,
    /// Its length; a minimum that grows later is compared with it.
    pub(crate) code_points: u64,
}

/// A discoverable credential.
#[derive(Debug)]
pub(crate) struct Resident {
    pub(crate) id: CredentialId,
    pub(crate) rp: RpEntity,
    pub(crate) user: UserEntity,
    pub(crate) key: CredentialKey,
    pub(crate) protection: CredProtect,
    /// The signature counter when it was made: the higher, the newer.
    pub(crate) created: u32,
}

/// One change.
#[derive(Debug)]
pub(crate) enum Change {
    Counter(u32),
    PinRetries(u8),
    Pin(Option<StoredPin>),
    Put(Box<Resident>),
    Remove(Place),
    All(Box<State>),
}

impl Resident {
    pub(crate) fn place(&self) -> Place {
        (self.rp.id.hash(), self.id.clone())
    }
}

impl State {
    /// A key that has just been made, or reset.
    pub(crate) fn fresh(rng: &mut dyn Rng) -> Self {
        Self {
            device_key: DeviceKey::generate(rng),
            counter: 0,
            pin: None,
            pin_retries: MAX_PIN_RETRIES,
            residents: BTreeMap::new(),
        }
    }

    /// The signature counter: how often the key has signed.
    #[must_use]
    pub const fn counter(&self) -> u32 {
        self.counter
    }

    /// How many discoverable credentials there are.
    #[must_use]
    pub fn resident_count(&self) -> usize {
        self.residents.len()
    }

    /// A discoverable credential by its id.
    pub(crate) fn resident(&self, rp_id_hash: &[u8; 32], id: &CredentialId) -> Option<&Resident> {
        self.residents.get(&(*rp_id_hash, id.clone()))
    }

    /// All discoverable credentials of one RP, in no useful order.
    pub(crate) fn residents_of(&self, rp_id_hash: &[u8; 32]) -> impl Iterator<Item = &Resident> {
        let rp_id_hash = *rp_id_hash;
        let first = (rp_id_hash, CredentialId::from(Vec::new()));
        self.residents
            .range(first..)
            .take_while(move |((hash, _), _)| *hash == rp_id_hash)
            .map(|(_, resident)| resident)
    }

    /// Makes all changes and gives those that undo them.
    pub(crate) fn apply(&mut self, changes: Vec<Change>) -> Vec<Change> {
        let mut undo: Vec<_> = changes.into_iter().filter_map(|change| self.apply_one(change)).collect();
        undo.reverse();
        undo
    }

    fn apply_one(&mut self, change: Change) -> Option<Change> {
        Some(match change {
            Change::Counter(counter) => Change::Counter(std::mem::replace(&mut self.counter, counter)),
            Change::PinRetries(retries) => Change::PinRetries(std::mem::replace(&mut self.pin_retries, retries)),
            Change::Pin(pin) => Change::Pin(std::mem::replace(&mut self.pin, pin)),
            Change::All(mut state) => {
                std::mem::swap(self, &mut state);
                Change::All(state)
            }
            Change::Remove(place) => Change::Put(Box::new(self.residents.remove(&place)?)),
            Change::Put(resident) => {
                let place = resident.place();
                match self.residents.insert(place.clone(), *resident) {
                    Some(old) => Change::Put(Box::new(old)),
                    None => Change::Remove(place),
                }
            }
        })
    }
}

/// Says how much there is, never what.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("counter", &self.counter)
            .field("pin", &self.pin.is_some())
            .field("pin_retries", &self.pin_retries)
            .field("residents", &self.residents.len())
            .finish_non_exhaustive()
    }
}
