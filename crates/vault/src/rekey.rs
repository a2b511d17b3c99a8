//! A new vault key: what removing a slot, changing the passphrase, rotating and changing the policy come down to.
//!
//! A slot that is merely dropped still opens every older copy of the file. So there is one way out: a new key, wrapped
//! for what is presented now and for a fresh recovery code, and every version beside the vault sealed again under it.
//! Slots that were not presented go too, since nobody but their secrets can wrap a key for them, and are listed.

use std::path::PathBuf;

use subtle::ConstantTimeEq;

use crate::envelope::{self, Envelope};
use crate::header::{EDITION, Header, Policy};
use crate::keys::VaultKey;
use crate::locked::pin_of;
use crate::slot::{Hashed, MAX_SLOTS, Slot, SlotId, SlotKind};
use crate::soft;
use crate::store::{Fingerprint, Resealed, WriteFailed};
use crate::unlocked::{Opened, UnlockedVault, Warning};
use crate::ways::{admit, check_ids, check_label, draft, set_label};
use crate::{NewWay, Opening, Passphrase, Pin, RecoveryCode, SlotError, SlotInfo, VaultError, Wanted, WithLogin, kdf};

/// What a vault is to open with from now on.
#[derive(Debug)]
pub struct Rekey<'a> {
    /// Opens the vault as it is.
    pub proof: Opening<'a>,
    /// Which ways in it may have.
    pub policy: Policy,
    /// The ways in besides the recovery code, with their names. One of them has a passphrase. A way that continues one
    /// of today's takes over its name if it comes with an empty one.
    pub ways: Vec<(NewWay<'a>, String)>,
    /// Slots that are to go: what opens them may not be among the ways. Changing a passphrase removes its slot.
    pub remove: Vec<SlotId>,
    /// Whether slots that open with the login alone may be among them.
    pub login: WithLogin,
    /// Asked before each run of Argon2 and right before the write.
    pub wanted: Wanted<'a>,
}

/// What came of a new vault key.
#[derive(Debug)]
pub struct Rekeyed {
    /// The new recovery code: show it once. The former one opens nothing any more.
    pub recovery: RecoveryCode,
    /// Slots that are gone because nothing was presented for them: to be added again.
    pub dropped: Vec<SlotInfo>,
    /// The vault had a quick PIN and has none any more: it was set beside another passphrase, or the vault wants a key too
    /// by now.
    pub quick_pin_dropped: bool,
    /// Versions that are still there as they were. Those under the former key could not be removed, and the next unlock
    /// tries again; those under yet another key were kept by a restoring, and what opened them then does so still.
    pub not_removed: Vec<PathBuf>,
    /// The new vault is in place, and only its survival of a power cut is unsure.
    pub unsynced: Option<VaultError>,
}

/// A new key with all that hangs on it.
struct Fresh {
    header: Header,
    key: VaultKey,
    code: RecoveryCode,
    labels: fob_cbor::Map,
    by: Option<SlotId>,
    /// Whether the quick PIN goes.
    drops_pin: bool,
}

impl UnlockedVault {
    /// Makes a new vault key for exactly these ways in and a fresh recovery code. Everything is written, or nothing.
    ///
    /// # Errors
    /// [`SlotError`] for what may not be, [`SlotError::LastSafeWay`] without a passphrase among the ways,
    /// [`VaultError::WrongPassphrase`] and its kin for a proof that proves nothing, [`VaultError::NotWanted`], or what kept the vault from being
    /// written: then everything opens as before.
    pub fn rekey(&mut self, request: &Rekey<'_>) -> Result<Rekeyed, VaultError> {
        self.check(request)?;
        let alone = request.ways.iter().filter(|(way, _)| matches!(way, NewWay::Passphrase(_))).count();
        self.place.check_price(&[], alone)?;
        let proof = self.proven(&request.proof, request.wanted)?;
        let continued = self.continued(request, proof)?;
        let dropped = self.dropped(request, &continued);
        let fresh = self.fresh(request, &continued)?;
        self.write_fresh(fresh, dropped, request.wanted)
    }

