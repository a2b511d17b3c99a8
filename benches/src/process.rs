//! Programs from their start to their exit, and how much memory a running one holds.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::sample::outcome_timed;

/// Runs it to its end; what it says goes nowhere.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<Duration> {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let (took, status) = outcome_timed(|| Ok(command.status()?))?;
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(took)
}

/// Runs it to its end; what it prints.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stdin(Stdio::null()).output()?;
    ensure!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Memory of a process that is in RAM, in KiB.
pub(crate) fn resident_kib(process: u32) -> anyhow::Result<u64> {
    status_field(&fs::read_to_string(format!("/proc/{process}/status"))?, "VmRSS:")
}

/// A number of /proc/PID/status.
pub(crate) fn status_field(status: &str, name: &str) -> anyhow::Result<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
    Ok(line.split_whitespace().next().unwrap_or_default().parse()?)
}
