//! Ways into the vault that ask somebody or something besides a passphrase: opening by them, adding them, presenting
//! them again for a new vault key.
//!
//! Each is a request (`Request1`), since a person may have to touch a key or give a PIN: [`Opening`], [`Adding`],
//! [`Renewing`] are such requests, taken from their options at the border; [`Asking`] is what they share. What a key is
//! asked is in `key`, what a keyring and a TPM keep in `keyring` and `tpm`, how the two are reached in `outside`. What a
//! slot is, and which a vault may have, is `fob_vault`'s matter.

mod add;
mod asking;
mod key;
mod keyring;
mod open;
mod outside;
mod presented;
mod rekey;
mod shown;
mod tpm;

use std::str::FromStr;

use fob_bus::types::way_kind;
use fob_bus::{CallError, ErrorKind};
use fob_otp::printable;
use fob_vault::{SlotId, WithLogin};

use presented::Presented;

pub(crate) use add::Adding;
pub(crate) use asking::Asking;
pub(crate) use open::Opening;
pub(crate) use outside::{Outside, RealOutside};
pub(crate) use rekey::Renewing;
pub(crate) use shown::ways;

/// A kind of way in that a caller can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Passphrase,
    Key,
    PassphraseAndKey,
    SecretService,
    Tpm,
}

impl FromStr for Kind {
    type Err = CallError;

    fn from_str(word: &str) -> Result<Self, CallError> {
        match word {
            way_kind::PASSPHRASE => Ok(Self::Passphrase),
            way_kind::KEY => Ok(Self::Key),
            way_kind::PASSPHRASE_AND_KEY => Ok(Self::PassphraseAndKey),
            way_kind::SECRET_SERVICE => Ok(Self::SecretService),
            way_kind::TPM => Ok(Self::Tpm),
            other => {
                let words = format!("{} is no kind of way in that can be used here", printable(other));
                Err(CallError::new(ErrorKind::InvalidInput, words))
            }
        }
    }
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Passphrase => way_kind::PASSPHRASE,
            Self::Key => way_kind::KEY,
            Self::PassphraseAndKey => way_kind::PASSPHRASE_AND_KEY,
            Self::SecretService => way_kind::SECRET_SERVICE,
            Self::Tpm => way_kind::TPM,
        }
    }
}

/// Whether the person accepts what opens with the login.
const fn with_login(accepted: Option<bool>) -> WithLogin {
    match accepted {
        Some(true) => WithLogin::Accepted,
        Some(false) | None => WithLogin::Refused,
    }
}

/// A slot's id as a caller writes it.
pub(crate) fn id(text: &str) -> Result<SlotId, CallError> {
    text.parse().map_err(|_| unknown(text))
}

fn unknown(id: &str) -> CallError {
    CallError::new(ErrorKind::UnknownSlot, format!("the vault has no way in with the id {}", printable(id)))
}
