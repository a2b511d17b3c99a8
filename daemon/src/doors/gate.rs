//! How many calls may be under way at once. Each call is noted when it has been read and crossed out when its answer is
//! written, so a caller that sends more than it takes answers for costs fobd a bounded amount of memory and descriptors.
//!
//! On fobd's own socket the next call is left in the socket until there is room: the kernel makes the caller wait, and
//! nobody else. On the session bus all callers come over one line, so that would make everybody wait; a call too many
//! is answered there with an error at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fob_bus::{CallError, ErrorKind};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zbus::message::Type;
use zbus::names::BusName;
use zbus::{Connection, DBusError, Message};

/// Most calls of one caller that are under way, where a descriptor that came with a call counts as much as a call.
/// `fob`'s screen with everything open has some ten.
const UNDER_WAY: u32 = 32;
/// What all the large messages of all callers may hold at once, in KiB.
const ROOM_KIB: usize = 8 * 1024;
/// A message up to this size counts as small, in bytes: every call of `fob` but an import's options and a large request.
pub(super) const SMALL: usize = 8 * 1024;

/// Room for large messages, shared by everybody at both doors.
#[derive(Debug, Clone)]
pub(crate) struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(ROOM_KIB)))
    }
}

/// A piece of the room, given back when it is dropped.
pub(super) type Piece = Option<OwnedSemaphorePermit>;

impl Room {
    /// Waits for room for a message of so many bytes; a small one needs none.
    pub(super) async fn wait_for(&self, bytes: usize) -> Piece {
        let wanted = Self::wanted(bytes)?;
        self.0.clone().acquire_many_owned(wanted).await.ok()
    }

    fn wanted(bytes: usize) -> Option<u32> {
        let kib = u32::try_from(bytes.div_ceil(1024)).ok()?;
        (bytes > SMALL).then_some(kib)
    }
}

/// The gate of one connection.
#[derive(Debug)]
pub(super) struct Gate {
    kind: Kind,
    calls: Mutex<HashMap<Box<str>, Vec<Call>>>,
}

#[derive(Debug)]
enum Kind {
    /// One caller, who waits.
    Peer(Arc<Semaphore>),
    /// Everybody on the session bus; the connection by which one is told that it was too much.
    Bus(Mutex<Option<Connection>>),
}

/// A call under way. Dropped, its turn is the next one's.
#[derive(Debug)]
pub(super) struct Call {
    serial: u32,
    /// Whether its caller wants no answer.
    quiet: bool,
    /// What it counts on the session bus.
    weight: u32,
    _room: Piece,
    _turn: Option<OwnedSemaphorePermit>,
}

impl Call {
    /// Whether its caller wants no answer.
    pub(super) const fn is_quiet(&self) -> bool {
        self.quiet
    }
}

impl Gate {
    /// The gate of one caller on fobd's own socket.
    pub(super) fn of_peer() -> Self {
        let turns = Arc::new(Semaphore::new(UNDER_WAY as usize));
        Self { kind: Kind::Peer(turns), calls: Mutex::default() }
    }

    /// The gate of the session bus.
    pub(super) fn of_bus() -> Self {
        Self { kind: Kind::Bus(Mutex::default()), calls: Mutex::default() }
    }

    /// Names the connection by which a caller on the bus is told that it was too much; `None` when that is over.
    pub(super) fn speak_through(&self, connection: Option<Connection>) {
        if let Kind::Bus(voice) = &self.kind {
            *voice.lock().unwrap_or_else(PoisonError::into_inner) = connection;
        }
    }

    /// Whether a message that is too long ends the connection. On the bus it is thrown away: the others are on it too.
    pub(super) const fn hangs_up(&self) -> bool {
        matches!(self.kind, Kind::Peer(_))
    }

    /// Notes a message that was read; `quiet` if its caller wants no answer. Gives whether it may pass.
    pub(super) async fn enter(&self, message: &Message, quiet: bool, room: Piece) -> bool {
        if message.message_type() != Type::MethodCall {
            return true;
        }
        let header = message.header();
        let serial = header.primary().serial_num().get();
        let descriptors = u32::try_from(message.data().fds().len()).unwrap_or(u32::MAX);
        let weight = descriptors.saturating_add(1).min(UNDER_WAY);
        let sender = header.sender().map_or("", |sender| sender.as_str());
        match &self.kind {
            Kind::Peer(turns) => {
                // Never closed; if it were, nothing would come any more.
                let Ok(turn) = turns.clone().acquire_many_owned(weight).await else { return false };
                let call = Call { serial, quiet, weight, _room: room, _turn: Some(turn) };
                // Whatever a caller calls itself here: there is one.
                self.calls().entry("".into()).or_default().push(call);
                true
            }
            Kind::Bus(voice) => {
                if self.is_free(sender, weight) {
                    let call = Call { serial, quiet, weight, _room: room, _turn: None };
                    self.calls().entry(sender.into()).or_default().push(call);
                    return true;
                }
                let voice = voice.lock().unwrap_or_else(PoisonError::into_inner).clone();
                if let Some(connection) = voice.filter(|_| !quiet) {
                    turn_away(&connection, message).await;
                }
                false
            }
        }
    }

