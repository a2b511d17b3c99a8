//! A session with a key: a channel on a link, one command at a time.
//!
//! Reports of other channels are passed over wherever they come. Whatever ends a command, the session is fit for the
//! next one: a command that was given up is cancelled and its answer read to the end; where no end came, the channel
//! is started afresh before it is used again.

use std::fmt;
use std::sync::Arc;

use fob_ambient::{Clock, Millis, Rng};
use fob_ctap::get_info::{GetInfo, Info};
use fob_ctap::hid::{
    self, Capabilities, ChannelId, HidCommand, HidError, HidMessage, KeepaliveStatus, OpenStep, Opening, Packet,
};
use fob_ctap::{Command, Strictness};
use zeroize::Zeroizing;

use crate::{CancelToken, KeyError, LONGEST_WAIT, Link};

mod exchange;

/// First pause after CHANNEL_BUSY, in milliseconds; each one after it is twice as long.
const FIRST_PAUSE: Millis = Millis(50);
/// Longest such pause, in milliseconds: another program's transaction is mostly over in the time of a touch.
const LONGEST_PAUSE: Millis = Millis(400);

/// What a session takes from its surroundings.
pub struct Surroundings {
    /// For every deadline.
    pub clock: Arc<dyn Clock + Send + Sync>,
    /// For nonces and key agreement.
    pub rng: Box<dyn Rng + Send>,
}

/// How long to wait for what, and how strictly to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For a channel, in milliseconds: nothing but the key's own program stands between question and answer.
    pub init: Millis,
    /// For getInfo, in milliseconds.
    pub info: Millis,
    /// For any other command that needs no person, in milliseconds. Old keys take a second for a key agreement.
    pub quick: Millis,
    /// Between two reports of a key that works, in milliseconds. Keepalives come at least every 100 (§11.2.9.1.7); ten
    /// missed ones end the wait.
    pub silence: Millis,
    /// From a CANCEL to the end of the answer, in milliseconds.
    pub drain: Millis,
    /// Whether replies have to be canonical CBOR (§8).
    pub strictness: Strictness,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            init: Millis(500),
            info: Millis(2_000),
            quick: Millis(5_000),
            silence: Millis(1_000),
            drain: Millis(3_000),
            strictness: Strictness::Canonical,
        }
    }
}

/// What a key is doing while we wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// It computes.
    Processing,
    /// It waits for a touch: tell the person.
    TouchNeeded,
    /// Something that the standard does not list.
    Other(u8),
    /// It serves another program; we try again.
    InUse,
}

impl From<KeepaliveStatus> for KeyState {
    fn from(status: KeepaliveStatus) -> Self {
        match status {
            KeepaliveStatus::Processing => Self::Processing,
            KeepaliveStatus::UserPresenceNeeded => Self::TouchNeeded,
            KeepaliveStatus::Unknown(byte) => Self::Other(byte),
        }
    }
}

/// Who waits for a command, and how long.
pub struct Watch<'a> {
    /// The moment at which the command is given up, on the session's clock.
    pub deadline: Millis,
    /// Ends it earlier.
    pub cancel: &'a CancelToken,
    /// Is told what the key is doing, each time that changes.
    pub states: &'a mut dyn FnMut(KeyState),
}

impl<'a> Watch<'a> {
    /// Until `deadline` or until cancelled.
    pub fn new(deadline: Millis, cancel: &'a CancelToken, states: &'a mut dyn FnMut(KeyState)) -> Self {
        Self { deadline, cancel, states }
    }
}

impl fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("deadline", &self.deadline).field("cancel", self.cancel).finish_non_exhaustive()
    }
}

/// A session with one key.
pub struct Session {
    link: Box<dyn Link>,
    surroundings: Surroundings,
    limits: Limits,
    channel: ChannelId,
    capabilities: Capabilities,
    /// False after a command whose answer never came to its end.
    in_step: bool,
    info: Info,
}

impl Session {
    /// Asks for a channel, then for the key's description.
    ///
    /// # Errors
    /// [`KeyError::Silent`] if no channel came in time, [`KeyError::Busy`] if another program has the key,
    /// [`KeyError::NoCtap2`] for a U2F key, and whatever getInfo brings.
    pub fn open(
        link: Box<dyn Link>,
        surroundings: Surroundings,
        limits: Limits,
        cancel: &CancelToken,
    ) -> Result<Self, KeyError> {
        let mut session = Self {
            link,
            surroundings,
            limits,
            channel: ChannelId::BROADCAST,
            capabilities: Capabilities::default(),
            in_step: true,
            info: Info::default(),
        };
        let reply = session.init(cancel)?;
        if !reply.capabilities.contains(Capabilities::CBOR) {
            return Err(KeyError::NoCtap2);
        }
        (session.channel, session.capabilities) = (reply.channel, reply.capabilities);
        session.refresh(&mut Watch::new(Millis(u64::MAX), cancel, &mut |_| {}))?;
        Ok(session)
    }

