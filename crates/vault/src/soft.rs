//! The soft lock: entries are gone from memory, the vault key is not, and a short PIN brings them back.
//!
//! A PIN never derives a key: a person's four digits protect nothing that a thief can try at leisure. Here it is a
//! question to this process alone, and three wrong answers, a suspend or eight hours since one of the vault's ways in opened
//! it make a full lock of it. What is compared lies in the sealed body, so that it need not be set at each start. A vault
//! that wants passphrase and key together has none.

use std::fmt;

use fob_ambient::Millis;
use fob_cbor::{Map, Value};
use ring::hmac;
use zeroize::Zeroizing;

use crate::body::Body;
use crate::keys::VaultKey;
use crate::locked::Place;
use crate::memory::Sealed;
use crate::opening::Found;
use crate::plain::Plain;
use crate::slot::SlotId;
use crate::unlocked::{Opened, UnlockedVault};
use crate::{LockedVault, Passphrase, SlotError, VaultError};

/// How long after one of its ways in opened a vault a quick PIN still does: 8 hours. They are counted from there however
/// often a PIN was right meanwhile.
pub const SOFT_LOCK_LIMIT: Millis = Millis(8 * 60 * 60 * 1000);
/// How far the clocks with and without sleep may drift apart before it was a sleep. They are read one after the other.
const NO_SLEEP: Millis = Millis(2_000);
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

/// Whether a PIN is set.
pub(crate) fn is_quick_pin_in(body: &Body) -> bool {
    body.other().0.as_map().is_some_and(|map| map.get_text(QUICK_PIN).is_some())
}

/// Takes the PIN away; what [`Body::put_others`] brings it back with.
pub(crate) fn take_quick_pin(body: &mut Body) -> Option<Sealed> {
    body.set_other(QUICK_PIN, None)
}

/// Gives an older body the PIN of today's, or none; whether its own, if it had one, was that PIN.
pub(crate) fn keep_quick_pin_of(now: Option<&Plain>, older: &mut Plain) -> bool {
    fn pin(plain: &Plain) -> Option<&Value> {
        plain.map()?.get_text(QUICK_PIN)
    }
    let kept = pin(older).is_none() || now.and_then(pin).is_some();
    older.set(QUICK_PIN, now.and_then(pin).cloned());
    kept
}

impl QuickPin {
    fn of(body: &Body) -> Option<Self> {
        let other = body.other();
        let map = other.0.as_map()?.get_text(QUICK_PIN)?.as_map()?;
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
    /// When one of the vault's ways in opened it.
    since: Millis,
    /// What [`Place::slept`] said when it was softly locked.
    slept: Millis,
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
    /// The machine slept, whether or not anybody said so.
    #[error("the machine was asleep, and the vault is locked since")]
    Slept,
    /// The PIN was right and the vault does not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl UnlockedVault {
    /// Whether a PIN for the soft lock is set, and the vault's policy admits it.
    #[must_use]
    pub fn has_quick_pin(&self) -> bool {
        self.quick_pin().is_some()
    }

    fn quick_pin(&self) -> Option<QuickPin> {
        QuickPin::of(&self.opened.body).filter(|_| self.opened.header.policy.admits_quick_pin())
    }

    /// Sets the PIN for the soft lock, or takes it away.
    ///
    /// # Errors
    /// [`SlotError::QuickPinBarred`] in a vault that wants passphrase and key together, or what kept the vault from being
    /// written: the former PIN, or none, stays.
    pub fn set_quick_pin(&mut self, pin: Option<&Passphrase>) -> Result<(), VaultError> {
        if pin.is_some() && !self.opened.header.policy.admits_quick_pin() {
            return Err(SlotError::QuickPinBarred.into());
        }
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
        let body = plain.into_body(self.opened.body.memory().clone());
        self.replace_body(body, None)
    }

    /// Forgets the entries and keeps the key, if a PIN is set and may open it still; a full lock otherwise.
    #[must_use]
    pub fn soft_lock(self) -> StillLocked {
        let Some(pin) = self.quick_pin() else { return StillLocked::Full(self.lock()) };
        let Self { place, opened: Opened { key, by, .. }, since, .. } = self;
        let slept = place.slept();
        let soft = SoftLocked { place, key, by, pin, tries: TRIES, since, slept };
        if soft.is_over() { StillLocked::Full(soft.lock()) } else { StillLocked::Soft(Box::new(soft)) }
    }
}

impl SoftLocked {
    /// When it becomes a full lock, on the clock that a sleep does not stop.
    #[must_use]
    pub const fn until(&self) -> Millis {
        self.since.plus(SOFT_LOCK_LIMIT)
    }

    /// Whether no PIN opens it any more: its time is up, or the machine slept, which a timer does not notice and a login
    /// manager may not have said.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over().is_some()
    }

    fn over(&self) -> Option<SoftLockError> {
        if self.place.context.clock.boottime() >= self.until() {
            return Some(SoftLockError::Expired);
        }
        (self.place.slept().since(self.slept) > NO_SLEEP).then_some(SoftLockError::Slept)
    }

    /// How many wrong PINs it still takes.
    #[must_use]
    pub const fn tries(&self) -> u8 {
        self.tries
    }

    /// The slot that the vault was opened by, if it has an id.
    #[must_use]
    pub const fn opened_by(&self) -> Option<SlotId> {
        self.by
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
        if let Some(over) = self.over() {
            return Err((StillLocked::Full(self.lock()), over));
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
                let mut vault = UnlockedVault::opened_at(self.since, self.place, opened);
                vault.pin();
                Ok(vault)
            }
            Err(error) => Err((StillLocked::Full(self.lock()), error.into())),
        }
    }

    fn reopened(&self) -> Result<Opened, VaultError> {
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

impl Place {
    /// Grows by each sleep of the machine, and by nothing else.
    fn slept(&self) -> Millis {
        let clock = &self.context.clock;
        clock.boottime().since(clock.monotonic())
    }
}

impl fmt::Debug for SoftLocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoftLocked").field("tries", &self.tries).field("until", &self.until()).finish_non_exhaustive()
    }
}
