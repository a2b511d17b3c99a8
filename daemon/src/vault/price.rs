//! What a passphrase costs on this machine: about half a second, measured once and remembered in the state folder.
//!
//! The first unlock that takes a passphrase is the measurement; where a passphrase is chosen before there was one, a run
//! of its own is. A slot that costs less than what was found is raised when it is used (`fob_vault`). Whoever writes
//! into the state folder can make passphrases dearer, up to the bounds, and never cheaper than the default.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use fob_ambient::SystemClock;
use fob_bus::CallError;
use fob_vault::{Argon2Cost, Context, KdfPolicy, UNLOCK_TIME};

use super::Keeper;
use crate::errors;

/// The file in the state folder: `argon2id`, the memory in KiB, and the passes, with spaces between.
const FILE: &str = "vault.price";
/// Most bytes of it.
const LONGEST: u64 = 64;

/// The price of new passphrase slots.
pub(super) struct Price {
    path: PathBuf,
    /// A context that came with a price of its own keeps it: tests pay less.
    pinned: bool,
    known: Mutex<Option<KdfPolicy>>,
}

impl Price {
    pub(super) fn new(context: &Context, state_folder: &Path) -> Self {
        Self { path: state_folder.join(FILE), pinned: context.kdf() != KdfPolicy::STANDARD, known: Mutex::default() }
    }

    /// What is known: in memory, or in the state folder.
    fn known(&self) -> Option<KdfPolicy> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_none() {
            *known = read(&self.path);
        }
        *known
    }

    /// Remembers what the last passphrase took, unless that is known.
    pub(super) fn learn(&self, context: &Context) {
        if self.pinned || self.known().is_some() {
            return;
        }
        if let Some((cost, took)) = context.last_hash() {
            self.remember(context.kdf().fitted(cost, took, UNLOCK_TIME));
        }
    }

    fn remember(&self, policy: KdfPolicy) {
        let Argon2Cost { memory_kib, passes, .. } = policy.new_slots;
        tracing::info!(memory_kib, passes, "a passphrase of this machine's price");
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(policy);
        let mut options = fs::OpenOptions::new();
        let written = options.write(true).create(true).truncate(true).mode(0o600).open(&self.path);
        let written =
            written.and_then(|mut file| file.write_all(format!("argon2id {memory_kib} {passes}\n").as_bytes()));
        if let Err(error) = written {
            tracing::warn!(%error, "what a passphrase costs here is measured again next time");
        }
    }
}

impl Keeper {
    /// The vault's surroundings, with the price as far as it is known.
    pub(super) fn context_now(&self) -> Context {
        match self.price.known() {
            Some(policy) if !self.price.pinned => self.context.clone().with_kdf(policy),
            _ => self.context.clone(),
        }
    }

    /// The same before a passphrase is chosen: measured now if it never was. Blocks for as long as Argon2 takes.
    pub(super) fn context_to_write(&self) -> Result<Context, CallError> {
        Ok(self.context.clone().with_kdf(self.price_to_write()?))
    }

    /// The price of a passphrase that is chosen now. Blocks as [`Keeper::context_to_write`].
    pub(crate) fn price_to_write(&self) -> Result<KdfPolicy, CallError> {
        if !self.price.pinned && self.price.known().is_none() {
            let measured = self.context.kdf().calibrated(&SystemClock::new(), UNLOCK_TIME);
            self.price.remember(measured.map_err(|error| errors::vault(&error))?);
        }
        Ok(self.context_now().kdf())
    }
}

/// A price that somebody wrote down, within the bounds.
fn read(path: &Path) -> Option<KdfPolicy> {
    let mut text = String::new();
    fs::File::open(path).ok()?.take(LONGEST + 1).read_to_string(&mut text).ok()?;
    parse(&text)
}

fn parse(text: &str) -> Option<KdfPolicy> {
    let mut words = text.split_whitespace();
    let (algorithm, memory_kib, passes) = (words.next()?, words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let cost = Argon2Cost { memory_kib, passes, lanes: Argon2Cost::DEFAULT.lanes };
    let sound = algorithm == "argon2id" && words.next().is_none() && cost.is_calibrated();
    sound.then_some(KdfPolicy { new_slots: cost, ..KdfPolicy::STANDARD })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_never_below_the_default_nor_above_the_bounds() {
        for (case, text, expected) in [
            ("the default", "argon2id 65536 3\n", Some((65_536, 3))),
            ("dearer", "argon2id 262144 8", Some((262_144, 8))),
            ("less memory", "argon2id 65535 3", None),
            ("fewer passes", "argon2id 65536 2", None),
            ("too much memory", "argon2id 1048576 3", None),
            ("too many passes", "argon2id 65536 9", None),
            ("more than fits", "argon2id 99999999999 3", None),
            ("another algorithm", "scrypt 65536 3", None),
            ("more words", "argon2id 65536 3 1", None),
            ("nothing", "", None),
        ] {
            let cost = parse(text).map(|policy| (policy.new_slots.memory_kib, policy.new_slots.passes));
            assert_eq!(cost, expected, "{case}");
        }
    }
}
