//! `--copy`: into the clipboard instead of onto the screen.

use fob_bus::types::CodeInfo;
use serde::Serialize;

use super::{Coded, life, warn};
use crate::answer::Answer;
use crate::clipboard::{COUNTED, LONGEST, Place};
use crate::text::account;
use crate::{Failure, World};

#[derive(Serialize)]
struct Copied<'a> {
    id: &'a str,
    issuer: &'a str,
    name: &'a str,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counter: Option<u64>,
    /// Whose clipboard: `wayland`, `x11` or `terminal`.
    clipboard: &'static str,
    /// Unix time in seconds at which the clipboard forgets it.
    cleared_at: u64,
    clock_is_set: Option<bool>,
    #[serde(skip)]
    now: u64,
}

impl Answer for Copied<'_> {
    const SCHEMA: &'static str = "fob.otp-copy/1";

    fn words(&self) -> String {
        let life = life(self.valid_from, self.valid_until, self.counter, self.now).unwrap_or_default();
        let seconds = self.cleared_at.saturating_sub(self.now);
        let account = account(self.issuer, self.name);
        match self.valid_until == Some(self.cleared_at) {
            true => format!("Copied: {account}, {life}; then the clipboard forgets it.\n"),
            false => format!("Copied: {account}, {life}; the clipboard forgets it in {seconds} s.\n"),
        }
    }
}

pub(super) fn run(coded: &Coded, world: &mut World) -> Result<(), Failure> {
    let (info, code) = coded;
    let now = world.now();
    let seconds = kept_for(info, now);
    let place = world.clipboard.copy(code, seconds)?;
    world.answer(&Copied {
        id: &info.id,
        issuer: &info.issuer,
        name: &info.name,
        kind: &info.kind,
        valid_from: info.valid_from,
        valid_until: info.valid_until,
        counter: info.counter,
        clipboard: place.name(),
        cleared_at: now + seconds,
        clock_is_set: (world.clock_is_set)(),
        now,
    })?;
    if place == Place::Terminal && !world.json {
        world.note(
            "note: the terminal was asked to take it (OSC 52); if nothing comes when you paste, it does not do that",
        );
        world.note("note: it never says what it holds, so then its clipboard is emptied, whatever is in it");
    }
    warn(info, world);
    Ok(())
}

/// For how many seconds a clipboard keeps the code: until it is dead.
pub(crate) fn kept_for(info: &CodeInfo, now: u64) -> u64 {
    info.valid_until.map_or(COUNTED, |until| until.saturating_sub(now)).clamp(1, LONGEST)
}
