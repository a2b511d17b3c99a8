//! authenticatorClientPIN (§6.5.5). Messages whose members are missing, or whose protocol is none, never get here: the
//! first steps of each subcommand are `fob_ctap`'s decoding.

use fob_ambient::Millis;
use fob_ctap::client_pin::{
    ChangePin, ClientPin, GetKeyAgreement, GetPinRetries, GetPinToken, GetPinTokenWithPermissions, GetUvRetries,
    GetUvToken, KeyAgreement, Permissions, PinRetries, SetPin, Token, UvRetries,
};
use fob_ctap::cose::KeyAgreementKey;
use fob_ctap::entity::RpId;
use fob_ctap::pin::{Pin, PinShapeError, PinUvAuthToken, Protocol, SharedSecret};
use fob_ctap::{Command, Status};
use zeroize::Zeroizing;

use super::Then;
use crate::Authenticator;
use crate::authenticator::Step;
use crate::identity::{MAX_PIN_RETRIES, MAX_UV_RETRIES};
use crate::pin_complexity::is_complex;
use crate::state::{Change, Settings, StoredPin};

/// What a PIN gives a token for that names no permissions (§6.5.5.7.1).
const DEFAULT_PERMISSIONS: Permissions = Permissions(Permissions::MAKE_CREDENTIAL.0 | Permissions::GET_ASSERTION.0);

/// What persistent tokens are for.
const READ_ONLY: Permissions = Permissions::PERSISTENT_CREDENTIAL_MANAGEMENT_READ_ONLY;

/// A token that a finger shall give.
#[derive(Debug)]
pub(crate) struct TokenWish {
    shared: SharedSecret,
    permissions: Permissions,
    pub(super) rp_id: Option<RpId>,
}

/// What gives the token: some permissions are not for every way (§6.5.5.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Pin,
    Finger,
}

impl Authenticator {
    pub(super) fn client_pin(&mut self, request: ClientPin, now: Millis) -> Result<Step, Status> {
        if !self.has_subcommand(&request) {
            return Err(Status::InvalidSubcommand);
        }
        let reply = match request {
            ClientPin::GetPinRetries(_) => GetPinRetries::encode_reply(&self.pin_retries()),
            ClientPin::GetUvRetries(_) => GetUvRetries::encode_reply(&UvRetries { retries: self.state.uv_retries }),
            ClientPin::GetKeyAgreement(request) => {
                let protocol = self.protocol(Some(request.protocol.number()))?;
                let key = self.pins.protocol(protocol).agreement.public();
                GetKeyAgreement::encode_reply(&KeyAgreement { key })
            }
            ClientPin::SetPin(request) => self.set_pin(&request).map(|()| SetPin::encode_reply(&()))?,
            ClientPin::ChangePin(request) => self.change_pin(&request).map(|()| ChangePin::encode_reply(&()))?,
            ClientPin::GetPinToken(request) => GetPinToken::encode_reply(&self.pin_token(&request, now)?),
            ClientPin::GetPinTokenWithPermissions(request) => {
                GetPinTokenWithPermissions::encode_reply(&self.pin_token_with_permissions(request, now)?)
            }
            ClientPin::GetUvToken(request) => return self.uv_token(request, now),
        };
        Ok(Step::Reply(reply))
    }

    fn has_subcommand(&self, request: &ClientPin) -> bool {
        let can = &self.abilities;
        match request {
            ClientPin::GetKeyAgreement(_) => true,
            ClientPin::GetPinRetries(_)
            | ClientPin::SetPin(_)
            | ClientPin::ChangePin(_)
            | ClientPin::GetPinToken(_) => can.client_pin,
            ClientPin::GetPinTokenWithPermissions(_) => can.client_pin && can.pin_uv_auth_token,
            ClientPin::GetUvRetries(_) => can.fingerprints.is_some(),
            ClientPin::GetUvToken(_) => can.fingerprints.is_some() && can.pin_uv_auth_token,
        }
    }

    /// getPINRetries (§6.5.5.2).
    fn pin_retries(&self) -> PinRetries {
        PinRetries { retries: self.state.pin_retries, power_cycle_state: Some(self.pins.is_blocked()) }
    }

    /// setPIN (§6.5.5.5).
    fn set_pin(&mut self, request: &SetPin) -> Result<(), Status> {
        if self.state.pin.is_some() {
            return Err(Status::PinAuthInvalid);
        }
        let shared = self.shared_secret(request.protocol, &request.key_agreement)?;
        if !shared.verify(&request.new_pin_enc, &request.pin_uv_auth_param) {
            return Err(Status::PinAuthInvalid);
        }
        let pin = self.new_pin(&shared, &request.new_pin_enc)?;
        self.commit(vec![Change::PinRetries(MAX_PIN_RETRIES), Change::Pin(Some(pin))])?;
        self.pins.reset_tokens(&mut *self.rng);
        Ok(())
    }

