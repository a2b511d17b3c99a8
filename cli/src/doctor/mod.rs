//! What is wrong on this machine, and what to do about it. Each room looks at one thing; nothing is changed.

mod clock;
mod daemon;
mod files;
mod holders;
mod nodes;
mod report_descriptor;
mod settings;
mod ways;

use std::path::PathBuf;

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
}

impl Machine {
    fn this() -> Self {
        Self { hidraw: "/sys/class/hidraw".into(), dev: "/dev".into(), proc: "/proc".into() }
    }
}

/// Looks at everything.
pub(crate) async fn examine(world: &World) -> Vec<Check> {
    let machine = Machine::this();
    let daemon::Found { mut checks, status, ways } = daemon::checks(world, settings::fobd().as_deref()).await;
    checks.extend(ways::checks(&ways));
    let vault = status.map(|status| PathBuf::from(status.vault_path)).or_else(fob_bus::names::vault);
    checks.extend(files::checks(fob_bus::names::socket(), vault));
    let nodes = nodes::found(&machine);
    checks.extend(nodes::checks(&nodes));
    checks.push(holders::check(&machine, &nodes));
    checks.push(clock::check((world.clock_is_set)()).await);
    checks
}
