//! `fob vault rotate`: a new vault key for the ways in that there are.

use serde::Serialize;

use super::new_key::{Aftermath, Change, Making};
use crate::answer::Answer;
use crate::args::vault::NewKey;
use crate::{Failure, World};

#[derive(Serialize)]
struct Rotated<'a> {
    #[serde(flatten)]
    aftermath: Aftermath,
    /// Only when it goes nowhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_code: Option<&'a str>,
}

impl Answer for Rotated<'_> {
    const SCHEMA: &'static str = "fob.vault-rotate/1";

    fn words(&self) -> String {
        let made =
            "The vault has a new key: whoever had the old one opens neither the vault nor the versions beside it.\n";
        made.to_owned() + &self.aftermath.words(self.recovery_code)
    }
}

pub(super) async fn run(args: NewKey, world: &mut World) -> Result<(), Failure> {
    let making = Making::begin(args, world).await?;
    let made = making.finish(world, &Change::default()).await?;
    let recovery_code = made.code.as_ref().map(|code| code.as_str());
    world.answer(&Rotated { aftermath: made.aftermath, recovery_code })
}
