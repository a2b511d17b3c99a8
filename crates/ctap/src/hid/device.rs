//! A key's end of CTAPHID: channels, one transaction at a time, keepalives (§11.2.5, §11.2.9).
//!
//! Commands that the framing itself answers (INIT, PING, LOCK, every error) are answered here. CBOR and MSG come out
//! as events and stay pending until [`Device::reply`] or [`Device::on_report`] with an INIT ends them. Whoever drives
//! it calls [`Device::on_tick`] at [`Device::deadline`].

use fob_ambient::Millis;

use super::{
    Assembler, Capabilities, ChannelId, HidCommand, HidError, HidMessage, InitReply, KeepaliveStatus, Packet, Report,
    TooLong,
};

#[cfg(test)]
mod tests;

/// Longest gap between two reports of one message (§11.2.5.2); half a second is what keys take.
const GAP: Millis = Millis(500);
/// Distance between keepalives (§11.2.9.1.7).
const KEEPALIVE: Millis = Millis(100);
/// Longest lock in seconds (§11.2.9.2.2).
const LONGEST_LOCK: u8 = 10;
/// Version of CTAPHID.
const PROTOCOL_VERSION: u8 = 2;

/// What a key says about itself in CTAPHID_INIT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceIdentity {
    /// Major, minor, build.
    pub version: [u8; 3],
    /// WINK and MSG without their bit (or with NMSG) are refused as unknown commands, so is CBOR.
    pub capabilities: Capabilities,
}

/// What follows from a report or from time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceEvent {
    /// Send this.
    Send(Report),
    /// A CTAP2 request. Pending until [`Device::reply`].
    Cbor {
        /// From this channel.
        channel: ChannelId,
        /// HidCommand byte and parameters.
        data: Vec<u8>,
    },
    /// A CTAP1 request. Pending until [`Device::reply`]; no keepalives are sent for it.
    Msg {
        /// From this channel.
        channel: ChannelId,
        /// The APDU.
        data: Vec<u8>,
    },
    /// Show which key you are. Has been answered.
    Wink,
    /// The pending CTAP2 request is to end now: reply to it with `KeepaliveCancel`.
    Cancel(ChannelId),
    /// The pending request is forgotten: nobody waits for a reply any more.
    Aborted(ChannelId),
}

/// A key's end of CTAPHID.
#[derive(Debug)]
pub struct Device {
    identity: DeviceIdentity,
    /// Channels 1 to this one are handed out: no list of them can be made to grow.
    last_channel: u32,
    state: State,
    lock: Option<Lock>,
}

#[derive(Debug)]
enum State {
    Idle,
    /// A message is coming in.
    Receiving {
        assembler: Assembler,
        until: Millis,
    },
    /// A request waits for its reply.
    Pending {
        channel: ChannelId,
        command: HidCommand,
        keepalive: KeepaliveStatus,
        next_keepalive: Millis,
        cancelled: bool,
    },
}

#[derive(Debug)]
struct Lock {
    channel: ChannelId,
    until: Millis,
}

impl Device {
    /// As after power-up: no channel, nothing under way.
    #[must_use]
    pub const fn new(identity: DeviceIdentity) -> Self {
        Self { identity, last_channel: 0, state: State::Idle, lock: None }
    }

    /// A report came.
    #[must_use]
    pub fn on_report(&mut self, report: &Report, now: Millis) -> Vec<DeviceEvent> {
        // A late report may not continue a message that has timed out, whether or not somebody called on_tick.
        let mut events = self.on_tick(now);
        events.extend(match Packet::parse(report) {
            Packet::First { channel, command, length, data } => self.first(channel, command, length, data, now),
            Packet::Next { channel, sequence, data } => self.next(channel, sequence, data, now),
        });
        events
    }

    /// Time has passed: a message times out, a lock ends, a keepalive is due.
    #[must_use]
    pub fn on_tick(&mut self, now: Millis) -> Vec<DeviceEvent> {
        self.lock.take_if(|lock| now >= lock.until);
        match &mut self.state {
            State::Receiving { assembler, until } if now >= *until => {
                let channel = assembler.channel();
                self.state = State::Idle;
                error(channel, HidError::MessageTimeout)
            }
            State::Pending { channel, command: HidCommand::Cbor, keepalive, next_keepalive, .. }
                if now >= *next_keepalive =>
            {
                *next_keepalive = now.plus(KEEPALIVE);
                send(&HidMessage::keepalive(*channel, *keepalive))
            }
            _ => Vec::new(),
        }
    }

