//! The softkey's state file. The first byte chooses: the rest is a file, or it is damage to one that is good.
//!
//! What follows the header are a snapshot and two records. Zeros from a record to the end are an older copy of the file,
//! which nobody can tell from inside it (softkey/authenticator/src/store/format.rs): such a state is one that was kept.
//!
//! Damage is a list of places (two bytes) and values (one byte) that are put in; then the file is cut, if the first byte
//! says so. Everybody can make the header's plain hash fit again, so that is done where the byte says so.

use std::sync::OnceLock;

use fob_authenticator::{Changes, FileFault, State, StateKey, read_state_file};
use fob_ctap::sha256;

use crate::steps::Steps;

/// Written by another program (softkey/authenticator/tests/vectors/write_state.py): a snapshot, and two records of the
/// log. The first sets the counter to 10, the second the tries for PINs to 6.
const FILE: &str = include_str!("../../softkey/authenticator/tests/vectors/state-2-key.hex");
const KEY: [u8; 32] = [0x33; 32];
/// The header without its hash, and with it.
const HASHED: usize = 144;
const HEADER: usize = 160;

const DAMAGED: u8 = 1;
const CUT: u8 = 2;
const REHASHED: u8 = 4;

/// A file is refused, or gives a state that was once kept in it.
pub fn state_file(data: &[u8]) {
    let mut steps = Steps(data);
    let how = steps.byte();
    if how & DAMAGED == 0 {
        return drop(read(steps.0));
    }
    let mut file = good().file.clone();
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
    if let (true, Some((hashed, rest))) = (how & REHASHED != 0, file.split_at_mut_checked(HASHED)) {
        rest.iter_mut().zip(sha256(hashed)).take(HEADER - HASHED).for_each(|(byte, hash)| *byte = hash);
    }
    if let Ok(state) = read(&file) {
        assert!(good().states.contains(&*state.encode()), "a state that nobody ever kept");
    }
}

fn read(file: &[u8]) -> Result<State, FileFault> {
    // A key never pays for Argon2: a file that asks for a passphrase is refused before.
    read_state_file(file, &StateKey::parse(&KEY).expect("32 bytes are a key"))
}

/// The file as it was written, and the states that it has had.
struct Good {
    file: Vec<u8>,
    states: Vec<Vec<u8>>,
}

fn good() -> &'static Good {
    static GOOD: OnceLock<Good> = OnceLock::new();
    GOOD.get_or_init(|| {
        let digits: String = FILE.split_whitespace().collect();
        let file = data_encoding::HEXLOWER.decode(digits.as_bytes()).expect("digits in pairs");
        let last = read(&file).expect("the file is good");
        assert_eq!(last.counter(), 10);
        // Before the last record there were seven tries, [[3, 7]], and before the first the counter was 9, [[2, 9]].
        let before: [&[u8]; 3] = [b"\x80", b"\x81\x82\x03\x07", b"\x82\x82\x02\x09\x82\x03\x07"];
        let states = before.map(|changes| {
            let mut state = State::decode(&last.encode()).expect("a state can read what it wrote");
            state.apply(Changes::decode(changes).expect("canonical, and known"));
            state.encode().to_vec()
        });
        let states = states.to_vec();
        Good { file, states }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_told_from_a_write_that_was_cut_off() {
        let mut file = good().file.clone();
        file[300] ^= 1;
        assert!(matches!(read(&file), Err(FileFault::Damaged { .. })));
        // The last record ends before the room that the file was laid out with.
        let end = good().file.iter().rposition(|&byte| byte != 0).unwrap();
        let mut file = good().file.clone();
        file[end - 20..].fill(0);
        assert_eq!(*read(&file).unwrap().encode(), good().states[1]);
    }
}
