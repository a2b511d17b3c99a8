//! The program `fob`: everything is in the library, where tests reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    fob::main()
}
