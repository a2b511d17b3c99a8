//! Who may do what. One decision for every door; facts in, answer out.
//!
//! In this first form there are two tiers: the companion may do all that is asked of it, everybody else may know how
//! things stand and nothing more. Which keys are plugged in is no secret on this machine (lsusb says the same), so the
//! ObjectManager answers everybody.

use crate::caller::{Caller, Tier};
use fob_bus::{CallError, ErrorKind};
use fob_otp::printable;

/// What a caller wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// To know how things stand.
    Status,
    /// To make, open or lock the vault.
    Vault,
    /// To see accounts, have codes, add and remove accounts.
    Accounts,
    /// To see into a key, to set its PIN, to attach one.
    Keys,
    /// To register or sign in somewhere. A companion may name any origin; which origins may use which RP ID is
    /// `fob_webauthn`'s matter.
    Ceremony,
}

/// Whether this caller may do this.
///
/// # Errors
/// [`ErrorKind::Denied`], with the reason.
pub(crate) fn decide(caller: &Caller, operation: Operation) -> Result<(), CallError> {
    match (&caller.tier, operation) {
        (_, Operation::Status) | (Tier::Companion, _) => Ok(()),
        (Tier::Stranger(why), _) => {
            let program = caller.program.as_ref().map(|path| path.to_string_lossy().into_owned());
            let program = program.as_deref().map_or("this program".into(), printable);
            Err(CallError::new(ErrorKind::Denied, format!("{program} may not do this: {why}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::{Door, Why};

    const ALL: [Operation; 5] =
        [Operation::Status, Operation::Vault, Operation::Accounts, Operation::Keys, Operation::Ceremony];

    fn caller(door: Door, tier: Tier) -> Caller {
        Caller { door, uid: 1000, pid: Some(42), program: Some("/usr/bin/\u{202e}busctl".into()), tier }
    }

    #[test]
    fn a_companion_may_do_everything_and_a_stranger_see_how_things_stand() {
        for door in [Door::Socket, Door::SessionBus] {
            for operation in ALL {
                assert_eq!(decide(&caller(door, Tier::Companion), operation), Ok(()), "{door:?} {operation:?}");
                let stranger = decide(&caller(door, Tier::Stranger(Why::OtherProgram)), operation);
                match operation {
                    Operation::Status => assert_eq!(stranger, Ok(())),
                    _ => assert_eq!(stranger.unwrap_err().kind, ErrorKind::Denied, "{door:?} {operation:?}"),
                }
            }
        }
    }

    #[test]
    fn a_refusal_names_program_and_reason_and_nothing_that_moves_a_cursor() {
        let refusal = decide(&caller(Door::Socket, Tier::Stranger(Why::OtherFolder)), Operation::Vault).unwrap_err();
        assert_eq!(refusal.message, "/usr/bin/busctl may not do this: it does not lie beside the running fobd");
    }
}
