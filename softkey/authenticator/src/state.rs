//! What a key keeps without power: its device key, the signature counter, the PIN, discoverable credentials.
//!
//! It changes only by [`Changes`]: what one command changes is one list, made durable by the store as a whole before the
//! state takes it over. A whole state is such a list too, the one that makes it out of nothing.
//!
//! A new member has its place in [`State`], in [`State::anew`], a [`Change`] of its own, a line in [`State::apply`], and
//! its bytes in `encoding`.

mod encoding;
mod resident;
mod residents;
mod settings;

use std::collections::BTreeMap;
use std::fmt;

use fob_ambient::Rng;
use fob_ctap::entity::{CredentialId, UserHandle};
use fob_ctap::extension::CredProtect;
use fob_ctap::large_blobs::array;
use fob_ctap::pin::PinHash;
use zeroize::Zeroizing;

pub use encoding::StateError;
pub(crate) use resident::{Extras, Place, Resident};
pub(crate) use residents::{Packed, Residents};
pub(crate) use settings::Settings;

use crate::identity::{MAX_PIN_RETRIES, MAX_UV_RETRIES};
use crate::sealed_id::DeviceKey;

/// Everything that survives the power.
pub struct State {
    pub(crate) device_key: DeviceKey,
    /// One for all credentials; only ever goes up.
    pub(crate) counter: u32,
    pub(crate) pin: Option<StoredPin>,
    pub(crate) pin_retries: u8,
    pub(crate) residents: Residents,
    /// Goes up whenever a discoverable credential comes, goes or changes.
    pub(crate) store_version: u64,
    pub(crate) settings: Settings,
    /// The serialized array of large blobs (§6.10.3).
    pub(crate) large_blobs: Vec<u8>,
    /// The persistent token, while some platform has one.
    pub(crate) persistent_token: Option<Zeroizing<[u8; 32]>>,
    /// Fingers that the key knows, by template.
    pub(crate) fingers: BTreeMap<Vec<u8>, Finger>,
    pub(crate) uv_retries: u8,
    /// Verifications by finger since a PIN was last entered.
    pub(crate) uv_count: u64,
}

/// A finger that the key knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finger {
    pub(crate) template_id: Vec<u8>,
    pub(crate) name: Option<String>,
    /// What a simulated sensor tells fingers apart by.
    pub(crate) number: u32,
}

/// A PIN as it is kept.
#[derive(Debug)]
pub(crate) struct StoredPin {
    pub(crate) hash: PinHash,
    /// Its length; a minimum that grows later is compared with it.
    pub(crate) code_points: u64,
}

/// One change. Each says what is, never by how much it differs: made twice, it is made once.
#[derive(Debug)]
pub(crate) enum Change {
    /// Everything is forgotten; a key begins with this secret. Always the first of its list.
    Anew(Box<DeviceKey>),
    Counter(u32),
    PinRetries(u8),
    Pin(Option<StoredPin>),
    Put(Packed),
    Remove(Place),
    StoreVersion(u64),
    Settings(Box<Settings>),
    LargeBlobs(Vec<u8>),
    PersistentToken(Option<Zeroizing<[u8; 32]>>),
    PutFinger(Box<Finger>),
    RemoveFinger(Vec<u8>),
    UvRetries(u8),
    UvCount(u64),
}

/// What one command changes: all of it or nothing. Written as bytes by [`Changes::encode`].
#[derive(Debug)]
pub struct Changes(pub(crate) Vec<Change>);

impl Changes {
    /// Whether nothing of the state before them is left: a reset.
    #[must_use]
    pub fn begin_anew(&self) -> bool {
        matches!(self.0.first(), Some(Change::Anew(_)))
    }
}

impl State {
    /// A key that has just been made, or reset.
    pub(crate) fn fresh(rng: &mut dyn Rng) -> Self {
        Self::anew(DeviceKey::generate(rng))
    }

    /// A key that knows nothing but its own secret.
    pub(crate) fn anew(device_key: DeviceKey) -> Self {
        Self {
            device_key,
            counter: 0,
            pin: None,
            pin_retries: MAX_PIN_RETRIES,
            residents: Residents::default(),
            store_version: 0,
            settings: Settings::default(),
            large_blobs: array::EMPTY.to_vec(),
            persistent_token: None,
            fingers: BTreeMap::new(),
            uv_retries: MAX_UV_RETRIES,
            uv_count: 0,
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
    pub(crate) fn resident(&self, rp_id_hash: &[u8; 32], id: &CredentialId) -> Option<Resident> {
        self.residents.get(rp_id_hash, id.as_bytes()).map(Packed::resident)
    }

    /// Who may use a discoverable credential.
    pub(crate) fn protection_of(&self, rp_id_hash: &[u8; 32], id: &CredentialId) -> Option<CredProtect> {
        self.residents.get(rp_id_hash, id.as_bytes()).map(|packed| packed.read().protection)
    }

    /// Where the discoverable credential of an account stands.
    pub(crate) fn place_of_account(&self, rp_id_hash: &[u8; 32], user: &UserHandle) -> Option<Place> {
        self.residents.of_account(rp_id_hash, user).map(Packed::place)
    }

    /// What has to stand beside every change of a discoverable credential.
    pub(crate) fn next_store_version(&self) -> Change {
        Change::StoreVersion(self.store_version.wrapping_add(1))
    }

    /// Makes all changes.
    pub fn apply(&mut self, changes: Changes) {
        changes.0.into_iter().for_each(|change| self.apply_one(change));
    }

    fn apply_one(&mut self, change: Change) {
        match change {
            Change::Anew(device_key) => *self = Self::anew(*device_key),
            Change::Counter(counter) => self.counter = counter,
            Change::PinRetries(retries) => self.pin_retries = retries,
            Change::Pin(pin) => self.pin = pin,
            Change::Put(packed) => self.residents.put(packed),
            Change::Remove((rp_id_hash, id)) => self.residents.remove(&rp_id_hash, id.as_bytes()),
            Change::StoreVersion(version) => self.store_version = version,
            Change::Settings(settings) => self.settings = *settings,
            Change::LargeBlobs(array) => self.large_blobs = array,
            Change::PersistentToken(token) => self.persistent_token = token,
            Change::PutFinger(finger) => drop(self.fingers.insert(finger.template_id.clone(), *finger)),
            Change::RemoveFinger(template_id) => drop(self.fingers.remove(&template_id)),
            Change::UvRetries(retries) => self.uv_retries = retries,
            Change::UvCount(count) => self.uv_count = count,
        }
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
            .field("fingers", &self.fingers.len())
            .finish_non_exhaustive()
    }
}
