//! Opening the vault for a program that wants a code while it is locked: the person types the passphrase into fob's own
//! prompt, which takes it to the vault and nowhere else.

use std::sync::Arc;

use async_trait::async_trait;
use fob_asking::{Want, What};
use fob_bus::{CallError, ErrorKind};
use fob_vault::Passphrase;
use zeroize::Zeroizing;

use super::ask::ask_unless;
use super::{leave, words};
use crate::daemon::Daemon;
use crate::guest::Owner;
use crate::prompt::{Judge, Wrong};
use crate::secret::Proof;
use crate::shield::Secrets;
use crate::vault::Keeper;

/// Asks for the passphrase until it is right.
///
/// # Errors
/// Those of [`ask`](super::ask()), and the vault's.
pub(crate) async fn unlock(daemon: &Daemon, owner: &Owner, what: What, parent_window: &str) -> Result<(), CallError> {
    let mut question = leave::question(daemon, owner, what);
    question.want = Some(Want::Passphrase);
    question.waits = words::PATIENCE;
    question.parent_window = parent_window.to_owned();
    let mut opener = Opener { keeper: daemon.vault.clone(), epoch: daemon.vault.epoch(), trouble: None };
    let is_open = || daemon.vault.is_open();
    let asked = ask_unless(daemon, &owner.caller, question, Some(&mut opener), &is_open);
    let answered = owner.while_there(asked).await;
    match (answered, opener.trouble) {
        (Ok(_), None) => Ok(()),
        (_, Some(trouble)) => Err(trouble),
        (Err(error), None) => Err(error),
    }
}

struct Opener {
    keeper: Arc<Keeper>,
    epoch: u64,
    /// Why no passphrase helps.
    trouble: Option<CallError>,
}

#[async_trait]
impl Judge for Opener {
    async fn judge(&mut self, mut secret: Zeroizing<String>) -> Result<(), Wrong> {
        let _secrets = Secrets::held();
        let Ok(passphrase) = Passphrase::new(std::mem::take(&mut *secret)) else {
            return Err(Wrong::Again("a passphrase is not empty".to_owned()));
        };
        match self.keeper.unlock_by(Proof::Passphrase(passphrase), self.epoch).await {
            Ok(()) => Ok(()),
            Err(error) if error.kind == ErrorKind::WrongPassphrase => {
                Err(Wrong::Again("this is not the passphrase".to_owned()))
            }
            Err(error) => {
                self.trouble = Some(error);
                Err(Wrong::Enough)
            }
        }
    }
}
