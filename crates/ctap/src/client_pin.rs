//! authenticatorClientPIN (§6.5): one request type a subcommand, each with the reply it gets.
//!
//! The protocols behind the encrypted members are in [`crate::pin`].

use std::ops::BitOr;

use crate::cose::KeyAgreementKey;
use crate::entity::RpId;
use crate::member::{FromCbor, Malformed, Member, Members, put};
use crate::pin::Protocol;
use crate::{Command, Map, Message, Value};

/// Members of the request (§6.5.5).
mod key {
    pub(super) const PIN_UV_AUTH_PROTOCOL: i32 = 1;
    pub(super) const SUB_COMMAND: i32 = 2;
    pub(super) const KEY_AGREEMENT: i32 = 3;
    pub(super) const PIN_UV_AUTH_PARAM: i32 = 4;
    pub(super) const NEW_PIN_ENC: i32 = 5;
    pub(super) const PIN_HASH_ENC: i32 = 6;
    pub(super) const PERMISSIONS: i32 = 9;
    pub(super) const RP_ID: i32 = 0x0a;
}

/// What a pinUvAuthToken may be used for (§6.5.5.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions(pub u64);

impl Permissions {
    /// mc: make credentials for the token's RP.
    pub const MAKE_CREDENTIAL: Self = Self(0x01);
    /// ga: sign in to the token's RP.
    pub const GET_ASSERTION: Self = Self(0x02);
    /// cm: credential management.
    pub const CREDENTIAL_MANAGEMENT: Self = Self(0x04);
    /// be: fingerprints.
    pub const BIO_ENROLLMENT: Self = Self(0x08);
    /// lbw: write large blobs.
    pub const LARGE_BLOB_WRITE: Self = Self(0x10);
    /// acfg: authenticatorConfig.
    pub const AUTHENTICATOR_CONFIG: Self = Self(0x20);
    /// pcmr: read-only credential management with a persistent token.
    pub const PERSISTENT_CREDENTIAL_MANAGEMENT_READ_ONLY: Self = Self(0x40);

    /// Whether all of `other` are among these.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any of `other` is among these.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for Permissions {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl FromCbor for Permissions {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        u64::from_cbor(value, member).map(Self)
    }
}

impl From<Permissions> for Value {
    fn from(permissions: Permissions) -> Self {
        Self::from(permissions.0)
    }
}

/// The type of a member that a subcommand must have.
trait Parameter: Sized {
    fn read(members: &mut Members, key: i32, member: Member) -> Result<Self, Malformed>;
    fn write(&self, map: &mut Map, key: i32);
}

