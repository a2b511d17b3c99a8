//! `fob vault slot rename`: a person's own name for a way in.

use fob_bus::types::SlotInfo;
use serde::Serialize;

use super::super::slots::Slot;
use super::super::ways_in;
use super::meant::the_one;
use crate::answer::Answer;
use crate::args::vault::slot::Rename;
use crate::daemon::Daemon;
use crate::{Failure, World};

#[derive(Serialize)]
struct Renamed {
    slot: Slot,
}

impl Answer for Renamed {
    const SCHEMA: &'static str = "fob.vault-slot-rename/1";

    fn words(&self) -> String {
        if self.slot.is_named() {
            format!("It is called so now: {}.\n", self.slot.title())
        } else {
            format!("It has no name any more: {}.\n", self.slot.title())
        }
    }
}

pub(super) async fn run(args: Rename, world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    let slots = ways_in(world, &daemon).await?;
    let slot = the_one(&slots, &args.slot)?;
    daemon.vault().await?.label_slot(slot.id.as_deref().unwrap_or_default(), &args.name).await?;
    let slot = SlotInfo { label: args.name, ..slot.clone() };
    world.answer(&Renamed { slot: slot.into() })
}
