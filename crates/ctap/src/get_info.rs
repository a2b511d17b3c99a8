//! authenticatorGetInfo (§6.4): what a key is and can.

use std::collections::BTreeMap;

use crate::auth_data::Aaguid;
use crate::entity::{CredentialParameters, Transport};
use crate::member::{FromCbor, Malformed, Member, Members, put, put_list, put_map, texts};
use crate::{Command, Map, Message, Value};

/// Tell about yourself; no parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetInfo;

impl Message for GetInfo {
    fn to_map(&self) -> Option<Map> {
        None
    }

    fn from_map(_: Map) -> Result<Self, Malformed> {
        Ok(Self)
    }
}

impl Command for GetInfo {
    const CODE: u8 = 0x04;
    type Reply = Info;
}

/// Names in `versions`. There is no `FIDO_2_2`.
pub mod version {
    /// CTAP 2.3.
    pub const FIDO_2_3: &str = "FIDO_2_3";
    /// CTAP 2.1.
    pub const FIDO_2_1: &str = "FIDO_2_1";
    /// A preview of CTAP 2.1.
    pub const FIDO_2_1_PRE: &str = "FIDO_2_1_PRE";
    /// CTAP 2.0.
    pub const FIDO_2_0: &str = "FIDO_2_0";
    /// CTAP1, also known as U2F.
    pub const U2F_V2: &str = "U2F_V2";
}

/// Names of options (§6.4). What absence means differs: see each.
pub mod option {
    /// Built into the machine. Absent: no.
    pub const PLAT: &str = "plat";
    /// Can hold discoverable credentials. Absent: no.
    pub const RK: &str = "rk";
    /// Takes a PIN: `true` if one is set, `false` if none is yet. Absent: cannot.
    pub const CLIENT_PIN: &str = "clientPin";
    /// Can tell that somebody is there. Absent: yes.
    pub const UP: &str = "up";
    /// Recognises people: `true` if it has learnt somebody, `false` if nobody yet. Absent: cannot.
    pub const UV: &str = "uv";
    /// Knows tokens with permissions. Absent: no.
    pub const PIN_UV_AUTH_TOKEN: &str = "pinUvAuthToken";
    /// A PIN gives no mc and ga permission. Absent: it does.
    pub const NO_MC_GA_PERMISSIONS_WITH_CLIENT_PIN: &str = "noMcGaPermissionsWithClientPin";
    /// Keeps large blobs. Absent: no.
    pub const LARGE_BLOBS: &str = "largeBlobs";
    /// Enterprise attestation: `true` if enabled. Absent: cannot.
    pub const EP: &str = "ep";
    /// Enrols fingerprints: `true` if there is one. Absent: cannot.
    pub const BIO_ENROLL: &str = "bioEnroll";
    /// The same in the preview of CTAP 2.1.
    pub const USER_VERIFICATION_MGMT_PREVIEW: &str = "userVerificationMgmtPreview";
    /// A finger may give the be permission. Absent: no.
    pub const UV_BIO_ENROLL: &str = "uvBioEnroll";
    /// Knows authenticatorConfig. Absent: no.
    pub const AUTHNR_CFG: &str = "authnrCfg";
    /// A finger may give the acfg permission. Absent: no.
    pub const UV_ACFG: &str = "uvAcfg";
    /// Knows credential management. Absent: no.
    pub const CRED_MGMT: &str = "credMgmt";
    /// Gives persistent tokens to read credentials with. Absent: no.
    pub const PER_CRED_MGMT_RO: &str = "perCredMgmtRO";
    /// The same as `credMgmt` in the preview of CTAP 2.1.
    pub const CREDENTIAL_MGMT_PREVIEW: &str = "credentialMgmtPreview";
    /// Takes a minimum PIN length. Absent: no.
    pub const SET_MIN_PIN_LENGTH: &str = "setMinPINLength";
    /// Makes non-discoverable credentials without verification. Absent: no.
    pub const MAKE_CRED_UV_NOT_RQD: &str = "makeCredUvNotRqd";
    /// Always verifies: `true` if enabled. Absent: cannot.
    pub const ALWAYS_UV: &str = "alwaysUv";
}

