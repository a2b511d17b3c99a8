//! COSE keys and algorithms (RFC 9052 §7, RFC 9053 §7), as far as CTAP uses them.

mod typed;

pub use typed::{EcPoint, TypedKey};

use crate::member::{FromCbor, Malformed, Member, Members};
use crate::{Map, Value};

/// Labels of a COSE_Key (RFC 9052 §7.1, RFC 9053 §7).
mod label {
    pub(super) const KTY: i64 = 1;
    pub(super) const ALG: i64 = 3;
    pub(super) const CRV: i64 = -1;
    pub(super) const X: i64 = -2;
    pub(super) const Y: i64 = -3;
}

const KTY_OKP: i64 = 1;
const KTY_EC2: i64 = 2;
const CRV_P256: i64 = 1;
const CRV_ED25519: i64 = 6;

/// A number of the IANA registry "COSE Algorithms".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Algorithm(pub i64);

impl Algorithm {
    /// ECDSA with SHA-256; in WebAuthn always on P-256.
    pub const ES256: Self = Self(-7);
    /// EdDSA; in WebAuthn always Ed25519.
    pub const EDDSA: Self = Self(-8);
    /// ECDH-ES with HKDF-256: what CTAP writes on key agreement keys, though no HKDF of COSE is done (§6.5.6).
    pub const ECDH_ES_HKDF_256: Self = Self(-25);
    /// ECDSA with SHA-384.
    pub const ES384: Self = Self(-35);
    /// ECDSA with SHA-512.
    pub const ES512: Self = Self(-36);
    /// ECDSA with SHA-256 on secp256k1.
    pub const ES256K: Self = Self(-47);
    /// ML-DSA-44.
    pub const ML_DSA_44: Self = Self(-48);
    /// ML-DSA-65.
    pub const ML_DSA_65: Self = Self(-49);
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    pub const RS256: Self = Self(-257);
}

impl FromCbor for Algorithm {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        i64::from_cbor(value, member).map(Self)
    }
}

impl From<Algorithm> for Value {
    fn from(algorithm: Algorithm) -> Self {
        Self::int(algorithm.0)
    }
}

/// Coordinates on P-256, big-endian. Whether they lie on the curve is checked by who computes with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct P256Point {
    /// The x coordinate.
    pub x: [u8; 32],
    /// The y coordinate.
    pub y: [u8; 32],
}

impl P256Point {
    /// From the uncompressed form 04 ‖ x ‖ y (SEC 1 §2.3.3); none if it is not that.
    #[must_use]
    pub fn from_sec1(bytes: &[u8]) -> Option<Self> {
        let (x, rest) = bytes.strip_prefix(&[4])?.split_first_chunk()?;
        Some(Self { x: *x, y: rest.try_into().ok()? })
    }

    /// The uncompressed form 04 ‖ x ‖ y.
    #[must_use]
    pub fn to_sec1(self) -> [u8; 65] {
        let mut bytes = [4; 65];
        let (_, coordinates) = bytes.split_at_mut(1);
        let (x, y) = coordinates.split_at_mut(32);
        x.copy_from_slice(&self.x);
        y.copy_from_slice(&self.y);
        bytes
    }

    fn to_map(self, algorithm: Algorithm) -> Map {
        let mut map = Map::new();
        map.insert(label::KTY, KTY_EC2);
        map.insert(label::ALG, algorithm);
        map.insert(label::CRV, CRV_P256);
        map.insert(label::X, self.x);
        map.insert(label::Y, self.y);
        map
    }
}

/// A credential's public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// ES256 on P-256.
    Es256(P256Point),
    /// EdDSA on Ed25519: the 32 bytes of RFC 8032.
    Ed25519([u8; 32]),
    /// Any other COSE_Key, member for member.
    Other(Map),
}

impl PublicKey {
    /// Its algorithm; none if a key of another kind names none.
    #[must_use]
    pub fn algorithm(&self) -> Option<Algorithm> {
        match self {
            Self::Es256(_) => Some(Algorithm::ES256),
            Self::Ed25519(_) => Some(Algorithm::EDDSA),
            Self::Other(map) => map.get_int(label::ALG).and_then(Value::as_i64).map(Algorithm),
        }
    }

    fn known(map: &Map) -> Option<Self> {
        let int = |label| map.get_int(label).and_then(Value::as_i64);
        match (int(label::KTY)?, Algorithm(int(label::ALG)?), int(label::CRV)?) {
            (KTY_EC2, Algorithm::ES256, CRV_P256) => point(map).map(Self::Es256),
            (KTY_OKP, Algorithm::EDDSA, CRV_ED25519) => {
                map.get_int(label::X)?.as_bytes()?.try_into().ok().map(Self::Ed25519)
            }
            _ => None,
        }
    }
}

impl FromCbor for PublicKey {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        let map = Map::from_cbor(value, member)?;
        // A known kind with members beside the usual ones stays as it is, so that no byte of it is lost.
        let known = Self::known(&map).filter(|key| Value::from(key).as_map() == Some(&map));
        Ok(known.unwrap_or(Self::Other(map)))
    }
}

impl From<&PublicKey> for Value {
    fn from(key: &PublicKey) -> Self {
        Self::Map(match key {
            PublicKey::Es256(point) => point.to_map(Algorithm::ES256),
            PublicKey::Ed25519(x) => {
                let mut map = Map::new();
                map.insert(label::KTY, KTY_OKP);
                map.insert(label::ALG, Algorithm::EDDSA);
                map.insert(label::CRV, CRV_ED25519);
                map.insert(label::X, x);
                map
            }
            PublicKey::Other(map) => map.clone(),
        })
    }
}

/// The key that one side of a PIN/UV auth protocol shows the other (§6.5.6): P-256, "alg" −25.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyAgreementKey(pub P256Point);

impl FromCbor for KeyAgreementKey {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        let mut members = Members::of(value, member)?;
        let kty: i64 = members.take(label::KTY, member)?;
        let crv: i64 = members.take(label::CRV, member)?;
        // Some platforms leave "alg" out. The standard has one meaning for such a key, so only another number is
        // refused.
        let alg: Option<i64> = members.take_optional(label::ALG, member)?;
        let fits =
            kty == KTY_EC2 && crv == CRV_P256 && alg.is_none_or(|alg| Algorithm(alg) == Algorithm::ECDH_ES_HKDF_256);
        if !fits {
            return Err(Malformed::Value(member));
        }
        // Coordinates of another length are no point, as the standard sees it: INVALID_PARAMETER (§6.5.6, decapsulate).
        let mut coordinate = |label| {
            let bytes: Vec<u8> = members.take(label, member)?;
            bytes.try_into().map_err(|_| Malformed::Value(member))
        };
        Ok(Self(P256Point { x: coordinate(label::X)?, y: coordinate(label::Y)? }))
    }
}

impl From<&KeyAgreementKey> for Value {
    fn from(key: &KeyAgreementKey) -> Self {
        Self::Map(key.0.to_map(Algorithm::ECDH_ES_HKDF_256))
    }
}

fn point(map: &Map) -> Option<P256Point> {
    let coordinate = |label| map.get_int(label)?.as_bytes()?.try_into().ok();
    Some(P256Point { x: coordinate(label::X)?, y: coordinate(label::Y)? })
}
