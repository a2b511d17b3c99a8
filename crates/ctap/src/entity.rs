//! Who and what a credential is for: relying party, user, descriptors (§6.1, WebAuthn Level 3 §5.4 and §5.8.3).

use std::fmt;

use crate::cose::Algorithm;
use crate::member::{FromCbor, Malformed, Member, Members, put, put_list};
use crate::{Map, Value, sha256};

/// A relying party's identifier, such as `example.com`. To a key it is text; whether an origin may use it is decided
/// before a request is made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RpId(String);

impl RpId {
    /// Takes the text as it is.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// SHA-256 of the text: the first 32 bytes of authenticator data.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        sha256(self.0.as_bytes())
    }
}

impl fmt::Display for RpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromCbor for RpId {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        String::from_cbor(value, member).map(Self)
    }
}

impl From<&RpId> for Value {
    fn from(id: &RpId) -> Self {
        Self::from(id.as_str())
    }
}

/// What a key calls one of its credentials; opaque to everybody else.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CredentialId(Vec<u8>);

impl CredentialId {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, moved out.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl From<Vec<u8>> for CredentialId {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for CredentialId {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl AsRef<[u8]> for CredentialId {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialId(")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

impl FromCbor for CredentialId {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        Vec::from_cbor(value, member).map(Self)
    }
}

impl From<&CredentialId> for Value {
    fn from(id: &CredentialId) -> Self {
        Self::from(id.as_bytes())
    }
}

/// PublicKeyCredentialRpEntity. Its `icon`, which CTAP 2.1 took out, is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RpEntity {
    /// The identifier.
    pub id: RpId,
    /// A name for people. Comes from the site: strip control characters before showing it.
    pub name: Option<String>,
}

impl FromCbor for RpEntity {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        let mut members = Members::of(value, member)?;
        Ok(Self { id: members.take("id", "rp.id")?, name: members.take_optional("name", "rp.name")? })
    }
}

impl From<&RpEntity> for Value {
    fn from(rp: &RpEntity) -> Self {
        let mut map = Map::new();
        map.insert("id", &rp.id);
        put(&mut map, "name", rp.name.as_deref());
        Self::Map(map)
    }
}

/// What a relying party calls an account: 64 bytes at most (WebAuthn Level 3 §5.4.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserHandle(Vec<u8>);

impl UserHandle {
    /// Longest user handle, in bytes.
    pub const LONGEST: usize = 64;

    /// Takes the bytes; none if there are too many.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Option<Self> {
        let bytes = bytes.into();
        (bytes.len() <= Self::LONGEST).then_some(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for UserHandle {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl FromCbor for UserHandle {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        Self::new(Vec::from_cbor(value, member)?).ok_or(Malformed::Length(member))
    }
}

impl From<&UserHandle> for Value {
    fn from(handle: &UserHandle) -> Self {
        Self::from(handle.as_bytes())
    }
}

/// PublicKeyCredentialUserEntity. A key tells the names only after it has verified the person (§6.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserEntity {
    /// The handle.
    pub id: UserHandle,
    /// Account name, such as an address. Comes from the site: strip control characters before showing it.
    pub name: Option<String>,
    /// The person's name, under the same caution.
    pub display_name: Option<String>,
}

impl FromCbor for UserEntity {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        let mut members = Members::of(value, member)?;
        Ok(Self {
            id: members.take("id", "user.id")?,
            name: members.take_optional("name", "user.name")?,
            display_name: members.take_optional("displayName", "user.displayName")?,
        })
    }
}

impl From<&UserEntity> for Value {
    fn from(user: &UserEntity) -> Self {
        let mut map = Map::new();
        map.insert("id", &user.id);
        put(&mut map, "name", user.name.as_deref());
        put(&mut map, "displayName", user.display_name.as_deref());
        Self::Map(map)
    }
}

macro_rules! texts {
    ($(#[$doc:meta])* $name:ident, $($(#[$variant_doc:meta])* $variant:ident = $text:literal;)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// A text that the standard does not list.
            Other(String),
        }

        impl $name {
            /// The text on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text,
                }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                match text.as_str() {
                    $($text => Self::$variant,)*
                    _ => Self::Other(text),
                }
            }
        }

        impl FromCbor for $name {
            fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
                String::from_cbor(value, member).map(Self::from)
            }
        }

        impl From<&$name> for Value {
            fn from(text: &$name) -> Self {
                Self::from(text.as_str())
            }
        }
    };
}

texts! {
    /// PublicKeyCredentialType. Entries of other types are skipped, never refused.
    CredentialType,
    /// `public-key`, the only one there is.
    PublicKey = "public-key";
}

texts! {
    /// AuthenticatorTransport: how a key is reached.
    Transport,
    /// USB.
    Usb = "usb";
    /// NFC.
    Nfc = "nfc";
    /// Bluetooth.
    Ble = "ble";
    /// ISO 7816 with contacts.
    SmartCard = "smart-card";
    /// A phone beside the machine.
    Hybrid = "hybrid";
    /// Inside the machine.
    Internal = "internal";
}

/// PublicKeyCredentialDescriptor: names one credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// Its id.
    pub id: CredentialId,
    /// Its type.
    pub credential_type: CredentialType,
    /// A hint of how its key is reached; empty is absent. Some keys choke on it: leave it out when sending to one.
    pub transports: Vec<Transport>,
}

impl Descriptor {
    /// A `public-key` credential without hints.
    #[must_use]
    pub fn public_key(id: impl Into<CredentialId>) -> Self {
        Self { id: id.into(), credential_type: CredentialType::PublicKey, transports: Vec::new() }
    }
}

impl FromCbor for Descriptor {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        let mut members = Members::of(value, member)?;
        Ok(Self {
            id: members.take("id", "descriptor.id")?,
            credential_type: members.take("type", "descriptor.type")?,
            transports: members.take_or_empty("transports", "descriptor.transports")?,
        })
    }
}

impl From<&Descriptor> for Value {
    fn from(descriptor: &Descriptor) -> Self {
        let mut map = Map::new();
        map.insert("id", &descriptor.id);
        map.insert("type", &descriptor.credential_type);
        put_list(&mut map, "transports", &descriptor.transports);
        Self::Map(map)
    }
}

/// PublicKeyCredentialParameters: a kind of credential that a relying party takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialParameters {
    /// Its type.
    pub credential_type: CredentialType,
    /// Its algorithm.
    pub algorithm: Algorithm,
}

impl CredentialParameters {
    /// A `public-key` credential of this algorithm.
    #[must_use]
    pub const fn public_key(algorithm: Algorithm) -> Self {
        Self { credential_type: CredentialType::PublicKey, algorithm }
    }
}

impl FromCbor for CredentialParameters {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        let mut members = Members::of(value, member)?;
        Ok(Self {
            credential_type: members.take("type", "pubKeyCredParams.type")?,
            algorithm: members.take("alg", "pubKeyCredParams.alg")?,
        })
    }
}

impl From<&CredentialParameters> for Value {
    fn from(parameters: &CredentialParameters) -> Self {
        let mut map = Map::new();
        map.insert("alg", parameters.algorithm);
        map.insert("type", &parameters.credential_type);
        Self::Map(map)
    }
}
