//! The line before the prompt: who may wait in it, and who is silenced. No clock of its own, nothing asynchronous.
//!
//! One question is shown at a time. A program that nobody answers, or that takes its questions back again and again, is a
//! nuisance like one that is refused: a flood of prompts must not wear a person down (DESIGN.md section 5).

use std::collections::VecDeque;

use fob_ambient::Millis;

/// Most questions at once, the one that is shown among them.
const ALL: usize = 8;
/// Most questions of one caller.
const EACH: usize = 2;
/// How long a caller is silenced.
const SILENCE: Millis = Millis(60_000);
/// After so many points in a row: three refusals, or six questions that were taken back.
const ENOUGH: u8 = 6;
/// Most questions of strangers, all of them together: whoever makes copies of itself does not fill the line.
const STRANGERS: usize = ALL / 2;
/// Callers whose refusals are counted. The one that was heard of longest ago makes room.
const REMEMBERED: usize = 256;

/// Who counts as one caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Who {
    /// What it is told from others by.
    pub(crate) name: String,
    /// Whether anybody of this user could be it, and be many.
    pub(crate) stranger: bool,
}

/// A place in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place(u64);

/// Why somebody may not wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TooMany {
    /// Of this caller.
    #[error("{EACH} questions of this program wait for an answer already")]
    OfYours,
    /// Of all strangers.
    #[error("{STRANGERS} questions of programs that are not listed wait for an answer already")]
    OfStrangers,
    /// Of all callers.
    #[error("{ALL} questions wait for an answer already")]
    OfAll,
    /// It was refused too often.
    #[error("this program was refused or left unanswered too often: it is not asked about again for {0} seconds")]
    Silenced(u64),
}

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Came {
    /// The person said yes.
    Yes,
    /// The person said no, or nothing, or could not be reached.
    No,
    /// It was taken back while it was shown.
    Back,
    /// It was taken back for no fault of the caller's: it was never shown, or the vault was locked.
    Nothing,
}

/// The line.
#[derive(Debug, Default)]
pub(crate) struct Line {
    next: u64,
    waiting: Vec<(Place, Who)>,
    nuisances: VecDeque<Nuisance>,
}

#[derive(Debug)]
struct Nuisance {
    who: Who,
    points: u8,
    silent_until: Option<Millis>,
}

impl Line {
    /// A place for another question of this caller.
    ///
    /// # Errors
    /// [`TooMany`].
    pub(crate) fn join(&mut self, who: &Who, now: Millis) -> Result<Place, TooMany> {
        if let Some(until) = self.silenced(who, now) {
            return Err(TooMany::Silenced(until.since(now).0.div_ceil(1_000)));
        }
        if self.waiting.iter().filter(|(_, other)| other == who).count() >= EACH {
            return Err(TooMany::OfYours);
        }
        if who.stranger && self.waiting.iter().filter(|(_, other)| other.stranger).count() >= STRANGERS {
            return Err(TooMany::OfStrangers);
        }
        if self.waiting.len() >= ALL {
            return Err(TooMany::OfAll);
        }
        let place = Place(self.next);
        self.next += 1;
        self.waiting.push((place, who.clone()));
        Ok(place)
    }

    /// Whether this caller was silenced while it waited.
    ///
    /// # Errors
    /// [`TooMany::Silenced`].
    pub(crate) fn may_be_shown(&mut self, who: &Who, now: Millis) -> Result<(), TooMany> {
        self.silenced(who, now).map_or(Ok(()), |until| Err(TooMany::Silenced(until.since(now).0.div_ceil(1_000))))
    }

    /// How many wait behind this place.
    pub(crate) fn behind(&self, place: Place) -> u32 {
        let behind = self.waiting.iter().filter(|(other, _)| other.0 > place.0).count();
        u32::try_from(behind).unwrap_or(u32::MAX)
    }

    /// How many wait.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The question at this place is over.
    pub(crate) fn leave(&mut self, place: Place, came: Came, now: Millis) {
        let Some(at) = self.waiting.iter().position(|(other, _)| *other == place) else { return };
        let (_, who) = self.waiting.remove(at);
        match came {
            Came::Nothing => {}
            Came::Yes => self.nuisances.retain(|nuisance| nuisance.who != who),
            Came::No => self.count(who, 2, now),
            Came::Back => self.count(who, 1, now),
        }
    }

