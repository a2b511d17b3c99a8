//! `fob key detach`: lets go of an attached key.

use serde::Serialize;

use super::chosen;
use crate::answer::Answer;
use crate::daemon::Daemon;
use crate::text::shown;
use crate::{Failure, World};

#[derive(Serialize)]
struct Detached {
    id: String,
}

impl Answer for Detached {
    const SCHEMA: &'static str = "fob.key-detach/1";

    fn words(&self) -> String {
        format!("Key {} is detached.\n", shown(&self.id))
    }
}

pub(super) async fn run(name: &str, world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    let id = chosen(&daemon, name).await?.key.id;
    daemon.manager().await?.detach_key(&id).await?;
    world.answer(&Detached { id })
}
