//! An account: everything that a site hands out for one-time codes, and the codes.

use std::fmt::{self, Write as _};

use fob_ambient::UnixTime;
use subtle::ConstantTimeEq;
use totp_rs::Builder;

use crate::usable::Outline;
use crate::{Algorithm, Code, Kind, Seed, TimedCode, Unusable, hotp, motp, yandex};

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
    /// Length of a code in digits or letters. Sites use 6 to 8; codes can be made from 1 to 10.
    pub digits: u8,
    /// What moves from one code to the next.
    pub kind: Kind,
}

impl Account {
    /// Length of a code when a site says nothing.
    pub const DEFAULT_DIGITS: u8 = 6;

    /// Whether it gives codes at all.
    ///
    /// # Errors
    /// Says why not.
    pub fn usable(&self) -> Result<(), Unusable> {
        let Self { seed, algorithm, digits, kind, .. } = self;
        let outline =
            Outline { kind, algorithm, digits: *digits, seed: seed.expose().len(), pin: kind.pin().is_some() };
        outline.usable()
    }

    /// The code of this moment, of every kind that time moves.
    ///
    /// # Errors
    /// Why there is none; [`Unusable::CounterBased`] for HOTP.
    pub fn totp(&self, time: UnixTime) -> Result<TimedCode, Unusable> {
        self.usable()?;
        let period = self.kind.period().ok_or(Unusable::CounterBased)?;
        let valid_from = time.0 - time.0 % period;
        Ok(TimedCode {
            code: self.code_of_time(period, time)?,
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
    /// Why there is none; [`Unusable::TimeBased`] for all kinds but HOTP.
    pub fn hotp(&self, counter: u64) -> Result<Code, Unusable> {
        self.usable()?;
        match self.kind {
            Kind::Hotp { .. } => self.code_of_step(counter),
            _ => Err(Unusable::TimeBased),
        }
    }

    /// Whether the two share seed, algorithm, digits and kind, period included. Counters may stand apart, and a PIN may
    /// be known here and not there.
    #[must_use]
    pub fn gives_the_codes_of(&self, other: &Self) -> bool {
        (self.kind.name(), self.kind.period()) == (other.kind.name(), other.kind.period())
            && (&self.algorithm, self.digits) == (&other.algorithm, other.digits)
            && bool::from(self.seed.expose().ct_eq(other.seed.expose()))
    }

    /// Another copy, its secrets included.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            issuer: self.issuer.clone(),
            name: self.name.clone(),
            seed: self.seed.duplicate(),
            algorithm: self.algorithm.clone(),
            digits: self.digits,
            kind: self.kind.duplicate(),
        }
    }

    /// Usability has been checked.
    fn code_of_time(&self, period: u64, time: UnixTime) -> Result<Code, Unusable> {
        let (seed, step) = (self.seed.expose(), time.0 / period);
        let pin = || self.kind.pin().ok_or(Unusable::PinMissing);
        match &self.kind {
            Kind::Motp { .. } => Ok(motp::code(seed, pin()?, step, self.digits)),
            Kind::Yandex { .. } => Ok(yandex::code(seed, pin()?, step, self.digits)),
            kind => match self.totp_rs_name(kind) {
                Some(algorithm) => Ok(self.code_of_totp_rs(algorithm, period, time)),
                None => self.code_of_step(step),
            },
        }
    }

    fn code_of_step(&self, step: u64) -> Result<Code, Unusable> {
        let code = hotp::code(&self.algorithm, self.seed.expose(), step, self.digits);
        code.ok_or_else(|| Unusable::Algorithm(self.algorithm.name().to_owned()))
    }

    /// What totp-rs calls it, if it can do it: it panics on more than nine digits, and has neither SHA-224, SHA-384 nor
    /// MD5.
    fn totp_rs_name(&self, kind: &Kind) -> Option<totp_rs::Algorithm> {
        match &self.algorithm {
            _ if matches!(kind, Kind::Steam { .. }) => Some(totp_rs::Algorithm::Steam),
            _ if usize::from(self.digits) >= Code::MAX_LENGTH => None,
            Algorithm::Sha1 => Some(totp_rs::Algorithm::SHA1),
            Algorithm::Sha256 => Some(totp_rs::Algorithm::SHA256),
            Algorithm::Sha512 => Some(totp_rs::Algorithm::SHA512),
            _ => None,
        }
    }

    /// Usability has been checked: totp-rs panics on a period of zero too.
    fn code_of_totp_rs(&self, algorithm: totp_rs::Algorithm, period: u64, time: UnixTime) -> Code {
        let token = Builder::new()
            .with_algorithm(algorithm)
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

#[cfg(test)]
mod tests;
