//! A vault file. The first byte chooses: the rest is a file, or it is damage to one that is good, as in `state_file`.

use std::sync::OnceLock;

use fob_vault::VaultError;

use crate::steps::Steps;
use crate::vault::{Home, file, header};
use crate::vault_body::padded;

const DAMAGED: u8 = 1;
const CUT: u8 = 2;

/// Any damage is noticed, and called damage: a person who is told of a wrong code would go on guessing.
pub fn vault_file(data: &[u8]) {
    let mut steps = Steps(data);
    let how = steps.byte();
    if how & DAMAGED == 0 {
        let _ = Home::with(steps.0).unlock();
        return;
    }
    let mut file = good().clone();
    if how & CUT != 0 {
        file.truncate(usize::from(steps.short()) % (file.len() + 1));
    }
    while let Some(high) = steps.next() {
        let place = usize::from(u16::from_be_bytes([high, steps.byte()])) % file.len().max(1);
        let value = steps.byte();
        if let Some(byte) = file.get_mut(place) {
            *byte = value;
        }
    }
    match Home::with(&file).unlock() {
        Ok(_) => assert_eq!(file, *good(), "damage that nobody noticed"),
        Err(error) => assert!(names_the_damage(&error), "{error:?}"),
    }
}

fn names_the_damage(error: &VaultError) -> bool {
    matches!(
        error,
        VaultError::Damaged { .. }
            | VaultError::NotAVault { .. }
            | VaultError::Torn { .. }
            | VaultError::Empty { .. }
            | VaultError::NewerFormat { .. }
    )
}

fn good() -> &'static Vec<u8> {
    static GOOD: OnceLock<Vec<u8>> = OnceLock::new();
    GOOD.get_or_init(|| file(header(), &padded(b"\xa1\x67entries\x80")))
}
