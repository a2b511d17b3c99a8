//! From start to end: one thread that serves, both doors, the udev monitor, and the signals that end it all.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use crate::arguments::Options;
use crate::caller::Listings;
use crate::config::{Config, ConfigError};
use crate::daemon::{BuildError, Daemon};
use crate::doors::{ListenError, Listening, SessionBus, tell_ready};
use crate::keys::Monitor;
use crate::locks::Watch;
use crate::request::End;
use crate::{shield, system};

/// How long a thread stays for more work: hardly longer than one call after another takes.
const THREADS_STAY: Duration = Duration::from_millis(200);
/// Most threads that block at once: eight requests with several keys each, and some calls.
const THREADS: usize = 64;
/// How long keys may take to hear that it is over.
const FAREWELL: Duration = Duration::from_secs(4);

/// Why the daemon did not serve.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It could not be built.
    #[error("fobd cannot be set up")]
    Build(#[from] BuildError),
    /// Its own socket could not be opened.
    #[error("fobd's own socket cannot be opened")]
    Listen(#[from] ListenError),
    /// The keeper of its socket was killed: callers would not trust whoever listens there.
    #[error("the keeper of fobd's own socket is gone")]
    KeeperGone,
    /// The system has no reactor or no signals for us.
    #[error("fobd cannot start")]
    System(#[from] io::Error),
}

impl RunError {
    /// Whether a person has to mend the settings first: starting again would not help.
    #[must_use]
    pub const fn is_wrong_config(&self) -> bool {
        matches!(self, Self::Build(BuildError::Config(_)))
    }
}

/// What the settings file of this home means, whole, in the form of such a file; and which lists of programs are wrong.
///
/// # Errors
/// [`ConfigError`].
pub fn checked_config() -> Result<String, ConfigError> {
    let Config { locks, companions, face, .. } = Config::of_this_home()?;
    let from = Config::place().map_or_else(|| "nowhere".to_owned(), |path| path.display().to_string());
    let consent = format!("[consent]\ncompanion = \"{}\"\n", companions.word());
    let prompt = format!("[prompt]\nface = \"{}\"\n", face.word());
    let left_out = lists_left_out(&Listings::of_this_machine());
    Ok(format!("# {from}, and the defaults for what is not there\n{locks}\n{consent}\n{prompt}{left_out}"))
}

/// What is wrong with this machine's lists of programs, as comments.
fn lists_left_out(listings: &Listings) -> String {
    let wrong = listings.wrong();
    wrong.iter().flat_map(|trouble| trouble.lines()).fold(String::new(), |text, line| format!("{text}# {line}\n"))
}

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// [`RunError`], before anything was served; or [`RunError::KeeperGone`].
pub fn run(options: &Options) -> Result<(), RunError> {
    // First of all, before there is a second thread or anything to keep.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    shield::forbid_cores();
    system::use_one_heap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(THREADS)
        .thread_keep_alive(THREADS_STAY)
        .build()?;
    let ended = runtime.block_on(serve(options));
    // What still blocks is read-only by now, or a pipe that nobody closes.
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

async fn serve(options: &Options) -> Result<(), RunError> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let door = Listening::open()?;
    let daemon = Daemon::of_this_home(options)?;
    let mut watch = Watch::new(daemon.clone(), options.session_bus);
    watch.listen().await;
    let watch = tokio::spawn(watch.run());
    let bus = if options.session_bus { join_bus(&daemon).await } else { None };
    let monitor = Monitor::start();
    if let Err(error) = daemon.keys.look().await {
        tracing::warn!(%error, "cannot see which keys are plugged in");
    }
    tell_ready();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), session_bus = bus.is_some(), "fobd serves");
    let watching = async {
        match monitor {
            Ok(monitor) => monitor.run(daemon.keys.clone()).await,
            Err(error) => tracing::warn!(%error, "keys that are plugged in from now on are not seen"),
        }
        std::future::pending::<()>().await;
    };
    let ended = tokio::select! {
        biased;
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        () = door.run(daemon.clone()) => Err(RunError::KeeperGone),
        () = watching => Ok(()),
    };
    tracing::info!("fobd ends");
    drop(door);
    leave(&daemon).await;
    // Until here: a shutdown waits for the last secret to be wiped.
    watch.abort();
    ended
}

async fn join_bus(daemon: &Arc<Daemon>) -> Option<JoinHandle<()>> {
    match SessionBus::of_this_session(daemon.clone()).await {
        Ok(bus) => Some(tokio::spawn(bus.run())),
        Err(error) => {
            tracing::warn!(%error, "the session bus is not served; fobd's own socket is");
            None
        }
    }
}

/// Wipes what is secret and lets keys go dark.
async fn leave(daemon: &Daemon) {
    daemon.desk.end_all(End::Shutdown);
    daemon.vault.lock().await;
    let dark = async {
        while !daemon.desk.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(FAREWELL, dark).await.is_err() {
        tracing::warn!("a key may still blink");
    }
}