    /// What can be said without computing anything.
    fn check(&self, request: &Rekey<'_>) -> Result<(), SlotError> {
        if let Policy::Other(name) = &request.policy {
            return Err(SlotError::UnknownPolicy(name.clone()));
        }
        for (way, label) in &request.ways {
            admit(way, &request.policy, request.login)?;
            check_label(label)?;
        }
        if !request.ways.iter().any(|(way, _)| way.passphrase().is_some()) {
            return Err(SlotError::LastSafeWay);
        }
        if request.ways.len() >= MAX_SLOTS {
            return Err(SlotError::TooMany(request.ways.len() + 1));
        }
        let mut credentials: Vec<&[u8]> = request.ways.iter().filter_map(|(way, _)| way.credential()).collect();
        credentials.sort_unstable();
        if credentials.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(SlotError::AlreadyEnrolled);
        }
        check_ids(request.ways.iter().map(|(way, _)| way), &self.opened.header)?;
        let unknown = request.remove.iter().find(|id| self.opened.header.slot(**id).is_none());
        unknown.map_or(Ok(()), |id| Err(SlotError::Unknown(*id)))
    }

    /// For each way the slot of today that it goes on for.
    fn continued(&self, request: &Rekey<'_>, proof: Option<SlotId>) -> Result<Vec<Option<SlotId>>, VaultError> {
        let mut continued = Vec::new();
        for (way, label) in &request.ways {
            let before = match way {
                NewWay::Passphrase(passphrase) => {
                    let proven = matches!(request.proof, Opening::Passphrase(proof) if same(passphrase, proof));
                    // First among those that are to go: their passphrase may not open the new vault either.
                    let among = |removed| move |id: SlotId| request.remove.contains(&id) == removed;
                    match self.opened_by_passphrase(passphrase, request.wanted, among(true))? {
                        None if proven => proof,
                        None => self.opened_by_passphrase(passphrase, request.wanted, among(false))?,
                        removed => removed,
                    }
                }
                NewWay::Key(_) | NewWay::PassphraseAndKey(..) => {
                    self.slot_where(|slot| slot.credential().is_some() && slot.credential() == way.credential())
                }
                NewWay::Kept(kept) => {
                    // Its secret is new, so it is no removed one's. Of several the one of that name.
                    let could = |slot: &Slot| {
                        slot.kind() == kept.keeper.kind()
                            && slot.opens_with_login() == kept.opens_with_login()
                            && !slot.id().is_some_and(|id| request.remove.contains(&id))
                            && !continued.contains(&slot.id())
                    };
                    let name =
                        |slot: &Slot| slot.id().and_then(|id| self.opened.body.label(id.bytes())).unwrap_or_default();
                    self.slot_where(|slot| could(slot) && name(slot) == label).or_else(|| self.slot_where(could))
                }
            };
            if let Some(id) = before.filter(|id| request.remove.contains(id)) {
                return Err(SlotError::RemovedAndPresented(id).into());
            }
            continued.push(before);
        }
        Ok(continued)
    }

    fn slot_where(&self, wanted: impl Fn(&Slot) -> bool) -> Option<SlotId> {
        self.opened.header.slots.iter().find(|slot| wanted(slot)).and_then(Slot::id)
    }

    /// The passphrase slot of these that opens. Takes as long as Argon2 takes for each.
    fn opened_by_passphrase(
        &self,
        passphrase: &Passphrase,
        wanted: Wanted<'_>,
        among: impl Fn(SlotId) -> bool,
    ) -> Result<Option<SlotId>, VaultError> {
        let header = &self.opened.header;
        for slot in &header.slots {
            let (Some((salt, cost)), Some(id)) = (slot.passphrase(), slot.id().filter(|id| among(*id))) else {
                continue;
            };
            self.place.context.kdf.admit(&[cost])?;
            wanted.check()?;
            if slot.unwrap(&header.vault, &kdf::passphrase_key(passphrase, salt, cost)?).is_some() {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// Slots that go although nobody asked for it.
    fn dropped(&self, request: &Rekey<'_>, continued: &[Option<SlotId>]) -> Vec<SlotInfo> {
        let meant = |id: Option<SlotId>| id.is_some_and(|id| request.remove.contains(&id)) || continued.contains(&id);
        let mut slots = self.slots();
        slots.retain(|slot| slot.kind != SlotKind::Recovery && (slot.id.is_none() || !meant(slot.id)));
        slots
    }

    fn fresh(&self, request: &Rekey<'_>, continued: &[Option<SlotId>]) -> Result<Fresh, VaultError> {
        let hashes = self.hashes(request)?;
        let hash_of = |way: &NewWay<'_>| {
            let wanted = way.passphrase()?;
            hashes.iter().find(|(passphrase, _)| same(passphrase, wanted)).map(|(_, hashed)| hashed)
        };
        let mut header = self.opened.header.clone();
        let mut labels = fob_cbor::Map::new();
        let vault = header.vault;
        let (key, code, by) = self.place.make(&vault, |making| {
            let key = VaultKey::generate(making.rng);
            let code = RecoveryCode::generate(making.rng);
            let mut by = None;
            header.slots.clear();
            for ((way, label), before) in request.ways.iter().zip(continued) {
                let draft = draft(making, way, hash_of(way));
                let former = before.and_then(|id| self.opened.body.label(id.bytes())).unwrap_or_default();
                set_label(&mut labels, draft.id, if label.is_empty() { former } else { label });
                by = by.or(way.passphrase().map(|_| draft.id));
                header.slots.push(making.seal(&draft, &key));
            }
            let draft = making.recovery(&code);
            header.slots.push(making.seal(&draft, &key));
            (key, code, by)
        });
        header.retire_key(key.id(&vault));
        header.policy = request.policy.clone();
        header.generation = self.place.after(header.generation)?;
        header.changed = self.place.context.now().0;
        header.edition = header.edition.max(EDITION);
        let drops_pin = self.drops_quick_pin(request, continued);
        Ok(Fresh { header, key, code, labels, by, drops_pin })
    }

    /// Whether a quick PIN that is set may not go on: whoever changes the passphrase means all that others may know, and
    /// where a key is wanted too a PIN is not enough.
    fn drops_quick_pin(&self, request: &Rekey<'_>, continued: &[Option<SlotId>]) -> bool {
        let is_new = |((way, _), before): (&(NewWay<'_>, String), &Option<SlotId>)| {
            way.passphrase().is_some() && before.is_none()
        };
        let bars = !request.policy.admits_quick_pin() || request.ways.iter().zip(continued).any(is_new);
        bars && soft::is_quick_pin_in(&self.opened.body)
    }

    /// Each passphrase once, however many slots want it.
    fn hashes<'a>(&self, request: &'a Rekey<'_>) -> Result<Vec<(&'a Passphrase, Hashed)>, VaultError> {
        let mut hashes: Vec<(&Passphrase, Hashed)> = Vec::new();
        for passphrase in request.ways.iter().filter_map(|(way, _)| way.passphrase()) {
            if !hashes.iter().any(|(known, _)| same(known, passphrase)) {
                request.wanted.check()?;
                hashes.push((passphrase, self.place.hash(passphrase)?));
            }
        }
        Ok(hashes)
    }

    fn write_fresh(&mut self, fresh: Fresh, dropped: Vec<SlotInfo>, wanted: Wanted<'_>) -> Result<Rekeyed, VaultError> {
        let Fresh { mut header, key, code, labels, by, drops_pin } = fresh;
        let former_labels = std::mem::replace(&mut self.opened.body.labels, labels);
        let former_others = drops_pin.then(|| soft::take_quick_pin(&mut self.opened.body));
        let written = self.seal_fresh(&mut header, &key).and_then(|file| {
            wanted.check()?;
            self.announce(header.key)?;
            Ok(file)
        });
        let mut diary = None;
        let written = written.map(|file| {
            // Before the vault: whichever is found after a power cut has its own.
            match self.diary_for(&header, &key) {
                Ok(sealed_again) => diary = sealed_again,
                Err(error) => self.warn(Some(Warning::DiaryNotKept(error))),
            }
            let nonce = self.place.temporary_name();
            let reseal = |bytes: &[u8]| self.resealed(bytes, &header, &key);
            (
                Fingerprint::of(&file),
                self.place.store.replace_sealed(self.loaded(), &file, &nonce, &header.retired, &reseal),
            )
        });
        let (fingerprint, not_removed, unsynced) = match written {
            Ok((fingerprint, Ok(not_removed))) => (fingerprint, not_removed, None),
            Ok((fingerprint, Err(WriteFailed { error, replaced: true }))) => (fingerprint, Vec::new(), Some(error)),
            Ok((_, Err(WriteFailed { error, .. }))) | Err(error) => {
                self.opened.body.labels = former_labels;
                if let Some(others) = former_others {
                    self.opened.body.put_others(others);
                }
                if let Some(diary) = diary {
                    diary.remove();
                }
                return Err(error);
            }
        };
        self.opened.header = header;
        self.opened.key = key;
        self.opened.fingerprint = fingerprint;
        self.opened.by = by;
        // Not after a failed sync: the pin that names both keys opens whichever is found.
        if unsynced.is_none() {
            self.pin();
            if let Some(diary) = diary {
                diary.remove_others();
            }
        }
        self.note_use();
        self.look_at_pages();
        Ok(Rekeyed { recovery: code, dropped, quick_pin_dropped: drops_pin, not_removed, unsynced })
    }

    /// The new file. It has been opened again before anything of it is written.
    fn seal_fresh(&self, header: &mut Header, key: &VaultKey) -> Result<Vec<u8>, VaultError> {
        self.sealed_and_proven(header, &self.opened.body, key)
    }

    /// Tells the pin which key is about to come. Where there is no pin, none keeps the new vault out.
    fn announce(&self, next: [u8; 16]) -> Result<(), VaultError> {
        let pins = &self.place.context.pins;
        if matches!(pins.load(), Ok(Some(_))) {
            let pin = Pin { next: Some(next), ..pin_of(&self.opened.header) };
            pins.save(&pin).map_err(VaultError::io("note that a new vault key is coming"))?;
        }
        Ok(())
    }

    /// A version of this vault under the new key, with the new ways in; `None` if today's key does not open it.
    fn resealed(&self, bytes: &[u8], new: &Header, key: &VaultKey) -> Option<Resealed> {
        let Opened { header: today, key: former, .. } = &self.opened;
        let envelope = Envelope::parse(bytes).ok().filter(|envelope| envelope.header.vault == today.vault)?;
        let plain = envelope.open(former).ok()?;
        let mut header = envelope.header;
        let (generation, changed) = (header.generation, header.changed);
        header.key = new.key;
        header.retired.clone_from(&new.retired);
        header.slots.clone_from(&new.slots);
        header.policy.clone_from(&new.policy);
        let file = envelope::seal(&mut header, &plain, key, self.place.context.random()).ok()?;
        Some(Resealed { file, generation, changed })
    }
}

fn same(one: &Passphrase, other: &Passphrase) -> bool {
    one.expose().ct_eq(other.expose()).into()
}
