//! A whole key without its wire: CTAPHID around the authenticator. Reports, time and touches in, reports out.

use fob_ambient::Millis;
use fob_authenticator::{Ask, Authenticator, Caller, Presence, Step, U2fStep};
use fob_ctap::hid::{Capabilities, ChannelId, Device, DeviceEvent, DeviceIdentity, KeepaliveStatus, Report};
use fob_ctap::{Request, Status, Strictness};

use crate::fault::ResponseFaults;
use crate::stages::Stages;

/// CTAP2, CTAP1, and it can show which one it is.
pub(crate) const CAPABILITIES: Capabilities = Capabilities(Capabilities::WINK.0 | Capabilities::CBOR.0);

/// What should happen next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send this to everybody who has the key open.
    Send(Report),
    /// Ask for a touch; [`Key::presence`] takes the answer.
    AskTouch(Ask),
    /// The touch is not wanted any more.
    TouchOver,
    /// Show which key you are.
    Wink,
}

/// A key that is plugged in.
pub struct Key {
    identity: DeviceIdentity,
    device: Device,
    authenticator: Authenticator,
    stages: Stages,
    waiting: Option<Waiting>,
    /// A touch comes before a cancel that comes at the same moment.
    touch_first: bool,
}

/// A request that waits for a touch.
#[derive(Debug)]
struct Waiting {
    /// Whose request it is; none for U2F, where the request has been answered already.
    channel: Option<ChannelId>,
    deadline: Millis,
}

impl Key {
    /// Plugs a key in.
    #[must_use]
    pub fn new(authenticator: Authenticator) -> Self {
        let identity = DeviceIdentity { version: version(), capabilities: CAPABILITIES };
        let stages = Stages::new(ResponseFaults::default(), None, Strictness::Canonical);
        Self::with_stages(authenticator, identity, stages)
    }

    /// With stages of the bench between framing and authenticator.
    pub(crate) fn with_stages(authenticator: Authenticator, identity: DeviceIdentity, stages: Stages) -> Self {
        let device = Device::new(identity);
        Self { identity, device, authenticator, stages, waiting: None, touch_first: false }
    }

    /// Off and on again. Whatever was under way is gone, channels included.
    pub fn power_cycle(&mut self, now: Millis) {
        self.device = Device::new(self.identity);
        self.authenticator.power_cycle(now);
        self.waiting = None;
    }

    /// What a cancel finds that comes while a touch is waited for: a touch in the same moment, which the key notices
    /// first; or nothing.
    pub const fn race(&mut self, touch_first: bool) {
        self.touch_first = touch_first;
    }

    /// The authenticator, for looking into it.
    #[must_use]
    pub const fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    pub(crate) const fn authenticator_mut(&mut self) -> &mut Authenticator {
        &mut self.authenticator
    }

    /// A report came.
    #[must_use]
    pub fn on_report(&mut self, report: &Report, now: Millis) -> Vec<Output> {
        let events = self.device.on_report(report, now);
        self.handle(events, now)
    }

    /// Time has passed.
    #[must_use]
    pub fn on_tick(&mut self, now: Millis) -> Vec<Output> {
        let late = self.waiting.as_ref().is_some_and(|waiting| now >= waiting.deadline);
        let mut outputs = if late { self.presence(Presence::TimedOut, now) } else { Vec::new() };
        let events = self.device.on_tick(now);
        outputs.extend(self.handle(events, now));
        outputs
    }

