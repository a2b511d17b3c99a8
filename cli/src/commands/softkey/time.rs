//! `fob softkey clock`, `advance` and `seed`: time and chance.

use fob_softkey_control::{ClockMode, Op};
use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::done::Done;
use crate::answer::Answer;
use crate::args::softkey::Clock;
use crate::{Failure, World};

/// What the bench says to `clock` and `advance`, and what we say of it.
#[derive(Serialize, Deserialize)]
struct Now {
    /// Milliseconds since fob-softkey began.
    now: u64,
}

impl Answer for Now {
    const SCHEMA: &'static str = "fob.softkey-clock/1";

    fn words(&self) -> String {
        format!("The clock shows {} ms.\n", self.now)
    }
}

pub(super) fn clock(mode: Clock, channel: &mut Channel, world: &mut World) -> Result<(), Failure> {
    let mode = match mode {
        Clock::Real => ClockMode::Real,
        Clock::Virtual => ClockMode::Virtual,
    };
    let now: Now = channel.ask(Op::Clock { mode })?;
    world.answer(&now)
}

pub(super) fn advance(ms: u64, channel: &mut Channel, world: &mut World) -> Result<(), Failure> {
    let now: Now = channel.ask(Op::Advance { ms })?;
    world.answer(&now)
}

pub(super) fn seed(seed: u64, channel: &mut Channel, world: &mut World) -> Result<(), Failure> {
    channel.call(Op::Seed { seed })?;
    world.answer(&Done { op: "seed", sentence: "Chance begins anew." })
}
