//! `fob otp code`: the code of an account, and how long it lives. One connection, one call.

use fob_bus::types::{CodeInfo, CodeOptions};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::answer::Answer;
use crate::args::otp::Code;
use crate::commands::unlock::with_open_vault;
use crate::daemon::{Daemon, awaiting, text_of};
use crate::text::account;
use crate::{Failure, World};

#[derive(Serialize)]
struct Shown<'a> {
    id: String,
    issuer: String,
    name: String,
    kind: String,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counter: Option<u64>,
    #[serde(skip)]
    now: u64,
}

impl Answer for Shown<'_> {
    const SCHEMA: &'static str = "fob.otp-code/1";

    fn words(&self) -> String {
        let life = match (self.valid_from, self.valid_until, self.counter) {
            (Some(from), _, _) if from > self.now => format!("good in {} s", from - self.now),
            (_, Some(until), _) => format!("{} s left", until.saturating_sub(self.now)),
            (_, _, Some(counter)) => format!("counter {counter}"),
            _ => return format!("{}  {}\n", self.code, account(&self.issuer, &self.name)),
        };
        format!("{}  {}  {life}\n", self.code, account(&self.issuer, &self.name))
    }
}

pub(super) async fn run(args: Code, world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    let asked =
        with_open_vault(world, &daemon, async |daemon: &Daemon| fetch(daemon, &args.query, args.next, None).await);
    let (info, code) = asked.await?;
    if args.raw {
        return world.print(&Zeroizing::new(format!("{}\n", *code)));
    }
    let now = world.now();
    world.answer(&Shown {
        id: info.id,
        issuer: info.issuer,
        name: info.name,
        kind: info.kind,
        code: &code,
        valid_from: info.valid_from,
        valid_until: info.valid_until,
        counter: info.counter,
        now,
    })
}

/// The code of the one account that `query` names, of this step or the next. For a site, only an account that is bound
/// to it gives one.
pub(crate) async fn fetch(
    daemon: &Daemon,
    query: &str,
    next: bool,
    site: Option<&str>,
) -> Result<(CodeInfo, Zeroizing<String>), Failure> {
    let (reader, writer) = awaiting()?;
    let options = CodeOptions { next: next.then_some(true), site: site.map(str::to_owned) };
    let info = daemon.otp().await?.code(query, options, writer.into()).await?;
    Ok((info, text_of(&reader)?))
}
