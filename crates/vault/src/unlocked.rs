//! An open vault: its entries, and every change to them.
//!
//! A change is on the disk before its call returns. If the write fails, memory goes back to what the disk holds: the
//! change is taken back, unless the new file is already in place and only its last sync failed.

use std::fmt;
use std::io;
use std::mem::discriminant;

use data_encoding::HEXLOWER;
use fob_ambient::UnixTime;
use fob_otp::{Account, Code, Kind};

use crate::body::{Body, Removed};
use crate::envelope::{self, Envelope, Flaw};
use crate::header::Header;
use crate::keys::VaultKey;
use crate::locked::{LockedVault, Place};
use crate::store::{Fingerprint, Loaded};
use crate::{Entry, EntryId, Part, SlotInfo, Unreadable, VaultError};

/// A vault with its key in memory. Dropping or locking it wipes key and seeds.
pub struct UnlockedVault {
    place: Place,
    opened: Opened,
    warnings: Vec<Warning>,
}

/// What came out of a vault file.
pub(crate) struct Opened {
    pub(crate) header: Header,
    pub(crate) key: VaultKey,
    pub(crate) body: Body,
    pub(crate) fingerprint: Fingerprint,
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
}

/// A counter-based code, and the counter that made it.
#[derive(Debug)]
pub struct HotpCode {
    /// The code.
    pub code: Code,
    /// Its counter. The vault's stands one higher.
    pub counter: u64,
}

/// How to take a change back.
enum Undo {
    /// Drop the last `n` entries.
    Add(usize),
    /// Put the entry back at its place and forget that it was removed.
    Remove(usize, Box<Entry>),
    /// Put the counter and the time of the last change back.
    Counter { place: usize, counter: u64, modified: UnixTime },
    /// Put the sites and the time of the last change back.
    Sites { place: usize, sites: Vec<String>, modified: UnixTime },
}

impl UnlockedVault {
    pub(crate) fn new(place: Place, opened: Opened) -> Self {
        Self { place, opened, warnings: Vec::new() }
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

    /// The ways into this vault.
    #[must_use]
    pub fn slots(&self) -> Vec<SlotInfo> {
        let slots = self.opened.header.slots.iter();
        slots
            .map(|slot| SlotInfo {
                id: HEXLOWER.encode(slot.id().unwrap_or_default()),
                kind: slot.kind(),
                label: slot.id().and_then(|id| self.opened.body.label(id)).unwrap_or_default().to_owned(),
                created: slot.created(),
            })
            .collect()
    }

    /// An entry that gives the same codes as this account, whatever their names.
    #[must_use]
    pub fn duplicate_of(&self, account: &Account) -> Option<EntryId> {
        self.entries().iter().find(|entry| entry.gives_the_codes_of(account)).map(|entry| entry.id)
    }

    /// Adds an account that is bound to no site.
    ///
    /// # Errors
    /// What kept the vault from being written; the entry is then not there, unless the new file already was.
    pub fn add(&mut self, account: Account) -> Result<EntryId, VaultError> {
        self.add_for(account, Vec::new())
    }

    /// Adds an account, bound to these sites from the beginning: origins as the browser writes them.
    ///
    /// # Errors
    /// As [`UnlockedVault::add`].
    pub fn add_for(&mut self, account: Account, sites: Vec<String>) -> Result<EntryId, VaultError> {
        let id = self.push(account, sites);
        self.commit(Undo::Add(1))?;
        Ok(id)
    }

    /// Adds many accounts in one write: all of them, or none.
    ///
    /// # Errors
    /// As [`UnlockedVault::add`].
    pub fn add_all(&mut self, accounts: impl IntoIterator<Item = Account>) -> Result<Vec<EntryId>, VaultError> {
        let ids: Vec<EntryId> = accounts.into_iter().map(|account| self.push(account, Vec::new())).collect();
        if !ids.is_empty() {
            self.commit(Undo::Add(ids.len()))?;
        }
        Ok(ids)
    }

    fn push(&mut self, account: Account, sites: Vec<String>) -> EntryId {
        let id = EntryId::from(self.place.context.random());
        self.opened.body.push(Entry::new(id, account, sites, self.place.context.now()));
        id
    }

    /// Binds an entry to a site (an origin as the browser writes it), or lets go of it. Nothing is written when it
    /// stands so already.
    ///
    /// # Errors
    /// [`VaultError::UnknownEntry`], or what kept the vault from being written: the entry is then as it was.
    pub fn bind(&mut self, id: EntryId, site: &str, bound: bool) -> Result<(), VaultError> {
        let now = self.place.context.now();
        let place = self.opened.body.place(id).ok_or(VaultError::UnknownEntry(id))?;
        let entry = self.opened.body.entry_mut(place).ok_or(VaultError::UnknownEntry(id))?;
        if entry.is_for(site) == bound {
            return Ok(());
        }
        let undo = Undo::Sites { place, sites: entry.sites.clone(), modified: entry.modified };
        if bound {
            entry.sites.push(site.to_owned());
        } else {
            entry.sites.retain(|other| other != site);
        }
        entry.modified = now;
        self.commit(undo)
    }

    /// Removes an entry. Its id and the time stay behind, so that a later merge does not bring it back.
    ///
    /// # Errors
    /// [`VaultError::UnknownEntry`], or what kept the vault from being written.
    pub fn remove(&mut self, id: EntryId) -> Result<(), VaultError> {
        let removed = Removed { id, time: self.place.context.now() };
        let (place, entry) = self.opened.body.remove(removed).ok_or(VaultError::UnknownEntry(id))?;
        self.commit(Undo::Remove(place, Box::new(entry)))
    }

    /// The next code of a counter-based account. The counter behind it is on the disk before the code is returned:
    /// a crash may skip a code, it never gives one twice (RFC 4226 section 7.2).
    ///
    /// # Errors
    /// [`VaultError::UnknownEntry`], [`VaultError::NoCounter`], [`VaultError::CounterUsedUp`],
    /// [`VaultError::Unusable`], or what kept the vault from being written: then there is no code.
    pub fn take_hotp(&mut self, id: EntryId) -> Result<HotpCode, VaultError> {
        let place = self.opened.body.place(id).ok_or(VaultError::UnknownEntry(id))?;
        let entry = self.opened.body.entry_mut(place).ok_or(VaultError::UnknownEntry(id))?;
        let Kind::Hotp { counter } = entry.account.kind else { return Err(VaultError::NoCounter(id)) };
        let code = entry.account.hotp(counter)?;
        let next = counter.checked_add(1).ok_or(VaultError::CounterUsedUp(id))?;
        let undo = Undo::Counter { place, counter, modified: entry.modified };
        entry.account.kind = Kind::Hotp { counter: next };
        entry.modified = self.place.context.now();
        self.commit(undo)?;
        Ok(HotpCode { code, counter })
    }

    /// Forgets key and seeds.
    #[must_use]
    pub fn lock(self) -> LockedVault {
        LockedVault::at(self.place)
    }

    /// Notes this generation outside the vault.
    pub(crate) fn pin(&mut self) {
        if let Some(warning) = self.place.save_pin(&self.opened.header) {
            // One of each: a state directory that stays full must not fill the memory too.
            self.warnings.retain(|known| discriminant(known) != discriminant(&warning));
            self.warnings.push(warning);
        }
    }

    /// Writes what memory holds, or makes memory what the disk holds.
    fn commit(&mut self, undo: Undo) -> Result<(), VaultError> {
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
            None => self.take_back(undo),
        }
        error.map_or(Ok(()), Err)
    }

