//! Chance and signatures that the control channel can begin anew, and the seeds they begin with.

use std::cell::RefCell;
use std::rc::Rc;

use fob_ambient::{Rng, SeededRng, SystemRng};
use fob_authenticator::{CredentialKey, RepeatableSigner, Signer, SigningFailed, SystemSigner};
use fob_ctap::sha256;

use crate::fault::ResponseFaults;

/// Length of a client data hash, which stands behind authenticator data in what is signed.
const HASH: usize = 32;

/// A key's random numbers and its signer, by handle.
#[derive(Clone)]
pub(crate) struct Chance(Rc<RefCell<Sources>>);

struct Sources {
    rng: Box<dyn Rng>,
    signer: Box<dyn Signer>,
}

impl Chance {
    /// The system's.
    pub(crate) fn system() -> Self {
        let sources = Sources { rng: Box::new(SystemRng::new()), signer: Box::new(SystemSigner::new()) };
        Self(Rc::new(RefCell::new(sources)))
    }

    /// Repeatable, from a text.
    pub(crate) fn seeded(text: &str) -> Self {
        let chance = Self::system();
        chance.begin_anew(text);
        chance
    }

    /// Repeatable from now on.
    pub(crate) fn begin_anew(&self, text: &str) {
        let [a, b, c, d, e, f, g, h, ..] = sha256(text.as_bytes());
        let mut sources = self.0.borrow_mut();
        sources.rng = Box::new(SeededRng::new(u64::from_be_bytes([a, b, c, d, e, f, g, h])));
        sources.signer = Box::new(RepeatableSigner);
    }

    /// The random numbers, for the authenticator.
    pub(crate) fn rng(&self) -> Box<dyn Rng> {
        Box::new(ByHandle(self.clone()))
    }

    /// The signer, for the authenticator; what it signs has the faults of the answer.
    pub(crate) fn signer(&self, faults: ResponseFaults) -> Box<dyn Signer> {
        Box::new(Altering { chance: self.clone(), faults })
    }
}

struct ByHandle(Chance);

impl Rng for ByHandle {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.0.borrow_mut().rng.fill(bytes);
    }
}

struct Altering {
    chance: Chance,
    faults: ResponseFaults,
}

impl Signer for Altering {
    fn sign(&self, key: &CredentialKey, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        let mut message = message.to_vec();
        let border = message.len().saturating_sub(HASH);
        if let Some(auth_data) = message.get_mut(..border) {
            self.faults.alter(auth_data);
        }
        self.chance.0.borrow().signer.sign(key, &message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(rng: &mut dyn Rng) -> [u8; 16] {
        let mut bytes = [0; 16];
        rng.fill(&mut bytes);
        bytes
    }

    #[test]
    fn a_seed_repeats_also_when_it_comes_later() {
        let (first, second) = (Chance::seeded("a"), Chance::system());
        let (mut first_rng, mut second_rng) = (first.rng(), second.rng());
        let expected = drawn(&mut *first_rng);
        assert_ne!(drawn(&mut *second_rng), expected);
        second.begin_anew("a");
        assert_eq!(drawn(&mut *second_rng), expected);
        second.begin_anew("b");
        assert_ne!(drawn(&mut *second_rng), expected);
    }
}
