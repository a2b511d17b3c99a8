//! `fob lock`.

use serde::Serialize;

use crate::answer::Answer;
use crate::daemon::Daemon;
use crate::{Failure, World};

#[derive(Serialize)]
struct Locked {
    vault: &'static str,
}

impl Answer for Locked {
    const SCHEMA: &'static str = "fob.lock/1";

    fn words(&self) -> String {
        "The vault is locked.\n".to_owned()
    }
}

pub(super) async fn run(world: &mut World) -> Result<(), Failure> {
    Daemon::call(world).await?.manager().await?.lock().await?;
    world.answer(&Locked { vault: fob_bus::types::vault_state::LOCKED })
}
