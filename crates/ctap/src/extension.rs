//! Extensions (§12): a map by name, with typed ways in for those that fob speaks. Others pass through untouched.
//!
//! [`sets`] has all inputs or outputs of a command at once; [`hmac_secret`] and [`large_blob`] what is more than a
//! number or a flag.

pub mod hmac_secret;
pub mod large_blob;
pub mod sets;

use crate::cose::KeyAgreementKey;
use crate::member::{FromCbor, Malformed, Member, Members, put};
use crate::{Map, Value};

/// credProtect (§12.1).
pub const CRED_PROTECT: &str = "credProtect";
/// credBlob (§12.2).
pub const CRED_BLOB: &str = "credBlob";
/// largeBlobKey (§12.3).
pub const LARGE_BLOB_KEY: &str = "largeBlobKey";
/// largeBlob: a blob inside the command, no array (§12.4). A key has this or largeBlobKey, never both.
pub const LARGE_BLOB: &str = "largeBlob";
/// minPinLength (§12.5).
pub const MIN_PIN_LENGTH: &str = "minPinLength";
/// pinComplexityPolicy (§12.6).
pub const PIN_COMPLEXITY_POLICY: &str = "pinComplexityPolicy";
/// hmac-secret (§12.7).
pub const HMAC_SECRET: &str = "hmac-secret";
/// hmac-secret-mc: hmac-secret while a credential is made (§12.8).
pub const HMAC_SECRET_MC: &str = "hmac-secret-mc";
/// thirdPartyPayment (§12.9).
pub const THIRD_PARTY_PAYMENT: &str = "thirdPartyPayment";

/// Inputs or outputs of extensions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extensions(Map);

impl Extensions {
    /// All members.
    #[must_use]
    pub const fn as_map(&self) -> &Map {
        &self.0
    }

    /// All members, moved out.
    #[must_use]
    pub fn into_map(self) -> Map {
        self.0
    }

    /// Whether this extension is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.get_text(name).is_some()
    }

    /// Sets one extension's input or output.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name, value);
    }

    /// One extension's input or output as its type, such as `get::<bool>(HMAC_SECRET)`.
    ///
    /// # Errors
    /// What is wrong with its value; `name` is the member in it.
    pub fn get<T: FromCbor>(&self, name: Member) -> Result<Option<T>, Malformed> {
        self.0.get_text(name).map(|value| T::from_cbor(value.clone(), name)).transpose()
    }

    /// credProtect's level, asked for or given.
    ///
    /// # Errors
    /// [`Malformed::Type`], or [`Malformed::Value`] for a level that does not exist.
    pub fn cred_protect(&self) -> Result<Option<CredProtect>, Malformed> {
        self.get(CRED_PROTECT)
    }

    /// hmac-secret's input to authenticatorGetAssertion.
    ///
    /// # Errors
    /// What is missing or wrong in it.
    pub fn hmac_secret(&self) -> Result<Option<HmacSecretInput>, Malformed> {
        self.get(HMAC_SECRET)
    }

    /// hmac-secret-mc's input to authenticatorMakeCredential.
    ///
    /// # Errors
    /// What is missing or wrong in it.
    pub fn hmac_secret_mc(&self) -> Result<Option<HmacSecretInput>, Malformed> {
        self.get(HMAC_SECRET_MC)
    }
}

impl From<Map> for Extensions {
    fn from(map: Map) -> Self {
        Self(map)
    }
}

impl FromCbor for Extensions {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        Map::from_cbor(value, member).map(Self)
    }
}

/// How hard a credential is to come by (§12.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum CredProtect {
    /// 1: anybody who asks for this RP.
    #[default]
    UserVerificationOptional,
    /// 2: without verification only who knows its id.
    UserVerificationOptionalWithCredentialIdList,
    /// 3: nobody without verification.
    UserVerificationRequired,
}

impl CredProtect {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::UserVerificationOptional => 1,
            Self::UserVerificationOptionalWithCredentialIdList => 2,
            Self::UserVerificationRequired => 3,
        }
    }

    /// The level of this number.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::UserVerificationOptional),
            2 => Some(Self::UserVerificationOptionalWithCredentialIdList),
            3 => Some(Self::UserVerificationRequired),
            _ => None,
        }
    }
}

impl FromCbor for CredProtect {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        Self::from_number(u64::from_cbor(value, member)?).ok_or(Malformed::Value(member))
    }
}

impl From<CredProtect> for Value {
    fn from(level: CredProtect) -> Self {
        Self::from(level.number())
    }
}

/// What hmac-secret takes (§12.7): salts, encrypted and authenticated under a fresh shared secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HmacSecretInput {
    /// The platform's half of the key agreement.
    pub key_agreement: KeyAgreementKey,
    /// One or two encrypted salts of 32 bytes.
    pub salt_enc: Vec<u8>,
    /// Over `salt_enc`.
    pub salt_auth: Vec<u8>,
    /// Protocol; one if absent.
    pub pin_uv_auth_protocol: Option<u64>,
}

impl FromCbor for HmacSecretInput {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        let mut members = Members::of(value, member)?;
        Ok(Self {
            key_agreement: members.take(1, "hmac-secret.keyAgreement")?,
            salt_enc: members.take(2, "hmac-secret.saltEnc")?,
            salt_auth: members.take(3, "hmac-secret.saltAuth")?,
            pin_uv_auth_protocol: members.take_optional(4, "hmac-secret.pinUvAuthProtocol")?,
        })
    }
}

impl From<&HmacSecretInput> for Value {
    fn from(input: &HmacSecretInput) -> Self {
        let mut map = Map::new();
        map.insert(1, &input.key_agreement);
        map.insert(2, input.salt_enc.as_slice());
        map.insert(3, input.salt_auth.as_slice());
        put(&mut map, 4, input.pin_uv_auth_protocol);
        Self::Map(map)
    }
}
