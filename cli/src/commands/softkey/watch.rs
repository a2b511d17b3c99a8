//! `fob softkey watch`: a line for each thing that happens. With `--json` each is an object on a line of its own, so that
//! a program can read them as they come.

use fob_softkey_control::{Event, Watch as Heard};

use super::channel::Channel;
use crate::answer::Object;
use crate::args::softkey::{Topic, Watch};
use crate::text::{harmless_json, shown};
use crate::{Failure, World};

const SCHEMA: &str = "fob.softkey-event/1";

pub(super) fn run(args: &Watch, channel: &mut Channel, world: &mut World) -> Result<(), Failure> {
    channel.watch(&topics(&args.what))?;
    let mut left = args.count;
    while left != Some(0) {
        let event = channel.event()?;
        let line = if world.json { json(&event) } else { shown(&words(&event)) };
        world.print(&(line + "\n"))?;
        left = left.map(|left| left - 1);
    }
    Ok(())
}

fn topics(what: &[Topic]) -> Vec<Heard> {
    if what.is_empty() {
        return vec![Heard::Touch, Heard::Wink, Heard::Plug];
    }
    let heard = what.iter().map(|topic| match topic {
        Topic::Touch => Heard::Touch,
        Topic::Wink => Heard::Wink,
        Topic::Plug => Heard::Plug,
        Topic::Log => Heard::Log,
    });
    heard.collect()
}

fn json(event: &Event) -> String {
    let text = serde_json::to_string(&Object { schema: SCHEMA, members: event })
        .expect("events are structs of texts, which always serialise");
    harmless_json(&text).map_or(text, |harmless| harmless.to_string())
}

fn words(event: &Event) -> String {
    match event {
        Event::TouchWanted { key, reason, rp_id: Some(site) } => format!("{key} wants to be touched: {reason}, {site}"),
        Event::TouchWanted { key, reason, rp_id: None } => format!("{key} wants to be touched: {reason}"),
        Event::TouchOver { key } => format!("{key} does not want to be touched any more"),
        Event::Wink { key } => format!("{key} winks"),
        Event::Plugged { key } => format!("{key} is plugged in"),
        Event::Unplugged { key } => format!("{key} is unplugged"),
        Event::Log { line } => line.clone(),
    }
}
