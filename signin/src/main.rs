//! The program `signin`: command line, diary, signals.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use rustix::fs::Mode;
use rustix::process::umask;
use signin::ambient::Ambient;
use signin::{App, CompanionSettings, Settings, serve};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// The sign-in server.
#[derive(Parser)]
#[command(name = "signin", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves pages and API until SIGTERM. TLS is for a proxy in front of it.
    Serve(Serve),
}

#[derive(clap::Args)]
struct Serve {
    /// Where to listen, such as 127.0.0.1:8080.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// The address that browsers see, such as https://id.example.org.
    #[arg(long, value_name = "URL")]
    origin: String,
    /// The domain that keys and passkeys are made for: the host of the origin or a domain above it. It cannot be
    /// changed later without losing them.
    #[arg(long, value_name = "DOMAIN")]
    rp_id: String,
    /// The SQLite file. A key file is kept beside it; back up both.
    #[arg(long, value_name = "FILE")]
    database: PathBuf,
    /// What people and authenticator apps call this server.
    #[arg(long, default_value = "signin")]
    name: String,
    /// fob's loopback listener on this machine, such as http://127.0.0.1:9362: people whose browser is on this machine
    /// too can use their security keys without JavaScript. Only with an origin on this machine; never behind a proxy.
    #[arg(long, value_name = "URL", requires = "fob_token_file")]
    fob_url: Option<String>,
    /// The file with the token that `fob client pair --token-file` has written.
    #[arg(long, value_name = "FILE", requires = "fob_url")]
    fob_token_file: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    // Whatever SQLite puts beside the database is for nobody else either.
    umask(Mode::RWXG | Mode::RWXO);
    let Command::Serve(arguments) = Arguments::parse().command;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut chain = error.chain();
            if let Some(what) = chain.next() {
                eprintln!("signin: {what}");
            }
            for cause in chain {
                eprintln!("cause: {cause}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Serve) -> anyhow::Result<()> {
    let Serve { listen, origin, rp_id, database, name, fob_url, fob_token_file } = arguments;
    let mut settings = Settings::new(&name, &origin, &rp_id, database)?;
    if let (Some(url), Some(file)) = (fob_url, fob_token_file) {
        settings = settings.with_companion(CompanionSettings::read(&url, &file)?)?;
    }
    let origin = settings.origin();
    // Caught before anything is opened, so that no moment is left in which SIGTERM would leave something half done.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let app = App::open(settings, Ambient::system()).await?;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "signin is listening on {} for {origin}", listener.local_addr()?)?;
    stdout.flush()?;
    let end = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    serve(listener, app.router(), end).await;
    app.close().await;
    Ok(())
}
