//! `fob completions`: from the same definitions as the help, and with the accounts of an open vault.

use clap::CommandFactory;
use clap_complete::Shell;
use serde::Serialize;

use crate::answer::Answer;
use crate::args::Cli;
use crate::completion::script::with_accounts;
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
    let mut script = Vec::new();
    let mut root = Cli::command();
    clap_complete::generate(shell, &mut root, "fob", &mut script);
    let script = String::from_utf8(script)
        .map_err(|error| Failure::new(Exit::Failed, "the completions are no text").because(&error))?;
    let script = with_accounts(shell, script, &root);
    world.answer(&Script { shell: shell.to_string(), script })
}
