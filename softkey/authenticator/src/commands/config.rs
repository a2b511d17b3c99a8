//! authenticatorConfig (§6.11): settings of the key.

use fob_ambient::Millis;
use fob_ctap::client_pin::Permissions;
use fob_ctap::config::{Config, SetMinPinLength};
use fob_ctap::pin::Pin;
use fob_ctap::subcommand::Received;
use fob_ctap::{Status, config};

use crate::Authenticator;
use crate::state::{Change, Settings};

impl Authenticator {
    pub(super) fn config(&mut self, request: Received<Config>, now: Millis) -> Result<Vec<u8>, Status> {
        // Step 2.
        if !self.has_config(request.number) {
            return Err(Status::InvalidSubcommand);
        }
        // Step 3: who has nothing to protect it with may set up a key without a proof.
        if self.is_protected() || self.always_uv() {
            let proof = request.pin_uv_auth_param.as_deref().ok_or(Status::PuatRequired)?;
            let protocol = self.protocol(request.pin_uv_auth_protocol)?;
            let token = &mut self.pins.protocol(protocol).token;
            let proven = token.verify(request.message(), proof, now);
            if !proven || !token.permits(Permissions::AUTHENTICATOR_CONFIG) {
                return Err(Status::PinAuthInvalid);
            }
        }
        match request.subcommand.map_err(|malformed| malformed.status())? {
            Config::EnableEnterpriseAttestation(_) => {
                self.set(|settings| Settings { enterprise_attestation: true, ..settings })?;
            }
            Config::ToggleAlwaysUv(_) => {
                self.set(|settings| Settings { always_uv: !settings.always_uv, ..settings })?;
            }
            Config::SetMinPinLength(request) => self.set_min_pin_length(request)?,
            Config::EnableLongTouchForReset(_) => {
                self.set(|settings| Settings { long_touch_for_reset: true, ..settings })?;
            }
            Config::VendorPrototype(_) => return Err(Status::InvalidSubcommand),
        }
        Ok(vec![0])
    }

    fn has_config(&self, number: u8) -> bool {
        use fob_ctap::subcommand::Subcommand;
        let can = &self.abilities;
        match number {
            config::EnableEnterpriseAttestation::NUMBER => can.enterprise_attestation.is_some(),
            config::ToggleAlwaysUv::NUMBER => can.always_uv,
            config::SetMinPinLength::NUMBER => can.set_min_pin_length.is_some(),
            config::EnableLongTouchForReset::NUMBER => can.long_touch_for_reset,
            _ => false,
        }
    }

    fn set(&mut self, change: impl FnOnce(Settings) -> Settings) -> Result<(), Status> {
        let settings = change(self.state.settings.clone());
        self.commit(vec![Change::Settings(Box::new(settings))])
    }

    /// setMinPINLength (§6.11.4).
    fn set_min_pin_length(&mut self, request: SetMinPinLength) -> Result<(), Status> {
        let shortest = request.new_min_pin_length.unwrap_or_else(|| self.min_pin_length());
        if request.pin_complexity_policy.is_some() && !self.abilities.pin_complexity {
            return Err(Status::InvalidParameter);
        }
        // Neither can be taken back but by a reset.
        if shortest < self.min_pin_length() || shortest > Pin::LONGEST as u64 {
            return Err(Status::PinPolicyViolation);
        }
        let settings = &self.state.settings;
        if settings.pin_complexity && request.pin_complexity_policy == Some(false) {
            return Err(Status::PinPolicyViolation);
        }
        let rp_ids = request.min_pin_length_rp_ids.unwrap_or_else(|| settings.min_pin_length_rp_ids.clone());
        if rp_ids.len() > self.abilities.set_min_pin_length.unwrap_or(0) {
            return Err(Status::KeyStoreFull);
        }
        let forced = request.force_change_pin == Some(true);
        if forced && self.state.pin.is_none() {
            return Err(Status::PinNotSet);
        }
        let pin_complexity = settings.pin_complexity || request.pin_complexity_policy == Some(true);
        let newly_complex = pin_complexity && !settings.pin_complexity;
        // Of the PIN only its length is known.
        let outgrown = self.state.pin.as_ref().is_some_and(|pin| pin.code_points < shortest || newly_complex);
        let settings = Settings {
            min_pin_length: Some(shortest),
            min_pin_length_rp_ids: rp_ids,
            force_pin_change: settings.force_pin_change || forced || outgrown,
            pin_complexity,
            ..settings.clone()
        };
        let force = settings.force_pin_change;
        let mut changes = vec![Change::Settings(Box::new(settings))];
        if force {
            changes.push(Change::PersistentToken(None));
        }
        self.commit(changes)?;
        if force {
            self.pins.reset_tokens(&mut *self.rng);
        }
        Ok(())
    }
}
