//! What the demo prints: a line a step, with what verified it and how long it took.

use std::io::Write;
use std::time::Instant;

use anyhow::{Context, bail};
use signal_hook::iterator::Handle;

/// The running account.
#[derive(Debug)]
pub(super) struct Transcript {
    start: Instant,
    steps: u32,
    signals: Handle,
}

impl Transcript {
    /// Starts the clock. `signals` tells between steps whether somebody asked to stop.
    pub(super) fn begin(signals: Handle) -> Self {
        Self { start: Instant::now(), steps: 0, signals }
    }

    /// A headline.
    pub(super) fn chapter(&self, title: &str) {
        println!("\n{title}");
    }

    /// Does one thing and prints what it was and what verified it.
    pub(super) fn step<T>(
        &mut self,
        what: &str,
        action: impl FnOnce() -> anyhow::Result<(T, String)>,
    ) -> anyhow::Result<T> {
        if self.signals.is_closed() {
            bail!("stopped before: {what}");
        }
        let start = Instant::now();
        let (value, verified) = action().with_context(|| format!("step failed: {what}"))?;
        let took = start.elapsed().as_millis();
        println!("  ok {took:>5} ms  {what}: {verified}");
        // A transcript nobody reads any more is no reason to stop.
        let _ = std::io::stdout().flush();
        self.steps += 1;
        Ok(value)
    }

    /// The last line.
    pub(super) fn end(&self) {
        println!("\n{} steps, every one verified, in {:.1} s.", self.steps, self.start.elapsed().as_secs_f64());
    }
}
