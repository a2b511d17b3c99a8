//! `fob vault restore`: an older version in the vault's place.

use fob_bus::ErrorKind;
use fob_bus::types::RestoreInfo;
use serde::Serialize;

use super::slots::Slot;
use crate::answer::Answer;
use crate::args::vault::Restore;
use crate::commands::unlock::present;
use crate::daemon::Daemon;
use crate::text::count;
use crate::{Failure, World};

#[derive(Serialize)]
struct Restored {
    from: u64,
    generation: u64,
    /// How many accounts have a counter that may lag behind.
    resync: u32,
    /// The ways in, if they are those of another vault key.
    #[serde(skip_serializing_if = "Option::is_none")]
    foreign: Option<Vec<Slot>>,
    open: bool,
}

impl From<RestoreInfo> for Restored {
    fn from(info: RestoreInfo) -> Self {
        let RestoreInfo { from, generation, resync, foreign, open } = info;
        Self {
            from,
            generation,
            resync,
            foreign: foreign.map(|slots| slots.into_iter().map(Slot::from).collect()),
            open,
        }
    }
}

impl Answer for Restored {
    const SCHEMA: &'static str = "fob.vault-restore/1";

    fn words(&self) -> String {
        let Self { from, generation, .. } = self;
        let open = if self.open { "open" } else { "locked" };
        let mut words = format!(
            "Version {from} is back, as version {generation}; the vault is {open}. What was there before stays as a version.\n"
        );
        if self.resync > 0 {
            let counters = count(self.resync, "account has a counter", "accounts have counters");
            words += &format!("  note: {counters} that may lag behind the site: `fob otp resync` finds it again\n");
        }
        if let Some(slots) = &self.foreign {
            let ways = slots.iter().map(Slot::title).collect::<Vec<_>>().join(", ");
            words += &format!(
                "  note: it was sealed under another vault key, so it opens with what opened it then: {ways}\n\
                 \x20 note: if any of that was to open it no more, make a new key: `fob vault passphrase`\n"
            );
        }
        words
    }
}

pub(super) async fn run(args: Restore, world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    let (secret, recovery) = present(world, &args.fresh, "Passphrase that opened the version: ")?;
    let vault = daemon.vault().await?;
    let outcome = vault.restore(&args.version, secret.pipe()?.into(), recovery).await;
    let restored = outcome.map_err(|error| match error.kind {
        ErrorKind::WrongPassphrase => Failure::from(error)
            .hint("nothing was changed; give the passphrase or recovery code of the time when the version was written"),
        _ => error.into(),
    })?;
    world.answer(&Restored::from(restored))
}
