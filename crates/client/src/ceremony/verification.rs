//! Whether and how a request has the person verified: a decision from what the key says and what is wanted.

use fob_ctap::get_info::{Info, option};

use super::{CeremonyError, Need};

/// How the person is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// Not at all.
    Nothing,
    /// With a token for the PIN.
    Pin,
    /// The same, after a PIN has been chosen.
    NewPin,
    /// By the key itself, asked with the option `uv`. Tokens for a finger will take this place.
    BuiltIn,
}

/// What is to be done with the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Make a credential, discoverable or not.
    Make { discoverable: bool },
    /// Sign in.
    Get,
}

/// Decides.
pub(super) fn plan(info: &Info, need: Need, purpose: Purpose) -> Result<Plan, CeremonyError> {
    let ready = ready_means(info);
    let wanted = match need {
        Need::Required => true,
        Need::Preferred => ready.is_some(),
        Need::Discouraged => false,
    };
    if !wanted && !is_forced(info, purpose) {
        return Ok(Plan::Nothing);
    }
    ready.or_else(|| pin_counts(info).then_some(Plan::NewPin)).ok_or(CeremonyError::CannotVerify)
}

/// Whether this key can verify a person: it has a PIN or has learnt somebody, or a PIN can be set.
#[must_use]
pub fn can_verify(info: &Info) -> bool {
    ready_means(info).is_some() || pin_counts(info)
}

/// What the key can use right now. A PIN before the built-in means, which have no way on when they are blocked.
fn ready_means(info: &Info) -> Option<Plan> {
    if pin_counts(info) && info.options.is_on(option::CLIENT_PIN) {
        Some(Plan::Pin)
    } else if info.options.is_on(option::UV) {
        Some(Plan::BuiltIn)
    } else {
        None
    }
}

/// Whether the key takes PINs and lets them speak for credentials.
fn pin_counts(info: &Info) -> bool {
    info.options.is_known(option::CLIENT_PIN) && !info.options.is_on(option::NO_MC_GA_PERMISSIONS_WITH_CLIENT_PIN)
}

/// Whether the key insists, whatever the relying party wants (§6.1.2, §6.2.2).
fn is_forced(info: &Info, purpose: Purpose) -> bool {
    let protected = info.options.is_on(option::CLIENT_PIN) || info.options.is_on(option::UV);
    info.options.is_on(option::ALWAYS_UV)
        || match purpose {
            Purpose::Get => false,
            Purpose::Make { discoverable } => {
                protected && (discoverable || !info.options.is_on(option::MAKE_CRED_UV_NOT_RQD))
            }
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(options: &[(&str, bool)]) -> Info {
        Info { options: options.iter().copied().collect(), ..Info::default() }
    }

    const PIN: (&str, bool) = ("clientPin", true);
    const NO_PIN: (&str, bool) = ("clientPin", false);
    const FINGER: (&str, bool) = ("uv", true);
    const NOT_REQUIRED: (&str, bool) = ("makeCredUvNotRqd", true);
    const ALWAYS: (&str, bool) = ("alwaysUv", true);
    const NOT_BY_PIN: (&str, bool) = ("noMcGaPermissionsWithClientPin", true);

    /// Rows after CTAP 2.3 §6.1.2 and §6.2.2.
    #[test]
    fn a_key_is_asked_for_what_it_needs_and_no_more() {
        use Need::{Discouraged, Preferred, Required};
        const PLAIN: Purpose = Purpose::Make { discoverable: false };
        const PASSKEY: Purpose = Purpose::Make { discoverable: true };
        type Row<'a> = (&'a [(&'a str, bool)], Need, Purpose, Option<Plan>);
        let rows: &[Row<'_>] = &[
            (&[], Discouraged, PLAIN, Some(Plan::Nothing)),
            (&[], Preferred, Purpose::Get, Some(Plan::Nothing)),
            (&[], Required, Purpose::Get, None),
            (&[NO_PIN], Preferred, PLAIN, Some(Plan::Nothing)),
            (&[NO_PIN], Required, PLAIN, Some(Plan::NewPin)),
            (&[NO_PIN, ALWAYS], Discouraged, Purpose::Get, Some(Plan::NewPin)),
            (&[PIN], Discouraged, Purpose::Get, Some(Plan::Nothing)),
            (&[PIN], Preferred, Purpose::Get, Some(Plan::Pin)),
            (&[PIN], Required, Purpose::Get, Some(Plan::Pin)),
            (&[PIN, ALWAYS], Discouraged, Purpose::Get, Some(Plan::Pin)),
            (&[PIN], Discouraged, PLAIN, Some(Plan::Pin)),
            (&[PIN, NOT_REQUIRED], Discouraged, PLAIN, Some(Plan::Nothing)),
            (&[PIN, NOT_REQUIRED], Discouraged, PASSKEY, Some(Plan::Pin)),
            (&[PIN, FINGER], Preferred, PASSKEY, Some(Plan::Pin)),
            (&[NO_PIN, FINGER], Preferred, PASSKEY, Some(Plan::BuiltIn)),
            (&[FINGER], Required, Purpose::Get, Some(Plan::BuiltIn)),
            (&[PIN, NOT_BY_PIN], Required, Purpose::Get, None),
            (&[PIN, NOT_BY_PIN, FINGER], Required, Purpose::Get, Some(Plan::BuiltIn)),
        ];
        for (options, need, purpose, expected) in rows {
            let plan = plan(&info(options), *need, *purpose);
            assert_eq!(plan.as_ref().ok(), expected.as_ref(), "{options:?} {need:?} {purpose:?}");
        }
    }

    #[test]
    fn a_key_that_could_get_a_pin_can_verify() {
        assert!(can_verify(&info(&[NO_PIN])));
        assert!(can_verify(&info(&[FINGER])));
        assert!(!can_verify(&info(&[])));
        assert!(!can_verify(&info(&[("uv", false)])));
        assert!(!can_verify(&info(&[PIN, NOT_BY_PIN])));
    }
}
