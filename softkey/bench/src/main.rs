//! fob-softkey: a FIDO2 key in software, on a socket.

use std::process::ExitCode;

use clap::Parser;
use fob_softkey::{Options, hint, run};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let options = Options::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fob-softkey: {error}");
            error.chain().skip(1).for_each(|cause| eprintln!("cause: {cause}"));
            if let Some(hint) = hint(&error) {
                eprintln!("hint: {hint}");
            }
            ExitCode::FAILURE
        }
    }
}
