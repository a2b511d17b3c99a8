//! authenticatorGetInfo (§6.4): exactly what this key can do now, no more.

use fob_ctap::Command;
use fob_ctap::config::{EnableEnterpriseAttestation, EnableLongTouchForReset, SetMinPinLength, ToggleAlwaysUv};
use fob_ctap::entity::{CredentialParameters, Transport};
use fob_ctap::get_info::{GetInfo, Info, Options, option, version};
use fob_ctap::persistent::SealedMember;
use fob_ctap::pin::{PinUvAuthToken, Protocol};
use fob_ctap::subcommand::Subcommand;
use zeroize::Zeroizing;

use crate::{Abilities, Authenticator, Edition};

/// Of uvModality's bits (FIDO Registry of Predefined Values §3.1), fingers. A PIN that the platform asks for is none of
/// the built-in methods.
const FINGERPRINT_INTERNAL: u64 = 0x02;
/// How often a platform should try fingers before it asks for the PIN.
const PREFERRED_UV_ATTEMPTS: u64 = 3;

impl Authenticator {
    pub(super) fn get_info(&mut self) -> Vec<u8> {
        let info = Info {
            enc_identifier: self.told_to_holders(SealedMember::Identifier),
            enc_cred_store_state: self.told_to_holders(SealedMember::CredStoreState),
            ..self.info()
        };
        GetInfo::encode_reply(&info)
    }

    /// What the key says of itself. Members that came with an edition are left out by keys of older ones.
    fn info(&self) -> Info {
        let can = &self.abilities;
        let state = &self.state;
        let fingers = can.fingerprints.is_some();
        let since_21 = can.edition >= Edition::Ctap21;
        let since_23 = can.edition >= Edition::Ctap23;
        Info {
            versions: self.versions().into_iter().map(str::to_owned).collect(),
            extensions: self.extension_names().into_iter().map(str::to_owned).collect(),
            aaguid: can.aaguid,
            options: self.options(),
            max_msg_size: Some(can.max_message as u64),
            pin_uv_auth_protocols: can.pin_protocols.iter().copied().map(Protocol::number).collect(),
            max_credential_count_in_list: since_21.then(|| can.list_limit() as u64),
            max_credential_id_length: since_21.then(|| can.max_credential_id_length() as u64),
            transports: if since_21 { vec![Transport::Usb] } else { Vec::new() },
            algorithms: if since_21 { algorithms(can) } else { Vec::new() },
            max_serialized_large_blob_array: can.large_blobs.array().map(|size| size as u64),
            force_pin_change: can.set_min_pin_length.map(|_| state.settings.force_pin_change),
            min_pin_length: (can.client_pin && since_21).then(|| self.min_pin_length()),
            firmware_version: can.firmware_version,
            max_cred_blob_length: can.extensions.cred_blob.map(|length| length as u64),
            max_rpids_for_set_min_pin_length: can.set_min_pin_length.map(|count| count as u64),
            preferred_platform_uv_attempts: fingers.then_some(PREFERRED_UV_ATTEMPTS),
            uv_modality: fingers.then_some(FINGERPRINT_INTERNAL),
            remaining_discoverable_credentials: (can.capacity > 0 && since_21)
                .then(|| can.capacity.saturating_sub(state.residents.len()) as u64),
            attestation_formats: self.attestation_formats(),
            uv_count_since_last_pin_entry: (fingers && since_23).then_some(state.uv_count),
            long_touch_for_reset: can.long_touch_for_reset.then_some(state.settings.long_touch_for_reset),
            transports_for_reset: if since_23 { vec![Transport::Usb] } else { Vec::new() },
            pin_complexity_policy: can.pin_complexity.then_some(state.settings.pin_complexity),
            max_pin_length: (can.client_pin && since_23).then_some(fob_ctap::pin::Pin::LONGEST as u64),
            authenticator_config_commands: (can.config() && since_23).then(|| config_commands(can)),
            ..Info::default()
        }
    }