macro_rules! subcommands {
    ($(
        $(#[$doc:meta])*
        $name:ident = $number:literal -> $reply:ty {
            $($(#[$field_doc:meta])* $field:ident: $type:ty = $key:ident, $member:literal;)*
        }
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $name {
                $($(#[$field_doc])* pub $field: $type,)*
            }

            impl Message for $name {
                fn to_map(&self) -> Option<Map> {
                    let mut map = Map::new();
                    map.insert(key::SUB_COMMAND, $number);
                    $(Parameter::write(&self.$field, &mut map, key::$key);)*
                    Some(map)
                }

                fn from_map(map: Map) -> Result<Self, Malformed> {
                    #[allow(unused_mut, unused_variables, reason = "some subcommands have no parameters")]
                    let mut members = Members::from(map);
                    Ok(Self { $($field: Parameter::read(&mut members, key::$key, $member)?,)* })
                }
            }

            impl Command for $name {
                const CODE: u8 = ClientPin::CODE;
                type Reply = $reply;
            }
        )*

        /// Any subcommand, as an authenticator receives it.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum ClientPin {
            $($(#[$doc])* $name($name),)*
        }

        impl ClientPin {
            /// The command byte of all of them.
            pub const CODE: u8 = 0x06;

            /// Reads the parameters and the subcommand among them.
            ///
            /// # Errors
            /// [`Malformed::Subcommand`], or what is wrong with the parameters of the subcommand.
            pub fn from_map(map: Map) -> Result<Self, Malformed> {
                let number = map.get_int(key::SUB_COMMAND.into()).ok_or(Malformed::Missing("subCommand"))?;
                match number.as_u64().ok_or(Malformed::Type("subCommand"))? {
                    $($number => $name::from_map(map).map(Self::$name),)*
                    _ => Err(Malformed::Subcommand),
                }
            }
        }
    };
}

subcommands! {
    /// getPINRetries: how many wrong PINs the key still takes.
    GetPinRetries = 0x01 -> PinRetries {
        /// Ignored by keys of CTAP 2.1 and later, wanted by those of CTAP 2.0.
        protocol: Option<u64> = PIN_UV_AUTH_PROTOCOL, "pinUvAuthProtocol";
    }
    /// getKeyAgreement: the key's half of a key agreement.
    GetKeyAgreement = 0x02 -> KeyAgreement {
        /// Which protocol.
        protocol: Protocol = PIN_UV_AUTH_PROTOCOL, "pinUvAuthProtocol";
    }
    /// setPIN: the first PIN.
    SetPin = 0x03 -> () {
        /// Our half of the key agreement.
        key_agreement: KeyAgreementKey = KEY_AGREEMENT, "keyAgreement";
        /// The padded PIN, encrypted.
        new_pin_enc: Vec<u8> = NEW_PIN_ENC, "newPinEnc";
        /// Over `new_pin_enc`, under the shared secret.
        pin_uv_auth_param: Vec<u8> = PIN_UV_AUTH_PARAM, "pinUvAuthParam";
        /// Which protocol.
        protocol: Protocol = PIN_UV_AUTH_PROTOCOL, "pinUvAuthProtocol";
    }
    /// changePIN: another PIN, for who knows the old one.
    ChangePin = 0x04 -> () {
        /// Our half of the key agreement.
        key_agreement: KeyAgreementKey = KEY_AGREEMENT, "keyAgreement";
        /// The hash of the old PIN, encrypted.
        pin_hash_enc: Vec<u8> = PIN_HASH_ENC, "pinHashEnc";
        /// The new, padded PIN, encrypted.
        new_pin_enc: Vec<u8> = NEW_PIN_ENC, "newPinEnc";
        /// Over `new_pin_enc` ‖ `pin_hash_enc`, under the shared secret.
        pin_uv_auth_param: Vec<u8> = PIN_UV_AUTH_PARAM, "pinUvAuthParam";
        /// Which protocol.
        protocol: Protocol = PIN_UV_AUTH_PROTOCOL, "pinUvAuthProtocol";
    }
    /// getPinToken, superseded by CTAP 2.1: a token for mc and ga, bound to the first RP it is used with.
    GetPinToken = 0x05 -> Token {
        /// Our half of the key agreement.
        key_agreement: KeyAgreementKey = KEY_AGREEMENT, "keyAgreement";
        /// The hash of the PIN, encrypted.
        pin_hash_enc: Vec<u8> = PIN_HASH_ENC, "pinHashEnc";
        /// CTAP 2.0 has no permissions: present, they are refused (§6.5.5.7.1).
        permissions: Option<Permissions> = PERMISSIONS, "permissions";
        /// Nor an RP ID.
        rp_id: Option<RpId> = RP_ID, "rpId";
        /// Which protocol.
        protocol: Protocol = PIN_UV_AUTH_PROTOCOL, "pinUvAuthProtocol";
    }
    /// getPinUvAuthTokenUsingUvWithPermissions: a token for a finger, or what else the key recognises.
    GetUvToken = 0x06 -> Token {
        /// Our half of the key agreement.
        key_agreement: KeyAgreementKey = KEY_AGREEMENT, "keyAgreement";
        /// What for.
        permissions: Permissions = PERMISSIONS, "permissions";
        /// For whom.
        rp_id: Option<RpId> = RP_ID, "rpId";
        /// Which protocol.
        protocol: Protocol = PIN_UV_AUTH_PROTOCOL, "pinUvAuthProtocol";
    }
    /// getUVRetries: how many failed fingers the key still takes.
    GetUvRetries = 0x07 -> UvRetries {
        /// Ignored by keys.
        protocol: Option<u64> = PIN_UV_AUTH_PROTOCOL, "pinUvAuthProtocol";
    }
    /// getPinUvAuthTokenUsingPinWithPermissions: a token for a PIN.
    GetPinTokenWithPermissions = 0x09 -> Token {
        /// Our half of the key agreement.
        key_agreement: KeyAgreementKey = KEY_AGREEMENT, "keyAgreement";
        /// The hash of the PIN, encrypted.
        pin_hash_enc: Vec<u8> = PIN_HASH_ENC, "pinHashEnc";
        /// What for.
        permissions: Permissions = PERMISSIONS, "permissions";
        /// For whom.
        rp_id: Option<RpId> = RP_ID, "rpId";
        /// Which protocol.
        protocol: Protocol = PIN_UV_AUTH_PROTOCOL, "pinUvAuthProtocol";
    }
}

/// Answer to getPINRetries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinRetries {
    /// Wrong PINs that are left before only a reset helps; 8 at first.
    pub retries: u8,
    /// Whether the key wants to be unplugged and inserted again before it takes another.
    pub power_cycle_state: Option<bool>,
}

/// Answer to getKeyAgreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyAgreement {
    /// The key's half.
    pub key: KeyAgreementKey,
}

/// Answer to the three subcommands that give a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The token, encrypted under the shared secret; [`crate::pin::SharedSecret::decrypt_token`] opens it.
    pub pin_uv_auth_token: Vec<u8>,
}

/// Answer to getUVRetries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UvRetries {
    /// Failed tries that are left before the key wants a PIN.
    pub retries: u8,
}

impl Message for PinRetries {
    fn to_map(&self) -> Option<Map> {
        let mut map = Map::new();
        map.insert(3, self.retries);
        put(&mut map, 4, self.power_cycle_state);
        Some(map)
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        let mut members = Members::from(map);
        let retries = members.take_number(3, "pinRetries")?.ok_or(Malformed::Missing("pinRetries"))?;
        Ok(Self { retries, power_cycle_state: members.take_optional(4, "powerCycleState")? })
    }
}

impl Message for KeyAgreement {
    fn to_map(&self) -> Option<Map> {
        Some([(1, Value::from(&self.key))].into_iter().collect())
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        Members::from(map).take(1, "keyAgreement").map(|key| Self { key })
    }
}

impl Message for Token {
    fn to_map(&self) -> Option<Map> {
        Some([(2, self.pin_uv_auth_token.as_slice())].into_iter().collect())
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        Members::from(map).take(2, "pinUvAuthToken").map(|pin_uv_auth_token| Self { pin_uv_auth_token })
    }
}

impl Message for UvRetries {
    fn to_map(&self) -> Option<Map> {
        Some([(5, self.retries)].into_iter().collect())
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        let retries = Members::from(map).take_number(5, "uvRetries")?.ok_or(Malformed::Missing("uvRetries"))?;
        Ok(Self { retries })
    }
}

macro_rules! required {
    ($($type:ty => |$value:ident| $into:expr;)*) => {$(
        impl Parameter for $type {
            fn read(members: &mut Members, key: i32, member: Member) -> Result<Self, Malformed> {
                members.take(key, member)
            }

            fn write(&self, map: &mut Map, key: i32) {
                let $value = self;
                map.insert(key, $into);
            }
        }

        impl Parameter for Option<$type> {
            fn read(members: &mut Members, key: i32, member: Member) -> Result<Self, Malformed> {
                members.take_optional(key, member)
            }

            fn write(&self, map: &mut Map, key: i32) {
                if let Some(value) = self {
                    value.write(map, key);
                }
            }
        }
    )*};
}

required! {
    u64 => |number| *number;
    Protocol => |protocol| *protocol;
    KeyAgreementKey => |key| key;
    Vec<u8> => |bytes| bytes.as_slice();
    Permissions => |permissions| *permissions;
    RpId => |rp_id| rp_id;
}
