//! `fob otp code`: the code of an account, and how long it lives. One connection, one call.
//!
//! [`wait`] is for a code that lives long enough, [`copy`] for one that goes into the clipboard, [`watch`] for all that
//! come.

pub(crate) mod copy;
mod wait;
mod watch;

use fob_bus::types::{CodeInfo, CodeOptions};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::answer::Answer;
use crate::args::otp::Code;
use crate::commands::unlock::with_open_vault;
use crate::daemon::{Daemon, awaiting, text_of};
use crate::text::account;
use crate::{Failure, World};

/// A code and what there is to say about it.
pub(crate) type Coded = (CodeInfo, Zeroizing<String>);

#[derive(Serialize)]
struct Shown<'a> {
    id: &'a str,
    issuer: &'a str,
    name: &'a str,
    kind: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counter: Option<u64>,
    /// Whether the counter may lag behind what the site has seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    resync: Option<bool>,
    /// Whether a time server sets this machine's clock; `null` if that is not known.
    clock_is_set: Option<bool>,
    #[serde(skip)]
    now: u64,
}

impl Answer for Shown<'_> {
    const SCHEMA: &'static str = "fob.otp-code/1";

    fn words(&self) -> String {
        let account = account(self.issuer, self.name);
        match life(self.valid_from, self.valid_until, self.counter, self.now) {
            Some(life) => format!("{}  {account}  {life}\n", self.code),
            None => format!("{}  {account}\n", self.code),
        }
    }
}

impl<'a> Shown<'a> {
    fn of((info, code): &'a Coded, world: &World) -> Self {
        Self {
            id: &info.id,
            issuer: &info.issuer,
            name: &info.name,
            kind: &info.kind,
            code,
            valid_from: info.valid_from,
            valid_until: info.valid_until,
            counter: info.counter,
            resync: info.resync,
            clock_is_set: (world.clock_is_set)(),
            now: world.now(),
        }
    }
}

/// How long a code lives, for a person.
fn life(from: Option<u64>, until: Option<u64>, counter: Option<u64>, now: u64) -> Option<String> {
    match (from, until, counter) {
        (Some(from), _, _) if from > now => Some(format!("good in {} s", from - now)),
        (_, Some(until), _) => Some(format!("{} s left", until.saturating_sub(now))),
        (_, _, Some(counter)) => Some(format!("counter {counter}")),
        _ => None,
    }
}

pub(super) async fn run(args: Code, world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    if args.watch {
        return watch::run(&args, &daemon, world).await;
    }
    if args.copy {
        world.clipboard.look()?;
    }
    let wanted = Wanted { next: args.next && args.min_valid.is_none(), min_valid: args.min_valid, site: None };
    let asked = with_open_vault(world, &daemon, async |daemon: &Daemon| fetch(daemon, &args.query, wanted).await);
    let coded = asked.await?;
    if let Some(seconds) = args.min_valid {
        wait::long_enough(&coded.0, seconds)?;
        if !args.next {
            wait::until_good(&coded.0, world).await?;
        }
    }
    if args.copy {
        return copy::run(&coded, world);
    }
    if args.raw {
        world.print(&Zeroizing::new(format!("{}\n", *coded.1)))?;
        // A script knows what it does; a person may not.
        if world.err_is_terminal {
            warn(&coded.0, world);
        }
        return Ok(());
    }
    let shown = Shown::of(&coded, world);
    world.answer(&shown)?;
    warn(&coded.0, world);
    Ok(())
}

/// A wrong clock or an old counter makes wrong codes, and nothing about them looks wrong.
fn warn(info: &CodeInfo, world: &mut World) {
    if world.json {
        return;
    }
    if info.valid_until.is_some() && (world.clock_is_set)() == Some(false) {
        world.note("note: no time server sets this machine's clock; if the code is refused, see `fob doctor`");
    }
    if info.resync == Some(true) {
        world.note(
            "note: the counter may lag behind the site's; if the code is refused, `fob otp resync` finds it again",
        );
    }
}

/// Which code.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted<'a> {
    /// That of the next step instead of this one's.
    pub(crate) next: bool,
    /// That of the next step if this one's lives for fewer seconds.
    pub(crate) min_valid: Option<u32>,
    /// For a site: only an account that is bound to it gives one.
    pub(crate) site: Option<&'a str>,
}

/// The code of the one account that `query` names.
pub(crate) async fn fetch(daemon: &Daemon, query: &str, wanted: Wanted<'_>) -> Result<Coded, Failure> {
    let (reader, writer) = awaiting()?;
    let options = CodeOptions {
        next: wanted.next.then_some(true),
        min_valid: wanted.min_valid,
        site: wanted.site.map(str::to_owned),
        ..CodeOptions::default()
    };
    let info = daemon.otp().await?.code(query, options, writer.into()).await?;
    Ok((info, text_of(&reader)?))
}