    fn count(&mut self, who: Who, points: u8, now: Millis) {
        let known = self.nuisances.iter().position(|nuisance| nuisance.who == who);
        let mut nuisance = match known.and_then(|at| self.nuisances.remove(at)) {
            Some(nuisance) => nuisance,
            None => Nuisance { who, points: 0, silent_until: None },
        };
        nuisance.points = nuisance.points.saturating_add(points);
        if nuisance.points >= ENOUGH {
            nuisance.points = 0;
            nuisance.silent_until = Some(now.plus(SILENCE));
        }
        if self.nuisances.len() >= REMEMBERED {
            self.nuisances.pop_front();
        }
        self.nuisances.push_back(nuisance);
    }

    fn silenced(&mut self, who: &Who, now: Millis) -> Option<Millis> {
        let nuisance = self.nuisances.iter_mut().find(|nuisance| nuisance.who == *who)?;
        nuisance.silent_until = nuisance.silent_until.filter(|until| *until > now);
        nuisance.silent_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_000);

    fn who(name: &str) -> Who {
        Who { name: name.to_owned(), stranger: false }
    }

    /// Eight copies of a script once took all of the line, and the browser was turned away.
    #[test]
    fn strangers_have_half_of_the_line_however_many_they_are() {
        let mut line = Line::default();
        let copy = |number: u32| Who { stranger: true, ..who(&number.to_string()) };
        let places: Vec<_> = (0..4).map(|number| line.join(&copy(number), NOW).unwrap()).collect();
        assert_eq!(line.join(&copy(4), NOW), Err(TooMany::OfStrangers));
        assert!(line.join(&who("browser"), NOW).is_ok());
        line.leave(places[0], Came::Nothing, NOW);
        assert!(line.join(&copy(4), NOW).is_ok());
    }

    #[test]
    fn two_for_each_and_eight_in_all() {
        let mut line = Line::default();
        let places: Vec<_> =
            (0..4).flat_map(|n| [n, n]).map(|n| line.join(&who(&n.to_string()), NOW).unwrap()).collect();
        assert_eq!(line.join(&who("0"), NOW), Err(TooMany::OfYours));
        assert_eq!(line.join(&who("new"), NOW), Err(TooMany::OfAll));
        assert_eq!((line.behind(places[0]), line.behind(places[7])), (7, 0));
        line.leave(places[0], Came::Nothing, NOW);
        line.leave(places[0], Came::No, NOW);
        assert!(line.join(&who("new"), NOW).is_ok());
    }

    #[test]
    fn three_refusals_in_a_row_silence_for_a_minute() {
        let mut line = Line::default();
        let mut asked = |came, now| {
            let place = line.join(&who("it"), now)?;
            line.leave(place, came, now);
            Ok(())
        };
        for came in [Came::No, Came::No, Came::Yes, Came::No, Came::No, Came::Nothing, Came::No] {
            assert_eq!(asked(came, NOW), Ok(()), "{came:?}");
        }
        assert_eq!(asked(Came::No, NOW), Err(TooMany::Silenced(60)));
        assert_eq!(asked(Came::No, Millis(60_001)), Err(TooMany::Silenced(1)));
        assert_eq!(asked(Came::No, Millis(61_000)), Ok(()), "it begins anew");
        assert_eq!(asked(Came::No, Millis(61_000)), Ok(()));
    }

    #[test]
    fn six_questions_that_were_taken_back_do_the_same() {
        let mut line = Line::default();
        for _ in 0..6 {
            let place = line.join(&who("it"), NOW).unwrap();
            line.leave(place, Came::Back, NOW);
        }
        assert_eq!(line.join(&who("it"), NOW), Err(TooMany::Silenced(60)));
        assert!(line.may_be_shown(&who("it"), NOW).is_err());
        assert!(line.join(&who("another"), NOW).is_ok());
    }

    #[test]
    fn what_is_kept_about_callers_is_bounded() {
        let mut line = Line::default();
        for number in 0..10_000 {
            let place = line.join(&who(&number.to_string()), NOW).unwrap();
            line.leave(place, Came::No, NOW);
        }
        assert!(line.nuisances.len() <= REMEMBERED && line.waiting.is_empty());
    }
}
