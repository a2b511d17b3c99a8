//! authenticatorMakeCredential (§6.1).

use crate::attestation::{AttestationObject, Statement};
use crate::auth_data::AuthenticatorData;
use crate::entity::{CredentialParameters, Descriptor, RpEntity, UserEntity};
use crate::extension::Extensions;
use crate::member::{FromCbor, Malformed, Member, Members, array, put, put_list, put_map, texts};
use crate::secret::LargeBlobKey;
use crate::{Command, Map, Message, Strictness, Value};

/// Make a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MakeCredential {
    /// SHA-256 of the client data.
    pub client_data_hash: [u8; 32],
    /// For whom.
    pub rp: RpEntity,
    /// For which account.
    pub user: UserEntity,
    /// What the relying party takes, best first. Types that nobody knows are kept and skipped.
    pub pub_key_cred_params: Vec<CredentialParameters>,
    /// Credentials that must not be on this key already. Empty is absent.
    pub exclude_list: Vec<Descriptor>,
    /// Inputs of extensions. Empty is absent.
    pub extensions: Extensions,
    /// Options.
    pub options: Options,
    /// Proof of a pinUvAuthToken over the client data hash. Present with no bytes, it asks for a touch only.
    pub pin_uv_auth_param: Option<Vec<u8>>,
    /// The protocol of that proof, as a number: judging it is a step of its own (§6.1.2).
    pub pin_uv_auth_protocol: Option<u64>,
    /// 1 vendor-facilitated, 2 platform-managed (§7.1).
    pub enterprise_attestation: Option<u64>,
    /// Attestation formats, best first. Empty is absent.
    pub attestation_formats_preference: Vec<String>,
}

/// Options; absent ones have a default of the standard (rk and uv false, up true).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Make the credential discoverable.
    pub rk: Option<bool>,
    /// Ask for presence; `false` is not allowed in this command.
    pub up: Option<bool>,
    /// Verify the person by built-in means.
    pub uv: Option<bool>,
}

impl Options {
    pub(crate) fn to_map(self) -> Map {
        let mut map = Map::new();
        put(&mut map, "rk", self.rk);
        put(&mut map, "up", self.up);
        put(&mut map, "uv", self.uv);
        map
    }
}

impl FromCbor for Options {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        let mut members = Members::of(value, member)?;
        Ok(Self {
            rk: members.take_optional("rk", "options.rk")?,
            up: members.take_optional("up", "options.up")?,
            uv: members.take_optional("uv", "options.uv")?,
        })
    }
}

impl Message for MakeCredential {
    fn to_map(&self) -> Option<Map> {
        let mut map = Map::new();
        map.insert(1, self.client_data_hash);
        map.insert(2, &self.rp);
        map.insert(3, &self.user);
        map.insert(4, array(&self.pub_key_cred_params));
        put_list(&mut map, 5, &self.exclude_list);
        put_map(&mut map, 6, self.extensions.as_map());
        put_map(&mut map, 7, &self.options.to_map());
        put(&mut map, 8, self.pin_uv_auth_param.as_deref());
        put(&mut map, 9, self.pin_uv_auth_protocol);
        put(&mut map, 0x0a, self.enterprise_attestation);
        let formats = &self.attestation_formats_preference;
        put(&mut map, 0x0b, Some(formats).filter(|formats| !formats.is_empty()).map(|formats| texts(formats)));
        Some(map)
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        let mut members = Members::from(map);
        Ok(Self {
            client_data_hash: members.take(1, "clientDataHash")?,
            rp: members.take(2, "rp")?,
            user: members.take(3, "user")?,
            pub_key_cred_params: members.take(4, "pubKeyCredParams")?,
            exclude_list: members.take_or_empty(5, "excludeList")?,
            extensions: members.take_or_empty(6, "extensions")?,
            options: members.take_or_empty(7, "options")?,
            pin_uv_auth_param: members.take_optional(8, "pinUvAuthParam")?,
            pin_uv_auth_protocol: members.take_optional(9, "pinUvAuthProtocol")?,
            enterprise_attestation: members.take_optional(0x0a, "enterpriseAttestation")?,
            attestation_formats_preference: members.take_or_empty(0x0b, "attestationFormatsPreference")?,
        })
    }
}

impl Command for MakeCredential {
    const CODE: u8 = 0x01;
    type Reply = Reply;
}

/// A new credential.
#[derive(Debug)]
pub struct Reply {
    /// `fmt` and `attStmt`.
    pub statement: Statement,
    /// Authenticator data, byte for byte; [`Reply::authenticator_data`] takes it apart.
    pub auth_data: Vec<u8>,
    /// Whether the statement is an enterprise attestation.
    pub ep_att: Option<bool>,
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

    /// The form that a relying party gets.
    #[must_use]
    pub fn attestation_object(&self) -> AttestationObject {
        AttestationObject { auth_data: self.auth_data.clone(), statement: self.statement.clone() }
    }
}

impl Message for Reply {
    fn to_map(&self) -> Option<Map> {
        let mut map = Map::new();
        map.insert(1, self.statement.format());
        map.insert(2, self.auth_data.as_slice());
        map.insert(3, self.statement.to_map());
        put(&mut map, 4, self.ep_att);
        put(&mut map, 5, self.large_blob_key.as_ref());
        put_map(&mut map, 6, &self.unsigned_extension_outputs);
        Some(map)
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        let mut members = Members::from(map);
        let format = members.take(1, "fmt")?;
        let auth_data = members.take(2, "authData")?;
        // Absent with format "none" (§6.1.2).
        let statement = Statement::from_parts(format, members.take_or_empty(3, "attStmt")?);
        Ok(Self {
            statement,
            auth_data,
            ep_att: members.take_optional(4, "epAtt")?,
            large_blob_key: members.take_optional(5, "largeBlobKey")?,
            unsigned_extension_outputs: members.take_or_empty(6, "unsignedExtensionOutputs")?,
        })
    }
}
