//! The entries of an open vault and every change to them.
//!
//! A change is on the disk before its call returns, and so is a counter before its code is.

use fob_ambient::UnixTime;
use fob_otp::{Account, Code, Extras, Item, Kind, SecretText};

use crate::entry::{What, differences};
use crate::envelope::Flaw;
use crate::undo::Undo;
use crate::{Entry, EntryId, Part, Record, Removed, UnlockedVault, VaultError};

/// A counter-based code, and the counter that made it.
#[derive(Debug)]
pub struct HotpCode {
    /// The code.
    pub code: Code,
    /// Its counter. The vault's stands one higher.
    pub counter: u64,
}

impl UnlockedVault {
    /// Adds an account, with what is kept beside it.
    ///
    /// # Errors
    /// [`VaultError::TooMuch`], or what kept the vault from being written; the entry is then not there, unless the new
    /// file already was.
    pub fn add(&mut self, item: impl Into<Item>) -> Result<EntryId, VaultError> {
        let item = item.into();
        item.fits()?;
        let ids = self.push_all(vec![item])?;
        self.commit(Undo::Add(1))?;
        ids.first().copied().ok_or_else(|| self.unreadable_again())
    }

    /// Adds many accounts in one write: all of them, or none.
    ///
    /// # Errors
    /// As [`UnlockedVault::add`].
    pub fn add_all<T: Into<Item>>(&mut self, items: impl IntoIterator<Item = T>) -> Result<Vec<EntryId>, VaultError> {
        let items: Vec<Item> = items.into_iter().map(Into::into).collect();
        items.iter().try_for_each(Item::fits)?;
        let ids = self.push_all(items)?;
        if !ids.is_empty() {
            self.commit(Undo::Add(ids.len()))?;
        }
        Ok(ids)
    }

    /// Adds all of them to what memory holds, or none.
    fn push_all(&mut self, items: Vec<Item>) -> Result<Vec<EntryId>, VaultError> {
        let now = self.place.context.now();
        let new = |item| Record::new(EntryId::from(self.place.context.random()), item, now);
        let entries = items.into_iter().map(|item| self.sealed(&new(item))).collect::<Result<Vec<Entry>, _>>()?;
        let ids = entries.iter().map(|entry| entry.id).collect();
        entries.into_iter().for_each(|entry| self.opened.body.push(entry));
        Ok(ids)
    }

    /// Changes an account and what is kept beside it, whatever `edit` does to them. What is different afterwards stands
    /// in the entry's history. Gives whether anything is: nothing is written otherwise.
    ///
    /// # Errors
    /// [`VaultError::UnknownEntry`], [`VaultError::TooMuch`], what `edit` says, or what kept the vault from being
    /// written: the entry is then as it was.
    pub fn edit<E: From<VaultError>>(
        &mut self,
        id: EntryId,
        edit: impl FnOnce(&mut Account, &mut Extras) -> Result<(), E>,
    ) -> Result<bool, E> {
        let (place, before) = self.copy_of(id)?;
        let mut entry = before.duplicate();
        edit(&mut entry.account, &mut entry.extras)?;
        let fields = differences(&before, &entry);
        if fields.is_empty() {
            return Ok(false);
        }
        entry.extras.fits().map_err(VaultError::TooMuch)?;
        entry.account.fits().map_err(VaultError::TooMuch)?;
        entry.note_change(&before, &fields, self.place.context.now());
        self.replace(place, &entry)?;
        Ok(true)
    }

    /// Binds an entry to a site (an origin as the browser writes it), or lets go of it. Nothing is written when it
    /// stands so already.
    ///
    /// # Errors
    /// As [`UnlockedVault::edit`].
    pub fn bind(&mut self, id: EntryId, site: &str, bound: bool) -> Result<(), VaultError> {
        let bind = |_: &mut Account, extras: &mut Extras| {
            let is_bound = extras.sites.iter().any(|known| known == site);
            match (is_bound, bound) {
                (false, true) => extras.sites.push(site.to_owned()),
                (true, false) => extras.sites.retain(|known| known != site),
                _ => {}
            }
            Ok::<_, VaultError>(())
        };
        self.edit(id, bind).map(|_| ())
    }

    /// The next code of a counter-based account. The counter behind it is on the disk before the code is returned:
    /// a crash may skip a code, it never gives one twice (RFC 4226 section 7.2).
    ///
    /// # Errors
    /// [`VaultError::UnknownEntry`], [`VaultError::NoCounter`], [`VaultError::CounterUsedUp`],
    /// [`VaultError::Unusable`], or what kept the vault from being written: then there is no code.
    pub fn take_hotp(&mut self, id: EntryId) -> Result<HotpCode, VaultError> {
        let (place, mut entry) = self.copy_of(id)?;
        let Kind::Hotp { counter } = entry.account.kind else { return Err(VaultError::NoCounter(id)) };
        let code = entry.account.hotp(counter)?;
        let next = counter.checked_add(1).ok_or(VaultError::CounterUsedUp(id))?;
        entry.account.kind = Kind::Hotp { counter: next };
        self.replace_noting(place, entry, &What::Code(counter))?;
        Ok(HotpCode { code, counter })
    }

    /// Moves a counter behind two codes in a row that another device has shown, or that the site has taken: they are
    /// looked for from the next counter on, `look_ahead` of them. Gives the counter of the next code.
    ///
    /// # Errors
    /// As [`UnlockedVault::take_hotp`], and [`VaultError::CodeMismatch`].
    pub fn resync(&mut self, id: EntryId, codes: &[SecretText; 2], look_ahead: u32) -> Result<u64, VaultError> {
        let (place, mut entry) = self.copy_of(id)?;
        let Kind::Hotp { counter } = entry.account.kind else { return Err(VaultError::NoCounter(id)) };
        let found = entry.account.counter_of(codes, look_ahead)?.ok_or(VaultError::CodeMismatch(id))?;
        let next = found.checked_add(2).ok_or(VaultError::CounterUsedUp(id))?;
        entry.account.kind = Kind::Hotp { counter: next };
        entry.resync = false;
        self.replace_noting(place, entry, &What::Resync(counter))?;
        Ok(next)
    }

