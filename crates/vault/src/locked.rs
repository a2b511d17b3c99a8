//! A vault at rest: what can be said without a key, and the two ways in.
//!
//! The file is read again at each unlock, so a vault that lay locked for hours is the one that is on the disk now.
//! Opening writes nothing to the vault; only the pin beside it is brought up to date.

use std::fmt;
use std::io;
use std::path::Path;

use data_encoding::HEXLOWER;

use crate::body::Body;
use crate::envelope::{self, Envelope, Flaw};
use crate::header::Header;
use crate::keys::{VaultId, VaultKey};
use crate::slot::{Making, Slot};
use crate::store::{Fingerprint, Store};
use crate::unlocked::{Opened, UnlockedVault, Warning};
use crate::{Argon2Cost, Context, Part, Passphrase, Pin, RecoveryCode, VaultError, kdf};

/// A vault whose file was found sound as far as that shows without its key.
pub struct LockedVault(Box<Place>);

/// Where a vault lies and what it works with.
pub(crate) struct Place {
    pub(crate) store: Store,
    pub(crate) context: Context,
}

impl LockedVault {
    /// Finds the vault at `path`, symbolic links followed once. Reads it, bounds it and compares it with the pin.
    ///
    /// # Errors
    /// [`VaultError`]: a missing or empty file, one that others may read, one that is cut short, damaged, of a newer
    /// format, older than the newest seen here or under another key.
    pub fn open(path: &Path, context: &Context) -> Result<Self, VaultError> {
        let store = Store::at(path, context.disk.clone())?;
        let file = store.read()?;
        let place = Place { store, context: context.clone() };
        let header = Envelope::parse(&file).map_err(|flaw| place.store.flawed(flaw))?.header;
        place.check_pin(&header)?;
        Ok(Self::at(place))
    }

    /// Makes a new vault with one passphrase slot and one recovery slot. The code is not stored anywhere: show it
    /// once.
    ///
    /// # Errors
    /// [`VaultError::Exists`] if anything is at `path`, [`VaultError::KdfOutOfBounds`] for a price of passphrases
    /// outside the bounds, or what the disk says. Nothing is there afterwards that was not there before, unless the
    /// last sync failed: then the whole vault is.
    pub fn create(
        path: &Path,
        passphrase: &Passphrase,
        context: &Context,
    ) -> Result<(UnlockedVault, RecoveryCode), VaultError> {
        let store = Store::at(path, context.disk.clone()).map_err(|error| match error {
            VaultError::Missing { .. } => {
                VaultError::Io { doing: "find the folder for the vault", source: io::ErrorKind::NotFound.into() }
            }
            other => other,
        })?;
        let place = Place { store, context: context.clone() };
        let (key, mut header, code) = place.first_header(passphrase)?;
        let body = Body::default();
        let file = envelope::seal(&mut header, body.to_bytes(), &key, context.random())?;
        place.store.write_first(&file, &place.temporary_name())?;
        let mut vault = UnlockedVault::new(place, Opened { header, key, body, fingerprint: Fingerprint::of(&file) });
        vault.pin();
        Ok((vault, code))
    }

    /// The file, by its real name.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.store.path()
    }

    /// Tries every passphrase slot. Takes as long as Argon2 takes.
    ///
    /// # Errors
    /// The vault, still locked, and why: [`VaultError::WrongPassphrase`], or what [`LockedVault::open`] would say of
    /// the file as it is now, or a damaged header or body, which show only now.
    pub fn unlock(self, passphrase: &Passphrase) -> Result<UnlockedVault, (Self, VaultError)> {
        self.unlock_by(|header, context| by_passphrase(header, passphrase, context))
    }

    /// Tries every recovery slot.
    ///
    /// # Errors
    /// As [`LockedVault::unlock`], with [`VaultError::WrongRecoveryCode`].
    pub fn unlock_with_recovery(self, code: &RecoveryCode) -> Result<UnlockedVault, (Self, VaultError)> {
        self.unlock_by(|header, _| by_recovery_code(header, code).ok_or(VaultError::WrongRecoveryCode))
    }

    fn unlock_by(
        self,
        find_key: impl FnOnce(&Header, &Context) -> Result<VaultKey, VaultError>,
    ) -> Result<UnlockedVault, (Self, VaultError)> {
        match self.0.open_with(find_key) {
            Ok(opened) => {
                let mut vault = UnlockedVault::new(*self.0, opened);
                vault.pin();
                Ok(vault)
            }
            Err(error) => Err((self, error)),
        }
    }

    pub(crate) fn at(place: Place) -> Self {
        Self(Box::new(place))
    }
}

