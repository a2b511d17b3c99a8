//! Which program asks: `fob-prompt` beside the running fobd, where nobody else could have put it.
//!
//! With the cargo feature `scripted-prompt` the variable `FOB_PROMPT` names another one, for tests: a program that answers
//! by itself. `fobd --version` then says so, and no package is made of it (`debian/build`).

use std::path::PathBuf;

use crate::caller::Household;

/// Its name.
const NAME: &str = "fob-prompt";
/// The variable that names another one.
#[cfg(feature = "scripted-prompt")]
const SCRIPTED: &str = "FOB_PROMPT";

/// A program that asks.
#[derive(Debug, Clone)]
pub(crate) enum Program {
    /// The household's.
    Beside(Household),
    /// This one, whatever it is.
    #[cfg(any(test, feature = "scripted-prompt"))]
    Scripted(PathBuf),
}

impl Program {
    /// The one that asks here.
    pub(crate) fn of(household: &Household) -> Self {
        #[cfg(feature = "scripted-prompt")]
        if let Some(path) = std::env::var_os(SCRIPTED) {
            return Self::Scripted(path.into());
        }
        Self::Beside(household.clone())
    }

    /// Where it lies now. Looked at for every question: an upgrade may have replaced it.
    pub(super) fn path(&self) -> Option<PathBuf> {
        match self {
            Self::Beside(household) => household.program(NAME),
            #[cfg(any(test, feature = "scripted-prompt"))]
            Self::Scripted(path) => Some(path.clone()),
        }
    }
}
