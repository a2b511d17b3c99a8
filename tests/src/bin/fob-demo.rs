//! `fob-demo`: the main job of fob, done on real parts in a temporary home, each step verified. `./demo` builds and runs it.

use std::process::ExitCode;

use clap::Parser;
use fob_tests::demo;

/// Shows a code and a sign-in, end to end, and says what verified each step.
#[derive(Debug, Parser)]
struct Arguments {
    /// Leave everything running and print the addresses; Ctrl-C ends it.
    #[arg(long)]
    serve: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match demo::run(arguments.serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}
