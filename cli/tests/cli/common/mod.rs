//! A world for one call: captured streams, a scripted person, a scripted daemon.

pub(crate) mod bench;
pub(crate) mod daemon;
pub(crate) mod http;

use std::cell::Cell;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::{Arc, Mutex};

use fob::clipboard::{Clipboard, Place};
use fob::world::{Door, Keys, Pause, Pausing, Room, Terminal, World};
use fob::{Exit, Failure};
use fob_ambient::{Clock, FakeClock, Millis};
use zeroize::Zeroizing;

use daemon::{FakeDaemon, FakeDoor};

/// What a call left behind.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) exit: Exit,
    pub(crate) out: String,
    pub(crate) err: String,
    /// The questions the person saw.
    pub(crate) asked: Vec<String>,
    /// The pictures the person saw, which are gone.
    pub(crate) pictures: Vec<String>,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "exit {}: {:?}", self.exit as u8, self.exit)?;
        for (name, text) in
            [("asked", self.asked.join("\n")), ("stdout", self.out.clone()), ("stderr", self.err.clone())]
        {
            if !text.is_empty() {
                writeln!(f, "--- {name}\n{}", text.trim_end())?;
            }
        }
        Ok(())
    }
}

/// A call in the making.
pub(crate) struct Call {
    door: Box<dyn Door>,
    clock: Arc<FakeClock>,
    clock_is_set: fn() -> Option<bool>,
    tpm_is_there: fn() -> bool,
    interrupted_after: Option<u64>,
    clipboard: FakeClipboard,
    typed: Option<Vec<&'static str>>,
    stdin: &'static str,
    seen: bool,
    room: Option<Room>,
    keys_at: Vec<u64>,
}

/// A call to this daemon; nobody is at the terminal and standard input is empty.
pub(crate) fn with(daemon: &Arc<FakeDaemon>) -> Call {
    Call { clock: Arc::clone(&daemon.clock), ..behind(FakeDoor(Arc::clone(daemon))) }
}

/// A call to whatever is behind this door.
pub(crate) fn behind(door: impl Door + 'static) -> Call {
    Call {
        door: Box::new(door),
        clock: Arc::new(FakeClock::at(fob_ambient::UnixTime(daemon::NOW))),
        clock_is_set: || Some(true),
        tpm_is_there: || true,
        interrupted_after: None,
        clipboard: FakeClipboard::default(),
        typed: None,
        stdin: "",
        seen: false,
        room: Some(Room { columns: 80, rows: 24 }),
        keys_at: Vec::new(),
    }
}

impl Call {
    /// A person is there and will type these lines.
    pub(crate) fn typed(mut self, lines: &[&'static str]) -> Self {
        self.typed = Some(lines.to_vec());
        self
    }

    /// Something is piped in.
    pub(crate) fn stdin(mut self, text: &'static str) -> Self {
        self.stdin = text;
        self
    }

    /// The clock is not set by a time server, or it is not known.
    pub(crate) fn clock_is_set(mut self, is_set: fn() -> Option<bool>) -> Self {
        self.clock_is_set = is_set;
        self
    }

    /// The machine has no TPM.
    pub(crate) fn without_tpm(mut self) -> Self {
        self.tpm_is_there = || false;
        self
    }

    /// The person presses Ctrl-C once so many seconds were waited for.
    pub(crate) fn interrupted_after(mut self, seconds: u64) -> Self {
        self.interrupted_after = Some(seconds);
        self
    }

    /// There is this clipboard.
    pub(crate) fn clipboard(mut self, clipboard: &FakeClipboard) -> Self {
        self.clipboard = clipboard.clone();
        self
    }

    /// Standard output and standard error are a terminal.
    pub(crate) fn seen(mut self) -> Self {
        self.seen = true;
        self
    }

    /// The terminal has this much room for a picture, or cannot take one off again.
    pub(crate) fn room(mut self, room: Option<Room>) -> Self {
        self.room = room;
        self
    }

    /// The person is there, and presses a key so many seconds after the beginning.
    pub(crate) fn keys_at(mut self, seconds: &[u64]) -> Self {
        self.keys_at = seconds.to_vec();
        self.typed(&[])
    }

    /// Runs it; arguments are split at spaces.
    pub(crate) async fn run(self, line: &str) -> Left {
        self.run_args(line.split(' ')).await
    }

    /// Runs it with these arguments.
    pub(crate) async fn run_args<'a>(self, arguments: impl IntoIterator<Item = &'a str>) -> Left {
        let (mut world, taken) = self.worldly();
        let arguments = std::iter::once("fob").chain(arguments).map(OsString::from);
        let exit = fob::run(arguments, &mut world).await;
        let asked = taken.asked.lock().unwrap().clone();
        let pictures = taken.pictures.lock().unwrap().clone();
        Left { exit, out: taken.out.text(), err: taken.err.text(), asked, pictures }
    }

