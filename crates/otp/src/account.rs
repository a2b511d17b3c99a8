//! An account: everything that a site hands out for one-time codes, and the codes.

use std::fmt::{self, Write as _};

use fob_ambient::UnixTime;
use totp_rs::Builder;

use crate::{Algorithm, Code, Seed, TimedCode, hotp};

/// What gives codes. Any value can be kept; whether it gives codes shows in [`Account::usable`].
pub struct Account {
    /// Who issued it, empty if that is not known. Text from outside.
    pub issuer: String,
    /// Whose it is: a user name or an address, perhaps empty. Text from outside.
    pub name: String,
    /// The shared secret.
    pub seed: Seed,
    /// The hash function.
    pub algorithm: Algorithm,
    /// Length of a code. Sites use 6 to 8; codes can be made from 1 to 10.
    pub digits: u8,
    /// What moves from one code to the next.
    pub kind: Kind,
}

/// What moves from one code to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Time (RFC 6238).
    Totp {
        /// Length of a time step in seconds.
        period: u64,
    },
    /// A counter (RFC 4226).
    Hotp {
        /// The counter of the next code.
        counter: u64,
    },
}

impl Kind {
    /// A time step when a site says nothing, in seconds (RFC 6238 section 5.2).
    pub const DEFAULT_PERIOD: u64 = 30;

    /// `totp` or `hotp`, as in URIs and vaults.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Totp { .. } => "totp",
            Self::Hotp { .. } => "hotp",
        }
    }
}

/// Why an account gives no code, as the end of a sentence about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// A seed of no bytes: anybody could make its codes.
    #[error("its secret is empty")]
    EmptySeed,
    /// No digits, or more than a code can have: the truncated value has 31 bits (RFC 4226 section 5.3).
    #[error("its codes would have {0} digits, possible are 1 to 10")]
    Digits(u8),
    /// Time would not move.
    #[error("its period is 0 seconds")]
    PeriodZero,
    /// It was asked for the code of a time.
    #[error("it is counter-based, time does not move it")]
    CounterBased,
    /// It was asked for the code of a counter.
    #[error("it is time-based, it has no counter")]
    TimeBased,
}

impl Account {
    /// Length of a code when a site says nothing.
    pub const DEFAULT_DIGITS: u8 = 6;

    /// Whether it gives codes at all.
    ///
    /// # Errors
    /// Says why not.
    pub fn usable(&self) -> Result<(), Unusable> {
        match self.kind {
            _ if self.seed.expose().is_empty() => Err(Unusable::EmptySeed),
            _ if !(1..=Code::MAX_LENGTH).contains(&usize::from(self.digits)) => Err(Unusable::Digits(self.digits)),
            Kind::Totp { period: 0 } => Err(Unusable::PeriodZero),
            Kind::Totp { .. } | Kind::Hotp { .. } => Ok(()),
        }
    }

    /// The code of this moment.
    ///
    /// # Errors
    /// Why there is none; [`Unusable::CounterBased`] for HOTP.
    pub fn totp(&self, time: UnixTime) -> Result<TimedCode, Unusable> {
        self.usable()?;
        let Kind::Totp { period } = self.kind else { return Err(Unusable::CounterBased) };
        let valid_from = time.0 - time.0 % period;
        Ok(TimedCode {
            code: self.code_of_time(period, time),
            valid_from: UnixTime(valid_from),
            valid_until: UnixTime(valid_from.saturating_add(period)),
        })
    }

    /// The code of the next time step, for a person who would be too slow with this one.
    ///
    /// # Errors
    /// As [`Account::totp`].
    pub fn next_totp(&self, time: UnixTime) -> Result<TimedCode, Unusable> {
        self.totp(self.totp(time)?.valid_until)
    }

    /// The code of this counter, whatever counter the account stands at. The caller makes the step after it durable
    /// before anybody sees the code.
    ///
    /// # Errors
    /// Why there is none; [`Unusable::TimeBased`] for TOTP.
    pub fn hotp(&self, counter: u64) -> Result<Code, Unusable> {
        self.usable()?;
        match self.kind {
            Kind::Hotp { .. } => Ok(hotp::code(self.algorithm, self.seed.expose(), counter, self.digits)),
            Kind::Totp { .. } => Err(Unusable::TimeBased),
        }
    }

    /// Usability has been checked: totp-rs panics on more than nine digits and on a period of zero.
    fn code_of_time(&self, period: u64, time: UnixTime) -> Code {
        if usize::from(self.digits) == Code::MAX_LENGTH {
            return hotp::code(self.algorithm, self.seed.expose(), time.0 / period, self.digits);
        }
        let token = Builder::new()
            .with_algorithm(totp_rs_name(self.algorithm))
            .with_digits(self.digits)
            .with_step_duration(period)
            .with_secret(self.seed.expose())
            .build_noncompliant()
            .generate(time.0);
        let mut text = String::with_capacity(Code::MAX_LENGTH);
        write!(text, "{token}").expect("a String takes everything");
        Code::new(text)
    }
}

/// Seed and names stay out of it.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("kind", &self.kind)
            .field("algorithm", &self.algorithm)
            .field("digits", &self.digits)
            .finish_non_exhaustive()
    }
}

const fn totp_rs_name(algorithm: Algorithm) -> totp_rs::Algorithm {
    match algorithm {
        Algorithm::Sha1 => totp_rs::Algorithm::SHA1,
        Algorithm::Sha256 => totp_rs::Algorithm::SHA256,
        Algorithm::Sha512 => totp_rs::Algorithm::SHA512,
    }
}

#[cfg(test)]
mod tests;
