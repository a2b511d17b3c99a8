//! The terminal itself: opened with care, silent and raw while the question is shown, left as it was found.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, QueueSelector, Termios, isatty, tcflush, tcgetattr, tcgetwinsize,
    tcsetattr,
};

use crate::{Broken, asker};

/// Has the terminal tell when its window gets and loses the focus (xterm's mode 1004). Those that do not know it say
/// nothing.
const TELL_FOCUS: &[u8] = b"\x1b[?1004h";
const NO_FOCUS: &[u8] = b"\x1b[?1004l";
/// How long a terminal may take nothing, as after Ctrl-S, in all.
const STUCK: Duration = Duration::from_secs(2);

/// The terminal of whoever asks.
#[derive(Debug)]
pub(crate) struct Tty {
    file: OwnedFd,
    device: u64,
    pid: i32,
    found: Termios,
}

impl Tty {
    /// Opens it and looks at it; nothing on it changes yet.
    ///
    /// # Errors
    /// That it is not a terminal of this user's with this process in the foreground.
    pub(crate) fn open(path: &str, pid: i32) -> Result<Self, Broken> {
        if !is_name_of_a_terminal(path) {
            return Err(Broken::Absent("that is no terminal's name"));
        }
        // Not to be made the controlling terminal, and never to be waited on.
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let file = open(path, flags, Mode::empty())?;
        let about = fstat(&file)?;
        if FileType::from_raw_mode(about.st_mode) != FileType::CharacterDevice || !isatty(&file) {
            return Err(Broken::Absent("that is no terminal"));
        }
        if about.st_uid != rustix::process::geteuid().as_raw() {
            return Err(Broken::Absent("that is another user's terminal"));
        }
        if !asker::is_in_the_foreground(pid, about.st_rdev) {
            return Err(Broken::Absent("whoever asks is not in the foreground of its terminal"));
        }
        let found = tcgetattr(&file)?;
        Ok(Self { file, device: about.st_rdev, pid, found })
    }

    /// From now on nothing typed is shown or acted on by the terminal, and what was typed before is gone.
    ///
    /// # Errors
    /// The terminal's.
    pub(crate) fn silence(self) -> Result<Silent, Broken> {
        let mut raw = self.found.clone();
        // Output stays as it is: a line end is one. Enter stays one byte whichever it is.
        raw.local_modes -=
            LocalModes::ICANON | LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ISIG | LocalModes::IEXTEN;
        raw.input_modes -=
            InputModes::IXON | InputModes::IXOFF | InputModes::ISTRIP | InputModes::INLCR | InputModes::IGNCR;
        tcsetattr(&self.file, OptionalActions::Flush, &raw)?;
        let silent = Silent { tty: self, left: false };
        tcflush(&silent.tty.file, QueueSelector::IFlush)?;
        silent.write(TELL_FOCUS)?;
        Ok(silent)
    }
}

/// The terminal while a question is on it. Dropped, it is as it was found, and what was typed and not read is gone.
#[derive(Debug)]
pub(crate) struct Silent {
    tty: Tty,
    /// It has said its last.
    left: bool,
}

impl Silent {
    /// What becomes readable when something was typed.
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.tty.file.as_fd()
    }

    /// Width and height, in characters; zeros where it does not know.
    pub(crate) fn size(&self) -> (u16, u16) {
        tcgetwinsize(&self.tty.file).map_or((0, 0), |size| (size.ws_col, size.ws_row))
    }

    /// Whether whoever asks still has it in the foreground.
    pub(crate) fn is_askers(&self) -> bool {
        asker::is_in_the_foreground(self.tty.pid, self.tty.device)
    }

    /// What was typed, as far as there is anything; `None` once the terminal is gone.
    ///
    /// # Errors
    /// The terminal's.
    pub(crate) fn read(&self, into: &mut [u8]) -> Result<Option<usize>, Broken> {
        match rustix::io::read(&self.tty.file, into) {
            Ok(0) | Err(rustix::io::Errno::IO) => Ok(None),
            Ok(length) => Ok(Some(length)),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(Some(0)),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Says the last thing, as a line of its own, and gives the terminal back. Whether or not it still takes it.
    pub(crate) fn leave(mut self, last: &str) {
        // Before the text, so that what follows it begins a line of its own.
        let _ = self.write(NO_FOCUS);
        let _ = self.write(format!("\n{last}\n").as_bytes());
        self.left = true;
        self.restore();
    }

    fn restore(&self) {
        let _ = tcsetattr(&self.tty.file, OptionalActions::Flush, &self.tty.found);
    }

    /// Forgets what was typed and not read.
    pub(crate) fn forget_typed(&self) {
        let _ = tcflush(&self.tty.file, QueueSelector::IFlush);
    }

    /// Writes all of it, for as long as the terminal takes it.
    ///
    /// # Errors
    /// The terminal's; that it is stuck.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Broken> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match rustix::io::write(&self.tty.file, rest) {
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => self.wait_for_room()?,
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(())
    }

    fn wait_for_room(&self) -> Result<(), Broken> {
        let mut polled = [PollFd::new(&self.tty.file, PollFlags::OUT)];
        let limit = Timespec::try_from(STUCK).ok();
        match poll(&mut polled, limit.as_ref()) {
            Ok(0) => Err(Broken::Io(io::ErrorKind::TimedOut.into())),
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        if !self.left {
            let _ = self.write(NO_FOCUS);
            self.restore();
        }
    }
}

/// Below /dev, without a way out of it; the file itself is looked at as well.
fn is_name_of_a_terminal(path: &str) -> bool {
    let number = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    match path.strip_prefix("/dev/") {
        Some(name) => match name.strip_prefix("pts/") {
            Some(rest) => number(rest),
            None => name.starts_with("tty") && name.len() > 3 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        },
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_terminals_are_opened() {
        for (path, expected) in [
            ("/dev/pts/3", true),
            ("/dev/tty1", true),
            ("/dev/ttyS0", true),
            ("/dev/ttyACM0", true),
            // The opener's own, whichever that is.
            ("/dev/tty", false),
            ("/dev/pts/ptmx", false),
            ("/dev/pts/", false),
            ("/dev/pts/../sda", false),
            ("/dev/tty/../sda", false),
            ("/tmp/tty1", false),
            ("", false),
        ] {
            assert_eq!(is_name_of_a_terminal(path), expected, "{path}");
        }
    }
}
