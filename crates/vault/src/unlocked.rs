//! An open vault: its entries, and every change to them.
//!
//! A change is on the disk before its call returns. If the write fails, memory goes back to what the disk holds: the
//! change is taken back, unless the new file is already in place and only its last sync failed.

use std::fmt;
use std::io;
use std::mem::discriminant;

use fob_ambient::{Millis, UnixTime};

use crate::body::Body;
use crate::envelope::{self, Envelope, Flaw};
use crate::header::{EDITION, Header};
use crate::keys::VaultKey;
use crate::locked::{LockedVault, Place};
use crate::memory::wipe_stack;
use crate::store::{Fingerprint, Loaded};
use crate::undo::Undo;
use crate::{Entry, EntryId, Occasion, Part, Record, SlotId, Unreadable, VaultError};

/// How far time is believed to have gone on between two saves when the bin forgets, in seconds: a day.
const LONGEST_LEAP: u64 = 24 * 60 * 60;

/// A vault with its key in memory. Dropping or locking it wipes key and seeds.
pub struct UnlockedVault {
    pub(crate) place: Place,
    pub(crate) opened: Opened,
    /// When one of its ways in opened it, on the clock that a sleep does not stop. A quick PIN is none.
    pub(crate) since: Millis,
    warnings: Vec<Warning>,
}

/// What came out of a vault file.
pub(crate) struct Opened {
    pub(crate) header: Header,
    pub(crate) key: VaultKey,
    pub(crate) body: Body,
    pub(crate) fingerprint: Fingerprint,
    /// The slot that the key came out of.
    pub(crate) by: Option<SlotId>,
}

