//! PIN flows of a platform (§6.5.5): how many tries are left, set, change, and tokens for it.
//!
//! Nothing here tries twice: every wrong PIN costs one of eight tries, so the next one comes from the person. Tokens
//! for a finger (§6.5.5.7.3) will stand beside [`token`].

use fob_ctap::client_pin::{
    ChangePin, GetKeyAgreement, GetPinRetries, GetPinToken, GetPinTokenWithPermissions, PinRetries, SetPin,
};
use fob_ctap::cose::KeyAgreementKey;
use fob_ctap::entity::RpId;
use fob_ctap::get_info::{Info, option};
use fob_ctap::pin::{PinUvAuthToken, Protocol, SharedSecret, encapsulate};
use fob_ctap::{Malformed, Status};

use crate::{KeyError, Session, Watch};

pub use fob_ctap::client_pin::Permissions;
pub use fob_ctap::pin::{Pin, PinUvAuthToken as Token};

/// Why a PIN flow came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    /// Not the PIN of this key.
    #[error("wrong PIN, {retries} {} left", if *retries == 1 { "try" } else { "tries" })]
    Wrong {
        /// Tries left before only a reset helps.
        retries: u8,
    },
    /// Three wrong PINs in a row.
    #[error("the key wants to be unplugged and inserted again")]
    PowerCycle,
    /// No tries are left: only a reset, which forgets everything, helps.
    #[error("the PIN is blocked, only a reset of the key helps")]
    Blocked,
    /// The key has no PIN yet.
    #[error("the key has no PIN yet")]
    NotSet,
    /// The key has a PIN already: it can be changed only.
    #[error("the key has a PIN already")]
    AlreadySet,
    /// The key wants a new PIN before it does anything else with one.
    #[error("the key wants its PIN changed first")]
    ChangeRequired,
    /// The new PIN is against the key's rules.
    #[error("the key does not take this PIN")]
    Policy(#[from] PolicyProblem),
    /// The key takes no PINs, or not for this, or by a protocol that fob does not know.
    #[error("the key cannot use a PIN for this")]
    Unsupported,
    /// Something about the key, not about the PIN.
    #[error("the PIN could not be used")]
    Key(#[from] KeyError),
}

/// What is wrong with a new PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyProblem {
    /// Too few code points.
    #[error("it has fewer than {least} characters")]
    TooShort {
        /// How many it needs.
        least: u64,
    },
    /// Too many code points. That a PIN has at most 63 bytes is seen to by [`Pin`].
    #[error("it has more than {most} characters")]
    TooLong {
        /// How many it may have.
        most: u64,
    },
    /// The key refused it by rules of its own: too simple, or used before.
    #[error("it is too simple, or was used before")]
    Refused,
}

/// A key's rules for PINs, as far as it tells them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Fewest code points.
    pub least: u64,
    /// Most code points.
    pub most: u64,
}

impl Policy {
    /// The rules of this key.
    #[must_use]
    pub fn of(info: &Info) -> Self {
        let longest = Pin::LONGEST as u64;
        Self {
            least: info.min_pin_length().max(Pin::SHORTEST),
            most: info.max_pin_length.unwrap_or(longest).min(longest),
        }
    }

    /// Holds a new PIN against the rules.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check(&self, pin: &Pin) -> Result<(), PolicyProblem> {
        let length = pin.code_points();
        if length < self.least {
            Err(PolicyProblem::TooShort { least: self.least })
        } else if length > self.most {
            Err(PolicyProblem::TooLong { most: self.most })
        } else {
            Ok(())
        }
    }
}

/// How many wrong PINs the key still takes, and whether it wants a power cycle before the next.
///
/// # Errors
/// [`PinError::Unsupported`], or what is wrong with the key.
pub fn retries(session: &mut Session, watch: &mut Watch<'_>) -> Result<PinRetries, PinError> {
    let protocol = protocol(session.info())?;
    Ok(session.quick(&GetPinRetries { protocol: Some(protocol.number()) }, watch)?)
}

/// Sets the first PIN.
///
/// # Errors
/// [`PinError::AlreadySet`], [`PinError::Policy`], or what is wrong with the key.
pub fn set(session: &mut Session, pin: &Pin, watch: &mut Watch<'_>) -> Result<(), PinError> {
    if session.info().options.is_on(option::CLIENT_PIN) {
        return Err(PinError::AlreadySet);
    }
    Policy::of(session.info()).check(pin)?;
    let (protocol, key_agreement, shared) = agree(session, watch)?;
    let new_pin_enc = shared.encrypt_pin(pin, session.rng());
    let pin_uv_auth_param = shared.authenticate(&new_pin_enc);
    let request = SetPin { key_agreement, new_pin_enc, pin_uv_auth_param, protocol };
    session.quick(&request, watch).map_err(new_pin_refused)?;
    session.refresh(watch)?;
    Ok(())
}

/// Sets another PIN.
///
/// # Errors
/// What [`token`] says about the old PIN, [`PinError::Policy`] about the new one, or what is wrong with the key.
pub fn change(session: &mut Session, old: &Pin, new: &Pin, watch: &mut Watch<'_>) -> Result<(), PinError> {
    require_set(session.info())?;
    Policy::of(session.info()).check(new)?;
    let (protocol, key_agreement, shared) = agree(session, watch)?;
    let new_pin_enc = shared.encrypt_pin(new, session.rng());
    let pin_hash_enc = shared.encrypt_pin_hash(&old.hash(), session.rng());
    let pin_uv_auth_param = shared.authenticate(&[new_pin_enc.as_slice(), &pin_hash_enc].concat());
    let request = ChangePin { key_agreement, pin_hash_enc, new_pin_enc, pin_uv_auth_param, protocol };
    match session.quick(&request, watch) {
        Ok(()) => {}
        Err(error @ KeyError::Refused(Status::PinPolicyViolation)) => return Err(new_pin_refused(error)),
        Err(error) => return Err(refused(session, error, watch)),
    }
    session.refresh(watch)?;
    Ok(())
}

