//! The key file beside the database: 32 random bytes, from which keys for each purpose are derived.
//!
//! Whoever copies the database alone gets no one-time-code seed and cannot try backup codes. Losing the file loses
//! those two; passwords, security keys and passkeys go on.

use std::fmt;
use std::fs::{File, OpenOptions, hard_link, metadata, remove_file};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::BASE64URL_NOPAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{self, HKDF_SHA256};
use ring::hmac;
use zeroize::Zeroizing;

use crate::ambient::Ambient;
use crate::token::Token;

/// Length of the key file in bytes.
const LENGTH: usize = 32;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// Reading or writing failed.
    #[error("the key file {path} cannot be read or made")]
    Io {
        /// Where it is.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Not 32 bytes.
    #[error("the key file {0} is damaged: it does not have 32 bytes. Put back a copy of it")]
    Damaged(PathBuf),
    /// Gone, and the database is still there.
    #[error("the key file {0} is gone, and its database is not: put back a copy of it. A new one would open nothing")]
    Missing(PathBuf),
    /// Others could read it.
    #[error("the key file {0} can be read by others: chmod 600 it, and make new backup and one-time codes")]
    Exposed(PathBuf),
}

/// Keys for each purpose.
pub(crate) struct Keyring {
    seeds: LessSafeKey,
    backup_codes: hmac::Key,
    names: hmac::Key,
    forms: hmac::Key,
    check: [u8; 32],
}

/// A sealed value that does not open: another key, another account, or altered bytes.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value in the database does not open")]
pub(crate) struct Unsealable;

impl Keyring {
    /// Reads the key file beside `database`, or makes one when there is no database yet either.
    pub(crate) fn open(database: &Path, ambient: &Ambient) -> Result<Self, KeyFileError> {
        let path = path_beside(database);
        let io = |source| KeyFileError::Io { path: path.clone(), source };
        match File::open(&path) {
            Ok(file) => Self::read(file, &path),
            // An empty file holds nothing that a new key could not open.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if metadata(database).is_ok_and(|database| database.len() > 0) {
                    return Err(KeyFileError::Missing(path));
                }
                make(&path, ambient).map_err(io)?;
                Self::read(File::open(&path).map_err(io)?, &path)
            }
            Err(error) => Err(io(error)),
        }
    }

    fn read(file: File, path: &Path) -> Result<Self, KeyFileError> {
        let io = |source| KeyFileError::Io { path: path.to_owned(), source };
        if file.metadata().map_err(io)?.mode() & 0o077 != 0 {
            return Err(KeyFileError::Exposed(path.to_owned()));
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(LENGTH + 1));
        file.take(LENGTH as u64 + 1).read_to_end(&mut bytes).map_err(io)?;
        let key: &[u8; LENGTH] = bytes.as_slice().try_into().map_err(|_| KeyFileError::Damaged(path.to_owned()))?;
        Ok(Self::derive(key))
    }

    /// HKDF-SHA-256 (RFC 5869) with a label for each purpose.
    fn derive(key: &[u8; LENGTH]) -> Self {
        let root = hkdf::Salt::new(HKDF_SHA256, b"signin key file 1").extract(key);
        let bytes = |label: &'static [u8]| {
            let mut out = Zeroizing::new([0; 32]);
            let labels = [label];
            root.expand(&labels, HKDF_SHA256)
                .and_then(|okm| okm.fill(&mut *out))
                .expect("32 bytes are what HKDF-SHA-256 gives in one block");
            out
        };
        let seeds = UnboundKey::new(&AES_256_GCM, &*bytes(b"seeds")).expect("AES-256 takes 32 bytes");
        Self {
            seeds: LessSafeKey::new(seeds),
            backup_codes: hmac::Key::new(hmac::HMAC_SHA256, &*bytes(b"backup codes")),
            names: hmac::Key::new(hmac::HMAC_SHA256, &*bytes(b"names")),
            forms: hmac::Key::new(hmac::HMAC_SHA256, &*bytes(b"forms")),
            check: *bytes(b"check"),
        }
    }

    /// Seals a one-time-code seed to the account it belongs to: nonce, then ciphertext and tag.
    pub(crate) fn seal(&self, ambient: &Ambient, owner: &str, seed: &[u8]) -> Vec<u8> {
        let nonce = ambient.bytes::<NONCE_LEN>();
        let mut sealed = Zeroizing::new(seed.to_vec());
        self.seeds
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(owner.as_bytes()), &mut *sealed)
            .expect("a seed is shorter than AES-GCM's limit");
        [&nonce[..], &sealed[..]].concat()
    }

    /// The opposite of [`Keyring::seal`].
    pub(crate) fn unseal(&self, owner: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(Unsealable)?;
        let mut rest = Zeroizing::new(rest.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length =
            self.seeds.open_in_place(nonce, Aad::from(owner.as_bytes()), &mut rest).map_err(|_| Unsealable)?.len();
        rest.truncate(length);
        Ok(rest)
    }

    /// The stored form of a backup code.
    pub(crate) fn backup_code_hash(&self, owner: &str, code: &str) -> Vec<u8> {
        hmac::sign(&self.backup_codes, format!("{owner} {code}").as_bytes()).as_ref().to_vec()
    }

    /// The stored form of a name that somebody typed.
    pub(crate) fn name_hash(&self, name: &str) -> Vec<u8> {
        hmac::sign(&self.names, name.as_bytes()).as_ref().to_vec()
    }

    /// What a form of ours has in it for a browser with this cookie.
    pub(crate) fn form_mark(&self, cookie: &Token) -> String {
        BASE64URL_NOPAD.encode(hmac::sign(&self.forms, cookie.expose().as_bytes()).as_ref())
    }

    /// Whether this is that. In constant time.
    pub(crate) fn is_form_mark(&self, cookie: &Token, mark: &str) -> bool {
        let mark = BASE64URL_NOPAD.decode(mark.as_bytes());
        mark.is_ok_and(|mark| hmac::verify(&self.forms, cookie.expose().as_bytes(), &mark).is_ok())
    }

    /// Tells key files apart without telling anything about the key.
    pub(crate) fn check(&self) -> &[u8] {
        &self.check
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Keyring(..)")
    }
}

