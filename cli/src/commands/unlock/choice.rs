//! Which ways in are tried, in which order. What fobd says of the locked vault decides, and what the person wishes.

use fob_bus::types::{WayInfo, way_kind};
use fob_bus::{CallError, ErrorKind};

use crate::text::shown;
use crate::{Exit, Failure};

/// What a person asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// That it opens.
    Anything,
    /// With the passphrase that was passed.
    Passphrase,
    /// With the recovery code.
    Recovery,
    /// With a security key.
    Key,
    /// With the desktop keyring.
    Keyring,
    /// With the TPM.
    Tpm,
    /// With the PIN of a soft lock.
    QuickPin,
}

/// One thing to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Attempt {
    /// The PIN of a soft lock.
    QuickPin {
        /// Tries left.
        retries: Option<u32>,
        /// Whether a person who has forgotten it goes on with something else.
        or_else: bool,
    },
    /// A way that opens with the login: it asks nobody.
    ByItself { kind: &'static str, slot: String },
    /// The passphrase; the options of `fob unlock` that would do as well.
    Passphrase { or: Vec<&'static str> },
    /// The recovery code.
    Recovery,
    /// The passphrase, then a key.
    PassphraseAndKey,
    /// One that fobd asks for by itself: a key, the keyring, the TPM.
    Asked(&'static str),
}

impl Attempt {
    /// The kind of the way in.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::QuickPin { .. } => way_kind::QUICK_PIN,
            Self::Passphrase { .. } => way_kind::PASSPHRASE,
            Self::Recovery => way_kind::RECOVERY,
            Self::PassphraseAndKey => way_kind::PASSPHRASE_AND_KEY,
            Self::ByItself { kind, .. } | Self::Asked(kind) => kind,
        }
    }

    /// Whether nothing is tried after it.
    pub(super) const fn is_final(&self) -> bool {
        !matches!(self, Self::QuickPin { or_else: true, .. } | Self::ByItself { .. })
    }

    /// For the person, before the next one is tried.
    pub(super) fn failed(&self, failure: &Failure) -> String {
        let what = match self.kind() {
            way_kind::SECRET_SERVICE => "The desktop keyring did not open the vault",
            way_kind::TPM => "The TPM did not open the vault",
            _ => "The quick PIN did not open the vault",
        };
        format!("{what}: {}.", shown(&failure.message))
    }
}

/// What is tried, in this order, until one opens the vault.
pub(super) fn order(wish: Wish, ways: &[WayInfo]) -> Result<Vec<Attempt>, Failure> {
    match wish {
        Wish::Anything => {
            Ok(quick_pin(ways, true).into_iter().chain(by_itself(ways)).chain([passphrase(ways)]).collect())
        }
        Wish::Passphrase => Ok(vec![passphrase(ways)]),
        Wish::Recovery => Ok(vec![Attempt::Recovery]),
        Wish::Key if wants_both(ways) => Ok(vec![Attempt::PassphraseAndKey]),
        Wish::Key => asked(ways, way_kind::KEY, ErrorKind::NoKey, "no security key opens this vault", "key"),
        Wish::Keyring => {
            let none = "the desktop keyring does not open this vault";
            asked(ways, way_kind::SECRET_SERVICE, ErrorKind::NoKeyring, none, "keyring")
        }
        Wish::Tpm => asked(ways, way_kind::TPM, ErrorKind::NoTpm, "no TPM opens this vault", "tpm"),
        Wish::QuickPin => quick_pin(ways, false).map(|one| vec![one]).ok_or_else(|| {
            let failure = Failure::new(Exit::Locked, "the vault is not soft-locked, so no quick PIN opens it");
            failure.hint("run `fob unlock`; a soft lock is made by `fob lock --soft`")
        }),
    }
}

/// What opens the vault and asks nobody.
pub(super) fn by_itself(ways: &[WayInfo]) -> Vec<Attempt> {
    let usable = ways.iter().filter(|way| way.opens_with_login && way.problem.is_none());
    usable.filter_map(|way| Some(Attempt::ByItself { kind: outside(&way.kind)?, slot: way.slot.clone()? })).collect()
}

fn outside(kind: &str) -> Option<&'static str> {
    [way_kind::SECRET_SERVICE, way_kind::TPM].into_iter().find(|known| *known == kind)
}

fn quick_pin(ways: &[WayInfo], or_else: bool) -> Option<Attempt> {
    of(ways, way_kind::QUICK_PIN).next().map(|way| Attempt::QuickPin { retries: way.retries, or_else })
}

fn passphrase(ways: &[WayInfo]) -> Attempt {
    if wants_both(ways) {
        return Attempt::PassphraseAndKey;
    }
    let usable = |kind: &'static str| of(ways, kind).any(|way| way.problem.is_none());
    let mut or = Vec::new();
    or.extend(usable(way_kind::KEY).then_some("--key"));
    or.extend(of(ways, way_kind::TPM).any(|way| way.problem.is_none() && way.pin).then_some("--tpm"));
    Attempt::Passphrase { or }
}

/// Whether it takes the passphrase and a key together.
pub(super) fn wants_both(ways: &[WayInfo]) -> bool {
    of(ways, way_kind::PASSPHRASE_AND_KEY).next().is_some()
}

fn of<'a>(ways: &'a [WayInfo], kind: &'static str) -> impl Iterator<Item = &'a WayInfo> {
    ways.iter().filter(move |way| way.kind == kind)
}

/// A way of this kind, if the vault has one that can be used here.
fn asked(
    ways: &[WayInfo],
    kind: &'static str,
    unusable: ErrorKind,
    none: &str,
    to_add: &str,
) -> Result<Vec<Attempt>, Failure> {
    let mut all = of(ways, kind).peekable();
    if all.peek().is_none() {
        let hint = match wants_both(ways) {
            true => "it opens with the passphrase and a key together: `fob unlock`".to_owned(),
            false => format!("open it another way, then add this one: `fob vault slot add {to_add}`"),
        };
        return Err(Failure::new(Exit::Failed, none).hint(hint));
    }
    match all.map(|way| way.problem.as_deref()).collect::<Option<Vec<_>>>() {
        // One is usable.
        None => Ok(vec![Attempt::Asked(kind)]),
        Some(problems) => {
            let problem = problems.first().copied().unwrap_or_default();
            Err(CallError::new(unusable, problem).into())
        }
    }
}

#[cfg(test)]
mod tests;
