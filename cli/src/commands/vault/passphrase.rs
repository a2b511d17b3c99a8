//! `fob vault passphrase`: another passphrase, under a new vault key.

use serde::Serialize;

use super::new_key::{Aftermath, Change, Making};
use crate::answer::Answer;
use crate::args::vault::NewKey;
use crate::{Failure, World};

#[derive(Serialize)]
struct Changed<'a> {
    #[serde(flatten)]
    aftermath: Aftermath,
    /// Only when it goes nowhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_code: Option<&'a str>,
}

impl Answer for Changed<'_> {
    const SCHEMA: &'static str = "fob.vault-passphrase/1";

    fn words(&self) -> String {
        let changed = "The passphrase is changed: the old one opens neither the vault nor the versions beside it.\n";
        changed.to_owned() + &self.aftermath.words(self.recovery_code)
    }
}

pub(super) async fn run(args: NewKey, world: &mut World) -> Result<(), Failure> {
    let making = Making::begin(args, world).await?;
    let made = making.finish(world, &Change { new_passphrase: true, ..Change::default() }).await?;
    let recovery_code = made.code.as_ref().map(|code| code.as_str());
    world.answer(&Changed { aftermath: made.aftermath, recovery_code })
}
