//! The person at a key, as a script has them: what happens when the key wants to be touched, and when.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use fob_ambient::Millis;
use fob_authenticator::{Ask, FingerSample, Presence, Sensor};
use fob_ctap::bio_enrollment::SampleStatus;
use fob_softkey_control::{Finger, RaceWinner, Touch};

use crate::TouchPolicy;

/// Longest script that is kept.
pub(crate) const LONGEST_SCRIPT: usize = 4_096;

/// What to do about a touch that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// This is the answer.
    Now(Presence),
    /// The answer comes later.
    Wait,
    /// Ask at the terminal.
    AskTerminal,
}

/// A script, and what of it is under way.
#[derive(Debug)]
pub(crate) struct Person {
    policy: TouchPolicy,
    script: VecDeque<Touch>,
    fingers: Fingers,
    waiting: Option<Waiting>,
}

/// The script of the fingers, by handle: the sensor is the authenticator's.
#[derive(Debug, Clone, Default)]
struct Fingers(Rc<RefCell<VecDeque<Finger>>>);

impl Sensor for Fingers {
    fn sample(&mut self) -> FingerSample {
        match self.0.borrow_mut().pop_front() {
            None => FingerSample::Good { finger: 1 },
            Some(Finger::Good { finger }) => FingerSample::Good { finger },
            Some(Finger::Poor { status }) => FingerSample::Poor(SampleStatus::from_number(status.into())),
            Some(Finger::None {}) => FingerSample::None,
        }
    }
}

#[derive(Debug)]
struct Waiting {
    what_for: String,
    /// What will happen by itself, and when.
    next: Option<(Millis, Presence)>,
    race: Option<RaceWinner>,
}

impl Person {
    /// Does as the policy says.
    pub(crate) fn new(policy: TouchPolicy) -> Self {
        Self { policy, script: VecDeque::new(), fingers: Fingers::default(), waiting: None }
    }

    /// The next touches go like this. A touch that is waited for goes on as it began.
    pub(crate) fn play(&mut self, script: Vec<Touch>) {
        self.script = script.into();
    }

    /// The next fingers are laid on the sensor like this.
    pub(crate) fn lay(&mut self, script: Vec<Finger>) {
        *self.fingers.0.borrow_mut() = script.into();
    }

    /// The sensor that the script lays them on; a well-laid finger number 1 where it has none.
    pub(crate) fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(self.fingers.clone())
    }

    /// Steps that are left.
    pub(crate) fn steps(&self) -> usize {
        self.script.len()
    }

    /// What a touch is wanted for; none if none is.
    pub(crate) fn waits_for(&self) -> Option<&str> {
        self.waiting.as_ref().map(|waiting| waiting.what_for.as_str())
    }

    /// A touch is wanted.
    pub(crate) fn ask(&mut self, ask: &Ask, now: Millis) -> Decision {
        let step = self.script.pop_front();
        let (next, race, decision) = match step {
            Some(Touch::Allow {}) => return Decision::Now(Presence::Touched),
            Some(Touch::Deny {}) => return Decision::Now(Presence::Refused),
            Some(Touch::Delay { ms }) => (Some((now.plus(Millis(ms)), Presence::Touched)), None, Decision::Wait),
            Some(Touch::TimeOut { ms }) => {
                let next = ms.map(|ms| (now.plus(Millis(ms)), Presence::TimedOut));
                (next, None, Decision::Wait)
            }
            Some(Touch::Hold {}) => (None, None, Decision::Wait),
            Some(Touch::Race { winner }) => (None, Some(winner), Decision::Wait),
            None => match self.policy {
                TouchPolicy::Allow => return Decision::Now(Presence::Touched),
                TouchPolicy::Deny => return Decision::Now(Presence::Refused),
                TouchPolicy::Ask => (None, None, Decision::AskTerminal),
            },
        };
        self.waiting = Some(Waiting { what_for: ask.reason.words().to_owned(), next, race });
        decision
    }

    /// It is not wanted any more.
    pub(crate) fn over(&mut self) {
        self.waiting = None;
    }

    /// Whether the touch comes before a cancel that comes now.
    pub(crate) fn beats_cancel(&self) -> bool {
        self.waiting.as_ref().is_some_and(|waiting| waiting.race == Some(RaceWinner::Touch))
    }

    /// When [`Person::on_tick`] has something to say.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        self.waiting.as_ref()?.next.map(|(due, _)| due)
    }

    /// Time has passed: the answer, if it is due.
    pub(crate) fn on_tick(&mut self, now: Millis) -> Option<Presence> {
        let (_, presence) = self.waiting.as_mut()?.next.take_if(|(due, _)| *due <= now)?;
        Some(presence)
    }
}

#[cfg(test)]
mod tests {
    use fob_authenticator::Reason;

    use super::*;

    fn ask() -> Ask {
        Ask { reason: Reason::Selection, rp_id: None, deadline: Millis(30_000) }
    }

    #[test]
    fn the_script_comes_first_and_the_policy_after_it() {
        let mut person = Person::new(TouchPolicy::Deny);
        person.play(vec![Touch::Allow {}, Touch::Delay { ms: 70 }, Touch::TimeOut { ms: Some(5) }, Touch::Hold {}]);
        assert_eq!(person.ask(&ask(), Millis(0)), Decision::Now(Presence::Touched));
        assert_eq!(person.ask(&ask(), Millis(100)), Decision::Wait);
        assert_eq!((person.deadline(), person.on_tick(Millis(169))), (Some(Millis(170)), None));
        assert_eq!(person.on_tick(Millis(170)), Some(Presence::Touched));
        assert_eq!(person.on_tick(Millis(171)), None, "once");
        person.over();
        assert_eq!(person.ask(&ask(), Millis(200)), Decision::Wait);
        assert_eq!(person.on_tick(Millis(205)), Some(Presence::TimedOut));
        assert_eq!(person.ask(&ask(), Millis(300)), Decision::Wait);
        assert_eq!((person.deadline(), person.waits_for()), (None, Some("choose it")));
        person.over();
        assert_eq!(person.ask(&ask(), Millis(400)), Decision::Now(Presence::Refused));
        assert_eq!(person.waits_for(), None);
    }

    #[test]
    fn only_a_race_that_the_touch_wins_beats_a_cancel() {
        for (step, beats) in [
            (Touch::Hold {}, false),
            (Touch::Race { winner: RaceWinner::Cancel }, false),
            (Touch::Race { winner: RaceWinner::Touch }, true),
        ] {
            let mut person = Person::new(TouchPolicy::Allow);
            person.play(vec![step]);
            assert_eq!(person.ask(&ask(), Millis(0)), Decision::Wait);
            assert_eq!(person.beats_cancel(), beats);
        }
    }

    #[test]
    fn fingers_follow_their_script_and_then_are_good() {
        let mut person = Person::new(TouchPolicy::Allow);
        let mut sensor = person.sensor();
        person.lay(vec![Finger::Poor { status: 2 }, Finger::None {}, Finger::Good { finger: 7 }]);
        assert!(matches!(sensor.sample(), FingerSample::Poor(_)));
        assert_eq!(sensor.sample(), FingerSample::None);
        assert_eq!(sensor.sample(), FingerSample::Good { finger: 7 });
        assert_eq!(sensor.sample(), FingerSample::Good { finger: 1 });
    }
}
