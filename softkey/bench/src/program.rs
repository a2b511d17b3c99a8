//! The program: what the options ask for, and the one loop that waits for reports, requests, answers, deadlines and
//! signals. What follows from them is decided in `hub`; here it is done.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::Context;
use fob_ambient::{Clock, Millis, SystemClock};
use fob_authenticator::{FileFault, StoreError, test_ca_certificate};
use fob_softkey_control::{ErrorName, Event, Failure, Op, Reply, Request, Watch};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::Mode;
use rustix::io::Errno;
use rustix::process::{Signal, getpid, kill_process};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::control::{ConnectionId, Control, Heard};
use crate::face::Socket;
use crate::hub::{Effect, Hub};
use crate::options::Command;
use crate::profile::ProfileError;
use crate::slot::Slot;
use crate::terminal::Terminal;
use crate::{Options, TouchPolicy, log, replay, setup};

/// Longest wire log that is played again, in bytes.
const LARGEST_LOG: u64 = 256 << 20;

/// Runs keys until SIGTERM or SIGINT, or does what the subcommand says.
///
/// # Errors
/// What kept it from coming up: the state, the socket, the profile. What differs in a log.
pub fn run(options: &Options) -> anyhow::Result<()> {
    match &options.command {
        Some(Command::Replay { log }) => return play_again(log),
        Some(Command::TestCa { file }) => {
            return fs::write(file, test_ca_certificate()).with_context(|| format!("cannot write {}", file.display()));
        }
        None => {}
    }
    // Whoever opens the socket can use the key: it is for its owner alone.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let signals = signals().context("cannot listen for signals")?;
    let mut bench = Bench::new(options, die)?;
    let faces: Vec<String> = bench.faces.iter().map(Socket::to_string).collect();
    // Whoever started us may have closed standard output; that is no reason to stop.
    let _ = writeln!(io::stdout(), "fob-softkey is ready on {}", faces.join(", "));
    bench.turn(&signals)
}

/// What to try next, where that is known.
#[must_use]
pub fn hint(error: &anyhow::Error) -> Option<&'static str> {
    if let Some(ProfileError::Lacking { .. }) = error.downcast_ref() {
        return Some("with --partial-profile the key goes without them, and does not announce them");
    }
    match error.downcast_ref::<StoreError>()? {
        StoreError::File { source: FileFault::WrongKey, .. } => Some("give the key or passphrase it was made with"),
        StoreError::File { source: FileFault::NeedsPassphrase, .. } => Some("give it with --state-passphrase-fd"),
        StoreError::File { source: FileFault::NeedsKey, .. } => Some("give it with --state-key or --state-key-fd"),
        StoreError::File { .. } => Some("put a copy of the file back, or move it away to begin with a new key"),
        StoreError::NoKey { .. } => Some(
            "give its key with --state-key, --state-key-fd or --state-passphrase-fd, or put FILE.key back beside it",
        ),
        StoreError::Key { .. } => Some("make one with: openssl rand -hex 32"),
        StoreError::InUse { .. } => Some("end the other fob-softkey, or give this one another --state"),
        StoreError::Permissions { .. } => Some("run chmod 600 on it, and think about who has read it"),
        StoreError::Io { .. } | StoreError::TooLarge { .. } => None,
    }
}

/// Keys, their wires, and who else has a say.
pub(crate) struct Bench {
    clock: SystemClock,
    hub: Hub,
    faces: Vec<Socket>,
    terminal: Terminal,
    control: Option<Control>,
    record: Option<BufWriter<File>>,
}

/// How many of the polled events belong to whom.
struct Shares {
    terminal: usize,
    control: usize,
    faces: Vec<usize>,
}

impl Bench {
    /// Everything that the options ask for. `die` is how a crash of the store is acted out.
    pub(crate) fn new(options: &Options, die: fn()) -> anyhow::Result<Self> {
        let clock = SystemClock::new();
        let (mut slots, mut faces) = (Vec::new(), Vec::new());
        for (mut slot, place) in setup::keys(options, die, clock.monotonic())? {
            let face = Socket::open(place, slot.name())?;
            slot.face = face.to_string();
            slots.push(slot);
            faces.push(face);
        }
        let control = options.control.as_deref().map(Control::bind).transpose()?;
        let asks = slots.iter().any(|slot| slot.line.touch == TouchPolicy::Ask.name());
        let record = options.record.as_deref().map(|path| begin_record(path, &slots)).transpose()?;
        let mut hub = Hub::new(slots);
        hub.set_logging(record.is_some());
        Ok(Self { clock, hub, faces, terminal: Terminal::new(asks), control, record })
    }

