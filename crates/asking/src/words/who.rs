//! Who asks, in plain words.

use super::Line;
use crate::text::harmless;
use crate::{Asker, Tier};

/// Name, program, what it counts as, and the door.
pub(super) fn lines(asker: &Asker) -> Vec<Line> {
    let mut lines = vec![Line { label: "Asked by", text: harmless(&asker.name) }];
    let process = asker.pid.map(|pid| format!("process {pid}"));
    let program = match (&asker.program, process) {
        (Some(program), Some(process)) => Some(format!("{} ({process})", harmless(program))),
        (Some(program), None) => Some(harmless(program)),
        (None, process) => process,
    };
    lines.extend(program.map(|text| Line { label: "Program", text }));
    lines.push(Line { label: "Which is", text: tier(asker.tier).to_owned() });
    lines.push(Line { label: "Through", text: door(&asker.door) });
    lines
}

const fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Companion => "fob itself",
        Tier::Installed => "an installed program that is listed",
        Tier::Portal => "an application that the desktop's portal vouches for",
        Tier::Paired => "a program that you paired",
        Tier::Script => "a program that is not listed",
        Tier::Sandboxed => "a sandboxed program that nobody vouches for",
        Tier::Weak => "a program that cannot be seen for certain",
    }
}

fn door(door: &str) -> String {
    match door {
        "socket" => "fob's own socket".to_owned(),
        "bus" => "the session bus".to_owned(),
        "loopback" => "HTTP on this machine".to_owned(),
        other => harmless(other),
    }
}

/// Why a person should look twice at who asks.
pub(super) fn warning(asker: &Asker) -> Option<String> {
    let doubtful = matches!(asker.tier, Tier::Script | Tier::Sandboxed | Tier::Weak);
    let why = asker.why.as_deref().map(harmless);
    match (doubtful, why) {
        (true, Some(why)) => Some(format!("fob cannot be sure about this program: {why}. {UNLESS}")),
        (true, None) => Some(format!("fob cannot be sure about this program. {UNLESS}")),
        (false, _) => None,
    }
}

const UNLESS: &str = "Say no unless you have just told it to ask.";
