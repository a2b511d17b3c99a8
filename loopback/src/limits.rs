//! How much a user may do. Decided here from numbers and the time alone; nothing waits.
//!
//! Everything is counted for each user of the machine apart, so that one who floods the door is the one who stands
//! before it.

use std::collections::{HashMap, VecDeque};

use fob_ambient::Millis;

/// Most connections in all.
pub(crate) const CONNECTIONS: usize = 64;
/// Most connections of one user.
pub(crate) const CONNECTIONS_EACH: usize = 16;
/// Most requests that fobd works at, in all. Each has a connection to fobd's own socket, which has 64 for everybody.
pub(crate) const FLIGHTS: usize = 8;
/// Most of one user: ceremonies wait for people, and the others go on meanwhile.
pub(crate) const FLIGHTS_EACH: usize = 4;
/// Requests a second of one user, in the long run: one each so many milliseconds.
const EVERY: u64 = 50;
/// Requests of one user at once.
const BURST: u64 = 40;
/// Wrong tokens of one user within [`WINDOW`], after which it is barred for that long. 256 bits are not guessed; this is
/// for programs gone wrong, and so that the diary shows who tries.
const WRONG: usize = 5;
/// A minute.
const WINDOW: Millis = Millis(60_000);
/// Most users that are remembered. A machine has few; root may be any.
const USERS: usize = 1024;

/// Why not, with the seconds after which it may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TooMuch {
    /// Too many requests of this user.
    Requests(u64),
    /// Too many wrong tokens of this user.
    Guesses(u64),
    /// Too many at once.
    AtOnce,
}

/// What everybody does.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    users: HashMap<u32, User>,
    connections: usize,
    flights: usize,
}

/// What a request is charged to. A web page can have its user's browser send whatever it likes to this door, so that what
/// comes from a browser, or is refused before anybody looks at what it wants, takes nothing away from programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purse {
    /// A program's request.
    Programs,
    /// A page's, or one that is against the rules.
    Pages,
}

/// What one user does.
#[derive(Debug, Default)]
struct User {
    connections: usize,
    flights: usize,
    programs: Spent,
    pages: Spent,
}

/// What has been spent of a purse.
#[derive(Debug, Default)]
struct Spent {
    /// When its next request would be due if requests came one each [`EVERY`] (the generic cell rate algorithm).
    due: u64,
    /// When its latest wrong tokens came.
    wrong: VecDeque<Millis>,
    barred_until: Millis,
}

impl User {
    /// Whether nothing would be lost by forgetting it.
    fn is_idle(&self, now: Millis) -> bool {
        self.connections == 0 && self.flights == 0 && self.programs.is_over(now) && self.pages.is_over(now)
    }

    const fn spent(&mut self, purse: Purse) -> &mut Spent {
        match purse {
            Purse::Programs => &mut self.programs,
            Purse::Pages => &mut self.pages,
        }
    }
}

impl Spent {
    fn is_over(&self, now: Millis) -> bool {
        let is_clean = self.wrong.back().is_none_or(|last| now.since(*last) >= WINDOW);
        self.due <= now.0 && is_clean && self.barred_until <= now
    }
}

impl Limits {
    /// A connection begins.
    ///
    /// # Errors
    /// [`TooMuch::AtOnce`].
    pub(crate) fn connect(&mut self, uid: u32, now: Millis) -> Result<(), TooMuch> {
        if self.connections >= CONNECTIONS {
            return Err(TooMuch::AtOnce);
        }
        if self.users.len() >= USERS && !self.users.contains_key(&uid) {
            self.users.retain(|_, user| !user.is_idle(now));
            if self.users.len() >= USERS {
                return Err(TooMuch::AtOnce);
            }
        }
        let user = self.users.entry(uid).or_default();
        if user.connections >= CONNECTIONS_EACH {
            return Err(TooMuch::AtOnce);
        }
        user.connections += 1;
        self.connections += 1;
        Ok(())
    }

    /// It ends.
    pub(crate) fn disconnect(&mut self, uid: u32) {
        self.connections = self.connections.saturating_sub(1);
        if let Some(user) = self.users.get_mut(&uid) {
            user.connections = user.connections.saturating_sub(1);
        }
    }

    /// Connections in all.
    pub(crate) const fn connections(&self) -> usize {
        self.connections
    }

    /// A request comes in.
    ///
    /// # Errors
    /// [`TooMuch`].
    pub(crate) fn request(&mut self, uid: u32, purse: Purse, now: Millis) -> Result<(), TooMuch> {
        let spent = self.users.entry(uid).or_default().spent(purse);
        if now < spent.barred_until {
            return Err(TooMuch::Guesses(seconds(spent.barred_until.since(now).0)));
        }
        let due = spent.due.max(now.0) + EVERY;
        let ahead = due - now.0;
        if ahead > BURST * EVERY {
            return Err(TooMuch::Requests(seconds(ahead - BURST * EVERY)));
        }
        spent.due = due;
        Ok(())
    }

    /// A token was wrong.
    pub(crate) fn wrong(&mut self, uid: u32, purse: Purse, now: Millis) {
        let spent = self.users.entry(uid).or_default().spent(purse);
        spent.wrong.retain(|then| now.since(*then) < WINDOW);
        spent.wrong.push_back(now);
        if spent.wrong.len() >= WRONG {
            spent.wrong.clear();
            spent.barred_until = now.plus(WINDOW);
        }
    }

