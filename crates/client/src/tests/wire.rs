//! A scripted key's wire: reports by hand, time by a fake clock, and what a bench does to both.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use fob_ambient::{Clock, FakeClock, Millis, SeededRng, UnixTime};

use crate::in_process::{InProcess, Peer};
use crate::{CancelToken, KeyError, KeyState, Limits, LinkError, Report, Session, Surroundings, Watch};

pub(super) const BROADCAST: u32 = 0xffff_ffff;
/// The channel that this key gives to whoever asks.
pub(super) const OURS: u32 = 0x0102_0304;
pub(super) const THEIRS: u32 = 0x0a0b_0c0d;

pub(super) const INIT: u8 = 0x06;
pub(super) const CBOR: u8 = 0x10;
pub(super) const CANCEL: u8 = 0x11;
pub(super) const KEEPALIVE: u8 = 0x3b;
pub(super) const ERROR: u8 = 0x3f;
pub(super) const CHANNEL_BUSY: u8 = 0x06;
pub(super) const KEEPALIVE_CANCEL: u8 = 0x2d;

/// authenticatorGetInfo's shortest reply, written by hand: {1: ["FIDO_2_0"], 3: h'42…'}.
pub(super) fn info_2_0() -> Vec<u8> {
    let mut bytes = vec![0x00, 0xa2, 0x01, 0x81, 0x68];
    bytes.extend(b"FIDO_2_0");
    bytes.extend([0x03, 0x50]);
    bytes.extend([0x42; 16]);
    bytes
}

/// One report: channel, two or three bytes, data, zeros.
fn report(channel: u32, head: &[u8], data: &[u8]) -> Report {
    let mut bytes = channel.to_be_bytes().to_vec();
    bytes.extend(head);
    bytes.extend(data);
    bytes.resize(64, 0);
    bytes.try_into().unwrap()
}

/// A message whose first report announces `length` bytes.
pub(super) fn announced(channel: u32, command: u8, length: usize, data: &[u8]) -> Vec<Report> {
    let (first, rest) = data.split_at(data.len().min(57));
    let mut reports = vec![report(channel, &[0x80 | command, (length >> 8) as u8, length as u8], first)];
    for (sequence, chunk) in rest.chunks(59).enumerate() {
        reports.push(report(channel, &[sequence as u8], chunk));
    }
    reports
}

pub(super) fn message(channel: u32, command: u8, data: &[u8]) -> Vec<Report> {
    announced(channel, command, data.len(), data)
}

/// A message that came to the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) channel: u32,
    pub(super) command: u8,
    pub(super) data: Vec<u8>,
}

/// What a key does next: a report, so many milliseconds after the one before.
pub(super) type Timed = (u64, Report);

/// What comes at once.
pub(super) fn now(reports: Vec<Report>) -> Vec<Timed> {
    reports.into_iter().map(|report| (0, report)).collect()
}

/// Keepalives of these states, 100 ms apart, then an answer.
pub(super) fn after_keepalives(states: &[u8], answer: &[u8]) -> Vec<Timed> {
    let keepalives = states.iter().flat_map(|state| message(OURS, KEEPALIVE, &[*state])).map(|report| (100, report));
    keepalives.chain(now(message(OURS, CBOR, answer))).collect()
}

/// The part of a key that differs from test to test.
pub(super) trait Brain: Send {
    /// A CTAP2 request.
    fn cbor(&mut self, request: &[u8]) -> Vec<Timed>;

    /// CTAPHID_CANCEL; what was still to be sent is forgotten. None to go on with it.
    fn cancel(&mut self) -> Option<Vec<Timed>> {
        Some(now(message(OURS, CBOR, &[KEEPALIVE_CANCEL])))
    }

    /// CTAPHID_INIT with this nonce on this channel.
    fn init(&mut self, channel: u32, nonce: &[u8]) -> Vec<Timed> {
        now(message(channel, INIT, &init_reply(nonce, 0x0c)))
    }
}

/// The 17 bytes of an INIT reply (§11.2.9.1.3), version 2, key version 1.2.3.
pub(super) fn init_reply(nonce: &[u8], capabilities: u8) -> Vec<u8> {
    [nonce, &OURS.to_be_bytes(), &[2, 1, 2, 3, capabilities]].concat()
}

impl<F: FnMut(&[u8]) -> Vec<Timed> + Send> Brain for F {
    fn cbor(&mut self, request: &[u8]) -> Vec<Timed> {
        self(request)
    }
}

/// Answers getInfo by itself and everything else with `rest`.
pub(super) fn simple(mut rest: impl FnMut(&[u8]) -> Vec<Timed> + Send) -> impl Brain {
    move |request: &[u8]| match request {
        [0x04] => now(message(OURS, CBOR, &info_2_0())),
        request => rest(request),
    }
}

/// Shared with the test: what the key saw.
pub(super) type Log = Arc<Mutex<Vec<Seen>>>;

/// A key on a wire.
pub(super) struct Key<B> {
    brain: B,
    clock: Arc<FakeClock>,
    log: Log,
    incoming: Option<(Seen, usize)>,
    outgoing: VecDeque<(Millis, Report)>,
    /// Reports, in both directions, until the key is pulled out.
    reports_left: usize,
    /// Sent before every report of ours.
    noise: Vec<Report>,
}

