//! `fob client forget`: takes back what `allow` or a pairing gave.

use serde::Serialize;

use super::list::{Client, all, meant};
use crate::answer::Answer;
use crate::args::consent::Forget;
use crate::daemon::Daemon;
use crate::text::shown;
use crate::{Failure, World};

#[derive(Serialize)]
struct Forgotten {
    forgotten: Client,
}

impl Answer for Forgotten {
    const SCHEMA: &'static str = "fob.client-forget/1";

    fn words(&self) -> String {
        format!(
            "Forgotten: {} ({}), and all that it was allowed.\n",
            shown(&self.forgotten.name),
            shown(&self.forgotten.id)
        )
    }
}

pub(super) async fn run(args: &Forget, world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    let forgotten = meant(all(world, &daemon).await?, &args.client)?;
    daemon.policy().await?.forget(&forgotten.id).await?;
    world.answer(&Forgotten { forgotten })
}
