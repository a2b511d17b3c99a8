//! authenticatorGetAssertion and authenticatorGetNextAssertion (§6.2, §6.3).
//!
//! Left out: attestation of assertions. WebAuthn Level 3 has no way to ask for it; its members count as unknown.

use crate::auth_data::AuthenticatorData;
use crate::entity::{Descriptor, RpId, UserEntity};
use crate::extension::Extensions;
use crate::make_credential::Options;
use crate::member::{Malformed, Members, put, put_list, put_map};
use crate::secret::LargeBlobKey;
use crate::{Command, Map, Message, Strictness};

/// Sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetAssertion {
    /// For whom.
    pub rp_id: RpId,
    /// SHA-256 of the client data.
    pub client_data_hash: [u8; 32],
    /// Credentials that will do. Empty is absent: any discoverable one.
    pub allow_list: Vec<Descriptor>,
    /// Inputs of extensions. Empty is absent.
    pub extensions: Extensions,
    /// Options; `rk` is not one of this command's, `up: false` asks without a touch.
    pub options: Options,
    /// Proof of a pinUvAuthToken over the client data hash. Present with no bytes, it asks for a touch only.
    pub pin_uv_auth_param: Option<Vec<u8>>,
    /// The protocol of that proof, as a number: judging it is a step of its own (§6.2.2).
    pub pin_uv_auth_protocol: Option<u64>,
}

impl Message for GetAssertion {
    fn to_map(&self) -> Option<Map> {
        let mut map = Map::new();
        map.insert(1, &self.rp_id);
        map.insert(2, self.client_data_hash);
        put_list(&mut map, 3, &self.allow_list);
        put_map(&mut map, 4, self.extensions.as_map());
        put_map(&mut map, 5, &self.options.to_map());
        put(&mut map, 6, self.pin_uv_auth_param.as_deref());
        put(&mut map, 7, self.pin_uv_auth_protocol);
        Some(map)
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        let mut members = Members::from(map);
        Ok(Self {
            rp_id: members.take(1, "rpId")?,
            client_data_hash: members.take(2, "clientDataHash")?,
            allow_list: members.take_or_empty(3, "allowList")?,
            extensions: members.take_or_empty(4, "extensions")?,
            options: members.take_or_empty(5, "options")?,
            pin_uv_auth_param: members.take_optional(6, "pinUvAuthParam")?,
            pin_uv_auth_protocol: members.take_optional(7, "pinUvAuthProtocol")?,
        })
    }
}

impl Command for GetAssertion {
    const CODE: u8 = 0x02;
    type Reply = Reply;
}

/// The next of several assertions; no parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetNextAssertion;

impl Message for GetNextAssertion {
    fn to_map(&self) -> Option<Map> {
        None
    }

    fn from_map(_: Map) -> Result<Self, Malformed> {
        Ok(Self)
    }
}

impl Command for GetNextAssertion {
    const CODE: u8 = 0x08;
    type Reply = Reply;
}

/// One assertion.
#[derive(Debug)]
pub struct Reply {
    /// Which credential signed. CTAP 2.0 lets a key leave it out where the allow list names only one.
    pub credential: Option<Descriptor>,
    /// Authenticator data, byte for byte; [`Reply::authenticator_data`] takes it apart.
    pub auth_data: Vec<u8>,
    /// Over authenticator data ‖ client data hash.
    pub signature: Vec<u8>,
    /// The account of a discoverable credential.
    pub user: Option<UserEntity>,
    /// How many assertions there are, in the first of several.
    pub number_of_credentials: Option<u64>,
    /// Whether the person chose this one on the key.
    pub user_selected: Option<bool>,
    /// Asked for by the largeBlobKey extension.
    pub large_blob_key: Option<LargeBlobKey>,
    /// Outputs of extensions that are not signed. Empty is absent.
    pub unsigned_extension_outputs: Map,
}

impl Reply {
    /// The authenticator data, taken apart.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn authenticator_data(&self, strictness: Strictness) -> Result<AuthenticatorData, Malformed> {
        AuthenticatorData::decode(&self.auth_data, strictness)
    }
}

impl Message for Reply {
    fn to_map(&self) -> Option<Map> {
        let mut map = Map::new();
        put(&mut map, 1, self.credential.as_ref());
        map.insert(2, self.auth_data.as_slice());
        map.insert(3, self.signature.as_slice());
        put(&mut map, 4, self.user.as_ref());
        put(&mut map, 5, self.number_of_credentials);
        put(&mut map, 6, self.user_selected);
        put(&mut map, 7, self.large_blob_key.as_ref());
        put_map(&mut map, 8, &self.unsigned_extension_outputs);
        Some(map)
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        let mut members = Members::from(map);
        Ok(Self {
            credential: members.take_optional(1, "credential")?,
            auth_data: members.take(2, "authData")?,
            signature: members.take(3, "signature")?,
            user: members.take_optional(4, "user")?,
            number_of_credentials: members.take_optional(5, "numberOfCredentials")?,
            user_selected: members.take_optional(6, "userSelected")?,
            large_blob_key: members.take_optional(7, "largeBlobKey")?,
            unsigned_extension_outputs: members.take_or_empty(8, "unsignedExtensionOutputs")?,
        })
    }
}
