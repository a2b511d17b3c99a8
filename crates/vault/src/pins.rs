//! What is remembered outside the vault: which key it was sealed under, and its newest generation.
//!
//! A file alone cannot tell that it is an old copy of itself. The pin can: an older generation, or another vault key,
//! is "retired or foreign". It holds no secret; whoever can rewrite it can also delete it, so a missing pin is a first
//! use and a broken one a warning.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use fob_cbor::{Limits, Map, Value};

use crate::store::{Survives, write_small};
use crate::{Disk, Foreign};

/// Most bytes of a pin file.
const MAX_PIN: usize = 1024;

/// The newest state of a vault that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin {
    /// The vault's id.
    pub vault: [u8; 16],
    /// The name of its vault key.
    pub key: [u8; 16],
    /// Its generation.
    pub generation: u64,
    /// The name of the vault key that is about to take its place: written before the vault is, so that a machine that
    /// stops in between opens the old vault and the new one.
    pub next: Option<[u8; 16]>,
}

impl Pin {
    /// Why a vault with these properties is not the one that was seen last, or younger.
    pub(crate) fn refuses(&self, found: &Self) -> Option<Foreign> {
        let is_next = self.next == Some(found.key) && found.generation > self.generation;
        if self.vault != found.vault || (self.key != found.key && !is_next) {
            Some(Foreign::AnotherKey)
        } else if found.generation < self.generation {
            Some(Foreign::Older { found: found.generation, last_seen: self.generation })
        } else {
            None
        }
    }

    fn to_bytes(self) -> Vec<u8> {
        let mut map = Map::new();
        map.insert("vault", self.vault.to_vec());
        map.insert("key", self.key.to_vec());
        map.insert("generation", self.generation);
        if let Some(next) = self.next {
            map.insert("next", next);
        }
        fob_cbor::encode(&Value::Map(map))
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let value = fob_cbor::decode(bytes, Limits::deep(2)).ok()?;
        let map = value.as_map()?;
        Some(Self {
            vault: map.get_text("vault")?.as_bytes()?.try_into().ok()?,
            key: map.get_text("key")?.as_bytes()?.try_into().ok()?,
            generation: map.get_text("generation")?.as_u64()?,
            next: match map.get_text("next") {
                None => None,
                Some(next) => Some(next.as_bytes()?.try_into().ok()?),
            },
        })
    }
}

/// The memory of one vault's pin. The law: `load` gives what the last `save` that returned `Ok` was given.
pub trait Pins: Send + Sync {
    /// The pin, if there is one.
    ///
    /// # Errors
    /// `InvalidData` for something that is no pin, or the system's.
    fn load(&self) -> io::Result<Option<Pin>>;

    /// Remembers a pin instead of the former one.
    ///
    /// # Errors
    /// The system's; the former pin stays.
    fn save(&self, pin: &Pin) -> io::Result<()>;

    /// The same for a pin that follows the vault to a later generation under the same key. After a power cut it may be the
    /// former one that is loaded: that opens this generation too, and lets an older copy pass that is no older than it.
    /// The next unlock sets it right. So no change waits for the disk once more.
    ///
    /// # Errors
    /// As [`Pins::save`].
    fn follow(&self, pin: &Pin) -> io::Result<()> {
        self.save(pin)
    }
}

/// Remembers nothing: for a vault that is only looked into, such as another machine's.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPins;

impl Pins for NoPins {
    fn load(&self) -> io::Result<Option<Pin>> {
        Ok(None)
    }
    fn save(&self, _pin: &Pin) -> io::Result<()> {
        Ok(())
    }
}

/// A pin in a file of its own, in a folder that is there.
pub struct FilePins {
    disk: Arc<dyn Disk>,
    path: PathBuf,
}

impl FilePins {
    /// The pin at `path`, for one vault. The folder belongs in the state directory, apart from the vault's.
    #[must_use]
    pub fn new(path: PathBuf, disk: Arc<dyn Disk>) -> Self {
        Self { disk, path }
    }
}

impl Pins for FilePins {
    fn load(&self) -> io::Result<Option<Pin>> {
        match self.disk.read(&self.path, MAX_PIN) {
            Ok(image) => match Pin::from_bytes(&image.bytes) {
                Some(pin) => Ok(Some(pin)),
                None => Err(io::Error::new(io::ErrorKind::InvalidData, "the pin of the vault is damaged")),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn save(&self, pin: &Pin) -> io::Result<()> {
        write_small(self.disk.as_ref(), &self.path, &pin.to_bytes(), Survives::Surely)
    }

    fn follow(&self, pin: &Pin) -> io::Result<()> {
        write_small(self.disk.as_ref(), &self.path, &pin.to_bytes(), Survives::OrTheOld)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RealDisk;

    const PIN: Pin = Pin { vault: [1; 16], key: [2; 16], generation: 7, next: None };

    #[test]
    fn only_the_same_key_at_the_same_or_a_later_generation_passes() {
        for (case, found, expected) in [
            ("the same", PIN, None),
            ("later", Pin { generation: 8, ..PIN }, None),
            ("older", Pin { generation: 6, ..PIN }, Some(Foreign::Older { found: 6, last_seen: 7 })),
            ("another key", Pin { key: [3; 16], generation: 9, ..PIN }, Some(Foreign::AnotherKey)),
            ("another vault", Pin { vault: [3; 16], ..PIN }, Some(Foreign::AnotherKey)),
        ] {
            assert_eq!(PIN.refuses(&found), expected, "{case}");
        }
    }

    #[test]
    fn a_key_that_is_about_to_come_passes_with_the_generation_that_it_comes_with() {
        let pin = Pin { next: Some([3; 16]), ..PIN };
        let new = Pin { key: [3; 16], generation: 8, ..PIN };
        assert_eq!(pin.refuses(&PIN), None, "the write never happened");
        assert_eq!(pin.refuses(&new), None);
        for found in [Pin { generation: 7, ..new }, Pin { key: [4; 16], ..new }, Pin { vault: [3; 16], ..new }] {
            assert_eq!(pin.refuses(&found), Some(Foreign::AnotherKey), "{found:?}");
        }
    }

    #[test]
    fn a_pin_file_remembers_the_last_pin_and_names_a_broken_one() {
        let folder = tempfile::tempdir().unwrap();
        let pins = FilePins::new(folder.path().join("pin"), Arc::new(RealDisk));
        assert_eq!(pins.load().unwrap(), None);
        pins.save(&PIN).unwrap();
        let next = Pin { generation: 8, next: Some([9; 16]), ..PIN };
        pins.save(&next).unwrap();
        assert_eq!(pins.load().unwrap(), Some(next));
        std::fs::write(folder.path().join("pin"), b"nonsense").unwrap();
        assert_eq!(pins.load().unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    /// Two daemons note their saves at once: one used to take the other's temporary file away.
    #[test]
    fn two_writers_of_one_pin_do_not_disturb_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let pins = FilePins::new(folder.path().join("pin"), Arc::new(RealDisk));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..100).for_each(|generation| pins.save(&Pin { generation, ..PIN }).unwrap()));
            }
        });
        assert_eq!(pins.load().unwrap(), Some(Pin { generation: 99, ..PIN }));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "and nothing is left over");
    }
}
