//! Whether an account gives codes, and why not. None of it needs to see a secret: of the seed only the length counts.

use crate::{Algorithm, Code, Kind, yandex};

/// Most letters of a Steam code: 26^6 is the last power below 2^31.
const STEAM_LETTERS: u8 = 6;

/// Why an account gives no code, as the end of a sentence about it. May quote text from outside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// A seed of no bytes: anybody could make its codes.
    #[error("its secret is empty")]
    EmptySeed,
    /// A Yandex secret of another length.
    #[error("its secret has {0} bytes, Yandex' have 16 or 26")]
    YandexSecret(usize),
    /// No digits, or more than a code can have: the truncated value has 31 bits (RFC 4226 section 5.3).
    #[error("its codes would have {0} digits, possible are 1 to 10")]
    Digits(u8),
    /// As many letters as 31 bits do not fill.
    #[error("its codes would have {0} letters, possible with Steam are 1 to 6")]
    SteamLetters(u8),
    /// Time would not move.
    #[error("its period is 0 seconds")]
    PeriodZero,
    /// Codes of this kind need it.
    #[error("its PIN is not known")]
    PinMissing,
    /// A kind that fob has not heard of.
    #[error("its kind is {0}")]
    Kind(String),
    /// A hash function that fob has not heard of.
    #[error("its algorithm is {0}")]
    Algorithm(String),
    /// The kind has one hash function, and this is another.
    #[error("its algorithm is {found}, its kind has {wanted} only")]
    OtherAlgorithm {
        /// Of the kind.
        wanted: &'static str,
        /// Of the account.
        found: String,
    },
    /// It was asked for the code of a time.
    #[error("it is counter-based, time does not move it")]
    CounterBased,
    /// It was asked for the code of a counter.
    #[error("it is time-based, it has no counter")]
    TimeBased,
}

/// What decides it, without the secrets themselves.
#[derive(Debug, Clone, Copy)]
pub struct Outline<'a> {
    /// What moves from one code to the next.
    pub kind: &'a Kind,
    /// The hash function.
    pub algorithm: &'a Algorithm,
    /// Length of a code.
    pub digits: u8,
    /// Length of the seed in bytes.
    pub seed: usize,
    /// Whether a PIN is known; the one in `kind` is not looked at.
    pub pin: bool,
}

impl Outline<'_> {
    /// Whether it gives codes at all.
    ///
    /// # Errors
    /// Says why not.
    pub fn usable(&self) -> Result<(), Unusable> {
        match &self.kind {
            Kind::Other { name } => return Err(Unusable::Kind(name.clone())),
            _ if self.seed == 0 => return Err(Unusable::EmptySeed),
            Kind::Yandex { .. } if ![yandex::KEY, yandex::TYPED].contains(&self.seed) => {
                return Err(Unusable::YandexSecret(self.seed));
            }
            _ => {}
        }
        self.numbers_fit()?;
        self.algorithm_fits()?;
        if self.kind.wants_pin() && !self.pin { Err(Unusable::PinMissing) } else { Ok(()) }
    }

    fn numbers_fit(&self) -> Result<(), Unusable> {
        let digits = self.digits;
        match self.kind {
            Kind::Steam { .. } if !(1..=STEAM_LETTERS).contains(&digits) => Err(Unusable::SteamLetters(digits)),
            _ if !(1..=Code::MAX_LENGTH).contains(&usize::from(digits)) => Err(Unusable::Digits(digits)),
            _ if self.kind.period() == Some(0) => Err(Unusable::PeriodZero),
            _ => Ok(()),
        }
    }

    fn algorithm_fits(&self) -> Result<(), Unusable> {
        let wanted = match (self.algorithm, self.kind) {
            (Algorithm::Other(name), _) => return Err(Unusable::Algorithm(name.clone())),
            (Algorithm::Sha1, Kind::Steam { .. })
            | (Algorithm::Md5, Kind::Motp { .. })
            | (Algorithm::Sha256, Kind::Yandex { .. })
            | (_, Kind::Totp { .. } | Kind::Hotp { .. } | Kind::Other { .. }) => return Ok(()),
            (_, Kind::Steam { .. }) => "SHA1",
            (_, Kind::Motp { .. }) => "MD5",
            (_, Kind::Yandex { .. }) => "SHA256",
        };
        Err(Unusable::OtherAlgorithm { wanted, found: self.algorithm.name().to_owned() })
    }
}
