//! `fob lock`.

use fob_bus::types::vault_state;
use serde::Serialize;

use crate::answer::Answer;
use crate::args::vault::Lock;
use crate::daemon::Daemon;
use crate::{Failure, World};

#[derive(Serialize)]
struct Locked {
    vault: &'static str,
    /// Whether a soft lock was wished for.
    #[serde(skip)]
    soft: bool,
}

impl Answer for Locked {
    const SCHEMA: &'static str = "fob.lock/1";

    fn words(&self) -> String {
        match (self.vault, self.soft) {
            (vault_state::SOFT_LOCKED, _) => {
                "The vault is soft-locked: `fob unlock` asks for the quick PIN. `fob lock` locks it fully.\n"
            }
            (_, true) => {
                "The vault is locked, and not softly: that takes an open vault with a quick PIN (`fob vault pin set`).\n"
            }
            _ => "The vault is locked.\n",
        }
        .to_owned()
    }
}

pub(super) async fn run(args: Lock, world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    let vault = if !args.soft {
        daemon.manager().await?.lock().await?;
        vault_state::LOCKED
    } else if daemon.vault().await?.soft_lock().await? {
        vault_state::SOFT_LOCKED
    } else {
        vault_state::LOCKED
    };
    world.answer(&Locked { vault, soft: args.soft })
}
