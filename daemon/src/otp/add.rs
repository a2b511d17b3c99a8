//! One new account: from a URI, with what comes beside it.

use std::os::fd::OwnedFd;

use fob_bus::types::{AddOptions, Added, Pipe};
use fob_bus::{CallError, ErrorKind, pipe};
use fob_otp::{Account, Extras, Item, Kind, MAX_URI, SecretText, Warning, clean_tags, printable, recovery_codes};
use fob_vault::{Entry, UnlockedVault};

use super::{lookup, site};
use crate::{errors, secret};

/// A new account, read from its pipes.
pub(super) struct New {
    item: Item,
    warnings: Vec<Warning>,
    /// Whether it must not share its name: a stranger chose it, and could pass for another account.
    unique: bool,
}

impl New {
    /// Reads the URI and what the options have. Blocks.
    ///
    /// # Errors
    /// [`ErrorKind::BadPipe`], [`ErrorKind::InvalidInput`].
    pub(super) fn read(uri: &OwnedFd, options: AddOptions) -> Result<Self, CallError> {
        let text = secret::text(uri, MAX_URI)?;
        let parsed = Account::from_uri(text.trim()).map_err(|error| invalid(&error))?;
        let (mut account, counter_missing) = (parsed.account, parsed.warnings.contains(&Warning::CounterMissing));
        account.issuer = options.issuer.map_or(account.issuer, |issuer| issuer.trim().to_owned());
        account.name = options.name.map_or(account.name, |name| name.trim().to_owned());
        if let Some(pin) = some_secret(options.pin)? {
            set_pin(&mut account.kind, Some(pin))?;
        }
        let site = options.site.as_deref().map(site::parse).transpose()?;
        let codes = some_secret(options.recovery_codes)?;
        let extras = Extras {
            note: some_secret(options.note)?,
            tags: clean_tags(options.tags.unwrap_or_default()),
            favourite: options.favourite.unwrap_or(false),
            icon: options.icon.filter(|icon| !icon.is_empty()),
            recovery_codes: codes.map(|codes| recovery_codes(codes.expose())).unwrap_or_default(),
            sites: site.iter().map(|site| site.as_str().to_owned()).collect(),
        };
        let mut warnings = account.warnings();
        warnings.extend(counter_missing.then_some(Warning::CounterMissing));
        Ok(Self { item: Item { account, extras }, warnings, unique: options.unique.unwrap_or(false) })
    }

    /// Adds it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] when the vault gives its codes already (twice the same counter would fall apart), or
    /// has its name against the terms.
    pub(super) fn add(self, vault: &mut UnlockedVault) -> Result<Added, CallError> {
        let account = &self.item.account;
        no_duplicate(vault, account)?;
        let mut added = described(account, &self.warnings);
        match vault.entries().iter().find(|entry| has_name_of(entry, account)) {
            Some(twin) if self.unique => {
                let name = lookup::of(twin);
                let message = format!("the vault has {name} already, and one name for two accounts would mislead");
                return Err(CallError::new(ErrorKind::InvalidInput, message));
            }
            Some(_) => added.warnings.push("another account has the same name".to_owned()),
            None => {}
        }
        added.id = vault.add(self.item).map_err(|error| errors::vault(&error))?.to_string();
        Ok(added)
    }
}

/// Makes sure that the vault does not give this account's codes.
///
/// # Errors
/// [`ErrorKind::InvalidInput`], with the account that does.
pub(super) fn no_duplicate(vault: &UnlockedVault, account: &Account) -> Result<(), CallError> {
    match vault.duplicate_of(account).and_then(|id| vault.entry(id)) {
        None => Ok(()),
        Some(entry) => {
            let message = format!("the vault gives these codes already, as {}", lookup::of(entry));
            Err(CallError::new(ErrorKind::InvalidInput, message))
        }
    }
}

/// An account as its caller understands it; the id is still to come.
pub(super) fn described(account: &Account, warnings: &[Warning]) -> Added {
    Added {
        id: String::new(),
        issuer: printable(&account.issuer).into_owned(),
        name: printable(&account.name).into_owned(),
        warnings: warnings.iter().map(|warning| printable(&warning.to_string()).into_owned()).collect(),
    }
}

/// Puts a PIN in its place, or takes it away.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for a kind that goes without.
pub(super) fn set_pin(kind: &mut Kind, new: Option<SecretText>) -> Result<(), CallError> {
    match kind {
        Kind::Motp { pin, .. } | Kind::Yandex { pin, .. } => {
            *pin = new;
            Ok(())
        }
        _ => Err(CallError::new(ErrorKind::InvalidInput, "the codes of this account go without a PIN")),
    }
}

/// A secret text out of a further pipe, if there is one; an empty one is none. Blocks.
pub(super) fn some_secret(end: Option<Pipe>) -> Result<Option<SecretText>, CallError> {
    let Some(end) = end else { return Ok(None) };
    let mut text = secret::text(&end.into(), LONG)?;
    Ok((!text.is_empty()).then(|| SecretText::new(std::mem::take(&mut *text))))
}

/// Most bytes of a note, and of a hundred recovery codes.
const LONG: usize = 8 * pipe::SHORT;

fn invalid(error: &(dyn std::error::Error + 'static)) -> CallError {
    CallError::from_error(ErrorKind::InvalidInput, error)
}

/// Whether a person could take one for the other: the same letters, whatever the case and whatever does not show.
fn has_name_of(entry: &Entry, account: &Account) -> bool {
    let seen = |text: &str| printable(text).trim().to_lowercase();
    (seen(&entry.issuer), seen(&entry.name)) == (seen(&account.issuer), seen(&account.name))
}