/// Something that does not stop the work, yet somebody should know.
#[derive(Debug, thiserror::Error)]
pub enum Warning {
    /// The memory of the last generation is damaged: an older vault would not have been noticed.
    #[error("cannot read which version of the vault was used last")]
    PinUnreadable(#[source] io::Error),
    /// It could not be brought up to date: an older vault may go unnoticed next time.
    #[error("cannot note which version of the vault was used last")]
    PinNotSaved(#[source] io::Error),
    /// The time of this use could not be noted: the list of slots shows an older one.
    #[error("cannot note when this way in was used")]
    UseNotSaved(#[source] io::Error),
    /// The diary is not there under the new vault key: it begins anew.
    #[error("cannot take the log along to the new vault key")]
    DiaryNotKept(#[source] io::Error),
    /// A restored version had another quick PIN than there is now, and came without.
    #[error("the quick PIN did not come back with the older version: set it again if you want one")]
    QuickPinDropped,
    /// `RLIMIT_MEMLOCK` is too low for two pages: a key of the open vault may reach the swap.
    #[error("cannot lock the vault's keys into memory: they may reach the swap")]
    NotLockedIn(#[source] io::Error),
}

impl UnlockedVault {
    /// A vault that something of its own has just opened.
    pub(crate) fn new(place: Place, opened: Opened) -> Self {
        let since = place.context.clock.boottime();
        Self::opened_at(since, place, opened)
    }

    /// A vault that was opened by a quick PIN, and at this time by something of its own.
    pub(crate) fn opened_at(since: Millis, place: Place, opened: Opened) -> Self {
        let mut vault = Self { place, opened, since, warnings: Vec::new() };
        vault.look_at_pages();
        vault
    }

    /// Whether the keys' pages are locked.
    pub(crate) fn look_at_pages(&mut self) {
        let Opened { key, body, .. } = &self.opened;
        let unlocked = key.unlocked().or_else(|| body.memory().unlocked());
        self.warn(unlocked.map(Warning::NotLockedIn));
    }

    /// The entries, in the order they came.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        self.opened.body.entries()
    }

    /// One entry, by a map.
    #[must_use]
    pub fn entry(&self, id: EntryId) -> Option<&Entry> {
        self.opened.body.entry(id)
    }

    /// An entry with its secrets, in the clear until it is dropped.
    #[must_use]
    pub fn reveal(&self, id: EntryId) -> Option<Record> {
        self.entry(id).map(|entry| entry.record(self.opened.body.memory()))
    }

    /// The same for an entry in the bin.
    #[must_use]
    pub fn reveal_removed(&self, id: EntryId) -> Option<Record> {
        let removed = self.bin().find(|removed| removed.entry.id == id)?;
        Some(removed.entry.record(self.opened.body.memory()))
    }

    /// Entries that this fob cannot read. They are kept and written back as they are.
    #[must_use]
    pub fn unreadable(&self) -> &[Unreadable] {
        self.opened.body.unreadable()
    }

    /// Counts the saves of this vault, from 1.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.opened.header.generation
    }

    /// What went wrong beside the work since the vault was unlocked, the latest of each kind.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Forgets key and seeds.
    #[must_use]
    pub fn lock(self) -> LockedVault {
        LockedVault::at(self.place)
    }

    /// Notes this generation outside the vault.
    pub(crate) fn pin(&mut self) {
        let warning = self.place.save_pin(&self.opened.header);
        self.warn(warning);
    }

    /// Notes outside the vault which slot opened it, and when.
    pub(crate) fn note_use(&mut self) {
        let warning = self.place.save_use(&self.opened);
        self.warn(warning);
    }

    pub(crate) fn warn(&mut self, warning: Option<Warning>) {
        if let Some(warning) = warning {
            // One of each: a state directory that stays full must not fill the memory too.
            self.warnings.retain(|known| discriminant(known) != discriminant(&warning));
            self.warnings.push(warning);
        }
    }

    /// Writes what memory holds, or makes memory what the disk holds.
    pub(crate) fn commit(&mut self, undo: Undo) -> Result<(), VaultError> {
        let now = self.time_to_forget();
        let forgotten = self.opened.body.bin_mut().forget(now);
        let (written, error) = self.save();
        match written {
            Some((header, fingerprint)) => {
                self.opened.header = header;
                self.opened.fingerprint = fingerprint;
                // Not after a failed sync: a power cut may still bring the old version back, and it must open.
                if error.is_none() {
                    self.pin();
                }
            }
            None => {
                Undo::Purge(forgotten).take_back(&mut self.opened.body);
                undo.take_back(&mut self.opened.body);
            }
        }
        error.map_or(Ok(()), Err)
    }

    /// The time by which the bin forgets: now, and no more than a day after the last save. A clock that stands far ahead
    /// for one save must not empty the bin for good.
    fn time_to_forget(&self) -> UnixTime {
        self.place.context.now().min(UnixTime(self.opened.header.changed.saturating_add(LONGEST_LEAP)))
    }

    /// What is on the disk now if it is the new version, and what went wrong, if anything did.
    pub(crate) fn save(&self) -> (Option<(Header, Fingerprint)>, Option<VaultError>) {
        self.save_for(None)
    }

    /// As [`UnlockedVault::save`]; the version before it is kept for an occasion.
    pub(crate) fn save_for(&self, occasion: Option<Occasion>) -> (Option<(Header, Fingerprint)>, Option<VaultError>) {
        let (header, file) = match self.seal_next() {
            Ok(sealed) => sealed,
            Err(error) => return (None, Some(error)),
        };
        let loaded = self.loaded();
        // The first save by a later edition: what the former one wrote stays, whatever comes after.
        let occasion = if self.opened.header.edition < EDITION { Some(Occasion::Migration) } else { occasion };
        let nonce = self.place.temporary_name();
        let (replaced, fingerprint) =
            Fingerprint::while_doing(&file, || self.place.store.replace(loaded, &file, &nonce, occasion));
        let written = Some((header, fingerprint));
        match replaced {
            Ok(()) => (written, None),
            Err(failed) => (written.filter(|_| failed.replaced), Some(failed.error)),
        }
    }

    /// The version that memory came from.
    pub(crate) fn loaded(&self) -> Loaded {
        Loaded::of(&self.opened.header, self.opened.fingerprint)
    }

    /// The next generation's file. It has been opened and looked through again before anything of it is written.
    fn seal_next(&self) -> Result<(Header, Vec<u8>), VaultError> {
        let Opened { header, key, body, .. } = &self.opened;
        let mut header = header.clone();
        header.generation = self.place.after(header.generation)?;
        header.changed = self.place.context.now().0;
        header.edition = header.edition.max(EDITION);
        let file = self.sealed_and_proven(&mut header, body, key)?;
        Ok((header, file))
    }

    /// A file that opens with this key, and that this body comes out of.
    pub(crate) fn sealed_and_proven(
        &self,
        header: &mut Header,
        body: &Body,
        key: &VaultKey,
    ) -> Result<Vec<u8>, VaultError> {
        let plain = body.to_bytes();
        let file = envelope::seal(header, &plain, key, self.place.context.random())?;
        let reopened = Envelope::parse(&file).and_then(|envelope| envelope.open(key));
        wipe_stack();
        match reopened {
            Ok(reopened) if *reopened == *plain && body.is_readable() => Ok(file),
            _ => Err(self.place.store.flawed(Flaw::Damaged(Part::Body))),
        }
    }
}

impl fmt::Debug for UnlockedVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UnlockedVault").field(&self.place.store.path()).finish()
    }
}
