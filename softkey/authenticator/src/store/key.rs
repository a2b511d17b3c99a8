//! What opens a state file: a key, or a passphrase and what it costs to try one.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use fob_ambient::Rng;
use zeroize::{Zeroize, Zeroizing};

use super::disk::{beside, io_error};
use super::{FileFault, StoreError};

/// Most memory that a file may ask for, in KiB: 1 GiB.
const CEILING_MEMORY_KIB: u32 = 1 << 20;
/// Most work, in KiB times passes: 8 GiB.
const CEILING_WORK: u64 = 8 << 20;
/// Most lanes; they run one after another here.
const CEILING_LANES: u32 = 16;

/// Permission bits that nobody but the owner may have.
pub(super) const OTHERS: u32 = 0o077;

/// Opens a state file. Wiped on drop.
pub struct StateKey(Kind);

enum Kind {
    Key(Zeroizing<[u8; 32]>),
    Passphrase(Zeroizing<String>, Argon2Cost),
}

/// Why something is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StateKeyError {
    /// Neither 32 bytes nor 64 hexadecimal digits.
    #[error("a key is 32 bytes, or 64 hexadecimal digits")]
    Shape,
    /// A passphrase of no bytes, more than 1024, or with control characters in it.
    #[error("a passphrase has 1 to 1024 bytes and no control characters")]
    Passphrase,
}

/// What one run of Argon2id costs (RFC 9106 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Argon2Cost {
    pub(super) memory_kib: u32,
    pub(super) passes: u32,
    pub(super) lanes: u32,
}

impl Argon2Cost {
    /// 64 MiB and three passes, as in the second choice of RFC 9106 §4, and one lane, because ours run in sequence.
    const DEFAULT: Self = Self { memory_kib: 64 << 10, passes: 3, lanes: 1 };

    /// What the file says has to be bounded before anything is allocated.
    fn admit(self) -> Result<Params, FileFault> {
        let Self { memory_kib, passes, lanes } = self;
        let work = u64::from(memory_kib) * u64::from(passes);
        let inside = memory_kib <= CEILING_MEMORY_KIB && work <= CEILING_WORK && (1..=CEILING_LANES).contains(&lanes);
        let params = Params::new(memory_kib, passes, lanes, Some(32)).ok().filter(|_| inside);
        params.ok_or(FileFault::Cost { memory_kib, passes })
    }
}

/// How the master key comes from what the person has. Stands in the file's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Derivation {
    /// It is the key.
    None,
    /// Argon2id version 0x13 (RFC 9106) over the passphrase.
    Argon2id(Argon2Cost, [u8; 32]),
}

