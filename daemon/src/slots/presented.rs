//! What came through pipes with a request: read before anybody has to touch anything.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use fob_bus::CallError;
use fob_vault::Passphrase;

use crate::ceremony::PassedPin;
use crate::secret::{self, Proof};
use crate::shield::Secrets;
use crate::thread::blocking;

/// A fresh proof of who is there, and what goes with it.
pub(super) struct Presented {
    pub(super) proof: Proof,
    pub(super) passphrase: Option<Passphrase>,
    pub(super) pin: Option<PassedPin>,
}

impl Presented {
    /// Reads all of it.
    ///
    /// # Errors
    /// What is wrong with a pipe, or with what came through it.
    pub(super) async fn read(
        fresh: OwnedFd,
        by_recovery: bool,
        passphrase: Option<OwnedFd>,
        pin: Option<OwnedFd>,
    ) -> Result<Self, CallError> {
        blocking(move || {
            let _secrets = Secrets::held();
            let proof = Proof::read(&fresh, by_recovery)?;
            let (passphrase, pin) = both(passphrase.as_ref(), pin.as_ref())?;
            Ok(Self { proof, passphrase, pin })
        })
        .await
    }
}

/// A passphrase and a PIN, as far as they came.
///
/// # Errors
/// As [`Presented::read`].
pub(super) async fn read(
    passphrase: Option<OwnedFd>,
    pin: Option<OwnedFd>,
) -> Result<(Option<Passphrase>, Option<PassedPin>), CallError> {
    blocking(move || {
        let _secrets = Secrets::held();
        both(passphrase.as_ref(), pin.as_ref())
    })
    .await
}

fn both(
    passphrase: Option<&OwnedFd>,
    pin: Option<&OwnedFd>,
) -> Result<(Option<Passphrase>, Option<PassedPin>), CallError> {
    let passphrase = passphrase.map(secret::passphrase).transpose()?;
    let pin = pin.map(secret::pin).transpose()?;
    Ok((passphrase, pin.map(|pin| PassedPin::Read(Arc::new(pin)))))
}
