//! `fob vault pin`: the quick PIN, which opens the vault again after a soft lock.

use fob_bus::types::QuickPinOptions;
use fob_bus::{CallError, ErrorKind};
use serde::Serialize;

use super::plan::Policy;
use super::ways_in;
use crate::answer::Answer;
use crate::args::exchange::Fresh;
use crate::args::vault::{Pin, PinRemove, PinSet};
use crate::commands::unlock::{enough, proven, source};
use crate::daemon::Daemon;
use crate::secret::{Secret, Source};
use crate::{Failure, World};

#[derive(Serialize)]
struct Set {
    quick_pin: bool,
}

impl Answer for Set {
    const SCHEMA: &'static str = "fob.vault-pin/1";

    fn words(&self) -> String {
        if self.quick_pin {
            "The quick PIN is set: after `fob lock --soft` it opens the vault again.\n\
             A soft lock keeps the vault's key in memory. Three wrong PINs, eight hours or a suspend make it a full lock.\n"
        } else {
            "There is no quick PIN any more: `fob lock --soft` locks fully.\n"
        }
        .to_owned()
    }
}

pub(super) async fn run(command: Pin, world: &mut World) -> Result<(), Failure> {
    match command {
        Pin::Set(PinSet { pin_fd, fresh }) => {
            let prompt = "A quick PIN, of 4 to 64 characters: ";
            let pin = Source { what: "quick PIN", option: "--pin-fd", descriptor: pin_fd, prompt };
            change(world, &fresh, Some(pin)).await
        }
        Pin::Remove(PinRemove { fresh }) => change(world, &fresh, None).await,
    }
}

async fn change(world: &mut World, fresh: &Fresh, pin: Option<Source<'_>>) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    let slots = ways_in(world, &daemon).await?;
    if pin.is_some() && Policy::of(&slots) == Policy::Both {
        let message = "this vault opens with passphrase and key together only, and a quick PIN would open it alone";
        return Err(CallError::new(ErrorKind::WayBarred, message).into());
    }
    enough(&daemon, fresh).await?;
    let mut new = None;
    let proof = source(fresh, "Passphrase of the vault, once more: ");
    proven(world, proof, async |world: &mut World, secret: &Secret| {
        if let (None, Some(source)) = (&new, pin) {
            new = Some(source.obtain_new(world)?);
        }
        let options = QuickPinOptions { pin: new.as_ref().map(Secret::pipe).transpose()?.map(Into::into) };
        let vault = daemon.vault().await?;
        vault.set_quick_pin(secret.pipe()?.into(), fresh.by_recovery(), options).await.map_err(refused)
    })
    .await?;
    world.answer(&Set { quick_pin: pin.is_some() })
}

/// The hint for a key's PIN is none for this one.
fn refused(error: CallError) -> Failure {
    let (kind, failure) = (error.kind, Failure::from(error));
    if kind == ErrorKind::PinPolicy { failure.hint("choose another one; nothing was changed") } else { failure }
}
