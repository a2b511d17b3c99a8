//! When a fault happens: after so many, so often.

/// Counts the things that a fault could happen to.
#[derive(Debug, Clone)]
pub(crate) struct Countdown {
    after: u32,
    /// None: for ever.
    left: Option<u32>,
}

impl Countdown {
    /// `after` pass first; then it happens `times` times, for ever if that is 0.
    pub(crate) const fn new(after: u32, times: u32) -> Self {
        Self { after, left: if times == 0 { None } else { Some(times) } }
    }

    /// One more came: whether it happens to this one.
    pub(crate) const fn fires(&mut self) -> bool {
        if self.after > 0 {
            self.after -= 1;
            return false;
        }
        match &mut self.left {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }

    /// Whether it will never happen again.
    pub(crate) fn is_spent(&self) -> bool {
        self.left == Some(0)
    }

    /// How many pass before it happens.
    pub(crate) const fn after(&self) -> u32 {
        self.after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_then_happens_then_is_spent() {
        let fired = |mut countdown: Countdown| (0..5).map(|_| countdown.fires()).collect::<Vec<_>>();
        assert_eq!(fired(Countdown::new(0, 1)), [true, false, false, false, false]);
        assert_eq!(fired(Countdown::new(2, 2)), [false, false, true, true, false]);
        assert_eq!(fired(Countdown::new(3, 0)), [false, false, false, true, true]);
        let mut once = Countdown::new(0, 1);
        assert!(!once.is_spent());
        once.fires();
        assert!(once.is_spent());
    }
}
