//! Public keys of every algorithm that fob's keys sign with, taken apart (RFC 9053 §7.1, RFC 8230 §4, and the
//! kind "AKP" that IANA's registry has for ML-DSA).
//!
//! A [`PublicKey`] keeps ES256 and Ed25519 typed and all others member for member; [`TypedKey`] is the whole table, to
//! look at one or to make one.

use super::{Algorithm, CRV_ED25519, CRV_P256, KTY_EC2, KTY_OKP, P256Point, PublicKey, label};
use crate::{Map, Value};

const KTY_RSA: i64 = 3;
const KTY_AKP: i64 = 7;
const CRV_P384: i64 = 2;
const CRV_P521: i64 = 3;
/// RSA's modulus, where elliptic curves have "crv" (RFC 8230 §4).
const N: i64 = -1;
/// RSA's public exponent.
const E: i64 = -2;
/// The key of an algorithm key pair.
const PUB: i64 = -1;

/// Coordinates of `N` bytes, big-endian. Whether they lie on the curve is checked by who computes with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EcPoint<const N: usize> {
    /// The x coordinate.
    pub x: [u8; N],
    /// The y coordinate.
    pub y: [u8; N],
}

impl<const N: usize> EcPoint<N> {
    /// From the uncompressed form 04 ‖ x ‖ y (SEC 1 §2.3.3); none if it is not that.
    #[must_use]
    pub fn from_sec1(bytes: &[u8]) -> Option<Self> {
        let (x, rest) = bytes.strip_prefix(&[4])?.split_first_chunk()?;
        Some(Self { x: *x, y: rest.try_into().ok()? })
    }

    /// The uncompressed form 04 ‖ x ‖ y.
    #[must_use]
    pub fn to_sec1(&self) -> Vec<u8> {
        [[4].as_slice(), &self.x, &self.y].concat()
    }
}

/// A credential's public key, of an algorithm that fob knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypedKey {
    /// ES256 on P-256.
    Es256(P256Point),
    /// ES384 on P-384.
    Es384(EcPoint<48>),
    /// ES512 on P-521, whose coordinates have 66 bytes.
    Es512(EcPoint<66>),
    /// EdDSA on Ed25519.
    Ed25519([u8; 32]),
    /// RS256.
    Rs256 {
        /// The modulus, big-endian, without zeros in front.
        n: Vec<u8>,
        /// The public exponent, likewise.
        e: Vec<u8>,
    },
    /// ML-DSA-44 (FIPS 204).
    MlDsa44(Box<[u8; 1312]>),
    /// ML-DSA-65.
    MlDsa65(Box<[u8; 1952]>),
}

impl TypedKey {
    /// Takes a key apart; none if it is of another algorithm, or not what its algorithm says.
    #[must_use]
    pub fn of(key: &PublicKey) -> Option<Self> {
        match key {
            PublicKey::Es256(point) => Some(Self::Es256(*point)),
            PublicKey::Ed25519(x) => Some(Self::Ed25519(*x)),
            PublicKey::Other(map) => Self::of_map(map),
        }
    }

    /// Its algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Es256(_) => Algorithm::ES256,
            Self::Es384(_) => Algorithm::ES384,
            Self::Es512(_) => Algorithm::ES512,
            Self::Ed25519(_) => Algorithm::EDDSA,
            Self::Rs256 { .. } => Algorithm::RS256,
            Self::MlDsa44(_) => Algorithm::ML_DSA_44,
            Self::MlDsa65(_) => Algorithm::ML_DSA_65,
        }
    }

    fn of_map(map: &Map) -> Option<Self> {
        let int = |label| map.get_int(label).and_then(Value::as_i64);
        let bytes = |label| map.get_int(label).and_then(Value::as_bytes);
        match (int(label::KTY)?, Algorithm(int(label::ALG)?)) {
            (KTY_EC2, Algorithm::ES256) if int(label::CRV) == Some(CRV_P256) => super::point(map).map(Self::Es256),
            (KTY_EC2, Algorithm::ES384) if int(label::CRV) == Some(CRV_P384) => point(map).map(Self::Es384),
            (KTY_EC2, Algorithm::ES512) if int(label::CRV) == Some(CRV_P521) => point(map).map(Self::Es512),
            (KTY_OKP, Algorithm::EDDSA) if int(label::CRV) == Some(CRV_ED25519) => {
                bytes(label::X)?.try_into().ok().map(Self::Ed25519)
            }
            (KTY_RSA, Algorithm::RS256) => Some(Self::Rs256 { n: bytes(N)?.to_vec(), e: bytes(E)?.to_vec() }),
            (KTY_AKP, Algorithm::ML_DSA_44) => boxed(bytes(PUB)?).map(Self::MlDsa44),
            (KTY_AKP, Algorithm::ML_DSA_65) => boxed(bytes(PUB)?).map(Self::MlDsa65),
            _ => None,
        }
    }

    fn to_map(&self) -> Map {
        let mut map = Map::new();
        map.insert(label::ALG, self.algorithm());
        match self {
            Self::Es256(point) => return point.to_map(Algorithm::ES256),
            Self::Es384(point) => curve(&mut map, CRV_P384, &point.x, &point.y),
            Self::Es512(point) => curve(&mut map, CRV_P521, &point.x, &point.y),
            Self::Ed25519(x) => {
                map.insert(label::KTY, KTY_OKP);
                map.insert(label::CRV, CRV_ED25519);
                map.insert(label::X, x);
            }
            Self::Rs256 { n, e } => {
                map.insert(label::KTY, KTY_RSA);
                map.insert(N, n.as_slice());
                map.insert(E, e.as_slice());
            }
            Self::MlDsa44(key) => akp(&mut map, key.as_slice()),
            Self::MlDsa65(key) => akp(&mut map, key.as_slice()),
        }
        map
    }
}

impl From<&TypedKey> for PublicKey {
    fn from(key: &TypedKey) -> Self {
        match key {
            TypedKey::Es256(point) => Self::Es256(*point),
            TypedKey::Ed25519(x) => Self::Ed25519(*x),
            other => Self::Other(other.to_map()),
        }
    }
}

fn point<const N: usize>(map: &Map) -> Option<EcPoint<N>> {
    let coordinate = |label| map.get_int(label)?.as_bytes()?.try_into().ok();
    Some(EcPoint { x: coordinate(label::X)?, y: coordinate(label::Y)? })
}

fn curve(map: &mut Map, crv: i64, x: &[u8], y: &[u8]) {
    map.insert(label::KTY, KTY_EC2);
    map.insert(label::CRV, crv);
    map.insert(label::X, x);
    map.insert(label::Y, y);
}

fn akp(map: &mut Map, key: &[u8]) {
    map.insert(label::KTY, KTY_AKP);
    map.insert(PUB, key);
}

fn boxed<const N: usize>(bytes: &[u8]) -> Option<Box<[u8; N]>> {
    Box::<[u8]>::from(bytes).try_into().ok()
}
