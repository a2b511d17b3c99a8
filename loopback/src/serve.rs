//! Letting in: each connection is of one user of this machine, named by the kernel before its first word is read.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
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
    doors: Vec<TcpListener>,
    hall: Arc<Hall>,
    linger: Option<Duration>,
}

impl Listener {
    /// One at these doors, which goes to fobd this way.
    pub fn new(doors: Vec<TcpListener>, fobd: Arc<dyn Fobd>, clock: impl Clock + Send + Sync + 'static) -> Self {
        let hall = Hall { fobd, gate: Gate::new(clock), pairings: Arc::new(Pairings::default()) };
        Self { doors, hall: Arc::new(hall), linger: None }
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
        self.doors.iter().filter_map(|door| door.local_addr().ok()).collect()
    }

    /// Serves, for ever or until it was idle for long enough.
    pub async fn serve(&self) {
        loop {
            tokio::select! {
                accepted = self.accepted() => match accepted {
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

    async fn accepted(&self) -> io::Result<(TcpStream, SocketAddr)> {
        std::future::poll_fn(|cx| {
            let mut accepts = self.doors.iter().map(|door| door.poll_accept(cx));
            accepts.find(Poll::is_ready).unwrap_or(Poll::Pending)
        })
        .await
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