    /// The loop. Without deadlines it sleeps until something happens.
    pub(crate) fn turn(&mut self, signals: &UnixStream) -> anyhow::Result<()> {
        loop {
            let Some((events, shares)) = self.wait(signals)? else { continue };
            let Some((signal, events)) = events.split_first() else { continue };
            if !signal.is_empty() {
                tracing::info!("told to end");
                return self.flush_record();
            }
            self.take(events, &shares);
            let effects = self.hub.on_tick(self.now());
            self.follow(effects);
            self.flush_record()?;
        }
    }

    /// Waits; the events are the signals', the terminal's, the control channel's and the faces', in this order.
    fn wait(&self, signals: &UnixStream) -> anyhow::Result<Option<(Vec<PollFlags>, Shares)>> {
        let mut interests = vec![PollFd::new(signals, PollFlags::IN)];
        interests.extend(self.terminal.input().map(|input| PollFd::new(input, PollFlags::IN)));
        let terminal = interests.len() - 1;
        interests.extend(self.control.iter().flat_map(Control::interests));
        let control = interests.len() - 1 - terminal;
        let mut faces = Vec::with_capacity(self.faces.len());
        for face in &self.faces {
            let of_face = face.interests();
            faces.push(of_face.len());
            interests.extend(of_face);
        }
        let timeout = self.hub.pause(self.clock.monotonic()).map(timespec);
        match poll(&mut interests, timeout.as_ref()) {
            Ok(_) => {
                let events = interests.iter().map(PollFd::revents).collect();
                Ok(Some((events, Shares { terminal, control, faces })))
            }
            Err(Errno::INTR) => Ok(None),
            Err(error) => Err(io::Error::from(error)).context("cannot wait for reports"),
        }
    }

    fn take(&mut self, events: &[PollFlags], shares: &Shares) {
        let (terminal, events) = events.split_at_checked(shares.terminal).unwrap_or_default();
        let (control, mut events) = events.split_at_checked(shares.control).unwrap_or_default();
        if terminal.iter().any(|event| !event.is_empty())
            && let Some((key, answer)) = self.terminal.on_input()
        {
            let effects = self.hub.answered(key, answer, self.now());
            self.follow(effects);
        }
        for (key, share) in shares.faces.iter().enumerate() {
            let (of_face, rest) = events.split_at_checked(*share).unwrap_or_default();
            events = rest;
            let reports = self.faces.get_mut(key).map(|face| face.receive(of_face)).unwrap_or_default();
            for report in reports {
                let effects = self.hub.on_report(key, report, self.now());
                self.follow(effects);
            }
        }
        let heard = self.control.as_mut().map(|channel| channel.receive(control)).unwrap_or_default();
        heard.into_iter().for_each(|heard| self.hear(heard));
    }

    /// Does what a line of the control channel asks for, and answers it.
    fn hear(&mut self, (connection, line): Heard) {
        let reply = match line {
            Ok(request) => self.request(connection, request),
            Err(reply) => reply,
        };
        if let Some(channel) = &mut self.control {
            channel.reply(connection, &reply);
        }
    }

    fn request(&mut self, connection: ConnectionId, Request { id, key, op }: Request) -> Reply {
        let watch = match &op {
            Op::Watch { what } => Some(what.clone()),
            _ => None,
        };
        let (mut outcome, effects) = self.hub.execute(key.as_deref(), op, self.clock.monotonic());
        if let Err(error) = self.perform(effects)
            && outcome.is_ok()
        {
            outcome = Err(Failure::new(ErrorName::Failed, format!("{error:#}")));
        }
        if let Some(what) = watch {
            self.watch(connection, what);
        }
        Reply { id, outcome }
    }

    /// A log begins with what is needed to play it again.
    fn watch(&mut self, connection: ConnectionId, what: Vec<Watch>) {
        let Some(channel) = &mut self.control else { return };
        let wants_log = what.contains(&Watch::Log);
        channel.watch(connection, what);
        self.hub.set_logging(self.record.is_some() || channel.is_watched(Watch::Log));
        if wants_log {
            for line in header(self.hub.slots()) {
                channel.say(connection, &Event::Log { line });
            }
        }
    }

