//! The kinds of codes: what moves from one code to the next, and what is usual for each kind.

use crate::text::beginning;
use crate::{Algorithm, SecretText};

/// What moves from one code to the next. Any value can be kept; [`crate::Account::usable`] says whether it gives codes.
#[derive(Debug)]
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
    /// Time, in Steam's alphabet.
    Steam {
        /// Length of a time step in seconds.
        period: u64,
    },
    /// Time, Mobile-OTP: MD5 over time, secret and PIN.
    Motp {
        /// Length of a time step in seconds.
        period: u64,
        /// The PIN, if it is known.
        pin: Option<SecretText>,
    },
    /// Time, Yandex: letters, with a PIN.
    Yandex {
        /// Length of a time step in seconds.
        period: u64,
        /// The PIN, if it is known.
        pin: Option<SecretText>,
    },
    /// A kind that fob has not heard of, by the name it came with. Text from outside.
    Other {
        /// As it was written.
        name: String,
    },
}

/// The parts of a kind as files have them, some of them absent, some of no use for the kind.
#[derive(Debug, Default)]
pub struct KindParts {
    /// Length of a time step in seconds.
    pub period: Option<u64>,
    /// The counter of the next code.
    pub counter: Option<u64>,
    /// The PIN.
    pub pin: Option<SecretText>,
}

impl Kind {
    /// A time step when a site says nothing, in seconds (RFC 6238 section 5.2).
    pub const DEFAULT_PERIOD: u64 = 30;
    /// The same for Mobile-OTP.
    pub const MOTP_PERIOD: u64 = 10;
    /// Most characters of an unknown kind's name that are kept.
    pub const MAX_OTHER: usize = 32;

    /// The kind of this name, in any case; what the parts do not say is as usual.
    #[must_use]
    pub fn named(name: &str, parts: KindParts) -> Self {
        let name = beginning(name, Self::MAX_OTHER);
        let lower = name.to_ascii_lowercase();
        let known = if lower == "yaotp" { "yandex" } else { lower.as_str() };
        Self::of_name(known, parts).unwrap_or(Self::Other { name })
    }

    /// The kind whose [`Kind::name`] is exactly this, as vaults have it; what the parts do not say is as usual. Nothing is
    /// allocated.
    #[must_use]
    pub fn of_name(name: &str, parts: KindParts) -> Option<Self> {
        let KindParts { period, counter, pin } = parts;
        let usual = period.unwrap_or(Self::DEFAULT_PERIOD);
        match name {
            "totp" => Some(Self::Totp { period: usual }),
            "hotp" => Some(Self::Hotp { counter: counter.unwrap_or(0) }),
            "steam" => Some(Self::Steam { period: usual }),
            "motp" => Some(Self::Motp { period: period.unwrap_or(Self::MOTP_PERIOD), pin }),
            "yandex" => Some(Self::Yandex { period: usual, pin }),
            _ => None,
        }
    }

    /// The name, as in vaults and in fob's JSON.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Totp { .. } => "totp",
            Self::Hotp { .. } => "hotp",
            Self::Steam { .. } => "steam",
            Self::Motp { .. } => "motp",
            Self::Yandex { .. } => "yandex",
            Self::Other { name } => name,
        }
    }

    /// Length of a code when a site says nothing.
    #[must_use]
    pub const fn usual_digits(&self) -> u8 {
        match self {
            Self::Steam { .. } => 5,
            Self::Yandex { .. } => 8,
            _ => 6,
        }
    }

    /// The hash function when a site says nothing.
    #[must_use]
    pub const fn usual_algorithm(&self) -> Algorithm {
        match self {
            Self::Motp { .. } => Algorithm::Md5,
            Self::Yandex { .. } => Algorithm::Sha256,
            _ => Algorithm::Sha1,
        }
    }

    /// Length of a time step in seconds, where there is one.
    #[must_use]
    pub const fn period(&self) -> Option<u64> {
        match self {
            Self::Totp { period }
            | Self::Steam { period }
            | Self::Motp { period, .. }
            | Self::Yandex { period, .. } => Some(*period),
            Self::Hotp { .. } | Self::Other { .. } => None,
        }
    }

    /// The counter of the next code, where there is one.
    #[must_use]
    pub const fn counter(&self) -> Option<u64> {
        match self {
            Self::Hotp { counter } => Some(*counter),
            _ => None,
        }
    }

    /// The PIN, where there is one.
    #[must_use]
    pub fn pin(&self) -> Option<&str> {
        match self {
            Self::Motp { pin, .. } | Self::Yandex { pin, .. } => pin.as_ref().map(SecretText::expose),
            _ => None,
        }
    }

    /// Whether it goes with a PIN.
    #[must_use]
    pub const fn wants_pin(&self) -> bool {
        matches!(self, Self::Motp { .. } | Self::Yandex { .. })
    }

    /// Another copy, its PIN included.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        match self {
            Self::Totp { period } => Self::Totp { period: *period },
            Self::Hotp { counter } => Self::Hotp { counter: *counter },
            Self::Steam { period } => Self::Steam { period: *period },
            Self::Motp { period, pin } => Self::Motp { period: *period, pin: pin.as_ref().map(SecretText::duplicate) },
            Self::Yandex { period, pin } => {
                Self::Yandex { period: *period, pin: pin.as_ref().map(SecretText::duplicate) }
            }
            Self::Other { name } => Self::Other { name: name.clone() },
        }
    }
}

