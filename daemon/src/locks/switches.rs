//! Which locks there are and how each is set: DESIGN section 5 says which are on by default.

use std::fmt;
use std::time::Duration;

/// A vault that nobody uses locks after a quarter of an hour.
const IDLE: Duration = Duration::from_secs(15 * 60);

/// How a lock locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Switch {
    /// Not at all.
    Off,
    /// The accounts leave memory, the key stays behind a short PIN; everything leaves it where no PIN is set.
    Soft,
    /// Everything leaves memory.
    Full,
}

/// How long an open vault may lie unused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdleLock {
    /// For ever.
    Never,
    /// That long.
    After(Duration),
}

impl IdleLock {
    /// The limit, if there is one.
    pub(crate) const fn limit(self) -> Option<Duration> {
        match self {
            Self::Never => None,
            Self::After(limit) => Some(limit),
        }
    }
}

/// All of them. Suspend, shutdown and the end of the last session know no soft lock: nobody is there who could give a
/// short PIN, and what sleeps or is left alone keeps no key (DESIGN section 6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Switches {
    /// Suspend and hibernation.
    pub(crate) suspend: bool,
    /// Shutdown and restart.
    pub(crate) shutdown: bool,
    /// One of this person's sessions is locked.
    pub(crate) session_lock: Switch,
    /// The last of this person's sessions is gone.
    pub(crate) last_session: bool,
    /// The screen saver starts.
    pub(crate) screen_saver: Switch,
    /// The screen goes off.
    pub(crate) screen_off: Switch,
    /// Nobody uses the vault.
    pub(crate) idle: IdleLock,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            suspend: true,
            shutdown: true,
            session_lock: Switch::Full,
            last_session: true,
            screen_saver: Switch::Off,
            screen_off: Switch::Off,
            idle: IdleLock::After(IDLE),
        }
    }
}

impl Switches {
    /// Whether anything that only logind knows locks the vault.
    pub(crate) fn want_logind(&self) -> bool {
        self.suspend || self.shutdown || self.last_session || self.session_lock != Switch::Off
    }

    /// Whether anything that only the desktop knows locks the vault.
    pub(crate) fn want_desktop(&self) -> bool {
        self.screen_saver != Switch::Off || self.screen_off != Switch::Off
    }
}

/// As the settings file has it, whole: what is printed can be written there.
impl fmt::Display for Switches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let switch = |switch| match switch {
            Switch::Off => "false",
            Switch::Soft => "\"soft\"",
            Switch::Full => "true",
        };
        writeln!(f, "[lock]")?;
        writeln!(f, "suspend = {}", self.suspend)?;
        writeln!(f, "shutdown = {}", self.shutdown)?;
        writeln!(f, "session-lock = {}", switch(self.session_lock))?;
        writeln!(f, "last-session = {}", self.last_session)?;
        writeln!(f, "screen-saver = {}", switch(self.screen_saver))?;
        writeln!(f, "screen-off = {}", switch(self.screen_off))?;
        match self.idle {
            IdleLock::Never => writeln!(f, "idle = \"never\""),
            IdleLock::After(limit) => writeln!(f, "idle = \"{}s\"", limit.as_secs()),
        }
    }
}
