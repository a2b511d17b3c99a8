//! Ways into the vault: opening it, adding one, showing those that stay to a new vault key.

use std::time::Duration;

use fob_bus::types::Outcome;
use zbus::OwnedObjectPath;

use super::steps::Progress;
use super::{CANCEL_LIMIT, Ended, GRACE, Patience, Pin, conduct, outcome};
use crate::daemon::Daemon;
use crate::{Failure, World};

/// Longest wait for the next thing that happens. fobd has its own deadline for each touch; this one is for an fobd that hangs.
const LIMIT: Duration = Duration::from_secs(600);

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Opening the vault.
    Open,
    /// Adding a way in.
    Add,
    /// Showing those that stay to a new vault key.
    NewKey,
}

/// What a TPM is asked for when it is asked for a PIN.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum TpmPin {
    /// The one it has.
    #[default]
    Known,
    /// One to set.
    New,
}

impl Purpose {
    const fn tpm(self) -> TpmPin {
        match self {
            Self::Open | Self::Add => TpmPin::Known,
            Self::NewKey => TpmPin::New,
        }
    }

    /// Once fobd writes the vault nothing holds it back, and a new recovery code is given once: whoever gives up is told
    /// whether that was in time, however long it takes.
    const fn patience(self) -> Patience {
        let under_way = LIMIT.saturating_add(GRACE);
        match self {
            Self::Open => Patience { under_way, cancelled: CANCEL_LIMIT, words: None },
            Self::Add | Self::NewKey => {
                let words = "Giving up: waiting to hear whether that is in time. Ctrl-C again does not wait.";
                Patience { under_way, cancelled: under_way, words: Some(words) }
            }
        }
    }

    /// What to do when nobody has heard how it ended.
    pub(super) const fn unheard(self) -> &'static str {
        match self {
            Self::Open => "see whether the vault is open: `fob status`",
            Self::Add => "see whether it was added all the same: `fob vault slots`",
            Self::NewKey => {
                "the change may be made all the same; then the recovery code that you have opens nothing any more: have \
                 another one made with `fob vault recovery-code`"
            }
        }
    }
}

/// Runs a request to its end. What came of it, or why nothing did.
pub(crate) async fn attend(
    world: &mut World,
    daemon: &Daemon,
    pin: &mut Pin,
    purpose: Purpose,
    call: impl AsyncFnOnce(String) -> Result<OwnedObjectPath, Failure>,
) -> Result<Outcome, Failure> {
    let ended = conduct(world, daemon, pin, Progress::of(purpose.tpm()), purpose.patience(), call).await?;
    let late = matches!(&ended, Ended::Told(told) if told.given_up.is_some());
    let outcome = outcome::way(ended, purpose)?;
    if late {
        world.note("It was too late for that: it is done.");
    }
    Ok(outcome)
}
