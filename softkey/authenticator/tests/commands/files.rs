//! The sealed state file: what another program wrote, cuts, damage, forgery, and its calls on the disk.

use fob_ambient::SeededRng;
use fob_authenticator::{
    Changes, FileFault, FileStore, RepeatableSigner, State, StateKey, Store, StoreError, read_state_file,
};
use fob_cbor::{Map, Value, encode};
use proptest::prelude::*;

use crate::disk::{FakeDisk, LEFT, Stop};

const SECTOR: usize = 512;
const HEADER: usize = 160;

pub(crate) fn key() -> StateKey {
    StateKey::parse(&[0x33; 32]).unwrap()
}

fn digits(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter_map(|byte| char::from(byte).to_digit(16)).map(|d| d as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// tests/vectors/write_state.py says what is in it.
pub(crate) fn theirs() -> Vec<u8> {
    digits(include_str!("../vectors/state-2-key.hex"))
}

fn changes(list: Vec<(u64, Value)>) -> Changes {
    let list = list.into_iter().map(|(code, value)| Value::Array(vec![Value::from(code), value])).collect();
    Changes::decode(&encode(&Value::Array(list))).unwrap()
}

pub(crate) fn counter(counter: u32) -> Changes {
    changes(vec![(2, Value::from(counter))])
}

fn retries(retries: u8) -> Changes {
    changes(vec![(3, Value::from(retries))])
}

fn credential(number: u16) -> (u64, Value) {
    let mut rp = Map::new();
    rp.insert("id", "site.example");
    let mut user = Map::new();
    user.insert("id", number.to_be_bytes().as_slice());
    let mut map = Map::new();
    map.insert(1, [number.to_be_bytes().as_slice(), &[7; 30]].concat().as_slice());
    map.insert(2, Value::Map(rp));
    map.insert(3, Value::Map(user));
    map.insert(4, [7; 32].as_slice());
    map.insert(5, [[4; 33].as_slice(), &[9; 32]].concat().as_slice());
    map.insert(6, 1_u8);
    map.insert(7, u32::from(number));
    (5, Value::Map(map))
}

/// Changes long enough to lie in several sectors.
fn long() -> Changes {
    changes((100..107).map(credential).chain([(2, Value::from(50_u8))]).collect())
}

pub(crate) fn state() -> State {
    State::decode(&changes(vec![(1, Value::from([0x55; 32].as_slice())), (3, Value::from(7_u8))]).encode()).unwrap()
}

fn decoded(bytes: &[u8]) -> Result<Vec<u8>, FileFault> {
    read_state_file(bytes, &key()).map(|state| state.encode().to_vec())
}

/// A store on this disk, and its state.
fn loaded(disk: &FakeDisk) -> Result<(FileStore, State), StoreError> {
    let mut store = FileStore::on(Box::new(disk.clone()), key());
    let state = store.load()?.unwrap();
    Ok((store, state))
}

/// Keeps changes and makes them, as the authenticator does.
fn commit(store: &mut FileStore, state: &mut State, changes: Changes) -> Result<(), StoreError> {
    store.commit(state, &changes)?;
    state.apply(changes);
    Ok(())
}

/// A file with these changes in its log, and the states after each.
fn written(log: Vec<Changes>) -> (FakeDisk, Vec<Vec<u8>>) {
    let disk = FakeDisk::default();
    let mut store = FileStore::on(Box::new(disk.clone()), key());
    let mut state = state();
    store.create(&state).unwrap();
    let mut states = vec![state.encode().to_vec()];
    for changes in log {
        commit(&mut store, &mut state, changes).unwrap();
        states.push(state.encode().to_vec());
    }
    (disk, states)
}

/// Where the records of the log begin, and where the last one ends.
fn records(file: &[u8]) -> Vec<usize> {
    let mut at = u64::from_be_bytes(file[96..104].try_into().unwrap()) as usize;
    let mut places = vec![at];
    loop {
        let length = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        if length == 0 {
            return places;
        }
        at += (32 + length + 16 + 1).next_multiple_of(16);
        places.push(at);
    }
}

#[test]
fn a_file_that_another_program_wrote_is_read() {
    let state = read_state_file(&theirs(), &key()).unwrap();
    assert_eq!((state.counter(), state.resident_count()), (10, 1));
    let scalar: Vec<u8> = (1..=32).collect();
    let bytes = state.encode();
    for part in [&scalar[..], &[0x55; 32], b"site.example", b"ada", &[0x82, 0x03, 0x06]] {
        assert!(bytes.windows(part.len()).any(|window| window == part), "{part:?}");
    }
}

#[test]
fn a_file_that_another_program_sealed_with_a_passphrase_is_read() {
    let file = digits(include_str!("../vectors/state-2-passphrase.hex"));
    let tower = StateKey::passphrase("tower".to_owned()).unwrap();
    assert_eq!(read_state_file(&file, &tower).unwrap().counter(), 10);
    let other = StateKey::passphrase("Tower".to_owned()).unwrap();
    assert_eq!(read_state_file(&file, &other).unwrap_err(), FileFault::WrongKey);
    assert_eq!(read_state_file(&file, &key()).unwrap_err(), FileFault::NeedsPassphrase);
    assert_eq!(read_state_file(&theirs(), &tower).unwrap_err(), FileFault::NeedsKey);
}

#[test]
fn a_hostile_cost_is_refused_before_it_is_paid() {
    let mut file = digits(include_str!("../vectors/state-2-passphrase.hex"));
    for (case, memory_kib, passes, lanes) in
        [("memory", u32::MAX, 1, 1), ("time", 64, u32::MAX, 1), ("lanes", 1 << 20, 1, 64), ("none", 0, 0, 0)]
    {
        for (place, number) in [(20, memory_kib), (24, passes), (28, lanes)] {
            file[place..place + 4].copy_from_slice(&u32::to_be_bytes(number));
        }
        let hash = fob_ctap::sha256(&file[..144]);
        file[144..160].copy_from_slice(&hash[..16]);
        let tower = StateKey::passphrase("tower".to_owned()).unwrap();
        let fault = read_state_file(&file, &tower).unwrap_err();
        assert_eq!(fault, FileFault::Cost { memory_kib, passes }, "{case}");
    }
}

#[test]
fn what_was_kept_is_loaded_by_the_next_process() {
    let (disk, states) = written(vec![counter(1), retries(6), counter(2)]);
    let (mut store, mut state) = loaded(&disk).unwrap();
    assert_eq!(state.encode().as_slice(), states[3]);
    commit(&mut store, &mut state, counter(3)).unwrap();
    let (_, again) = loaded(&disk).unwrap();
    assert_eq!(again.encode(), state.encode());
    // With the records of our own log another program's file goes on, too.
    let disk = FakeDisk::with(&theirs());
    let (mut store, mut state) = loaded(&disk).unwrap();
    commit(&mut store, &mut state, counter(11)).unwrap();
    assert_eq!(loaded(&disk).unwrap().1.counter(), 11);
}

#[test]
fn nothing_of_the_state_is_legible() {
    let (disk, _) = written(vec![changes(vec![credential(1)])]);
    let file = disk.bytes();
    for secret in [&[0x55; 16][..], &[7; 16], b"site.example"] {
        assert!(!file.windows(secret.len()).any(|window| window == secret));
    }
}

#[test]
fn a_signature_costs_one_write_and_one_sync() {
    let (disk, _) = written(vec![counter(1)]);
    let (mut store, mut state) = loaded(&disk).unwrap();
    let (calls, syncs) = (disk.calls(), disk.syncs());
    let length = disk.bytes().len();
    commit(&mut store, &mut state, counter(2)).unwrap();
    assert_eq!((disk.calls() - calls, disk.syncs() - syncs), (2, 1));
    let places = records(&disk.bytes());
    assert_eq!(places[2] - places[1], 64, "a record of a few bytes");
    assert_eq!(disk.bytes().len(), length);
}

#[test]
fn a_full_log_becomes_a_new_file_and_stays_small() {
    let (disk, _) = written(vec![]);
    let (mut store, mut state) = loaded(&disk).unwrap();
    let mut ids = vec![disk.bytes()[64..96].to_vec()];
    for number in 1..=5_000 {
        commit(&mut store, &mut state, counter(number)).unwrap();
        let id = disk.bytes()[64..96].to_vec();
        if ids.last() != Some(&id) {
            ids.push(id);
        }
    }
    assert_eq!(ids.len(), 5, "one new file each thousand signatures, none with the id of another");
    assert!(disk.bytes().len() < 100_000);
    assert_eq!(loaded(&disk).unwrap().1.counter(), 5_000);
}

#[test]
fn a_reset_leaves_nothing_of_what_it_forgets() {
    let (disk, _) = written(vec![counter(1)]);
    let id = disk.bytes()[64..96].to_vec();
    let (mut store, mut state) = loaded(&disk).unwrap();
    commit(&mut store, &mut state, changes(vec![(1, Value::from([0x66; 32].as_slice()))])).unwrap();
    assert_ne!(disk.bytes()[64..96], id, "sealed with keys that have never sealed anything else");
    assert_eq!(records(&disk.bytes()).len(), 1, "no log");
    let (_, state) = loaded(&disk).unwrap();
    assert_eq!(state.counter(), 0);
}

/// Cuts one commit at every call in every way, for every thing that may be left: before it or after it, nothing else;
/// after it if it said so. Then the key works on, also in the process that was cut.
fn cut_everywhere(disk: &FakeDisk, short: &[usize], next: fn() -> Changes) -> usize {
    let (_, old) = loaded(disk).unwrap();
    let mut new = State::decode(&old.encode()).unwrap();
    new.apply(next());
    let (old, new) = (old.encode().to_vec(), new.encode().to_vec());
    let mut stops = vec![Stop::Before, Stop::After];
    stops.extend(short.iter().copied().map(Stop::Short));
    for call in 0.. {
        for (how, left) in stops.iter().flat_map(|how| LEFT.map(|left| (*how, left))) {
            let world = FakeDisk::with(&disk.bytes());
            let (mut store, mut state) = loaded(&world).unwrap();
            world.stop_at(call, how);
            let done = commit(&mut store, &mut state, next()).is_ok();
            if done {
                assert!(call > 1, "no call was cut");
                return call;
            }
            // The power goes.
            let rest = world.after(left);
            let (mut store, mut state) = loaded(&rest).unwrap_or_else(|e| panic!("{call} {how:?} {left:?}: {e:?}"));
            let found = state.encode().to_vec();
            assert!(found == old || found == new, "{call} {how:?} {left:?}");
            commit(&mut store, &mut state, counter(77)).unwrap();
            commit(&mut store, &mut state, counter(78)).unwrap();
            assert_eq!(loaded(&rest).unwrap().1.encode(), state.encode());
            // Or the process lives on, and the disk is well again.
            let world = FakeDisk::with(&disk.bytes());
            let (mut store, mut state) = loaded(&world).unwrap();
            world.stop_at(call, how);
            commit(&mut store, &mut state, next()).unwrap_err();
            world.mend();
            commit(&mut store, &mut state, counter(79)).unwrap();
            for left in LEFT {
                assert_eq!(loaded(&world.after(left)).unwrap().1.encode(), state.encode(), "{call} {how:?} {left:?}");
            }
        }
    }
    unreachable!("every commit has an end")
}

#[test]
fn an_append_cut_anywhere_is_there_or_not() {
    let (disk, _) = written(vec![counter(1), retries(6)]);
    assert_eq!(cut_everywhere(&disk, &[1, 4, 5, 12, 31, 32, 33, 48, 60, 63, 64], || counter(2)), 2);
    assert_eq!(cut_everywhere(&disk, &[1, 32, 40, 500, 512, 1000, 1024, 1500], long), 2);
}

#[test]
fn a_new_file_cut_anywhere_is_there_or_the_old_one_is() {
    let (disk, _) = written(vec![]);
    let (mut store, mut state) = loaded(&disk).unwrap();
    // Until the next record has no room.
    let room = disk.bytes().len() - records(&disk.bytes())[0];
    for number in 0..room / 64 {
        commit(&mut store, &mut state, counter(number as u32)).unwrap();
    }
    assert!(cut_everywhere(&disk, &[100, 40_000], long) > 6);
}

#[test]
fn a_reset_cut_anywhere_is_whole_or_has_not_happened() {
    let (disk, _) = written(vec![long(), counter(60), retries(3)]);
    assert!(cut_everywhere(&disk, &[100], || changes(vec![(1, Value::from([0x66; 32].as_slice()))])) > 6);
}

#[test]
fn a_first_file_cut_anywhere_is_there_or_no_file_is() {
    for call in 0.. {
        for (how, left) in [Stop::Before, Stop::Short(100), Stop::After].iter().flat_map(|how| LEFT.map(|l| (*how, l)))
        {
            let world = FakeDisk::default();
            world.stop_at(call, how);
            if FileStore::on(Box::new(world.clone()), key()).create(&state()).is_ok() {
                assert!(call > 5);
                return;
            }
            let found = FileStore::on(Box::new(world.after(left)), key()).load().unwrap();
            assert!(found.is_none_or(|found| found.encode() == state().encode()));
        }
    }
}

#[test]
fn no_bit_of_what_is_kept_can_change() {
    let file = theirs();
    let end = *records(&file).last().unwrap();
    for (place, bit) in (0..end).flat_map(|place| (0..8).map(move |bit| (place, bit))) {
        let mut changed = file.clone();
        changed[place] ^= 1 << bit;
        assert!(decoded(&changed).is_err(), "bit {bit} of byte {place} of {end}");
    }
    // A stray byte in the room is damage too. Only where it looks like the first byte of a cut record, or of a sector
    // of one, it is cut off: nothing is lost with it.
    let whole = decoded(&file).unwrap();
    for place in end..file.len() {
        let mut changed = file.clone();
        changed[place] ^= 1;
        match decoded(&changed) {
            Ok(state) => assert!(state == whole && (place < end + 16 || place % SECTOR < 16), "byte {place}"),
            Err(fault) => assert_eq!(fault, FileFault::Damaged { at: end as u64 }),
        }
    }
}

#[test]
fn a_file_of_another_length_is_an_error() {
    let (disk, _) = written(vec![counter(1)]);
    let file = disk.bytes();
    for length in (0..file.len()).step_by(61).chain([HEADER, file.len() - 1]) {
        assert!(decoded(&file[..length]).is_err(), "{length}");
    }
    assert!(decoded(&[file.as_slice(), &[0]].concat()).is_err());
}

#[test]
fn a_last_record_cut_at_any_byte_is_cut_off() {
    let (disk, states) = written(vec![counter(1), long()]);
    let file = disk.bytes();
    let places = records(&file);
    for cut in places[1]..places[2] {
        let mut torn = file.clone();
        torn[cut..].fill(0);
        assert_eq!(decoded(&torn), Ok(states[1].clone()), "cut at {cut}");
    }
    // The same in a record that is not the last is damage: it was durable before the next one was begun.
    for cut in places[0]..places[1] {
        let mut damaged = file.clone();
        damaged[cut..places[1]].fill(0);
        assert_eq!(decoded(&damaged), Err(FileFault::Damaged { at: places[0] as u64 }), "cut at {cut}");
    }
}

#[test]
fn a_last_record_with_sectors_missing_is_cut_off() {
    // Wherever in a sector it begins.
    for before in 0..10_u32 {
        let (disk, states) = written((0..before).map(counter).chain([long()]).collect());
        let file = disk.bytes();
        let [start, end] = records(&file)[before as usize..] else { panic!("not the last") };
        let sectors: Vec<usize> = (start / SECTOR..=(end - 1) / SECTOR).collect();
        assert!(sectors.len() >= 3);
        for missing in 1..1_u32 << sectors.len() {
            let mut torn = file.clone();
            for (number, sector) in sectors.iter().enumerate().filter(|(number, _)| missing >> number & 1 == 1) {
                assert!(number < 32);
                torn[start.max(sector * SECTOR)..end.min((sector + 1) * SECTOR)].fill(0);
            }
            assert_eq!(decoded(&torn), Ok(states[before as usize].clone()), "{missing:b}");
        }
        let mut whole = file.clone();
        whole[end - 20] ^= 1;
        assert_eq!(decoded(&whole), Err(FileFault::Damaged { at: start as u64 }));
    }
}

#[test]
fn a_sector_lost_in_the_middle_is_damage() {
    let (disk, _) = written(vec![long(), counter(60), long(), counter(61)]);
    let file = disk.bytes();
    let places = records(&file);
    for sector in places[0] / SECTOR..places[3] / SECTOR {
        let mut lost = file.clone();
        lost[sector * SECTOR..(sector + 1) * SECTOR].fill(0);
        assert!(decoded(&lost).is_err(), "sector {sector}");
    }
}

#[test]
fn records_cannot_be_dropped_moved_repeated_or_brought_in() {
    let (disk, _) = written(vec![counter(1), counter(2), counter(3), counter(4)]);
    let (other, _) = written(vec![counter(11), counter(12), counter(13), counter(14)]);
    let (file, other) = (disk.bytes(), other.bytes());
    let places = records(&file);
    assert_eq!(places, records(&other));
    let record = |from: &[u8], number: usize| from[places[number]..places[number + 1]].to_vec();
    let with = |list: &[Vec<u8>]| {
        let mut file = file.clone();
        file[places[0]..places[4]].fill(0);
        let log = list.concat();
        file[places[0]..places[0] + log.len()].copy_from_slice(&log);
        decoded(&file)
    };
    let [a, b, c, d] = [0, 1, 2, 3].map(|number| record(&file, number));
    assert!(with(&[a.clone(), b.clone(), c.clone(), d.clone()]).is_ok());
    for (case, list) in [
        ("dropped", vec![a.clone(), c.clone(), d.clone()]),
        ("the first dropped", vec![b.clone(), c.clone(), d.clone()]),
        ("swapped", vec![a.clone(), c.clone(), b.clone(), d.clone()]),
        ("repeated", vec![a.clone(), b.clone(), b.clone(), c.clone()]),
        ("of another file", vec![a.clone(), b.clone(), record(&other, 2), d.clone()]),
        ("the log of another file", (0..4).map(|number| record(&other, number)).collect()),
    ] {
        assert!(matches!(with(&list), Err(FileFault::Damaged { .. })), "{case}");
    }
    let mut snapshot = file.clone();
    snapshot[HEADER..places[0]].copy_from_slice(&other[HEADER..places[0]]);
    assert!(matches!(decoded(&snapshot), Err(FileFault::Damaged { at: 160 })));
    let mut header = file;
    header[..HEADER].copy_from_slice(&other[..HEADER]);
    assert!(matches!(decoded(&header), Err(FileFault::Damaged { at: 160 })));
}

#[test]
fn another_key_a_foreign_file_and_other_formats_are_told_apart() {
    let (disk, _) = written(vec![]);
    let other = StateKey::parse(&[0x34; 32]).unwrap();
    assert_eq!(read_state_file(&disk.bytes(), &other).unwrap_err(), FileFault::WrongKey);
    assert_eq!(decoded(b"-----BEGIN PRIVATE KEY-----"), Err(FileFault::Foreign));
    assert_eq!(decoded(b""), Err(FileFault::Foreign));
    assert_eq!(decoded(b"\xa4\x01\x71fob softkey state\x02\x01"), Err(FileFault::Version(1)));
    let mut newer = disk.bytes();
    newer[15] = 3;
    assert_eq!(decoded(&newer), Err(FileFault::Version(3)));
}

#[test]
fn a_key_kept_by_another_program_signs() {
    let disk = FakeDisk::with(&theirs());
    let parts = fob_authenticator::Parts {
        store: Box::new(FileStore::on(Box::new(disk), key())),
        rng: Box::new(SeededRng::new(1)),
        signer: Box::new(RepeatableSigner),
        strictness: fob_ctap::Strictness::Canonical,
    };
    let key = fob_authenticator::Authenticator::power_up(parts, fob_ambient::Millis(0)).unwrap();
    assert_eq!(key.state().counter(), 10);
}

proptest! {
    #[test]
    fn bytes_of_chance_are_no_state(bytes in proptest::collection::vec(any::<u8>(), 0..600), head in any::<bool>()) {
        let mut file = if head { theirs()[..HEADER].to_vec() } else { Vec::new() };
        file.extend(bytes);
        prop_assert!(decoded(&file).is_err());
    }

    #[test]
    fn a_file_with_any_bytes_changed_is_an_error_or_cut_off(
        list in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40)
    ) {
        let file = theirs();
        let mut changed = file.clone();
        for (place, byte) in list {
            let place = place.index(file.len());
            changed[place] = byte;
        }
        if let Ok(state) = decoded(&changed) {
            // Three states the file has seen: after the snapshot, after the counter, after the wrong PIN.
            let last = *records(&file).last().unwrap();
            let same = decoded(&file).unwrap() == state;
            prop_assert!(same || changed[..last] != file[..last]);
            prop_assert!(State::decode(&state).unwrap().counter() >= 9);
        }
    }
}
