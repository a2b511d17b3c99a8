//! The soft lock: entries are gone from memory, the vault key is not, and a short PIN brings them back.
//!
//! A PIN never derives a key: a person's four digits protect nothing that a thief can try at leisure. Here it is a
//! question to this process alone, and three wrong answers, a suspend or eight hours make a full lock of it. What is
//! compared lies in the sealed body, so that it need not be set at each start.

use std::fmt;

use fob_ambient::Millis;
use fob_cbor::{Map, Value};
use ring::hmac;
use zeroize::Zeroizing;

use crate::body::Body;
use crate::keys::VaultKey;
use crate::locked::Place;
use crate::opening::Found;
use crate::plain::Plain;
use crate::slot::SlotId;
use crate::unlocked::UnlockedVault;
use crate::{LockedVault, Passphrase, SlotError, VaultError};

/// How long a soft lock lasts at most, the machine's sleep included: 8 hours.
pub const SOFT_LOCK_LIMIT: Millis = Millis(8 * 60 * 60 * 1000);
/// Wrong PINs until it is a full lock.
const TRIES: u8 = 3;
/// The body's key for what a PIN is compared with.
const QUICK_PIN: &str = "quick_pin";
/// Bytes of a PIN's salt.
const SALT: usize = 32;

/// What a PIN is compared with.
struct QuickPin {
    salt: Zeroizing<Vec<u8>>,
    tag: Zeroizing<Vec<u8>>,
}

impl QuickPin {
    fn of(body: &Body) -> Option<Self> {
        let plain = Plain::of(body);
        let map = plain.map()?.get_text(QUICK_PIN)?.as_map()?;
        let bytes = |name| Some(Zeroizing::new(map.get_text(name)?.as_bytes()?.to_vec()));
        Some(Self { salt: bytes("salt").filter(|salt| salt.len() == SALT)?, tag: bytes("tag")? })
    }

    fn is(&self, pin: &Passphrase) -> bool {
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &self.salt), pin.expose(), &self.tag).is_ok()
    }
}

/// A vault whose key is still in memory, behind a PIN. Its entries are not.
pub struct SoftLocked {
    place: Place,
    key: VaultKey,
    by: Option<SlotId>,
    pin: QuickPin,
    tries: u8,
    until: Millis,
}

/// What is left after a wrong PIN.
#[derive(Debug)]
pub enum StillLocked {
    /// The PIN may be tried again.
    Soft(Box<SoftLocked>),
    /// The key is gone.
    Full(LockedVault),
}

/// Why a PIN did not open a soft lock.
#[derive(Debug, thiserror::Error)]
pub enum SoftLockError {
    /// Another PIN is wanted.
    #[error("wrong PIN, {0} tries left")]
    WrongPin(u8),
    /// It was the last try.
    #[error("wrong PIN, and it was the last try: the vault is locked")]
    TriesUsedUp,
    /// It lay too long.
    #[error("the soft lock is over, the vault is locked")]
    Expired,
    /// The PIN was right and the vault does not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl UnlockedVault {
    /// Whether a PIN for the soft lock is set.
    #[must_use]
    pub fn has_quick_pin(&self) -> bool {
        QuickPin::of(&self.opened.body).is_some()
    }

    /// Sets the PIN for the soft lock, or takes it away.
    ///
    /// # Errors
    /// What kept the vault from being written: the former PIN, or none, stays.
    pub fn set_quick_pin(&mut self, pin: Option<&Passphrase>) -> Result<(), VaultError> {
        let mut plain = Plain::of(&self.opened.body);
        plain.set(
            QUICK_PIN,
            pin.map(|pin| {
                let salt: [u8; SALT] = self.place.context.random();
                let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &salt), pin.expose());
                let mut map = Map::new();
                map.insert("salt", salt);
                map.insert("tag", tag.as_ref());
                Value::Map(map)
            }),
        );
        self.replace_body(plain.into_body(), None)
    }

    /// Forgets the entries and keeps the key, if a PIN is set; a full lock otherwise.
    #[must_use]
    pub fn soft_lock(self) -> StillLocked {
        let Some(pin) = QuickPin::of(&self.opened.body) else { return StillLocked::Full(self.lock()) };
        let until = self.place.context.clock.boottime().plus(SOFT_LOCK_LIMIT);
        let Self { place, opened, .. } = self;
        StillLocked::Soft(Box::new(SoftLocked { place, key: opened.key, by: opened.by, pin, tries: TRIES, until }))
    }
}

impl SoftLocked {
    /// When it becomes a full lock, on the clock that a sleep does not stop.
    #[must_use]
    pub const fn until(&self) -> Millis {
        self.until
    }

    /// Forgets the key too: the machine goes to sleep, or time is up.
    #[must_use]
    pub fn lock(self) -> LockedVault {
        LockedVault::at(self.place)
    }

    /// Opens with the PIN. The file is read again, so what others wrote meanwhile is there.
    ///
    /// # Errors
    /// What is left, and [`SoftLockError`]: a wrong PIN costs a try, a vault that does not open costs the key.
    pub fn open(mut self, pin: &Passphrase) -> Result<UnlockedVault, (StillLocked, SoftLockError)> {
        if self.place.context.clock.boottime() >= self.until {
            return Err((StillLocked::Full(self.lock()), SoftLockError::Expired));
        }
        if !self.pin.is(pin) {
            self.tries = self.tries.saturating_sub(1);
            let tries = self.tries;
            return Err(match tries {
                0 => (StillLocked::Full(self.lock()), SoftLockError::TriesUsedUp),
                left => (StillLocked::Soft(Box::new(self)), SoftLockError::WrongPin(left)),
            });
        }
        match self.reopened() {
            Ok(opened) => {
                let mut vault = UnlockedVault::new(self.place, opened);
                vault.pin();
                Ok(vault)
            }
            Err(error) => Err((StillLocked::Full(self.lock()), error.into())),
        }
    }

    fn reopened(&self) -> Result<crate::unlocked::Opened, VaultError> {
        let noted = self.place.noted();
        let file = self.place.store.read()?;
        let (mut opened, _) = self.place.opened(&file, |header| {
            self.place.check_pin(noted, header)?;
            let ours = self.key.id(&header.vault) == header.key;
            // Somebody else made a new vault key meanwhile: this one is retired.
            if ours { Ok(Found::known(&self.key)) } else { Err(SlotError::Retired.into()) }
        })?;
        opened.by = self.by;
        Ok(opened)
    }
}

impl fmt::Debug for SoftLocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoftLocked").field("tries", &self.tries).field("until", &self.until).finish_non_exhaustive()
    }
}
