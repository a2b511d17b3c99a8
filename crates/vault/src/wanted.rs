//! Whether long work is still wanted: asked before each run of Argon2 and right before the write, so that whoever gave up
//! or locks the vault waits for one run and not for all of them.

use std::fmt;

use crate::VaultError;

/// Says whether somebody still waits for the work. The law: once it said no, it says no.
#[derive(Clone, Copy)]
pub struct Wanted<'a>(&'a dyn Fn() -> bool);

impl<'a> Wanted<'a> {
    /// Nobody gives this work up.
    pub const ALWAYS: Wanted<'static> = Wanted(&|| true);

    /// Wanted for as long as this says so.
    #[must_use]
    pub fn as_long_as(still: &'a dyn Fn() -> bool) -> Self {
        Self(still)
    }

    /// That the work goes on.
    pub(crate) fn check(self) -> Result<(), VaultError> {
        if (self.0)() { Ok(()) } else { Err(VaultError::NotWanted) }
    }
}

impl fmt::Debug for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wanted(..)")
    }
}