    /// 0x01. What an edition demands (§9) has to be there, or its name is not.
    fn versions(&self) -> Vec<&'static str> {
        let can = &self.abilities;
        let manages = can.capacity == 0 || (can.credential_management && can.extensions.cred_protect);
        let verifies = (!can.client_pin && can.fingerprints.is_none())
            || (can.pin_uv_auth_token && can.pin_protocols.contains(&Protocol::Two));
        let complete = can.extensions.hmac_secret && manages && verifies;
        let switches = [
            // alwaysUv switches U2F off, which verifies nobody (§7.2.4).
            (version::U2F_V2, can.u2f && !self.always_uv()),
            (version::FIDO_2_0, true),
            (version::FIDO_2_1_PRE, can.preview),
            (version::FIDO_2_1, complete && can.edition >= Edition::Ctap21),
            (version::FIDO_2_3, complete && can.edition >= Edition::Ctap23),
        ];
        switches.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect()
    }

    /// 0x04.
    fn options(&self) -> Options {
        let can = &self.abilities;
        let fingers = can.fingerprints;
        let since_21 = can.edition >= Edition::Ctap21;
        let always_uv = self.always_uv();
        let switches = [
            (option::PLAT, Some(false)),
            (option::RK, Some(can.capacity > 0)),
            (option::UP, Some(true)),
            (option::CLIENT_PIN, can.client_pin.then(|| self.state.pin.is_some())),
            (option::UV, fingers.map(|_| self.has_fingers())),
            (option::PIN_UV_AUTH_TOKEN, can.pin_uv_auth_token.then_some(true)),
            (option::MAKE_CRED_UV_NOT_RQD, can.make_cred_uv_not_required.then_some(!always_uv)),
            (option::ALWAYS_UV, can.always_uv.then_some(always_uv)),
            (option::CRED_MGMT, (can.credential_management && since_21).then_some(true)),
            (option::PER_CRED_MGMT_RO, self.has_read_only_tokens().then_some(true)),
            (option::CREDENTIAL_MGMT_PREVIEW, (can.credential_management && can.preview).then_some(true)),
            (option::LARGE_BLOBS, can.large_blobs.array().map(|_| true)),
            (option::EP, can.enterprise_attestation.as_ref().map(|_| self.state.settings.enterprise_attestation)),
            (option::BIO_ENROLL, fingers.filter(|_| since_21).map(|_| self.has_fingers())),
            (option::USER_VERIFICATION_MGMT_PREVIEW, fingers.filter(|_| can.preview).map(|_| self.has_fingers())),
            (option::UV_BIO_ENROLL, fingers.filter(|fingers| fingers.enrolls_by_uv).map(|_| true)),
            (option::UV_ACFG, fingers.filter(|fingers| fingers.configures_by_uv && can.config()).map(|_| true)),
            (option::AUTHNR_CFG, can.config().then_some(true)),
            (option::SET_MIN_PIN_LENGTH, can.set_min_pin_length.map(|_| true)),
        ];
        switches.into_iter().filter_map(|(name, answer)| Some((name, answer?))).collect()
    }

    /// 0x19 and 0x1E: there while somebody holds a persistent token, another value each time.
    fn told_to_holders(&mut self, member: SealedMember) -> Option<Vec<u8>> {
        let token = self.persistent_token(Protocol::Two)?;
        let plain = match member {
            SealedMember::Identifier => self.state.device_key.identifier(),
            SealedMember::CredStoreState => self.state.device_key.store_state(self.state.store_version),
        };
        Some(member.seal(&token, &plain, &mut *self.rng).to_vec())
    }

    /// Whether it gives persistent tokens.
    pub(crate) fn has_read_only_tokens(&self) -> bool {
        self.abilities.read_only_tokens && self.abilities.credential_management && self.abilities.pin_uv_auth_token
    }

    /// The persistent token, if somebody holds one.
    pub(crate) fn persistent_token(&self, protocol: Protocol) -> Option<PinUvAuthToken> {
        let token = self.state.persistent_token.as_ref().filter(|_| self.has_read_only_tokens())?;
        PinUvAuthToken::from_plain(protocol, Zeroizing::new(token.to_vec()))
    }

    /// Shortest PIN in code points.
    pub(crate) fn min_pin_length(&self) -> u64 {
        self.state.settings.min_pin_length.unwrap_or(0).max(self.abilities.min_pin_length)
    }
}

fn algorithms(can: &Abilities) -> Vec<CredentialParameters> {
    can.algorithms.iter().map(|kind| CredentialParameters::public_key(kind.algorithm())).collect()
}

fn config_commands(can: &Abilities) -> Vec<u64> {
    let switches = [
        (EnableEnterpriseAttestation::NUMBER, can.enterprise_attestation.is_some()),
        (ToggleAlwaysUv::NUMBER, can.always_uv),
        (SetMinPinLength::NUMBER, can.set_min_pin_length.is_some()),
        (EnableLongTouchForReset::NUMBER, can.long_touch_for_reset),
    ];
    switches.into_iter().filter(|(_, can)| *can).map(|(number, _)| number.into()).collect()
}
