//! The program: what the options ask for, and the one loop that waits for reports, answers, deadlines and signals.

use std::collections::VecDeque;
use std::io::Write;
use std::os::unix::net::UnixStream;

use anyhow::Context;
use fob_ambient::{Clock, Millis, Rng, SeededRng, SystemClock, SystemRng};
use fob_authenticator::{
    Authenticator, FileStore, Parts, RamStore, RepeatableSigner, Signer, Store, StoreError, SystemSigner,
};
use fob_ctap::{Strictness, sha256};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::Mode;
use rustix::io::Errno;
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::face::{Face, UdpFace, UnixFace, Wire};
use crate::touch::Touch;
use crate::{Key, Options, Output};

/// Runs a key until SIGTERM or SIGINT.
///
/// # Errors
/// What kept it from coming up: the state, the socket.
pub fn run(options: &Options) -> anyhow::Result<()> {
    // Whoever opens the socket can use the key: it is for its owner alone.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let signals = signals().context("cannot listen for signals")?;
    let clock = SystemClock::new();
    let key = Key::new(authenticator(options, clock.monotonic())?);
    let face = face(options)?;
    let mut bench = Bench { clock, key, face, touch: Touch::new(options.touch) };
    // Whoever started us may have closed standard output; that is no reason to stop.
    let _ = writeln!(std::io::stdout(), "fob-softkey is ready on {}", bench.face);
    bench.turn(&signals)
}

/// What to try next, where that is known.
#[must_use]
pub fn hint(error: &anyhow::Error) -> Option<&'static str> {
    match error.downcast_ref::<StoreError>()? {
        StoreError::State { .. } => Some("put a copy of the file back, or move it away to begin with a new key"),
        StoreError::InUse { .. } => Some("end the other fob-softkey, or give this one another --state"),
        StoreError::Permissions { .. } => Some("run chmod 600 on it, and think about who has read it"),
        StoreError::Io { .. } => None,
    }
}

/// A key, its wire and its person.
struct Bench {
    clock: SystemClock,
    key: Key,
    face: Face,
    touch: Touch,
}

impl Bench {
    /// The loop. Without deadlines it sleeps until something happens.
    fn turn(&mut self, signals: &UnixStream) -> anyhow::Result<()> {
        loop {
            let Some(events) = self.wait(signals)? else { continue };
            let [signal, events @ ..] = events.as_slice() else { continue };
            if !signal.is_empty() {
                tracing::info!("told to end");
                return Ok(());
            }
            if self.touch.input().is_some()
                && events.last().is_some_and(|input| !input.is_empty())
                && let Some(answer) = self.touch.on_input()
            {
                let outputs = self.key.presence(answer, self.clock.monotonic());
                self.perform(outputs);
            }
            for report in self.face.receive(events) {
                let outputs = self.key.on_report(&report, self.clock.monotonic());
                self.perform(outputs);
            }
            let outputs = self.key.on_tick(self.clock.monotonic());
            self.perform(outputs);
        }
    }

    /// Waits; the events are the signals', the face's, and last the terminal's if it is listened to.
    fn wait(&self, signals: &UnixStream) -> anyhow::Result<Option<Vec<PollFlags>>> {
        let mut interests = vec![PollFd::new(signals, PollFlags::IN)];
        interests.extend(self.face.interests());
        interests.extend(self.touch.input().map(|input| PollFd::new(input, PollFlags::IN)));
        let timeout = self.key.deadline().map(|deadline| until(deadline, self.clock.monotonic()));
        match poll(&mut interests, timeout.as_ref()) {
            Ok(_) => Ok(Some(interests.iter().map(PollFd::revents).collect())),
            Err(Errno::INTR) => Ok(None),
            Err(error) => Err(std::io::Error::from(error)).context("cannot wait for reports"),
        }
    }

    fn perform(&mut self, outputs: Vec<Output>) {
        let mut outputs = VecDeque::from(outputs);
        while let Some(output) = outputs.pop_front() {
            match output {
                Output::Send(report) => self.face.send(&report),
                Output::TouchOver => self.touch.over(),
                Output::Wink => tracing::info!("wink: this is the key"),
                Output::AskTouch(ask) => {
                    if let Some(answer) = self.touch.ask(&ask) {
                        outputs.extend(self.key.presence(answer, self.clock.monotonic()));
                    }
                }
            }
        }
    }
}

/// Readable as soon as SIGTERM or SIGINT has come.
fn signals() -> std::io::Result<UnixStream> {
    let (reader, writer) = UnixStream::pair()?;
    signal_hook::low_level::pipe::register(SIGTERM, writer.try_clone()?)?;
    signal_hook::low_level::pipe::register(SIGINT, writer)?;
    Ok(reader)
}

fn face(options: &Options) -> anyhow::Result<Face> {
    match (&options.socket, &options.stream, options.udp) {
        (Some(path), ..) => UnixFace::bind(path, Wire::Packets).map(Face::Unix),
        (_, Some(path), _) => UnixFace::bind(path, Wire::Stream).map(Face::Unix),
        (.., Some(address)) => UdpFace::bind(address).map(Face::Udp),
        _ => anyhow::bail!("one of --socket, --stream and --udp is needed"),
    }
}

fn authenticator(options: &Options, now: Millis) -> Result<Authenticator, StoreError> {
    let mut store: Box<dyn Store> = match &options.state {
        Some(path) => Box::new(FileStore::open(path)?),
        None => Box::new(RamStore),
    };
    let (rng, signer): (Box<dyn Rng>, Box<dyn Signer>) = match options.seed {
        Some(seed) => (Box::new(stream(seed, &mut *store)?), Box::new(RepeatableSigner)),
        None => (Box::new(SystemRng::new()), Box::new(SystemSigner::new())),
    };
    let strictness = if options.lenient_cbor { Strictness::Lenient } else { Strictness::Canonical };
    Authenticator::power_up(Parts { store, rng, signer, strictness }, now)
}

/// The random stream of a seed on a key in this state. One that has signed since goes on elsewhere: credentials made
/// after a restart must not repeat those made before it.
fn stream(seed: u64, store: &mut dyn Store) -> Result<SeededRng, StoreError> {
    let mut text = format!("fob-softkey seed {seed}");
    if let Some(state) = store.load()? {
        text.push_str(&format!(" after {} signatures", state.counter()));
    }
    let [a, b, c, d, e, f, g, h, ..] = sha256(text.as_bytes());
    Ok(SeededRng::new(u64::from_be_bytes([a, b, c, d, e, f, g, h])))
}

/// The time left, for poll.
fn until(deadline: Millis, now: Millis) -> Timespec {
    let left = deadline.since(now).duration();
    Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX), tv_nsec: left.subsec_nanos().into() }
}
