//! The protocol of pinentry: lines of at most a thousand bytes, percent-escaped (the Assuan manual, "Server responses";
//! pinentry's manual, "Protocol").

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fob_asking::{LONGEST_SECRET, Typed};
use zeroize::{Zeroize, Zeroizing};

use crate::Broken;
use crate::line::{Line, wait};
use crate::screen::Screen;
use crate::signals::Signals;

/// Longest line without its end, in bytes (Assuan: 1,002 with CR and LF).
const LONGEST_LINE: usize = 1000;
/// How long a pinentry may take to start, and to answer what asks nobody.
const PATIENCE: Duration = Duration::from_secs(10);
/// `GPG_ERR_CANCELED` and `GPG_ERR_NOT_CONFIRMED`, `GPG_ERR_TIMEOUT` and `GPG_ERR_FULLY_CANCELED`, without their source
/// in the upper bits.
const SAYS_NO: [u32; 4] = [99, 114, 62, 198];

/// What came of an entry.
#[derive(Debug)]
pub(crate) enum Reply {
    /// This was typed.
    Typed(Typed),
    /// The person said no, or nothing until the time was over.
    Cancelled,
    /// It could not ask.
    Failed,
}

/// Why it is over without an answer of the person's to pass on.
#[derive(Debug)]
pub(crate) enum Ended {
    /// fobd has its secret.
    Right,
    /// fobd took the question back.
    Withdrawn,
    /// pinentry could not ask.
    Unable,
    /// Something broke.
    Broken(Broken),
}

impl From<Broken> for Ended {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl From<rustix::io::Errno> for Ended {
    fn from(errno: rustix::io::Errno) -> Self {
        Self::Broken(errno.into())
    }
}

/// A pinentry that runs. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Assuan {
    child: Child,
    to: File,
    from: OwnedFd,
    /// What has come and is no whole line yet. Never grows: a secret would be left behind.
    come: Zeroizing<Vec<u8>>,
}

impl Assuan {
    /// Starts it and waits until it says hello.
    pub(super) fn start(program: &Path, screen: Screen) -> Result<Self, Broken> {
        let mut command = Command::new(program);
        screen.lead(&mut command);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Broken::Absent("pinentry has no pipes"));
        };
        let (to, from) = (File::from(OwnedFd::from(to)), OwnedFd::from(from));
        let mut assuan = Self { child, to, from, come: Zeroizing::new(Vec::with_capacity(2 * LONGEST_LINE)) };
        assuan.ready()?;
        Ok(assuan)
    }

    /// Sets something to this text.
    pub(super) fn set(&mut self, command: &str, text: &str) -> Result<(), Broken> {
        self.say(&format!("{command} {}", escaped(text)))
    }

    /// Sets an option. One that it does not know is no error.
    pub(super) fn option(&mut self, name: &str, value: &str) -> Result<(), Broken> {
        self.say(&format!("OPTION {name}={}", escaped(value)))
    }

    fn say(&mut self, line: &str) -> Result<(), Broken> {
        self.to.write_all(format!("{line}\n").as_bytes())?;
        self.ready()
    }

    /// Waits for `OK` or `ERR`: both mean that the next command may come.
    fn ready(&mut self) -> Result<(), Broken> {
        let start = Instant::now();
        loop {
            if let Some(line) = self.line() {
                match said(&line) {
                    Said::Ok | Said::Error(_) => return Ok(()),
                    Said::Data(_) | Said::Other => continue,
                }
            }
            let left = PATIENCE.saturating_sub(start.elapsed());
            let [came] = wait([self.from.as_fd()], Some(left))?;
            if came {
                self.receive()?;
            } else if left.is_zero() {
                return Err(Broken::Absent("pinentry says nothing"));
            }
        }
    }

    /// Has something typed.
    pub(super) fn entry(&mut self, line: &mut Line, signals: &Signals) -> Result<Reply, Ended> {
        self.to.write_all(b"GETPIN\n").map_err(Broken::from)?;
        let mut typed = Zeroizing::new(Vec::with_capacity(LONGEST_SECRET));
        loop {
            while let Some(line) = self.line() {
                match said(&line) {
                    Said::Data(data) => {
                        if !decode_into(data, &mut typed) {
                            return Ok(Reply::Failed);
                        }
                    }
                    Said::Ok => return Ok(entered(&typed)),
                    Said::Error(code) if SAYS_NO.contains(&code) => return Ok(Reply::Cancelled),
                    Said::Error(_) => return Ok(Reply::Failed),
                    Said::Other => {}
                }
            }
            let [came, withdrawn, ended] = wait([self.from.as_fd(), line.socket(), signals.descriptor()], None)?;
            if withdrawn {
                // Nothing but an end is said while nobody has given a secret.
                line.verdict()?;
            }
            if ended {
                return Err(Ended::Withdrawn);
            }
            if came {
                self.receive()?;
            }
        }
    }

    fn receive(&mut self) -> Result<(), Broken> {
        let mut piece = Zeroizing::new([0; 512]);
        let room = (self.come.capacity() - self.come.len()).min(piece.len());
        if room == 0 {
            return Err(Broken::Absent("pinentry says too much at once"));
        }
        let length = rustix::io::read(&self.from, piece.get_mut(..room).unwrap_or_default())?;
        if length == 0 {
            return Err(Broken::Absent("pinentry ended"));
        }
        self.come.extend(piece.iter().take(length));
        Ok(())
    }

    /// The next whole line, without its end.
    fn line(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        let end = self.come.iter().position(|byte| *byte == b'\n')?;
        let line = Zeroizing::new(self.come.get(..end).unwrap_or_default().to_vec());
        let rest = self.come.len() - (end + 1);
        self.come.copy_within(end + 1.., 0);
        if let Some(gone) = self.come.get_mut(rest..) {
            gone.zeroize();
        }
        self.come.truncate(rest);
        Some(line)
    }
}

