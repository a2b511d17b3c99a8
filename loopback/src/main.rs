//! fob-loopback: from the command line to the listener.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use fob_ambient::SystemClock;
use fob_loopback::{DoorError, Listener, OwnSocket, Request, USAGE, own, passed};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// How long it stays without a connection when systemd holds its sockets and starts it again.
const LINGER: Duration = Duration::from_secs(60);
/// Most threads that read pipes at once.
const THREADS: usize = 16;

/// Why it did not serve.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("there is no way in")]
    Door(#[from] DoorError),
    #[error("the system does not let it start")]
    System(#[from] io::Error),
}

fn main() -> ExitCode {
    let request = match Request::parse(std::env::args().skip(1)) {
        Ok(request) => request,
        Err(error) => {
            eprintln!("fob-loopback: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let said = match request {
        Request::Serve(port) => return serve_until_the_end(port),
        Request::Help => USAGE.to_owned(),
        Request::Version => format!("fob-loopback {}\n", env!("CARGO_PKG_VERSION")),
    };
    // Whoever closed the pipe has read enough.
    let _ = io::stdout().write_all(said.as_bytes());
    ExitCode::SUCCESS
}

fn serve_until_the_end(port: Option<u16>) -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false).without_time().init();
    match start(port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "fob-loopback ends");
            ExitCode::FAILURE
        }
    }
}

fn start(port: Option<u16>) -> Result<(), Failure> {
    // Core files would have the codes in them that pass through.
    let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    rustix::process::setrlimit(rustix::process::Resource::Core, none).map_err(io::Error::from)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(THREADS).build()?;
    let ended = runtime.block_on(serve(port));
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

async fn serve(port: Option<u16>) -> Result<(), Failure> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let doors = port.map_or_else(passed, own)?;
    let listener = Listener::new(doors, Arc::new(OwnSocket), SystemClock::new());
    // By itself nobody would start it again.
    let listener = if port.is_none() { listener.ending_after(LINGER) } else { listener };
    tracing::info!(version = env!("CARGO_PKG_VERSION"), addresses = ?listener.addresses(), "fob-loopback serves");
    tokio::select! {
        () = listener.serve() => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("fob-loopback ends");
    Ok(())
}