    /// Crosses out the call that this message answers. It is to be held until the answer is written.
    pub(super) fn leave(&self, message: &Message) -> Option<Call> {
        let header = message.header();
        let serial = header.reply_serial()?.get();
        let caller = match (&self.kind, header.destination()) {
            (Kind::Bus(_), Some(BusName::Unique(name))) => name.as_str(),
            _ => "",
        };
        let mut calls = self.calls();
        let of_caller = calls.get_mut(caller)?;
        let call = of_caller.iter().position(|call| call.serial == serial).map(|at| of_caller.swap_remove(at));
        if of_caller.is_empty() {
            calls.remove(caller);
        }
        call
    }

    fn is_free(&self, sender: &str, weight: u32) -> bool {
        let under_way = self.calls().get(sender).map_or(0, |calls| calls.iter().map(|call| call.weight).sum::<u32>());
        under_way + weight <= UNDER_WAY
    }

    fn calls(&self) -> MutexGuard<'_, HashMap<Box<str>, Vec<Call>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells a caller on the bus that this was one call too many.
async fn turn_away(connection: &Connection, message: &Message) {
    let words = format!("more than {UNDER_WAY} calls of this program are under way: wait for the answers");
    let refusal = CallError::new(ErrorKind::TooManyRequests, words);
    let told = match refusal.create_reply(&message.header()) {
        Ok(reply) => connection.send(&reply).await,
        Err(error) => Err(error),
    };
    if let Err(error) = told {
        tracing::debug!(%error, "a caller was not told that it asks too much");
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn call(sender: &str, serial: u32) -> Message {
        let builder = Message::method_call("/", "Do").sender(sender);
        builder.serial(NonZeroU32::new(serial).unwrap()).build(&()).unwrap()
    }

    fn answer(call: &Message) -> Message {
        Message::method_return(&call.header()).build(&()).unwrap()
    }

    #[tokio::test]
    async fn a_caller_on_the_bus_is_turned_away_and_another_is_not() {
        let gate = Gate::of_bus();
        for serial in 1..=UNDER_WAY {
            assert!(gate.enter(&call(":1.1", serial), false, None).await, "{serial}");
        }
        assert!(!gate.enter(&call(":1.1", 99), false, None).await);
        assert!(gate.enter(&call(":1.2", 1), false, None).await);
        drop(gate.leave(&answer(&call(":1.1", 7))));
        assert!(gate.enter(&call(":1.1", 100), false, None).await);
    }

    #[tokio::test]
    async fn a_caller_on_the_socket_waits_for_an_answer_to_be_written() {
        let gate = Gate::of_peer();
        for serial in 1..=UNDER_WAY {
            assert!(gate.enter(&call(":9.9", serial), false, None).await);
        }
        let next = call(":9.9", 99);
        let mut waiting = std::pin::pin!(gate.enter(&next, false, None));
        let mut now = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(waiting.as_mut().poll(&mut now).is_pending());
        // Several calls of one number are several calls.
        drop(gate.leave(&answer(&call(":9.9", 5))));
        assert!(waiting.await);
    }

    #[tokio::test]
    async fn nobody_is_answered_who_asked_not_to_be() {
        let gate = Gate::of_peer();
        assert!(gate.enter(&call(":1.1", 5), true, None).await);
        assert!(gate.leave(&answer(&call(":1.1", 5))).unwrap().is_quiet());
        assert!(gate.calls().is_empty());
    }

    #[tokio::test]
    async fn a_large_message_waits_for_room_and_a_small_one_does_not() {
        let room = Room::default();
        let all = room.wait_for(ROOM_KIB * 1024).await;
        assert!(all.is_some());
        assert!(room.wait_for(SMALL).await.is_none());
        let mut waiting = std::pin::pin!(room.wait_for(SMALL + 1));
        let mut now = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(waiting.as_mut().poll(&mut now).is_pending());
        drop(all);
        assert!(waiting.await.is_some());
    }
}
