//! A new vault key: for another passphrase, or for the same one and another recovery code.

use std::os::fd::OwnedFd;

use fob_bus::types::RekeyInfo;
use fob_bus::{CallError, ErrorKind, pipe};
use fob_otp::printable;
use fob_vault::{NewWay, Opening, Passphrase, Rekey, Rekeyed, SlotId, SlotInfo, SlotKind, UnlockedVault, WithLogin};

use super::slot;
use crate::errors;
use crate::secret::{self, Proof};

/// What somebody presented for a new vault key.
pub(super) enum Renewal {
    /// Another passphrase, and what opens the vault today.
    Passphrase {
        /// What opens it today.
        proof: Proof,
        /// What opens it from then on.
        new: Passphrase,
    },
    /// The passphrase of today, which stays.
    RecoveryCode(Passphrase),
}

impl Renewal {
    /// Reads both from their pipes. Blocks.
    pub(super) fn of_passphrase(fresh: &OwnedFd, by_recovery: bool, new: &OwnedFd) -> Result<Self, CallError> {
        Ok(Self::Passphrase { proof: Proof::read(fresh, by_recovery)?, new: secret::passphrase(new)? })
    }

    /// Reads the passphrase from its pipe. Blocks.
    pub(super) fn of_recovery_code(passphrase: &OwnedFd) -> Result<Self, CallError> {
        secret::passphrase(passphrase).map(Self::RecoveryCode)
    }

    /// Makes the new key, and puts the new recovery code into its pipe. Takes as long as Argon2 takes, several times.
    ///
    /// # Errors
    /// The vault's: then nothing was changed. [`ErrorKind::BadPipe`]: before anything was changed for what is no pipe;
    /// for a pipe that nobody reads after the key was made, which the message says.
    pub(super) fn carry_out(self, vault: &mut UnlockedVault, recovery: &OwnedFd) -> Result<RekeyInfo, CallError> {
        // Nothing is written by this: it only looks whether it is a pipe.
        pipe::put(recovery, b"").map_err(|error| errors::pipe(&error))?;
        let slots = vault.slots();
        let rekeyed = vault.rekey(&self.request(vault, &slots)).map_err(|error| errors::vault(&error))?;
        if let Err(error) = pipe::put(recovery, rekeyed.recovery.expose().as_bytes()) {
            let message = "the change is made, and nobody took the new recovery code: have another one made";
            let mut failed = CallError::new(ErrorKind::BadPipe, message);
            failed.details.causes = Some(vec![error.to_string()]);
            return Err(failed);
        }
        Ok(self.told(rekeyed, slots))
    }

    fn request<'a>(&'a self, vault: &UnlockedVault, slots: &[SlotInfo]) -> Rekey<'a> {
        let (proof, passphrase, remove) = match self {
            Self::Passphrase { proof, new } => {
                (proof.opening(), new, passphrases(slots).filter_map(|slot| slot.id).collect())
            }
            Self::RecoveryCode(passphrase) => (Opening::Passphrase(passphrase), passphrase, Vec::<SlotId>::new()),
        };
        // A way that goes on keeps its name; one passphrase after another is the same way to a person.
        let label = match self {
            Self::Passphrase { .. } => passphrases(slots).next().map(|slot| slot.label.clone()).unwrap_or_default(),
            Self::RecoveryCode(_) => String::new(),
        };
        Rekey {
            proof,
            policy: vault.policy().clone(),
            ways: vec![(NewWay::Passphrase(passphrase), label)],
            remove,
            login: WithLogin::Refused,
        }
    }

    fn told(&self, rekeyed: Rekeyed, slots: Vec<SlotInfo>) -> RekeyInfo {
        let mut dropped = rekeyed.dropped;
        // With one passphrase it is the one that was changed. Of several nobody can tell which.
        if matches!(self, Self::Passphrase { .. }) && passphrases(&slots).count() > 1 {
            dropped.extend(passphrases(&slots).cloned());
        }
        let path = |path: &std::path::PathBuf| printable(&path.to_string_lossy()).into_owned();
        let unsure = |error| format!("the change may not survive a power cut: {error}");
        RekeyInfo {
            dropped: dropped.into_iter().map(slot).collect(),
            not_removed: rekeyed.not_removed.iter().map(path).collect(),
            warnings: rekeyed.unsynced.iter().map(unsure).collect(),
        }
    }
}

fn passphrases(slots: &[SlotInfo]) -> impl Iterator<Item = &SlotInfo> {
    slots.iter().filter(|slot| slot.kind == SlotKind::Passphrase)
}