/// A token for these permissions, bound to `rp_id` where a permission needs that (§6.5.5.7.2). A key of CTAP 2.0 gives
/// one without permissions, which does for making credentials and signing in.
///
/// # Errors
/// [`PinError::Wrong`], [`PinError::PowerCycle`] and [`PinError::Blocked`] about the PIN, [`PinError::NotSet`] and
/// [`PinError::ChangeRequired`] about the key's state, or what is wrong with the key.
pub fn token(
    session: &mut Session,
    pin: &Pin,
    permissions: Permissions,
    rp_id: Option<&RpId>,
    watch: &mut Watch<'_>,
) -> Result<PinUvAuthToken, PinError> {
    require_set(session.info())?;
    if session.info().force_pin_change == Some(true) {
        return Err(PinError::ChangeRequired);
    }
    let with_permissions = session.info().options.is_on(option::PIN_UV_AUTH_TOKEN);
    let (protocol, key_agreement, shared) = agree(session, watch)?;
    let pin_hash_enc = shared.encrypt_pin_hash(&pin.hash(), session.rng());
    let rp_id = rp_id.cloned();
    let reply = if with_permissions {
        let request = GetPinTokenWithPermissions { key_agreement, pin_hash_enc, permissions, rp_id, protocol };
        session.quick(&request, watch)
    } else {
        let request = GetPinToken { key_agreement, pin_hash_enc, permissions: None, rp_id: None, protocol };
        session.quick(&request, watch)
    };
    let reply = reply.map_err(|error| refused(session, error, watch))?;
    let malformed = |_| KeyError::Malformed(Malformed::Length("pinUvAuthToken"));
    Ok(shared.decrypt_token(&reply.pin_uv_auth_token).map_err(malformed)?)
}

/// Protocol two if the key has it; one for keys so old that they do not say.
fn protocol(info: &Info) -> Result<Protocol, PinError> {
    if !info.options.is_known(option::CLIENT_PIN) {
        return Err(PinError::Unsupported);
    }
    newest(info)
}

fn newest(info: &Info) -> Result<Protocol, PinError> {
    let has = |protocol: Protocol| info.pin_uv_auth_protocols.contains(&protocol.number());
    if has(Protocol::Two) {
        Ok(Protocol::Two)
    } else if has(Protocol::One) || info.pin_uv_auth_protocols.is_empty() {
        Ok(Protocol::One)
    } else {
        Err(PinError::Unsupported)
    }
}

fn require_set(info: &Info) -> Result<(), PinError> {
    match info.options.get(option::CLIENT_PIN) {
        Some(true) => Ok(()),
        Some(false) => Err(PinError::NotSet),
        None => Err(PinError::Unsupported),
    }
}

/// A fresh key agreement. The key makes a new half after each wrong PIN, so an old one is never kept.
fn agree(session: &mut Session, watch: &mut Watch<'_>) -> Result<(Protocol, KeyAgreementKey, SharedSecret), PinError> {
    agree_by(protocol(session.info())?, session, watch)
}

fn agree_by(
    protocol: Protocol,
    session: &mut Session,
    watch: &mut Watch<'_>,
) -> Result<(Protocol, KeyAgreementKey, SharedSecret), PinError> {
    let theirs = session.quick(&GetKeyAgreement { protocol }, watch)?.key;
    let (ours, shared) = encapsulate(protocol, &theirs, session.rng())
        .map_err(|_| KeyError::Malformed(Malformed::Value("keyAgreement")))?;
    Ok((protocol, ours, shared))
}

/// A shared secret with a key that need not know PINs at all: what hmac-secret seals its salts with (§12.7).
pub(crate) fn agree_on_secret(
    session: &mut Session,
    watch: &mut Watch<'_>,
) -> Result<(KeyAgreementKey, SharedSecret), PinError> {
    let protocol = newest(session.info())?;
    let (_, ours, shared) = agree_by(protocol, session, watch)?;
    Ok((ours, shared))
}

/// What a refusal says about the PIN that was sent.
fn refused(session: &mut Session, error: KeyError, watch: &mut Watch<'_>) -> PinError {
    let KeyError::Refused(status) = error else { return error.into() };
    match status {
        Status::PinInvalid => match retries(session, watch) {
            Ok(left) => PinError::Wrong { retries: left.retries },
            Err(error) => error,
        },
        Status::PinAuthBlocked => PinError::PowerCycle,
        Status::PinBlocked => PinError::Blocked,
        Status::PinNotSet => PinError::NotSet,
        Status::PinPolicyViolation => PinError::ChangeRequired,
        Status::UnauthorizedPermission => PinError::Unsupported,
        status => KeyError::Refused(status).into(),
    }
}

fn new_pin_refused(error: KeyError) -> PinError {
    match error {
        KeyError::Refused(Status::PinPolicyViolation) => PolicyProblem::Refused.into(),
        error => error.into(),
    }
}
