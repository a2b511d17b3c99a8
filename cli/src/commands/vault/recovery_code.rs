//! `fob vault recovery-code`: another recovery code, under a new vault key.

use serde::Serialize;

use super::new_key::{Aftermath, Change, Making};
use crate::answer::Answer;
use crate::args::vault::NewKey;
use crate::{Failure, World};

#[derive(Serialize)]
struct Renewed<'a> {
    #[serde(flatten)]
    aftermath: Aftermath,
    /// Only when it goes nowhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_code: Option<&'a str>,
    #[serde(skip)]
    new_passphrase: bool,
}

impl Answer for Renewed<'_> {
    const SCHEMA: &'static str = "fob.vault-recovery-code/1";

    fn words(&self) -> String {
        let passphrase = if self.new_passphrase { "so is the passphrase" } else { "the passphrase stays as it is" };
        format!("The recovery code is a new one; {passphrase}.\n") + &self.aftermath.words(self.recovery_code)
    }
}

pub(super) async fn run(args: NewKey, world: &mut World) -> Result<(), Failure> {
    let making = Making::begin(args, world).await?;
    let made = making.finish(world, &Change::default()).await?;
    let recovery_code = made.code.as_ref().map(|code| code.as_str());
    world.answer(&Renewed { aftermath: made.aftermath, recovery_code, new_passphrase: made.new_passphrase })
}
