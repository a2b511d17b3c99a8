//! `fob softkey keys`.

use fob_softkey_control::{KeyStatus, Op};
use serde::Serialize;

use super::channel::Channel;
use crate::answer::Answer;
use crate::text::{count, shown, table};
use crate::{Failure, World};

#[derive(Serialize)]
struct Keys {
    keys: Vec<KeyStatus>,
}

impl Answer for Keys {
    const SCHEMA: &'static str = "fob.softkey-keys/1";

    fn words(&self) -> String {
        table(&self.keys.iter().map(row).collect::<Vec<_>>())
    }
}

fn row(key: &KeyStatus) -> Vec<String> {
    let mut state = vec![if key.plugged { "plugged in" } else { "unplugged" }.to_owned()];
    state.extend(key.waiting.as_deref().map(|reason| format!("wants to be touched: {reason}")));
    for (number, one, many) in [
        (key.credentials, "credential", "credentials"),
        (key.script, "step of presence", "steps of presence"),
        (key.faults, "fault", "faults"),
    ] {
        state.extend((number > 0).then(|| count(number, one, many)));
    }
    [&key.name, &key.face, &key.profile, &state.join(", ")].map(|text| shown(text)).to_vec()
}

pub(super) fn run(channel: &mut Channel, world: &mut World) -> Result<(), Failure> {
    let keys = channel.ask(Op::Keys {})?;
    world.answer(&Keys { keys })
}
