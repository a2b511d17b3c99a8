//! `fob softkey touch`, `refuse`, `presence` and `fingers`: the person at the key.

use fob_softkey_control::Op;
use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::done::Done;
use crate::answer::Answer;
use crate::args::softkey::{Fingers, Presence};
use crate::{Failure, World};

/// What the bench says to `fingers`, and what we say of it.
#[derive(Serialize, Deserialize)]
struct Sensor {
    sensor: bool,
}

impl Answer for Sensor {
    const SCHEMA: &'static str = "fob.softkey-fingers/1";

    fn words(&self) -> String {
        match self.sensor {
            true => "The next fingers are set.\n",
            false => "The next fingers are set, but this key has no sensor: `fob-softkey --profile bio` has one.\n",
        }
        .to_owned()
    }
}

pub(super) fn touch(channel: &mut Channel, world: &mut World) -> Result<(), Failure> {
    channel.call(Op::Touch {})?;
    world.answer(&Done { op: "touch", sentence: "The key was touched." })
}

pub(super) fn refuse(channel: &mut Channel, world: &mut World) -> Result<(), Failure> {
    channel.call(Op::Refuse {})?;
    world.answer(&Done { op: "refuse", sentence: "The touch was refused." })
}

pub(super) fn presence(args: Presence, channel: &mut Channel, world: &mut World) -> Result<(), Failure> {
    channel.call(Op::Presence { script: args.steps })?;
    let sentence = match args.clear {
        true => "No touches are set any more.",
        false => "The next touches are set.",
    };
    world.answer(&Done { op: "presence", sentence })
}

pub(super) fn fingers(args: Fingers, channel: &mut Channel, world: &mut World) -> Result<(), Failure> {
    let sensor: Sensor = channel.ask(Op::Fingers { script: args.steps })?;
    if args.clear && !world.json {
        return world.answer(&Done { op: "fingers", sentence: "No fingers are set any more." });
    }
    world.answer(&sensor)
}
