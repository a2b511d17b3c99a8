//! `oathtool` from Debian: the independent judge of every one-time code.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// What oathtool makes of this Base32 secret, which goes in through a pipe.
///
/// # Errors
/// When oathtool is missing or refuses.
pub fn code(arguments: &[String], secret_base32: &str) -> anyhow::Result<String> {
    let mut child = Command::new("oathtool")
        .args(arguments)
        .args(["--base32", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("oathtool (Debian package oathtool) could not be started")?;
    child.stdin.take().context("stdin was asked for")?.write_all(secret_base32.as_bytes())?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("oathtool failed: {}", output.status);
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// A TOTP code: `algorithm` as oathtool names it (`SHA1`, `SHA256`, `SHA512`), `time` in Unix seconds.
///
/// # Errors
/// As [`code`].
pub fn totp(secret: &str, algorithm: &str, digits: u64, period: u64, time: u64) -> anyhow::Result<String> {
    let arguments = [
        format!("--totp={algorithm}"),
        format!("--digits={digits}"),
        format!("--time-step-size={period}s"),
        format!("--now=@{time}"),
    ];
    code(&arguments, secret)
}

/// The HOTP code of this counter.
///
/// # Errors
/// As [`code`].
pub fn hotp(secret: &str, digits: u64, counter: u64) -> anyhow::Result<String> {
    code(&["--hotp".to_owned(), format!("--digits={digits}"), format!("--counter={counter}")], secret)
}
