//! The steps that makeCredential and getAssertion share: pinUvAuthParam is looked at, and what it proves.

use fob_ambient::Millis;
use fob_ctap::Status;
use fob_ctap::client_pin::Permissions;
use fob_ctap::entity::RpId;
use fob_ctap::pin::Protocol;

use crate::Authenticator;

/// What a request brought along.
#[derive(Debug)]
pub(crate) enum Proof {
    /// No pinUvAuthParam.
    None,
    /// One without bytes: a CTAP 2.0 platform wants the key touched (step 1).
    Blink,
    /// A proof to verify.
    Given { protocol: Protocol, bytes: Vec<u8> },
}

impl Proof {
    /// Steps 1 and 2 of §6.1.2 and §6.2.2.
    ///
    /// # Errors
    /// The status of step 2.
    pub(crate) fn read(param: Option<Vec<u8>>, protocol: Option<u64>) -> Result<Self, Status> {
        let Some(bytes) = param else { return Ok(Self::None) };
        if bytes.is_empty() {
            return Ok(Self::Blink);
        }
        let number = protocol.ok_or(Status::MissingParameter)?;
        let protocol = Protocol::from_number(number).ok_or(Status::InvalidParameter)?;
        Ok(Self::Given { protocol, bytes })
    }
}

/// A request whose pinUvAuthParam is to be judged.
#[derive(Debug)]
pub(crate) struct Claim<'a> {
    pub(crate) client_data_hash: &'a [u8; 32],
    pub(crate) permission: Permissions,
    pub(crate) rp_id: &'a RpId,
}

impl Authenticator {
    /// "Protected by some form of user verification" (§6.1.2): here, a PIN is set.
    pub(crate) fn is_protected(&self) -> bool {
        self.state.pin.is_some()
    }

    /// Step 11.1 of §6.1.2, step 6.1 of §6.2.2: whether "uv" is to be set in the answer.
    ///
    /// # Errors
    /// PIN_AUTH_INVALID whatever the proof lacks. PIN_NOT_SET without a PIN: the standard has no step for a proof then;
    /// CTAP 2.0 refused it so, and ignoring it would be worse.
    pub(crate) fn user_verified(&mut self, proof: &Proof, claim: &Claim<'_>, now: Millis) -> Result<bool, Status> {
        let Proof::Given { protocol, bytes } = proof else { return Ok(false) };
        if !self.is_protected() {
            return Err(Status::PinNotSet);
        }
        let token = &mut self.pins.protocol(*protocol).token;
        let valid = token.verify(claim.client_data_hash, bytes, now)
            && token.user_verified()
            && token.permits(claim.permission)
            && token.bind(claim.rp_id);
        if valid { Ok(true) } else { Err(Status::PinAuthInvalid) }
    }

    /// Whether a touch already came with the token (step 14 of §6.1.2, step 9 of §6.2.2).
    pub(crate) fn touched_with(&mut self, proof: &Proof) -> bool {
        match proof {
            Proof::Given { protocol, .. } => self.pins.protocol(*protocol).token.user_present(),
            Proof::None | Proof::Blink => false,
        }
    }
}
