//! What is wrong on this machine, and what to do about it. Each room looks at one thing; nothing is changed.

mod clock;
mod daemon;
mod disk;
mod files;
mod holders;
mod nodes;
mod prompt;
mod report_descriptor;
mod settings;
mod units;
mod ways;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::World;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// As it should be.
    Ok,
    /// Works, with a reservation.
    Warn,
    /// Does not work.
    Fail,
}

impl Outcome {
    /// For a person.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) advice: Option<String>,
}

impl Check {
    fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Ok, message: message.into(), advice: None }
    }

    fn warn(name: &'static str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Warn, message: message.into(), advice: Some(advice.into()) }
    }

    fn fail(name: &'static str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Fail, message: message.into(), advice: Some(advice.into()) }
    }
}

/// Where the system keeps what is looked at; tests have one of their own.
#[derive(Debug, Clone)]
struct Machine {
    hidraw: PathBuf,
    dev: PathBuf,
    proc: PathBuf,
    /// The folder with fob, fobd and what belongs to them.
    programs: Option<PathBuf>,
    /// The one place where pinentry is looked for.
    pinentry: PathBuf,
}

impl Machine {
    fn this() -> Self {
        let programs = std::env::current_exe().ok().and_then(|fob| fob.parent().map(Path::to_path_buf));
        Self {
            hidraw: "/sys/class/hidraw".into(),
            dev: "/dev".into(),
            proc: "/proc".into(),
            programs,
            pinentry: "/usr/bin/pinentry".into(),
        }
    }
}

/// Looks at everything.
pub(crate) async fn examine(world: &World) -> Vec<Check> {
    let machine = Machine::this();
    let daemon::Found { mut checks, status, ways } = daemon::checks(world, settings::fobd().as_deref()).await;
    checks.extend(ways::checks(&ways));
    let vault = status.map(|status| PathBuf::from(status.vault_path)).or_else(fob_bus::names::vault);
    checks.extend(files::checks(fob_bus::names::socket(), vault.as_deref()));
    checks.extend(disk::checks(vault.as_deref().and_then(Path::parent), fob_bus::names::state().as_deref()));
    let manager = units::Manager::this();
    checks.push(prompt::check(&machine, prompt::screen(&manager)));
    checks.extend(units::checks(&manager));
    let nodes = nodes::found(&machine);
    checks.extend(nodes::checks(&nodes));
    checks.push(holders::check(&machine, &nodes));
    checks.push(clock::check((world.clock_is_set)()).await);
    checks
}
