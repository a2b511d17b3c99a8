//! `fob otp ui`: the live screen on the real terminal.

use std::env::var_os;

use crossterm::event::EventStream;

use crate::ui::draw::Palette;
use crate::ui::run;
use crate::ui::stage::RealStage;
use crate::{Exit, Failure, World};

pub(super) async fn run(world: &mut World) -> Result<(), Failure> {
    if world.json || !world.out_is_terminal || !world.terminal.is_there() {
        let message = "the live screen is for a person at a terminal";
        return Err(Failure::usage(message, "scripts use `fob otp list --json` and `fob otp code`"));
    }
    let palette = match var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        true => Palette::Plain,
        false => Palette::Colours,
    };
    let mut stage = RealStage::new().map_err(|error| {
        Failure::new(Exit::Failed, "the terminal does not do what the screen needs").because(&error)
    })?;
    run::run(world, &mut stage, palette, EventStream::new).await
}
