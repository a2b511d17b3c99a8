//! Grants: what a person has allowed for longer than once. To whom, of which kind, for which account or site, and until
//! when. No clock, no vault: the moment is passed in, and what must outlive a lock is given out as bytes (`shelf`).

mod shelf;

use fob_ambient::{Millis, UnixTime};
use fob_asking::Choice;
use fob_bus::types::grant_life;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::Kind;
use crate::caller::{Caller, Door, Tier};

/// Most grants at once.
const MOST: usize = 1_000;
/// Eight hours, in milliseconds.
const EIGHT_HOURS: Millis = Millis(8 * 60 * 60 * 1_000);

/// A moment, on the wall and since the machine was started (sleep counted): whichever comes first ends a grant, so that
/// neither a clock that is set back nor a long sleep makes it longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// On the wall.
    pub(crate) wall: UnixTime,
    /// Since the start.
    pub(crate) boot: Millis,
}

/// What names a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GrantId(u64);

impl std::fmt::Display for GrantId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl std::str::FromStr for GrantId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let plain = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if !plain {
            return Err(());
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| ())
    }
}

/// Whose a grant is.
#[derive(Debug, Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub(crate) enum Holder {
    /// A listed program, by its path.
    Program(String),
    /// An application that a portal speaks for.
    App {
        /// Its id.
        id: String,
        /// The portal's path: what one portal calls so may be another application to the next.
        portal: String,
    },
    /// A program on the loopback, by the id of its pairing.
    Paired(String),
    /// `fob` in this terminal of this session, where the settings want that asked.
    Terminal(String),
}

impl Holder {
    /// Who would hold what is granted to this caller; `None` for whoever cannot be remembered.
    pub(crate) fn of(caller: &Caller) -> Option<Self> {
        match &caller.tier {
            Tier::Installed(listing) => listing.path.to_str().map(|path| Self::Program(path.to_owned())),
            Tier::Portal(app) => {
                let portal = caller.program.as_ref()?.to_str()?.to_owned();
                Some(Self::App { id: app.to_string(), portal })
            }
            Tier::Paired(id) => Some(Self::Paired(id.to_string())),
            Tier::Companion => terminal(caller).map(Self::Terminal),
            Tier::Listener | Tier::Script(_) | Tier::Sandboxed(_) | Tier::Weak(_) | Tier::Foreign => None,
        }
    }

    /// The word for its tier on the bus.
    pub(crate) const fn tier(&self) -> &'static str {
        use fob_bus::types::tier;
        match self {
            Self::Program(_) => tier::INSTALLED,
            Self::App { .. } => tier::PORTAL,
            Self::Paired(_) => tier::PAIRED,
            Self::Terminal(_) => tier::COMPANION,
        }
    }

    /// Its name: a path, an application's id, a pairing's id, a terminal.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Program(name) | Self::App { id: name, .. } | Self::Paired(name) | Self::Terminal(name) => name,
        }
    }

    /// Whether it is the client of this id, or an application that this one speaks for.
    pub(crate) fn is_of(&self, client: &str) -> bool {
        match self {
            Self::Program(name) | Self::Paired(name) => name == client,
            Self::App { portal, .. } => portal == client,
            Self::Terminal(_) => false,
        }
    }
}

/// The terminal that a caller has in the foreground, and its session there: the next one may get the same terminal.
fn terminal(caller: &Caller) -> Option<String> {
    let (terminal, pid) = (caller.terminal()?, rustix::process::Pid::from_raw(caller.pid?));
    let session = rustix::process::getsid(pid).ok()?;
    Some(format!("{} of session {}", terminal.display(), session.as_raw_nonzero()))
}

/// How long a grant lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    /// Until the vault is locked.
    UntilLock,
    /// Until this moment, or until fobd ends.
    EightHours(Moment),
    /// Until it is taken back.
    Always,
}

impl Life {
    /// What an answer means; `None` for once.
    pub(crate) const fn of(choice: Choice, now: Moment) -> Option<Self> {
        match choice {
            Choice::Once => None,
            Choice::UntilLock => Some(Self::UntilLock),
            Choice::EightHours => Some(Self::EightHours(Moment {
                wall: UnixTime(now.wall.0.saturating_add(EIGHT_HOURS.0 / 1_000)),
                boot: now.boot.plus(EIGHT_HOURS),
            })),
            Choice::Always => Some(Self::Always),
        }
    }

