//! A code as it is shown, and for how long it is good.

use std::fmt;

use fob_ambient::UnixTime;
use zeroize::Zeroizing;

/// A one-time code: a person's second factor for as long as it is good. Wiped on drop.
pub struct Code(Zeroizing<String>);

impl Code {
    /// Most characters of a code.
    pub(crate) const MAX_LENGTH: usize = 10;

    /// Takes the text over. It must have been made with its full capacity, so that no copy stayed behind.
    pub(crate) fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The digits, leading zeros included.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(..)")
    }
}

/// A code that time makes (RFC 6238).
#[derive(Debug)]
pub struct TimedCode {
    /// The code.
    pub code: Code,
    /// First second of its time step.
    pub valid_from: UnixTime,
    /// First second after its time step. At the far end of time the step is cut short.
    pub valid_until: UnixTime,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_not_written_into_logs() {
        let code = Code::new("755224".to_owned());
        assert_eq!(format!("{code:?}"), "Code(..)");
        let timed = TimedCode { code, valid_from: UnixTime(0), valid_until: UnixTime(30) };
        assert!(!format!("{timed:?}").contains("755224"));
    }
}
