use fob_ambient::SeededRng;

use super::*;
use crate::{RecoveryCode, SlotSecret};

const VAULT: VaultId = [1; 16];
const COST: Argon2Cost = Argon2Cost { memory_kib: 64 * 1024, passes: 3, lanes: 1 };

fn kek(byte: u8) -> KeyBytes {
    Zeroizing::new([byte; 32])
}

fn hashed() -> Hashed {
    Hashed { salt: [2; 16], cost: COST, key: kek(3) }
}

/// A slot of this draft, and the key that it wraps.
fn sealed(draft: impl FnOnce(&mut Making<'_>) -> Draft) -> (VaultKey, Slot) {
    let mut rng = SeededRng::new(1);
    let key = VaultKey::generate(&mut rng);
    let mut making = Making { vault: &VAULT, now: 5, rng: &mut rng };
    let draft = draft(&mut making);
    let slot = making.seal(&draft, &key);
    (key, slot)
}

fn passphrase_slot() -> (VaultKey, Slot) {
    sealed(|making| making.passphrase(None, &hashed()))
}

fn secret(byte: u8) -> SlotSecret {
    SlotSecret::take(&mut [byte; 32])
}

fn answer(user_verification: bool, secret: &SlotSecret) -> KeyAnswer<'_> {
    KeyAnswer { slot: SlotId([4; 16]), credential: b"credential", salt: &[6; 32], user_verification, secret }
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
    let (code, other) = (RecoveryCode::generate(&mut rng), RecoveryCode::generate(&mut rng));
    let (key, slot) = sealed(|making| making.recovery(&code));
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

#[test]
fn each_kind_opens_with_its_own_secret_alone() {
    let ours = secret(7);
    let slots = [
        sealed(|making| making.key(&answer(true, &ours))),
        sealed(|making| making.secret_service(SlotId([4; 16]), &ours)),
        sealed(|making| making.tpm(SlotId([4; 16]), b"blob", true, &ours)),
    ];
    for (key, slot) in &slots {
        let open = |secret: &SlotSecret| slot.unwrap(&VAULT, &slot.outside_key(&VAULT, secret).unwrap());
        assert_eq!(open(&ours).unwrap().expose(), key.expose(), "{:?}", slot.kind());
        assert!(open(&secret(8)).is_none(), "{:?}", slot.kind());
        assert!(slot.both_key(&VAULT, &kek(3), &ours).is_none(), "{:?}", slot.kind());
    }
    let keks: std::collections::HashSet<_> =
        slots.iter().map(|(_, slot)| slot.outside_key(&VAULT, &ours).unwrap().to_vec()).collect();
    assert_eq!(keks.len(), 3, "one secret and one slot id, and each kind has a key of its own");
}

#[test]
fn passphrase_and_key_open_only_together() {
    let ours = secret(7);
    let (key, slot) = sealed(|making| making.both(&hashed(), &answer(false, &ours)));
    let open = |hashed: u8, secret: &SlotSecret| slot.unwrap(&VAULT, &slot.both_key(&VAULT, &kek(hashed), secret)?);
    assert_eq!(open(3, &ours).unwrap().expose(), key.expose());
    assert!(open(4, &ours).is_none() && open(3, &secret(8)).is_none());
    assert!(slot.unwrap(&VAULT, &kek(3)).is_none() && slot.outside_key(&VAULT, &ours).is_none());
    assert_eq!((slot.passphrase(), slot.cost()), (None, Some(COST)));
    assert!(!slot.passphrase_and_key().unwrap().key.user_verification);
}

/// Without user verification a key that was found on the street would open the vault.
#[test]
fn a_slot_of_a_key_alone_without_user_verification_is_none_of_ours() {
    let ours = secret(7);
    let (_, slot) = sealed(|making| making.key(&answer(false, &ours)));
    assert_eq!(slot.key(), None);
    assert!(slot.outside_key(&VAULT, &ours).is_none());
}

#[test]
fn what_opens_with_the_login_says_so() {
    let ours = secret(7);
    let id = SlotId([4; 16]);
    for (case, slot, expected) in [
        ("keyring", sealed(|making| making.secret_service(id, &ours)), true),
        ("TPM", sealed(|making| making.tpm(id, b"blob", false, &ours)), true),
        ("TPM with a PIN", sealed(|making| making.tpm(id, b"blob", true, &ours)), false),
        ("key", sealed(|making| making.key(&answer(true, &ours))), false),
        ("passphrase", passphrase_slot(), false),
    ] {
        assert_eq!(slot.1.opens_with_login(), expected, "{case}");
    }
}

#[test]
fn odd_parameters_make_a_slot_one_of_a_later_fob() {
    let ours = secret(7);
    let id = SlotId([4; 16]);
    let key = sealed(|making| making.key(&answer(true, &ours))).1;
    let tpm = sealed(|making| making.tpm(id, b"blob", true, &ours)).1;
    for (case, slot, name, value) in [
        ("no credential", &key, "credential", Value::Bytes(Vec::new())),
        ("a credential of 1024 bytes", &key, "credential", Value::Bytes(vec![0; 1024])),
        ("a short salt", &key, "key_salt", Value::Bytes(vec![0; 31])),
        ("uv as a number", &key, "uv", Value::Unsigned(1)),
        ("no blob", &tpm, "blob", Value::Bytes(Vec::new())),
        ("a blob of 2049 bytes", &tpm, "blob", Value::Bytes(vec![0; 2049])),
        ("pin as a text", &tpm, "pin", Value::from("yes")),
        ("a TPM's short salt", &tpm, "salt", Value::Bytes(vec![0; 15])),
    ] {
        let mut parameters = slot.parameters().unwrap().clone();
        parameters.insert(name, value);
        let mut map = slot.0.clone();
        map.insert("parameters", parameters);
        assert!(Slot(map).outside_key(&VAULT, &ours).is_none(), "{case}");
    }
}