impl Drop for Assuan {
    fn drop(&mut self) {
        // Lets go of the keyboard that it may have grabbed, and puts its terminal in order.
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(500) {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a line says.
enum Said<'a> {
    Ok,
    Error(u32),
    Data(&'a [u8]),
    Other,
}

fn said(line: &[u8]) -> Said<'_> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line == b"OK" || line.starts_with(b"OK ") {
        return Said::Ok;
    }
    if let Some(data) = line.strip_prefix(b"D ") {
        return Said::Data(data);
    }
    match line.strip_prefix(b"ERR ").and_then(|rest| std::str::from_utf8(rest).ok()) {
        // The code itself is in the lower 16 bits (gpg-error).
        Some(rest) => {
            let code = rest.split(' ').next().and_then(|code| code.parse::<u32>().ok());
            Said::Error(code.map_or(u32::MAX, |code| code & 0xffff))
        }
        None => Said::Other,
    }
}

/// Takes the escapes out, into a buffer that must not grow.
fn decode_into(data: &[u8], typed: &mut Vec<u8>) -> bool {
    let mut bytes = data.iter().copied();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => {
                let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
                let (Some(high), Some(low)) = (digit(bytes.next()), digit(bytes.next())) else { return false };
                u8::try_from(high << 4 | low).unwrap_or(0)
            }
            byte => byte,
        };
        if typed.len() == typed.capacity() {
            return false;
        }
        typed.push(byte);
    }
    true
}

fn entered(bytes: &[u8]) -> Reply {
    let mut typed = Typed::nothing();
    match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().all(|character| typed.push(character)) => Reply::Typed(typed),
        _ => Reply::Failed,
    }
}

/// Percent-escaped, and without what some pinentry takes for markup.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '%' => out.push_str("%25"),
            '\r' => out.push_str("%0D"),
            '\n' => out.push_str("%0A"),
            '<' => out.push('‹'),
            '>' => out.push('›'),
            '&' => out.push('＆'),
            character => out.push(character),
        }
    }
    out
}

/// As much of these lines as one command can say: the longest are cut first, then the last are left out.
pub(super) fn fitting(lines: Vec<String>) -> String {
    let room = LONGEST_LINE - "SETDESC ".len();
    for most in [usize::MAX, 160, 80, 50] {
        let text = lines.iter().map(|line| shortened(line, most)).collect::<Vec<_>>().join("\n");
        if escaped(&text).len() <= room {
            return text;
        }
    }
    let mut text = String::new();
    for line in &lines {
        let longer = format!("{text}{}\n", shortened(line, 50));
        if escaped(&longer).len() > room {
            break;
        }
        text = longer;
    }
    text
}

fn shortened(line: &str, most: usize) -> String {
    if line.chars().count() <= most {
        return line.to_owned();
    }
    line.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_mean_what_the_manual_says() {
        for (line, expected) in [
            ("OK", "ok"),
            ("OK Pleased to meet you, process 7", "ok"),
            ("OK\r", "ok"),
            ("OKAY", "other"),
            ("ERR 83886179 Operation cancelled <Pinentry>", "error 99"),
            ("ERR 83886194 Not confirmed", "error 114"),
            ("ERR 83886142 Timeout <Pinentry>", "error 62"),
            ("ERR nonsense", "error 4294967295"),
            ("D abc", "data abc"),
            ("D ", "data "),
            ("S PASSWORD_FROM_CACHE", "other"),
            ("# a comment", "other"),
            ("", "other"),
        ] {
            let seen = match said(line.as_bytes()) {
                Said::Ok => "ok".to_owned(),
                Said::Error(code) => format!("error {code}"),
                Said::Data(data) => format!("data {}", String::from_utf8_lossy(data)),
                Said::Other => "other".to_owned(),
            };
            assert_eq!(seen, expected, "{line}");
        }
    }

    #[test]
    fn escapes_go_both_ways_as_the_manual_says() {
        assert_eq!(escaped("100%\nOK\r"), "100%25%0AOK%0D");
        for (data, expected) in
            [("a%25b%0Ac", Some("a%b\nc")), ("p%c3%a4", Some("pä")), ("%", None), ("%2", None), ("%zz", None)]
        {
            let mut typed = Vec::with_capacity(64);
            let whole = decode_into(data.as_bytes(), &mut typed);
            assert_eq!(whole.then(|| String::from_utf8(typed).unwrap()).as_deref(), expected, "{data}");
        }
        let mut small = Vec::with_capacity(4);
        assert!(!decode_into(&[b'x'; 64], &mut small) && small.capacity() < 64, "it never grows");
    }

    #[test]
    fn a_description_fits_into_one_line_and_begins_with_the_question() {
        for (count, length) in [(3, 20), (10, 256), (40, 256), (200, 10)] {
            let mut lines = vec!["Sign in at example.org?".to_owned()];
            lines.extend((0..count).map(|n| format!("{n}: {}", "é%".repeat(length / 2))));
            let text = fitting(lines);
            assert!(escaped(&text).len() <= 992 && text.starts_with("Sign in at example.org?\n"), "{count} {length}");
        }
    }
}
