//! `fob otp recovery …`: what a site gave out for the day on which the second factor is lost.

use fob_bus::pipe;
use fob_bus::types::RecoveryOptions;
use serde::Serialize;
use zeroize::Zeroizing;

use super::entry::{Entry, find};
use crate::answer::Answer;
use crate::args::entry::{Recovery, RecoveryAdd, RecoveryTake};
use crate::daemon::{awaiting, text_of};
use crate::secret::{Secret, bounded, from_descriptor};
use crate::text::{count, shown};
use crate::{Failure, World};

#[derive(Serialize)]
struct Left {
    account: Entry,
}

impl Answer for Left {
    const SCHEMA: &'static str = "fob.otp-entry/1";

    fn words(&self) -> String {
        let (left, used) = (self.account.recovery_codes, self.account.recovery_codes_used);
        let codes = count(left, "recovery code", "recovery codes");
        format!("{}: {codes} left, {used} used\n", self.account.label())
    }
}

#[derive(Serialize)]
struct Taken<'a> {
    account: Entry,
    code: &'a str,
}

impl Answer for Taken<'_> {
    const SCHEMA: &'static str = "fob.otp-recovery-code/1";

    fn words(&self) -> String {
        format!("{}  {}  {} left\n", shown(self.code), self.account.label(), self.account.recovery_codes)
    }
}

pub(super) async fn run(command: Recovery, world: &mut World) -> Result<(), Failure> {
    match command {
        Recovery::List(args) => {
            let (_, account) = find(&args.query, world).await?;
            world.answer(&Left { account: account.into() })
        }
        Recovery::Add(args) => add(args, world).await,
        Recovery::Take(args) => take(args, world).await,
    }
}

async fn add(args: RecoveryAdd, world: &mut World) -> Result<(), Failure> {
    let codes = codes(args.codes_fd, world)?;
    let (daemon, found) = find(&args.query, world).await?;
    let options = RecoveryOptions { replace: args.replace.then_some(true) };
    let id = &found.id;
    let account = daemon.otp().await?.add_recovery_codes(id, id, codes.pipe()?.into(), options).await?;
    world.answer(&Left { account: account.into() })
}

fn codes(descriptor: Option<u32>, world: &mut World) -> Result<Secret, Failure> {
    let codes = match descriptor {
        Some(number) => from_descriptor("--codes-fd", number, pipe::SHORT)?,
        None => {
            if world.terminal.is_there() {
                world.note("Paste the codes, one a line, and Ctrl-D in an empty line to end them.");
            }
            bounded(&mut world.stdin, pipe::SHORT, "standard input")?
        }
    };
    if codes.expose().trim_ascii().is_empty() {
        return Err(Failure::usage("there are no codes", "paste them, one a line, or pipe them in"));
    }
    Ok(codes)
}

async fn take(args: RecoveryTake, world: &mut World) -> Result<(), Failure> {
    let (daemon, found) = find(&args.query, world).await?;
    let (reader, writer) = awaiting()?;
    let account = daemon.otp().await?.take_recovery_code(&found.id, writer.into()).await?;
    let code = text_of(&reader)?;
    if args.raw {
        return world.print(&Zeroizing::new(format!("{}\n", *code)));
    }
    world.answer(&Taken { account: account.into(), code: &code })?;
    if !world.json {
        world.note("note: it counts as used from now on, whether the site takes it or not");
    }
    Ok(())
}
