//! Everything that the vault is given for a new key, once it was presented.

use fob_bus::CallError;
use fob_vault::{
    NewWay, Passphrase, Policy, Rekey, Rekeyed, SlotError, SlotId, SlotInfo, UnlockedVault, Wanted, WithLogin,
};

use super::barred;
use super::keep::{Kept, What};
use crate::errors;
use crate::secret::Proof;

/// All of it.
pub(super) struct Ready {
    /// Opens the vault today.
    pub(super) proof: Proof,
    /// A new passphrase; without, the proof's stays.
    pub(super) passphrase: Option<Passphrase>,
    /// The passphrase slot that the new one comes in the place of: to a person it is the same way.
    pub(super) replaced: Option<SlotInfo>,
    pub(super) policy: Policy,
    pub(super) kept: Vec<Kept>,
    pub(super) remove: Vec<SlotId>,
    pub(super) login: WithLogin,
}

impl Ready {
    /// Makes the new key. Takes as long as Argon2 takes, several times, and ends before the next if it is not wanted any more.
    ///
    /// # Errors
    /// The vault's: then nothing was changed.
    pub(super) fn rekey(self, vault: &mut UnlockedVault, wanted: Wanted<'_>) -> Result<Rekeyed, CallError> {
        let Self { proof, passphrase, replaced, policy, kept, mut remove, login } = self;
        let both = policy == Policy::PassphraseAndKey;
        let lasting = passphrase.as_ref().or_else(|| proof.passphrase());
        let lasting = lasting.ok_or_else(|| barred(SlotError::LastSafeWay))?;
        let label = replaced.as_ref().map(|slot| slot.label.clone()).unwrap_or_default();
        remove.extend(replaced.and_then(|slot| slot.id).filter(|id| !remove.contains(id)));
        let alone = (!both).then_some((NewWay::Passphrase(lasting), label));
        let kept = kept.into_iter().map(|Kept { label, what }| {
            let way = match what {
                What::Key(key) if both => NewWay::PassphraseAndKey(lasting, key),
                What::Key(key) => NewWay::Key(key),
                What::Keyring(_, secret) | What::Tpm(secret) => NewWay::Kept(secret),
            };
            (way, label)
        });
        let ways = alone.into_iter().chain(kept).collect();
        let request = Rekey { proof: proof.opening(), policy, ways, remove, login, wanted };
        vault.rekey(&request).map_err(|error| errors::vault(&error))
    }
}