    /// When [`Key::on_tick`] has something to do; never, while nothing is under way.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        let touch = self.waiting.as_ref().map(|waiting| waiting.deadline);
        self.device.deadline().into_iter().chain(touch).min()
    }

    /// How waiting for a touch ended. Nothing happens if none was asked for.
    #[must_use]
    pub fn presence(&mut self, outcome: Presence, now: Millis) -> Vec<Output> {
        let Some(Waiting { channel, .. }) = self.waiting.take() else { return Vec::new() };
        let mut outputs = vec![Output::TouchOver];
        let Some(channel) = channel else {
            self.authenticator.u2f_presence(outcome, now);
            return outputs;
        };
        let step = self.authenticator.presence(outcome, now);
        outputs.extend(self.step(channel, step, now));
        outputs
    }

    fn handle(&mut self, events: Vec<DeviceEvent>, now: Millis) -> Vec<Output> {
        events.into_iter().flat_map(|event| self.handle_one(event, now)).collect()
    }

    fn handle_one(&mut self, event: DeviceEvent, now: Millis) -> Vec<Output> {
        match event {
            DeviceEvent::Send(report) => vec![Output::Send(report)],
            DeviceEvent::Wink => vec![Output::Wink],
            DeviceEvent::Cbor { channel, data } => {
                let command = data.first().copied().map_or("nothing", name);
                tracing::info!(channel = channel.0, command, length = data.len(), "request");
                self.request(channel, data, now)
            }
            DeviceEvent::Msg { channel, data } => self.u2f(channel, &data, now),
            DeviceEvent::Cancel(channel) => {
                tracing::info!(channel = channel.0, "cancelled");
                self.presence(if self.touch_first { Presence::Touched } else { Presence::Cancelled }, now)
            }
            DeviceEvent::Aborted(channel) => {
                tracing::info!(channel = channel.0, "aborted");
                self.authenticator.abort();
                self.waiting.take().map(|_| Output::TouchOver).into_iter().collect()
            }
        }
    }

    fn request(&mut self, channel: ChannelId, data: Vec<u8>, now: Millis) -> Vec<Output> {
        // A touch that U2F wanted is wanted no longer.
        let mut outputs: Vec<Output> = self.waiting.take().map(|_| Output::TouchOver).into_iter().collect();
        let step = match self.stages.request(data) {
            Ok(data) if self.is_full_for(&data) => Step::Reply(Status::KeyStoreFull.encode()),
            Ok(data) => self.authenticator.request(&data, Caller(channel.0), now),
            Err(reply) => Step::Reply(reply),
        };
        outputs.extend(self.step(channel, step, now));
        outputs
    }

    /// U2F does not wait: it is answered at once, and a touch that is wanted may come before the platform asks again.
    fn u2f(&mut self, channel: ChannelId, data: &[u8], now: Millis) -> Vec<Output> {
        tracing::info!(channel = channel.0, length = data.len(), "U2F request");
        self.stages.u2f();
        let U2fStep { reply, ask } = self.authenticator.u2f(data, now);
        let mut outputs = self.reply(channel, reply);
        if let Some(ask) = ask.filter(|_| self.waiting.is_none()) {
            self.waiting = Some(Waiting { channel: None, deadline: ask.deadline });
            outputs.push(Output::AskTouch(ask));
        }
        outputs
    }

    /// Whether the model that this key pretends to be has no room for the credential that is asked for.
    fn is_full_for(&self, data: &[u8]) -> bool {
        let Some(capacity) = self.stages.capacity() else { return false };
        if (self.authenticator.state().resident_count() as u64) < capacity {
            return false;
        }
        let Ok(Request::MakeCredential(request)) = Request::decode(data, Strictness::Lenient) else { return false };
        // One of the same account gives way.
        request.options.rk == Some(true) && !self.authenticator.has_account(&request.rp.id, &request.user.id)
    }

    fn step(&mut self, channel: ChannelId, step: Step, now: Millis) -> Vec<Output> {
        match step {
            Step::Reply(reply) => {
                let reply = self.stages.reply(reply);
                let status = reply.first().copied().and_then(Status::from_byte).map_or("CTAP2_OK", Status::name);
                tracing::info!(channel = channel.0, status, length = reply.len(), "reply");
                self.reply(channel, reply)
            }
            Step::AskPresence(ask) => {
                self.waiting = Some(Waiting { channel: Some(channel), deadline: ask.deadline });
                // However fast the touch is, the platform hears first that one is wanted.
                let mut outputs = send(self.device.keepalive(KeepaliveStatus::UserPresenceNeeded, now));
                outputs.push(Output::AskTouch(ask));
                outputs
            }
        }
    }

    fn reply(&mut self, channel: ChannelId, reply: Vec<u8>) -> Vec<Output> {
        let events = self.device.reply(channel, reply).or_else(|error| {
            tracing::error!(length = error.length, "a reply is too long");
            self.device.reply(channel, Status::Other.encode())
        });
        send(events.unwrap_or_default())
    }
}

/// Replies and keepalives are reports and nothing else.
fn send(events: Vec<DeviceEvent>) -> Vec<Output> {
    let report = |event| match event {
        DeviceEvent::Send(report) => Some(Output::Send(report)),
        _ => None,
    };
    events.into_iter().filter_map(report).collect()
}

/// The standard's name of a command (§8.1), for the diary.
const fn name(command: u8) -> &'static str {
    match command {
        0x01 => "makeCredential",
        0x02 => "getAssertion",
        0x04 => "getInfo",
        0x06 => "clientPIN",
        0x07 => "reset",
        0x08 => "getNextAssertion",
        0x09 => "bioEnrollment",
        0x0a => "credentialManagement",
        0x0c => "largeBlobs",
        0x0d => "config",
        0x0b => "selection",
        _ => "unknown",
    }
}

/// Ours, as CTAPHID_INIT carries it.
pub(crate) fn version() -> [u8; 3] {
    let number = |text: &str| text.parse().unwrap_or(0);
    [
        number(env!("CARGO_PKG_VERSION_MAJOR")),
        number(env!("CARGO_PKG_VERSION_MINOR")),
        number(env!("CARGO_PKG_VERSION_PATCH")),
    ]
}