    /// The key's description, as of the opening or the last [`Session::refresh`].
    #[must_use]
    pub const fn info(&self) -> &Info {
        &self.info
    }

    /// What the key can do on this link.
    #[must_use]
    pub const fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    /// Now, on the clock that deadlines are made of.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.surroundings.clock.monotonic()
    }

    /// The moment that is `length` from now.
    #[must_use]
    pub fn deadline_in(&self, length: Millis) -> Millis {
        self.now().plus(length)
    }

    /// Reads the key's description again, as after a PIN was set.
    ///
    /// # Errors
    /// See [`Session::call`].
    pub fn refresh(&mut self, watch: &mut Watch<'_>) -> Result<&Info, KeyError> {
        self.info = self.within(self.limits.info, &GetInfo, watch)?;
        Ok(&self.info)
    }

    /// Sends a command and waits for its reply until the watch ends it.
    ///
    /// On the deadline or a cancel the key is told (CTAPHID_CANCEL) and its answer is read to the end. A success that
    /// has crossed our deadline is a success, since the person did touch the key; one that has crossed a cancel is
    /// dropped, since nobody wants it any more.
    ///
    /// # Errors
    /// [`KeyError::Cancelled`] or [`KeyError::TimedOut`] if the watch ended it, [`KeyError::Refused`] if the key said
    /// no, [`KeyError::Removed`], [`KeyError::Silent`] and [`KeyError::Busy`] as they are named, else what is wrong
    /// with the request's length or the answer.
    pub fn call<C: Command>(&mut self, command: &C, watch: &mut Watch<'_>) -> Result<C::Reply, KeyError> {
        let request = Zeroizing::new(command.encode());
        let limit = self.longest_message();
        if request.len() > limit {
            return Err(KeyError::TooLarge { length: request.len(), limit });
        }
        let bytes = Zeroizing::new(self.exchange(HidCommand::Cbor, &request, watch)?);
        let reply = C::decode_reply(&bytes, self.limits.strictness);
        tracing::debug!(command = C::CODE, sent = request.len(), received = bytes.len(), ok = reply.is_ok(), "command");
        Ok(reply?)
    }

    /// [`Session::call`] for a command that needs no person: [`KeyError::Silent`] if it takes longer than
    /// [`Limits::quick`], even with keepalives.
    ///
    /// # Errors
    /// See [`Session::call`].
    pub fn quick<C: Command>(&mut self, command: &C, watch: &mut Watch<'_>) -> Result<C::Reply, KeyError> {
        self.within(self.limits.quick, command, watch)
    }

    /// Longest request in bytes.
    pub(crate) fn longest_message(&self) -> usize {
        usize::try_from(self.info.max_msg_size()).unwrap_or(usize::MAX).min(HidMessage::LONGEST)
    }

    pub(crate) fn rng(&mut self) -> &mut dyn Rng {
        &mut *self.surroundings.rng
    }

    fn within<C: Command>(&mut self, length: Millis, command: &C, watch: &mut Watch<'_>) -> Result<C::Reply, KeyError> {
        let phase = self.deadline_in(length);
        let deadline = phase.min(watch.deadline);
        match self.call(command, &mut Watch { deadline, cancel: watch.cancel, states: &mut *watch.states }) {
            Err(KeyError::TimedOut) if phase < watch.deadline => Err(KeyError::Silent),
            other => other,
        }
    }

    /// Asks for a channel, or for a fresh start on ours.
    fn init(&mut self, cancel: &CancelToken) -> Result<hid::InitReply, KeyError> {
        let mut nonce = [0; 8];
        self.surroundings.rng.fill(&mut nonce);
        let deadline = self.deadline_in(self.limits.init);
        let (mut opening, question) = Opening::resynchronize(self.channel, nonce, deadline);
        let mut busy = false;
        self.link.send(&question)?;
        loop {
            if cancel.is_cancelled() {
                return Err(KeyError::Cancelled);
            }
            let now = self.now();
            if opening.on_tick(now).is_err() {
                return Err(if busy { KeyError::Busy } else { KeyError::Silent });
            }
            let Some(report) = self.link.receive(deadline.since(now).min(LONGEST_WAIT))? else { continue };
            busy |= says_busy(&report);
            if let OpenStep::Opened(reply) = opening.on_report(&report)? {
                return Ok(reply);
            }
        }
    }
}

/// CHANNEL_BUSY to whoever asked for a channel: maybe us, so it explains a silence but does not end the wait.
fn says_busy(report: &hid::Report) -> bool {
    matches!(
        Packet::parse(report),
        Packet::First { channel: ChannelId::BROADCAST, command: HidCommand::Error, data: [code, ..], .. }
            if HidError::from_byte(*code) == HidError::ChannelBusy
    )
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("channel", &self.channel).field("info", &self.info).finish_non_exhaustive()
    }
}
