//! `fob vault policy`: what it takes to open the vault.

use fob_bus::types::way_policy;
use serde::Serialize;

use super::new_key::{Aftermath, Change, Making};
use super::plan::Policy;
use super::ways_in;
use crate::answer::Answer;
use crate::args::vault::{Policy as Args, PolicyKind};
use crate::daemon::Daemon;
use crate::{Failure, World};

#[derive(Serialize)]
struct Shown<'a> {
    policy: &'static str,
    /// Only when it was changed.
    #[serde(flatten)]
    aftermath: Option<Aftermath>,
    /// Only when it was changed, and the code goes nowhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_code: Option<&'a str>,
}

impl Answer for Shown<'_> {
    const SCHEMA: &'static str = "fob.vault-policy/1";

    fn words(&self) -> String {
        let meaning = match self.policy {
            way_policy::PASSPHRASE_AND_KEY => "a passphrase and a security key together open the vault",
            _ => "each way in opens the vault by itself",
        };
        let policy = format!("{}: {meaning}.\n", self.policy);
        match &self.aftermath {
            None => policy,
            Some(aftermath) => policy + &aftermath.words(self.recovery_code),
        }
    }
}

pub(super) async fn run(args: Args, world: &mut World) -> Result<(), Failure> {
    let Some(wanted) = args.policy else {
        let slots = ways_in(world, &Daemon::call(world).await?).await?;
        return unchanged(world, Policy::of(&slots));
    };
    let wanted = match wanted {
        PolicyKind::Any => Policy::Any,
        PolicyKind::PassphraseAndKey => Policy::Both,
    };
    let making = Making::begin(args.new_key, world).await?;
    if Policy::of(&making.slots) == wanted {
        world.note("That is the policy already.");
        return unchanged(world, wanted);
    }
    let made = making.finish(world, &Change { policy: Some(wanted), ..Change::default() }).await?;
    let recovery_code = made.code.as_ref().map(|code| code.as_str());
    world.answer(&Shown { policy: wanted.word(), aftermath: Some(made.aftermath), recovery_code })
}

fn unchanged(world: &mut World, policy: Policy) -> Result<(), Failure> {
    world.answer(&Shown { policy: policy.word(), aftermath: None, recovery_code: None })
}
