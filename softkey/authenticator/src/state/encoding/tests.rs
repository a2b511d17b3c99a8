//! Bytes that nobody should have written. What another program writes is read in tests/commands/files.rs.

use fob_ambient::SeededRng;
use fob_ctap::extension::CredProtect;
use proptest::prelude::*;

use super::*;
use crate::state::{Extras, Resident};
use crate::{CredentialKey, KeyKind};

fn credential(number: u8) -> Packed {
    let mut rng = SeededRng::new(number.into());
    Packed::from(&Resident {
        id: vec![number; 32].into(),
        rp: fob_ctap::entity::RpEntity { id: fob_ctap::entity::RpId::new("site.example"), name: None },
        user: fob_ctap::entity::UserEntity {
            id: fob_ctap::entity::UserHandle::new([number]).unwrap(),
            name: Some("ada".to_owned()),
            display_name: None,
        },
        key: CredentialKey::generate(KeyKind::Es256, &mut rng),
        protection: CredProtect::default(),
        created: number.into(),
        extras: Extras::default(),
    })
}

fn state() -> State {
    let mut state = State::fresh(&mut SeededRng::new(1));
    let pin = StoredPin { hash: PinHash::new([7; 16]), code_points: 4 };
    let put = |number| Change::Put(credential(number));
    state.apply(Changes(vec![Change::Counter(9), Change::PinRetries(7), Change::Pin(Some(pin)), put(1), put(2)]));
    state
}

#[test]
fn a_state_in_pieces_is_the_same_state() {
    let state = state();
    for size in [0, 1, 200, 400, 100_000] {
        let mut built = None;
        let pieces: Vec<_> = state.in_pieces(size).collect();
        for piece in &pieces {
            Changes::decode(piece).unwrap().make(&mut built).unwrap();
        }
        assert_eq!(built.unwrap().encode(), state.encode());
        assert_eq!(pieces.len() == 1, size > 1000, "{size}");
    }
}

#[test]
fn changes_made_twice_are_made_once() {
    let changes = || {
        Changes(vec![
            Change::Counter(10),
            Change::Remove(credential(1).place()),
            Change::Put(credential(3)),
            Change::Pin(None),
        ])
    };
    let (mut once, mut twice) = (state(), state());
    once.apply(changes());
    twice.apply(changes());
    twice.apply(Changes::decode(&changes().encode()).unwrap());
    assert_eq!(once.encode(), twice.encode());
    assert_eq!((once.counter(), once.resident_count(), once.pin.is_none()), (10, 2, true));
}

#[test]
fn nothing_begins_without_a_key() {
    let counter = Changes(vec![Change::Counter(1)]);
    assert_eq!(State::decode(&counter.encode()).unwrap_err(), StateError::NoBeginning);
    assert_eq!(State::decode(&[0x80]).unwrap_err(), StateError::NoBeginning);
}

#[test]
fn what_a_newer_fob_wrote_is_refused_and_not_ignored() {
    // [[0x7f, 0]]
    assert_eq!(Changes::decode(&[0x81, 0x82, 0x18, 0x7f, 0x00]).unwrap_err(), StateError::Unknown(0x7f));
}

#[test]
fn no_file_gives_more_tries_than_there_are() {
    // [[3, 200]]
    let mut state = state();
    state.apply(Changes::decode(&[0x81, 0x82, 0x03, 0x18, 0xc8]).unwrap());
    assert_eq!(state.pin_retries, MAX_PIN_RETRIES);
}

proptest! {
    #[test]
    fn bytes_of_chance_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(State::decode(&bytes).is_err());
    }

    #[test]
    fn a_forged_state_never_panics(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut bytes = state().encode().to_vec();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(state) = State::decode(&bytes) {
            prop_assert!(state.pin_retries <= MAX_PIN_RETRIES);
            prop_assert_eq!(State::decode(&state.encode()).unwrap().encode(), state.encode());
        }
    }
}
