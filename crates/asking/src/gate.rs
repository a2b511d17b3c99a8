//! The gate: no input counts until the prompt was shown and focused for half a second (DESIGN.md section 5).
//!
//! A window that comes up under somebody's hands would otherwise take the key or the click that was meant for another.
//! Decides only; the face tells what happens and when, and asks at the press of a key or button, never at its release.

use fob_ambient::Millis;

use crate::Question;

/// Whether input counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gate {
    shown: bool,
    focused: bool,
    /// Since when nothing disturbed a prompt that is shown and focused.
    since: Option<Millis>,
}

impl Gate {
    /// Closed: nothing is shown yet.
    #[must_use]
    pub const fn closed() -> Self {
        Self { shown: false, focused: false, since: None }
    }

    /// The prompt is on the screen from now on, or is no longer.
    pub fn show(&mut self, shown: bool, now: Millis) {
        self.shown = shown;
        self.disturb(now);
    }

    /// It has the focus from now on, or has it no longer. Said again, it starts the half second again.
    pub fn focus(&mut self, focused: bool, now: Millis) {
        self.focused = focused;
        self.disturb(now);
    }

    /// It was moved or resized, or something lay over it: the half second starts again.
    pub fn disturb(&mut self, now: Millis) {
        self.since = (self.shown && self.focused).then_some(now);
    }

    /// Whether input at this moment counts.
    #[must_use]
    pub fn is_open(&self, now: Millis) -> bool {
        self.since.is_some_and(|since| now.since(since).duration() >= Question::SETTLE)
    }

    /// When it opens if nothing happens, or has opened; `None` where it does not by itself.
    #[must_use]
    pub fn opens_at(&self) -> Option<Millis> {
        self.since.map(|since| since.plus(Millis(Question::SETTLE.as_millis().try_into().unwrap_or(u64::MAX))))
    }

    /// Whether a key that goes down now counts. One that does not starts the half second again: who is in the middle of
    /// typing something else has not seen the prompt.
    pub fn key(&mut self, now: Millis) -> bool {
        let counts = self.is_open(now);
        if !counts {
            self.disturb(now);
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half a second, as a number of its own.
    const HALF: u64 = 500;

    fn open_gate() -> Gate {
        let mut gate = Gate::closed();
        gate.show(true, Millis(0));
        gate.focus(true, Millis(0));
        assert!(gate.is_open(Millis(HALF)));
        gate
    }

    #[test]
    fn nothing_counts_until_it_was_shown_and_focused_for_half_a_second() {
        let mut gate = Gate::closed();
        assert!(!gate.is_open(Millis(10_000)) && gate.opens_at().is_none());
        gate.show(true, Millis(1_000));
        assert!(!gate.is_open(Millis(10_000)), "shown, and never focused");
        gate.focus(true, Millis(2_000));
        assert_eq!(gate.opens_at(), Some(Millis(2_500)));
        assert!(!gate.is_open(Millis(2_499)));
        assert!(gate.is_open(Millis(2_500)));
    }

    #[test]
    fn focus_before_it_is_seen_is_no_time_to_read() {
        let mut gate = Gate::closed();
        gate.focus(true, Millis(0));
        gate.show(true, Millis(900));
        assert!(!gate.is_open(Millis(1_399)) && gate.is_open(Millis(1_400)));
    }

    #[test]
    fn refocus_move_and_resize_start_it_again() {
        type Happening = fn(&mut Gate, Millis);
        let happenings: [(&str, Happening); 4] = [
            ("focus came again", |gate, now| gate.focus(true, now)),
            ("focus went and came", |gate, now| {
                gate.focus(false, now);
                gate.focus(true, now);
            }),
            ("moved or resized", Gate::disturb),
            ("hidden and shown", |gate, now| {
                gate.show(false, now);
                gate.show(true, now);
            }),
        ];
        for (case, happens) in happenings {
            let mut gate = open_gate();
            happens(&mut gate, Millis(5_000));
            assert!(!gate.is_open(Millis(5_499)), "{case}");
            assert!(gate.is_open(Millis(5_500)), "{case}");
        }
    }

    #[test]
    fn without_the_focus_it_is_closed_for_as_long_as_that_lasts() {
        let mut gate = open_gate();
        gate.focus(false, Millis(600));
        gate.disturb(Millis(700));
        assert!(!gate.is_open(Millis(1_000_000)) && gate.opens_at().is_none());
    }

    #[test]
    fn who_goes_on_typing_has_not_answered() {
        let mut gate = Gate::closed();
        gate.show(true, Millis(0));
        gate.focus(true, Millis(0));
        for now in (0..5_000).step_by(400) {
            assert!(!gate.key(Millis(now)), "a key every 0.4 s, at {now}");
        }
        assert!(!gate.is_open(Millis(5_299)) && gate.is_open(Millis(5_300)));
        assert!(gate.key(Millis(5_300)));
        assert!(gate.key(Millis(5_301)), "one that counts closes nothing");
    }
}
