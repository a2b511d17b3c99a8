//! The terminal as a stage: raw, on its other screen, and put back in order at the end, on an error and on a panic.

use std::io::{self, Stdout, stdout};
use std::panic;

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::execute;
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::{Backend, CrosstermBackend};

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
    /// Gives it back.
    fn leave(&mut self);
}

/// The terminal on standard output.
pub struct RealStage(Terminal<CrosstermBackend<Stdout>>);

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
            restore();
            before(info);
        }));
        Ok(Self(Terminal::new(CrosstermBackend::new(stdout()))?))
    }
}

impl Stage for RealStage {
    type Backend = CrosstermBackend<Stdout>;

    fn terminal(&mut self) -> &mut Terminal<Self::Backend> {
        &mut self.0
    }

    fn enter(&mut self) -> io::Result<()> {
        enable_raw_mode()?;
        execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, Clear(ClearType::All))?;
        // A new one, which knows that nothing is painted yet; the old one would ask the terminal for its cursor.
        self.0 = Terminal::new(CrosstermBackend::new(stdout()))?;
        Ok(())
    }

    fn leave(&mut self) {
        let _ = self.0.show_cursor();
        restore();
    }
}

impl Drop for RealStage {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Whatever fails here, the rest is done all the same.
fn restore() {
    let _ = execute!(stdout(), DisableBracketedPaste, LeaveAlternateScreen, crossterm::cursor::Show);
    let _ = disable_raw_mode();
}