impl StateKey {
    /// A key of chance.
    #[must_use]
    pub fn generate(rng: &mut dyn Rng) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        rng.fill(key.as_mut_slice());
        Self(Kind::Key(key))
    }

    /// A key as a file or pipe has it: 32 bytes, or 64 hexadecimal digits with or without a line end.
    ///
    /// # Errors
    /// [`StateKeyError::Shape`] for anything else.
    pub fn parse(bytes: &[u8]) -> Result<Self, StateKeyError> {
        if let Ok(key) = <[u8; 32]>::try_from(bytes) {
            return Ok(Self(Kind::Key(Zeroizing::new(key))));
        }
        let digits = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let mut key = Zeroizing::new([0; 32]);
        if digits.len() != 2 * key.len() {
            return Err(StateKeyError::Shape);
        }
        for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
            for digit in pair {
                let digit = char::from(*digit).to_digit(16).ok_or(StateKeyError::Shape)?;
                *byte = *byte << 4 | u8::try_from(digit).map_err(|_| StateKeyError::Shape)?;
            }
        }
        Ok(Self(Kind::Key(key)))
    }

    /// A passphrase, as it was typed.
    ///
    /// # Errors
    /// [`StateKeyError::Passphrase`] if nobody could type it again.
    pub fn passphrase(text: String) -> Result<Self, StateKeyError> {
        Self::passphrase_at(text, Argon2Cost::DEFAULT)
    }

    pub(super) fn passphrase_at(text: String, cost: Argon2Cost) -> Result<Self, StateKeyError> {
        let text = Zeroizing::new(text);
        if text.is_empty() || text.len() > 1024 || text.chars().any(char::is_control) {
            return Err(StateKeyError::Passphrase);
        }
        Ok(Self(Kind::Passphrase(text, cost)))
    }

    /// A key from a file that nobody else may read.
    ///
    /// # Errors
    /// Why it cannot be read or is no key.
    pub fn from_file(path: &Path) -> Result<Self, StoreError> {
        let mut file = File::open(path).map_err(io_error("open", path))?;
        let mode = file.metadata().map_err(io_error("look at", path))?.mode() & 0o777;
        if mode & OTHERS != 0 {
            return Err(StoreError::Permissions { path: path.to_owned(), mode });
        }
        // A byte more than the longest key, so that what is longer is no key.
        let mut bytes = Zeroizing::new(Vec::with_capacity(66));
        Read::by_ref(&mut file).take(66).read_to_end(&mut bytes).map_err(io_error("read", path))?;
        Self::parse(&bytes).map_err(|source| StoreError::Key { path: path.to_owned(), source })
    }

    /// The key in `NAME.key` beside the state file `NAME`, made if neither is there: durable before the state is.
    ///
    /// # Errors
    /// [`StoreError::NoKey`] if only the state is there; the system's; what is no key.
    pub(super) fn beside(state: &Path, rng: &mut dyn Rng) -> Result<Self, StoreError> {
        let path = beside(state, ".key");
        if path.try_exists().map_err(io_error("look for", &path))? {
            return Self::from_file(&path);
        }
        if state.try_exists().map_err(io_error("look for", state))? {
            return Err(StoreError::NoKey { path: state.to_owned() });
        }
        let key = Self::generate(rng);
        key.keep(&path).map_err(io_error("write", &path))?;
        Ok(key)
    }

    /// Writes a key, whole or not at all.
    fn keep(&self, path: &Path) -> io::Result<()> {
        let Kind::Key(key) = &self.0 else { return Err(io::ErrorKind::InvalidInput.into()) };
        let mut digits = Zeroizing::new(String::with_capacity(65));
        for byte in key.iter() {
            digits.extend([byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0')));
        }
        digits.push('\n');
        let draft = beside(path, ".tmp");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(digits.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        File::open(path.parent().unwrap_or(Path::new("/")))?.sync_all()
    }

    /// How a new file's master key will be derived.
    pub(super) fn derivation(&self, rng: &mut dyn Rng) -> Derivation {
        match &self.0 {
            Kind::Key(_) => Derivation::None,
            Kind::Passphrase(_, cost) => {
                let mut salt = [0; 32];
                rng.fill(&mut salt);
                Derivation::Argon2id(*cost, salt)
            }
        }
    }

    /// The master key of a file that derives it so.
    pub(super) fn master(&self, derivation: &Derivation) -> Result<Zeroizing<[u8; 32]>, FileFault> {
        match (&self.0, derivation) {
            (Kind::Key(key), Derivation::None) => Ok(key.clone()),
            (Kind::Passphrase(text, _), Derivation::Argon2id(cost, salt)) => argon2id(text, *cost, salt),
            (Kind::Key(_), Derivation::Argon2id(..)) => Err(FileFault::NeedsPassphrase),
            (Kind::Passphrase(..), Derivation::None) => Err(FileFault::NeedsKey),
        }
    }
}

impl fmt::Debug for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StateKey(..)")
    }
}

/// Its memory is wiped afterwards.
fn argon2id(text: &str, cost: Argon2Cost, salt: &[u8]) -> Result<Zeroizing<[u8; 32]>, FileFault> {
    let params = cost.admit()?;
    let refused = FileFault::Cost { memory_kib: cost.memory_kib, passes: cost.passes };
    let mut memory: Vec<Block> = Vec::new();
    memory.try_reserve_exact(params.block_count()).map_err(|_| refused)?;
    memory.resize(params.block_count(), Block::default());
    let mut key = Zeroizing::new([0; 32]);
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let computed = argon2.hash_password_into_with_memory(text.as_bytes(), salt, key.as_mut(), &mut memory);
    memory.iter_mut().for_each(Zeroize::zeroize);
    computed.map_err(|_| refused)?;
    Ok(key)
}