    /// fobd begins to work at a request.
    ///
    /// # Errors
    /// [`TooMuch::AtOnce`].
    pub(crate) fn take_off(&mut self, uid: u32) -> Result<(), TooMuch> {
        let user = self.users.entry(uid).or_default();
        if self.flights >= FLIGHTS || user.flights >= FLIGHTS_EACH {
            return Err(TooMuch::AtOnce);
        }
        user.flights += 1;
        self.flights += 1;
        Ok(())
    }

    /// It is done.
    pub(crate) fn land(&mut self, uid: u32) {
        self.flights = self.flights.saturating_sub(1);
        if let Some(user) = self.users.get_mut(&uid) {
            user.flights = user.flights.saturating_sub(1);
        }
    }
}

const fn seconds(millis: u64) -> u64 {
    millis.div_ceil(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: u32 = 1000;
    const EVE: u32 = 1001;

    #[test]
    fn one_user_has_sixteen_connections_and_all_have_sixty_four() {
        let mut limits = Limits::default();
        let now = Millis(0);
        for uid in 0..4 {
            assert!((0..16).all(|_| limits.connect(uid, now).is_ok()), "{uid}");
            assert_eq!(limits.connect(uid, now), Err(TooMuch::AtOnce), "{uid}");
        }
        assert_eq!(limits.connections(), 64);
        assert_eq!(limits.connect(ADA, now), Err(TooMuch::AtOnce));
        limits.disconnect(0);
        assert_eq!(limits.connect(ADA, now), Ok(()));
    }

    /// Forty at once, then twenty a second.
    #[test]
    fn requests_come_in_a_burst_and_then_at_their_rate() {
        let mut limits = Limits::default();
        let mut passed =
            |now| (0..1000).take_while(|_| limits.request(ADA, Purse::Programs, Millis(now)).is_ok()).count();
        assert_eq!(passed(5_000), 40);
        assert_eq!(passed(5_049), 0);
        assert_eq!(passed(5_050), 1);
        assert_eq!(passed(6_050), 20);
        assert_eq!(passed(60_000), 40);
        assert_eq!(limits.request(ADA, Purse::Programs, Millis(60_000)), Err(TooMuch::Requests(1)));
        assert_eq!(limits.request(EVE, Purse::Programs, Millis(60_000)), Ok(()), "another user has its own");
    }

    /// A page of any site can send requests to this door that are refused: they used up what its user's programs have.
    #[test]
    fn pages_and_refused_requests_take_nothing_from_programs() {
        let mut limits = Limits::default();
        let now = Millis(5_000);
        let passed = (0..1000).filter(|_| limits.request(ADA, Purse::Pages, now).is_ok()).count();
        assert_eq!(passed, 40);
        (0..5).for_each(|_| limits.wrong(ADA, Purse::Pages, now));
        assert_eq!(limits.request(ADA, Purse::Pages, now), Err(TooMuch::Guesses(60)));
        assert!((0..40).all(|_| limits.request(ADA, Purse::Programs, now).is_ok()));
        assert_eq!(limits.request(ADA, Purse::Programs, now), Err(TooMuch::Requests(1)));
    }

    #[test]
    fn five_wrong_tokens_in_a_minute_bar_for_a_minute() {
        let mut limits = Limits::default();
        for now in [0, 1_000, 2_000, 3_000, 60_500] {
            limits.wrong(ADA, Purse::Programs, Millis(now));
        }
        assert_eq!(
            limits.request(ADA, Purse::Programs, Millis(60_500)),
            Ok(()),
            "the first was longer ago than a minute"
        );
        limits.wrong(ADA, Purse::Programs, Millis(60_900));
        assert_eq!(limits.request(ADA, Purse::Programs, Millis(60_900)), Err(TooMuch::Guesses(60)));
        assert_eq!(limits.request(ADA, Purse::Programs, Millis(120_899)), Err(TooMuch::Guesses(1)));
        assert_eq!(limits.request(EVE, Purse::Programs, Millis(60_900)), Ok(()));
        assert_eq!(limits.request(ADA, Purse::Programs, Millis(120_900)), Ok(()));
    }

    #[test]
    fn one_user_has_half_of_what_fobd_works_at() {
        let mut limits = Limits::default();
        assert!((0..4).all(|_| limits.take_off(ADA).is_ok()));
        assert_eq!(limits.take_off(ADA), Err(TooMuch::AtOnce));
        assert!((0..4).all(|_| limits.take_off(EVE).is_ok()));
        assert_eq!(limits.take_off(0), Err(TooMuch::AtOnce));
        limits.land(ADA);
        assert_eq!(limits.take_off(0), Ok(()));
    }

    #[test]
    fn a_user_without_number_is_not_remembered_for_ever() {
        let mut limits = Limits::default();
        let later = Millis(3_600_000);
        for uid in 0..100_000 {
            limits.connect(uid, later).unwrap();
            limits.disconnect(uid);
        }
        assert!(limits.users.len() <= USERS);
        // Those who did something wrong a moment ago are: then a new one has to wait.
        let mut limits = Limits::default();
        for uid in 0..1024 {
            limits.wrong(uid, Purse::Programs, later);
        }
        assert_eq!(limits.connect(5_000, later), Err(TooMuch::AtOnce));
        assert_eq!(limits.connect(5_000, later.plus(WINDOW)), Ok(()));
    }
}