    /// changePIN (§6.5.5.6).
    fn change_pin(&mut self, request: &ChangePin) -> Result<(), Status> {
        self.pin_may_be_tried()?;
        let shared = self.shared_secret(request.protocol, &request.key_agreement)?;
        let message = [request.new_pin_enc.as_slice(), &request.pin_hash_enc].concat();
        if !shared.verify(&message, &request.pin_uv_auth_param) {
            return Err(Status::PinAuthInvalid);
        }
        self.try_pin(&shared, &request.pin_hash_enc)?;
        let pin = self.new_pin(&shared, &request.new_pin_enc)?;
        let settings = &self.state.settings;
        // Whoever has to change the PIN has to change it.
        let same = self.state.pin.as_ref().is_some_and(|old| old.hash.matches(&pin.hash));
        if settings.force_pin_change && same {
            return Err(Status::PinPolicyViolation);
        }
        let settings = Settings { force_pin_change: false, ..settings.clone() };
        self.commit(vec![
            Change::Pin(Some(pin)),
            Change::Settings(Box::new(settings)),
            // resetPersistentPinUvAuthToken().
            Change::PersistentToken(None),
        ])?;
        self.pins.reset_tokens(&mut *self.rng);
        Ok(())
    }

    /// getPinToken (§6.5.5.7.1).
    fn pin_token(&mut self, request: &GetPinToken, now: Millis) -> Result<Token, Status> {
        if request.permissions.is_some() || request.rp_id.is_some() {
            return Err(Status::InvalidParameter);
        }
        let proof = PinProof { key: &request.key_agreement, hash: &request.pin_hash_enc, protocol: request.protocol };
        self.token(&proof, Grant { permissions: DEFAULT_PERMISSIONS, rp_id: None }, Status::PinInvalid, now)
    }

    /// getPinUvAuthTokenUsingPinWithPermissions (§6.5.5.7.2).
    fn pin_token_with_permissions(
        &mut self,
        request: GetPinTokenWithPermissions,
        now: Millis,
    ) -> Result<Token, Status> {
        self.may_be_permitted(request.permissions, request.rp_id.as_ref(), By::Pin)?;
        let proof = PinProof { key: &request.key_agreement, hash: &request.pin_hash_enc, protocol: request.protocol };
        let grant = Grant { permissions: request.permissions, rp_id: request.rp_id };
        self.token(&proof, grant, Status::PinPolicyViolation, now)
    }

    /// getPinUvAuthTokenUsingUvWithPermissions (§6.5.5.7.3).
    fn uv_token(&mut self, request: GetUvToken, now: Millis) -> Result<Step, Status> {
        self.may_be_permitted(request.permissions, request.rp_id.as_ref(), By::Finger)?;
        if !self.has_fingers() {
            return Err(Status::NotAllowed);
        }
        let shared = self.shared_secret(request.protocol, &request.key_agreement)?;
        let wish = TokenWish { shared, permissions: request.permissions, rp_id: request.rp_id };
        self.verify(Then::Token(Box::new(wish)), now)
    }

    /// The token that a finger has given. A touch came with it.
    pub(super) fn token_by_finger(&mut self, wish: TokenWish, now: Millis) -> Result<Vec<u8>, Status> {
        let grant = Grant { permissions: wish.permissions, rp_id: wish.rp_id };
        let token = self.granted(&wish.shared, grant, true, now)?;
        Ok(GetUvToken::encode_reply(&token))
    }

    /// Whether such a token can be had (§6.5.5.7).
    fn may_be_permitted(&self, permissions: Permissions, rp_id: Option<&RpId>, by: By) -> Result<(), Status> {
        if permissions.is_empty() {
            return Err(Status::InvalidParameter);
        }
        let can = &self.abilities;
        let fingers = can.fingerprints;
        let by_pin = by == By::Pin;
        let rules = [
            (Permissions::CREDENTIAL_MANAGEMENT, can.credential_management),
            (Permissions::BIO_ENROLLMENT, fingers.is_some_and(|fingers| by_pin || fingers.enrolls_by_uv)),
            (Permissions::LARGE_BLOB_WRITE, can.large_blobs.array().is_some()),
            (
                Permissions::AUTHENTICATOR_CONFIG,
                can.config() && (by_pin || fingers.is_some_and(|fingers| fingers.configures_by_uv)),
            ),
            // Persistent tokens are for nothing else beside.
            (READ_ONLY, self.has_read_only_tokens() && permissions == READ_ONLY),
        ];
        if rules.into_iter().any(|(permission, allowed)| permissions.intersects(permission) && !allowed) {
            return Err(Status::UnauthorizedPermission);
        }
        // mc and ga are permissions for one RP.
        if permissions.intersects(DEFAULT_PERMISSIONS) && rp_id.is_none() {
            return Err(Status::MissingParameter);
        }
        Ok(())
    }

