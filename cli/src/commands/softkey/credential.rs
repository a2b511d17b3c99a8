//! `fob softkey credential …`: what is in the key. Private keys go into files and never into an answer.

use std::path::Path;

use fob_softkey_control::{Credential, Op};
use serde::Serialize;

use super::channel::Channel;
use super::done::Done;
use super::file;
use crate::answer::Answer;
use crate::args::softkey::Credential as Command;
use crate::text::{count, shown, table};
use crate::{Failure, World};

#[derive(Serialize)]
struct List {
    credentials: Vec<Credential>,
}

impl Answer for List {
    const SCHEMA: &'static str = "fob.softkey-credential-list/1";

    fn words(&self) -> String {
        table(&self.credentials.iter().map(row).collect::<Vec<_>>())
    }
}

fn row(credential: &Credential) -> Vec<String> {
    let name = credential.user_name.as_ref().or(credential.user_display_name.as_ref());
    [&credential.credential_id, &credential.rp_id, name.unwrap_or(&credential.user_handle)]
        .map(|text| shown(text))
        .to_vec()
}

/// What went into a file.
#[derive(Serialize)]
struct Exported {
    out: String,
    credentials: usize,
}

impl Answer for Exported {
    const SCHEMA: &'static str = "fob.softkey-credential-export/1";

    fn words(&self) -> String {
        let credentials = count(self.credentials as u64, "credential", "credentials");
        let note = if self.credentials > 0 { "  note: the private keys are in clear\n" } else { "" };
        format!("{credentials} written to {}.\n{note}", shown(&self.out))
    }
}

/// What came out of one.
#[derive(Serialize)]
struct Imported {
    credential_ids: Vec<String>,
}

impl Answer for Imported {
    const SCHEMA: &'static str = "fob.softkey-credential-import/1";

    fn words(&self) -> String {
        format!("{} imported.\n", count(self.credential_ids.len() as u64, "credential", "credentials"))
    }
}

/// Opens the channel when the command line and the file have been found in order.
type Open<'a> = &'a mut dyn FnMut() -> Result<Channel, Failure>;

pub(super) fn run(command: Command, open: Open<'_>, world: &mut World) -> Result<(), Failure> {
    match command {
        Command::List => list(&mut open()?, world),
        Command::Export { file } => export(&file, open, world),
        Command::Import { file } => import(&file, open, world),
        Command::Forget { id } => {
            open()?.call(Op::Forget { credential_id: id })?;
            world.answer(&Done { op: "forget", sentence: "The credential is gone." })
        }
    }
}

fn list(channel: &mut Channel, world: &mut World) -> Result<(), Failure> {
    let mut credentials: Vec<Credential> = channel.ask(Op::Credentials {})?;
    // The bench leaves them out. What is shown does not depend on that.
    credentials.iter_mut().for_each(|credential| credential.private_key = None);
    if credentials.is_empty() && !world.json {
        world.note("There is no discoverable credential in the key.");
    }
    world.answer(&List { credentials })
}

fn export(path: &Path, open: Open<'_>, world: &mut World) -> Result<(), Failure> {
    if file::is_standard(path) && world.json {
        let message = "credentials and answer cannot both go to standard output";
        return Err(Failure::usage(message, "name a file, or leave `--json` out: the credentials are JSON anyway"));
    }
    let credentials: Vec<Credential> = open()?.ask(Op::Export {})?;
    file::write(path, &credentials, world)?;
    let exported = Exported { out: path.display().to_string(), credentials: credentials.len() };
    match file::is_standard(path) {
        true => Ok(()),
        false => world.answer(&exported),
    }
}

fn import(path: &Path, open: Open<'_>, world: &mut World) -> Result<(), Failure> {
    let credentials = file::read(path, world)?;
    let mut channel = open()?;
    let mut imported = Imported { credential_ids: Vec::new() };
    for credential in credentials {
        let id = credential.credential_id.clone();
        channel.call(Op::Import { credential: Box::new(credential) }).map_err(|mut failure| {
            let before = count(imported.credential_ids.len() as u64, "credential", "credentials");
            failure.causes.push(format!("credential {id}, after {before} that went in"));
            failure
        })?;
        imported.credential_ids.push(id);
    }
    world.answer(&imported)
}
