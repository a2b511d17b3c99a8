//! The wires a key can hang on. All carry reports of 64 bytes; none lets a slow reader stop the key.

mod udp;
mod unix;

use std::fmt;

use fob_ctap::hid::Report;
use rustix::event::{PollFd, PollFlags};

pub(crate) use udp::UdpFace;
pub(crate) use unix::{UnixFace, Wire};

/// Most reports that are taken from one sender before others get their turn.
const TURN: usize = 16;

/// The wire in use.
#[derive(Debug)]
pub(crate) enum Face {
    Unix(UnixFace),
    Udp(UdpFace),
}

impl Face {
    /// What to wait for. The order is that of the events that [`Face::receive`] wants.
    pub(crate) fn interests(&self) -> Vec<PollFd<'_>> {
        match self {
            Self::Unix(face) => face.interests(),
            Self::Udp(face) => face.interests(),
        }
    }

    /// What has come in.
    pub(crate) fn receive(&mut self, events: &[PollFlags]) -> Vec<Report> {
        match self {
            Self::Unix(face) => face.receive(events),
            Self::Udp(face) => face.receive(),
        }
    }

    /// Sends a report to whoever is there.
    pub(crate) fn send(&mut self, report: &Report) {
        match self {
            Self::Unix(face) => face.send(report),
            Self::Udp(face) => face.send(report),
        }
    }
}

impl fmt::Display for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(face) => face.fmt(f),
            Self::Udp(face) => face.fmt(f),
        }
    }
}
