//! A real key for tests: the authenticator behind CTAPHID on a unix socket, on a thread of its own.

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use fob_ambient::{Clock, Millis, SeededRng, SystemClock};
use fob_authenticator::{Authenticator, Caller, Parts, Presence, RamStore, Step, SystemSigner};
use fob_ctap::Strictness;
use fob_ctap::hid::{Capabilities, ChannelId, Device, DeviceEvent, DeviceIdentity, KeepaliveStatus, REPORT, Report};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType, accept_with, bind, listen, recv,
    send, socket_with,
};

/// What the person at the key does.
#[derive(Debug, Clone)]
pub(crate) enum Touch {
    /// Touches it as soon as it blinks.
    AtOnce,
    /// Touches it as soon as this other one blinks too, and from then on at once.
    With(Arc<Seen>),
    /// Touches it whenever it blinks while this is set.
    While(Arc<AtomicBool>),
    /// Touches it so many times, which the test counts up.
    Times(Arc<AtomicUsize>),
    /// Never touches it.
    Never,
}

/// What was seen of the key.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// How often a CTAPHID_CANCEL ended a request.
    pub(crate) cancels: AtomicUsize,
    /// Command bytes of the requests, in their order.
    pub(crate) commands: Mutex<Vec<u8>>,
    /// Whether it blinks now.
    pub(crate) blinking: AtomicBool,
}

/// A running key. Dropped, it stops.
pub(crate) struct Softkey {
    path: PathBuf,
    pub(crate) seen: Arc<Seen>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Softkey {
    pub(crate) fn start(path: &Path, touch: Touch) -> Self {
        let listener = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
        bind(&listener, &SocketAddrUnix::new(path).unwrap()).unwrap();
        listen(&listener, 8).unwrap();
        let (seen, stop) = (Arc::new(Seen::default()), Arc::new(AtomicBool::new(false)));
        let seed = path.to_string_lossy().bytes().map(u64::from).sum();
        let thread = std::thread::spawn({
            let (seen, stop) = (seen.clone(), stop.clone());
            move || Running::new(touch, seed, seen).serve(&listener, &stop)
        });
        Self { path: path.to_owned(), seen, stop, thread: Some(thread) }
    }

    pub(crate) fn path(&self) -> &str {
        self.path.to_str().unwrap()
    }

    /// Pulls it out.
    pub(crate) fn pull(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Softkey {
    fn drop(&mut self) {
        self.pull();
    }
}

struct Running {
    touch: Touch,
    clock: SystemClock,
    authenticator: Authenticator,
    device: Device,
    seen: Arc<Seen>,
    /// Who waits for a touch.
    waiting: Option<ChannelId>,
}

impl Running {
    fn new(touch: Touch, seed: u64, seen: Arc<Seen>) -> Self {
        let parts = Parts {
            store: Box::new(RamStore),
            rng: Box::new(SeededRng::new(seed)),
            signer: Box::new(SystemSigner::new()),
            strictness: Strictness::Canonical,
        };
        let clock = SystemClock::new();
        let authenticator = Authenticator::power_up(parts, clock.monotonic()).unwrap();
        let identity = DeviceIdentity { version: [1, 0, 0], capabilities: Capabilities::CBOR };
        Self { touch, clock, authenticator, device: Device::new(identity), seen, waiting: None }
    }

    fn serve(&mut self, listener: &OwnedFd, stop: &AtomicBool) {
        while !stop.load(Ordering::SeqCst) {
            if ready(listener) {
                let link = accept_with(listener, SocketFlags::CLOEXEC).unwrap();
                self.converse(&link, stop);
            }
        }
    }

    fn converse(&mut self, link: &OwnedFd, stop: &AtomicBool) {
        while !stop.load(Ordering::SeqCst) {
            let events = if ready(link) {
                let mut report: Report = [0; REPORT];
                match recv(link, &mut report, RecvFlags::empty()) {
                    Ok((REPORT, _)) => self.device.on_report(&report, self.clock.monotonic()),
                    // Hung up.
                    _ => return,
                }
            } else {
                self.device.on_tick(self.clock.monotonic())
            };
            for event in events {
                self.handle(link, event);
            }
            let touched = match &self.touch {
                Touch::AtOnce => true,
                Touch::With(other) => other.blinking.load(Ordering::SeqCst),
                Touch::While(set) => set.load(Ordering::SeqCst),
                Touch::Times(left) => left.load(Ordering::SeqCst) > 0,
                Touch::Never => false,
            };
            if touched && let Some(channel) = self.waiting {
                match &self.touch {
                    Touch::With(_) => self.touch = Touch::AtOnce,
                    Touch::Times(left) => drop(left.fetch_sub(1, Ordering::SeqCst)),
                    Touch::AtOnce | Touch::While(_) | Touch::Never => {}
                }
                self.answer(link, channel, Presence::Touched);
            }
        }
    }

    fn handle(&mut self, link: &OwnedFd, event: DeviceEvent) {
        match event {
            DeviceEvent::Send(report) => {
                // Whoever hung up does not want it.
                let _ = send(link, &report, SendFlags::NOSIGNAL);
            }
            DeviceEvent::Cbor { channel, data } => {
                self.seen.commands.lock().unwrap().push(data[0]);
                let step = self.authenticator.request(&data, Caller(channel.0), self.clock.monotonic());
                self.follow(link, channel, step);
            }
            DeviceEvent::Cancel(channel) => {
                self.seen.cancels.fetch_add(1, Ordering::SeqCst);
                self.answer(link, channel, Presence::Cancelled);
            }
            DeviceEvent::Aborted(_) => {
                self.blink(None);
                self.authenticator.abort();
            }
            DeviceEvent::Msg { .. } | DeviceEvent::Wink => {}
        }
    }

    fn answer(&mut self, link: &OwnedFd, channel: ChannelId, presence: Presence) {
        self.blink(None);
        let step = self.authenticator.presence(presence, self.clock.monotonic());
        self.follow(link, channel, step);
    }

    fn follow(&mut self, link: &OwnedFd, channel: ChannelId, step: Step) {
        let now = self.clock.monotonic();
        let events = match step {
            Step::Reply(reply) => self.device.reply(channel, reply).unwrap(),
            Step::AskPresence(_) => self.device.keepalive(KeepaliveStatus::UserPresenceNeeded, now),
        };
        self.blink(self.device.pending());
        for event in events {
            self.handle(link, event);
        }
    }

    fn blink(&mut self, channel: Option<ChannelId>) {
        self.waiting = channel;
        self.seen.blinking.store(channel.is_some(), Ordering::SeqCst);
    }
}

/// Whether there is something to read, after a short wait.
fn ready(descriptor: &OwnedFd) -> bool {
    let wait = Timespec::try_from(Millis(10).duration()).unwrap();
    let mut descriptors = [PollFd::from_borrowed_fd(descriptor.as_fd(), PollFlags::IN)];
    poll(&mut descriptors, Some(&wait)).unwrap() > 0
}
