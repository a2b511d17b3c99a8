//! What is to be different about an account.

use fob_bus::types::{EditOptions, EntryInfo};
use fob_bus::{CallError, ErrorKind};
use fob_otp::{Account, Algorithm, Extras, Kind, KindParts, SecretText, Seed, Unusable, clean_tags, printable};
use fob_vault::{UnlockedVault, VaultError};

use super::add::{set_pin, some_secret};
use super::{lookup, shown};
use crate::errors;

/// What is to be different, read from its pipes. `Some(None)` takes something away.
pub(super) struct Edit {
    plain: EditOptions,
    note: Option<Option<SecretText>>,
    seed: Option<Seed>,
    pin: Option<Option<SecretText>>,
}

/// Why an edit did not take place.
struct Refused(CallError);

impl From<VaultError> for Refused {
    fn from(error: VaultError) -> Self {
        Self(errors::vault(&error))
    }
}

impl Edit {
    /// Reads what the options have. Blocks.
    ///
    /// # Errors
    /// [`ErrorKind::BadPipe`], [`ErrorKind::InvalidInput`].
    pub(super) fn read(mut options: EditOptions) -> Result<Self, CallError> {
        let secret = match options.secret.take() {
            Some(end) => Some(some_secret(Some(end))?.unwrap_or_default()),
            None => None,
        };
        let seed = secret.map(|secret| Seed::from_base32(secret.expose())).transpose();
        let seed = seed.map_err(|error| CallError::from_error(ErrorKind::InvalidInput, &error))?;
        let taken_or_given = |end: Option<_>| end.map(|end| some_secret(Some(end))).transpose();
        let (note, pin) = (taken_or_given(options.note.take())?, taken_or_given(options.pin.take())?);
        Ok(Self { plain: options, note, seed, pin })
    }

    /// Changes the entry that `query` names; `confirm` is its id.
    ///
    /// # Errors
    /// Those of the lookup and the vault; [`ErrorKind::InvalidInput`].
    pub(super) fn apply(self, vault: &mut UnlockedVault, query: &str, confirm: &str) -> Result<EntryInfo, CallError> {
        let id = lookup::confirmed(lookup::one(vault, query)?, confirm)?;
        let edited = vault.edit(id, |account, extras| self.change(account, extras).map_err(Refused));
        edited.map_err(|Refused(error)| error)?;
        vault.entry(id).map(shown::entry).ok_or_else(|| lookup::unknown(query))
    }

    fn change(self, account: &mut Account, extras: &mut Extras) -> Result<(), CallError> {
        let gave_codes = account.usable().is_ok();
        self.change_kind(account)?;
        let Self { plain, note, seed, pin } = self;
        if let Some(pin) = pin {
            set_pin(&mut account.kind, pin)?;
        }
        account.seed = seed.unwrap_or_else(|| account.seed.duplicate());
        account.issuer = plain.issuer.map_or_else(|| account.issuer.clone(), |issuer| issuer.trim().to_owned());
        account.name = plain.name.map_or_else(|| account.name.clone(), |name| name.trim().to_owned());
        extras.tags = plain.tags.map_or_else(|| extras.tags.clone(), clean_tags);
        extras.favourite = plain.favourite.unwrap_or(extras.favourite);
        extras.note = note.unwrap_or_else(|| extras.note.as_ref().map(SecretText::duplicate));
        if let Some(icon) = plain.icon {
            extras.icon = (!icon.is_empty()).then_some(icon);
        }
        match account.usable() {
            // Whoever takes the PIN away knows what for.
            Ok(()) | Err(Unusable::PinMissing) => Ok(()),
            Err(_) if !gave_codes => Ok(()),
            Err(reason) => Err(invalid(format!("it would give no code: {reason}"))),
        }
    }

    /// What moves from one code to the next, and what codes look like.
    fn change_kind(&self, account: &mut Account) -> Result<(), CallError> {
        let EditOptions { kind, digits, algorithm, period, counter, .. } = &self.plain;
        if let Some(name) = kind {
            account.kind = other_kind(&account.kind, name)?;
            (account.digits, account.algorithm) = (account.kind.usual_digits(), account.kind.usual_algorithm());
        }
        if let Some(digits) = digits {
            account.digits = u8::try_from(*digits).map_err(|_| invalid(format!("no code has {digits} digits")))?;
        }
        if let Some(name) = algorithm {
            let unknown = || invalid(format!("{name} is no algorithm that codes are made with"));
            account.algorithm = Algorithm::from_name(name).ok_or_else(unknown)?;
        }
        if let Some(new) = period {
            match &mut account.kind {
                Kind::Totp { period }
                | Kind::Steam { period }
                | Kind::Motp { period, .. }
                | Kind::Yandex { period, .. } => *period = *new,
                Kind::Hotp { .. } | Kind::Other { .. } => return Err(invalid("time does not move this account")),
            }
        }
        if let Some(new) = counter {
            let Kind::Hotp { counter } = &mut account.kind else {
                return Err(invalid("no counter moves this account"));
            };
            *counter = *new;
        }
        Ok(())
    }
}

/// An account's kind under another name, with as much as they have in common.
fn other_kind(old: &Kind, name: &str) -> Result<Kind, CallError> {
    let pin = || old.pin().map(|pin| SecretText::new(pin.to_owned()));
    let usual = Kind::named(name, KindParts::default());
    // Mobile-OTP has a period of its own; the others share one.
    let shared = !matches!(old, Kind::Motp { .. }) && !matches!(usual, Kind::Motp { .. });
    let parts = KindParts { period: old.period().filter(|_| shared), counter: old.counter(), pin: pin() };
    match Kind::named(name, parts) {
        Kind::Other { name } => Err(invalid(format!("{name} is no kind of codes that fob knows"))),
        kind if kind.name() == old.name() => Ok(old.duplicate()),
        kind => Ok(kind),
    }
}

fn invalid(message: impl AsRef<str>) -> CallError {
    CallError::new(ErrorKind::InvalidInput, printable(message.as_ref()))
}