    /// When [`Device::on_tick`] has something to do; never, if nothing is under way.
    #[must_use]
    pub const fn deadline(&self) -> Option<Millis> {
        match &self.state {
            State::Receiving { until, .. } => Some(*until),
            State::Pending { command: HidCommand::Cbor, next_keepalive, .. } => Some(*next_keepalive),
            // A lock's end is noticed with the next report.
            State::Idle | State::Pending { .. } => None,
        }
    }

    /// The channel whose request is pending.
    #[must_use]
    pub const fn pending(&self) -> Option<ChannelId> {
        match &self.state {
            State::Pending { channel, .. } => Some(*channel),
            _ => None,
        }
    }

    /// The pending request is in this state now. A keepalive says so at once, so that at least one comes before a
    /// touch however fast the touch is; nothing is sent if no CTAP2 request is pending.
    #[must_use]
    pub fn keepalive(&mut self, status: KeepaliveStatus, now: Millis) -> Vec<DeviceEvent> {
        match &mut self.state {
            State::Pending { channel, command: HidCommand::Cbor, keepalive, next_keepalive, .. } => {
                *keepalive = status;
                *next_keepalive = now.plus(KEEPALIVE);
                send(&HidMessage::keepalive(*channel, status))
            }
            _ => Vec::new(),
        }
    }

    /// Answers the pending request of this channel. A reply that nobody waits for is dropped.
    ///
    /// # Errors
    /// [`TooLong`] if no message can carry it; the request stays pending.
    pub fn reply(&mut self, channel: ChannelId, data: Vec<u8>) -> Result<Vec<DeviceEvent>, TooLong> {
        let State::Pending { channel: pending, command, .. } = &self.state else { return Ok(Vec::new()) };
        if *pending != channel {
            return Ok(Vec::new());
        }
        let message = HidMessage::new(channel, *command, data)?;
        self.state = State::Idle;
        Ok(send(&message))
    }

    fn first(
        &mut self,
        channel: ChannelId,
        command: HidCommand,
        length: u16,
        data: &[u8],
        now: Millis,
    ) -> Vec<DeviceEvent> {
        if command == HidCommand::Init {
            return self.init(channel, length, data);
        }
        if !self.is_open(channel) {
            return error(channel, HidError::InvalidChannel);
        }
        if command == HidCommand::Cancel {
            return self.cancel(channel);
        }
        match &self.state {
            // A new message where the rest of one was due: neither can be trusted (§11.2.4).
            State::Receiving { assembler, .. } if assembler.channel() == channel => {
                self.state = State::Idle;
                return error(channel, HidError::InvalidSequence);
            }
            State::Receiving { .. } | State::Pending { .. } => return error(channel, HidError::ChannelBusy),
            State::Idle => {}
        }
        if self.is_locked_for(channel) {
            return error(channel, HidError::ChannelBusy);
        }
        match Assembler::begin(channel, command, length, data) {
            Ok(assembler) => self.received(assembler, now),
            Err(fault) => error(channel, fault.hid_error()),
        }
    }

