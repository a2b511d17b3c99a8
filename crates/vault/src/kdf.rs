//! From a passphrase to a key: Argon2id version 0x13 (RFC 9106), and the bounds that are checked before it runs.
//!
//! The parameters stand in the file, so a hostile file chooses them: nothing is allocated before they lie between the
//! floor and the ceiling, and all slots of one unlock share one budget.

mod calibrate;

use std::sync::{Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::{Zeroize, Zeroizing};

use crate::{Passphrase, VaultError};

pub use calibrate::UNLOCK_TIME;

/// Most memory that one slot may ask for, in KiB: 1 GiB.
const CEILING_MEMORY_KIB: u32 = 1 << 20;
/// Most work that one unlock may cost, in KiB times passes: 8 GiB.
const CEILING_WORK: u64 = 8 << 20;
/// Most lanes. They run one after another here, so they help nobody; RFC 9106's first choice has 4.
const CEILING_LANES: u32 = 16;

/// One Argon2 at a time in this process: two unlocks at once must not take twice the memory.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// What one run of Argon2id costs (RFC 9106 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2Cost {
    /// Memory in KiB (`m`).
    pub memory_kib: u32,
    /// Passes over it (`t`).
    pub passes: u32,
    /// Lanes (`p`).
    pub lanes: u32,
}

impl Argon2Cost {
    /// What new passphrase slots get: 64 MiB and three passes as in the second choice of RFC 9106 section 4, and one
    /// lane, because our Argon2 runs lanes in sequence while an attacker's would not.
    pub const DEFAULT: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 };

    fn work(self) -> u64 {
        u64::from(self.memory_kib) * u64::from(self.passes)
    }

    /// Whether a slot of this cost is worth making anew: only for a quarter more work, and never for less memory.
    pub(crate) fn is_outdone_by(self, new: Self) -> bool {
        new.work() >= self.work() / 4 * 5 && new.work() > self.work() && new.memory_kib >= self.memory_kib
    }
}

/// The least that a passphrase slot must cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KdfFloor {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl KdfFloor {
    /// 19 MiB and two passes, OWASP's minimum for Argon2id.
    pub const STANDARD: Self = Self { memory_kib: 19 * 1024, passes: 2 };
}

/// What passphrases cost: for new slots, and at the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KdfPolicy {
    /// The cost of new slots.
    pub new_slots: Argon2Cost,
    /// Slots below it are refused. Only tests go below [`KdfFloor::STANDARD`].
    pub floor: KdfFloor,
}

impl KdfPolicy {
    /// [`Argon2Cost::DEFAULT`] over [`KdfFloor::STANDARD`].
    pub const STANDARD: Self = Self { new_slots: Argon2Cost::DEFAULT, floor: KdfFloor::STANDARD };

    /// Checks every slot that one unlock would try, and their sum, without computing anything.
    pub(crate) fn admit(&self, costs: &[Argon2Cost]) -> Result<(), VaultError> {
        let mut work = 0_u64;
        for &cost in costs {
            work = work.saturating_add(cost.work());
            let inside = (self.floor.memory_kib..=CEILING_MEMORY_KIB).contains(&cost.memory_kib)
                && cost.passes >= self.floor.passes
                && (1..=CEILING_LANES).contains(&cost.lanes)
                && work <= CEILING_WORK;
            if !inside {
                return Err(VaultError::KdfOutOfBounds { memory_kib: cost.memory_kib, passes: cost.passes });
            }
        }
        Ok(())
    }
}

/// Argon2id over the passphrase: 32 bytes that wrap the vault key. Its memory is wiped afterwards.
///
/// Call [`KdfPolicy::admit`] first.
pub(crate) fn passphrase_key(
    passphrase: &Passphrase,
    salt: &[u8],
    cost: Argon2Cost,
) -> Result<Zeroizing<[u8; 32]>, VaultError> {
    let out_of_bounds = |_| VaultError::KdfOutOfBounds { memory_kib: cost.memory_kib, passes: cost.passes };
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).map_err(out_of_bounds)?;
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut memory = blocks(params.block_count()).ok_or(VaultError::OutOfMemory { memory_kib: cost.memory_kib })?;
    let mut key = Zeroizing::new([0; 32]);
    let computed = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into_with_memory(
        passphrase.expose(),
        salt,
        key.as_mut(),
        &mut memory,
    );
    memory.iter_mut().for_each(Zeroize::zeroize);
    computed.map_err(out_of_bounds)?;
    Ok(key)
}

fn blocks(count: usize) -> Option<Vec<Block>> {
    let mut memory = Vec::new();
    memory.try_reserve_exact(count).ok()?;
    memory.resize(count, Block::default());
    Some(memory)
}

#[cfg(test)]
mod tests;
