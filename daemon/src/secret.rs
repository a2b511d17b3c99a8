//! Secrets that come through a passed pipe. Everything here blocks, at most for `fob_bus::pipe::PATIENCE`.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::os::fd::OwnedFd;

use fob_bus::{CallError, ErrorKind, pipe};
use fob_ctap::pin::Pin;
use fob_vault::{Opening, Passphrase, RecoveryCode, SlotId, SlotSecret};
use icu_normalizer::ComposingNormalizerBorrowed;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use zeroize::{Zeroize, Zeroizing};

use crate::errors;

/// That somebody could read what is put into this pipe.
///
/// # Errors
/// [`ErrorKind::BadPipe`] if every other end is closed.
pub(crate) fn has_reader(end: &OwnedFd) -> Result<(), CallError> {
    // poll(2) says so unasked, of the writing end of a pipe that nobody has open for reading.
    let mut ends = [PollFd::new(end, PollFlags::empty())];
    let looked = poll(&mut ends, Some(&Timespec::default()));
    let gone = ends.iter().any(|end| end.revents().contains(PollFlags::ERR));
    match looked {
        Ok(_) if !gone => Ok(()),
        _ => Err(CallError::new(ErrorKind::BadPipe, "nobody would take the new recovery code: nothing was changed")),
    }
}

/// Text from a pipe. One line end at its end is not part of it: `echo` and `printf '…\n'` write one.
pub(crate) fn text(end: &OwnedFd, limit: usize) -> Result<Zeroizing<String>, CallError> {
    let mut bytes = pipe::take(end, limit).map_err(|error| errors::pipe(&error))?;
    if bytes.ends_with(b"\n") {
        bytes.pop();
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
    }
    // The vector itself becomes the text, so no copy of the secret stays behind.
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(error) => {
            error.into_bytes().zeroize();
            Err(CallError::new(ErrorKind::InvalidInput, "what came through the pipe is not UTF-8 text"))
        }
    }
}

/// A passphrase from a pipe.
pub(crate) fn passphrase(end: &OwnedFd) -> Result<Passphrase, CallError> {
    let mut text = text(end, pipe::SHORT)?;
    Passphrase::new(std::mem::take(&mut *text)).map_err(|error| CallError::from_error(ErrorKind::InvalidInput, &error))
}

/// A recovery code from a pipe.
pub(crate) fn recovery_code(end: &OwnedFd) -> Result<RecoveryCode, CallError> {
    let text = text(end, pipe::SHORT)?;
    RecoveryCode::parse(&text).map_err(|error| CallError::from_error(ErrorKind::InvalidInput, &error))
}

/// What opens a vault, as somebody presents it.
pub(crate) enum Proof {
    /// Its passphrase.
    Passphrase(Passphrase),
    /// Its recovery code.
    Recovery(RecoveryCode),
    /// What a security key, the keyring or a TPM answered for one of its ways in.
    Secret(SlotId, SlotSecret),
    /// The same of a security key, together with the passphrase.
    Both(Passphrase, SlotId, SlotSecret),
}

impl Proof {
    /// Reads it from its pipe.
    pub(crate) fn read(end: &OwnedFd, is_recovery_code: bool) -> Result<Self, CallError> {
        if is_recovery_code { recovery_code(end).map(Self::Recovery) } else { passphrase(end).map(Self::Passphrase) }
    }

    /// The same for the vault.
    pub(crate) const fn opening(&self) -> Opening<'_> {
        match self {
            Self::Passphrase(passphrase) => Opening::Passphrase(passphrase),
            Self::Recovery(code) => Opening::Recovery(code),
            Self::Secret(slot, secret) => Opening::Secret(*slot, secret),
            Self::Both(passphrase, slot, secret) => Opening::PassphraseAndKey(passphrase, *slot, secret),
        }
    }

    /// The passphrase in it.
    pub(crate) const fn passphrase(&self) -> Option<&Passphrase> {
        match self {
            Self::Passphrase(passphrase) | Self::Both(passphrase, ..) => Some(passphrase),
            Self::Recovery(_) | Self::Secret(..) => None,
        }
    }
}

/// Fewest and most characters of the PIN of a soft lock.
const QUICK_PIN: RangeInclusive<usize> = 4..=64;

/// The PIN of a soft lock from a pipe, in Normalization Form C. It derives no key, so it may be short.
pub(crate) fn quick_pin(end: &OwnedFd) -> Result<Passphrase, CallError> {
    let text = text(end, pipe::SHORT)?;
    let mut text = composed(&text).unwrap_or(text);
    if !QUICK_PIN.contains(&text.chars().count()) {
        let words = format!("a quick PIN has {} to {} characters", QUICK_PIN.start(), QUICK_PIN.end());
        return Err(CallError::new(ErrorKind::PinPolicy, words));
    }
    Passphrase::new(std::mem::take(&mut *text)).map_err(|error| CallError::from_error(ErrorKind::PinPolicy, &error))
}

/// The text in Normalization Form C, if it is not in it already.
fn composed(text: &str) -> Option<Zeroizing<String>> {
    match ComposingNormalizerBorrowed::new_nfc().normalize(text) {
        Cow::Borrowed(_) => None,
        Cow::Owned(composed) => Some(Zeroizing::new(composed)),
    }
}

/// A PIN from a pipe, in Normalization Form C, as keys are to get it (CTAP 2.3 §6.5.1): the same PIN from another
/// keyboard is the same bytes.
pub(crate) fn pin(end: &OwnedFd) -> Result<Pin, CallError> {
    let text = text(end, pipe::SHORT)?;
    Pin::new(composed(&text).unwrap_or(text)).map_err(|error| CallError::from_error(ErrorKind::PinPolicy, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piped(text: &[u8]) -> OwnedFd {
        pipe::holding(Zeroizing::new(text.to_vec())).unwrap()
    }

    #[test]
    fn one_line_end_is_not_part_of_a_secret() {
        for (sent, expected) in [("tower", "tower"), ("tower\n", "tower"), ("tower\r\n", "tower"), (" t ", " t ")] {
            assert_eq!(*text(&piped(sent.as_bytes()), 10).unwrap(), expected, "{sent:?}");
        }
    }

    /// U+0065 U+0301 composes to U+00E9 (Unicode Standard Annex #15, figure 3).
    #[test]
    fn a_pin_from_any_keyboard_is_the_same_bytes() {
        for (typed, expected) in [("1234", "1234"), ("cafe\u{301}", "caf\u{e9}"), ("caf\u{e9}", "caf\u{e9}")] {
            assert_eq!(pin(&piped(typed.as_bytes())).unwrap().expose(), expected, "{typed:?}");
        }
    }

    #[test]
    fn what_is_no_secret_is_named() {
        for (case, outcome, expected) in [
            ("no text", text(&piped(&[0xff]), 10).err(), ErrorKind::InvalidInput),
            ("too long", text(&piped(b"12345"), 4).err(), ErrorKind::BadPipe),
            ("an empty passphrase", passphrase(&piped(b"\n")).err(), ErrorKind::InvalidInput),
            ("two lines", passphrase(&piped(b"a\nb")).err(), ErrorKind::InvalidInput),
            ("a short code", recovery_code(&piped(b"AAAA")).err(), ErrorKind::InvalidInput),
        ] {
            assert_eq!(outcome.map(|error| error.kind), Some(expected), "{case}");
        }
    }
}
