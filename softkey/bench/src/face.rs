//! The wires a key can hang on. All carry reports of 64 bytes; none lets a slow reader stop the key.

mod gadget;
mod kernel;
mod udp;
mod uhid;
mod unix;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use fob_ctap::hid::Report;
use rustix::event::{PollFd, PollFlags};

use gadget::{Cable, GadgetFace};
use udp::UdpFace;
use uhid::UhidFace;
use unix::UnixFace;

pub(crate) use unix::{Wire, identity, make_room, new_socket};

/// Most reports that are taken from one sender before others get their turn.
const TURN: usize = 16;

/// Where a key is to hang.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A unix socket.
    Unix(PathBuf, Wire),
    /// A UDP port of this machine.
    Udp(SocketAddr),
    /// A hidraw node.
    Uhid,
    /// The device side of a USB gadget, and the gadget's folder where that is known.
    Gadget(PathBuf, Option<PathBuf>),
}

/// A key's wire: there, or pulled out.
#[derive(Debug)]
pub(crate) struct Socket {
    place: Place,
    /// The key's name.
    name: String,
    face: Option<Face>,
    cable: Option<Cable>,
}

/// A wire in use.
#[derive(Debug)]
enum Face {
    Unix(UnixFace),
    Udp(UdpFace),
    Uhid(UhidFace),
    Gadget(GadgetFace),
}

impl Socket {
    /// Plugs a key in for the first time.
    pub(crate) fn open(place: Place, name: &str) -> anyhow::Result<Self> {
        let cable = match &place {
            Place::Gadget(_, Some(gadget)) => Some(Cable::of(gadget)?),
            _ => None,
        };
        let mut socket = Self { place, name: name.to_owned(), face: None, cable };
        socket.open_face()?;
        Ok(socket)
    }

    /// Pulls it out.
    pub(crate) fn unplug(&mut self) -> anyhow::Result<()> {
        self.face = None;
        self.cable.as_ref().map_or(Ok(()), Cable::pull)
    }

    /// Puts it in again, at the same place.
    pub(crate) fn plug(&mut self) -> anyhow::Result<()> {
        if let Some(cable) = &self.cable {
            cable.insert()?;
        }
        self.open_face()
    }

    fn open_face(&mut self) -> anyhow::Result<()> {
        let face = match &self.place {
            Place::Unix(path, wire) => Face::Unix(UnixFace::bind(path, *wire)?),
            Place::Udp(address) => {
                let face = UdpFace::bind(*address)?;
                // A free port that was taken once is the key's from now on.
                self.place = Place::Udp(face.address());
                Face::Udp(face)
            }
            Place::Uhid => Face::Uhid(UhidFace::create(&self.name)?),
            Place::Gadget(path, _) => Face::Gadget(GadgetFace::open(path)?),
        };
        self.face = Some(face);
        Ok(())
    }

    /// What to wait for. The order is that of the events that [`Socket::receive`] wants.
    pub(crate) fn interests(&self) -> Vec<PollFd<'_>> {
        match &self.face {
            Some(Face::Unix(face)) => face.interests(),
            Some(Face::Udp(face)) => face.interests(),
            Some(Face::Uhid(face)) => face.interests(),
            Some(Face::Gadget(face)) => face.interests(),
            None => Vec::new(),
        }
    }

    /// What has come in.
    pub(crate) fn receive(&mut self, events: &[PollFlags]) -> Vec<Report> {
        let Some(face) = &mut self.face else { return Vec::new() };
        if let Face::Unix(face) = face {
            return face.receive(events);
        }
        if events.iter().all(PollFlags::is_empty) {
            return Vec::new();
        }
        match face {
            Face::Unix(_) => Vec::new(),
            Face::Udp(face) => face.receive(),
            Face::Uhid(face) => face.receive(),
            Face::Gadget(face) => face.receive(),
        }
    }

    /// Sends a report, or what a fault has left of it, to whoever is there.
    pub(crate) fn send(&mut self, report: &[u8]) {
        match &mut self.face {
            Some(Face::Unix(face)) => face.send(report),
            Some(Face::Udp(face)) => face.send(report),
            Some(Face::Uhid(face)) => face.send(report),
            Some(Face::Gadget(face)) => face.send(report),
            None => {}
        }
    }
}

impl fmt::Display for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Unix(path, Wire::Packets) => write!(f, "socket {}", path.display()),
            Place::Unix(path, Wire::Stream) => write!(f, "stream {}", path.display()),
            Place::Udp(address) => write!(f, "udp {address}"),
            Place::Uhid => f.write_str("a hidraw node"),
            Place::Gadget(path, _) => write!(f, "USB gadget {}", path.display()),
        }
    }
}
