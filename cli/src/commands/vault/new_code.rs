//! What `fob vault passphrase` and `fob vault recovery-code` share: the recovery code that a new vault key brings is given
//! once, and what is gone is named.

use std::os::fd::OwnedFd;

use fob_bus::CallError;
use fob_bus::types::RekeyInfo;
use serde::Serialize;
use zeroize::Zeroizing;

use super::slots::Slot;
use crate::daemon::{awaiting, text_of};
use crate::secret::Sink;
use crate::text::shown;
use crate::{Failure, World};

/// Where the new recovery code goes.
pub(super) enum Outlet {
    /// Into a descriptor of the caller.
    Sink(Sink),
    /// With the answer, to a person who sees it.
    Shown,
}

impl Outlet {
    /// The descriptor, or the terminal. Looked at before anything is asked for or changed.
    pub(super) fn of(descriptor: Option<u32>, world: &World) -> Result<Self, Failure> {
        match descriptor {
            Some(number) => Sink::open("--new-recovery-fd", number, "recovery code").map(Self::Sink),
            None if world.out_is_terminal => Ok(Self::Shown),
            None => Err(Failure::usage(
                "the new recovery code is shown once, and nobody would see it here",
                "run it on a terminal, or take the code from a pipe: `--new-recovery-fd N`",
            )),
        }
    }

    /// Does `call` with a pipe for the code, and gives the code once. What the daemon answered, and the code if it is to
    /// be shown.
    pub(super) async fn fill(
        self,
        call: impl AsyncFnOnce(OwnedFd) -> Result<RekeyInfo, CallError>,
    ) -> Result<(RekeyInfo, Option<Zeroizing<String>>), Failure> {
        let (reader, writer) = awaiting()?;
        let info = call(writer).await?;
        let code = text_of(&reader).map_err(lost)?;
        match self {
            Self::Sink(sink) => sink.write(code.as_bytes()).map(|()| (info, None)).map_err(lost),
            Self::Shown => Ok((info, Some(code))),
        }
    }
}

/// The change is made, and nobody has the recovery code.
fn lost(failure: Failure) -> Failure {
    failure.hint("the change is made and the passphrase opens the vault; for another code: `fob vault recovery-code`")
}

/// What a new vault key took along.
#[derive(Serialize)]
pub(super) struct Aftermath {
    /// Ways in that are gone besides.
    dropped: Vec<Slot>,
    /// Older versions that former secrets still open.
    not_removed: Vec<String>,
    warnings: Vec<String>,
}

impl From<RekeyInfo> for Aftermath {
    fn from(info: RekeyInfo) -> Self {
        let RekeyInfo { dropped, not_removed, warnings } = info;
        Self { dropped: dropped.into_iter().map(Slot::from).collect(), not_removed, warnings }
    }
}

impl Aftermath {
    /// The code if it is to be shown, then what is gone, a line each.
    pub(super) fn words(&self, code: Option<&str>) -> String {
        let mut words = code.map_or(String::new(), |code| {
            format!(
                "\nYour new recovery code, shown this once:\n\n    {}\n\n\
                 The one before opens nothing any more. Write this one down and keep it away from this machine.\n",
                shown(code)
            )
        });
        for slot in &self.dropped {
            words += &format!("  note: this way in is gone, add it again: {}\n", slot.title());
        }
        for path in &self.not_removed {
            words +=
                &format!("  note: an older version still opens with the former secrets, remove it: {}\n", shown(path));
        }
        for warning in &self.warnings {
            words += &format!("  note: {}\n", shown(warning));
        }
        words
    }
}
