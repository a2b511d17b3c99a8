//! What a vault takes from outside: time, chance, a disk, the memory of the last generation and of the last
//! use of each slot, and the price of passphrases.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use fob_ambient::{Clock, Millis, Rng, UnixTime};

use crate::{Argon2Cost, Disk, KdfPolicy, NoUses, Pins, RealDisk, Uses, VaultError};

/// The surroundings of a vault. Clones share them.
#[derive(Clone)]
pub struct Context {
    pub(crate) clock: Arc<dyn Clock + Send + Sync>,
    rng: Arc<Mutex<dyn Rng + Send>>,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) pins: Arc<dyn Pins>,
    pub(crate) uses: Arc<dyn Uses>,
    /// What the names of the diary's files begin with.
    pub(crate) diary: Option<PathBuf>,
    pub(crate) kdf: KdfPolicy,
    hashed: Arc<Mutex<Option<(Argon2Cost, Millis)>>>,
}

impl Context {
    /// The real disk and the standard price of passphrases; the rest as given.
    pub fn new(
        clock: impl Clock + Send + Sync + 'static,
        rng: impl Rng + Send + 'static,
        pins: impl Pins + 'static,
    ) -> Self {
        Self {
            clock: Arc::new(clock),
            rng: Arc::new(Mutex::new(rng)),
            disk: Arc::new(RealDisk),
            pins: Arc::new(pins),
            uses: Arc::new(NoUses),
            diary: None,
            kdf: KdfPolicy::STANDARD,
            hashed: Arc::default(),
        }
    }

    /// With another memory of the last generation; [`NoPins`](crate::NoPins) to look into somebody else's vault.
    #[must_use]
    pub fn with_pins(self, pins: impl Pins + 'static) -> Self {
        Self { pins: Arc::new(pins), ..self }
    }

    /// With a memory of when each slot was last used.
    #[must_use]
    pub fn with_uses(self, uses: impl Uses + 'static) -> Self {
        Self { uses: Arc::new(uses), ..self }
    }

    /// With a place for diaries: `path` is what the names of their files begin with. The folder belongs in the state
    /// directory, is there, and is the owner's alone.
    #[must_use]
    pub fn with_diary(self, path: PathBuf) -> Self {
        Self { diary: Some(path), ..self }
    }

    /// Another disk.
    #[must_use]
    pub fn with_disk(self, disk: Arc<dyn Disk>) -> Self {
        Self { disk, ..self }
    }

    /// Another price of passphrases. Below [`KdfPolicy::STANDARD`] for tests only.
    #[must_use]
    pub fn with_kdf(self, kdf: KdfPolicy) -> Self {
        Self { kdf, ..self }
    }

    /// The price of passphrases.
    #[must_use]
    pub const fn kdf(&self) -> KdfPolicy {
        self.kdf
    }

    /// What the last passphrase that was tried on a slot cost, and how long that took: by it a machine's speed is known
    /// without another run.
    #[must_use]
    pub fn last_hash(&self) -> Option<(Argon2Cost, Millis)> {
        *self.hashed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hashes a passphrase for a slot that is there, and notes how long it took.
    pub(crate) fn timed<T>(
        &self,
        cost: Argon2Cost,
        hash: impl FnOnce() -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let before = self.clock.monotonic();
        let hashed = hash()?;
        let took = self.clock.monotonic().since(before);
        *self.hashed.lock().unwrap_or_else(PoisonError::into_inner) = Some((cost, took));
        Ok(hashed)
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.clock.wall()
    }

    /// Chance, for the length of one closure.
    pub(crate) fn with_rng<T>(&self, draw: impl FnOnce(&mut dyn Rng) -> T) -> T {
        draw(&mut *self.rng.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.with_rng(|rng| rng.fill(&mut bytes));
        bytes
    }
}
