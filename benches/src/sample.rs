//! Samples of durations, how they are taken, and what to say of them.

use std::time::{Duration, Instant};

/// Durations of one thing done many times.
#[derive(Debug, Default)]
pub(crate) struct Sample(Vec<Duration>);

impl Sample {
    /// Adds one.
    pub(crate) fn push(&mut self, duration: Duration) {
        self.0.push(duration);
    }

    /// The duration that this share of all does not exceed, by nearest rank.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1) - 1;
        sorted.get(rank).copied().unwrap_or_default()
    }

    /// The middle.
    pub(crate) fn median(&self) -> Duration {
        self.percentile(50)
    }
}

/// One of several things that are measured in turn: does it once, and says how long that took.
pub(crate) type Act<'a> = &'a mut dyn FnMut() -> anyhow::Result<Duration>;

/// Does all of them in turn, so that whatever else the machine does falls on all alike. Of `rounds` and `warm_up`
/// more rounds, the latter come first and do not count.
pub(crate) fn in_turn<const N: usize>(
    rounds: usize,
    warm_up: usize,
    mut acts: [Act<'_>; N],
) -> anyhow::Result<[Sample; N]> {
    let mut samples = std::array::from_fn(|_| Sample::default());
    for round in 0..warm_up + rounds {
        for (act, sample) in acts.iter_mut().zip(&mut samples) {
            let took = act()?;
            if round >= warm_up {
                sample.push(took);
            }
        }
    }
    Ok(samples)
}

/// How long it takes.
pub(crate) fn timed<T>(act: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<Duration> {
    outcome_timed(act).map(|(took, _)| took)
}

/// How long it takes, and what comes of it.
pub(crate) fn outcome_timed<T>(act: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<(Duration, T)> {
    let begun = Instant::now();
    let outcome = act();
    let took = begun.elapsed();
    outcome.map(|outcome| (took, outcome))
}

/// Milliseconds with two digits.
pub(crate) fn milliseconds(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1e3)
}

/// Microseconds with one digit.
pub(crate) fn microseconds(duration: Duration) -> String {
    format!("{:.1} µs", duration.as_secs_f64() * 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let mut sample = Sample::default();
        (1..=100).rev().for_each(|millis| sample.push(Duration::from_millis(millis)));
        assert_eq!(sample.median(), Duration::from_millis(50));
        assert_eq!(sample.percentile(95), Duration::from_millis(95));
    }

    #[test]
    fn warming_up_does_not_count() {
        let mut numbers = 0..;
        let mut next = || Ok(Duration::from_secs(numbers.next().unwrap()));
        let [sample] = in_turn(3, 2, [&mut next]).unwrap();
        assert_eq!(sample.0, [2, 3, 4].map(Duration::from_secs));
    }
}
