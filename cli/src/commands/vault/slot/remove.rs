//! `fob vault slot remove`: what was removed opens nothing any more, no older version either. So a new vault key is made.

use fob_bus::types::way_kind;
use fob_bus::{CallError, ErrorKind};
use serde::Serialize;

use super::super::new_key::{Aftermath, Change, Making};
use super::super::slots::Slot;
use super::meant;
use crate::answer::Answer;
use crate::args::vault::slot::Remove;
use crate::{Failure, World};

#[derive(Serialize)]
struct Removed<'a> {
    removed: Vec<Slot>,
    #[serde(flatten)]
    aftermath: Aftermath,
    /// Only when it goes nowhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_code: Option<&'a str>,
}

impl Answer for Removed<'_> {
    const SCHEMA: &'static str = "fob.vault-slot-remove/1";

    fn words(&self) -> String {
        let removed: Vec<String> = self.removed.iter().map(Slot::title).collect();
        let opens = if removed.len() == 1 { "It opens" } else { "They open" };
        let words = format!(
            "Removed: {}. {opens} neither the vault nor the versions beside it any more.\n",
            removed.join("; ")
        );
        words + &self.aftermath.words(self.recovery_code)
    }
}

pub(super) async fn run(args: Remove, world: &mut World) -> Result<(), Failure> {
    let making = Making::begin(args.new_key, world).await?;
    let remove = meant(&making.slots, &args.slots)?;
    if remove.iter().any(|slot| slot.kind == way_kind::RECOVERY) {
        let error = CallError::new(ErrorKind::WayBarred, "the recovery code cannot go: it is the last way in of all");
        return Err(Failure::from(error).hint("have another one made: `fob vault recovery-code`"));
    }
    let removed = remove.iter().map(|slot| Slot::from((*slot).clone())).collect();
    let made = making.finish(world, &Change { remove, ..Change::default() }).await?;
    let recovery_code = made.code.as_ref().map(|code| code.as_str());
    world.answer(&Removed { removed, aftermath: made.aftermath, recovery_code })
}