    /// What both ways to a token by PIN have in common, from the retries on.
    fn token(&mut self, proof: &PinProof<'_>, grant: Grant, forced: Status, now: Millis) -> Result<Token, Status> {
        self.pin_may_be_tried()?;
        let shared = self.shared_secret(proof.protocol, proof.key)?;
        self.try_pin(&shared, proof.hash)?;
        if self.state.settings.force_pin_change {
            return Err(forced);
        }
        self.granted(&shared, grant, false, now)
    }

    /// The token, encrypted.
    fn granted(
        &mut self,
        shared: &SharedSecret,
        grant: Grant,
        user_present: bool,
        now: Millis,
    ) -> Result<Token, Status> {
        let protocol = shared.protocol();
        if grant.permissions == READ_ONLY {
            let token = self.lasting_token(protocol)?;
            return Ok(Token { pin_uv_auth_token: shared.encrypt_token(&token, &mut *self.rng) });
        }
        if !self.abilities.pin_uv_auth_token {
            let token = self.pins.protocol(protocol).token.begin_unlimited(grant.permissions, now);
            return Ok(Token { pin_uv_auth_token: shared.encrypt_token(token, &mut *self.rng) });
        }
        self.pins.reset_tokens(&mut *self.rng);
        let token = &mut self.pins.protocol(protocol).token;
        let token = token.begin(user_present, grant.permissions, grant.rp_id, now);
        Ok(Token { pin_uv_auth_token: shared.encrypt_token(token, &mut *self.rng) })
    }

    /// The persistent token: made when the first platform asks for it, the same for all.
    fn lasting_token(&mut self, protocol: Protocol) -> Result<PinUvAuthToken, Status> {
        if self.state.persistent_token.is_none() {
            let mut token = Zeroizing::new([0; 32]);
            self.rng.fill(token.as_mut_slice());
            self.commit(vec![Change::PersistentToken(Some(token))])?;
        }
        self.persistent_token(protocol).ok_or(Status::Other)
    }

    /// decapsulate().
    fn shared_secret(&mut self, protocol: Protocol, key: &KeyAgreementKey) -> Result<SharedSecret, Status> {
        let protocol = self.protocol(Some(protocol.number()))?;
        let agreement = &self.pins.protocol(protocol).agreement;
        agreement.shared_secret(protocol, key).map_err(|_| Status::InvalidParameter)
    }

    /// The conditions under which a PIN is looked at. A key without one says so; the standard leaves that open.
    fn pin_may_be_tried(&self) -> Result<(), Status> {
        if self.state.pin.is_none() {
            Err(Status::PinNotSet)
        } else if self.state.pin_retries == 0 {
            Err(Status::PinBlocked)
        } else if self.pins.is_blocked() {
            Err(Status::PinAuthBlocked)
        } else {
            Ok(())
        }
    }

    /// Compares a PIN's hash, in the order that makes pulling the key out in between worth nothing: the retry is gone
    /// for good before the comparison begins.
    fn try_pin(&mut self, shared: &SharedSecret, pin_hash_enc: &[u8]) -> Result<(), Status> {
        self.commit(vec![Change::PinRetries(self.state.pin_retries.saturating_sub(1))])?;
        let given = shared.decrypt_pin_hash(pin_hash_enc).ok();
        let stored = self.state.pin.as_ref();
        let matches = stored.zip(given).is_some_and(|(stored, given)| stored.hash.matches(&given));
        if !matches {
            self.pins.mismatch(shared.protocol(), &mut *self.rng);
            return Err(if self.state.pin_retries == 0 {
                Status::PinBlocked
            } else if self.pins.is_blocked() {
                Status::PinAuthBlocked
            } else {
                Status::PinInvalid
            });
        }
        let mut changes = vec![Change::PinRetries(MAX_PIN_RETRIES)];
        if self.abilities.fingerprints.is_some() {
            // Who knows the PIN may use fingers again (§6.5.2.3).
            changes.extend([Change::UvRetries(MAX_UV_RETRIES), Change::UvCount(0)]);
        }
        self.commit(changes)?;
        self.pins.matched();
        Ok(())
    }

    /// The new PIN of setPIN and changePIN.
    fn new_pin(&self, shared: &SharedSecret, new_pin_enc: &[u8]) -> Result<StoredPin, Status> {
        let padded = shared.decrypt(new_pin_enc).map_err(|_| Status::PinAuthInvalid)?;
        let pin = Pin::from_padded(&padded).map_err(|error| match error {
            PinShapeError::Padding => Status::InvalidParameter,
            _ => Status::PinPolicyViolation,
        })?;
        let simple = self.state.settings.pin_complexity && !is_complex(&pin);
        if pin.code_points() < self.min_pin_length() || simple {
            return Err(Status::PinPolicyViolation);
        }
        Ok(StoredPin { hash: pin.hash(), code_points: pin.code_points() })
    }
}

/// What a token shall be good for.
struct Grant {
    permissions: Permissions,
    rp_id: Option<RpId>,
}

/// Somebody who says they know the PIN.
struct PinProof<'a> {
    key: &'a KeyAgreementKey,
    hash: &'a [u8],
    protocol: Protocol,
}
