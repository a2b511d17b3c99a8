//! What a vault's body holds, once it is open: the input is the body in the clear.

use fob_otp::Account;
use fob_vault::{Part, UnlockedVault, VaultError};

use crate::vault::{Home, file, header};

/// A body's length is a multiple of this (docs/vault-format.md).
const STEP: usize = 4096;
const ADDED: &str = "otpauth://totp/Example:ada?secret=GEZDGNBVGY3TQOJQ&issuer=Example";
const SITE: &str = "https://id.example";

/// Bytes with as many zeros behind them as a body has.
pub(crate) fn padded(plain: &[u8]) -> Vec<u8> {
    let mut body = plain.to_vec();
    body.resize(plain.len().next_multiple_of(STEP).max(STEP), 0);
    body
}

/// A body is no map, or the vault opens, whatever is in it, and nothing of it is lost by being saved.
pub fn vault_body(data: &[u8]) {
    let home = Home::with(&file(header(), &padded(data)));
    match home.unlock() {
        Ok(vault) => survives_a_save(&home, vault),
        Err(error) => assert!(matches!(error, VaultError::Damaged { part: Part::Body, .. }), "{error:?}"),
    }
}

/// Saved with one entry more and opened again, it has what it had.
pub(crate) fn survives_a_save(home: &Home, mut vault: UnlockedVault) {
    let before = told(&vault);
    let (count, odd) = (vault.entries().len(), vault.unreadable().len());
    let account = Account::from_uri(ADDED).expect("it is an account").account;
    match vault.add(account) {
        Ok(_) => {}
        // A header or a body that had no room.
        Err(VaultError::Full { .. }) => return,
        // No generation comes after the last one.
        Err(VaultError::Damaged { part: Part::Header, .. }) if vault.generation() == u64::MAX => return,
        Err(error) => panic!("{error:?}"),
    }
    drop(vault);
    let again = home.unlock().expect("it was just saved");
    assert_eq!((again.entries().len(), again.unreadable().len()), (count + 1, odd));
    let after = told(&again);
    assert_eq!(after.get(..before.len()), Some(before.as_slice()));
}

/// Everything that is shown of it.
fn told(vault: &UnlockedVault) -> Vec<String> {
    let slots = vault.slots().into_iter().map(|slot| format!("{slot:?}"));
    // Not the reason: behind the good ones, where a save puts it, another one may have its id.
    let odd = vault.unreadable().iter().map(|odd| format!("{:?} {} {}", odd.id, odd.issuer, odd.name));
    let entries = vault.entries().iter().map(|entry| {
        let uri = vault.reveal(entry.id).expect("it was listed").account.to_uri();
        format!("{:?} {:?} {:?} {:?} {}", entry.id, uri, entry.created, entry.modified, entry.is_for(SITE))
    });
    slots.chain(odd).chain(entries).collect()
}
