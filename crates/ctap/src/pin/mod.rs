//! PIN/UV auth protocols one and two (§6.5.6 to §6.5.8), the platform's side and the authenticator's.
//!
//! A [`KeyAgreementSecret`] and the other side's [`KeyAgreementKey`](crate::cose::KeyAgreementKey) make a
//! [`SharedSecret`], which encrypts PINs, their hashes and tokens. A [`PinUvAuthToken`] then proves, request by
//! request, that a person was verified. Counting wrong PINs and keeping tokens alive is the authenticator's business.

mod agreement;
mod cipher;
mod secrets;
mod shared;

pub use agreement::{BadPublicKey, KeyAgreementSecret, encapsulate};
pub use cipher::BadCiphertext;
pub use secrets::{Pin, PinHash, PinShapeError, PinUvAuthToken};
pub use shared::SharedSecret;

use crate::Value;
use crate::member::{FromCbor, Malformed, Member};

/// Which of the two protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// One (§6.5.6): IV of zeros, proofs cut to 16 bytes.
    One,
    /// Two (§6.5.7): keys derived with HKDF, random IV, whole proofs.
    Two,
}

impl Protocol {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }

    /// The protocol of this number.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::One),
            2 => Some(Self::Two),
            _ => None,
        }
    }
}

impl FromCbor for Protocol {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        Self::from_number(u64::from_cbor(value, member)?).ok_or(Malformed::Value(member))
    }
}

impl From<Protocol> for Value {
    fn from(protocol: Protocol) -> Self {
        Self::from(protocol.number())
    }
}
