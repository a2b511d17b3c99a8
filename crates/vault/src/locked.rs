//! A vault at rest: what can be said without a key, and the way to an open one.
//!
//! The file is read again at each unlock, so a vault that lay locked for hours is the one that is on the disk now.
//! Opening writes nothing to the vault; only the pin beside it is brought up to date.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use data_encoding::HEXLOWER;

use crate::body::Body;
use crate::envelope::{self, Envelope, Flaw};
use crate::header::{EDITION, Header, Policy};
use crate::keys::{VaultId, VaultKey};
use crate::memory::{MemoryKey, wipe_stack};
use crate::opening::Found;
use crate::slot::{Hashed, Making, Slot};
use crate::store::{Fingerprint, Store};
use crate::unlocked::{Opened, UnlockedVault, Warning};
use crate::ways::ways;
use crate::{Argon2Cost, Context, Opening, Part, Passphrase, Pin, RecoveryCode, VaultError, Wanted, Way};

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
        let place = Place { store, context: context.clone() };
        let noted = place.noted();
        let file = place.store.read()?;
        let header = Envelope::parse(&file).map_err(|flaw| place.store.flawed(flaw))?.header;
        place.check_pin(noted, &header)?;
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
        let body = Body::empty(Arc::new(MemoryKey::new(context)));
        let file = envelope::seal(&mut header, &body.to_bytes(), &key, context.random())?;
        place.store.write_first(&file, &place.temporary_name())?;
        let by = header.slots.first().and_then(Slot::id);
        let opened = Opened { header, key, body, fingerprint: Fingerprint::of(&file), by };
        let mut vault = UnlockedVault::new(place, opened);
        vault.pin();
        vault.note_use();
        Ok((vault, code))
    }

    /// The file, by its real name.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.store.path()
    }

    /// The ways in, as the file shows them now. Nothing of it is authentic before the vault is unlocked.
    ///
    /// # Errors
    /// As [`LockedVault::open`].
    pub fn ways(&self) -> Result<Vec<Way>, VaultError> {
        self.id_and_ways().map(|(_, ways)| ways)
    }

    /// The same with the vault's identity, by which a keyring finds what it keeps.
    ///
    /// # Errors
    /// As [`LockedVault::open`].
    pub fn id_and_ways(&self) -> Result<([u8; 16], Vec<Way>), VaultError> {
        let file = self.0.store.read()?;
        let header = Envelope::parse(&file).map_err(|flaw| self.0.store.flawed(flaw))?.header;
        Ok((header.vault, ways(&header)))
    }

    /// Tries every passphrase slot. Takes as long as Argon2 takes.
    ///
    /// # Errors
    /// As [`LockedVault::unlock_with`].
    pub fn unlock(self, passphrase: &Passphrase) -> Result<UnlockedVault, (Self, VaultError)> {
        self.unlock_with(&Opening::Passphrase(passphrase))
    }

    /// Tries every recovery slot.
    ///
    /// # Errors
    /// As [`LockedVault::unlock_with`].
    pub fn unlock_with_recovery(self, code: &RecoveryCode) -> Result<UnlockedVault, (Self, VaultError)> {
        self.unlock_with(&Opening::Recovery(code))
    }

    /// Opens the vault with what is presented. A passphrase that costs less than a new one would is hashed once more:
    /// its slot is raised by the next save, whatever that is for.
    ///
    /// # Errors
    /// The vault, still locked, and why: [`VaultError::WrongPassphrase`] and its kin, or what [`LockedVault::open`]
    /// would say of the file as it is now, or a damaged header or body, which show only now.
    pub fn unlock_with(self, opening: &Opening<'_>) -> Result<UnlockedVault, (Self, VaultError)> {
        match self.0.open_with(opening) {
            Ok(opened) => {
                let mut vault = UnlockedVault::new(*self.0, opened);
                vault.pin();
                vault.note_use();
                vault.place.store.sweep(&vault.opened.header);
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
    fn open_with(&self, opening: &Opening<'_>) -> Result<Opened, VaultError> {
        let noted = self.noted();
        let file = self.store.read()?;
        let (mut opened, cost) = self.opened(&file, |header| {
            self.check_pin(noted, header)?;
            opening.find(header, &self.context, Wanted::ALWAYS)
        })?;
        if let Some(cost) = cost.filter(|cost| cost.is_outdone_by(self.context.kdf.new_slots)) {
            // The passphrase was right: a dearer hash that this machine cannot pay for keeps nobody out.
            let _ = self.raise(&mut opened, opening, cost);
        }
        Ok(opened)
    }

    /// A whole file, with the key that somebody finds in its header.
    pub(crate) fn opened(
        &self,
        file: &[u8],
        find: impl FnOnce(&Header) -> Result<Found, VaultError>,
    ) -> Result<(Opened, Option<Argon2Cost>), VaultError> {
        let flawed = |flaw| self.store.flawed(flaw);
        let envelope = Envelope::parse(file).map_err(flawed)?;
        let (found, fingerprint) = Fingerprint::while_doing(file, || find(&envelope.header));
        let Found { key, kind, slot, cost } = found?;
        let plain = envelope.open(&key).map_err(flawed)?;
        envelope.header.policy.check(&kind)?;
        let memory = Arc::new(MemoryKey::new(&self.context));
        let body = Body::from_bytes(&plain, memory).ok_or(Flaw::Damaged(Part::Body)).map_err(flawed)?;
        wipe_stack();
        Ok((Opened { header: envelope.header, key, body, fingerprint, by: slot }, cost))
    }

    /// What was seen here last. Looked up before the file is read: a save notes itself once the file is there, so that
    /// another writer's save between the two makes the file newer, never older.
    pub(crate) fn noted(&self) -> Option<Pin> {
        // A pin that cannot be read refuses nothing; the unlocked vault warns of it.
        self.context.pins.load().ok().flatten()
    }

    pub(crate) fn check_pin(&self, noted: Option<Pin>, header: &Header) -> Result<(), VaultError> {
        match noted.and_then(|pin| pin.refuses(&pin_of(header))) {
            Some(reason) => Err(VaultError::ForeignOrRetired { reason, kept: self.store.kept() }),
            None => Ok(()),
        }
    }

    /// Brings the pin up to date with a vault whose header is authentic.
    pub(crate) fn save_pin(&self, header: &Header) -> Option<Warning> {
        let pins = &self.context.pins;
        let before = pins.load();
        let pin = pin_of(header);
        // Another writer may have noted a later save already.
        let ahead = |noted: &Pin| (noted.vault, noted.key) == (pin.vault, pin.key) && noted.generation > pin.generation;
        if matches!(&before, Ok(Some(noted)) if *noted == pin || ahead(noted)) {
            return None;
        }
        let follows = |noted: &Pin| (noted.vault, noted.key, noted.next) == (pin.vault, pin.key, pin.next);
        let saved = match &before {
            Ok(Some(noted)) if follows(noted) => pins.follow(&pin),
            _ => pins.save(&pin),
        };
        let saved = saved.err().map(Warning::PinNotSaved);
        saved.or(before.err().map(Warning::PinUnreadable))
    }

    /// Notes that a slot opened the vault, and forgets slots that it has no more.
    pub(crate) fn save_use(&self, opened: &Opened) -> Option<Warning> {
        let uses = &self.context.uses;
        let mut known = uses.load();
        known.retain(|&id, _| opened.header.slot(id).is_some());
        known.insert(opened.by?, self.context.now());
        uses.save(&known).err().map(Warning::UseNotSaved)
    }

    /// The generation after this one. None has 2^64 - 1 saves behind it: who says so is not to be believed.
    pub(crate) fn after(&self, generation: u64) -> Result<u64, VaultError> {
        generation.checked_add(1).ok_or_else(|| self.store.flawed(Flaw::Damaged(Part::Header)))
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
        let hashed = Hashed::with(passphrase, cost, context)?;
        let (key, code, slots) = context.with_rng(|rng| {
            let key = VaultKey::generate(rng);
            let code = RecoveryCode::generate(rng);
            let mut making = Making { vault: &vault, now, rng };
            let drafts = [making.passphrase(None, &hashed), making.recovery(&code)];
            let slots = drafts.iter().map(|draft| making.seal(draft, &key)).collect();
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
            policy: Policy::EitherOr,
            retired: Vec::new(),
            edition: EDITION,
            other: fob_cbor::Map::new(),
        };
        Ok((key, header, code))
    }
}

pub(crate) fn pin_of(header: &Header) -> Pin {
    Pin { vault: header.vault, key: header.key, generation: header.generation, next: None }
}

#[cfg(test)]
mod tests;
