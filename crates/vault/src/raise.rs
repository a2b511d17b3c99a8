//! A passphrase slot that has become too cheap is made anew when its passphrase is at hand: at an unlock.
//!
//! Opening a vault writes nothing to it, so the new slot waits in memory for the next save, whatever that is for. Until
//! then each unlock pays for two hashes.

use crate::keys::VaultId;
use crate::locked::Place;
use crate::slot::{Draft, Hashed, KeyAnswer, Making, Slot, SlotKind};
use crate::unlocked::Opened;
use crate::{Argon2Cost, Opening, Passphrase, VaultError};

impl Place {
    /// Puts a dearer slot in the place of the one that was just opened; its id, label and date stay.
    ///
    /// # Errors
    /// Argon2's, or [`VaultError::KdfOutOfBounds`] if all passphrases together would cost more than an unlock may. Then
    /// nothing has changed.
    pub(crate) fn raise(&self, opened: &mut Opened, opening: &Opening<'_>, now: Argon2Cost) -> Result<(), VaultError> {
        let (Some(passphrase), Some(id)) = (opening.passphrase(), opened.by) else { return Ok(()) };
        let cost = self.context.kdf.new_slots;
        debug_assert!(now.is_outdone_by(cost), "only a cheaper slot is raised");
        let vault = opened.header.vault;
        let Some(place) = opened.header.slots.iter().position(|slot| slot.id() == Some(id)) else { return Ok(()) };
        if matches!(opening, Opening::Passphrase(_)) {
            // Raised one after another they could cost more together than an unlock may. One with a key is tried alone.
            let others = opened.header.slots.iter().enumerate().filter(|(other, _)| *other != place);
            self.check_price(others.map(|(_, slot)| slot), 1)?;
        }
        let Some(slot) = opened.header.slots.get_mut(place) else { return Ok(()) };
        let hashed = Hashed::with(passphrase, cost, &self.context)?;
        let raised = self.context.with_rng(|rng| {
            let created = slot.created().unwrap_or_default().0;
            let mut making = Making { vault: &vault, now: created, rng };
            dearer(&mut making, slot, opening, &hashed).map(|draft| making.seal(&draft, &opened.key))
        });
        if let Some(raised) = raised {
            *slot = raised;
        }
        Ok(())
    }

    /// That these slots and so many new ones of a passphrase alone can all be tried at one unlock: a slot too many
    /// would keep everybody out.
    pub(crate) fn check_price<'a>(
        &self,
        slots: impl IntoIterator<Item = &'a Slot>,
        new: usize,
    ) -> Result<(), VaultError> {
        let kdf = &self.context.kdf;
        let there = slots.into_iter().filter_map(|slot| Some(slot.passphrase()?.1));
        let costs: Vec<Argon2Cost> = there.chain(std::iter::repeat_n(kdf.new_slots, new)).collect();
        kdf.admit(&costs)
    }

    /// Hashes a passphrase at the price of new slots.
    pub(crate) fn hash(&self, passphrase: &Passphrase) -> Result<Hashed, VaultError> {
        Hashed::with(passphrase, self.context.kdf.new_slots, &self.context)
    }

    /// Runs with what the making of slots takes.
    pub(crate) fn make<T>(&self, vault: &VaultId, make: impl FnOnce(&mut Making<'_>) -> T) -> T {
        let now = self.context.now().0;
        self.context.with_rng(|rng| make(&mut Making { vault, now, rng }))
    }
}

/// The same slot for the same secrets at another price. The key's salt stays: the passphrase's is new, and both are in
/// the wrapping key.
fn dearer(making: &mut Making<'_>, slot: &Slot, opening: &Opening<'_>, hashed: &Hashed) -> Option<Draft> {
    match (slot.kind(), opening) {
        (SlotKind::Passphrase, Opening::Passphrase(_)) => Some(making.passphrase(slot.id(), hashed)),
        (SlotKind::PassphraseAndKey, Opening::PassphraseAndKey(_, id, secret)) => {
            let key = slot.passphrase_and_key()?.key;
            let answer = KeyAnswer {
                slot: *id,
                credential: key.credential,
                salt: key.salt,
                user_verification: key.user_verification,
                secret,
            };
            Some(making.both(hashed, &answer))
        }
        _ => None,
    }
}