    /// The world alone, for what is no command line.
    pub(crate) fn world(self) -> World {
        self.worldly().0
    }

    fn worldly(self) -> (World, Streams) {
        let (out, err) = (Buffer::default(), Buffer::default());
        let (asked, pictures) = (Arc::default(), Arc::default());
        let began = self.clock.monotonic();
        let person = Person {
            there: self.typed.is_some(),
            lines: self.typed.unwrap_or_default().into(),
            asked: Arc::clone(&asked),
            room: self.room,
            pictures: Arc::clone(&pictures),
            keys: FakeKeys {
                clock: Arc::clone(&self.clock),
                at: self.keys_at.iter().map(|seconds| Millis(began.0 + seconds * 1_000)).collect(),
            },
        };
        let pause = FakePause {
            clock: Arc::clone(&self.clock),
            interrupted_after: self.interrupted_after,
            waited: Cell::new(0),
        };
        let world = World {
            out: Box::new(out.clone()),
            err: Box::new(err.clone()),
            out_is_terminal: self.seen,
            err_is_terminal: self.seen,
            stdin: Box::new(self.stdin.as_bytes()),
            terminal: Box::new(person),
            door: self.door,
            clock: Box::new(self.clock),
            clock_is_set: self.clock_is_set,
            tpm_is_there: self.tpm_is_there,
            pause: Box::new(pause),
            rng: Box::new(fob_ambient::SeededRng::new(1)),
            clipboard: Box::new(self.clipboard),
            json: false,
        };
        (world, Streams { out, err, asked, pictures })
    }
}

/// What a call writes and asks.
struct Streams {
    out: Buffer,
    err: Buffer,
    asked: Arc<Mutex<Vec<String>>>,
    pictures: Arc<Mutex<Vec<String>>>,
}

/// A stream that keeps what is written, without colours.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
        anstream::adapter::strip_str(&String::from_utf8(self.0.lock().unwrap().clone()).unwrap()).to_string()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Person {
    there: bool,
    lines: VecDeque<&'static str>,
    asked: Arc<Mutex<Vec<String>>>,
    room: Option<Room>,
    pictures: Arc<Mutex<Vec<String>>>,
    keys: FakeKeys,
}

/// Keys that are pressed at these times, in milliseconds of the monotonic clock.
#[derive(Clone)]
struct FakeKeys {
    clock: Arc<FakeClock>,
    at: VecDeque<Millis>,
}

impl Keys for FakeKeys {
    fn pressed(&mut self) -> bool {
        self.at.pop_front_if(|at| at.0 <= self.clock.monotonic().0).is_some()
    }
}

impl Person {
    fn type_line(&mut self, prompt: &str) -> io::Result<String> {
        assert!(self.there, "nobody is there to answer {prompt:?}");
        self.asked.lock().unwrap().push(prompt.to_owned());
        match self.lines.pop_front() {
            Some("^C") => Err(io::ErrorKind::Interrupted.into()),
            Some(line) => Ok(line.to_owned()),
            None => panic!("the person did not expect {prompt:?}"),
        }
    }
}

