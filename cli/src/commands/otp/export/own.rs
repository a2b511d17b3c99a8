//! QR codes that Google Authenticator takes: `otpauth-migration://` URIs, a code each. On the terminal one below the
//! other, in a file as a page to look at.

use fob_ambient::{Rng, UnixTime};
use fob_exchange::{Exported, Report, Target, write};
use zeroize::Zeroizing;

use super::page;
use crate::commands::otp::qr::{QUIET, encode, half_blocks};
use crate::{Exit, Failure};

/// The codes.
pub(super) fn google_qr(
    report: &Report,
    on_terminal: bool,
    rng: &mut dyn Rng,
    now: UnixTime,
) -> Result<Exported, Failure> {
    let exported = write(&report.records, Target::GoogleMigration, None, rng, now)
        .map_err(|error| Failure::new(Exit::Failed, "no code was made").because(&error))?;
    let list = std::str::from_utf8(&exported.bytes)
        .map_err(|error| Failure::new(Exit::Failed, "no code was made").because(&error))?;
    let uris: Vec<&str> = list.lines().filter(|line| !line.is_empty()).collect();
    let bytes = if on_terminal { codes(&uris)? } else { page::codes(&uris)? };
    Ok(Exported { bytes, ..exported })
}

fn codes(uris: &[&str]) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut text = Zeroizing::new(String::new());
    for (number, uri) in uris.iter().enumerate() {
        let lines = half_blocks(&encode(uri)?, QUIET);
        let mut longer = Zeroizing::new(String::with_capacity(
            text.len() + lines.iter().map(|line| line.len() + 1).sum::<usize>() + 32,
        ));
        longer.push_str(&text);
        if uris.len() > 1 {
            longer.push_str(&format!("{} of {}\n", number + 1, uris.len()));
        }
        for line in &lines {
            longer.push_str(line);
            longer.push('\n');
        }
        text = longer;
    }
    Ok(Zeroizing::new(text.as_bytes().to_vec()))
}