    fn next(&mut self, channel: ChannelId, sequence: u8, data: &[u8], now: Millis) -> Vec<DeviceEvent> {
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Receiving { mut assembler, .. } if assembler.channel() == channel => {
                match assembler.next(sequence, data) {
                    Ok(()) => self.received(assembler, now),
                    Err(fault) => error(channel, fault.hid_error()),
                }
            }
            // The rest of something that is over, or of another channel: not worth an answer (§11.2.5.4).
            other => {
                self.state = other;
                Vec::new()
            }
        }
    }

    fn received(&mut self, assembler: Assembler, now: Millis) -> Vec<DeviceEvent> {
        if !assembler.is_complete() {
            self.state = State::Receiving { assembler, until: now.plus(GAP) };
            return Vec::new();
        }
        let (channel, command) = (assembler.channel(), assembler.command());
        let data = assembler.into_data();
        let capabilities = self.identity.capabilities;
        match command {
            HidCommand::Ping => reply(channel, command, data),
            HidCommand::Wink if capabilities.contains(Capabilities::WINK) => wink(channel, &data),
            HidCommand::Lock => self.lock(channel, &data, now),
            HidCommand::Cbor if capabilities.contains(Capabilities::CBOR) => self.pend(channel, command, data, now),
            HidCommand::Msg if !capabilities.contains(Capabilities::NMSG) => self.pend(channel, command, data, now),
            _ => error(channel, HidError::InvalidCommand),
        }
    }

    fn pend(&mut self, channel: ChannelId, command: HidCommand, data: Vec<u8>, now: Millis) -> Vec<DeviceEvent> {
        if data.is_empty() {
            return error(channel, HidError::InvalidLength);
        }
        self.state = State::Pending {
            channel,
            command,
            keepalive: KeepaliveStatus::Processing,
            next_keepalive: now.plus(KEEPALIVE),
            cancelled: false,
        };
        match command {
            HidCommand::Cbor => vec![DeviceEvent::Cbor { channel, data }],
            _ => vec![DeviceEvent::Msg { channel, data }],
        }
    }

    /// INIT is answered whatever else is under way: on the broadcast channel it disturbs nobody, on a channel of its
    /// own it ends what that channel was doing (§11.2.5.3). A lock keeps other channels' INIT out too (§11.2.9.2.2), but
    /// whoever comes new gets a channel to wait on.
    fn init(&mut self, channel: ChannelId, length: u16, data: &[u8]) -> Vec<DeviceEvent> {
        if channel != ChannelId::BROADCAST {
            if !self.is_open(channel) {
                return error(channel, HidError::InvalidChannel);
            }
            if self.is_locked_for(channel) {
                return error(channel, HidError::ChannelBusy);
            }
        }
        let mut events = self.abort(channel);
        let (8, Some(nonce)) = (length, data.first_chunk()) else {
            events.extend(error(channel, HidError::InvalidLength));
            return events;
        };
        let reply = InitReply {
            nonce: *nonce,
            channel: if channel == ChannelId::BROADCAST { self.open() } else { channel },
            protocol_version: PROTOCOL_VERSION,
            device_version: self.identity.version,
            capabilities: self.identity.capabilities,
        };
        events.extend(self::reply(channel, HidCommand::Init, reply.encode()));
        events
    }

    /// Ends what this channel was doing.
    fn abort(&mut self, channel: ChannelId) -> Vec<DeviceEvent> {
        match &self.state {
            State::Receiving { assembler, .. } if assembler.channel() == channel => self.state = State::Idle,
            State::Pending { channel: pending, .. } if *pending == channel => {
                self.state = State::Idle;
                return vec![DeviceEvent::Aborted(channel)];
            }
            _ => {}
        }
        Vec::new()
    }

    /// CANCEL has no answer of its own, and none at all where there is nothing to cancel (§11.2.9.1.5).
    fn cancel(&mut self, channel: ChannelId) -> Vec<DeviceEvent> {
        match &mut self.state {
            State::Pending { channel: pending, command: HidCommand::Cbor, cancelled, .. }
                if *pending == channel && !*cancelled =>
            {
                *cancelled = true;
                vec![DeviceEvent::Cancel(channel)]
            }
            _ => Vec::new(),
        }
    }

    fn lock(&mut self, channel: ChannelId, data: &[u8], now: Millis) -> Vec<DeviceEvent> {
        match data {
            [0] => self.lock = None,
            [seconds @ 1..=LONGEST_LOCK] => {
                self.lock = Some(Lock { channel, until: now.plus(Millis(u64::from(*seconds) * 1_000)) });
            }
            [_] => return error(channel, HidError::InvalidParameter),
            _ => return error(channel, HidError::InvalidLength),
        }
        reply(channel, HidCommand::Lock, Vec::new())
    }

    /// The next channel. After four billion of them they begin again, and who had one before must ask anew.
    fn open(&mut self) -> ChannelId {
        self.last_channel = if self.last_channel >= ChannelId::BROADCAST.0 - 1 { 1 } else { self.last_channel + 1 };
        ChannelId(self.last_channel)
    }

    /// Whether another channel holds the lock.
    fn is_locked_for(&self, channel: ChannelId) -> bool {
        self.lock.as_ref().is_some_and(|lock| lock.channel != channel)
    }

    const fn is_open(&self, channel: ChannelId) -> bool {
        channel.0 != 0 && channel.0 <= self.last_channel
    }
}

fn wink(channel: ChannelId, data: &[u8]) -> Vec<DeviceEvent> {
    if !data.is_empty() {
        return error(channel, HidError::InvalidLength);
    }
    let mut events = vec![DeviceEvent::Wink];
    events.extend(reply(channel, HidCommand::Wink, Vec::new()));
    events
}

fn reply(channel: ChannelId, command: HidCommand, data: Vec<u8>) -> Vec<DeviceEvent> {
    HidMessage::new(channel, command, data).map(|message| send(&message)).unwrap_or_default()
}

fn error(channel: ChannelId, error: HidError) -> Vec<DeviceEvent> {
    send(&HidMessage::error(channel, error))
}

fn send(message: &HidMessage) -> Vec<DeviceEvent> {
    message.reports().map(DeviceEvent::Send).collect()
}
