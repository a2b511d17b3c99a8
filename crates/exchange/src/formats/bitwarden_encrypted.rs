//! Bitwarden's encrypted JSON (its clients' `bitwarden-password-protected-importer`): the key is PBKDF2-SHA-256 or
//! Argon2id of the password, stretched with HKDF into one for AES-256-CBC and one for HMAC-SHA-256; each text is
//! `2.iv|ciphertext|mac`. The kind that is encrypted with the account's own key cannot be opened by anybody else.

use ring::digest::{SHA256, digest};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk};
use ring::hmac;
use ring::pbkdf2::PBKDF2_HMAC_SHA256;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::bitwarden;
use crate::json::{self, Field};
use crate::sealed::{Argon2Kind, Key, argon2, open_cbc, pbkdf2};
use crate::source::Source;
use crate::{ImportError, Report, encoding};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct File {
    password_protected: Field,
    salt: Field,
    kdf_type: Field,
    kdf_iterations: Field,
    kdf_memory: Field,
    kdf_parallelism: Field,
    #[serde(rename = "encKeyValidation_DO_NOT_EDIT")]
    validation: Field,
    data: Field,
}

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let file: File = json::read(source)?;
    if !file.password_protected.is_true() {
        return Err(ImportError::AccountRestricted);
    }
    let keys = file.keys(source)?;
    keys.open(file.validation.text()).ok_or_else(|| source.wrong_password())?;
    let plain = keys.open(file.data.text()).ok_or_else(|| source.damaged("its content has been changed"))?;
    bitwarden::read(&source.inner(&plain), report)
}

impl File {
    fn keys(&self, source: &Source<'_>) -> Result<Keys, ImportError> {
        let number = |field: &Field| {
            field.number("number").ok().flatten().ok_or_else(|| source.damaged("its key derivation has no numbers"))
        };
        let (password, salt) = (source.password()?, self.salt.text().as_bytes());
        let iterations = number(&self.kdf_iterations)?;
        let master = match self.kdf_type.text() {
            "0" => {
                let mut key = Zeroizing::new([0; 32]);
                pbkdf2(PBKDF2_HMAC_SHA256, iterations, salt, password, key.as_mut())?;
                key
            }
            "1" => {
                let kind = Argon2Kind {
                    id: true,
                    current: true,
                    memory_kib: number(&self.kdf_memory)?.saturating_mul(1024),
                    passes: iterations,
                    lanes: number(&self.kdf_parallelism)?,
                };
                argon2(&kind, digest(&SHA256, salt).as_ref(), password)?
            }
            _ => return Err(source.damaged("its key derivation is none that fob knows")),
        };
        Ok(Keys { cipher: stretched(&master, b"enc"), mac: stretched(&master, b"mac") })
    }
}

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        32
    }
}

/// HKDF's second step alone (RFC 5869 section 2.3), as Bitwarden does it.
fn stretched(master: &Key, info: &[u8]) -> Key {
    let mut key = Zeroizing::new([0; 32]);
    let info = [info];
    let prk = Prk::new_less_safe(HKDF_SHA256, master.as_ref());
    let filled = prk.expand(&info, Length).and_then(|okm| okm.fill(key.as_mut()));
    filled.expect("32 bytes are a length that HKDF makes");
    key
}

struct Keys {
    cipher: Key,
    mac: Key,
}

impl Keys {
    /// Opens `2.iv|ciphertext|mac`.
    fn open(&self, text: &str) -> Option<Zeroizing<Vec<u8>>> {
        let parts: Option<Vec<_>> = text.strip_prefix("2.")?.split('|').map(encoding::base64).collect();
        let parts = parts?;
        let [iv, sealed, mac] = parts.as_slice() else { return None };
        let mut signed = Vec::with_capacity(iv.len() + sealed.len());
        signed.extend_from_slice(iv);
        signed.extend_from_slice(sealed);
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, self.mac.as_ref()), &signed, mac).ok()?;
        open_cbc(&self.cipher, iv, sealed)
    }
}
