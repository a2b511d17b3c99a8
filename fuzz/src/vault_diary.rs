//! A file of the diary beside a vault. The first byte chooses: the rest is the file, or it is damage to one that is good,
//! as in `vault_file`; and whether it lies there as the file that is written or as the one before.

use std::fs;
use std::io::ErrorKind;
use std::sync::OnceLock;

use fob_cbor::{Value, encode};
use fob_vault::{Diary, Line};
use zeroize::Zeroizing;

use crate::steps::Steps;
use crate::vault::{Home, VAULT, VAULT_KEY, file, header, hkdf, seal};
use crate::vault_body::padded;

const DAMAGED: u8 = 1;
const CUT: u8 = 2;
const BEFORE: u8 = 4;

const FILE: [u8; 16] = [7; 16];
const BLOCK: usize = 256;
/// What is written after whatever there is.
const LAST: &[u8] = b"the last of all";

/// No damage makes a record of its own, none hides those before and after it for good, and what is written afterwards is
/// there.
pub fn vault_diary(data: &[u8]) {
    let mut steps = Steps(data);
    let how = steps.byte();
    let bytes = if how & DAMAGED == 0 { steps.0.to_vec() } else { damaged(how, steps) };
    let home = Home::with(vault());
    let name = name(how & BEFORE != 0);
    home.put_diary(&name, &bytes);
    let vault = home.unlock().expect("a good vault opens");
    let diary = vault.diary().expect("it has a place");
    let Some(before) = records(&diary) else {
        assert_eq!(write(&diary), how & BEFORE != 0, "a later fob's file is neither read nor written");
        let now = fs::read(home.diary(&name)).expect("it is there still");
        return assert_eq!(now, bytes);
    };
    assert!(in_order(&before, &good_records()), "a record that nobody wrote: {before:?}");
    assert!(write(&diary), "whatever is there, one more is written");
    let mut expected = before;
    expected.push(LAST.to_vec());
    assert_eq!(records(&diary), Some(expected));
}

fn damaged(how: u8, mut steps: Steps<'_>) -> Vec<u8> {
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
    file
}

/// The records that are read; none if a later fob wrote them.
fn records(diary: &Diary) -> Option<Vec<Vec<u8>>> {
    let record = |line| match line {
        Line::Record(record) => Some(record.to_vec()),
        Line::Damaged => None,
    };
    match diary.read() {
        Ok(lines) => Some(lines.into_iter().filter_map(record).collect()),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            None
        }
    }
}

fn write(diary: &Diary) -> bool {
    match diary.write(&[Zeroizing::new(LAST.to_vec())]) {
        Ok(()) => true,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            false
        }
    }
}

/// Whether these are some of all, in their order.
fn in_order(some: &[Vec<u8>], all: &[Vec<u8>]) -> bool {
    let mut all = all.iter();
    some.iter().all(|one| all.any(|other| other == one))
}

fn vault() -> &'static Vec<u8> {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| file(header(), &padded(b"\xa1\x67entries\x80")))
}

fn key_name() -> [u8; 16] {
    let name = hkdf(&VAULT_KEY, &VAULT, "fob vault 1 key id", vec![]);
    *name.first_chunk().expect("16 of 32 bytes")
}

fn name(before: bool) -> String {
    let key: String = key_name().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("diary-{key}{}", if before { ".before" } else { "" })
}

/// One that takes a block, an empty one, one that takes three, and some more.
fn good_records() -> Vec<Vec<u8>> {
    let records = [b"one".to_vec(), Vec::new(), vec![9; 600], b"four".to_vec(), b"five".to_vec(), vec![3; 226]];
    records.to_vec()
}

/// By hand after docs/vault-format.md.
fn good() -> &'static Vec<u8> {
    static GOOD: OnceLock<Vec<u8>> = OnceLock::new();
    GOOD.get_or_init(|| {
        let root = hkdf(&VAULT_KEY, &VAULT, "fob vault 1 diary", vec![]);
        let key = hkdf(&root, &FILE, "fob vault 1 diary file", vec![]);
        let mut bytes = [b"FOBDIARY\x00\x01".as_slice(), &VAULT, &key_name(), &FILE].concat();
        bytes.resize(BLOCK, 0);
        for record in good_records() {
            let block = bytes.len() / BLOCK;
            let blocks = (1 + 12 + 2 + record.len() + 16).div_ceil(BLOCK);
            let length = u16::try_from(record.len()).expect("these are short").to_be_bytes();
            let mut plain = [length.as_slice(), &record].concat();
            plain.resize(blocks * BLOCK - 1 - 12 - 16, 0);
            let place = Value::Unsigned(block as u64);
            let bound = encode(&Value::Array(vec![Value::from(VAULT), Value::from(FILE), place]));
            let number = u8::try_from(block).expect("there are few");
            bytes.push(u8::try_from(blocks).expect("these are short"));
            bytes.extend([number; 12]);
            bytes.extend(seal(&key, [number; 12], &bound, &plain));
        }
        bytes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_good_file_is_read_whole() {
        let home = Home::with(vault());
        home.put_diary(&name(false), good());
        let vault = home.unlock().expect("a good vault opens");
        assert_eq!(records(&vault.diary().expect("it has a place")), Some(good_records()));
    }
}
