//! The keeper: fob once more, as a process that offers one code until it is dead. It belongs to no terminal, ends by
//! itself after its seconds, and earlier when something else is copied.
//!
//! Its arguments say how and how long; the code comes through its standard input, and one line on its standard output
//! says that it is in place, or why not. Nothing of it is for a person to type.

mod wayland;
mod x11;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fob_bus::pipe;
use rustix::pipe::{PipeFlags, pipe_with};
use zeroize::Zeroizing;

use super::choice::{Between, Way};
use super::{LONGEST, osc52};
use crate::Exit;

/// The first argument of a keeper.
const CALL: &str = "--keep-clipboard";
/// What it says when the code is in place.
const IN_PLACE: &[u8] = b"ok\n";

/// Starts a keeper. Gives it once the code is in place.
pub(super) fn start(way: Way, code: &Zeroizing<String>, seconds: u64) -> Result<Child, String> {
    match way {
        Way::Terminal(between) => on_terminal(between, code, seconds),
        Way::Wayland | Way::X11 => on_desktop(way, code, seconds),
    }
    .map_err(|error| format!("{}: {error}", way.place().name()))
}

/// We fill the terminal's clipboard ourselves; the keeper empties it.
fn on_terminal(between: Between, code: &Zeroizing<String>, seconds: u64) -> io::Result<Child> {
    let mut terminal = File::options().write(true).open("/dev/tty")?;
    let keeper = keeper(Way::Terminal(between), seconds, Stdio::null(), terminal.try_clone()?.into())?;
    terminal.write_all(osc52::set(code, between).as_bytes())?;
    Ok(keeper)
}

fn on_desktop(way: Way, code: &Zeroizing<String>, seconds: u64) -> io::Result<Child> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let code = pipe::holding(Zeroizing::new(code.as_bytes().to_vec()))?;
    let mut keeper = keeper(way, seconds, code.into(), writer.into())?;
    // It needs some milliseconds, but a display that hangs must not hang us.
    let said = pipe::take(&reader, pipe::SHORT).map_err(io::Error::other).and_then(|said| {
        (*said == IN_PLACE)
            .then_some(())
            .ok_or_else(|| io::Error::other(String::from_utf8_lossy(&said).trim().to_owned()))
    });
    if let Err(error) = said {
        let _ = keeper.kill();
        let _ = keeper.wait();
        return Err(error);
    }
    Ok(keeper)
}

/// This very program, whatever has become of its file.
fn keeper(way: Way, seconds: u64, input: Stdio, output: Stdio) -> io::Result<Child> {
    let mut command = Command::new("/proc/self/exe");
    command.args([CALL, word(way), &seconds.to_string()]);
    command.stdin(input).stdout(output).stderr(Stdio::null()).spawn()
}

const fn word(way: Way) -> &'static str {
    match way {
        Way::Wayland => "wayland",
        Way::X11 => "x11",
        Way::Terminal(Between::Nothing) => "terminal",
        Way::Terminal(Between::Tmux) => "tmux",
        Way::Terminal(Between::Screen) => "screen",
    }
}

fn way(word: &str) -> Option<Way> {
    let terminals = [Between::Nothing, Between::Tmux, Between::Screen].map(Way::Terminal);
    [Way::Wayland, Way::X11].into_iter().chain(terminals).find(|way| self::word(*way) == word)
}

/// Is a keeper if it was called as one; gives how it ended.
pub(crate) fn called(arguments: impl IntoIterator<Item = OsString>) -> Option<Exit> {
    let mut arguments = arguments.into_iter();
    if arguments.next()? != CALL {
        return None;
    }
    let way = arguments.next().and_then(|word| way(word.to_str()?));
    let seconds = arguments.next().and_then(|number| number.to_str()?.parse().ok());
    let (Some(way), Some(seconds), None) = (way, seconds, arguments.next()) else { return Some(Exit::Usage) };
    Some(match keep(way, Instant::now() + Duration::from_secs(LONGEST.min(seconds))) {
        Ok(()) => Exit::Ok,
        Err(_) => Exit::Failed,
    })
}

fn keep(way: Way, until: Instant) -> io::Result<()> {
    // A terminal that closes, and Ctrl-C in it, are none of its business. It fails where it leads a group already.
    let _ = rustix::process::setsid();
    std::env::set_current_dir("/")?;
    if let Way::Terminal(between) = way {
        std::thread::sleep(until.saturating_duration_since(Instant::now()));
        return io::stdout().write_all(osc52::clear(between).as_bytes()).and_then(|()| io::stdout().flush());
    }
    // Not through the standard library's buffer, which would keep it.
    let code = pipe::take(&rustix::stdio::stdin().try_clone_to_owned()?, pipe::SHORT).map_err(io::Error::other)?;
    let code = std::str::from_utf8(&code).map_err(io::Error::other)?;
    let said = |outcome: Result<(), String>| report(outcome.as_ref().err().map(String::as_str));
    match way {
        Way::X11 => x11::offer(code, until, said),
        _ => wayland::offer(code, until, said),
    }
}

/// Says how it went, and closes the pipe: whoever called goes on.
fn report(problem: Option<&str>) -> io::Result<()> {
    let mut out = io::stdout();
    out.write_all(problem.map_or(IN_PLACE, str::as_bytes))?;
    out.flush()?;
    let nothing: OwnedFd = File::options().write(true).open("/dev/null")?.into();
    Ok(rustix::stdio::dup2_stdout(nothing)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(words: &[&str]) -> Option<Exit> {
        super::called(words.iter().map(OsString::from))
    }

    #[test]
    fn only_its_own_call_makes_a_keeper() {
        for words in [&[][..], &["otp", "code"], &["--keep"], &["otp", CALL]] {
            assert_eq!(called(words), None, "{words:?}");
        }
        for words in [&[CALL][..], &[CALL, "x12", "3"], &[CALL, "x11", "-3"], &[CALL, "x11", "3", "more"]] {
            assert_eq!(called(words), Some(Exit::Usage), "{words:?}");
        }
    }

    #[test]
    fn every_way_has_a_word_of_its_own() {
        for each in ["wayland", "x11", "terminal", "tmux", "screen"] {
            assert_eq!(way(each).map(word), Some(each));
        }
        assert_eq!(way("wayland "), None);
    }
}
