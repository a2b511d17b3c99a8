//! `fob otp import`: the accounts in another program's file, all of them or none. fob reads the file, the daemon gets
//! a pipe with fob's own list of them.

use fob_bus::pipe;
use fob_bus::types::{ImportOptions, ImportReport};
use serde::Serialize;

use super::entry::New;
use super::foreign::Foreign;
use super::formats::{self, ReadAs};
use super::parcel::Parcel;
use super::remark::{self, Remark};
use crate::answer::Answer;
use crate::args::exchange::Import;
use crate::commands::unlock::with_open_vault;
use crate::daemon::Daemon;
use crate::text::{count, shown};
use crate::{Exit, Failure, World};

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    read_as: ReadAs,
    taken: Vec<New>,
    changed: Vec<Remark>,
    duplicates: Vec<String>,
    refused: Vec<Remark>,
    written: bool,
    dry_run: bool,
}

impl Answer for Report {
    const SCHEMA: &'static str = "fob.otp-import/1";

    fn words(&self) -> String {
        let mut words = self.read_as.lines();
        if !self.taken.is_empty() {
            let verb = if self.written { "taken" } else { "would be taken" };
            words += &format!("{} {verb}:\n", count(self.taken.len() as u64, "account", "accounts"));
            words.extend(self.taken.iter().map(|new| new.lines("  ")));
        }
        words += &remark::changes(&self.changed);
        if !self.duplicates.is_empty() {
            words += &format!("{} in the vault already:\n", count(self.duplicates.len() as u64, "account", "accounts"));
            words.extend(self.duplicates.iter().map(|label| format!("  {}\n", shown(label))));
        }
        words += &remark::refusals(&self.refused);
        if self.taken.is_empty() && self.duplicates.is_empty() && self.refused.is_empty() {
            words += "There is no account in it.\n";
        } else if !self.written {
            words += "Nothing was changed.\n";
        }
        words
    }
}

pub(super) async fn run(args: Import, world: &mut World) -> Result<(), Failure> {
    if args.list {
        return formats::list(world);
    }
    // Who listens is looked at before anything is asked for.
    let daemon = Daemon::call(world).await?;
    let file = Foreign { paths: &args.file, format: args.format, password_fd: args.password_fd }.read(world)?;
    let read_as = ReadAs::from(file.format);
    let mut parcel = Parcel::of(file, world.clock.wall());
    let stopped = !parcel.refused.is_empty() && (!args.skip_refused || parcel.is_empty());
    let outcome = match parcel.is_empty() {
        true => ImportReport::default(),
        false => send(&parcel, args.dry_run || stopped, &daemon, world).await?,
    };
    // What this fob has read as the daemon would, an older or newer daemon may see otherwise.
    let stopped = stopped || !outcome.refused.is_empty();
    let unlike = outcome.refused.into_iter().map(|refused| Remark::on(parcel.label(refused.line), refused.reason));
    let unlike: Vec<_> = unlike.collect();
    parcel.refused.extend(unlike);
    let report = Report {
        read_as,
        taken: outcome.taken.into_iter().map(New::from).collect(),
        changed: parcel.changed,
        duplicates: outcome.duplicates,
        refused: parcel.refused,
        written: outcome.written,
        dry_run: args.dry_run,
    };
    world.answer(&report)?;
    if stopped { Err(nothing_taken(&report, args.skip_refused)) } else { Ok(()) }
}

async fn send(parcel: &Parcel, dry_run: bool, daemon: &Daemon, world: &mut World) -> Result<ImportReport, Failure> {
    let list = parcel.list();
    if list.expose().len() > pipe::LIST {
        let most = pipe::LIST / 1024 / 1024;
        let message = format!("the accounts make a list of more than {most} MiB, which is more than fobd takes");
        return Err(Failure::new(Exit::Failed, message).hint("take them over in parts"));
    }
    with_open_vault(world, daemon, async |daemon: &Daemon| {
        let options = ImportOptions { dry_run: dry_run.then_some(true), ..ImportOptions::default() };
        Ok(daemon.otp().await?.import(list.pipe()?.into(), options).await?)
    })
    .await
}

fn nothing_taken(report: &Report, skipping: bool) -> Failure {
    let refused = count(report.refused.len() as u64, "entry was refused", "entries were refused");
    let failure = Failure::new(Exit::Failed, format!("{refused}, so nothing was taken"));
    let hint = match skipping || (report.taken.is_empty() && report.duplicates.is_empty()) {
        true => "mend the file, then import it again",
        false => "`--skip-refused` takes the others; or mend the file, then import it again",
    };
    failure.hint(hint).after_answer()
}