    /// What is on the disk now if it is the new version, and what went wrong, if anything did.
    fn save(&self) -> (Option<(Header, Fingerprint)>, Option<VaultError>) {
        let (header, file) = match self.seal_next() {
            Ok(sealed) => sealed,
            Err(error) => return (None, Some(error)),
        };
        let written = Some((header, Fingerprint::of(&file)));
        let Opened { header: old, fingerprint, .. } = &self.opened;
        let loaded = Loaded { vault: old.vault, generation: old.generation, fingerprint: *fingerprint };
        match self.place.store.replace(loaded, &file, &self.place.temporary_name()) {
            Ok(()) => (written, None),
            Err(failed) => (written.filter(|_| failed.replaced), Some(failed.error)),
        }
    }

    /// The next generation's file. It has been opened again before anything of it is written.
    fn seal_next(&self) -> Result<(Header, Vec<u8>), VaultError> {
        let Opened { header, key, body, .. } = &self.opened;
        let mut header = header.clone();
        header.generation = header.generation.saturating_add(1);
        header.changed = self.place.context.now().0;
        let plain = body.to_bytes();
        let file = envelope::seal(&mut header, plain.clone(), key, self.place.context.random())?;
        let reopened = Envelope::parse(&file).and_then(|envelope| envelope.open(key));
        match reopened {
            Ok(reopened) if *reopened == *plain => Ok((header, file)),
            _ => Err(self.place.store.flawed(Flaw::Damaged(Part::Body))),
        }
    }

    fn take_back(&mut self, undo: Undo) {
        let body = &mut self.opened.body;
        match undo {
            Undo::Add(count) => body.pop(count),
            Undo::Remove(place, entry) => body.put_back(place, *entry),
            Undo::Counter { place, counter, modified } => {
                if let Some(entry) = body.entry_mut(place) {
                    entry.account.kind = Kind::Hotp { counter };
                    entry.modified = modified;
                }
            }
            Undo::Sites { place, sites, modified } => {
                if let Some(entry) = body.entry_mut(place) {
                    entry.sites = sites;
                    entry.modified = modified;
                }
            }
        }
    }
}

impl fmt::Debug for UnlockedVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UnlockedVault").field(&self.place.store.path()).finish()
    }
}
