//! OTPClient up to version 3: initialisation vector, salt, AES-256-GCM over JSON with both of them authenticated, tag. The
//! key comes from PBKDF2-HMAC-SHA-512, 100,000 rounds, over the password with the zero byte that ends it in C.

use std::error::Error;

use aes_gcm::AesGcm;
use aes_gcm::aead::consts::U16;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::aes::Aes256;
use pbkdf2::pbkdf2_hmac;
use serde_json::{Value, json};
use sha2::Sha512;

use crate::Account;

const ROUNDS: u32 = 100_000;
const VECTOR: [u8; 16] = [7; 16];
const SALT: [u8; 32] = [7; 32];

pub(crate) fn store(accounts: &[Account], password: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut plain = Value::from_iter(accounts.iter().map(object)).to_string().into_bytes();
    plain.push(0);
    let mut key = [0; 32];
    let mut password = password.as_bytes().to_vec();
    password.push(0);
    pbkdf2_hmac::<Sha512>(&password, &SALT, ROUNDS, &mut key);
    let header = [VECTOR.as_slice(), &SALT].concat();
    let payload = Payload { msg: &plain, aad: &header };
    let sealed = AesGcm::<Aes256, U16>::new(&key.into()).encrypt(&VECTOR.into(), payload);
    Ok([header, sealed.map_err(|error| error.to_string())?].concat())
}

fn object(account: &Account) -> Value {
    json!({
        "type": "TOTP", "label": account.name, "issuer": account.issuer, "secret": account.secret,
        "digits": 6, "algo": "SHA1", "period": 30,
    })
}
