//! fobd, the daemon. See the library for what it does.

use std::error::Error;
use std::process::ExitCode;

use fobd::{Request, RunError, USAGE};
use tracing_subscriber::EnvFilter;

/// Exit code for a command line or a settings file that makes no sense (STYLE.md).
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    match Request::parse(std::env::args_os().skip(1)) {
        Ok(Request::Help) => {
            print!("{USAGE}");
            ExitCode::SUCCESS
        }
        Ok(Request::Version) => {
            let scripted = if cfg!(feature = "scripted-prompt") { " scripted-prompt" } else { "" };
            println!("fobd {}{scripted}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        Ok(Request::HoldSocket) => fobd::hold_socket().map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS),
        Ok(Request::Serve(options)) => {
            start_diary();
            match fobd::run(&options) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    let code = failed(&error);
                    if RunError::is_wrong_config(&error) { ExitCode::from(EXIT_USAGE) } else { code }
                }
            }
        }
        Ok(Request::CheckConfig) => match fobd::checked_config() {
            Ok(text) => {
                print!("{text}");
                ExitCode::SUCCESS
            }
            Err(error) => {
                failed(&error);
                ExitCode::from(EXIT_USAGE)
            }
        },
        Err(error) => {
            eprint!("fobd: {error}\n{USAGE}");
            ExitCode::from(EXIT_USAGE)
        }
    }
}

/// The diary goes to standard error; `RUST_LOG` says how much of it.
fn start_diary() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,fobd=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
}

fn failed(error: &dyn Error) -> ExitCode {
    eprintln!("fobd: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("cause: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}
