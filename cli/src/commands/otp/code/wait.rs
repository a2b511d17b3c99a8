//! `--min-valid`: fobd gives the next code when this one dies too soon; here its time is waited for.

use fob_bus::types::CodeInfo;

use crate::secret::gave_up;
use crate::text::{account, count};
use crate::{Failure, World, interrupt};

/// No wait helps where no code ever lives that long.
pub(super) fn long_enough(info: &CodeInfo, seconds: u32) -> Result<(), Failure> {
    let (Some(from), Some(until)) = (info.valid_from, info.valid_until) else { return Ok(()) };
    let life = until.saturating_sub(from);
    if life >= u64::from(seconds) {
        return Ok(());
    }
    let lives = format!("the codes of {} live {life} s", account(&info.issuer, &info.name));
    Err(Failure::usage(format!("{lives}, so none is good for {seconds} s"), format!("ask for at most {life}")))
}

/// Waits until the code is good. Ctrl-C gives up, and leaves a clean line behind.
pub(super) async fn until_good(info: &CodeInfo, world: &mut World) -> Result<(), Failure> {
    let from = info.valid_from.unwrap_or_default();
    if from <= world.now() {
        return Ok(());
    }
    let mut interrupt = interrupt::hold().map_err(|error| interrupt::unheld(&error))?;
    let outcome = loop {
        let left = from.saturating_sub(world.now());
        if left == 0 {
            break Ok(());
        }
        world.progress(&format!("The next code is good in {}. ", count(left, "second", "seconds")));
        tokio::select! {
            () = world.pause.second() => {}
            () = interrupt.pressed() => break Err(gave_up()),
        }
    };
    world.progress(&format!("{:48}\r", ""));
    outcome
}
