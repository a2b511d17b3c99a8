//! fob-prompt-gtk: the graphical face of the prompt. One window for one question of fobd's, then it ends.
//!
//! What it shows, when input counts and how it is hardened is `fob-asking`'s; what follows from a key or a click is
//! `dialogue`'s; this program puts both into a window of GTK's. It is started by `fob-prompt` with a socket as standard
//! input and a pipe as standard output.

mod app;
mod dialogue;
mod guard;
mod line;
mod parent;
mod window;
mod x11;

use std::process::ExitCode;

use fob_asking::{Answer, WireError};
use gtk4::glib;

use crate::line::Line;

/// What the window system and the screen reader know the program by.
const NAME: &str = "fob-prompt";

fn main() -> ExitCode {
    fob_asking::harden();
    match ask() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fob-prompt-gtk: {error}");
            ExitCode::FAILURE
        }
    }
}

fn ask() -> Result<(), WireError> {
    let mut line = Line::of_standard_descriptors()?;
    let question = line.question()?;
    glib::set_prgname(Some(NAME));
    glib::set_application_name("fob");
    if gtk4::init().is_err() {
        return line.say(Answer::Nowhere);
    }
    app::run(&question, line);
    Ok(())
}
