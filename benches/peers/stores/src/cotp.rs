//! cotp 1.9: JSON with XChaCha20-Poly1305 over JSON, the key from Argon2id (32 MiB, 4 passes, 4 lanes).

use std::error::Error;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::Account;

const SALT: [u8; 16] = [7; 16];
const NONCE: [u8; 24] = [7; 24];

pub(crate) fn store(accounts: &[Account], password: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let elements: Vec<Value> = accounts.iter().map(element).collect();
    let plain = json!({ "version": 2, "elements": elements }).to_string();
    let params = Params::new(32 * 1024, 4, 4, Some(32)).map_err(|error| error.to_string())?;
    let mut key = [0; 32];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(password.as_bytes(), &SALT, &mut key).map_err(|error| error.to_string())?;
    let sealed = XChaCha20Poly1305::new(&key.into()).encrypt(&XNonce::from(NONCE), plain.as_bytes());
    let sealed = sealed.map_err(|error| error.to_string())?;
    let store = json!({
        "version": 1,
        "nonce": BASE64.encode(&NONCE),
        "salt": BASE64.encode(&SALT),
        "cipher": BASE64.encode(&sealed),
    });
    Ok(store.to_string().into_bytes())
}

fn element(account: &Account) -> Value {
    json!({
        "secret": account.secret, "issuer": account.issuer, "label": account.name,
        "digits": 6, "type": "TOTP", "algorithm": "SHA1", "period": 30, "counter": null, "pin": null,
    })
}
