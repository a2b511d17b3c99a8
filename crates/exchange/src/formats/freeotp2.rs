//! FreeOTP 2's backup: a serialised Java map of JSON texts. `masterKey` wraps a key under PBKDF2 of the password, that
//! key wraps each secret; both with AES-GCM, the algorithm's name authenticated beside it.

use std::collections::BTreeMap;

use fob_otp::Seed;
use ring::pbkdf2::{PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA512};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::freeotp::Token;
use crate::containers::java;
use crate::json::{self, Field, JavaBytes, Part};
use crate::sealed::{Key, open_gcm, pbkdf2};
use crate::source::Source;
use crate::{ImportError, Refusal, Report};

const MASTER_KEY: &str = "masterKey";
/// What the key of a token's description ends with.
const TOKEN: &str = "-token";

#[derive(Deserialize, Default)]
#[serde(default)]
struct MasterKey {
    #[serde(rename = "mAlgorithm")]
    algorithm: Field,
    #[serde(rename = "mEncryptedKey")]
    encrypted_key: Part<EncryptedKey>,
    #[serde(rename = "mIterations")]
    iterations: Field,
    #[serde(rename = "mSalt")]
    salt: JavaBytes,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct EncryptedKey {
    #[serde(rename = "mCipherText")]
    text: JavaBytes,
    /// The nonce, in the DER of RFC 5084's `GCMParameters`.
    #[serde(rename = "mParameters")]
    parameters: JavaBytes,
    #[serde(rename = "mToken")]
    token: Field,
}

/// The key of a token is a JSON text within a JSON text.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Wrapped {
    key: Field,
}

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let entries = java::read_map(source)?;
    let map: BTreeMap<_, _> = entries.iter().copied().collect();
    let master = map.get(MASTER_KEY).ok_or_else(|| source.damaged("the master key is missing"))?;
    let master = json::read_text::<MasterKey>(master, source)?.open(source)?;
    for (id, token) in entries.iter().filter_map(|(key, value)| Some((key.strip_suffix(TOKEN)?, value))) {
        let token: Token = json::read_text(token, source)?;
        match map.get(id).and_then(|wrapped| open(&master, wrapped, source)) {
            Some(secret) => token.take(Seed::new(secret.to_vec()), report),
            None => report.take(id, Err(Refusal::Sealed)),
        }
    }
    Ok(())
}

impl MasterKey {
    fn open(&self, source: &Source<'_>) -> Result<Key, ImportError> {
        let damaged = || source.damaged("the master key is none");
        let name = self.algorithm.text().to_ascii_lowercase();
        let prf = match name.as_str() {
            "pbkdf2withhmacsha512" => PBKDF2_HMAC_SHA512,
            "pbkdf2withhmacsha256" => PBKDF2_HMAC_SHA256,
            "pbkdf2withhmacsha1" => PBKDF2_HMAC_SHA1,
            _ => return Err(damaged()),
        };
        let iterations = self.iterations.number("number of iterations").ok().flatten().ok_or_else(damaged)?;
        let mut key = Zeroizing::new([0; 32]);
        pbkdf2(prf, iterations, &self.salt.0, source.password()?, key.as_mut())?;
        let encrypted = self.encrypted_key.get().ok_or_else(damaged)?;
        let opened = encrypted.open(&key).ok_or_else(|| source.wrong_password())?;
        opened.as_slice().try_into().map(Zeroizing::new).map_err(|_| damaged())
    }
}

fn open(master: &Key, wrapped: &str, source: &Source<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let wrapped: Wrapped = json::read_text(wrapped, source).ok()?;
    json::read_text::<EncryptedKey>(wrapped.key.text(), source).ok()?.open(master)
}

impl EncryptedKey {
    fn open(&self, key: &Key) -> Option<Zeroizing<Vec<u8>>> {
        // SEQUENCE, then OCTET STRING of twelve bytes; Android 6 and 7 sometimes leave the SEQUENCE out.
        let parameters = self.parameters.0.as_slice();
        let parameters = parameters.strip_prefix(&[0x30, 0x11]).unwrap_or(parameters);
        let nonce = parameters.strip_prefix(&[0x04, 12])?.get(..12)?;
        open_gcm(key, nonce, self.token.text().as_bytes(), &self.text.0)
    }
}