/// Options by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options(BTreeMap<String, bool>);

impl Options {
    /// The answer, if the key gives one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<bool> {
        self.0.get(name).copied()
    }

    /// Whether the key says yes.
    #[must_use]
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name) == Some(true)
    }

    /// Whether the key knows the option at all, switched on or off.
    #[must_use]
    pub fn is_known(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Sets an answer.
    pub fn set(&mut self, name: &str, answer: bool) {
        self.0.insert(name.to_owned(), answer);
    }

    /// All answers, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, bool)> {
        self.0.iter().map(|(name, answer)| (name.as_str(), *answer))
    }
}

impl<'a> FromIterator<(&'a str, bool)> for Options {
    fn from_iter<I: IntoIterator<Item = (&'a str, bool)>>(options: I) -> Self {
        Self(options.into_iter().map(|(name, answer)| (name.to_owned(), answer)).collect())
    }
}

impl FromCbor for Options {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        let entries = Map::from_cbor(value, member)?.into_iter();
        let entries =
            entries.map(|(name, answer)| Ok((String::from_cbor(name, member)?, bool::from_cbor(answer, member)?)));
        entries.collect::<Result<_, _>>().map(Self)
    }
}

impl From<&Options> for Value {
    fn from(options: &Options) -> Self {
        Self::Map(options.iter().collect())
    }
}

/// All members of the answer. `None` and empty mean that the key does not say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Info {
    /// 0x01: see [`version`]. Never empty.
    pub versions: Vec<String>,
    /// 0x02: names of extensions.
    pub extensions: Vec<String>,
    /// 0x03: the model.
    pub aaguid: Aaguid,
    /// 0x04: see [`option`].
    pub options: Options,
    /// 0x05: longest message in bytes; [`Info::max_msg_size`] has the default.
    pub max_msg_size: Option<u64>,
    /// 0x06: PIN/UV auth protocols, best first.
    pub pin_uv_auth_protocols: Vec<u64>,
    /// 0x07: most entries in an allow or exclude list.
    pub max_credential_count_in_list: Option<u64>,
    /// 0x08: longest credential id in bytes.
    pub max_credential_id_length: Option<u64>,
    /// 0x09: how the key is reached.
    pub transports: Vec<Transport>,
    /// 0x0A: algorithms, best first.
    pub algorithms: Vec<CredentialParameters>,
    /// 0x0B: most bytes of serialized large blobs.
    pub max_serialized_large_blob_array: Option<u64>,
    /// 0x0C: whether the PIN must be changed before it gives another token.
    pub force_pin_change: Option<bool>,
    /// 0x0D: shortest PIN in code points; 4 if absent.
    pub min_pin_length: Option<u64>,
    /// 0x0E: version of the firmware.
    pub firmware_version: Option<u64>,
    /// 0x0F: longest credBlob in bytes.
    pub max_cred_blob_length: Option<u64>,
    /// 0x10: most RPs that may learn the minimum PIN length.
    pub max_rpids_for_set_min_pin_length: Option<u64>,
    /// 0x11: how often a platform should try the built-in verification before it asks for the PIN.
    pub preferred_platform_uv_attempts: Option<u64>,
    /// 0x12: bits of the FIDO registry, section "User Verification Methods".
    pub uv_modality: Option<u64>,
    /// 0x13: certifications by name.
    pub certifications: Map,
    /// 0x14: room for that many more discoverable credentials.
    pub remaining_discoverable_credentials: Option<u64>,
    /// 0x15: subcommands of authenticatorConfig's vendorPrototype. Present and empty: it has the command.
    pub vendor_prototype_config_commands: Option<Vec<u64>>,
    /// 0x16: attestation formats; `packed` if absent.
    pub attestation_formats: Vec<String>,
    /// 0x17: verifications by built-in means since the last PIN.
    pub uv_count_since_last_pin_entry: Option<u64>,
    /// 0x18: whether a reset wants a touch of ten seconds.
    pub long_touch_for_reset: Option<bool>,
    /// 0x19: identifier of this key, encrypted for holders of a persistent token: 16 bytes IV, 16 bytes.
    pub enc_identifier: Option<Vec<u8>>,
    /// 0x1A: where a reset may come from.
    pub transports_for_reset: Vec<Transport>,
    /// 0x1B: whether PINs must be more than long.
    pub pin_complexity_policy: Option<bool>,
    /// 0x1C: where that policy is explained.
    pub pin_complexity_policy_url: Option<Vec<u8>>,
    /// 0x1D: longest PIN in code points; 63 if absent.
    pub max_pin_length: Option<u64>,
    /// 0x1E: changes whenever credentials do, encrypted as 0x19 is.
    pub enc_cred_store_state: Option<Vec<u8>>,
    /// 0x1F: subcommands of authenticatorConfig.
    pub authenticator_config_commands: Option<Vec<u64>>,
    /// What a newer edition adds.
    pub unknown: Map,
}

