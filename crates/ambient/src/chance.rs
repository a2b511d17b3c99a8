//! Chance: the system's random numbers, or a stream that a seed repeats.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng};
use ring::rand::{SecureRandom, SystemRandom};

/// The law: bytes that nobody can foresee, except from [`SeededRng`], which is for tests and says so by its name.
pub trait Rng {
    /// Fills the whole of `bytes`.
    fn fill(&mut self, bytes: &mut [u8]);

    /// `N` fresh bytes.
    fn bytes<const N: usize>(&mut self) -> [u8; N]
    where
        Self: Sized,
    {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

/// The kernel's random numbers, through ring.
#[derive(Debug, Clone)]
pub struct SystemRng(SystemRandom);

impl SystemRng {
    /// Ready at once; ring opens nothing.
    #[must_use]
    pub fn new() -> Self {
        Self(SystemRandom::new())
    }
}

impl Default for SystemRng {
    fn default() -> Self {
        Self::new()
    }
}

impl Rng for SystemRng {
    /// # Panics
    /// When the kernel has no random numbers: nothing that needs them can be done safely after that.
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes).expect("getrandom(2) does not fail once the kernel has booted");
    }
}

/// ChaCha20 from a seed: the same seed gives the same bytes. Never for anything that must stay secret.
#[derive(Debug, Clone)]
pub struct SeededRng(ChaCha20Rng);

impl SeededRng {
    /// The stream of this seed, from its beginning.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(ChaCha20Rng::seed_from_u64(seed))
    }
}

impl Rng for SeededRng {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_another_does_not() {
        let first: [u8; 32] = SeededRng::new(7).bytes();
        assert_eq!(first, SeededRng::new(7).bytes::<32>());
        assert_ne!(first, SeededRng::new(8).bytes::<32>());
    }

    #[test]
    fn the_system_does_not_repeat() {
        let mut rng = SystemRng::new();
        assert_ne!(rng.bytes::<32>(), rng.bytes::<32>());
    }
}
