//! `--watch`: each code as it comes, and how long it lives. On a terminal one line that changes, else a line a code.
//!
//! Each code is a use of the vault, which so never locks itself. Nobody may have left that behind for good: it ends
//! [`ALONE`] after the last key.

use fob_ambient::Millis;
use fob_bus::types::{CodeInfo, EntryInfo};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Coded, Shown, Wanted, fetch, warn};
use crate::args::otp::Code;
use crate::commands::unlock::with_open_vault;
use crate::daemon::Daemon;
use crate::interrupt::{self, Held};
use crate::text::account;
use crate::world::Keys;
use crate::{Failure, World};

/// Cells of the bar that shrinks.
const BAR: u64 = 15;
/// How long it goes on without a key, in milliseconds: five minutes, in which a person signs in, and telephones.
const ALONE: Millis = Millis(5 * 60_000);

pub(super) async fn run(args: &Code, daemon: &Daemon, world: &mut World) -> Result<(), Failure> {
    let found = by_time(&args.query, daemon, world).await?;
    let mut signals = Signals::hold()?;
    let live = world.out_is_terminal && !world.json;
    if live && !args.raw {
        world.print(&format!("{}  (Ctrl-C ends it)\n", account(&found.issuer, &found.name)))?;
    }
    let mut company = Company::begin(live, world);
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
            () = signals.end() => break Ok(()),
        }
        if company.is_gone(world.clock.monotonic()) {
            break Ok(());
        }
    };
    if let Some(coded) = coded.filter(|_| live) {
        let end = coded.0.valid_until.unwrap_or_default();
        world.print(&format!("\r{:1$}\r", "", line(&coded, end).len()))?;
    }
    if company.is_gone(world.clock.monotonic()) {
        world.note("Nobody pressed a key for five minutes, so this ended: it would keep the vault open.");
    }
    outcome
}

/// The account that is meant, if watching it uses nothing up.
async fn by_time(query: &str, daemon: &Daemon, world: &mut World) -> Result<EntryInfo, Failure> {
    let found = with_open_vault(world, daemon, async |daemon: &Daemon| Ok(daemon.otp().await?.find(query).await?));
    let found = found.await?;
    if found.kind != "hotp" {
        return Ok(found);
    }
    let account = account(&found.issuer, &found.name);
    let message = format!("{account} goes by a counter, and watching would use its codes up");
    Err(Failure::usage(message, "leave `--watch` out for the next one"))
}

/// Whether somebody is still there.
struct Company {
    /// The keys, where there are any.
    keys: Option<Box<dyn Keys>>,
    last_key: Millis,
}

impl Company {
    fn begin(live: bool, world: &mut World) -> Self {
        let asks = live && world.terminal.is_there();
        let keys = asks.then(|| world.terminal.keys().ok()).flatten();
        Self { keys, last_key: world.clock.monotonic() }
    }

    fn is_gone(&mut self, now: Millis) -> bool {
        if self.keys.as_mut().is_some_and(|keys| keys.pressed()) {
            self.last_key = now;
        }
        now.0.saturating_sub(self.last_key.0) >= ALONE.0
    }
}

/// What ends it from outside, so that the line goes and the keys of the terminal are as before.
struct Signals {
    interrupt: Held,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    fn hold() -> Result<Self, Failure> {
        let other = |kind| signal(kind).map_err(|error| interrupt::unheld(&error));
        Ok(Self {
            interrupt: interrupt::hold().map_err(|error| interrupt::unheld(&error))?,
            terminate: other(SignalKind::terminate())?,
            hang_up: other(SignalKind::hangup())?,
        })
    }

    async fn end(&mut self) {
        tokio::select! {
            () = self.interrupt.pressed() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
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
