//! `fob softkey …`: the remote control of a fob-softkey, over the channel of its `--control`. The daemon has no part in it.

mod channel;
mod credential;
mod done;
mod fault;
mod file;
mod keys;
mod plug;
mod time;
mod touch;
mod watch;

use crate::args::softkey::{Command, Softkey};
use crate::{Failure, World};
use channel::Channel;

pub(super) fn run(args: Softkey, world: &mut World) -> Result<(), Failure> {
    let Softkey { control, key, command } = args;
    if key.is_some() && is_about_all(&command) {
        return Err(Failure::usage("this command is about all keys", "leave `--key` out"));
    }
    let mut open = || Channel::open(control.as_deref(), key.clone());
    match command {
        Command::Keys => keys::run(&mut open()?, world),
        Command::Plug => plug::plug(&mut open()?, world),
        Command::Unplug => plug::unplug(&mut open()?, world),
        Command::PowerCycle => plug::power_cycle(&mut open()?, world),
        Command::Touch => touch::touch(&mut open()?, world),
        Command::Refuse => touch::refuse(&mut open()?, world),
        Command::Presence(args) => touch::presence(args, &mut open()?, world),
        Command::Fingers(args) => touch::fingers(args, &mut open()?, world),
        Command::Seed { seed } => time::seed(seed, &mut open()?, world),
        Command::Clock { mode } => time::clock(mode, &mut open()?, world),
        Command::Advance { ms } => time::advance(ms, &mut open()?, world),
        Command::Fault(fault) => fault::run(fault, &mut open()?, world),
        Command::Credential(command) => credential::run(command, &mut open, world),
        Command::Watch(args) => watch::run(&args, &mut open()?, world),
    }
}

/// The channel has one list of keys and one clock, and tells of every key.
const fn is_about_all(command: &Command) -> bool {
    matches!(command, Command::Keys | Command::Clock { .. } | Command::Advance { .. } | Command::Watch(_))
}
