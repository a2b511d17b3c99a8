//! The loop: keys, the vault's locking, seconds and signals in; calls to fobd, the clipboard and paint out.

use std::future::Future;
use std::io;
use std::time::Duration;

use crossterm::event::Event;
use fob_bus::proxy::VaultChanged;
use fob_bus::types::{CodeOptions, vault_state};
use futures_util::{Stream, StreamExt};
use tokio::signal::unix::{Signal, SignalKind, signal};
use zeroize::Zeroizing;

use super::account::Account;
use super::draw::{Palette, draw};
use super::keys;
use super::screen::{Code, Effect, Input, Screen, Wish};
use super::stage::Stage;
use crate::commands::otp::code::copy::kept_for;
use crate::commands::otp::code::{Wanted, fetch};
use crate::commands::unlock::{ask_and_unlock, with_open_vault};
use crate::daemon::{Daemon, awaiting, text_of};
use crate::interrupt::{self, Held};
use crate::text::account;
use crate::{Exit, Failure, World};

/// Longest wait for fobd before the screen says so, in seconds; it answers in milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// A code that lives for fewer seconds than this is not copied: nobody pastes that fast. The next one is.
const TOO_LATE_TO_COPY: u32 = 3;

/// Runs the screen until its person ends it. `events` begins to listen for keys; what it gave is dropped before
/// somebody else reads the terminal.
///
/// # Errors
/// When the terminal fails or fobd is gone.
pub async fn run<S, E>(
    world: &mut World,
    stage: &mut S,
    palette: Palette,
    events: impl Fn() -> E,
) -> Result<(), Failure>
where
    S: Stage,
    E: Stream<Item = io::Result<Event>> + Unpin,
{
    let daemon = Daemon::call(world).await?;
    let manager = daemon.manager().await?;
    let mut changes = manager.receive_vault_changed().await.map_err(|error| lost(&error))?;
    let accounts = with_open_vault(world, &daemon, load).await?;
    let mut screen = Screen::new(accounts);
    let mut signals = Signals::hold()?;
    stage.enter().map_err(|error| broken(&error))?;
    let mut keys = events();
    loop {
        paint(stage, &screen, palette, world)?;
        let mut next = tokio::select! {
            biased;
            () = signals.end() => return Ok(()),
            event = keys.next() => match event {
                Some(Ok(event)) => keys::input(&event),
                Some(Err(error)) => return Err(broken(&error)),
                None => return Ok(()),
            },
            change = changes.next() => match change.as_ref().map(VaultChanged::args) {
                Some(Ok(args)) if args.state == vault_state::UNLOCKED => Some(loaded(&daemon).await),
                Some(_) => Some(Input::Locked),
                None => return Err(gone()),
            },
            () = world.pause.second() => Some(Input::Tick),
        };
        while let Some(input) = next.take() {
            next = match screen.on(input, world.now(), world.clock.monotonic()) {
                None => None,
                Some(Effect::Quit) => return Ok(()),
                Some(Effect::Unlock) => {
                    drop(keys);
                    stage.leave();
                    let outcome = ask_and_unlock(world, &daemon).await;
                    stage.enter().map_err(|error| broken(&error))?;
                    keys = events();
                    Some(match outcome {
                        Ok(()) => loaded(&daemon).await,
                        Err(failure) => Input::Failed(failure.message.clone()),
                    })
                }
                Some(effect) => asked(effect, &daemon, world).await,
            };
        }
    }
}

/// Asks fobd; what needs the terminal or ends the screen is for the loop.
async fn asked(effect: Effect, daemon: &Daemon, world: &mut World) -> Option<Input> {
    match effect {
        Effect::Load => Some(loaded(daemon).await),
        Effect::Reveal(wish) => Some(or_failed(reveal(daemon, wish)).await),
        Effect::Copy(wish) => Some(copied(daemon, wish, world).await),
        Effect::Lock => Some(or_failed(lock(daemon)).await),
        Effect::Unlock | Effect::Quit => None,
    }
}

/// What ends the screen from outside, so that the terminal is put back in order first.
struct Signals {
    interrupt: Held,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    fn hold() -> Result<Self, Failure> {
        Ok(Self {
            interrupt: interrupt::hold().map_err(|error| interrupt::unheld(&error))?,
            terminate: signal(SignalKind::terminate()).map_err(|error| broken(&error))?,
            hang_up: signal(SignalKind::hangup()).map_err(|error| broken(&error))?,
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

fn paint<S: Stage>(stage: &mut S, screen: &Screen, palette: Palette, world: &World) -> Result<(), Failure> {
    let view = screen.view(world.now());
    let terminal = stage.terminal();
    // A window of another size is painted anew, which begins with erasing the whole.
    let before = terminal.current_buffer_mut().area.as_size();
    if terminal.size().is_ok_and(|now| now != before) {
        stage.wipe();
    }
    let painted = stage.terminal().draw(|frame| draw(frame, &view, palette));
    painted.map(drop).map_err(|error| broken(&io::Error::other(error.to_string())))
}

/// What came of it, or why nothing did.
async fn or_failed(call: impl Future<Output = Result<Input, Failure>>) -> Input {
    match tokio::time::timeout(PATIENCE, call).await {
        Ok(Ok(input)) => input,
        Ok(Err(failure)) if failure.exit == Exit::Locked => Input::Locked,
        Ok(Err(failure)) => Input::Failed(failure.message.clone()),
        Err(_) => Input::Failed("fobd does not answer".to_owned()),
    }
}

async fn load(daemon: &Daemon) -> Result<Vec<Account>, Failure> {
    Ok(daemon.otp().await?.list().await?.into_iter().map(Account::from).collect())
}

async fn loaded(daemon: &Daemon) -> Input {
    or_failed(async { Ok(Input::Accounts(load(daemon).await?)) }).await
}

async fn lock(daemon: &Daemon) -> Result<Input, Failure> {
    daemon.manager().await?.lock().await?;
    Ok(Input::Locked)
}

/// The code, and the one after it where time moves them.
async fn reveal(daemon: &Daemon, Wish { id, counted }: Wish) -> Result<Input, Failure> {
    let (reader, writer) = awaiting()?;
    let options = CodeOptions { both: (!counted).then_some(true), ..CodeOptions::default() };
    let info = daemon.otp().await?.code(&id, options, writer.into()).await?;
    let text = text_of(&reader)?;
    let mut codes = text.lines().map(|line| Zeroizing::new(line.to_owned()));
    let code = codes.next().unwrap_or_default();
    Ok(Input::Code(Code { id, code, next: codes.next(), until: info.valid_until }))
}

async fn copied(daemon: &Daemon, Wish { id, counted }: Wish, world: &mut World) -> Input {
    let now = world.now();
    or_failed(async {
        let wanted = Wanted { min_valid: (!counted).then_some(TOO_LATE_TO_COPY), ..Wanted::default() };
        let (info, code) = fetch(daemon, &id, wanted).await?;
        let seconds = kept_for(&info, now);
        world.clipboard.copy(&code, seconds)?;
        Ok(Input::Copied { id, text: format!("Copied for {seconds} s: {}", account(&info.issuer, &info.name)) })
    })
    .await
}

fn gone() -> Failure {
    Failure::new(Exit::NoDaemon, "fobd has ended").hint("start it again, then the screen")
}

fn lost(error: &(dyn std::error::Error + 'static)) -> Failure {
    Failure::new(Exit::NoDaemon, "fobd does not tell when it locks").because(error)
}

fn broken(error: &io::Error) -> Failure {
    Failure::new(Exit::Failed, "the terminal does not do what the screen needs").because(error)
}
