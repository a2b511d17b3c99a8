//! Older versions: listed, verified, and put back in place as a new generation.
//!
//! Nothing is restored unasked. A restored version is a later generation than anything seen here, so it passes the pin;
//! what must not come back with it is left behind: HOTP counters keep the higher value and their entries are marked
//! for a resynchronisation, what the body knows of grants, pairings and PIN tokens is dropped, and the quick PIN is today's or
//! none.

use std::path::{Path, PathBuf};

use fob_ambient::UnixTime;

use crate::body::Body;
use crate::envelope::{self, Envelope};
use crate::header::{EDITION, Header};
use crate::keys::VaultKey;
use crate::locked::Place;
use crate::opening::Found;
use crate::plain::Plain;
use crate::soft;
use crate::store::{Fingerprint, Loaded, Store};
use crate::unlocked::{Opened, UnlockedVault, Warning};
use crate::{Context, Kept, LockedVault, Occasion, Opening, Part, Pin, SlotInfo, VaultError, Wanted};

/// A version of a vault that lies beside it.
#[derive(Debug)]
pub struct Version {
    /// Where.
    pub path: PathBuf,
    /// Which save it was.
    pub generation: u64,
    /// When that was, if its name or its header says so.
    pub changed: Option<UnixTime>,
    /// What it was kept for beyond the ordinary.
    pub occasion: Option<Occasion>,
    /// What can be said of it.
    pub state: VersionState,
}

/// What can be said of a version.
#[derive(Debug)]
pub enum VersionState {
    /// Whole, as far as that shows without its key.
    Whole,
    /// Opened with the vault's key, to the last byte.
    Verified,
    /// Sealed under another vault key than the vault is now: retired, or foreign.
    AnotherKey,
    /// Not to be opened.
    Unsound(VaultError),
}

/// What came of a restoring.
#[derive(Debug)]
pub struct Restored {
    /// The generation that was put back.
    pub from: u64,
    /// Its new generation.
    pub generation: u64,
    /// How many entries have a counter that may lag behind: each is marked.
    pub resync: usize,
    /// It came from another vault key than the one last used here: its ways in are these, and one that was removed since
    /// opens it again. Make a new vault key.
    pub foreign: Option<Vec<SlotInfo>>,
    /// It had a quick PIN that is not today's, and has none now.
    pub quick_pin_dropped: bool,
}

impl LockedVault {
    /// The versions beside a vault, newest first. The vault itself may be missing or damaged.
    ///
    /// # Errors
    /// [`VaultError::Missing`] without the folder.
    pub fn versions(path: &Path, context: &Context) -> Result<Vec<Version>, VaultError> {
        let store = Store::at(path, context.disk.clone())?;
        let now = store.read().ok();
        let key = now.and_then(|file| Envelope::parse(&file).ok().map(|envelope| envelope.header.key));
        let whole = |header: &Header| {
            if key.is_none_or(|key| key == header.key) { VersionState::Whole } else { VersionState::AnotherKey }
        };
        Ok(listed(&store, |file| Envelope::parse(file).map(|envelope| (whole(&envelope.header), envelope.header))))
    }

    /// Where versions lie beside a vault, unread, newest first. The vault itself may be missing or damaged; without its
    /// folder there are none.
    #[must_use]
    pub fn kept(path: &Path, context: &Context) -> Kept {
        Store::at(path, context.disk.clone()).map(|store| store.kept()).unwrap_or_default()
    }

    /// Puts a version in the place of the vault at `path`, as a new generation. What is there now, sound or not, is
    /// kept as a backup. `opening` opens the version.
    ///
    /// # Errors
    /// What is wrong with the version or with what should open it, or what kept the vault from being written: then what
    /// was there is there.
    pub fn restore(
        path: &Path,
        version: &Path,
        opening: &Opening<'_>,
        context: &Context,
    ) -> Result<(UnlockedVault, Restored), VaultError> {
        let store = Store::at(path, context.disk.clone())?;
        let place = Place { store, context: context.clone() };
        let bytes = place.store.read_version(version)?;
        let (opened, _) = place.opened(&bytes, |header| opening.find(header, context, Wanted::ALWAYS))?;
        place.restore(opened)
    }
}

impl UnlockedVault {
    /// The versions beside the vault, newest first, each opened with the vault's key.
    #[must_use]
    pub fn verified_versions(&self) -> Vec<Version> {
        let Opened { header: today, key, .. } = &self.opened;
        listed(&self.place.store, |file| {
            let envelope = Envelope::parse(file)?;
            if envelope.header.key != today.key {
                return Ok((VersionState::AnotherKey, envelope.header));
            }
            let plain = envelope.open(key)?;
            if !Body::is_one(&plain) {
                return Err(envelope::Flaw::Damaged(Part::Body));
            }
            Ok((VersionState::Verified, envelope.header))
        })
    }

    /// Keeps the vault as it is on the disk, for an occasion: before many entries change at once. Where it lies.
    ///
    /// # Errors
    /// [`VaultError::StaleGeneration`] and its kin, or the disk's.
    pub fn keep_for(&self, occasion: Occasion) -> Result<PathBuf, VaultError> {
        self.place.store.keep_for(self.loaded(), occasion, &self.place.temporary_name())
    }
}

