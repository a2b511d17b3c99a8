//! Letting in: each connection is of one user of this machine, named by the kernel before its first word is read.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use fob_ambient::Clock;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};

use crate::answer::{Hall, Visitor};
use crate::fobd::Fobd;
use crate::gate::{Gate, Seat};
use crate::kernel;
use crate::pairings::Pairings;

/// How long the head of a request may take, and how long a connection may lie idle.
const HEAD_PATIENCE: Duration = Duration::from_secs(5);
/// Most bytes of a head.
const HEAD: usize = 16 * 1024;
/// Most headers.
const HEADERS: usize = 64;
/// How long to leave the doors alone when the system has no descriptor left.
const BREATH: Duration = Duration::from_millis(200);

/// The listener.
pub struct Listener {
    doors: Doors,
    hall: Arc<Hall>,
    linger: Option<Duration>,
}

impl Listener {
    /// One at these doors, which goes to fobd this way.
    pub fn new(doors: Vec<TcpListener>, fobd: Arc<dyn Fobd>, clock: impl Clock + Send + Sync + 'static) -> Self {
        let hall = Hall { fobd, gate: Gate::new(clock), pairings: Arc::new(Pairings::default()) };
        Self { doors: Doors { all: doors, first: AtomicUsize::new(0) }, hall: Arc::new(hall), linger: None }
    }

    /// The same, which ends when nobody was connected for so long: whoever holds its sockets starts it again.
    #[must_use]
    pub fn ending_after(mut self, idle: Duration) -> Self {
        self.linger = Some(idle);
        self
    }

    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.doors.all.iter().filter_map(|door| door.local_addr().ok()).collect()
    }

    /// Serves, for ever or until it was idle for long enough.
    pub async fn serve(&self) {
        loop {
            tokio::select! {
                accepted = self.doors.accept() => match accepted {
                    Ok((stream, peer)) => self.let_in(stream, peer),
                    Err(error) => {
                        tracing::warn!(%error, "cannot let a caller in");
                        tokio::time::sleep(BREATH).await;
                    }
                },
                () = self.idle() => return,
            }
        }
    }

    async fn idle(&self) {
        let Some(linger) = self.linger else { return std::future::pending().await };
        self.hall.gate.emptied().await;
        tokio::time::sleep(linger).await;
    }

    fn let_in(&self, stream: TcpStream, peer: SocketAddr) {
        match self.seat(&stream, peer) {
            Ok((seat, visitor)) => {
                tokio::spawn(converse(stream, self.hall.clone(), seat, visitor));
            }
            // Hung up at once: there is nobody to tell.
            Err(why) => tracing::debug!(why, "a caller is turned away"),
        }
    }

    fn seat(&self, stream: &TcpStream, peer: SocketAddr) -> Result<(Seat, Visitor), &'static str> {
        let door = stream.local_addr().map_err(|_| "its socket is gone")?;
        if !peer.ip().to_canonical().is_loopback() {
            return Err("it is not of this machine");
        }
        let uid = kernel::uid_of(peer, door).map_err(|_| "the kernel does not say whose it is")?;
        let seat = self.hall.gate.connect(uid).map_err(|_| "too many are here")?;
        Ok((seat, Visitor { uid, door }))
    }
}

/// The doors, of which each has its turn to be looked at first: a flood at one does not close the others.
struct Doors {
    all: Vec<TcpListener>,
    first: AtomicUsize,
}

impl Doors {
    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let first = self.first.fetch_add(1, Ordering::Relaxed).checked_rem(self.all.len()).unwrap_or(0);
        let (before, after) = self.all.split_at(first);
        std::future::poll_fn(|cx| {
            let mut accepts = after.iter().chain(before).map(|door| door.poll_accept(cx));
            accepts.find(Poll::is_ready).unwrap_or(Poll::Pending)
        })
        .await
    }
}

async fn converse(stream: TcpStream, hall: Arc<Hall>, seat: Seat, visitor: Visitor) {
    let service = service_fn(|request| {
        let hall = hall.clone();
        async move { Ok::<_, Infallible>(hall.answer(visitor, request).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(HEAD)
        .max_header_size(HEAD)
        .max_headers(HEADERS)
        // Whoever stops sending has hung up, and what it asked for is withdrawn.
        .half_close(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a conversation ended early");
    }
    drop(seat);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first door that was ready was always the one that was served.
    #[tokio::test]
    async fn a_flood_at_one_door_does_not_close_the_other() {
        let mut all = Vec::new();
        for _ in 0..2 {
            all.push(TcpListener::bind("127.0.0.1:0").await.unwrap());
        }
        let addresses: Vec<_> = all.iter().map(|door| door.local_addr().unwrap()).collect();
        let mut callers = Vec::new();
        for address in [addresses[0]; 8].into_iter().chain([addresses[1]; 2]) {
            callers.push(TcpStream::connect(address).await.unwrap());
        }
        let doors = Doors { all, first: AtomicUsize::new(0) };
        // The first look only learns that there is somebody at both.
        doors.accept().await.unwrap();
        let mut served = Vec::new();
        for _ in 0..4 {
            served.push(doors.accept().await.unwrap().0.local_addr().unwrap());
        }
        assert_eq!(served.iter().filter(|door| **door == addresses[1]).count(), 2);
    }
}
