use fob_ambient::SeededRng;

use super::*;

const VAULT: VaultId = [1; 16];
const COST: Argon2Cost = Argon2Cost { memory_kib: 64 * 1024, passes: 3, lanes: 1 };

fn kek(byte: u8) -> KeyBytes {
    Zeroizing::new([byte; 32])
}

fn passphrase_slot() -> (VaultKey, Slot) {
    let mut rng = SeededRng::new(1);
    let key = VaultKey::generate(&mut rng);
    let slot = Making { vault: &VAULT, key: &key, now: 5, rng: &mut rng }.passphrase_slot([2; 16], COST, &kek(3));
    (key, slot)
}

#[test]
fn a_slot_gives_back_the_key_it_wraps() {
    let (key, slot) = passphrase_slot();
    assert_eq!(slot.unwrap(&VAULT, &kek(3)).unwrap().expose(), key.expose());
    assert_eq!(slot.passphrase(), Some(([2; 16].as_slice(), COST)));
}

#[test]
fn a_recovery_slot_opens_with_its_code_alone() {
    let mut rng = SeededRng::new(1);
    let key = VaultKey::generate(&mut rng);
    let (code, other) = (RecoveryCode::generate(&mut rng), RecoveryCode::generate(&mut rng));
    let slot = Making { vault: &VAULT, key: &key, now: 5, rng: &mut rng }.recovery_slot(&code);
    let open = |code| slot.unwrap(&VAULT, &slot.recovery_key(&VAULT, code).unwrap());
    assert_eq!(open(&code).unwrap().expose(), key.expose());
    assert!(open(&other).is_none());
}

#[test]
fn a_slot_that_was_touched_does_not_open() {
    let (_, slot) = passphrase_slot();
    let changed = |name: &str, value: Value| {
        let mut map = slot.0.clone();
        map.insert(name, value);
        Slot(map)
    };
    let cheap = {
        let mut parameters = slot.parameters().unwrap().clone();
        parameters.insert("passes", 2_u64);
        changed("parameters", Value::Map(parameters))
    };
    for (case, slot, vault, kek) in [
        ("another passphrase's key", slot.clone(), VAULT, kek(4)),
        ("another vault", slot.clone(), [2; 16], kek(3)),
        ("another slot's id", changed("id", Value::Bytes(vec![9; 16])), VAULT, kek(3)),
        ("another kind", changed("kind", Value::from("recovery")), VAULT, kek(3)),
        ("a cheaper passphrase", cheap, VAULT, kek(3)),
        ("no wrapped key", changed("wrapped", Value::Bytes(Vec::new())), VAULT, kek(3)),
        ("half a wrapped key", changed("wrapped", Value::Bytes(vec![0; 20])), VAULT, kek(3)),
    ] {
        assert!(slot.unwrap(&vault, &kek).is_none(), "{case}");
    }
}

#[test]
fn a_passphrase_slot_of_a_later_fob_is_passed_over() {
    let (_, slot) = passphrase_slot();
    for (case, name, value) in [
        ("another algorithm", "algorithm", Value::from("argon3")),
        ("another version", "version", Value::Unsigned(0x14)),
        ("a salt of one byte", "salt", Value::Bytes(vec![1])),
        ("memory in words", "memory_kib", Value::from("much")),
    ] {
        let mut parameters = slot.parameters().unwrap().clone();
        parameters.insert(name, value);
        let mut map = slot.0.clone();
        map.insert("parameters", parameters);
        assert_eq!(Slot(map).passphrase(), None, "{case}");
    }
}