impl<B: Brain> Key<B> {
    fn receive(&mut self, report: &Report) {
        let channel = u32::from_be_bytes(report[..4].try_into().unwrap());
        if report[4] & 0x80 != 0 {
            let length = usize::from(u16::from_be_bytes([report[5], report[6]]));
            let seen = Seen { channel, command: report[4] & 0x7f, data: report[7..].to_vec() };
            self.incoming = Some((seen, length));
        } else {
            let (seen, _) = self.incoming.as_mut().unwrap();
            assert_eq!(usize::from(report[4]), (seen.data.len() - 57) / 59, "reports come in order");
            seen.data.extend(&report[5..]);
        }
        if let Some((mut seen, length)) = self.incoming.take_if(|(seen, length)| seen.data.len() >= *length) {
            seen.data.truncate(length);
            self.log.lock().unwrap().push(seen.clone());
            self.act(&seen);
        }
    }

    fn act(&mut self, seen: &Seen) {
        let answer = match seen.command {
            INIT => {
                self.outgoing.clear();
                self.brain.init(seen.channel, &seen.data)
            }
            CANCEL => match self.brain.cancel() {
                // Nothing is pending: there is nothing to answer.
                Some(_) if self.outgoing.is_empty() => Vec::new(),
                Some(answer) => {
                    self.outgoing.clear();
                    answer
                }
                None => Vec::new(),
            },
            CBOR => {
                assert!(self.outgoing.is_empty(), "a request comes after the last answer was read to its end");
                self.brain.cbor(&seen.data)
            }
            other => panic!("the platform sent command {other:#x}"),
        };
        let mut due = self.clock.monotonic();
        for (delay, report) in answer {
            due = due.plus(Millis(delay));
            self.outgoing.push_back((due, report));
        }
    }

    fn cross(&mut self) -> Result<(), LinkError> {
        self.reports_left = self.reports_left.checked_sub(1).ok_or(LinkError::Closed)?;
        Ok(())
    }
}

impl<B: Brain> Peer for Key<B> {
    fn on_report(&mut self, report: &Report) -> Result<Vec<Report>, LinkError> {
        self.cross()?;
        self.receive(report);
        Ok(Vec::new())
    }

    fn on_wait(&mut self, wait: Millis) -> Result<Vec<Report>, LinkError> {
        let start = self.clock.monotonic();
        match self.outgoing.front() {
            Some((due, _)) if *due <= start.plus(wait) => {
                self.clock.advance(due.since(start));
                let (_, report) = self.outgoing.pop_front().unwrap();
                self.cross()?;
                let mut reports = self.noise.clone();
                reports.push(report);
                Ok(reports)
            }
            _ if self.reports_left == 0 => Err(LinkError::Closed),
            _ => {
                self.clock.advance(wait);
                Ok(self.noise.clone())
            }
        }
    }
}

/// A table with one key on it.
pub(super) struct Bench {
    pub(super) clock: Arc<FakeClock>,
    pub(super) log: Log,
    pub(super) cancel: CancelToken,
    pub(super) limits: Limits,
    pub(super) reports_left: usize,
    pub(super) noise: Vec<Report>,
    pub(super) states: Vec<KeyState>,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self {
            clock: Arc::new(FakeClock::at(UnixTime(1_700_000_000))),
            log: Log::default(),
            cancel: CancelToken::new(),
            limits: Limits::default(),
            reports_left: usize::MAX,
            noise: Vec::new(),
            states: Vec::new(),
        }
    }

    pub(super) fn open(&self, brain: impl Brain + 'static) -> Result<Session, KeyError> {
        let key = Key {
            brain,
            clock: Arc::clone(&self.clock),
            log: Arc::clone(&self.log),
            incoming: None,
            outgoing: VecDeque::new(),
            reports_left: self.reports_left,
            noise: self.noise.clone(),
        };
        let clock: Arc<FakeClock> = Arc::clone(&self.clock);
        let surroundings = Surroundings { clock, rng: Box::new(SeededRng::new(7)) };
        Session::open(Box::new(InProcess::new(key)), surroundings, self.limits, &self.cancel)
    }

    /// Calls authenticatorSelection, which wants a touch, for at most a minute.
    pub(super) fn touch(&mut self, session: &mut Session) -> Result<(), KeyError> {
        self.call_within(session, 60_000)
    }

    pub(super) fn call_within(&mut self, session: &mut Session, limit: u64) -> Result<(), KeyError> {
        let deadline = session.deadline_in(Millis(limit));
        let states = &mut self.states;
        let mut watch = Watch { deadline, cancel: &self.cancel, states: &mut |state| states.push(state) };
        session.call(&fob_ctap::selection::Selection, &mut watch)
    }

    /// The command numbers that the key saw, in order.
    pub(super) fn commands(&self) -> Vec<u8> {
        self.log.lock().unwrap().iter().map(|seen| seen.command).collect()
    }

    pub(super) fn elapsed(&self) -> u64 {
        self.clock.monotonic().0
    }
}
