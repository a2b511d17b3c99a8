//! What a TPM keeps for the vault. It counts wrong PINs itself, over everything that is sealed in it, so nobody tries
//! twice unasked.

use std::io;
use std::sync::Arc;

use fob_ambient::SystemRng;
use fob_bus::types::StateDetails;
use fob_bus::{CallError, ErrorKind};
use fob_ctap::pin::Pin;
use fob_tpm::{TpmError, Wire};
use fob_vault::{KeptSecret, SecretOffer, SlotId, SlotSecret};

use super::asking::Asking;
use super::outside::Outside;
use crate::ceremony::{Failure, PassedPin};
use crate::shield::Secrets;
use crate::thread::blocking;

/// How many PINs a person may try before they have to begin again: TPMs lock themselves after some ten.
const TRIES: u32 = 3;

/// A slot that a TPM keeps the secret of.
pub(super) struct Sealed {
    pub(super) slot: SlotId,
    pub(super) blob: Vec<u8>,
    pub(super) pin: bool,
}

impl Asking {
    /// Unseals a slot's secret, after the person has given the PIN if there is one.
    pub(super) async fn unseal(
        self: &Arc<Self>,
        sealed: Sealed,
        pin: Option<PassedPin>,
    ) -> Result<SlotSecret, Failure> {
        let asking = self.clone();
        let unsealing = blocking(move || {
            let _secrets = Secrets::held();
            let Sealed { slot, blob, pin: wants_pin } = sealed;
            if !wants_pin {
                return unsealed(&*asking.daemon.outside, &blob, None);
            }
            if let Some(pin) = pin {
                return unsealed(&*asking.daemon.outside, &blob, Some(&pin.take()?));
            }
            asking.unseal_asking(slot, &blob)
        });
        self.until_end(unsealing).await
    }

    fn unseal_asking(&self, slot: SlotId, blob: &[u8]) -> Result<SlotSecret, CallError> {
        let mut wrong = false;
        for _ in 1..TRIES {
            match unsealed(&*self.daemon.outside, blob, Some(&self.ask_pin(slot, wrong)?)) {
                Err(error) if error.kind == ErrorKind::PinInvalid => wrong = true,
                other => return other,
            }
        }
        unsealed(&*self.daemon.outside, blob, Some(&self.ask_pin(slot, wrong)?))
    }

    /// Asks for the PIN of a slot. Blocks.
    fn ask_pin(&self, slot: SlotId, wrong: bool) -> Result<Pin, CallError> {
        let details = StateDetails { slot: Some(slot.to_string()), wrong: Some(wrong), ..StateDetails::default() };
        self.pin_by(details)
    }

    /// Asks for a PIN. Blocks.
    fn pin_by(&self, details: StateDetails) -> Result<Pin, CallError> {
        let patience = self.deadline().since(self.daemon.clock.monotonic());
        let pin = self.request.ask_pin(details, patience.duration());
        pin.ok_or_else(|| CallError::new(ErrorKind::TimedOut, "no PIN was given in time"))
    }

    /// Seals what the vault offers behind a PIN, or behind none, and reads it back.
    pub(super) async fn seal(
        self: &Arc<Self>,
        offer: SecretOffer,
        pin: Option<PassedPin>,
    ) -> Result<KeptSecret, Failure> {
        let asking = self.clone();
        let sealing = blocking(move || {
            let _secrets = Secrets::held();
            let pin = pin.map(PassedPin::take).transpose()?;
            sealed(&*asking.daemon.outside, offer, pin.as_ref())
        });
        self.until_end(sealing).await
    }

    /// The PIN that a slot gets anew, from the person.
    pub(super) async fn new_tpm_pin(self: &Arc<Self>, about: StateDetails) -> Result<PassedPin, Failure> {
        let asking = self.clone();
        let asked = blocking(move || {
            let _secrets = Secrets::held();
            Ok(PassedPin::Read(Arc::new(asking.pin_by(about)?)))
        });
        self.until_end(asked).await
    }
}

/// Why there is no TPM here, if there is none. Blocks.
pub(super) fn problem(outside: &dyn Outside) -> Option<String> {
    wire(outside).err().map(|error| error.message)
}

fn unsealed(outside: &dyn Outside, blob: &[u8], pin: Option<&Pin>) -> Result<SlotSecret, CallError> {
    let pin = pin.map(|pin| pin.expose().as_bytes());
    let secret = fob_tpm::unseal(&mut *wire(outside)?, blob, pin, &mut SystemRng::new());
    let secret = secret.map_err(|error| refusal(&error))?;
    Ok(SlotSecret::from_slice(&*secret).expect("a TPM's secret has the 32 bytes of a slot's"))
}

fn sealed(outside: &dyn Outside, offer: SecretOffer, pin: Option<&Pin>) -> Result<KeptSecret, CallError> {
    let secret = offer.secret().expose().first_chunk().expect("a slot's secret has 32 bytes");
    let bytes = pin.map(|pin| pin.expose().as_bytes());
    let blob = fob_tpm::seal(&mut *wire(outside)?, secret, bytes, &mut SystemRng::new());
    let blob = blob.map_err(|error| refusal(&error))?;
    let back = unsealed(outside, &blob, pin)?;
    let kept = offer.sealed_by_tpm(blob, pin.is_some(), &back);
    kept.map_err(|error| CallError::from_error(ErrorKind::NoTpm, &error))
}

fn wire(outside: &dyn Outside) -> Result<Box<dyn Wire>, CallError> {
    outside.tpm().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => CallError::new(ErrorKind::NoTpm, "this machine has no TPM, or it is off"),
        io::ErrorKind::PermissionDenied => {
            CallError::new(ErrorKind::NoTpm, "no permission to use the TPM: on most systems that is the group tss")
        }
        _ => CallError::from_error(ErrorKind::NoTpm, &TpmError::Wire(error)),
    })
}

fn refusal(error: &TpmError) -> CallError {
    let kind = if matches!(error, TpmError::WrongPin) { ErrorKind::PinInvalid } else { ErrorKind::NoTpm };
    CallError::from_error(kind, error)
}
