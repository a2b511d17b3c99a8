//! fob, the command line: vault and keys through the daemon, beside that an HTTP client for `enroll` and `sign-in`
//! and the remote control of a fob-softkey.
//!
//! [`args`] is what can be typed, `commands` has a file for each command, [`failure`] turns what went wrong into
//! words and one of the [`exit`] codes, [`world`] is all that a command sees of the outside. `ceremony` runs a request
//! with the person at the key, `server` talks to a sign-in server and
//! `visit` joins the two, `doctor` looks for what is wrong on this machine, `install` puts fob in place for one person. [`ui`] is the live screen, [`clipboard`] the way
//! to a clipboard.
//! Nothing here opens a vault or a key.

mod answer;
pub mod args;
mod ceremony;
pub mod clipboard;
mod commands;
mod completion;
mod daemon;
mod doctor;
pub mod exit;
pub mod failure;
mod install;
mod interrupt;
mod secret;
mod server;
mod system;
mod text;
mod timekeeping;
pub mod ui;
mod usage;
mod visit;
pub mod world;

use std::ffi::OsString;
use std::process::ExitCode;

pub use exit::Exit;
pub use failure::Failure;
pub use world::World;

/// The program: real arguments, the real world.
pub fn main() -> ExitCode {
    // A core file would hold the passphrase that was just typed.
    let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    let _ = rustix::process::setrlimit(rustix::process::Resource::Core, none);
    // Not a command of a person's: the process that keeps a code in the clipboard.
    if let Some(exit) = clipboard::keeper::called(std::env::args_os().skip(1)) {
        return exit.into();
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            anstream::eprintln!("fob: the system gives no event queue\ncause: {error}");
            return Exit::Failed.into();
        }
    };
    let exit = runtime.block_on(run(std::env::args_os(), &mut World::real()));
    // A blocked request to a server must not keep a person who gave up.
    runtime.shutdown_background();
    exit.into()
}

/// Runs one command: `arguments` begin with the name of the program.
pub async fn run(arguments: impl IntoIterator<Item = OsString>, world: &mut World) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(exit) = completion::called(&arguments, world).await {
        return exit;
    }
    let cli = match usage::parse(&arguments) {
        Ok(cli) => cli,
        Err(usage::Aside::Help(text)) => return world.say_on_stdout(&text),
        Err(usage::Aside::Wrong(text)) => {
            world.note(&text);
            return Exit::Usage;
        }
    };
    world.json = cli.json;
    match commands::run(cli.command, world).await {
        Ok(()) => Exit::Ok,
        Err(failure) => world.fail(&failure),
    }
}