    /// The word for it on the bus and on the shelf.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::UntilLock => grant_life::UNTIL_LOCK,
            Self::EightHours(_) => grant_life::EIGHT_HOURS,
            Self::Always => grant_life::ALWAYS,
        }
    }

    const fn holds(self, now: Moment) -> bool {
        match self {
            Self::UntilLock | Self::Always => true,
            Self::EightHours(end) => now.wall.0 < end.wall.0 && now.boot.0 < end.boot.0,
        }
    }

    /// Whether it outlives a lock.
    pub(crate) const fn is_kept(self) -> bool {
        !matches!(self, Self::UntilLock)
    }
}

/// One grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    /// What names it.
    pub(crate) id: GrantId,
    /// Whose it is.
    pub(crate) holder: Holder,
    /// The door that it holds at: who was seen at one was not seen at the other.
    pub(crate) door: Door,
    /// For what.
    pub(crate) kind: Kind,
    /// For which account, site or key.
    pub(crate) site: Option<Zeroizing<String>>,
    /// For which page of the site.
    pub(crate) origin: Option<Zeroizing<String>>,
    /// How long.
    pub(crate) lasts: Life,
    /// Since when.
    pub(crate) given: UnixTime,
}

impl Grant {
    /// For which account, site or key.
    pub(crate) fn site(&self) -> Option<&str> {
        self.site.as_ref().map(|site| site.as_str())
    }

    /// For which page of the site.
    pub(crate) fn origin(&self) -> Option<&str> {
        self.origin.as_ref().map(|origin| origin.as_str())
    }

    fn is_for(&self, holder: &Holder, door: Door, about: About<'_>) -> bool {
        let its_own = About { kind: self.kind, site: self.site(), origin: self.origin() };
        its_own == about && self.door == door && self.holder == *holder
    }
}

/// What a grant is looked up for, and for nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct About<'a> {
    /// The kind.
    pub(crate) kind: Kind,
    /// The account, the site, the key.
    pub(crate) site: Option<&'a str>,
    /// The page of the site.
    pub(crate) origin: Option<&'a str>,
}

/// All of them. Dropped, they are wiped.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    list: Vec<Grant>,
    /// Records on the shelf that this fob does not understand, as they were.
    others: Vec<Zeroizing<String>>,
}

impl Grants {
    /// The grant that lets this through now.
    pub(crate) fn find(&self, holder: &Holder, door: Door, about: About<'_>, now: Moment) -> Option<GrantId> {
        let holds = |grant: &&Grant| grant.is_for(holder, door, about) && grant.lasts.holds(now);
        self.list.iter().find(holds).map(|grant| grant.id)
    }

    /// Adds one; an older one for the same gives way to it. Whether there was room.
    pub(crate) fn add(&mut self, grant: Grant, now: Moment) -> bool {
        let about = About { kind: grant.kind, site: grant.site(), origin: grant.origin() };
        self.list.retain(|old| old.lasts.holds(now) && !old.is_for(&grant.holder, grant.door, about));
        let room = self.list.len() < MOST;
        if room {
            self.list.push(grant);
        }
        room
    }

    /// Takes back those that `which` names; how many there were.
    pub(crate) fn revoke(&mut self, which: impl Fn(&Grant) -> bool) -> u32 {
        let before = self.list.len();
        self.list.retain(|grant| !which(grant));
        u32::try_from(before - self.list.len()).unwrap_or(u32::MAX)
    }

    /// Whether this one holds.
    pub(crate) fn has(&self, id: GrantId) -> bool {
        self.list.iter().any(|grant| grant.id == id)
    }

    /// Those that hold now.
    pub(crate) fn all(&self, now: Moment) -> impl Iterator<Item = &Grant> {
        self.list.iter().filter(move |grant| grant.lasts.holds(now))
    }
}

/// A new grant's id.
pub(crate) fn new_id(rng: &mut impl fob_ambient::Rng) -> GrantId {
    GrantId(u64::from_be_bytes(rng.bytes()))
}

#[cfg(test)]
mod tests;
