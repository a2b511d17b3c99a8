//! What lies inside a KeePass database: bit 0 of the first byte says whether an inner header of ours stands before the
//! rest. It is sealed here as KDBX 4 has it, so that a fuzzer gets past codes and cipher.

use aes::Aes256;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use fob_ctap::sha256;
use fob_exchange::{Format, ImportError, Password, import};
use ring::{digest, hmac};

use crate::importers::holds;

const PASSWORD: &[u8] = b"correct horse";
/// Inner header: stream 3 (ChaCha20) and its key, then the end.
const INNER: &[u8] = b"\x01\x04\0\0\0\x03\0\0\0\x02\x20\0\0\0inner stream key of fob's fuzzer\0\0\0\0\0";
const MAGIC: &[u8] = b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5\x01\0\x04\0";
const CHACHA20: &[u8] = b"\xd6\x03\x8a\x2b\x8b\x6f\x4c\xb5\xa5\x24\x33\x9a\x31\xdb\xb5\x9a";
const AES_KDF: &[u8] = b"\x7c\x02\xbb\x82\x79\xa7\x4a\xc0\x92\x7d\x11\x4a\x00\x64\x82\x38";
const SEED: [u8; 32] = [0x11; 32];
const IV: [u8; 12] = [0x22; 12];

/// What was sealed as it should be is never called a wrong password or a forgery.
pub fn kdbx(data: &[u8]) {
    let Some((&flags, rest)) = data.split_first() else { return };
    let inner = if flags & 1 == 1 { INNER } else { &[] };
    let file = sealed([inner, rest].concat());
    match import(&file, None, None, Some(&Password::new(PASSWORD.to_vec()))) {
        Ok(report) => holds(&report),
        Err(ImportError::Damaged { format: Format::KeePass, reason }) => {
            let inside = ["its inner header is none", "its XML is none", "a protected value is none"];
            assert!(inside.contains(&reason.as_ref()), "{reason}");
        }
        Err(error) => assert!(matches!(error, ImportError::TooDeep | ImportError::TooManyEntries), "{error}"),
    }
}

/// keepass.info, "KDBX File Format Specification", with AES-KDF of one round.
fn sealed(mut plain: Vec<u8>) -> Vec<u8> {
    let mut file = MAGIC.to_vec();
    let fields: [(u8, &[u8]); 6] =
        [(2, CHACHA20), (3, &[0; 4]), (4, &SEED), (7, &IV), (11, &derivation()), (0, b"\r\n\r\n")];
    for (id, value) in fields {
        file.push(id);
        file.extend(length(value));
        file.extend(value);
    }
    let transformed = sha256(&aes_kdf(sha256(&sha256(PASSWORD))));
    let key = sha256(&[SEED, transformed].concat());
    let mac = digest::digest(&digest::SHA512, &[&SEED[..], &transformed, &[1]].concat());
    let header_code = code(u64::MAX, mac.as_ref(), &file);
    file.extend(sha256(&file));
    file.extend(header_code);
    ChaCha20::new(&key.into(), &IV.into()).apply_keystream(&mut plain);
    for (index, block) in (0_u64..).zip([plain.as_slice(), &[]].into_iter().skip(usize::from(plain.is_empty()))) {
        file.extend(code(index, mac.as_ref(), &[&index.to_le_bytes()[..], &length(block), block].concat()));
        file.extend(length(block));
        file.extend(block);
    }
    file
}

/// The dictionary of the key derivation.
fn derivation() -> Vec<u8> {
    let mut dictionary = vec![0, 1];
    let values: [(u8, &str, &[u8]); 3] =
        [(0x42, "$UUID", AES_KDF), (0x05, "R", &1_u64.to_le_bytes()), (0x42, "S", &SEED)];
    for (kind, name, value) in values {
        dictionary.push(kind);
        dictionary.extend(length(name.as_bytes()));
        dictionary.extend(name.bytes());
        dictionary.extend(length(value));
        dictionary.extend(value);
    }
    dictionary.push(0);
    dictionary
}

fn aes_kdf(composite: [u8; 32]) -> [u8; 32] {
    let cipher = Aes256::new(&SEED.into());
    let mut key = composite;
    for half in key.chunks_mut(16) {
        let mut block = Array::try_from(&*half).expect("halves of 32 bytes");
        cipher.encrypt_block(&mut block);
        half.copy_from_slice(&block);
    }
    key
}

fn code(index: u64, key: &[u8], message: &[u8]) -> Vec<u8> {
    let block_key = digest::digest(&digest::SHA512, &[&index.to_le_bytes()[..], key].concat());
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, block_key.as_ref()), message).as_ref().to_vec()
}

fn length(value: &[u8]) -> [u8; 4] {
    u32::try_from(value.len()).expect("fuzzers have no files of gigabytes").to_le_bytes()
}
