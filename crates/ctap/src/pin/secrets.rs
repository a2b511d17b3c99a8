//! PINs, their hashes and pinUvAuthTokens. Wiped on drop, shown to nobody.

use std::fmt;

use fob_ambient::Rng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Protocol, shared};

/// Length that a PIN is padded to before it is encrypted (§6.5.5.5).
const PADDED: usize = 64;

/// A PIN: UTF-8 of 4 code points to 63 bytes (§6.5.1). The platform brings it into Unicode's form NFC before; digits
/// and ASCII letters are in it already.
pub struct Pin(Zeroizing<String>);

/// Why something is no PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PinShapeError {
    /// Fewer code points than 4, or than the key asks for.
    #[error("a PIN has at least {at_least} characters")]
    TooShort {
        /// How many it needs.
        at_least: u64,
    },
    /// More than 63 bytes.
    #[error("a PIN has at most 63 bytes")]
    TooLong,
    /// Not UTF-8.
    #[error("a PIN is UTF-8")]
    NotUtf8,
    /// A zero byte: it would end the PIN early.
    #[error("a PIN has no zero byte")]
    Zero,
    /// Not padded to 64 bytes.
    #[error("a PIN is padded to 64 bytes")]
    Padding,
}

impl Pin {
    /// Fewest code points of any PIN.
    pub const SHORTEST: u64 = 4;
    /// Most bytes of any PIN.
    pub const LONGEST: usize = 63;

    /// Takes a PIN over. A key may want more than four code points ([`Pin::code_points`]).
    ///
    /// # Errors
    /// What is wrong with its shape.
    pub fn new(pin: impl Into<Zeroizing<String>>) -> Result<Self, PinShapeError> {
        let pin = Self(pin.into());
        if pin.0.len() > Self::LONGEST {
            return Err(PinShapeError::TooLong);
        }
        if pin.0.contains('\0') {
            return Err(PinShapeError::Zero);
        }
        if pin.code_points() < Self::SHORTEST {
            return Err(PinShapeError::TooShort { at_least: Self::SHORTEST });
        }
        Ok(pin)
    }

    /// Removes the padding of a decrypted `newPinEnc`.
    ///
    /// # Errors
    /// What is wrong with its shape.
    pub fn from_padded(padded: &[u8]) -> Result<Self, PinShapeError> {
        if padded.len() != PADDED {
            return Err(PinShapeError::Padding);
        }
        let end = padded.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let pin = std::str::from_utf8(padded.get(..end).unwrap_or_default()).map_err(|_| PinShapeError::NotUtf8)?;
        Self::new(pin.to_owned())
    }

    /// Padded with zeros to 64 bytes.
    #[must_use]
    pub fn padded(&self) -> Zeroizing<[u8; PADDED]> {
        let mut padded = Zeroizing::new([0; PADDED]);
        for (to, from) in padded.iter_mut().zip(self.0.bytes()) {
            *to = from;
        }
        padded
    }

    /// Length in the unit of policies.
    #[must_use]
    pub fn code_points(&self) -> u64 {
        self.0.chars().count() as u64
    }

    /// LEFT(SHA-256(PIN), 16): what a key stores and compares.
    #[must_use]
    pub fn hash(&self) -> PinHash {
        let hash = Zeroizing::new(crate::sha256(self.0.as_bytes()));
        PinHash::new(*hash.first_chunk().expect("16 of 32 bytes"))
    }

    /// The PIN itself, for complexity policies.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(..)")
    }
}

/// The left 16 bytes of a PIN's SHA-256. As good as the PIN: four digits are found in no time.
pub struct PinHash(Zeroizing<[u8; 16]>);

impl PinHash {
    /// Takes a hash over.
    #[must_use]
    pub fn new(hash: [u8; 16]) -> Self {
        Self(Zeroizing::new(hash))
    }

    /// Whether both are of the same PIN; in constant time.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }

    /// The hash itself, to store or encrypt.
    #[must_use]
    pub fn expose(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for PinHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinHash(..)")
    }
}

/// What proves a verified person, request by request. Permissions and time limits are kept beside it by the key.
pub struct PinUvAuthToken {
    protocol: Protocol,
    bytes: Zeroizing<Vec<u8>>,
}

impl PinUvAuthToken {
    /// 32 fresh bytes.
    #[must_use]
    pub fn generate(protocol: Protocol, rng: &mut dyn Rng) -> Self {
        let mut bytes = Zeroizing::new(vec![0; 32]);
        rng.fill(&mut bytes);
        Self { protocol, bytes }
    }

    /// A token of the length that the protocol allows (§6.5.6, §6.5.7): 32 bytes, in protocol one also 16.
    #[must_use]
    pub fn from_plain(protocol: Protocol, bytes: Zeroizing<Vec<u8>>) -> Option<Self> {
        let fits = bytes.len() == 32 || (bytes.len() == 16 && protocol == Protocol::One);
        fits.then_some(Self { protocol, bytes })
    }

    /// The protocol it works with.
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// `pinUvAuthParam` for this message.
    #[must_use]
    pub fn authenticate(&self, message: &[u8]) -> Vec<u8> {
        shared::authenticate(self.protocol, &self.bytes, message)
    }

    /// Whether `proof` is this token's over `message`; in constant time.
    #[must_use]
    pub fn verify(&self, message: &[u8], proof: &[u8]) -> bool {
        shared::verify(self.protocol, &self.bytes, message, proof)
    }

    /// The token itself, to encrypt.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for PinUvAuthToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinUvAuthToken(..)")
    }
}
