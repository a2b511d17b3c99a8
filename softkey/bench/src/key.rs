//! A whole key without its wire: CTAPHID around the authenticator. Reports, time and touches in, reports out.

use fob_ambient::Millis;
use fob_authenticator::{Ask, Authenticator, Caller, Presence, Step};
use fob_ctap::Status;
use fob_ctap::hid::{Capabilities, ChannelId, Device, DeviceEvent, DeviceIdentity, KeepaliveStatus, Report};

/// The key speaks CTAP2 only, so far, and can show which one it is.
const CAPABILITIES: Capabilities = Capabilities(Capabilities::WINK.0 | Capabilities::CBOR.0 | Capabilities::NMSG.0);

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
    device: Device,
    authenticator: Authenticator,
    waiting: Option<Waiting>,
}

/// A request that waits for a touch.
#[derive(Debug)]
struct Waiting {
    channel: ChannelId,
    deadline: Millis,
}

impl Key {
    /// Plugs a key in.
    #[must_use]
    pub fn new(authenticator: Authenticator) -> Self {
        let identity = DeviceIdentity { version: version(), capabilities: CAPABILITIES };
        Self { device: Device::new(identity), authenticator, waiting: None }
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
        let step = self.authenticator.presence(outcome, now);
        let mut outputs = vec![Output::TouchOver];
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
                let step = self.authenticator.request(&data, Caller(channel.0), now);
                self.step(channel, step, now)
            }
            // NMSG: the framing has refused it already.
            DeviceEvent::Msg { channel, .. } => self.reply(channel, Status::InvalidCommand.encode()),
            DeviceEvent::Cancel(channel) => {
                tracing::info!(channel = channel.0, "cancelled");
                self.presence(Presence::Cancelled, now)
            }
            DeviceEvent::Aborted(channel) => {
                tracing::info!(channel = channel.0, "aborted");
                self.authenticator.abort();
                self.waiting.take().map(|_| Output::TouchOver).into_iter().collect()
            }
        }
    }

    fn step(&mut self, channel: ChannelId, step: Step, now: Millis) -> Vec<Output> {
        match step {
            Step::Reply(reply) => {
                let status = reply.first().copied().and_then(Status::from_byte).map_or("CTAP2_OK", Status::name);
                tracing::info!(channel = channel.0, status, length = reply.len(), "reply");
                self.reply(channel, reply)
            }
            Step::AskPresence(ask) => {
                self.waiting = Some(Waiting { channel, deadline: ask.deadline });
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
        0x0b => "selection",
        _ => "unknown",
    }
}

/// Ours, as CTAPHID_INIT carries it.
fn version() -> [u8; 3] {
    let number = |text: &str| text.parse().unwrap_or(0);
    [
        number(env!("CARGO_PKG_VERSION_MAJOR")),
        number(env!("CARGO_PKG_VERSION_MINOR")),
        number(env!("CARGO_PKG_VERSION_PATCH")),
    ]
}