/// Every version beside a vault, with what `look` says of its bytes.
fn listed(store: &Store, look: impl Fn(&[u8]) -> Result<(VersionState, Header), envelope::Flaw>) -> Vec<Version> {
    let mut backups = store.backups();
    backups.sort_by(|(_, a), (_, b)| b.cmp(a));
    let version = |(path, name): (PathBuf, crate::versions::Name)| {
        let looked = store.read_version(&path).and_then(|file| look(&file).map_err(|flaw| store.flawed(flaw)));
        let (state, changed) = match looked {
            Ok((state, header)) => (state, Some(UnixTime(header.changed))),
            Err(error) => (VersionState::Unsound(error), name.changed),
        };
        Version { path, generation: name.generation, changed, occasion: name.occasion, state }
    };
    backups.into_iter().map(version).collect()
}

/// What lies in the vault's place before a restoring.
struct Present {
    bytes: Vec<u8>,
    /// Its header, if it has one: not authentic unless `opened` is there too.
    header: Option<Header>,
    /// What is in it, if the version's key opens it.
    opened: Option<Opened>,
}

impl Place {
    fn restore(self, version: Opened) -> Result<(UnlockedVault, Restored), VaultError> {
        let present = self.present(&version.header, &version.key)?;
        let pin = self.context.pins.load().ok().flatten().filter(|pin| pin.vault == version.header.vault);
        let foreign = pin.is_some_and(|pin| pin.key != version.header.key)
            || present
                .as_ref()
                .and_then(|present| present.header.as_ref())
                .is_some_and(|now| now.key != version.header.key);

        let mut header = version.header.clone();
        let now = present.as_ref().and_then(|present| present.opened.as_ref());
        if let Some(now) = now {
            // Of two headers under one key the newer has the ways in, and knows which keys are retired.
            header.slots.clone_from(&now.header.slots);
            header.policy.clone_from(&now.header.policy);
            header.retired.clone_from(&now.header.retired);
        }
        // Not what a header says that nothing has opened: whoever plants a file would say how far saves can rise.
        let seen = [
            version.header.generation,
            now.map_or(0, |now| now.header.generation),
            pin.map_or(0, |pin| pin.generation),
        ];
        header.generation = self.after(seen.into_iter().max().unwrap_or(0))?;
        header.changed = self.context.now().0;
        header.edition = header.edition.max(EDITION);

        let mut plain = Plain::of(&version.body);
        let now = now.map(|now| Plain::of(&now.body));
        let resync = plain.for_restoring(now.as_ref());
        let quick_pin_dropped = !soft::keep_quick_pin_of(now.as_ref(), &mut plain);
        let body = plain.into_body(version.body.memory().clone());
        let file = envelope::seal(&mut header, &body.to_bytes(), &version.key, self.context.random())?;
        self.put_restored(present.as_ref(), &header, &file)?;

        let (from, generation) = (version.header.generation, header.generation);
        let opened = Opened { header, body, fingerprint: Fingerprint::of(&file), ..version };
        let mut vault = UnlockedVault::new(self, opened);
        vault.pin();
        vault.note_use();
        vault.warn(quick_pin_dropped.then_some(Warning::QuickPinDropped));
        let foreign = foreign.then(|| vault.slots());
        Ok((vault, Restored { from, generation, resync, foreign, quick_pin_dropped }))
    }

    fn present(&self, version: &Header, key: &VaultKey) -> Result<Option<Present>, VaultError> {
        let bytes = match self.store.read() {
            Ok(bytes) => bytes,
            Err(VaultError::Missing { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let header = Envelope::parse(&bytes).ok().map(|envelope| envelope.header);
        let same_key = header.as_ref().is_some_and(|header| header.vault == version.vault && header.key == version.key);
        let found = |_: &Header| Ok(Found::known(key));
        let opened = if same_key { self.opened(&bytes, found).ok().map(|(opened, _)| opened) } else { None };
        Ok(Some(Present { bytes, header, opened }))
    }

    /// Writes the restored vault over what is there; that stays as a backup under its own name, or under the new one's
    /// if it has none.
    fn put_restored(&self, present: Option<&Present>, header: &Header, file: &[u8]) -> Result<(), VaultError> {
        let loaded = present.map(|present| {
            let seen = present.header.as_ref().unwrap_or(header);
            let mut loaded = Loaded::of(seen, Fingerprint::of(&present.bytes));
            // Nor is it kept as a version that comes after the restored one.
            loaded.generation = loaded.generation.min(header.generation);
            (loaded, present.bytes.as_slice())
        });
        // The pin first: stopped in between, it opens what is there and what is to come.
        let former = self.announce_restored(header)?;
        let put = self.store.put_over(loaded, file, &header.vault, &self.temporary_name());
        let is_there = || self.store.read().is_ok_and(|now| now == file);
        if let (Err(_), Some(former)) = (&put, former)
            && !is_there()
        {
            // What was to come does not: a file under its key is foreign again. If that cannot be noted either, the
            // next save does.
            let _ = self.context.pins.save(&former);
        }
        put
    }

    /// Tells the pin that a restored vault under another key is coming; the former pin, if it was told.
    fn announce_restored(&self, header: &Header) -> Result<Option<Pin>, VaultError> {
        let pins = &self.context.pins;
        let other_key = |pin: &Pin| pin.vault == header.vault && pin.key != header.key;
        let Some(former) = pins.load().ok().flatten().filter(other_key) else { return Ok(None) };
        let pin = Pin { next: Some(header.key), ..former };
        if let Err(error) = pins.save(&pin) {
            // It may stand there all the same, if only its last sync failed.
            let _ = pins.save(&former);
            return Err(VaultError::io("note that another vault key is coming")(error));
        }
        Ok(Some(former))
    }
}