    /// The next recovery code of an account. It counts as used, on the disk, before it is returned.
    ///
    /// # Errors
    /// [`VaultError::UnknownEntry`], [`VaultError::NoRecoveryCode`], or what kept the vault from being written: then
    /// there is no code.
    pub fn take_recovery_code(&mut self, id: EntryId) -> Result<SecretText, VaultError> {
        let now = self.place.context.now();
        let (place, mut entry) = self.copy_of(id)?;
        let next = entry.extras.recovery_codes.iter_mut().find(|code| code.used.is_none());
        let next = next.ok_or(VaultError::NoRecoveryCode(id))?;
        next.used = Some(now);
        let code = next.code.duplicate();
        self.replace_noting(place, entry, &What::RecoveryCode)?;
        Ok(code)
    }

    /// Puts an entry into the bin. Its id and the time stay behind for longer, so that a later merge does not bring it
    /// back.
    ///
    /// # Errors
    /// [`VaultError::UnknownEntry`], or what kept the vault from being written.
    pub fn remove(&mut self, id: EntryId) -> Result<(), VaultError> {
        let now = self.place.context.now();
        if !self.opened.body.remove(id, now) {
            return Err(VaultError::UnknownEntry(id));
        }
        self.commit(Undo::Remove)
    }

    /// The removed entries that can still come back, the oldest first.
    pub fn bin(&self) -> impl DoubleEndedIterator<Item = &Removed> + Clone {
        let now = self.place.context.now();
        self.opened.body.bin().removed().iter().filter(move |removed| removed.forgotten() > now)
    }

    /// Takes an entry out of the bin, to where it stood.
    ///
    /// # Errors
    /// [`VaultError::UnknownEntry`] if it does not lie there, or what kept the vault from being written.
    pub fn restore(&mut self, id: EntryId) -> Result<(), VaultError> {
        let now = self.place.context.now();
        if !self.bin().any(|removed| removed.entry.id == id) {
            return Err(VaultError::UnknownEntry(id));
        }
        let mut record = self.reveal_removed(id).ok_or(VaultError::UnknownEntry(id))?;
        record.history.note(now, &What::Restored);
        record.modified = now;
        let entry = self.sealed(&record)?;
        let restored = self.opened.body.restore(id, entry).ok_or(VaultError::UnknownEntry(id))?;
        self.commit(Undo::Restore(Box::new(restored)))
    }

    /// Forgets removed entries for good, and entries that this fob cannot read, which no bin takes; gives how many of them
    /// there were. Older versions of the file beside it have them until they go.
    ///
    /// # Errors
    /// What kept the vault from being written: they are still there then.
    pub fn purge(&mut self, ids: &[EntryId]) -> Result<usize, VaultError> {
        let now = self.place.context.now();
        let body = &mut self.opened.body;
        let mut places: Vec<usize> = ids.iter().filter_map(|&id| body.bin().place(id)).collect();
        let mut purged: Vec<(usize, Removed)> = Vec::with_capacity(places.len());
        places.sort_unstable();
        places.dedup();
        for &place in places.iter().rev() {
            purged.extend(body.bin_mut().take(place).map(|removed| (place, removed)));
        }
        purged.reverse();
        let discarded = body.discard(ids, now);
        let count = purged.len() + discarded.len();
        if count > 0 {
            self.commit(Undo::Both(Box::new(Undo::Purge(purged)), Box::new(Undo::Discard(discarded))))?;
        }
        Ok(count)
    }

    fn copy_of(&self, id: EntryId) -> Result<(usize, Record), VaultError> {
        let place = self.opened.body.place(id).ok_or(VaultError::UnknownEntry(id))?;
        let record = self.reveal(id).ok_or(VaultError::UnknownEntry(id))?;
        Ok((place, record))
    }

    fn replace_noting(&mut self, place: usize, mut record: Record, what: &What<'_>) -> Result<(), VaultError> {
        let now = self.place.context.now();
        record.history.note(now, what);
        record.modified = now;
        self.replace(place, &record)
    }

    fn replace(&mut self, place: usize, record: &Record) -> Result<(), VaultError> {
        let entry = self.sealed(record)?;
        let before = self.opened.body.replace(place, entry).ok_or(VaultError::UnknownEntry(record.id))?;
        self.commit(Undo::Entry(place, Box::new(before)))
    }

    /// The entry as memory keeps it.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] for one that would not be read again: it is not written.
    fn sealed(&self, record: &Record) -> Result<Entry, VaultError> {
        record.seal(self.opened.body.memory()).ok_or_else(|| self.unreadable_again())
    }

    fn unreadable_again(&self) -> VaultError {
        self.place.store.flawed(Flaw::Damaged(Part::Body))
    }
}

impl Record {
    /// Notes what was changed. A counter that somebody has set lags behind nothing.
    fn note_change(&mut self, before: &Self, fields: &[&'static str], now: UnixTime) {
        let changed = |name: &str| fields.contains(&name);
        let what = What::Changed {
            fields,
            issuer: changed("issuer").then_some(before.account.issuer.as_str()),
            name: changed("name").then_some(before.account.name.as_str()),
            counter: before.account.kind.counter().filter(|_| changed("counter")),
        };
        self.history.note(now, &what);
        self.modified = now;
        self.resync &= !changed("counter");
    }
}