    /// Does what follows by itself.
    fn follow(&mut self, effects: Vec<Effect>) {
        if let Err(error) = self.perform(effects) {
            tracing::error!(error = format!("{error:#}"), "a key could not be plugged or unplugged");
        }
    }

    /// Does what follows: all of it, and the first that went wrong.
    fn perform(&mut self, effects: Vec<Effect>) -> anyhow::Result<()> {
        let mut result = Ok(());
        for effect in effects {
            let done = self.perform_one(effect);
            result = result.and(done);
        }
        result
    }

    fn perform_one(&mut self, effect: Effect) -> anyhow::Result<()> {
        match effect {
            Effect::Send { key, bytes } => {
                if let Some(face) = self.faces.get_mut(key) {
                    face.send(&bytes);
                }
            }
            Effect::Unplug(key) => return self.faces.get_mut(key).map_or(Ok(()), Socket::unplug),
            Effect::Plug(key) => {
                let plugged = self.faces.get_mut(key).map_or(Ok(()), Socket::plug);
                if plugged.is_err() {
                    self.hub.not_plugged(key);
                }
                return plugged;
            }
            Effect::AskTerminal { key, ask } => {
                let slots = self.hub.slots();
                let name = slots.get(key).filter(|_| slots.len() > 1).map(Slot::name);
                self.terminal.ask(key, name, &ask);
            }
            Effect::AskOver(key) => self.terminal.over(key),
            Effect::Tell(what, event) => self.tell(what, &event),
        }
        Ok(())
    }

    fn tell(&mut self, what: Watch, event: &Event) {
        match event {
            Event::Wink { key } => tracing::info!(key, "wink: this is the key"),
            Event::Unplugged { key } => tracing::info!(key, "unplugged"),
            Event::Plugged { key } => tracing::info!(key, "plugged"),
            _ => {}
        }
        if let (Event::Log { line }, Some(record)) = (event, &mut self.record)
            && let Err(error) = writeln!(record, "{line}")
        {
            tracing::error!(%error, "the wire log is not written any more");
            self.record = None;
        }
        if let Some(channel) = &mut self.control {
            channel.tell(what, event);
        }
    }

    fn flush_record(&mut self) -> anyhow::Result<()> {
        self.record.as_mut().map_or(Ok(()), Write::flush).context("cannot write the wire log")
    }

    fn now(&self) -> Millis {
        self.hub.now(self.clock.monotonic())
    }
}

/// Readable as soon as SIGTERM or SIGINT has come.
fn signals() -> io::Result<UnixStream> {
    let (reader, writer) = UnixStream::pair()?;
    signal_hook::low_level::pipe::register(SIGTERM, writer.try_clone()?)?;
    signal_hook::low_level::pipe::register(SIGINT, writer)?;
    Ok(reader)
}

/// As by `kill -9`: nothing is tidied up.
fn die() {
    let _ = kill_process(getpid(), Signal::KILL);
}

/// The first lines of a wire log.
fn header(slots: &[Slot]) -> Vec<String> {
    std::iter::once(log::TITLE.to_owned()).chain(slots.iter().map(|slot| slot.line.to_string())).collect()
}

fn begin_record(path: &Path, slots: &[Slot]) -> anyhow::Result<BufWriter<File>> {
    let doing = || format!("cannot write {}", path.display());
    let mut record = BufWriter::new(File::create(path).with_context(doing)?);
    for line in header(slots) {
        writeln!(record, "{line}").with_context(doing)?;
    }
    Ok(record)
}

fn play_again(path: &Path) -> anyhow::Result<()> {
    let doing = || format!("cannot read {}", path.display());
    let length = fs::metadata(path).with_context(doing)?.len();
    anyhow::ensure!(length <= LARGEST_LOG, "{} has more than {LARGEST_LOG} bytes", path.display());
    let text = fs::read_to_string(path).with_context(doing)?;
    let replayed = replay::replay(&text).with_context(|| format!("{} does not repeat", path.display()))?;
    let mut out = io::stdout();
    let _ = writeln!(out, "{} reports to the key, {} from it, all as recorded", replayed.to_key, replayed.to_host);
    Ok(())
}

/// A length, for poll.
fn timespec(length: Millis) -> Timespec {
    let left = length.duration();
    Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX), tv_nsec: left.subsec_nanos().into() }
}