impl Info {
    /// Longest message in bytes of a key that does not say (§6.4).
    pub const DEFAULT_MAX_MSG_SIZE: u64 = 1024;

    /// Longest message in bytes.
    #[must_use]
    pub fn max_msg_size(&self) -> u64 {
        self.max_msg_size.unwrap_or(Self::DEFAULT_MAX_MSG_SIZE)
    }

    /// Shortest PIN in code points.
    #[must_use]
    pub fn min_pin_length(&self) -> u64 {
        self.min_pin_length.unwrap_or(4)
    }

    /// Whether the key names this version.
    #[must_use]
    pub fn has_version(&self, version: &str) -> bool {
        self.versions.iter().any(|candidate| candidate == version)
    }

    /// Whether the key names this extension.
    #[must_use]
    pub fn has_extension(&self, extension: &str) -> bool {
        self.extensions.iter().any(|candidate| candidate == extension)
    }
}

fn put_texts(map: &mut Map, key: i32, items: &[String]) {
    if !items.is_empty() {
        map.insert(key, texts(items));
    }
}

fn put_numbers(map: &mut Map, key: i32, numbers: &[u64]) {
    map.insert(key, numbers.iter().copied().map(Value::from).collect::<Vec<_>>());
}

impl Message for Info {
    fn to_map(&self) -> Option<Map> {
        let mut map = self.unknown.clone();
        map.insert(0x01, texts(&self.versions));
        put_texts(&mut map, 0x02, &self.extensions);
        map.insert(0x03, &self.aaguid);
        put(&mut map, 0x04, Some(&self.options).filter(|options| options.iter().next().is_some()));
        put(&mut map, 0x05, self.max_msg_size);
        if !self.pin_uv_auth_protocols.is_empty() {
            put_numbers(&mut map, 0x06, &self.pin_uv_auth_protocols);
        }
        put(&mut map, 0x07, self.max_credential_count_in_list);
        put(&mut map, 0x08, self.max_credential_id_length);
        put_list(&mut map, 0x09, &self.transports);
        put_list(&mut map, 0x0a, &self.algorithms);
        put(&mut map, 0x0b, self.max_serialized_large_blob_array);
        put(&mut map, 0x0c, self.force_pin_change);
        put(&mut map, 0x0d, self.min_pin_length);
        put(&mut map, 0x0e, self.firmware_version);
        put(&mut map, 0x0f, self.max_cred_blob_length);
        put(&mut map, 0x10, self.max_rpids_for_set_min_pin_length);
        put(&mut map, 0x11, self.preferred_platform_uv_attempts);
        put(&mut map, 0x12, self.uv_modality);
        put_map(&mut map, 0x13, &self.certifications);
        put(&mut map, 0x14, self.remaining_discoverable_credentials);
        if let Some(commands) = &self.vendor_prototype_config_commands {
            put_numbers(&mut map, 0x15, commands);
        }
        put_texts(&mut map, 0x16, &self.attestation_formats);
        put(&mut map, 0x17, self.uv_count_since_last_pin_entry);
        put(&mut map, 0x18, self.long_touch_for_reset);
        put(&mut map, 0x19, self.enc_identifier.as_deref());
        put_list(&mut map, 0x1a, &self.transports_for_reset);
        put(&mut map, 0x1b, self.pin_complexity_policy);
        put(&mut map, 0x1c, self.pin_complexity_policy_url.as_deref());
        put(&mut map, 0x1d, self.max_pin_length);
        put(&mut map, 0x1e, self.enc_cred_store_state.as_deref());
        if let Some(commands) = &self.authenticator_config_commands {
            put_numbers(&mut map, 0x1f, commands);
        }
        Some(map)
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        let mut members = Members::from(map);
        let members = &mut members;
        let mut info = Self {
            versions: members.take(0x01, "versions")?,
            extensions: members.take_or_empty(0x02, "extensions")?,
            aaguid: members.take(0x03, "aaguid")?,
            options: members.take_or_empty(0x04, "options")?,
            max_msg_size: members.take_optional(0x05, "maxMsgSize")?,
            pin_uv_auth_protocols: members.take_or_empty(0x06, "pinUvAuthProtocols")?,
            max_credential_count_in_list: members.take_optional(0x07, "maxCredentialCountInList")?,
            max_credential_id_length: members.take_optional(0x08, "maxCredentialIdLength")?,
            transports: members.take_or_empty(0x09, "transports")?,
            algorithms: members.take_or_empty(0x0a, "algorithms")?,
            max_serialized_large_blob_array: members.take_optional(0x0b, "maxSerializedLargeBlobArray")?,
            force_pin_change: members.take_optional(0x0c, "forcePINChange")?,
            min_pin_length: members.take_optional(0x0d, "minPINLength")?,
            firmware_version: members.take_optional(0x0e, "firmwareVersion")?,
            max_cred_blob_length: members.take_optional(0x0f, "maxCredBlobLength")?,
            max_rpids_for_set_min_pin_length: members.take_optional(0x10, "maxRPIDsForSetMinPINLength")?,
            preferred_platform_uv_attempts: members.take_optional(0x11, "preferredPlatformUvAttempts")?,
            uv_modality: members.take_optional(0x12, "uvModality")?,
            certifications: members.take_or_empty(0x13, "certifications")?,
            remaining_discoverable_credentials: members.take_optional(0x14, "remainingDiscoverableCredentials")?,
            vendor_prototype_config_commands: members.take_optional(0x15, "vendorPrototypeConfigCommands")?,
            attestation_formats: members.take_or_empty(0x16, "attestationFormats")?,
            uv_count_since_last_pin_entry: members.take_optional(0x17, "uvCountSinceLastPinEntry")?,
            long_touch_for_reset: members.take_optional(0x18, "longTouchForReset")?,
            enc_identifier: members.take_optional(0x19, "encIdentifier")?,
            transports_for_reset: members.take_or_empty(0x1a, "transportsForReset")?,
            pin_complexity_policy: members.take_optional(0x1b, "pinComplexityPolicy")?,
            pin_complexity_policy_url: members.take_optional(0x1c, "pinComplexityPolicyURL")?,
            max_pin_length: members.take_optional(0x1d, "maxPINLength")?,
            enc_cred_store_state: members.take_optional(0x1e, "encCredStoreState")?,
            authenticator_config_commands: members.take_optional(0x1f, "authenticatorConfigCommands")?,
            unknown: Map::new(),
        };
        info.unknown = std::mem::replace(members, Members::from(Map::new())).rest();
        Ok(info)
    }
}
