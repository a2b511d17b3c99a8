//! `fob doctor`: prints what [`crate::doctor`] finds.

use serde::Serialize;

use crate::answer::Answer;
use crate::doctor::{Check, Outcome, examine};
use crate::text::{count, shown};
use crate::{Exit, Failure, World};

#[derive(Serialize)]
struct Findings {
    ok: bool,
    checks: Vec<Check>,
}

impl Answer for Findings {
    const SCHEMA: &'static str = "fob.doctor/1";

    fn words(&self) -> String {
        let width = self.checks.iter().map(|check| check.name.chars().count()).max().unwrap_or_default();
        self.checks.iter().map(|check| lines(check, width)).collect()
    }
}

fn lines(check: &Check, width: usize) -> String {
    let style = match check.outcome {
        Outcome::Ok => anstyle::AnsiColor::Green.on_default(),
        Outcome::Warn => anstyle::AnsiColor::Yellow.on_default(),
        Outcome::Fail => anstyle::AnsiColor::Red.on_default().bold(),
    };
    let mut lines =
        format!("{style}{:4}{style:#}  {:width$}  {}\n", check.outcome.word(), check.name, shown(&check.message));
    if let Some(advice) = &check.advice {
        lines.push_str(&format!("{:indent$}{}\n", "", shown(advice), indent = width + 8));
    }
    lines
}

pub(super) async fn run(world: &mut World) -> Result<(), Failure> {
    let checks = examine(world).await;
    let failed = checks.iter().filter(|check| check.outcome == Outcome::Fail).count();
    world.answer(&Findings { ok: failed == 0, checks })?;
    if failed == 0 {
        return Ok(());
    }
    let things = count(failed as u64, "thing is wrong", "things are wrong");
    Err(Failure::new(Exit::Failed, format!("{things} here")).hint("do what stands below each of them").after_answer())
}
