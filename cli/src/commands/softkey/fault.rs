//! `fob softkey fault …`: what goes wrong from now on.

use fob_softkey_control::Op;

use super::channel::Channel;
use super::done::Done;
use crate::args::softkey::{Fault, Often};
use crate::text::count;
use crate::{Failure, World};

pub(super) fn run(fault: Fault, channel: &mut Channel, world: &mut World) -> Result<(), Failure> {
    let (ops, done) = match fault {
        Fault::Wire { kinds, often: Often { after, times } } => (
            kinds.into_iter().map(|fault| Op::WireFault { fault, after, times }).collect(),
            Done { op: "wire-fault", sentence: "The wire is faulty." },
        ),
        Fault::Response { kinds, command, often: Often { after, times } } => (
            kinds.into_iter().map(|fault| Op::ResponseFault { fault, command, after, times }).collect(),
            Done { op: "response-fault", sentence: "Answers are faulty." },
        ),
        Fault::Store { kinds, often: Often { after, times } } => (
            kinds.into_iter().map(|fault| Op::StoreFault { fault, after, times }).collect(),
            Done { op: "store-fault", sentence: "The storage is faulty." },
        ),
        Fault::Clear => {
            (vec![Op::ClearFaults {}], Done { op: "clear-faults", sentence: "There are no faults any more." })
        }
    };
    for (before, op) in ops.into_iter().enumerate() {
        channel.call(op).map_err(|mut failure| {
            if before > 0 {
                let stayed = count(before as u64, "fault before it", "faults before it");
                failure.causes.push(format!("{stayed} stayed"));
            }
            failure
        })?;
    }
    world.answer(&done)
}