/// PINs are compared in constant time.
impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        let same_pin = |one: &Option<SecretText>, other: &Option<SecretText>| match (one, other) {
            (None, None) => true,
            (Some(one), Some(other)) => one.is_same_as(other),
            _ => false,
        };
        match (self, other) {
            (Self::Totp { period: one }, Self::Totp { period: other })
            | (Self::Hotp { counter: one }, Self::Hotp { counter: other })
            | (Self::Steam { period: one }, Self::Steam { period: other }) => one == other,
            (Self::Motp { period: one, pin: my }, Self::Motp { period: other, pin: your })
            | (Self::Yandex { period: one, pin: my }, Self::Yandex { period: other, pin: your }) => {
                one == other && same_pin(my, your)
            }
            (Self::Other { name: one }, Self::Other { name: other }) => one == other,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Found by a fuzzer: what was cut off behind a space came back as something else.
    #[test]
    fn a_name_that_was_cut_is_the_same_when_it_is_read_again() {
        for name in [format!("dance{}x", " ".repeat(40)), format!("totp{}x", " ".repeat(40))] {
            let read = Kind::named(&name, KindParts::default());
            assert_eq!(Kind::named(read.name(), KindParts::default()).name(), read.name(), "{name:?}");
        }
    }

    #[test]
    fn a_kind_is_known_by_its_name_and_completed_as_usual() {
        for (name, expected, period, digits, algorithm) in [
            ("totp", "totp", Some(30), 6, Algorithm::Sha1),
            (" HOTP ", "hotp", None, 6, Algorithm::Sha1),
            ("Steam", "steam", Some(30), 5, Algorithm::Sha1),
            ("motp", "motp", Some(10), 6, Algorithm::Md5),
            ("yaotp", "yandex", Some(30), 8, Algorithm::Sha256),
            ("OCRA", "OCRA", None, 6, Algorithm::Sha1),
            ("", "", None, 6, Algorithm::Sha1),
        ] {
            let kind = Kind::named(name, KindParts::default());
            assert_eq!((kind.name(), kind.period()), (expected, period));
            assert_eq!((kind.usual_digits(), kind.usual_algorithm()), (digits, algorithm), "{name}");
            assert_eq!(kind.duplicate(), kind, "{name}");
        }
        assert_eq!(Kind::named(&"x".repeat(99), KindParts::default()).name().len(), Kind::MAX_OTHER);
    }

    #[test]
    fn a_pin_makes_a_difference_and_stays_out_of_logs() {
        let motp = |pin: Option<&str>| Kind::Motp { period: 10, pin: pin.map(|pin| SecretText::new(pin.to_owned())) };
        let yandex = Kind::Yandex { period: 10, pin: Some(SecretText::new("1234".to_owned())) };
        assert_eq!(motp(Some("1234")), motp(Some("1234")).duplicate());
        for other in [motp(None), motp(Some("1235")), yandex] {
            assert!(motp(Some("1234")) != other, "{other:?}");
        }
        assert!(!format!("{:?}", motp(Some("1234"))).contains("1234"));
    }
}
