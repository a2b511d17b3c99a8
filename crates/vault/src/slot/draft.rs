//! A slot that is about to be made: its id, its parameters and the key that will wrap the vault key.
//!
//! A draft knows no vault key, so one set of drafts can be sealed under a new one (`rekey`).

use fob_ambient::Rng;
use fob_cbor::Map;
use ring::aead::{Aad, NONCE_LEN, Nonce};

use super::kek::{both_key, outside_key, recovery_key};
use super::{ID_LENGTH, Slot, SlotId, SlotKind};
use crate::keys::{KeyBytes, VaultId, VaultKey, aes_256_gcm};
use crate::{Argon2Cost, Context, Passphrase, RecoveryCode, SlotSecret, VaultError, kdf};

/// Bytes of the salts that HKDF gets.
const HKDF_SALT_LENGTH: usize = 32;

/// What the making of a slot takes besides the vault key.
pub(crate) struct Making<'a> {
    pub(crate) vault: &'a VaultId,
    pub(crate) now: u64,
    pub(crate) rng: &'a mut dyn Rng,
}

/// A slot without its wrapped vault key.
pub(crate) struct Draft {
    pub(crate) id: SlotId,
    kind: SlotKind,
    parameters: Map,
    kek: KeyBytes,
}

/// A passphrase as Argon2 left it, and with what.
pub(crate) struct Hashed {
    pub(crate) salt: [u8; ID_LENGTH],
    pub(crate) cost: Argon2Cost,
    pub(crate) key: KeyBytes,
}

impl Hashed {
    /// Hashes a passphrase for a new slot. Takes as long as Argon2 takes.
    pub(crate) fn with(passphrase: &Passphrase, cost: Argon2Cost, context: &Context) -> Result<Self, VaultError> {
        context.kdf.admit(&[cost])?;
        let salt = context.random();
        Ok(Self { key: kdf::passphrase_key(passphrase, &salt, cost)?, salt, cost })
    }

    fn parameters(&self) -> Map {
        let mut parameters = Map::new();
        parameters.insert("algorithm", "argon2id");
        parameters.insert("version", 0x13_u64);
        parameters.insert("memory_kib", self.cost.memory_kib);
        parameters.insert("passes", self.cost.passes);
        parameters.insert("lanes", self.cost.lanes);
        parameters.insert("salt", self.salt.to_vec());
        parameters
    }
}

/// A security key's credential with its secret for one salt.
pub(crate) struct KeyAnswer<'a> {
    pub(crate) slot: SlotId,
    pub(crate) credential: &'a [u8],
    pub(crate) salt: &'a [u8; 32],
    pub(crate) user_verification: bool,
    pub(crate) secret: &'a SlotSecret,
}

impl KeyAnswer<'_> {
    fn add_to(&self, parameters: &mut Map) {
        parameters.insert("credential", self.credential.to_vec());
        parameters.insert("key_salt", self.salt.to_vec());
        parameters.insert("uv", self.user_verification);
    }
}

impl Making<'_> {
    fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill(&mut bytes);
        bytes
    }

    /// A slot that opens with a passphrase; it keeps `id` where one stood before.
    pub(crate) fn passphrase(&mut self, id: Option<SlotId>, hashed: &Hashed) -> Draft {
        let id = id.unwrap_or_else(|| SlotId(self.random()));
        let mut kek = KeyBytes::default();
        kek.copy_from_slice(hashed.key.as_slice());
        Draft { id, kind: SlotKind::Passphrase, parameters: hashed.parameters(), kek }
    }

    /// A slot that opens with this code.
    pub(crate) fn recovery(&mut self, code: &RecoveryCode) -> Draft {
        let salt: [u8; HKDF_SALT_LENGTH] = self.random();
        let id = SlotId(self.random());
        let kek = recovery_key(self.vault, id, &salt, code);
        Draft { id, kind: SlotKind::Recovery, parameters: salted(&salt), kek }
    }

    /// A slot that opens with a key alone.
    pub(crate) fn key(&self, answer: &KeyAnswer<'_>) -> Draft {
        let mut parameters = Map::new();
        answer.add_to(&mut parameters);
        self.outside(answer.slot, SlotKind::Key, parameters, answer.salt, answer.secret)
    }

    /// A slot that opens with both.
    pub(crate) fn both(&self, hashed: &Hashed, answer: &KeyAnswer<'_>) -> Draft {
        let mut parameters = hashed.parameters();
        answer.add_to(&mut parameters);
        let kek = both_key(self.vault, answer.slot, answer.salt, &hashed.key, answer.secret);
        Draft { id: answer.slot, kind: SlotKind::PassphraseAndKey, parameters, kek }
    }

    /// A slot that opens with what the desktop's keyring keeps.
    pub(crate) fn secret_service(&mut self, id: SlotId, secret: &SlotSecret) -> Draft {
        let salt: [u8; HKDF_SALT_LENGTH] = self.random();
        self.outside(id, SlotKind::SecretService, salted(&salt), &salt, secret)
    }

    /// A slot that opens with what a TPM has sealed.
    pub(crate) fn tpm(&mut self, id: SlotId, blob: &[u8], pin: bool, secret: &SlotSecret) -> Draft {
        let salt: [u8; HKDF_SALT_LENGTH] = self.random();
        let mut parameters = salted(&salt);
        parameters.insert("blob", blob.to_vec());
        parameters.insert("pin", pin);
        self.outside(id, SlotKind::Tpm, parameters, &salt, secret)
    }

    fn outside(&self, id: SlotId, kind: SlotKind, parameters: Map, salt: &[u8; 32], secret: &SlotSecret) -> Draft {
        let kek = outside_key(&kind, self.vault, id, salt, secret).expect("only kinds with a secret outside come here");
        Draft { id, kind, parameters, kek }
    }

    /// Wraps the vault key for a draft.
    pub(crate) fn seal(&mut self, draft: &Draft, key: &VaultKey) -> Slot {
        let mut slot = Map::new();
        slot.insert("id", draft.id.bytes().to_vec());
        slot.insert("kind", draft.kind.name());
        slot.insert("parameters", draft.parameters.clone());
        slot.insert("created", self.now);
        let mut slot = Slot(slot);
        let wrapped = self.wrap(&slot, &draft.kek, key);
        slot.0.insert("wrapped", wrapped);
        slot
    }

    fn wrap(&mut self, slot: &Slot, kek: &KeyBytes, key: &VaultKey) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = self.random();
        // Sealed in place: what is in this buffer when it is next seen is ciphertext.
        let mut key = key.expose().to_vec();
        let tag = aes_256_gcm(kek)
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(slot.associated_data(self.vault)),
                &mut key,
            )
            .expect("32 bytes are below GCM's limit");
        [nonce.as_slice(), &key, tag.as_ref()].concat()
    }
}

fn salted(salt: &[u8; HKDF_SALT_LENGTH]) -> Map {
    let mut parameters = Map::new();
    parameters.insert("salt", salt.to_vec());
    parameters
}
