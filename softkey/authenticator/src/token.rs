//! A pinUvAuthToken's life (§6.5.2.1, §6.5.3): what it may do, for whom, for how long.
//!
//! Time limits are looked at when the token is: nothing has to wake up for them. A token of CTAP 2.0 has none: it is for
//! all RPs and for as long as the power is on.

use fob_ambient::{Millis, Rng};
use fob_ctap::client_pin::Permissions;
use fob_ctap::entity::RpId;
use fob_ctap::pin::{PinUvAuthToken, Protocol};

/// How long a new token waits for its first use; the default for USB (§6.5.2.1).
const INITIAL_USAGE_TIME_LIMIT: Millis = Millis(30_000);
/// How long a touch given with the token counts; the default for USB (§6.5.2.1).
const USER_PRESENT_TIME_LIMIT: Millis = Millis(30_000);
/// How long any token lives (§6.5.2.1): ten minutes.
const MAX_USAGE_TIME_PERIOD: Millis = Millis(600_000);

/// One protocol's token. At rest it verifies nothing.
#[derive(Debug)]
pub(crate) struct Token {
    bytes: PinUvAuthToken,
    life: Option<Life>,
}

/// The state variables of a token in use.
#[derive(Debug)]
struct Life {
    since: Millis,
    used: bool,
    user_present: bool,
    user_verified: bool,
    permissions: Permissions,
    rp_id: Option<RpId>,
    /// As in CTAP 2.0: no time limit, no RP, never spent.
    unlimited: bool,
}

impl Token {
    /// resetPinUvAuthToken(): fresh bytes, at rest.
    pub(crate) fn fresh(protocol: Protocol, rng: &mut dyn Rng) -> Self {
        Self { bytes: PinUvAuthToken::generate(protocol, rng), life: None }
    }

    /// beginUsingPinUvAuthToken(userIsPresent), and what the token is for.
    pub(crate) fn begin(
        &mut self,
        user_present: bool,
        permissions: Permissions,
        rp_id: Option<RpId>,
        now: Millis,
    ) -> &PinUvAuthToken {
        let life =
            Life { since: now, used: false, user_present, user_verified: true, permissions, rp_id, unlimited: false };
        self.life = Some(life);
        &self.bytes
    }

    /// What getPinToken gave in CTAP 2.0 (§5.5.4 there): the same token for as long as the power is on.
    pub(crate) fn begin_unlimited(&mut self, permissions: Permissions, now: Millis) -> &PinUvAuthToken {
        self.begin(false, permissions, None, now);
        if let Some(life) = self.life.as_mut() {
            life.unlimited = true;
        }
        &self.bytes
    }

    /// verify(pinUvAuthToken, message, proof): never for a token at rest.
    pub(crate) fn verify(&mut self, message: &[u8], proof: &[u8], now: Millis) -> bool {
        self.observe(now);
        let Some(life) = self.life.as_mut() else { return false };
        let verified = self.bytes.verify(message, proof);
        life.used |= verified;
        verified
    }

    /// getUserVerifiedFlagValue().
    pub(crate) fn user_verified(&self) -> bool {
        self.life.as_ref().is_some_and(|life| life.user_verified)
    }

    /// getUserPresentFlagValue().
    pub(crate) fn user_present(&self) -> bool {
        self.life.as_ref().is_some_and(|life| life.user_present)
    }

    /// Whether it has this permission.
    pub(crate) fn permits(&self, permission: Permissions) -> bool {
        self.life.as_ref().is_some_and(|life| life.permissions.contains(permission))
    }

    /// Whether it is for this RP. One that is for nobody yet is from now on for this RP alone.
    pub(crate) fn bind(&mut self, rp_id: &RpId) -> bool {
        let Some(life) = self.life.as_mut() else { return false };
        life.unlimited || life.rp_id.get_or_insert_with(|| rp_id.clone()) == rp_id
    }

    /// The RP it is for; none if it is for all, or for none yet.
    pub(crate) fn rp_id(&self) -> Option<&RpId> {
        self.life.as_ref().and_then(|life| life.rp_id.as_ref())
    }

    /// clearUserPresentFlag(), clearUserVerifiedFlag() and clearPinUvAuthTokenPermissionsExceptLbw().
    pub(crate) fn spend(&mut self) {
        if let Some(life) = self.life.as_mut().filter(|life| !life.unlimited) {
            life.user_present = false;
            life.user_verified = false;
            life.permissions = Permissions(life.permissions.0 & Permissions::LARGE_BLOB_WRITE.0);
        }
    }

    /// pinUvAuthTokenUsageTimerObserver() (§6.5.3.1).
    fn observe(&mut self, now: Millis) {
        let Some(life) = self.life.as_mut().filter(|life| !life.unlimited) else { return };
        let age = now.since(life.since);
        if age > USER_PRESENT_TIME_LIMIT {
            life.user_present = false;
        }
        let unused = !life.used && age > INITIAL_USAGE_TIME_LIMIT;
        if unused || age > MAX_USAGE_TIME_PERIOD {
            // stopUsingPinUvAuthToken().
            self.life = None;
        }
    }
}
