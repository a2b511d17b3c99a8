//! `fob key pin set` and `fob key pin change`. What the key says about tries left is looked at first: a try is never
//! spent without need, and the last one only when a person insists.

use fob_bus::proxy::Key1Proxy;
use fob_bus::types::{KeyInfo, SetPinOptions};
use fob_bus::{CallError, ErrorKind};
use serde::Serialize;

use super::present::the_one;
use crate::answer::Answer;
use crate::args::key::{Pin, PinChange, PinSet, Which};
use crate::daemon::Daemon;
use crate::secret::{Source, confirmed};
use crate::text::shown;
use crate::{Exit, Failure, World};

#[derive(Serialize)]
struct Done {
    id: String,
    pin_set: bool,
    #[serde(skip)]
    changed: bool,
}

impl Answer for Done {
    const SCHEMA: &'static str = "fob.key-pin/1";

    fn words(&self) -> String {
        let what = if self.changed { "has a new PIN" } else { "has a PIN now" };
        format!("Key {} {what}.\n", shown(&self.id))
    }
}

pub(super) async fn run(command: Pin, world: &mut World) -> Result<(), Failure> {
    match command {
        Pin::Set(args) => set(args, world).await,
        Pin::Change(args) => change(args, world).await,
    }
}

async fn set(args: PinSet, world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    let (key, info) = looked_at(&daemon, &args.which).await?;
    match info.pin_set {
        None => return Err(CallError::new(ErrorKind::NotSupportedError, "this key can have no PIN").into()),
        Some(true) => {
            let failure = Failure::new(Exit::Failed, "this key has a PIN already");
            return Err(failure.hint("change it: `fob key pin change`"));
        }
        Some(false) => {}
    }
    let prompt = new_prompt(&info);
    let source = Source { what: "PIN", option: "--pin-fd", descriptor: args.pin_fd, prompt: &prompt };
    let new = source.obtain_new(world)?;
    key.set_pin(new.pipe()?.into(), SetPinOptions::default()).await?;
    world.answer(&Done { id: info.id, pin_set: true, changed: false })
}

async fn change(args: PinChange, world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    let (key, info) = looked_at(&daemon, &args.which).await?;
    may_try(&info, world)?;
    let current = Source { what: "PIN", option: "--pin-fd", descriptor: args.pin_fd, prompt: "The PIN of today: " }
        .obtain(world)?;
    let prompt = new_prompt(&info);
    let source = Source { what: "new PIN", option: "--new-pin-fd", descriptor: args.new_pin_fd, prompt: &prompt };
    let new = source.obtain_new(world)?;
    let options = SetPinOptions { current: Some(current.pipe()?.into()) };
    key.set_pin(new.pipe()?.into(), options).await?;
    world.answer(&Done { id: info.id, pin_set: true, changed: true })
}

/// The key that is meant, and what it says about itself.
async fn looked_at(daemon: &Daemon, which: &Which) -> Result<(Key1Proxy<'static>, KeyInfo), Failure> {
    let key = the_one(daemon, which.key.as_deref()).await?;
    let proxy = daemon.key(key.path).await?;
    let info = proxy.info().await?;
    Ok((proxy, info))
}

/// Whether a PIN may be tried now.
fn may_try(info: &KeyInfo, world: &mut World) -> Result<(), Failure> {
    let refused = |kind, message: &str| Err(CallError::new(kind, message).into());
    match (info.pin_set, info.pin_retries, info.pin_needs_power_cycle) {
        (None | Some(false), _, _) => refused(ErrorKind::PinNotSet, "this key has no PIN"),
        (_, Some(0), _) => refused(ErrorKind::PinBlocked, "the PIN of this key is blocked: no tries are left"),
        (_, _, Some(true)) => refused(ErrorKind::PinAuthBlocked, "the key takes no PIN until it was unplugged"),
        (_, Some(1), _) => last_try(world),
        _ => Ok(()),
    }
}

/// The last try before the key blocks its PIN for good: only when a person says so.
pub(crate) fn last_try(world: &mut World) -> Result<(), Failure> {
    let question = "One try is left: a wrong PIN blocks the key, and only a reset opens it again. Try?";
    if world.terminal.is_there() && confirmed(world, question)? {
        return Ok(());
    }
    let mut failure = Failure::new(Exit::Blocked, "one PIN try is left, and it was not spent")
        .hint("run it on a terminal when you are sure of the PIN");
    failure.retries = Some(1);
    Err(failure)
}

fn new_prompt(info: &KeyInfo) -> String {
    let least = info.min_pin_length.map_or(String::new(), |least| format!(" (at least {least} characters)"));
    format!("A new PIN for {}{least}: ", shown(&info.product))
}
