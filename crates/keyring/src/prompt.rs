//! The keyring's own question to the person (API, "Prompts"): shown, answered or not, and taken away again by whoever
//! stops waiting.

use tokio::pin;
use zbus::{OwnedObjectPath, OwnedVariant};

use crate::KeyringError;
use crate::patience::Budget;
use crate::service::{Service, read};
use crate::signals::{Departure, Signals};

/// A prompt on the screen. Dropped before its end it is dismissed: a request that was cancelled asks nobody anything.
struct Shown<'a> {
    service: &'a Service,
    prompt: &'a OwnedObjectPath,
    open: bool,
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if self.open {
            self.service.dismiss(self.prompt);
        }
    }
}

/// Shows the prompt and gives its result.
pub(crate) async fn ask(
    service: &Service,
    prompt: &OwnedObjectPath,
    budget: &mut Budget,
) -> Result<OwnedVariant, KeyringError> {
    budget.prompt(answer(service, prompt)).await
}

async fn answer(service: &Service, prompt: &OwnedObjectPath) -> Result<OwnedVariant, KeyringError> {
    let mut signals = Signals::below(&service.connection, &service.owner, prompt).await?;
    let mut departure = Departure::of(&service.connection, &service.owner).await?;
    let mut shown = Shown { service, prompt, open: true };
    let show = service.show(prompt);
    pin!(show);
    let mut asked = false;
    loop {
        // Nothing here may starve another, however many signals the service sends.
        tokio::select! {
            () = departure.happens() => return Err(KeyringError::NoService),
            result = &mut show, if !asked => {
                result?;
                asked = true;
            }
            signal = signals.next() => {
                let signal = signal.ok_or(KeyringError::NoService)?;
                let header = signal.header();
                if header.member().is_none_or(|member| member.as_str() != "Completed")
                    || header.path().is_none_or(|path| path.as_str() != prompt.as_str())
                {
                    continue;
                }
                shown.open = false;
                let (dismissed, result): (bool, OwnedVariant) = read(&signal, service.owner.as_str())?;
                return if dismissed { Err(KeyringError::Dismissed) } else { Ok(result) };
            }
        }
    }
}