impl Terminal for Person {
    fn is_there(&self) -> bool {
        self.there
    }

    fn secret(&mut self, prompt: &str) -> io::Result<Zeroizing<String>> {
        self.type_line(prompt).map(Zeroizing::new)
    }

    fn line(&mut self, prompt: &str) -> io::Result<String> {
        self.type_line(prompt)
    }

    fn room(&self) -> Option<Room> {
        self.room
    }

    fn picture(&mut self, lines: &[Zeroizing<String>], below: &str) -> io::Result<()> {
        let room = self.room.expect("nobody shows a picture where it stays");
        assert!(lines.len() < room.rows && lines.iter().all(|line| line.chars().count() <= room.columns));
        self.pictures.lock().unwrap().push(lines.iter().map(|line| line.to_string() + "\n").collect());
        self.type_line(below).map(drop)
    }

    fn keys(&mut self) -> io::Result<Box<dyn Keys>> {
        Ok(Box::new(self.keys.clone()))
    }
}

/// Time that goes by as soon as somebody waits for it.
struct FakePause {
    clock: Arc<FakeClock>,
    interrupted_after: Option<u64>,
    waited: Cell<u64>,
}

impl Pause for FakePause {
    fn second(&self) -> Pausing<'_> {
        // Only when somebody really waits: a future that is dropped moves no clock.
        Box::pin(async {
            if self.interrupted_after == Some(self.waited.get()) {
                // A real Ctrl-C, to the one who has taken it over.
                rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::INT).unwrap();
                return std::future::pending().await;
            }
            self.waited.set(self.waited.get() + 1);
            self.clock.advance(Millis(1_000));
            tokio::task::yield_now().await;
        })
    }
}

/// A clipboard that remembers, or refuses.
#[derive(Clone, Default)]
pub(crate) struct FakeClipboard {
    place: Option<Place>,
    pub(crate) copied: Arc<Mutex<Vec<(String, u64)>>>,
}

impl FakeClipboard {
    pub(crate) fn of(place: Place) -> Self {
        Self { place: Some(place), ..Self::default() }
    }
}

impl Clipboard for FakeClipboard {
    fn look(&self) -> Result<(), Failure> {
        let nowhere = || Failure::new(Exit::Failed, "there is no clipboard that takes the code");
        self.place.map(|_| ()).ok_or_else(nowhere)
    }

    fn copy(&mut self, code: &Zeroizing<String>, seconds: u64) -> Result<Place, Failure> {
        self.copied.lock().unwrap().push((code.to_string(), seconds));
        self.look()?;
        Ok(self.place.expect("it was looked for"))
    }
}

/// A pipe with this in it: keep it for as long as the call runs, and name its number.
pub(crate) struct Handed(OwnedFd);

impl Handed {
    pub(crate) fn new(text: &str) -> Self {
        Self(fob_bus::pipe::holding(Zeroizing::new(text.as_bytes().to_vec())).unwrap())
    }

    pub(crate) fn number(&self) -> i32 {
        self.0.as_raw_fd()
    }
}

/// A pipe that takes what fob writes.
pub(crate) struct Taken {
    reader: OwnedFd,
    writer: OwnedFd,
}

impl Taken {
    pub(crate) fn new() -> Self {
        let (reader, writer) = fob_bus::pipe::awaiting().unwrap();
        Self { reader, writer }
    }

    pub(crate) fn number(&self) -> i32 {
        self.writer.as_raw_fd()
    }

    pub(crate) fn text(self) -> String {
        drop(self.writer);
        String::from_utf8(fob_bus::pipe::take(&self.reader, 4096).unwrap().to_vec()).unwrap()
    }
}
