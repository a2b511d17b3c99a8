//! `fob client allow`: lists a program of root's among those that may be remembered. fobd asks the person.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use fob_bus::types::AllowOptions;
use serde::Serialize;

use super::list::Client;
use super::origin;
use crate::answer::Answer;
use crate::args::consent::Allow;
use crate::commands::unlock::with_open_vault;
use crate::daemon::Daemon;
use crate::{Exit, Failure, World};

#[derive(Serialize)]
struct Allowed {
    client: Client,
}

impl Answer for Allowed {
    const SCHEMA: &'static str = "fob.client-allow/1";

    fn words(&self) -> String {
        format!("Listed: {}. `fob client forget` takes it back.\n", self.client.sentence())
    }
}

pub(super) async fn run(args: Allow, world: &mut World) -> Result<(), Failure> {
    let program = whole(&args.program)?;
    let origins = args.origin.iter().map(|url| origin(url)).collect::<Result<Vec<_>, _>>()?;
    let options = AllowOptions {
        name: args.name,
        origins: (!origins.is_empty()).then_some(origins),
        any_origin: args.any_origin.then_some(true),
        portal: args.portal.then_some(true),
    };
    let daemon = Daemon::call(world).await?;
    let call = async |daemon: &Daemon| Ok(daemon.policy().await?.allow(&program, options.clone()).await?);
    let client = with_open_vault(world, &daemon, call).await?;
    world.answer(&Allowed { client: client.into() })
}

/// The file as the kernel names it when it runs: without links in its path.
fn whole(program: &Path) -> Result<String, Failure> {
    let shown = program.display();
    let whole = program.canonicalize().map_err(|error| {
        let failure = Failure::new(Exit::Failed, format!("{shown} is not there")).because(&error);
        failure.hint("give the program's whole path; `command -v NAME` in your shell tells it")
    })?;
    if is_script(&whole).unwrap_or(false) {
        let message = format!(
            "{} is a script: what runs is its interpreter, which anybody can have do anything",
            whole.display()
        );
        return Err(Failure::new(Exit::Failed, message).hint("name the program that the script starts in the end"));
    }
    let text = whole.to_str().map(str::to_owned);
    text.ok_or_else(|| Failure::usage(format!("{shown} is no UTF-8 text"), "name a program with a plain path"))
}

/// Whether its file begins as scripts do. One that cannot be read can still be run: fobd has the last word.
fn is_script(program: &Path) -> io::Result<bool> {
    let mut begins = [0; 2];
    File::open(program)?.read_exact(&mut begins)?;
    Ok(begins == *b"#!")
}
