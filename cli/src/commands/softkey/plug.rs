//! `fob softkey plug`, `unplug` and `power-cycle`: the key at its wire.

use fob_softkey_control::Op;

use super::channel::Channel;
use super::done::Done;
use crate::{Failure, World};

pub(super) fn plug(channel: &mut Channel, world: &mut World) -> Result<(), Failure> {
    channel.call(Op::Plug {})?;
    world.answer(&Done { op: "plug", sentence: "The key is plugged in." })
}

pub(super) fn unplug(channel: &mut Channel, world: &mut World) -> Result<(), Failure> {
    channel.call(Op::Unplug {})?;
    world.answer(&Done { op: "unplug", sentence: "The key is unplugged." })
}

pub(super) fn power_cycle(channel: &mut Channel, world: &mut World) -> Result<(), Failure> {
    channel.call(Op::PowerCycle {})?;
    world.answer(&Done { op: "power-cycle", sentence: "The key was off and is on again." })
}
