//! `fob install-user`: units, activation file, completions and manual pages for one person, and away with them again. What
//! only root can do is said and not tried.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::answer::Answer;
use crate::args::install::InstallUser;
use crate::install::{
    Change, Kind, Places, SystemdUser, UDEV_RULE, UserManager, artefacts, carry_out, installing, line, reload_bus,
    removing,
};
use crate::text::{count, shown};
use crate::{Exit, Failure, World};

/// What a person types for the rule, which is root's.
const RULE_COMMAND: &str = "fob install-user --udev-rule | sudo tee /etc/udev/rules.d/70-fob-security-keys.rules >/dev/null && \
                            sudo udevadm control --reload && sudo udevadm trigger --action=change --subsystem-match=hidraw";

#[derive(Debug, Default, Serialize)]
struct Installed {
    dry_run: bool,
    written: Vec<PathBuf>,
    removed: Vec<PathBuf>,
    unchanged: Vec<PathBuf>,
    /// Not fob's, and left alone.
    left: Vec<PathBuf>,
    /// What was told to the service manager, or would be.
    told: Vec<String>,
    /// What the person has to do.
    to_do: Vec<ToDo>,
}

/// One thing that fob cannot do itself.
#[derive(Debug, Serialize)]
struct ToDo {
    why: &'static str,
    command: String,
}

impl Answer for Installed {
    const SCHEMA: &'static str = "fob.install-user/1";

    fn words(&self) -> String {
        let would = |done: &str, would: &str| if self.dry_run { would.to_owned() } else { done.to_owned() };
        let mut words = String::new();
        words += &files(&would("Written", "Would write"), &self.written);
        words += &files(&would("Removed", "Would remove"), &self.removed);
        words += &files("Not fob's, and left alone", &self.left);
        if !self.unchanged.is_empty() {
            words +=
                &format!("{} as it should be already.\n", count(self.unchanged.len() as u64, "file is", "files are"));
        }
        if self.written.is_empty() && self.removed.is_empty() && self.unchanged.is_empty() {
            words += "There is nothing to do: none of fob's files is there.\n";
        }
        for command in &self.told {
            words += &format!("{}: {command}\n", would("Done", "Would do"));
        }
        for ToDo { why, command } in &self.to_do {
            words += &format!("{why}:\n  {command}\n");
        }
        words
    }
}

/// The files by their folders; many in one folder are counted.
fn files(title: &str, paths: &[PathBuf]) -> String {
    const MANY: usize = 4;
    let mut folders: Vec<(&Path, Vec<String>)> = Vec::new();
    for path in paths {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { continue };
        let name = shown(&name.to_string_lossy());
        match folders.iter_mut().find(|(known, _)| *known == folder) {
            Some((_, names)) => names.push(name),
            None => folders.push((folder, vec![name])),
        }
    }
    let lines = folders.iter().map(|(folder, names)| {
        let names = if names.len() > MANY { count(names.len() as u64, "file", "files") } else { names.join(", ") };
        format!("  {}: {names}\n", shown(&folder.to_string_lossy()))
    });
    if folders.is_empty() { String::new() } else { format!("{title}:\n{}", lines.collect::<String>()) }
}

pub(super) async fn run(args: InstallUser, world: &mut World) -> Result<(), Failure> {
    if args.udev_rule {
        return world.print(UDEV_RULE);
    }
    let places = Places::here()?;
    let manager = SystemdUser;
    let (answer, failure) =
        if args.remove { remove(&places, &manager, args.dry_run)? } else { install(&places, &manager, &args)? };
    if !args.dry_run && manager.is_there() {
        reload_bus().await;
    }
    world.answer(&answer)?;
    match failure {
        Some(failure) => Err(failure.after_answer()),
        None => Ok(()),
    }
}

/// What came of it, and what the service manager did not do.
type Done = (Installed, Option<Failure>);

fn install(places: &Places, manager: &dyn UserManager, args: &InstallUser) -> Result<Done, Failure> {
    if let (Some(unit), false) = (places.packaged(), args.force) {
        let message = format!("a package has installed fob here for everybody: {}", unit.display());
        return Err(Failure::new(Exit::Failed, message)
            .hint("use that one; or insist with `--force`: what you install then goes first, for you alone"));
    }
    places.are_private()?;
    let changes = installing(places, artefacts(&places.programs, places.has_loopback())?)?;
    let mut answer = summary(&changes, args.dry_run);
    if !args.dry_run {
        carry_out(places, &changes)?;
    }
    let replaced = changes.iter().any(|change| change.is_unit && change.kind == Kind::Replace);
    let mut commands = vec![vec!["daemon-reload"], vec!["enable", "--now", "fobd.socket"]];
    if replaced {
        // The daemon of before would not know this fob. Its vault locks, as at every end of fobd.
        commands.push(vec!["try-restart", "fobd.service"]);
    }
    let failure =
        tell(manager, &commands, &mut answer, "No service manager of yours is here now. In a session of yours, type");
    if places.needs_rule() {
        let why = "No udev rule here gives security keys to whoever sits at the machine. That is root's to change";
        answer.to_do.push(ToDo { why, command: RULE_COMMAND.to_owned() });
    }
    Ok((answer, failure))
}

fn remove(places: &Places, manager: &dyn UserManager, dry_run: bool) -> Result<Done, Failure> {
    // The files' names are wanted, not what is in them: any path does for a daemon that may be gone.
    let changes = removing(places, artefacts(Path::new("/usr/bin"), true)?)?;
    let mut answer = summary(&changes, dry_run);
    let going = changes.iter().filter(|change| change.is_unit && change.kind == Kind::Remove);
    let units: Vec<&str> = going.map(Change::name).collect();
    // Before the files go: what is disabled is found by them.
    let mut failure = None;
    if !units.is_empty() {
        let commands = [[&["disable", "--now"], units.as_slice()].concat()];
        failure =
            tell(manager, &commands, &mut answer, "No service manager of yours is here now. If fobd runs, end it");
    }
    if !dry_run {
        carry_out(places, &changes)?;
    }
    if !units.is_empty() && manager.is_there() {
        failure = failure.or(tell(manager, &[vec!["daemon-reload"]], &mut answer, ""));
    }
    Ok((answer, failure))
}

/// Tells the service manager, or the person what to tell it. Stops at the first thing that fails.
fn tell(
    manager: &dyn UserManager,
    commands: &[Vec<&str>],
    answer: &mut Installed,
    else_why: &'static str,
) -> Option<Failure> {
    if !manager.is_there() {
        let lines: Vec<String> = commands.iter().map(|arguments| line(arguments)).collect();
        answer.to_do.push(ToDo { why: else_why, command: lines.join(" && ") });
        return None;
    }
    for arguments in commands {
        if !answer.dry_run
            && let Err(failure) = manager.tell(arguments)
        {
            return Some(failure);
        }
        answer.told.push(line(arguments));
    }
    None
}

fn summary(changes: &[Change], dry_run: bool) -> Installed {
    let of = |kinds: &[Kind]| {
        let these = changes.iter().filter(|change| kinds.contains(&change.kind));
        these.map(|change| change.path.clone()).collect::<Vec<_>>()
    };
    Installed {
        dry_run,
        written: of(&[Kind::Write, Kind::Replace]),
        removed: of(&[Kind::Remove]),
        unchanged: of(&[Kind::Keep]),
        left: of(&[Kind::Leave]),
        ..Installed::default()
    }
}

#[cfg(test)]
mod tests;
