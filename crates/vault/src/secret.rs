//! The 32 bytes that something outside computes or keeps for a slot: a security key's hmac-secret, what the desktop's
//! keyring holds, what a TPM has sealed.

use std::fmt;

use fob_ambient::Rng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// A slot's secret. On the heap, so that moving it leaves no copies; wiped on drop.
pub struct SlotSecret(Zeroizing<Vec<u8>>);

impl SlotSecret {
    /// How many bytes it has: one HMAC-SHA256 (CTAP 2.3 section 12.7).
    pub const LENGTH: usize = 32;

    /// Takes the bytes over and wipes where they came from.
    #[must_use]
    pub fn take(bytes: &mut [u8; Self::LENGTH]) -> Self {
        let secret = Self(Zeroizing::new(bytes.to_vec()));
        bytes.zeroize();
        secret
    }

    /// A secret of this length, or none.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        (bytes.len() == Self::LENGTH).then(|| Self(Zeroizing::new(bytes.to_vec())))
    }

    pub(crate) fn generate(rng: &mut dyn Rng) -> Self {
        let mut bytes = Zeroizing::new(vec![0; Self::LENGTH]);
        rng.fill(&mut bytes);
        Self(bytes)
    }

    /// The bytes, for whoever keeps them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Whether both are the same, in constant time.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for SlotSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SlotSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_32_bytes_and_leaves_none_behind() {
        let mut bytes = [7; 32];
        let secret = SlotSecret::take(&mut bytes);
        assert_eq!(bytes, [0; 32]);
        assert!(secret.is(&SlotSecret::from_slice(&[7; 32]).unwrap()));
        assert!(!secret.is(&SlotSecret::from_slice(&[8; 32]).unwrap()));
        assert!(SlotSecret::from_slice(&[7; 31]).is_none() && SlotSecret::from_slice(&[7; 33]).is_none());
        assert_eq!(format!("{secret:?}"), "SlotSecret(..)");
    }
}
