//! Authenticator data (WebAuthn Level 3 §6.1): what a key signs. The bytes of a reply are what the signature covers,
//! so whoever passes them on passes the bytes, never a second encoding.

use std::fmt;
use std::ops::BitOr;

use fob_cbor::{Limits, Strictness, decode_prefix, encode_into};

use crate::cose::PublicKey;
use crate::entity::{CredentialId, RpId};
use crate::member::{FromCbor, Malformed, Member};
use crate::{Map, Value};

/// Bits of the flags byte. AT and ED are not here: [`AuthenticatorData`] has the parts they announce, or has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(u8);

impl Flags {
    /// No bit.
    pub const NONE: Self = Self(0);
    /// UP: somebody was there.
    pub const USER_PRESENT: Self = Self(1);
    /// UV: it was the right person.
    pub const USER_VERIFIED: Self = Self(1 << 2);
    /// BE: the credential may be backed up.
    pub const BACKUP_ELIGIBLE: Self = Self(1 << 3);
    /// BS: it is backed up.
    pub const BACKED_UP: Self = Self(1 << 4);

    const ATTESTED: u8 = 1 << 6;
    const EXTENSIONS: u8 = 1 << 7;

    /// What the presence byte of a U2F key becomes: its bits 0 and 1 (§10.3). They are under the key's signature.
    #[must_use]
    pub const fn from_u2f_presence(presence: u8) -> Self {
        Self(presence & 0b11)
    }

    /// The presence byte that a U2F key gives for these flags: bits 0 and 1.
    #[must_use]
    pub const fn u2f_presence(self) -> u8 {
        self.0 & 0b11
    }

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These bits, and `other` if `set`.
    #[must_use]
    pub const fn with(self, other: Self, set: bool) -> Self {
        if set { Self(self.0 | other.0) } else { self }
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A model of authenticators: 16 bytes, all zero for none.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Aaguid(pub [u8; 16]);

/// In the form of a UUID, as the metadata of authenticators writes it.
impl fmt::Display for Aaguid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(place, byte)| {
            let dash = if matches!(place, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{dash}{byte:02x}")
        })
    }
}

impl fmt::Debug for Aaguid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Aaguid({self})")
    }
}

impl FromCbor for Aaguid {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        FromCbor::from_cbor(value, member).map(Self)
    }
}

impl From<&Aaguid> for Value {
    fn from(aaguid: &Aaguid) -> Self {
        Self::from(&aaguid.0)
    }
}

/// A credential that was just made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttestedCredential {
    /// The model of its authenticator.
    pub aaguid: Aaguid,
    /// Its id.
    pub id: CredentialId,
    /// Its public key.
    pub public_key: PublicKey,
}

/// Authenticator data, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticatorData {
    /// SHA-256 of the RP ID.
    pub rp_id_hash: [u8; 32],
    /// UP, UV, BE, BS and what a newer standard sets.
    pub flags: Flags,
    /// How often the credential, or the key, has signed.
    pub counter: u32,
    /// The new credential, in a registration.
    pub attested_credential: Option<AttestedCredential>,
    /// Outputs of extensions, if there are any.
    pub extensions: Option<Map>,
}

/// The standard's name, for errors.
const NAME: Member = "authData";
const SHORTEST: usize = 37;

impl AuthenticatorData {
    /// For this RP, with these flags and this counter, nothing else.
    #[must_use]
    pub fn new(rp_id: &RpId, flags: Flags, counter: u32) -> Self {
        Self { rp_id_hash: rp_id.hash(), flags, counter, attested_credential: None, extensions: None }
    }

    /// The bytes to sign. A credential id longer than 65535 bytes is cut; no key makes one.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut flags = self.flags.0 & !(Flags::ATTESTED | Flags::EXTENSIONS);
        flags |= if self.attested_credential.is_some() { Flags::ATTESTED } else { 0 };
        flags |= if self.extensions.is_some() { Flags::EXTENSIONS } else { 0 };
        let mut bytes = Vec::with_capacity(256);
        bytes.extend(self.rp_id_hash);
        bytes.push(flags);
        bytes.extend(self.counter.to_be_bytes());
        if let Some(credential) = &self.attested_credential {
            let length = u16::try_from(credential.id.as_bytes().len()).unwrap_or(u16::MAX);
            bytes.extend(credential.aaguid.0);
            bytes.extend(length.to_be_bytes());
            bytes.extend(credential.id.as_bytes().iter().take(length.into()));
            encode_into(&Value::from(&credential.public_key), &mut bytes);
        }
        if let Some(extensions) = &self.extensions {
            encode_into(&Value::Map(extensions.clone()), &mut bytes);
        }
        bytes
    }

    /// Takes authenticator data apart, to the last byte.
    ///
    /// # Errors
    /// [`Malformed::Length`] if it ends early or goes on, or what is wrong with the CBOR in it.
    pub fn decode(bytes: &[u8], strictness: Strictness) -> Result<Self, Malformed> {
        let mut rest = bytes;
        let rp_id_hash = take(&mut rest)?;
        let [flags] = take(&mut rest)?;
        let counter = u32::from_be_bytes(take(&mut rest)?);
        let attested_credential = match flags & Flags::ATTESTED {
            0 => None,
            _ => Some(AttestedCredential::decode(&mut rest, strictness)?),
        };
        let extensions = match flags & Flags::EXTENSIONS {
            0 => None,
            _ => Some(Map::from_cbor(cbor(&mut rest, strictness)?, NAME)?),
        };
        if !rest.is_empty() {
            return Err(Malformed::Length(NAME));
        }
        let flags = Flags(flags & !(Flags::ATTESTED | Flags::EXTENSIONS));
        Ok(Self { rp_id_hash, flags, counter, attested_credential, extensions })
    }

    /// The flags of authenticator data that is not taken apart; none if it is too short for any.
    #[must_use]
    pub fn peek_flags(bytes: &[u8]) -> Option<Flags> {
        let flags = bytes.get(..SHORTEST)?.get(32)?;
        Some(Flags(flags & !(Flags::ATTESTED | Flags::EXTENSIONS)))
    }
}

impl AttestedCredential {
    fn decode(rest: &mut &[u8], strictness: Strictness) -> Result<Self, Malformed> {
        let aaguid = Aaguid(take(rest)?);
        let length = u16::from_be_bytes(take(rest)?);
        let (id, after) = rest.split_at_checked(length.into()).ok_or(Malformed::Length(NAME))?;
        *rest = after;
        let public_key = PublicKey::from_cbor(cbor(rest, strictness)?, "credentialPublicKey")?;
        Ok(Self { aaguid, id: id.into(), public_key })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Malformed> {
    let (taken, after) = rest.split_first_chunk().ok_or(Malformed::Length(NAME))?;
    *rest = after;
    Ok(*taken)
}

fn cbor(rest: &mut &[u8], strictness: Strictness) -> Result<Value, Malformed> {
    let (value, used) = decode_prefix(rest, Limits::ctap(strictness))?;
    *rest = rest.get(used..).unwrap_or_default();
    Ok(value)
}