/// Makes a key file, whole or not at all: it is written beside, and takes its name when it is on the disk. Whoever
/// else makes one at the same time is left alone: the first to take the name wins.
fn make(path: &Path, ambient: &Ambient) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".new-{:016x}", u64::from_le_bytes(ambient.bytes())));
    let beside = PathBuf::from(name);
    let key = Zeroizing::new(ambient.bytes::<LENGTH>());
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    let named = file.write_all(&*key).and_then(|()| file.sync_all()).and_then(|()| match hard_link(&beside, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        named => named,
    });
    let removed = remove_file(&beside);
    named.and(removed)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// `FILE.key` beside `FILE`.
pub(crate) fn path_beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".key");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_seed_opens_for_its_account_and_key_only() {
        let ambient = Ambient::system();
        let keys = Keyring::derive(&[1; LENGTH]);
        let sealed = keys.seal(&ambient, "ada", b"twenty bytes of seed");
        assert_eq!(keys.unseal("ada", &sealed).unwrap().as_slice(), b"twenty bytes of seed");
        assert!(keys.unseal("bob", &sealed).is_err());
        assert!(Keyring::derive(&[2; LENGTH]).unseal("ada", &sealed).is_err());
        for cut in 0..sealed.len() {
            assert!(keys.unseal("ada", &sealed[..cut]).is_err());
            let mut altered = sealed.clone();
            altered[cut] ^= 1;
            assert!(keys.unseal("ada", &altered).is_err());
        }
    }

    #[test]
    fn the_key_file_is_made_once_private_and_checked() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("db");
        let made = Keyring::open(&database, &Ambient::system()).unwrap();
        let path = path_beside(&database);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Keyring::open(&database, &Ambient::system()).unwrap().check(), made.check());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Keyring::open(&database, &Ambient::system()), Err(KeyFileError::Exposed(_))));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, [0; 31]).unwrap();
        assert!(matches!(Keyring::open(&database, &Ambient::system()), Err(KeyFileError::Damaged(_))));
    }

    /// A new one would make all seeds and backup codes worthless, and say so only at the next sign-in.
    #[test]
    fn no_new_key_file_is_made_for_an_old_database() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("db");
        std::fs::write(&database, b"something").unwrap();
        assert!(matches!(Keyring::open(&database, &Ambient::system()), Err(KeyFileError::Missing(_))));
        assert!(!path_beside(&database).exists());
        std::fs::write(&database, b"").unwrap();
        Keyring::open(&database, &Ambient::system()).unwrap();
    }

    /// Power cut, or a full disk, in the middle of making one: no empty key file stays in its place.
    #[test]
    fn a_key_file_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("db");
        // What a start that was cut off left behind is not taken for a key.
        std::fs::write(folder.path().join("db.key.new-00"), b"").unwrap();
        let made = Keyring::open(&database, &Ambient::system()).unwrap();
        // Two that start at once: the second finds the first one's key.
        make(&path_beside(&database), &Ambient::system()).unwrap();
        assert_eq!(Keyring::open(&database, &Ambient::system()).unwrap().check(), made.check());
        let mut names: Vec<_> = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["db.key", "db.key.new-00"]);
    }
}