impl fmt::Debug for LockedVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LockedVault").field(&self.path()).finish()
    }
}

impl Place {
    fn open_with(
        &self,
        find_key: impl FnOnce(&Header, &Context) -> Result<VaultKey, VaultError>,
    ) -> Result<Opened, VaultError> {
        let flawed = |flaw| self.store.flawed(flaw);
        let file = self.store.read()?;
        let envelope = Envelope::parse(&file).map_err(flawed)?;
        self.check_pin(&envelope.header)?;
        let key = find_key(&envelope.header, &self.context)?;
        let plain = envelope.open(&key).map_err(flawed)?;
        let body = Body::from_bytes(&plain).ok_or(Flaw::Damaged(Part::Body)).map_err(flawed)?;
        Ok(Opened { header: envelope.header, key, body, fingerprint: Fingerprint::of(&file) })
    }

    /// A pin that cannot be read refuses nothing; the unlocked vault warns of it.
    fn check_pin(&self, header: &Header) -> Result<(), VaultError> {
        let pin = self.context.pins.load().ok().flatten();
        match pin.and_then(|pin| pin.refuses(&pin_of(header))) {
            Some(reason) => Err(VaultError::ForeignOrRetired { reason, kept: self.store.kept() }),
            None => Ok(()),
        }
    }

    /// Brings the pin up to date with a vault whose header is authentic.
    pub(crate) fn save_pin(&self, header: &Header) -> Option<Warning> {
        let pins = &self.context.pins;
        let before = pins.load();
        let pin = pin_of(header);
        if matches!(before, Ok(Some(before)) if before == pin) {
            return None;
        }
        let saved = pins.save(&pin).err().map(Warning::PinNotSaved);
        saved.or(before.err().map(Warning::PinUnreadable))
    }

    /// A name for a temporary file that no other writer has.
    pub(crate) fn temporary_name(&self) -> String {
        HEXLOWER.encode(&self.context.random::<8>())
    }

    fn first_header(&self, passphrase: &Passphrase) -> Result<(VaultKey, Header, RecoveryCode), VaultError> {
        let context = &self.context;
        let cost = context.kdf.new_slots;
        context.kdf.admit(&[cost])?;
        let now = context.now().0;
        let vault: VaultId = context.random();
        let salt: [u8; 16] = context.random();
        let kek = kdf::passphrase_key(passphrase, &salt, cost)?;
        let (key, code, slots) = context.with_rng(|rng| {
            let key = VaultKey::generate(rng);
            let code = RecoveryCode::generate(rng);
            let mut making = Making { vault: &vault, key: &key, now, rng };
            let slots = vec![making.passphrase_slot(salt, cost, &kek), making.recovery_slot(&code)];
            (key, code, slots)
        });
        let header = Header {
            vault,
            key: key.id(&vault),
            generation: 1,
            created: now,
            changed: now,
            salt: [0; 32],
            body_length: 0,
            slots,
            other: fob_cbor::Map::new(),
        };
        Ok((key, header, code))
    }
}

fn pin_of(header: &Header) -> Pin {
    Pin { vault: header.vault, key: header.key, generation: header.generation }
}

fn by_passphrase(header: &Header, passphrase: &Passphrase, context: &Context) -> Result<VaultKey, VaultError> {
    let slots: Vec<(&Slot, (&[u8], Argon2Cost))> =
        header.slots.iter().filter_map(|slot| Some((slot, slot.passphrase()?))).collect();
    let costs: Vec<Argon2Cost> = slots.iter().map(|(_, (_, cost))| *cost).collect();
    context.kdf.admit(&costs)?;
    for (slot, (salt, cost)) in slots {
        let kek = kdf::passphrase_key(passphrase, salt, cost)?;
        if let Some(key) = slot.unwrap(&header.vault, &kek) {
            return Ok(key);
        }
    }
    Err(VaultError::WrongPassphrase)
}

fn by_recovery_code(header: &Header, code: &RecoveryCode) -> Option<VaultKey> {
    header.slots.iter().find_map(|slot| slot.unwrap(&header.vault, &slot.recovery_key(&header.vault, code)?))
}

#[cfg(test)]
mod tests;
