//! User verification in makeCredential and getAssertion: what their options and pinUvAuthParam ask for, what a proof is
//! worth, and verification by a finger (performBuiltInUv, §6.5.3).

use fob_ambient::Millis;
use fob_ctap::Status;
use fob_ctap::client_pin::Permissions;
use fob_ctap::entity::RpId;
use fob_ctap::pin::Protocol;

use crate::authenticator::Step;
use crate::commands::{Pending, Then, touched_or_late};
use crate::identity::MAX_UV_RETRIES;
use crate::state::Change;
use crate::{Authenticator, FingerSample, Presence, Reason};

/// Fingers that one command looks at before it gives up, where the platform does not repeat it itself
/// (maxUvAttemptsForInternalRetries, §6.5.3).
const INTERNAL_ATTEMPTS: u8 = 3;

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
    /// Whether there is none.
    pub(crate) const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

/// A request whose pinUvAuthParam is to be judged.
#[derive(Debug)]
pub(crate) struct Claim<'a> {
    pub(crate) client_data_hash: &'a [u8; 32],
    pub(crate) permission: Permissions,
    pub(crate) rp_id: &'a RpId,
}

/// What verification came to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Verified {
    pub(crate) user_verified: bool,
    /// Whether the person did something for it just now, or a touch came with the token: no further one is asked for.
    pub(crate) touched: bool,
}

/// Verification by a finger that is under way.
#[derive(Debug)]
pub(crate) struct Verification {
    attempts: u8,
    then: Then,
}

impl Verification {
    /// What it is for.
    pub(crate) const fn then(&self) -> &Then {
        &self.then
    }
}

impl Authenticator {
    /// Steps 1 and 2 of §6.1.2 and §6.2.2.
    ///
    /// # Errors
    /// The status of step 2.
    pub(crate) fn proof(&self, param: Option<Vec<u8>>, protocol: Option<u64>) -> Result<Proof, Status> {
        let Some(bytes) = param else { return Ok(Proof::None) };
        if bytes.is_empty() {
            return Ok(Proof::Blink);
        }
        let protocol = self.protocol(protocol)?;
        Ok(Proof::Given { protocol, bytes })
    }

    /// The protocol of a proof.
    ///
    /// # Errors
    /// MISSING_PARAMETER without one, INVALID_PARAMETER if this key has not got it.
    pub(crate) fn protocol(&self, number: Option<u64>) -> Result<Protocol, Status> {
        let protocol = Protocol::from_number(number.ok_or(Status::MissingParameter)?);
        protocol.filter(|protocol| self.abilities.pin_protocols.contains(protocol)).ok_or(Status::InvalidParameter)
    }

    /// "Protected by some form of user verification" (§6.1.2): a PIN is set, or a finger known.
    pub(crate) fn is_protected(&self) -> bool {
        self.state.pin.is_some() || self.has_fingers()
    }

    /// Whether a finger can verify: the option uv.
    pub(crate) fn has_fingers(&self) -> bool {
        self.abilities.fingerprints.is_some() && !self.state.fingers.is_empty()
    }

    /// Whether everybody has to be verified: the option alwaysUv.
    pub(crate) fn always_uv(&self) -> bool {
        self.abilities.always_uv && self.state.settings.always_uv
    }

    /// What a platform hears that has to get a token first.
    pub(crate) fn token_wanted(&self) -> Status {
        if self.abilities.client_pin { Status::PuatRequired } else { Status::OperationDenied }
    }

    /// The option "uv" (step 5 of §6.1.2, step 4 of §6.2.2): whether a finger is to be asked for.
    ///
    /// # Errors
    /// INVALID_OPTION if there is no finger to ask for.
    pub(crate) fn finger_wanted(&self, uv: Option<bool>, proof: &Proof) -> Result<bool, Status> {
        // A proof makes "uv" false, whatever it says.
        match uv == Some(true) && proof.is_none() {
            true if self.has_fingers() => Ok(true),
            true => Err(Status::InvalidOption),
            false => Ok(false),
        }
    }

