//! The controlling terminal: questions, keys, and a picture that is taken off again. What is written here goes to the
//! terminal as it is, since a filter for colours (`NO_COLOR`) would take the erasing out as well.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcgetwinsize, tcsetattr};
use signal_hook::SigId;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::{pipe, unregister};
use zeroize::Zeroizing;

use super::{Keys, Room, Terminal};
use crate::interrupt;

/// The other screen, without a cursor, and empty.
const ENTER: &str = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[2J";
/// Back to the screen that was there before.
const LEAVE: &str = "\u{1b}[?1049l\u{1b}[?25h";
/// Black on white, whatever the terminal's colours are: a reader of QR codes wants dark on light. So it is no
/// decoration, which `NO_COLOR` would turn off.
const PAINT: &str = "\u{1b}[30;107m";
/// As before.
const PLAIN: &str = "\u{1b}[0m";

/// The controlling terminal. A program whose standard input is something else was not started by somebody who waits
/// for a question.
pub(super) struct Tty;

fn open() -> io::Result<File> {
    File::options().read(true).write(true).open("/dev/tty")
}

impl Terminal for Tty {
    fn is_there(&self) -> bool {
        io::stdin().is_terminal() && open().is_ok()
    }

    fn secret(&mut self, prompt: &str) -> io::Result<Zeroizing<String>> {
        // Else Ctrl-C would leave a terminal behind that shows nothing any more.
        let _held = interrupt::hold()?;
        rpassword::prompt_password(prompt).map(Zeroizing::new)
    }

    fn line(&mut self, prompt: &str) -> io::Result<String> {
        let mut stderr = io::stderr();
        stderr.write_all(prompt.as_bytes())?;
        stderr.flush()?;
        let mut line = String::new();
        io::stdin().read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    fn room(&self) -> Option<Room> {
        let knows_a_way = std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
        let size = tcgetwinsize(open().ok()?).ok()?;
        let room = Room { columns: size.ws_col.into(), rows: size.ws_row.into() };
        (knows_a_way && room.columns > 0 && room.rows > 0).then_some(room)
    }

    fn picture(&mut self, lines: &[Zeroizing<String>], below: &str) -> io::Result<()> {
        let _held = interrupt::hold()?;
        let mut ends = Ends::watch()?;
        let mut tty = open()?;
        // Dropped from bottom to top: first the picture goes, then the keys are as before.
        let _quiet = Quiet::of(&tty, LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)?;
        let _picture = Picture::put(&tty, lines, below)?;
        ends.or_done(&mut tty)
    }

    fn keys(&mut self) -> io::Result<Box<dyn Keys>> {
        let tty = open()?;
        if !is_ours(&tty) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let quiet = Quiet::of(&tty, LocalModes::ICANON | LocalModes::ECHO)?;
        Ok(Box::new(TtyKeys { tty, _quiet: quiet }))
    }
}

/// Whether we run in its foreground. Whoever touches the terminal from its background is stopped.
fn is_ours(tty: &File) -> bool {
    tcgetpgrp(tty).is_ok_and(|group| group == getpgrp())
}

/// A terminal that shows no keys and gives each at once, until this is dropped.
struct Quiet {
    tty: File,
    before: Termios,
}

impl Quiet {
    /// Turns these modes off. What was typed before is thrown away, so that no Enter of an earlier question counts.
    fn of(tty: &File, off: LocalModes) -> io::Result<Self> {
        let before = tcgetattr(tty)?;
        let mut modes = before.clone();
        modes.local_modes.remove(off);
        let quiet = Self { tty: tty.try_clone()?, before };
        tcsetattr(tty, OptionalActions::Flush, &modes)?;
        Ok(quiet)
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // In the background the shell has put it in order; one that is gone needs none.
        if is_ours(&self.tty) {
            let _ = tcsetattr(&self.tty, OptionalActions::Flush, &self.before);
        }
    }
}

/// A picture on the other screen, until this is dropped.
struct Picture {
    tty: File,
    rows: usize,
}

impl Picture {
    fn put(tty: &File, lines: &[Zeroizing<String>], below: &str) -> io::Result<Self> {
        let picture = Self { tty: tty.try_clone()?, rows: lines.len() + 1 };
        (&picture.tty).write_all(painted(lines, below).as_bytes())?;
        Ok(picture)
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        let _ = self.tty.write_all(taken_off(self.rows).as_bytes());
    }
}

/// Each line at a place of its own: no line break, so nothing scrolls.
fn painted(lines: &[Zeroizing<String>], below: &str) -> Zeroizing<String> {
    let length: usize = lines.iter().map(|line| line.len() + 32).sum();
    let mut text = Zeroizing::new(String::with_capacity(ENTER.len() + length + below.len() + 32));
    text.push_str(ENTER);
    for (row, line) in (1..).zip(lines) {
        for part in [&*place(row), PAINT, line.as_str(), PLAIN] {
            text.push_str(part);
        }
    }
    text.push_str(&place(lines.len() + 1));
    text.push_str(below);
    text
}

/// Line by line, before the screen is left: a terminal without another screen has nothing left of it either, and one
/// that keeps what a whole erased screen showed (tmux) keeps nothing.
fn taken_off(rows: usize) -> String {
    let erased: String = (1..=rows).map(|row| place(row) + "\u{1b}[2K").collect();
    erased + &place(1) + LEAVE
}

fn place(row: usize) -> String {
    format!("\u{1b}[{row};1H")
}

/// The signals that would end fob with the picture still there.
struct Ends {
    heard: UnixStream,
    watched: Vec<SigId>,
}

impl Ends {
    fn watch() -> io::Result<Self> {
        let (heard, told) = UnixStream::pair()?;
        let mut ends = Self { heard, watched: Vec::new() };
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            ends.watched.push(pipe::register(signal, told.try_clone()?)?);
        }
        Ok(ends)
    }

    /// Waits for Enter, or for Ctrl-C and the like, which want the same.
    fn or_done(&mut self, tty: &mut File) -> io::Result<()> {
        loop {
            let mut both = [
                PollFd::from_borrowed_fd(self.heard.as_fd(), PollFlags::IN),
                PollFd::from_borrowed_fd(tty.as_fd(), PollFlags::IN),
            ];
            match poll(&mut both, None) {
                Err(Errno::INTR) => continue,
                other => other?,
            };
            let [heard, typed] = both.map(|one| !one.revents().is_empty());
            if heard {
                return Err(io::ErrorKind::Interrupted.into());
            }
            if typed && is_done(&taken(tty)?) {
                return Ok(());
            }
        }
    }
}

impl Drop for Ends {
    fn drop(&mut self) {
        for watched in self.watched.drain(..) {
            unregister(watched);
        }
    }
}

/// Enter, Ctrl-C, Ctrl-D, `q` and Escape; or a terminal that is gone.
fn is_done(typed: &[u8]) -> bool {
    typed.is_empty() || typed.iter().any(|key| b"\r\n\x03\x04q\x1b".contains(key))
}

/// What has been typed.
fn taken(tty: &mut File) -> io::Result<Vec<u8>> {
    let mut typed = [0; 64];
    let length = tty.read(&mut typed)?;
    Ok(typed.get(..length).unwrap_or_default().to_vec())
}

/// Keys of the terminal as they are pressed. Ctrl-C is still a signal.
struct TtyKeys {
    tty: File,
    _quiet: Quiet,
}

impl Keys for TtyKeys {
    fn pressed(&mut self) -> bool {
        let mut pressed = false;
        if !is_ours(&self.tty) {
            return false;
        }
        let now = Timespec::default();
        while let Ok(1) = poll(&mut [PollFd::from_borrowed_fd(self.tty.as_fd(), PollFlags::IN)], Some(&now)) {
            match taken(&mut self.tty) {
                Ok(typed) if !typed.is_empty() => pressed = true,
                _ => break,
            }
        }
        pressed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture once stayed behind: its lines scrolled away, and what should have erased them was filtered out.
    #[test]
    fn a_picture_never_scrolls_and_every_line_of_it_is_erased() {
        let lines = ["one", "two"].map(|line| Zeroizing::new(line.to_owned()));
        let expected = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[2J\u{1b}[1;1H\u{1b}[30;107mone\u{1b}[0m\
             \u{1b}[2;1H\u{1b}[30;107mtwo\u{1b}[0m\u{1b}[3;1HEnter ends it.";
        assert_eq!(*painted(&lines, "Enter ends it."), expected);
        let expected =
            "\u{1b}[1;1H\u{1b}[2K\u{1b}[2;1H\u{1b}[2K\u{1b}[3;1H\u{1b}[2K\u{1b}[1;1H\u{1b}[?1049l\u{1b}[?25h";
        assert_eq!(taken_off(3), expected);
    }

    #[test]
    fn enter_ctrl_c_and_the_end_of_the_terminal_take_a_picture_off() {
        for (typed, done) in [("\r", true), ("x\n", true), ("\u{3}", true), ("\u{4}", true), ("", true), ("x y", false)]
        {
            assert_eq!(is_done(typed.as_bytes()), done, "{typed:?}");
        }
    }

    #[test]
    fn a_signal_is_heard_while_a_picture_shows() {
        let mut ends = Ends::watch().unwrap();
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TERM).unwrap();
        let (silent, _other) = UnixStream::pair().unwrap();
        let silent: std::os::fd::OwnedFd = silent.into();
        let ended = ends.or_done(&mut File::from(silent)).unwrap_err();
        assert_eq!(ended.kind(), io::ErrorKind::Interrupted);
    }
}
