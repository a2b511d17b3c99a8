//! A vault's header: the input is a map whose members go into a good one, in the place of what stands there, or it is
//! the bytes of a header. All codes are made to fit, as whoever has the key could.

use fob_cbor::{Limits, Map, Value, decode};
use fob_vault::VaultError;

use crate::vault::{Home, file, header};
use crate::vault_body::{padded, survives_a_save};

/// Takes what a map has into the header, a null as "not there".
fn changed(members: &Map) -> Map {
    let mut header = header();
    for (key, value) in members.iter() {
        match value {
            Value::Null => drop(header.remove(key)),
            value => drop(header.insert(key.clone(), value.clone())),
        }
    }
    header
}

/// A header is refused with a reason that a person can act on, or the vault opens and survives being saved.
pub fn vault_header(data: &[u8]) {
    let body = padded(b"\xa1\x67entries\x80");
    let file = match decode(data, Limits::deep(12)) {
        Ok(Value::Map(members)) => file(changed(&members), &body),
        _ => [b"FOBVAULT\0\x01".as_slice(), data].concat(),
    };
    let home = Home::with(&file);
    match home.unlock() {
        Ok(vault) => survives_a_save(&home, vault),
        Err(error) => assert!(!is_about_the_place(&error), "{error:?}"),
    }
}

/// Where the vault lies is not what is wrong with it.
fn is_about_the_place(error: &VaultError) -> bool {
    matches!(
        error,
        VaultError::Io { .. }
            | VaultError::Missing { .. }
            | VaultError::Exists { .. }
            | VaultError::Empty { .. }
            | VaultError::NotAVault { .. }
            | VaultError::Permissions { .. }
            | VaultError::InUse
            | VaultError::OutOfMemory { .. }
            | VaultError::StaleGeneration { .. }
    )
}
