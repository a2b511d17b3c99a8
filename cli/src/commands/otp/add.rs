//! `fob otp add`: an account by its otpauth:// URI. The URI holds the seed, so it never is an argument, and on the
//! terminal it does not show.

use fob_bus::pipe;
use fob_bus::types::AddOptions;
use serde::Serialize;

use super::New;
use crate::answer::Answer;
use crate::args::otp::Add;
use crate::commands::unlock::with_open_vault;
use crate::daemon::Daemon;
use crate::secret::{Secret, bounded, from_descriptor};
use crate::server::Address;
use crate::{Failure, World, secret};

#[derive(Serialize)]
struct Kept {
    #[serde(flatten)]
    new: New,
}

impl Answer for Kept {
    const SCHEMA: &'static str = "fob.otp-add/1";

    fn words(&self) -> String {
        format!("Kept:\n{}", self.new.lines("  "))
    }
}

pub(super) async fn run(args: Add, world: &mut World) -> Result<(), Failure> {
    if !args.never.is_empty() {
        return Err(Failure::usage(
            "an otpauth:// URI is a secret, and every program on this machine can read arguments",
            "run `fob otp add` alone and paste it there, or pipe it in; clear it from your shell's history too",
        ));
    }
    let site = args.site.as_deref().map(Address::parse).transpose()?;
    let options = AddOptions { site: site.map(|site| site.origin().to_owned()), unique: None };
    let daemon = Daemon::call(world).await?;
    let uri = uri(&args, world)?;
    let kept = with_open_vault(world, &daemon, async |daemon: &Daemon| {
        Ok(daemon.otp().await?.add(uri.pipe()?.into(), options.clone()).await?)
    });
    let added = kept.await?;
    world.answer(&Kept { new: added.into() })
}

/// The URI, from wherever it comes.
fn uri(args: &Add, world: &mut World) -> Result<Secret, Failure> {
    let uri = match args.uri_fd {
        Some(number) => from_descriptor("--uri-fd", number, pipe::SHORT)?,
        None if world.terminal.is_there() => secret::ask(world, "URI", "otpauth:// URI (it does not show): ")?,
        None => bounded(&mut world.stdin, pipe::SHORT, "standard input")?,
    };
    if uri.expose().trim_ascii().is_empty() {
        return Err(Failure::usage("there is no URI", "paste it at the question, or pipe it in"));
    }
    Ok(uri)
}
