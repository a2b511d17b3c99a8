//! `fob completions`: from the same definitions as the help, and with what an open vault knows.

use clap::CommandFactory;
use clap_complete::Shell;
use serde::Serialize;

use crate::answer::Answer;
use crate::args::Cli;
use crate::completion::script::with_offers;
use crate::{Exit, Failure, World};

#[derive(Serialize)]
struct Script {
    shell: String,
    script: String,
}

impl Answer for Script {
    const SCHEMA: &'static str = "fob.completions/1";

    fn words(&self) -> String {
        self.script.clone()
    }
}

pub(super) fn run(shell: Shell, world: &mut World) -> Result<(), Failure> {
    let script = script(shell)?;
    world.offer(&Script { shell: shell.to_string(), script })
}

/// The whole script for this shell.
pub(crate) fn script(shell: Shell) -> Result<String, Failure> {
    let mut script = Vec::new();
    let mut root = Cli::command();
    clap_complete::generate(shell, &mut root, "fob", &mut script);
    let script = String::from_utf8(script)
        .map_err(|error| Failure::new(Exit::Failed, "the completions are no text").because(&error))?;
    Ok(with_offers(shell, script, &root))
}
