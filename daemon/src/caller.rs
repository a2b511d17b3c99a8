//! Who is calling: the facts about a caller, gathered once for each connection, and the tier that follows from them.
//!
//! Nothing here decides what a caller may do (`policy`). Facts come from the kernel and from /proc and are only
//! believed when the process is still the same afterwards: `process` holds it by a pidfd, `peer` sees on fobd's own
//! socket that it still has the other end to itself, `bus` asks the broker of the session bus. Both doors take one `look`:
//! through which mounts it sees, who could have put its program there, whose it is (`household`), and what a `sandbox`
//! says about itself. Who has listed a program is looked up each time it asks (`listings`), since that may change
//! while its connection lives.

mod aside;
mod bus;
mod closed;
mod dropins;
mod ends;
mod household;
mod interpreters;
mod listing;
mod listings;
mod look;
mod peer;
mod process;
mod sandbox;
mod sock_diag;
mod terminal;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use fob_bus::types::door;

pub(crate) use bus::BusCallers;
pub(crate) use household::Household;
pub(crate) use interpreters::may_be_listed;
pub(crate) use listing::{ListedBy, Listing, Origins};
pub(crate) use listings::Listings;
#[cfg(test)]
pub(crate) use peer::of_peer;
pub(crate) use peer::of_peer_soon;

/// The door a caller came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// fobd's own socket.
    Socket,
    /// The session bus.
    SessionBus,
    /// The loopback listener, for a program that speaks HTTP to it.
    Loopback,
}

impl Door {
    /// The word for it on the bus, in the diary and on the shelf.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Socket => door::SOCKET,
            Self::SessionBus => door::BUS,
            Self::Loopback => door::LOOPBACK,
        }
    }
}

/// A caller, as far as the kernel can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// How it came.
    pub(crate) door: Door,
    /// Whose process it is.
    pub(crate) uid: u32,
    /// Its process id, for the diary.
    pub(crate) pid: Option<i32>,
    /// When its process started, as a time since boot: with its id, that process and no later one.
    pub(crate) started: Option<Duration>,
    /// Its program, where that could be seen.
    pub(crate) program: Option<PathBuf>,
    /// What it counts as.
    pub(crate) tier: Tier,
}

/// What a caller counts as. Tiers sort honest programs and make dishonest ones visible (THREAT_MODEL.md).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tier {
    /// `fob`, in the folder of the running fobd, writable by nobody else.
    Companion,
    /// The loopback listener of this household, which asks for nothing in its own name.
    Listener,
    /// A program of root's that is listed.
    Installed(Arc<Listing>),
    /// An application that a listed portal speaks for, by the id that the portal gave it.
    Portal(Arc<str>),
    /// A program on the loopback that showed its token: the id of its pairing.
    Paired(Arc<str>),
    /// A program that was seen, and that anybody of this user may have do something else; why it is nothing better.
    Script(Why),
    /// A program in a sandbox that no portal speaks for; what the sandbox says about itself.
    Sandboxed(Arc<str>),
    /// A program that could not be seen for certain, and why.
    Weak(Why),
    /// Another user's. Never served, whatever it asks for.
    Foreign,
}

/// Why a caller is nothing better, as the end of the sentence "PROGRAM may not do this: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Why {
    /// The kernel does not say what it runs, or it was gone before it was looked at.
    #[error("its program cannot be seen")]
    Unseen,
    /// Another process of the same user, or of another one, could speak through its socket.
    #[error("it does not have its end of the socket to itself")]
    SharedSocket,
    /// It sees other files than fobd, so that the path of its program means nothing.
    #[error("it has a mount namespace of its own")]
    OtherNamespace,
    /// It looks at the same files from another folder.
    #[error("it has a root folder of its own")]
    OtherRoot,
    /// It is root in a namespace of its own.
    #[error("it has a user namespace of its own")]
    OtherUsers,
    /// A debugger can have it do anything.
    #[error("another process traces it")]
    Traced,
    /// A program of root's that would be *installed* if it were listed.
    #[error("it is neither fob nor a listed program")]
    OtherProgram,
    /// A program that could not be listed, since the person, or somebody else, can change it.
    #[error("it is not fob, and others than root can change it")]
    Changeable,
    /// It was started with code in it that others could change.
    #[error("it was started with LD_PRELOAD, LD_AUDIT or LD_LIBRARY_PATH naming what others can change")]
    Preloaded,
    /// fob, but not the one that belongs to this fobd.
    #[error("it does not lie beside the running fobd")]
    OtherFolder,
    /// Neither fobd's owner nor root owns it.
    #[error("it belongs to another user than fobd")]
    OtherOwner,
    /// The file at the path of its program is another one than runs.
    #[error("its program is not the file that has its name")]
    OtherFile,
    /// Somebody else could put another program in its place.
    #[error("its file or folder can be written by others than its owner")]
    WritableByOthers,
}

impl Caller {
    /// A caller about whom nothing more could be learnt.
    fn stranger(door: Door, uid: u32, pid: Option<i32>, why: Why) -> Self {
        Self { door, uid, pid, started: None, program: None, tier: Tier::Weak(why) }
    }

    /// What it counts as at this moment: its program may have been listed, or be listed no longer, since it came.
    pub(crate) fn tier_now(&self, listings: &Listings) -> Tier {
        match (&self.tier, &self.program) {
            (Tier::Installed(_) | Tier::Script(Why::OtherProgram), Some(program)) => {
                listings.of(program).map_or(Tier::Script(Why::OtherProgram), Tier::Installed)
            }
            (tier, _) => tier.clone(),
        }
    }

    /// The same caller with the tier of this moment.
    pub(crate) fn now(self: &Arc<Self>, listings: &Listings) -> Arc<Self> {
        let tier = self.tier_now(listings);
        if tier == self.tier { self.clone() } else { Arc::new(Self { tier, ..Self::clone(self) }) }
    }
}

#[cfg(test)]
mod tests;
