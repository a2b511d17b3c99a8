//! `--watch`: each code as it comes, and how long it lives. On a terminal one line that changes, else a line a code.

use fob_bus::types::CodeInfo;

use super::{Coded, Shown, Wanted, fetch, warn};
use crate::args::otp::Code;
use crate::commands::unlock::with_open_vault;
use crate::daemon::Daemon;
use crate::text::account;
use crate::{Failure, World, interrupt};

/// Cells of the bar that shrinks.
const BAR: u64 = 15;

pub(super) async fn run(args: &Code, daemon: &Daemon, world: &mut World) -> Result<(), Failure> {
    let query = &args.query;
    let found = with_open_vault(world, daemon, async |daemon: &Daemon| Ok(daemon.otp().await?.find(query).await?));
    let found = found.await?;
    if found.kind == "hotp" {
        let message =
            format!("{} goes by a counter, and watching would use its codes up", account(&found.issuer, &found.name));
        return Err(Failure::usage(message, "leave `--watch` out for the next one"));
    }
    let mut interrupt = interrupt::hold().map_err(|error| interrupt::unheld(&error))?;
    let live = world.out_is_terminal && !world.json;
    if live && !args.raw {
        world.print(&format!("{}  (Ctrl-C ends it)\n", account(&found.issuer, &found.name)))?;
    }
    let mut coded: Option<Coded> = None;
    let outcome = loop {
        let now = world.now();
        if coded.as_ref().is_none_or(|(info, _)| is_dead(info, now)) {
            // By its id: another account that comes meanwhile makes nothing ambiguous.
            let fresh = match fetch(daemon, &found.id, Wanted::default()).await {
                Ok(fresh) => fresh,
                Err(failure) => break Err(failure),
            };
            if coded.is_none() && live {
                warn(&fresh.0, world);
            }
            if !live {
                show(&fresh, args.raw, world)?;
            }
            coded = Some(fresh);
        }
        if let Some(coded) = coded.as_ref().filter(|_| live) {
            world.print(&format!("\r{}", line(coded, now)))?;
        }
        tokio::select! {
            () = world.pause.second() => {}
            () = interrupt.pressed() => break Ok(()),
        }
    };
    if live {
        world.print(&format!("\r{:60}\r", ""))?;
    }
    outcome
}

fn show(coded: &Coded, raw: bool, world: &mut World) -> Result<(), Failure> {
    if raw {
        return world.print(&zeroize::Zeroizing::new(format!("{}\n", *coded.1)));
    }
    let shown = Shown::of(coded, world);
    world.answer(&shown)
}

/// A clock that was set back makes a code dead as well.
fn is_dead(info: &CodeInfo, now: u64) -> bool {
    info.valid_until.is_none_or(|until| until <= now) || info.valid_from.is_some_and(|from| from > now)
}

/// Always the same width, so that it covers the line before.
fn line((info, code): &Coded, now: u64) -> String {
    let (from, until) = (info.valid_from.unwrap_or_default(), info.valid_until.unwrap_or_default());
    let (left, life) = (until.saturating_sub(now), until.saturating_sub(from).max(1));
    let full = usize::try_from((left * BAR).div_ceil(life)).unwrap_or_default();
    let (full, empty) = ("#".repeat(full), ".".repeat((BAR as usize).saturating_sub(full)));
    format!("{}  {left:>5} s left  {full}{empty}", **code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_code_shrinks_and_keeps_its_width() {
        let info = CodeInfo { valid_from: Some(60), valid_until: Some(90), ..CodeInfo::default() };
        let coded = (info, "287082".to_owned().into());
        let lines: Vec<_> = [60, 75, 89].map(|now| line(&coded, now)).into();
        assert_eq!(
            lines,
            [
                "287082     30 s left  ###############",
                "287082     15 s left  ########.......",
                "287082      1 s left  #..............",
            ]
        );
    }

    #[test]
    fn a_code_is_dead_after_its_time_and_before_it() {
        let info = CodeInfo { valid_from: Some(60), valid_until: Some(90), ..CodeInfo::default() };
        for (now, dead) in [(59, true), (60, false), (89, false), (90, true)] {
            assert_eq!(is_dead(&info, now), dead, "{now}");
        }
    }
}
