//! What is odd about an account that is taken all the same.

use crate::{Account, Kind, Unusable};

/// Fewer bits than RFC 4226 section 4 (R6) asks of a seed.
const SHORT_SEED_BITS: usize = 128;
/// Lengths that sites use.
const USUAL_DIGITS: std::ops::RangeInclusive<u8> = 6..=8;
/// Longest time step that is no slip, in seconds: a day.
const LONGEST_PERIOD: u64 = 86_400;

/// Something to tell the person beside the account. Never a reason to refuse it: real sites hand out 80-bit seeds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// A short seed can be guessed from a few codes.
    #[error("its secret has {bits} bits, RFC 4226 wants {SHORT_SEED_BITS} at least")]
    ShortSeed {
        /// Its length.
        bits: usize,
    },
    /// Not 6 to 8.
    #[error("its codes have {0} digits, most sites use 6 to 8")]
    UnusualDigits(u8),
    /// Longer than a day.
    #[error("its codes change every {0} seconds, which is more than a day")]
    LongPeriod(u64),
    /// A URI without the counter that RFC 4226 needs.
    #[error("it came without a counter and starts at 0")]
    CounterMissing,
    /// It is kept, and gives no codes. May quote text from outside.
    #[error("it gives no code: {0}")]
    GivesNoCode(Unusable),
}

impl Account {
    /// What is odd about this account, whatever it came from.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        if let Err(reason) = self.usable() {
            return vec![Warning::GivesNoCode(reason)];
        }
        let bits = self.seed.bits();
        // The other kinds have their own lengths.
        let of_rfc = matches!(self.kind, Kind::Totp { .. } | Kind::Hotp { .. });
        let short = (of_rfc && bits < SHORT_SEED_BITS).then_some(Warning::ShortSeed { bits });
        let unusual = of_rfc && !USUAL_DIGITS.contains(&self.digits);
        let digits = unusual.then_some(Warning::UnusualDigits(self.digits));
        let long = self.kind.period().filter(|&period| period > LONGEST_PERIOD).map(Warning::LongPeriod);
        [short, digits, long].into_iter().flatten().collect()
    }
}
