//! `fob key attach`: a key that is a unix socket.

use std::path::Path;

use serde::Serialize;

use crate::answer::Answer;
use crate::daemon::Daemon;
use crate::text::shown;
use crate::{Exit, Failure, World};

#[derive(Serialize)]
struct Attached {
    id: String,
}

impl Answer for Attached {
    const SCHEMA: &'static str = "fob.key-attach/1";

    fn words(&self) -> String {
        format!("Attached as key {}.\n", shown(&self.id))
    }
}

pub(super) async fn run(path: &Path, world: &mut World) -> Result<(), Failure> {
    // The daemon stands in another folder than we do.
    let whole = std::path::absolute(path)
        .map_err(|error| Failure::new(Exit::Failed, format!("{} leads nowhere", path.display())).because(&error))?;
    let whole = whole.to_str().ok_or_else(|| {
        Failure::usage("the socket's path is not UTF-8 text", "give it a plain name, and attach it by that")
    })?;
    let id = Daemon::call(world).await?.manager().await?.attach_key(whole).await?;
    world.answer(&Attached { id })
}
