//! `fob otp note`: a person's own words about an account. They may be secret, so they go through pipes.

use fob_bus::types::EditOptions;
use serde::Serialize;
use zeroize::Zeroizing;

use super::entry::{Entry, change, find};
use crate::answer::Answer;
use crate::args::entry::Note;
use crate::daemon::{awaiting, long_text_of};
use crate::secret::{Secret, bounded, from_descriptor};
use crate::text::shown;
use crate::{Failure, World};

/// Longest note that is read, in bytes; fobd says where it really ends.
const LONGEST: usize = 64 * 1024;

#[derive(Serialize)]
struct Shown<'a> {
    account: Entry,
    note: &'a str,
}

impl Answer for Shown<'_> {
    const SCHEMA: &'static str = "fob.otp-note/1";

    fn words(&self) -> String {
        self.note.lines().map(|line| shown(line) + "\n").collect()
    }
}

pub(super) async fn run(args: Note, world: &mut World) -> Result<(), Failure> {
    let note = match args.note_fd {
        Some(number) => Some(from_descriptor("--note-fd", number, LONGEST)?),
        None if args.set => Some(typed(world)?),
        None if args.remove => Some(Secret::new(Zeroizing::new(Vec::new()))),
        None => None,
    };
    match note {
        None => show(&args.query, world).await,
        Some(note) => {
            let found = find(&args.query, world).await?;
            let options = EditOptions { note: Some(note.pipe()?.into()), ..EditOptions::default() };
            change(if args.remove { "Note removed" } else { "Note set" }, found, options, world).await
        }
    }
}

async fn show(query: &str, world: &mut World) -> Result<(), Failure> {
    let (daemon, found) = find(query, world).await?;
    let (reader, writer) = awaiting()?;
    let account = daemon.otp().await?.note(&found.id, writer.into()).await?;
    let note = long_text_of(&reader, LONGEST)?;
    if note.is_empty() && !world.json {
        world.note("There is no note: `fob otp note --set` sets one.");
    }
    world.answer(&Shown { account: account.into(), note: &note })
}

fn typed(world: &mut World) -> Result<Secret, Failure> {
    if world.terminal.is_there() {
        world.note("Type the note, and Ctrl-D in an empty line to end it.");
    }
    let note = bounded(&mut world.stdin, LONGEST, "standard input")?;
    if note.expose().trim_ascii().is_empty() {
        return Err(Failure::usage(
            "there is no note",
            "type it, or pipe it in; `--remove` removes the one that is there",
        ));
    }
    Ok(note)
}