    /// alwaysUv (step 6 of §6.1.2, step 5 of §6.2.2): whether a finger is to be asked for after all.
    ///
    /// # Errors
    /// PUAT_REQUIRED or OPERATION_DENIED if there is no proof and no finger.
    pub(crate) fn finger_demanded(&self, wanted: bool, proof: &Proof) -> Result<bool, Status> {
        if !self.always_uv() {
            return Ok(wanted);
        }
        match proof {
            _ if !self.is_protected() => Err(self.token_wanted()),
            Proof::Given { .. } => Ok(wanted),
            _ if self.has_fingers() => Ok(true),
            _ => Err(self.token_wanted()),
        }
    }

    /// Step 11.1 of §6.1.2, step 6.1 of §6.2.2: whether "uv" is to be set in the answer.
    ///
    /// # Errors
    /// PIN_AUTH_INVALID whatever the proof lacks. PIN_NOT_SET without a PIN: the standard has no step for a proof then;
    /// CTAP 2.0 refused it so, and ignoring it would be worse.
    pub(crate) fn judged(&mut self, proof: &Proof, claim: &Claim<'_>, now: Millis) -> Result<Verified, Status> {
        let Proof::Given { protocol, bytes } = proof else { return Ok(Verified::default()) };
        if !self.is_protected() {
            return Err(Status::PinNotSet);
        }
        let token = &mut self.pins.protocol(*protocol).token;
        let valid = token.verify(claim.client_data_hash, bytes, now)
            && token.user_verified()
            && token.permits(claim.permission)
            && token.bind(claim.rp_id);
        match valid {
            // Whether a touch already came with the token (step 14 of §6.1.2, step 9 of §6.2.2).
            true => Ok(Verified { user_verified: true, touched: token.user_present() }),
            false => Err(Status::PinAuthInvalid),
        }
    }

    /// performBuiltInUv begins.
    pub(crate) fn verify(&mut self, then: Then, now: Millis) -> Result<Step, Status> {
        if self.state.uv_retries == 0 {
            return Err(self.unverified(&then, Status::UvBlocked));
        }
        // Who wants a token is told of each finger (§6.5.5.7.3); the options of the other two are not.
        let attempts = if matches!(then, Then::Token(_)) { 1 } else { INTERNAL_ATTEMPTS };
        Ok(self.ask(Reason::Verify, Pending::Verify(Verification { attempts, then }), now))
    }

    /// performBuiltInUv goes on: a finger came, or none.
    pub(crate) fn verified(&mut self, mut this: Verification, outcome: Presence, now: Millis) -> Result<Step, Status> {
        touched_or_late(outcome)?;
        let sample = self.sensor.sample();
        if sample == FingerSample::None {
            return Err(Status::UserActionTimeout);
        }
        // The retry is gone for good before the comparison, as with a PIN.
        self.commit(vec![Change::UvRetries(self.state.uv_retries.saturating_sub(1))])?;
        if self.knows(sample) {
            self.commit(vec![
                Change::UvRetries(MAX_UV_RETRIES),
                Change::UvCount(self.state.uv_count.saturating_add(1)),
            ])?;
            return self.go_on(this.then, Verified { user_verified: true, touched: true }, now);
        }
        this.attempts = this.attempts.saturating_sub(1);
        if self.state.uv_retries == 0 {
            return Err(self.unverified(&this.then, Status::UvBlocked));
        }
        if this.attempts == 0 {
            return Err(self.unverified(&this.then, Status::UvInvalid));
        }
        Ok(self.ask(Reason::Verify, Pending::Verify(this), now))
    }

    fn knows(&self, sample: FingerSample) -> bool {
        match sample {
            FingerSample::Good { finger } => self.state.fingers.values().any(|known| known.number == finger),
            FingerSample::Poor(_) | FingerSample::None => false,
        }
    }

    /// A finger that did not do: step 11.2 of §6.1.2 and step 6.2 of §6.2.2 send the platform for a PIN, if there is one.
    fn unverified(&self, then: &Then, status: Status) -> Status {
        match then {
            Then::Token(_) => status,
            _ if self.state.pin.is_some() => Status::PuatRequired,
            _ => Status::OperationDenied,
        }
    }
}
