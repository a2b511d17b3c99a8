//! A vault file put together by hand after docs/vault-format.md, and the fob that opens it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use fob_ambient::{FakeClock, SeededRng, UnixTime};
use fob_cbor::{Map, Value, encode};
use fob_ctap::sha256;
use fob_vault::{
    Argon2Cost, Context, KdfFloor, KdfPolicy, LockedVault, NoPins, RecoveryCode, UnlockedVault, VaultError,
};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::{hkdf, hmac};
use tempfile::TempDir;

pub(crate) const VAULT: [u8; 16] = [1; 16];
pub(crate) const VAULT_KEY: [u8; 32] = [2; 32];
const SLOT: [u8; 16] = [3; 16];
const SLOT_SALT: [u8; 32] = [4; 32];
const SALT: [u8; 32] = [5; 32];
/// Twenty bytes of zeros.
const CODE: &str = "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-QKSR";
/// Files in memory, where there are such; else where temporary files lie.
const MEMORY: &str = "/dev/shm";

/// A header without `check` and `body_length`, opened by [`CODE`].
pub(crate) fn header() -> Map {
    let mut map = Map::new();
    map.insert("vault", VAULT.to_vec());
    map.insert("key", hkdf(&VAULT_KEY, &VAULT, "fob vault 1 key id", vec![]).split_at(16).0.to_vec());
    map.insert("generation", 7_u64);
    map.insert("created", 1_000_u64);
    map.insert("changed", 2_000_u64);
    map.insert("salt", SALT.to_vec());
    map.insert("slots", Value::Array(vec![Value::Map(recovery_slot())]));
    map
}

fn recovery_slot() -> Map {
    let mut parameters = Map::new();
    parameters.insert("salt", SLOT_SALT.to_vec());
    let bound = [
        Value::Bytes(VAULT.to_vec()),
        Value::Bytes(SLOT.to_vec()),
        Value::from("recovery"),
        Value::Map(parameters.clone()),
    ];
    let more = vec![Value::Bytes(VAULT.to_vec()), Value::Bytes(SLOT.to_vec())];
    let kek = hkdf(&[0; 20], &SLOT_SALT, "fob vault 1 recovery", more);
    let mut slot = Map::new();
    slot.insert("id", SLOT.to_vec());
    slot.insert("kind", "recovery");
    slot.insert("parameters", parameters);
    slot.insert("created", 1_000_u64);
    let sealed = seal(&kek, [6; 12], &encode(&Value::Array(bound.to_vec())), &VAULT_KEY);
    slot.insert("wrapped", [&[6; 12][..], &sealed].concat());
    slot
}

/// The file of a header and a padded body. `check` and `body_length` are put in, where the header has none.
pub(crate) fn file(mut header: Map, body: &[u8]) -> Vec<u8> {
    if header.get_text("body_length").is_none() {
        header.insert("body_length", (body.len() + AES_256_GCM.tag_len()) as u64);
    }
    if header.get_text("check").is_none() {
        let hash = sha256(&encode(&Value::Map(header.clone())));
        header.insert("check", hash.split_at(16).0.to_vec());
    }
    let bytes = |name| header.get_text(name).and_then(Value::as_bytes).unwrap_or_default();
    let generation = header.get_text("generation").and_then(Value::as_u64).unwrap_or_default();
    let more = vec![Value::Bytes(bytes("vault").to_vec()), Value::Unsigned(generation)];
    let body_key = hkdf(&VAULT_KEY, bytes("salt"), "fob vault 1 body", more);
    let header_key = hkdf(&VAULT_KEY, bytes("vault"), "fob vault 1 header", vec![]);
    let header = encode(&Value::Map(header));
    let length = u32::try_from(header.len()).expect("fuzzers have no headers of gigabytes").to_be_bytes();
    let mut file = [b"FOBVAULT\0\x01".as_slice(), &length, &header].concat();
    let code = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &header_key), &file);
    file.extend(code.as_ref());
    file.extend(seal(&body_key, [0; 12], &header, body));
    file
}

pub(crate) fn hkdf(key: &[u8], salt: &[u8], label: &str, more: Vec<Value>) -> [u8; 32] {
    let info = encode(&Value::Array([vec![Value::from(label)], more].concat()));
    let mut out = [0; 32];
    let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(key);
    let info = [info.as_slice()];
    let expanded = extracted.expand(&info, hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut out));
    expanded.expect("32 bytes are one block");
    out
}

pub(crate) fn seal(key: &[u8; 32], nonce: [u8; 12], bound: &[u8], plain: &[u8]) -> Vec<u8> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("32 bytes are a key"));
    let mut sealed = plain.to_vec();
    let done = key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound), &mut sealed);
    done.expect("below GCM's limit");
    sealed
}

/// A folder with one vault file in it.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn with(file: &[u8]) -> Self {
        let memory = Path::new(MEMORY);
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let home = Self(folder.expect("a temporary folder"));
        fs::write(home.path(), file).expect("it is ours");
        fs::set_permissions(home.path(), Permissions::from_mode(0o600)).expect("it is ours");
        home
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("vault")
    }

    /// Puts a file of the diary there.
    pub(crate) fn put_diary(&self, name: &str, bytes: &[u8]) {
        fs::write(self.diary(name), bytes).expect("it is ours");
    }

    /// The path of a file of the diary.
    pub(crate) fn diary(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Opens and unlocks it.
    pub(crate) fn unlock(&self) -> Result<UnlockedVault, VaultError> {
        let context = Context::new(FakeClock::at(UnixTime(3_000)), SeededRng::new(1), NoPins);
        let context = context.with_kdf(CHEAP).with_diary(self.diary("diary"));
        let code = RecoveryCode::parse(CODE).expect("it has its checksum");
        let locked = LockedVault::open(&self.path(), &context)?;
        locked.unlock_with_recovery(&code).map_err(|(_, error)| error)
    }
}

const CHEAP: KdfPolicy = KdfPolicy {
    new_slots: Argon2Cost { memory_kib: 8, passes: 1, lanes: 1 },
    floor: KdfFloor { memory_kib: 8, passes: 1 },
};
