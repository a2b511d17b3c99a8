//! How much a new passphrase slot should cost on this machine: one run is timed, the rest is arithmetic.

use fob_ambient::{Clock, Millis};

use super::{Argon2Cost, KdfPolicy, passphrase_key};
use crate::{Passphrase, VaultError};

/// How long a person waits for an unlock without minding.
pub const UNLOCK_TIME: Millis = Millis(500);
/// Most memory that calibration asks for, in KiB: 256 MiB, so that ten such slots stay inside the budget of an unlock and
/// a small machine still opens the vault.
const MOST_MEMORY_KIB: u32 = 256 * 1024;
/// Most passes that calibration asks for.
const MOST_PASSES: u32 = 8;

impl KdfPolicy {
    /// The same floor with new slots that take about `target` on this machine, and never less than
    /// [`Argon2Cost::DEFAULT`].
    ///
    /// # Errors
    /// [`VaultError::OutOfMemory`] if not even the default runs.
    pub fn calibrated(self, clock: &dyn Clock, target: Millis) -> Result<Self, VaultError> {
        let passphrase = Passphrase::new("as long as a passphrase is".to_owned()).expect("it is one");
        let before = clock.monotonic();
        passphrase_key(&passphrase, &[0; 16], Argon2Cost::DEFAULT)?;
        let took = clock.monotonic().since(before);
        Ok(self.fitted(Argon2Cost::DEFAULT, took, target))
    }

    /// The same from a run that was needed anyway: `cost` took `took`.
    #[must_use]
    pub fn fitted(self, cost: Argon2Cost, took: Millis, target: Millis) -> Self {
        let scaled = u128::from(took.0) * u128::from(Argon2Cost::DEFAULT.work()) / u128::from(cost.work().max(1));
        let as_default = Millis(u64::try_from(scaled).unwrap_or(u64::MAX));
        Self { new_slots: Argon2Cost::for_time(as_default, target), ..self }
    }
}

impl Argon2Cost {
    /// Whether calibration could have found it: no less than the default, and no more than it ever asks for.
    #[must_use]
    pub fn is_calibrated(self) -> bool {
        (Self::DEFAULT.memory_kib..=MOST_MEMORY_KIB).contains(&self.memory_kib)
            && (Self::DEFAULT.passes..=MOST_PASSES).contains(&self.passes)
            && self.lanes == Self::DEFAULT.lanes
    }

    /// What takes `target` where [`Argon2Cost::DEFAULT`] took `measured`: first memory in doublings, then passes.
    fn for_time(measured: Millis, target: Millis) -> Self {
        let mut cost = Self::DEFAULT;
        let fits = |cost: Self| {
            let scaled = u128::from(measured.0.max(1)) * u128::from(cost.work());
            scaled <= u128::from(target.0) * u128::from(Self::DEFAULT.work())
        };
        while cost.memory_kib < MOST_MEMORY_KIB && fits(Self { memory_kib: cost.memory_kib * 2, ..cost }) {
            cost.memory_kib *= 2;
        }
        while cost.passes < MOST_PASSES && fits(Self { passes: cost.passes + 1, ..cost }) {
            cost.passes += 1;
        }
        cost
    }
}

#[cfg(test)]
mod tests {
    use fob_ambient::SystemClock;

    use super::*;

    #[test]
    fn a_fast_machine_pays_more_and_a_slow_one_never_less_than_the_default() {
        for (case, measured, memory_mib, passes) in [
            ("slow", 2_000, 64, 3),
            ("just so", 500, 64, 3),
            ("a third spare", 380, 64, 3),
            ("half", 250, 128, 3),
            ("a little faster", 180, 128, 4),
            ("fast", 100, 256, 3),
            ("very fast", 50, 256, 7),
            ("not measurable", 0, 256, 8),
        ] {
            let cost = Argon2Cost::for_time(Millis(measured), UNLOCK_TIME);
            let expected = Argon2Cost { memory_kib: memory_mib * 1024, passes, lanes: 1 };
            assert_eq!(cost, expected, "{case}");
            assert!(KdfPolicy::STANDARD.admit(&[cost; 4]).is_ok(), "{case}: four of them open");
        }
    }

    #[test]
    fn a_run_of_another_price_says_the_same() {
        let half = Argon2Cost { memory_kib: 32 * 1024, passes: 3, lanes: 1 };
        for (cost, took) in [(Argon2Cost::DEFAULT, 180), (half, 90)] {
            let fitted = KdfPolicy::STANDARD.fitted(cost, Millis(took), UNLOCK_TIME);
            assert_eq!(fitted.new_slots, Argon2Cost { memory_kib: 128 * 1024, passes: 4, lanes: 1 });
            assert_eq!(fitted.floor, KdfPolicy::STANDARD.floor);
        }
        let nothing = Argon2Cost { memory_kib: 0, passes: 0, lanes: 1 };
        assert_eq!(KdfPolicy::STANDARD.fitted(nothing, Millis(u64::MAX), UNLOCK_TIME), KdfPolicy::STANDARD);
    }

    #[test]
    fn this_machine_is_timed() {
        let policy = KdfPolicy::STANDARD.calibrated(&SystemClock::new(), Millis(0)).unwrap();
        assert_eq!(policy, KdfPolicy::STANDARD, "nothing fits into no time");
        let policy = KdfPolicy::STANDARD.calibrated(&SystemClock::new(), Millis(1_000_000)).unwrap();
        assert_eq!(policy.new_slots.memory_kib, MOST_MEMORY_KIB);
    }
}
