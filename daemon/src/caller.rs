//! Who is calling: the facts about a caller, gathered once for each connection, and the tier that follows from them.
//!
//! Nothing here decides what a caller may do (`policy`). Facts come from the kernel and from /proc and are only
//! believed when the process is still the same afterwards: `process` holds it by a pidfd, `peer` sees on fobd's own
//! socket that it still has the other end to itself, `bus` asks the broker of the session bus.

mod bus;
mod household;
mod peer;
mod process;
mod sock_diag;

use std::path::PathBuf;

use fob_bus::program::Program;

pub(crate) use bus::BusCallers;
pub(crate) use household::Household;
pub(crate) use peer::of_peer;

/// The door a caller came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// fobd's own socket.
    Socket,
    /// The session bus.
    SessionBus,
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
    /// Its program, where that could be seen.
    pub(crate) program: Option<PathBuf>,
    /// What it counts as.
    pub(crate) tier: Tier,
}

/// What a caller counts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tier {
    /// `fob`, in the folder of the running fobd, writable by nobody else.
    Companion,
    /// Everything else, and why it is no companion.
    Stranger(Why),
}

/// Why a caller is no companion, as the end of the sentence "this program is no companion of fobd: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Why {
    /// The kernel does not say what it runs, or it was gone before it was looked at.
    #[error("its program cannot be seen")]
    Unseen,
    /// Another process of the same user, or of another one, could speak through its socket.
    #[error("it does not have its end of the socket to itself")]
    SharedSocket,
    /// Another program.
    #[error("it is not fob")]
    OtherProgram,
    /// fob, but not the one that belongs to this fobd.
    #[error("it does not lie beside the running fobd")]
    OtherFolder,
    /// Neither fobd's owner nor root owns it.
    #[error("it belongs to another user than fobd")]
    OtherOwner,
    /// It sees other files than fobd, so that the path of its program means nothing.
    #[error("it has a mount namespace of its own")]
    OtherNamespace,
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
        Self { door, uid, pid, program: None, tier: Tier::Stranger(why) }
    }

    /// A caller whose program was seen.
    fn seen(door: Door, uid: u32, pid: i32, program: Program, household: &Household) -> Self {
        let tier = household.tier_of(&program);
        Self { door, uid, pid: Some(pid), program: Some(program.path), tier }
    }
}
