//! Keys, keyrings and TPMs for the vault's tests: each gives 32 bytes that depend on what it is asked.

use fob_vault::{EnrolledKey, KeptSecret, NewWay, Passphrase, SlotId, SlotSecret, UnlockedVault, Way};
use ring::hmac;

/// A security key: hmac-secret as CTAP 2.3 section 12.7 has it, with one credential.
pub(crate) struct Key(pub(crate) &'static str);

impl Key {
    pub(crate) fn credential(&self) -> Vec<u8> {
        format!("credential of {}", self.0).into_bytes()
    }

    /// With and without user verification another secret.
    pub(crate) fn answer(&self, salt: &[u8; 32], user_verification: bool) -> SlotSecret {
        let key = hmac::Key::new(hmac::HMAC_SHA256, format!("{} {user_verification}", self.0).as_bytes());
        SlotSecret::from_slice(hmac::sign(&key, salt).as_ref()).expect("HMAC-SHA256 has 32 bytes")
    }

    pub(crate) fn enrol(&self, vault: &UnlockedVault, user_verification: bool) -> EnrolledKey {
        let offer = vault.offer_key(user_verification);
        let (first, second) =
            (self.answer(offer.salt(), user_verification), self.answer(offer.salt(), user_verification));
        offer.answered(&self.credential(), first, &second).expect("it gives the same twice")
    }

    /// What it says to the way that names its credential.
    pub(crate) fn answers(&self, ways: &[Way]) -> Option<(SlotId, SlotSecret)> {
        ways.iter().find_map(|way| match way {
            Way::Key { slot, credential, salt, user_verification, .. } if *credential == self.credential() => {
                Some((*slot, self.answer(salt, *user_verification)))
            }
            _ => None,
        })
    }
}

fn copy(secret: &SlotSecret) -> SlotSecret {
    SlotSecret::from_slice(secret.expose()).expect("it has 32 bytes")
}

/// What the keyring then holds, and the way in.
pub(crate) fn keyring(vault: &UnlockedVault) -> (SlotId, SlotSecret, KeptSecret) {
    let offer = vault.offer_secret();
    let (slot, held) = (offer.slot(), copy(offer.secret()));
    (slot, copy(&held), offer.kept_by_keyring(&held).expect("it is read back"))
}

/// What the TPM then gives, and the way in.
pub(crate) fn tpm(vault: &UnlockedVault, pin: bool) -> (SlotId, SlotSecret, KeptSecret) {
    let offer = vault.offer_secret();
    let (slot, held) = (offer.slot(), copy(offer.secret()));
    (slot, copy(&held), offer.sealed_by_tpm(b"a sealed object".to_vec(), pin, &held).expect("it is unsealed"))
}

/// Ways without names.
pub(crate) fn unnamed(ways: Vec<NewWay<'_>>) -> Vec<(NewWay<'_>, String)> {
    ways.into_iter().map(|way| (way, String::new())).collect()
}

pub(crate) fn by_passphrase(passphrase: &Passphrase) -> (NewWay<'_>, String) {
    (NewWay::Passphrase(passphrase), String::new())
}
