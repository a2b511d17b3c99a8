//! The person at the key: what they are asked for, and the four ways it can end.

use fob_ambient::Millis;
use fob_ctap::entity::RpId;

/// How long a key waits for a touch, in milliseconds. The standard leaves it open; 30 seconds is what platforms expect.
pub const TOUCH_LIMIT: Millis = Millis(30_000);

/// A touch that the key waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// What for.
    pub reason: Reason,
    /// For whom, where the command names somebody. Comes from outside: strip control characters before showing it.
    pub rp_id: Option<RpId>,
    /// When to give up and answer [`Presence::TimedOut`].
    pub deadline: Millis,
}

/// What a touch would allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A new credential.
    MakeCredential,
    /// Signing in.
    GetAssertion,
    /// Choosing this key among several.
    Selection,
    /// Forgetting everything.
    Reset,
    /// Forgetting everything, by a touch of ten seconds.
    ResetByLongTouch,
    /// A finger that the key knows.
    Verify,
    /// A finger that the key shall know.
    Enroll,
}

impl Reason {
    /// In words, after "touch the key to".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::MakeCredential => "register",
            Self::GetAssertion => "sign in",
            Self::Selection => "choose it",
            Self::Reset => "reset it: all its credentials are lost",
            Self::ResetByLongTouch => "reset it, for ten seconds: all its credentials are lost",
            Self::Verify => "show who you are",
            Self::Enroll => "teach it a finger",
        }
    }
}

/// How the waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Somebody touched the key.
    Touched,
    /// Somebody said no.
    Refused,
    /// The platform changed its mind.
    Cancelled,
    /// Nobody did anything until [`Ask::deadline`].
    TimedOut,
}
