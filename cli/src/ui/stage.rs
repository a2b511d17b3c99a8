//! The terminal as a stage: raw, on its other screen, and put back in order at the end, on an error and on a panic.
//!
//! Not every terminal has another screen, and one without it keeps what an erased screen showed, where one can scroll
//! back to it. So lines are erased one by one before the whole is, and none is ever too long for its row.

mod ink;

#[cfg(test)]
mod tests;

use std::io::{self, Write, stdout};
use std::panic;

use crossterm::cursor::{MoveTo, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    Clear, ClearType, DisableLineWrap, EnableLineWrap, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode, size,
};
use crossterm::{execute, queue};
use ratatui::Terminal;
use ratatui::backend::{Backend, CrosstermBackend};

pub use ink::Ink;

/// A place to paint on that can be left for a moment.
pub trait Stage {
    /// What paints.
    type Backend: Backend;
    /// The place itself.
    fn terminal(&mut self) -> &mut Terminal<Self::Backend>;
    /// Takes the terminal over.
    ///
    /// # Errors
    /// When it does not let us.
    fn enter(&mut self) -> io::Result<()>;
    /// Erases what is painted, so that nothing of it stays on the terminal or in memory.
    fn wipe(&mut self);
    /// Gives it back, wiped.
    fn leave(&mut self);
}

/// The terminal on standard output.
pub struct RealStage(Terminal<CrosstermBackend<Ink>>);

impl std::fmt::Debug for RealStage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RealStage")
    }
}

impl RealStage {
    /// The terminal, not entered yet. From now on a panic leaves it first, so that its message can be read.
    ///
    /// # Errors
    /// When standard output is none.
    pub fn new() -> io::Result<Self> {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            erase();
            restore();
            before(info);
        }));
        Ok(Self(fresh()?))
    }
}

impl Stage for RealStage {
    type Backend = CrosstermBackend<Ink>;

    fn terminal(&mut self) -> &mut Terminal<Self::Backend> {
        &mut self.0
    }

    fn enter(&mut self) -> io::Result<()> {
        enable_raw_mode()?;
        let clear = Clear(ClearType::All);
        execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, DisableLineWrap, clear)?;
        // A new one, which knows that nothing is painted yet; the old one would ask the terminal for its cursor.
        self.0 = fresh()?;
        Ok(())
    }

    fn wipe(&mut self) {
        erase();
        // There are two buffers, and each change empties the other one.
        self.0.swap_buffers();
        self.0.swap_buffers();
    }

    fn leave(&mut self) {
        self.wipe();
        let _ = self.0.show_cursor();
        restore();
    }
}

impl Drop for RealStage {
    fn drop(&mut self) {
        self.leave();
    }
}

fn fresh() -> io::Result<Terminal<CrosstermBackend<Ink>>> {
    Terminal::new(CrosstermBackend::new(Ink::new()?))
}

/// Line by line.
fn erase() {
    let mut out = stdout();
    for row in 0..size().map_or(0, |(_, rows)| rows) {
        let _ = queue!(out, MoveTo(0, row), Clear(ClearType::CurrentLine));
    }
    let _ = queue!(out, MoveTo(0, 0));
    let _ = out.flush();
}

/// Whatever fails here, the rest is done all the same.
fn restore() {
    let _ = execute!(stdout(), DisableBracketedPaste, EnableLineWrap, LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
}
