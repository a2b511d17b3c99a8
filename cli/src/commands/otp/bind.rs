//! `fob otp bind`: says which site an account belongs to, or that it belongs to none any more.

use fob_bus::types::EntryInfo;
use serde::Serialize;

use super::entry::Entry;
use crate::answer::Answer;
use crate::args::entry::Bind;
use crate::commands::unlock::with_open_vault;
use crate::daemon::Daemon;
use crate::server::Address;
use crate::{Failure, World};

#[derive(Serialize)]
struct Bound {
    account: Entry,
    site: String,
    bound: bool,
}

impl Answer for Bound {
    const SCHEMA: &'static str = "fob.otp-bind/1";

    fn words(&self) -> String {
        let account = self.account.label();
        if self.bound {
            format!("Bound: {account} to {}, which `fob sign-in` may give its codes.\n", self.site)
        } else {
            format!("Let go: {account} gives {} no codes any more.\n", self.site)
        }
    }
}

pub(super) async fn run(args: Bind, world: &mut World) -> Result<(), Failure> {
    let site = Address::parse(&args.site)?.origin().to_owned();
    let daemon = Daemon::call(world).await?;
    let query = &args.query;
    let found = with_open_vault(world, &daemon, async |daemon: &Daemon| Ok(daemon.otp().await?.find(query).await?));
    let found = found.await?;
    let bound = !args.remove;
    let account = bind(&daemon, &found, &site, bound).await?.into();
    world.answer(&Bound { account, site, bound })
}

/// Binds exactly the account that was looked at.
pub(crate) async fn bind(daemon: &Daemon, account: &EntryInfo, site: &str, bound: bool) -> Result<EntryInfo, Failure> {
    Ok(daemon.otp().await?.bind(&account.id, &account.id, site, bound).await?)
}
