//! authenticatorGetInfo (§6.4): exactly what this key does, no more.

use fob_ctap::Command;
use fob_ctap::cose::Algorithm;
use fob_ctap::entity::{CredentialParameters, Transport};
use fob_ctap::extension::CRED_PROTECT;
use fob_ctap::get_info::{GetInfo, Info, option, version};
use fob_ctap::pin::Protocol;

use crate::identity::{AAGUID, FIRMWARE_VERSION, MAX_CREDENTIAL_COUNT_IN_LIST, MAX_MESSAGE, MIN_PIN_LENGTH};
use crate::{Authenticator, CAPACITY, SEALED_ID_LENGTH};

impl Authenticator {
    pub(super) fn get_info(&self) -> Vec<u8> {
        GetInfo::encode_reply(&self.info())
    }

    /// What the key says of itself.
    ///
    /// FIDO_2_1 and FIDO_2_3 are not among the versions: they demand hmac-secret, and credential management of a key
    /// that holds credentials (§9). What is here of them (tokens with permissions, credProtect) is named by itself.
    fn info(&self) -> Info {
        Info {
            versions: vec![version::FIDO_2_0.to_owned()],
            extensions: vec![CRED_PROTECT.to_owned()],
            aaguid: AAGUID,
            options: [
                (option::PLAT, false),
                (option::RK, true),
                (option::CLIENT_PIN, self.is_protected()),
                (option::UP, true),
                (option::PIN_UV_AUTH_TOKEN, true),
                (option::MAKE_CRED_UV_NOT_RQD, true),
            ]
            .into_iter()
            .collect(),
            max_msg_size: Some(MAX_MESSAGE as u64),
            pin_uv_auth_protocols: vec![Protocol::Two.number(), Protocol::One.number()],
            max_credential_count_in_list: Some(MAX_CREDENTIAL_COUNT_IN_LIST as u64),
            max_credential_id_length: Some(SEALED_ID_LENGTH as u64),
            transports: vec![Transport::Usb],
            algorithms: vec![CredentialParameters::public_key(Algorithm::ES256)],
            min_pin_length: Some(MIN_PIN_LENGTH),
            firmware_version: Some(FIRMWARE_VERSION),
            remaining_discoverable_credentials: Some(CAPACITY.saturating_sub(self.state.residents.len()) as u64),
            attestation_formats: vec!["packed".to_owned()],
            ..Info::default()
        }
    }
}
