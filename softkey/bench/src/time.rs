//! The bench's time: that of outside, or one that stands still until it is told to move. It never goes back.

use fob_ambient::Millis;

/// How bench time comes from the clock outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Time {
    /// So much ahead of the clock outside.
    Running { ahead: Millis },
    /// It is now, whatever the clock outside says.
    Still(Millis),
}

impl Time {
    /// As outside.
    pub(crate) const REAL: Self = Self::Running { ahead: Millis(0) };

    /// Bench time, when it is `outside` outside.
    pub(crate) const fn now(self, outside: Millis) -> Millis {
        match self {
            // Behind the clock outside is ahead of it modulo 2⁶⁴.
            Self::Running { ahead } => Millis(outside.0.wrapping_add(ahead.0)),
            Self::Still(now) => now,
        }
    }

    /// Stands still from now on.
    pub(crate) const fn stop(self, outside: Millis) -> Self {
        Self::Still(self.now(outside))
    }

    /// Goes on from where it is. Time that stood still may be behind the clock outside; then it stays behind, and what
    /// was measured while it stood goes on.
    pub(crate) const fn go(self, outside: Millis) -> Self {
        match self {
            Self::Running { .. } => self,
            Self::Still(now) => Self::Running { ahead: Millis(now.0.wrapping_sub(outside.0)) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_moves_and_goes_on_without_a_jump() {
        let time = Time::REAL;
        assert_eq!(time.now(Millis(700)), Millis(700));
        let still = time.stop(Millis(700));
        assert_eq!(still.now(Millis(9_000)), Millis(700));
        let running = still.go(Millis(9_000));
        assert_eq!(running.now(Millis(9_000)), Millis(700));
        assert_eq!(running.now(Millis(9_050)), Millis(750));
        let far = Time::Still(Millis(50_000)).go(Millis(9_000));
        assert_eq!(far.now(Millis(9_001)), Millis(50_001));
    }
}
