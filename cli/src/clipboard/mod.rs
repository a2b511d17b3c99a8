//! The clipboard: the desktop's (Wayland, X11), or that of the terminal a person sits at (OSC 52), which works over ssh.
//!
//! A desktop's clipboard holds nothing by itself: a program offers, and must stay to answer. So a process of our own
//! ([`keeper`]) offers the code until it is dead and then ends, and with it the offer. [`choice`] decides which way,
//! [`osc52`] has the terminal's sequences.

pub mod choice;
pub mod keeper;
pub mod osc52;

use std::process::Child;

use zeroize::Zeroizing;

use crate::{Exit, Failure};
use choice::Way;

/// How long a code is kept that goes by a counter and lives until it is used, in seconds.
pub(crate) const COUNTED: u64 = 60;
/// The longest that anything is kept, in seconds: some codes live a day.
pub(crate) const LONGEST: u64 = 600;

/// Whose clipboard took the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The Wayland compositor's.
    Wayland,
    /// The X server's.
    X11,
    /// The terminal's, which never says whether it took it.
    Terminal,
}

impl Place {
    /// For a program.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wayland => "wayland",
            Self::X11 => "x11",
            Self::Terminal => "terminal",
        }
    }
}

/// A clipboard. The law: what was copied is gone after that many seconds, unless something else was copied since.
pub trait Clipboard {
    /// Looks whether there is one, before a code is made for it: one by a counter is used up by being made.
    ///
    /// # Errors
    /// When there is none.
    fn look(&self) -> Result<(), Failure>;

    /// Puts the code there for so many seconds.
    ///
    /// # Errors
    /// When there is no clipboard, or none that takes it.
    fn copy(&mut self, code: &Zeroizing<String>, seconds: u64) -> Result<Place, Failure>;
}

/// The clipboard of wherever fob runs.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// Keepers that were started and may have ended.
    keepers: Vec<Child>,
}

impl Clipboard for Surroundings {
    fn look(&self) -> Result<(), Failure> {
        match choice::ways(&choice::Facts::here()).is_empty() {
            true => Err(nowhere(Vec::new())),
            false => Ok(()),
        }
    }

    fn copy(&mut self, code: &Zeroizing<String>, seconds: u64) -> Result<Place, Failure> {
        // A live screen copies often; ended children are buried.
        self.keepers.retain_mut(|keeper| matches!(keeper.try_wait(), Ok(None)));
        let seconds = seconds.min(LONGEST);
        let mut refusals = Vec::new();
        for way in choice::ways(&choice::Facts::here()) {
            match keeper::start(way, code, seconds) {
                Ok(keeper) => {
                    self.keepers.push(keeper);
                    return Ok(way.place());
                }
                Err(why) => refusals.push(why),
            }
        }
        Err(nowhere(refusals))
    }
}

fn nowhere(causes: Vec<String>) -> Failure {
    let mut failure = Failure::new(Exit::Failed, "there is no clipboard that takes the code");
    failure.causes = causes;
    failure.hint("leave `--copy` out to see the code; it needs Wayland, X11 or a terminal with OSC 52")
}

impl Way {
    /// Whose clipboard it leads to.
    const fn place(self) -> Place {
        match self {
            Self::Wayland => Place::Wayland,
            Self::X11 => Place::X11,
            Self::Terminal(_) => Place::Terminal,
        }
    }
}
