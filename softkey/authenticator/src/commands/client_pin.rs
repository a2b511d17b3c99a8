//! authenticatorClientPIN (§6.5.5). Messages whose members are missing, or whose protocol is none, never get here: the
//! first steps of each subcommand are `fob_ctap`'s decoding.

use fob_ambient::Millis;
use fob_ctap::client_pin::{
    ChangePin, ClientPin, GetKeyAgreement, GetPinRetries, GetPinToken, GetPinTokenWithPermissions, KeyAgreement,
    Permissions, PinRetries, SetPin, Token,
};
use fob_ctap::cose::KeyAgreementKey;
use fob_ctap::entity::RpId;
use fob_ctap::pin::{Pin, PinShapeError, Protocol, SharedSecret};
use fob_ctap::{Command, Status};

use crate::Authenticator;
use crate::identity::{MAX_PIN_RETRIES, MIN_PIN_LENGTH};
use crate::state::{Change, StoredPin};

/// What a PIN gives a token for that names no permissions (§6.5.5.7.1).
const DEFAULT_PERMISSIONS: Permissions = Permissions(Permissions::MAKE_CREDENTIAL.0 | Permissions::GET_ASSERTION.0);

/// Permissions of commands that this key does not have.
const UNAUTHORIZED: Permissions = Permissions(
    Permissions::CREDENTIAL_MANAGEMENT.0
        | Permissions::BIO_ENROLLMENT.0
        | Permissions::LARGE_BLOB_WRITE.0
        | Permissions::AUTHENTICATOR_CONFIG.0
        | Permissions::PERSISTENT_CREDENTIAL_MANAGEMENT_READ_ONLY.0,
);

impl Authenticator {
    pub(super) fn client_pin(&mut self, request: ClientPin, now: Millis) -> Result<Vec<u8>, Status> {
        match request {
            ClientPin::GetPinRetries(_) => Ok(GetPinRetries::encode_reply(&self.pin_retries())),
            ClientPin::GetKeyAgreement(request) => {
                let key = self.pins.protocol(request.protocol).agreement.public();
                Ok(GetKeyAgreement::encode_reply(&KeyAgreement { key }))
            }
            ClientPin::SetPin(request) => self.set_pin(&request).map(|()| SetPin::encode_reply(&())),
            ClientPin::ChangePin(request) => self.change_pin(&request).map(|()| ChangePin::encode_reply(&())),
            ClientPin::GetPinToken(request) => {
                self.pin_token(&request, now).map(|token| GetPinToken::encode_reply(&token))
            }
            ClientPin::GetPinTokenWithPermissions(request) => self
                .pin_token_with_permissions(request, now)
                .map(|token| GetPinTokenWithPermissions::encode_reply(&token)),
            // There is no built-in user verification.
            ClientPin::GetUvToken(_) | ClientPin::GetUvRetries(_) => Err(Status::InvalidSubcommand),
        }
    }

    /// getPINRetries (§6.5.5.2).
    fn pin_retries(&self) -> PinRetries {
        PinRetries { retries: self.state.pin_retries, power_cycle_state: Some(self.pins.is_blocked()) }
    }

    /// setPIN (§6.5.5.5).
    fn set_pin(&mut self, request: &SetPin) -> Result<(), Status> {
        if self.is_protected() {
            return Err(Status::PinAuthInvalid);
        }
        let shared = self.shared_secret(request.protocol, &request.key_agreement)?;
        if !shared.verify(&request.new_pin_enc, &request.pin_uv_auth_param) {
            return Err(Status::PinAuthInvalid);
        }
        let pin = new_pin(&shared, &request.new_pin_enc)?;
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
        let pin = new_pin(&shared, &request.new_pin_enc)?;
        self.commit(vec![Change::Pin(Some(pin))])?;
        self.pins.reset_tokens(&mut *self.rng);
        Ok(())
    }

    /// getPinToken (§6.5.5.7.1).
    fn pin_token(&mut self, request: &GetPinToken, now: Millis) -> Result<Token, Status> {
        if request.permissions.is_some() || request.rp_id.is_some() {
            return Err(Status::InvalidParameter);
        }
        let proof = PinProof { key: &request.key_agreement, hash: &request.pin_hash_enc, protocol: request.protocol };
        self.token(&proof, DEFAULT_PERMISSIONS, None, now)
    }

    /// getPinUvAuthTokenUsingPinWithPermissions (§6.5.5.7.2).
    fn pin_token_with_permissions(
        &mut self,
        request: GetPinTokenWithPermissions,
        now: Millis,
    ) -> Result<Token, Status> {
        if request.permissions.is_empty() {
            return Err(Status::InvalidParameter);
        }
        if request.permissions.intersects(UNAUTHORIZED) {
            return Err(Status::UnauthorizedPermission);
        }
        // mc and ga are permissions for one RP (§6.5.5.7).
        if request.permissions.intersects(DEFAULT_PERMISSIONS) && request.rp_id.is_none() {
            return Err(Status::MissingParameter);
        }
        let proof = PinProof { key: &request.key_agreement, hash: &request.pin_hash_enc, protocol: request.protocol };
        self.token(&proof, request.permissions, request.rp_id, now)
    }

    /// What both ways to a token have in common, from the retries on.
    fn token(
        &mut self,
        proof: &PinProof<'_>,
        permissions: Permissions,
        rp_id: Option<RpId>,
        now: Millis,
    ) -> Result<Token, Status> {
        self.pin_may_be_tried()?;
        let shared = self.shared_secret(proof.protocol, proof.key)?;
        self.try_pin(&shared, proof.hash)?;
        self.pins.reset_tokens(&mut *self.rng);
        let token = self.pins.protocol(proof.protocol).token.begin(false, permissions, rp_id, now);
        Ok(Token { pin_uv_auth_token: shared.encrypt_token(token, &mut *self.rng) })
    }

    /// decapsulate().
    fn shared_secret(&mut self, protocol: Protocol, key: &KeyAgreementKey) -> Result<SharedSecret, Status> {
        let agreement = &self.pins.protocol(protocol).agreement;
        agreement.shared_secret(protocol, key).map_err(|_| Status::InvalidParameter)
    }

    /// The conditions under which a PIN is looked at. A key without one says so; the standard leaves that open.
    fn pin_may_be_tried(&self) -> Result<(), Status> {
        if !self.is_protected() {
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
        self.commit(vec![Change::PinRetries(MAX_PIN_RETRIES)])?;
        self.pins.matched();
        Ok(())
    }
}

/// Somebody who says they know the PIN.
struct PinProof<'a> {
    key: &'a KeyAgreementKey,
    hash: &'a [u8],
    protocol: Protocol,
}

/// The new PIN of setPIN and changePIN.
fn new_pin(shared: &SharedSecret, new_pin_enc: &[u8]) -> Result<StoredPin, Status> {
    let padded = shared.decrypt(new_pin_enc).map_err(|_| Status::PinAuthInvalid)?;
    let pin = Pin::from_padded(&padded).map_err(|error| match error {
        PinShapeError::Padding => Status::InvalidParameter,
        _ => Status::PinPolicyViolation,
    })?;
    if pin.code_points() < MIN_PIN_LENGTH {
        return Err(Status::PinPolicyViolation);
    }
    Ok(StoredPin { hash: pin.hash(), code_points: pin.code_points() })
}
