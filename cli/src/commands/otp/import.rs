//! `fob otp import`: a list of otpauth:// URIs, one a line; all of them or none. fob opens the file, the daemon gets a
//! pipe.

use std::fs::File;

use fob_bus::pipe;
use fob_bus::types::{ImportOptions, ImportReport};
use serde::Serialize;

use super::New;
use crate::answer::Answer;
use crate::args::otp::Import;
use crate::commands::unlock::with_open_vault;
use crate::daemon::Daemon;
use crate::secret::bounded;
use crate::text::{count, shown};
use crate::{Exit, Failure, World};

#[derive(Serialize)]
struct Report {
    taken: Vec<New>,
    duplicates: Vec<String>,
    refused: Vec<Refused>,
    written: bool,
    dry_run: bool,
}

#[derive(Serialize)]
struct Refused {
    line: u32,
    reason: String,
}

impl Report {
    fn new(report: ImportReport, dry_run: bool) -> Self {
        let refused = report.refused.into_iter().map(|refused| Refused { line: refused.line, reason: refused.reason });
        Self {
            taken: report.taken.into_iter().map(New::from).collect(),
            duplicates: report.duplicates,
            refused: refused.collect(),
            written: report.written,
            dry_run,
        }
    }
}

impl Answer for Report {
    const SCHEMA: &'static str = "fob.otp-import/1";

    fn words(&self) -> String {
        let mut words = String::new();
        if !self.taken.is_empty() {
            let verb = if self.written { "taken" } else { "would be taken" };
            words += &format!("{} {verb}:\n", count(self.taken.len() as u64, "account", "accounts"));
            words.extend(self.taken.iter().map(|new| new.lines("  ")));
        }
        if !self.duplicates.is_empty() {
            words += &format!("{} in the vault already:\n", count(self.duplicates.len() as u64, "account", "accounts"));
            words.extend(self.duplicates.iter().map(|label| format!("  {}\n", shown(label))));
        }
        if !self.refused.is_empty() {
            words += &format!("{} refused:\n", count(self.refused.len() as u64, "line", "lines"));
            words.extend(self.refused.iter().map(|line| format!("  line {}: {}\n", line.line, shown(&line.reason))));
        }
        if words.is_empty() {
            words += "The list is empty.\n";
        } else if !self.written {
            words += "Nothing was changed.\n";
        }
        words
    }
}

pub(super) async fn run(args: Import, world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    let path = args.file.display().to_string();
    let file = File::open(&args.file).map_err(|error| {
        Failure::new(Exit::Failed, format!("{path} cannot be opened")).because(&error).hint("look at the file's name")
    })?;
    let list = bounded(file, pipe::LIST, &path)?;
    let report = with_open_vault(world, &daemon, async |daemon: &Daemon| {
        let options = ImportOptions { dry_run: args.dry_run.then_some(true) };
        Ok(daemon.otp().await?.import(list.pipe()?.into(), options).await?)
    });
    let report = Report::new(report.await?, args.dry_run);
    world.answer(&report)?;
    if report.refused.is_empty() {
        return Ok(());
    }
    let lines = count(report.refused.len() as u64, "line is no account", "lines are no accounts");
    let failure = Failure::new(Exit::Failed, format!("{lines}, so nothing was taken"));
    Err(failure.hint("mend or remove what is refused, then import the list again").after_answer())
}
