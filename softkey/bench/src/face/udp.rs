//! UDP on loopback: one report a datagram, answers to the last sender.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use anyhow::Context;
use fob_ctap::hid::{REPORT, Report};
use rustix::event::{PollFd, PollFlags};

use super::TURN;

/// A bound port.
#[derive(Debug)]
pub(crate) struct UdpFace {
    socket: UdpSocket,
    address: SocketAddr,
    last_sender: Option<SocketAddr>,
}

impl UdpFace {
    /// Binds the port; 0 takes a free one.
    pub(crate) fn bind(address: SocketAddr) -> anyhow::Result<Self> {
        let socket = UdpSocket::bind(address).with_context(|| format!("cannot listen on {address}"))?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address, last_sender: None })
    }

    /// The port that was taken.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn interests(&self) -> Vec<PollFd<'_>> {
        vec![PollFd::new(&self.socket, PollFlags::IN)]
    }

    pub(super) fn receive(&mut self) -> Vec<Report> {
        (0..TURN).map_while(|_| self.datagram()).flatten().collect()
    }

    /// The next datagram, and the report in it if it is one; none if there is no datagram.
    fn datagram(&mut self) -> Option<Option<Report>> {
        // One byte more, so that what is too long is not taken for a report.
        let mut bytes = [0; REPORT + 1];
        match self.socket.recv_from(&mut bytes) {
            Ok((REPORT, sender)) => {
                self.last_sender = Some(sender);
                Some(bytes.first_chunk().copied())
            }
            Ok((length, _)) => {
                tracing::debug!(length, "not a report");
                Some(None)
            }
            // A reply of ours found nobody; the next datagram may be there all the same.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Some(None),
            Err(_) => None,
        }
    }

    pub(super) fn send(&mut self, report: &[u8]) {
        let Some(receiver) = self.last_sender else { return };
        if let Err(error) = self.socket.send_to(report, receiver) {
            tracing::debug!(%error, "a report is lost");
        }
    }
}
