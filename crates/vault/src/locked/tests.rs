//! Vaults that no fob of today writes, and every single change to one that it does.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use fob_ambient::{FakeClock, SystemRng, UnixTime};
use fob_cbor::{Limits, Map, Value};
use tempfile::TempDir;

use super::*;
use crate::opening::by_recovery_code;
use crate::{FilePins, KdfFloor, KdfPolicy, RealDisk, SlotError, SlotKind};

const CHEAP: KdfPolicy = KdfPolicy {
    new_slots: Argon2Cost { memory_kib: 8, passes: 1, lanes: 1 },
    floor: KdfFloor { memory_kib: 8, passes: 1 },
};

struct Home {
    folder: TempDir,
    code: RecoveryCode,
    context: Context,
}

impl Home {
    /// A vault without entries.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pins = FilePins::new(folder.path().join("pin"), std::sync::Arc::new(RealDisk));
        let context = Context::new(FakeClock::at(UnixTime(1_000)), SystemRng::new(), pins).with_kdf(CHEAP);
        let (_, code) = LockedVault::create(&folder.path().join("vault"), &passphrase(), &context).unwrap();
        Self { folder, code, context }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("vault")
    }

    fn file(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap()
    }

    fn put(&self, file: &[u8]) {
        fs::write(self.path(), file).unwrap();
        fs::set_permissions(self.path(), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn unlock(&self) -> Result<UnlockedVault, VaultError> {
        LockedVault::open(&self.path(), &self.context)?.unlock(&passphrase()).map_err(|(_, error)| error)
    }

    /// The file with another header: sound as far as that shows without the key.
    fn reheaded(&self, change: impl FnOnce(&mut Header)) -> Vec<u8> {
        let file = self.file();
        let mut header = Envelope::parse(&file).unwrap().header;
        let old_end = 14 + header.to_bytes().len();
        change(&mut header);
        let header = header.to_bytes();
        let length = u32::try_from(header.len()).unwrap().to_be_bytes();
        [&file[..10], &length, &header, &file[old_end..]].concat()
    }

    /// The file as somebody who has the key would write it.
    fn resealed(&self, change: impl FnOnce(&mut Header, &mut Map)) -> Vec<u8> {
        let file = self.file();
        let envelope = Envelope::parse(&file).unwrap();
        let key = by_recovery_code(&envelope.header, &self.code).unwrap().key;
        let plain = envelope.open(&key).unwrap();
        let (Value::Map(mut body), _) = fob_cbor::decode_prefix(&plain, Limits::deep(16)).unwrap() else {
            panic!("a body is a map")
        };
        let mut header = envelope.header;
        change(&mut header, &mut body);
        let mut plain = fob_cbor::encode(&Value::Map(body));
        plain.resize(plain.len().next_multiple_of(4096), 0);
        envelope::seal(&mut header, &plain, &key, self.context.random()).unwrap()
    }
}

fn passphrase() -> Passphrase {
    Passphrase::new("a passphrase".to_owned()).unwrap()
}

/// A passphrase slot with other numbers.
fn with_parameter(slot: &Slot, name: &str, value: u64) -> Slot {
    let Value::Map(mut slot) = slot.to_value() else { panic!("a slot is a map") };
    let Some(Value::Map(mut parameters)) = slot.remove(&Value::from("parameters")) else { panic!("it has parameters") };
    parameters.insert(name, value);
    slot.insert("parameters", parameters);
    Slot::from_value(Value::Map(slot)).unwrap()
}

/// Every bit of a small vault, through everything but the disk. The recovery code spares 40,000 runs of Argon2.
#[test]
fn no_bit_can_be_flipped() {
    let home = Home::new();
    let file = home.file();
    let open = |file: &[u8]| {
        let envelope = Envelope::parse(file).map_err(|_| ())?;
        let key = by_recovery_code(&envelope.header, &home.code).ok_or(())?.key;
        let plain = envelope.open(&key).map_err(|_| ())?;
        Body::is_one(&plain).then_some(()).ok_or(())
    };
    assert_eq!(open(&file), Ok(()));
    let mut flipped = file.clone();
    for at in 0..file.len() {
        for bit in 0..8 {
            flipped[at] ^= 1 << bit;
            assert_eq!(open(&flipped), Err(()), "bit {bit} of byte {at}");
            flipped[at] ^= 1 << bit;
        }
    }
}

#[test]
fn a_price_outside_the_bounds_is_refused_before_a_byte_is_allocated() {
    let home = Home::new();
    // 4 TiB of memory: had it been tried, the answer would be `OutOfMemory`.
    for (name, value) in
        [("memory_kib", u64::from(u32::MAX)), ("memory_kib", u64::MAX), ("memory_kib", 7), ("passes", 0), ("lanes", 17)]
    {
        let file = home.reheaded(|header| header.slots[0] = with_parameter(&header.slots[0], name, value));
        let before = home.file();
        home.put(&file);
        assert!(matches!(home.unlock(), Err(VaultError::KdfOutOfBounds { .. })), "{name} {value}");
        assert_eq!(home.file(), file, "nothing is written");
        home.put(&before);
    }
    let many = home.reheaded(|header| {
        let large = with_parameter(&header.slots[0], "memory_kib", 1 << 20);
        header.slots = vec![large; 9];
    });
    home.put(&many);
    assert!(matches!(home.unlock(), Err(VaultError::KdfOutOfBounds { .. })), "9 GiB in all");
}

#[test]
fn a_slot_inside_the_bounds_that_was_made_cheaper_does_not_open() {
    let home = Home::new();
    home.put(&home.reheaded(|header| header.slots[0] = with_parameter(&header.slots[0], "memory_kib", 16)));
    assert!(matches!(home.unlock(), Err(VaultError::WrongPassphrase)));
}

/// The check in the header is no secret: whoever changes the rest can fit it. The code under the vault key tells.
#[test]
fn a_header_that_was_changed_with_care_is_damaged_all_the_same() {
    type Change = fn(&mut Header);
    let changes: [(&str, Change); 8] = [
        ("a slot dropped", |header| drop(header.slots.pop())),
        ("a slot twice", |header| header.slots.push(header.slots[1].clone())),
        ("a higher generation", |header| header.generation += 1),
        ("another date", |header| header.changed += 1),
        ("another salt", |header| header.salt[0] ^= 1),
        ("a policy", |header| header.policy = Policy::PassphraseAndKey),
        ("a former key that there never was", |header| header.retired.push([7; 16])),
        ("a new key", |header| drop(header.other.insert("mood", "good"))),
    ];
    for (case, change) in changes {
        let home = Home::new();
        home.put(&home.reheaded(change));
        assert!(matches!(home.unlock(), Err(VaultError::Damaged { part: Part::Header, .. })), "{case}");
    }
}

#[test]
fn a_key_that_is_not_the_headers_own_is_damage() {
    let home = Home::new();
    home.put(&home.resealed(|header, _| header.key[0] ^= 1));
    fs::remove_file(home.folder.path().join("pin")).unwrap();
    assert!(matches!(home.unlock(), Err(VaultError::Damaged { part: Part::Header, .. })));
}

#[test]
fn a_newer_format_is_left_alone() {
    let home = Home::new();
    let mut file = home.file();
    file[9] = 2;
    home.put(&file);
    assert!(matches!(LockedVault::open(&home.path(), &home.context), Err(VaultError::NewerFormat { needed: 2 })));
    assert_eq!(home.file(), file);
}

#[test]
fn what_a_later_fob_keeps_in_a_vault_of_this_format_survives_a_save() {
    let home = Home::new();
    let mut slot = Map::new();
    slot.insert("id", [5; 16]);
    slot.insert("kind", "fido2");
    slot.insert("rp", "vault.fob.invalid");
    let mut odd = Map::new();
    odd.insert("kind", "steam");
    odd.insert("seed", [1, 2, 3]);
    home.put(&home.resealed(|header, body| {
        header.slots.insert(0, Slot::from_value(Value::Map(slot.clone())).unwrap());
        header.other.insert("mood", "good");
        header.generation += 1;
        body.insert("entries", vec![Value::Map(odd.clone())]);
        body.insert("grants", 7_u64);
    }));
    let mut vault = home.unlock().unwrap();
    assert_eq!(vault.slots()[0].kind, SlotKind::Other("fido2".to_owned()));
    assert_eq!(vault.unreadable()[0].reason, "it has no algorithm");
    let parsed = fob_otp::Account::from_uri("otpauth://totp/a?secret=MZXW6YTB").unwrap();
    vault.add(parsed.account).unwrap();

    let file = home.file();
    let envelope = Envelope::parse(&file).unwrap();
    assert_eq!(envelope.header.slots[0].to_value(), Value::Map(slot));
    assert_eq!(envelope.header.other.get_text("mood"), Some(&Value::from("good")));
    let plain = envelope.open(&by_recovery_code(&envelope.header, &home.code).unwrap().key).unwrap();
    let (body, _) = fob_cbor::decode_prefix(&plain, Limits::deep(16)).unwrap();
    let body = body.as_map().unwrap();
    assert_eq!(body.get_text("grants"), Some(&Value::Unsigned(7)));
    assert!(body.get_text("entries").unwrap().as_array().unwrap().contains(&Value::Map(odd)));
}

/// A price for new slots that Argon2 itself refuses (RFC 9106 section 3.1: at least 8 KiB a lane).
#[test]
fn a_right_passphrase_opens_although_its_slot_cannot_be_raised() {
    let home = Home::new();
    let new_slots = Argon2Cost { memory_kib: 8, passes: 2, lanes: 16 };
    let context = home.context.clone().with_kdf(KdfPolicy { new_slots, ..CHEAP });
    let before = Envelope::parse(&home.file()).unwrap().header.slots[0].to_value();
    let vault = LockedVault::open(&home.path(), &context).unwrap().unlock(&passphrase()).unwrap();
    assert_eq!(vault.opened.header.slots[0].to_value(), before);
}

/// Each slot raised by itself, the sum of them would have kept everybody out.
#[test]
fn no_slot_is_raised_beyond_what_an_unlock_may_cost() {
    let home = Home::new();
    // 7 GiB of work that nobody does: the slot before it opens.
    home.put(&home.resealed(|header, _| {
        let dear = with_parameter(&with_parameter(&header.slots[0], "memory_kib", 1 << 20), "passes", 7);
        header.slots.insert(1, dear);
        header.generation += 1;
    }));
    let new_slots = Argon2Cost { memory_kib: 8, passes: 1 << 18, lanes: 1 };
    let context = home.context.clone().with_kdf(KdfPolicy { new_slots, ..CHEAP });
    let unlock = || LockedVault::open(&home.path(), &context).unwrap().unlock(&passphrase());
    let mut vault = unlock().unwrap();
    vault.label_slot(vault.slots()[0].id.unwrap(), "a reason to save").unwrap();
    assert!(unlock().is_ok());
}

/// A slot that the policy bars opens nothing, and so it proves nothing.
#[test]
fn a_barred_slot_proves_nothing() {
    let home = Home::new();
    home.put(&home.resealed(|header, _| {
        header.policy = Policy::PassphraseAndKey;
        header.generation += 1;
    }));
    assert!(matches!(home.unlock(), Err(VaultError::Slot(SlotError::Barred { .. }))));
    let locked = LockedVault::open(&home.path(), &home.context).unwrap();
    let vault = locked.unlock_with_recovery(&home.code).unwrap();
    let proof = vault.prove(&Opening::Passphrase(&passphrase()));
    assert!(matches!(proof, Err(VaultError::Slot(SlotError::Barred { .. }))), "{proof:?}");
    assert!(vault.prove(&Opening::Recovery(&home.code)).is_ok());
}

/// A cloned machine: the same body and the same random numbers, a label's worth of difference in the header.
#[test]
fn one_body_under_two_headers_has_two_salts() {
    let home = Home::new();
    let file = home.file();
    let envelope = Envelope::parse(&file).unwrap();
    let key = by_recovery_code(&envelope.header, &home.code).unwrap().key;
    let plain = envelope.open(&key).unwrap();
    let salt = |change: fn(&mut Header)| {
        let mut header = envelope.header.clone();
        change(&mut header);
        envelope::seal(&mut header, &plain, &key, [9; 32]).unwrap();
        header.salt
    };
    let one = salt(|_| ());
    assert_eq!(one, salt(|header| header.salt = [1; 32]), "the former salt is no part of it");
    for (case, change) in [
        ("another time", (|header| header.changed += 1) as fn(&mut Header)),
        ("one slot less", |header| drop(header.slots.pop())),
        ("a former key", |header| header.retired.push([7; 16])),
    ] {
        assert_ne!(one, salt(change), "{case}");
    }
}

/// An entry as docs/vault-format.md has it.
fn entry(id: u8) -> Map {
    let mut map = Map::new();
    map.insert("id", [id; 16]);
    for (name, text) in [("issuer", "Example"), ("name", "ada"), ("algorithm", "SHA1"), ("kind", "totp")] {
        map.insert(name, text);
    }
    for (name, number) in [("created", 1), ("modified", 2), ("digits", 6), ("period", 30)] {
        map.insert(name, Value::Unsigned(number));
    }
    map.insert("seed", b"12345678901234567890");
    map
}

#[test]
fn an_entry_that_nobody_can_read_goes_for_good_when_told() {
    let home = Home::new();
    let mut odd = entry(3);
    odd.remove(&Value::from("seed"));
    home.put(&home.resealed(|_, body| drop(body.insert("entries", vec![Value::Map(odd), Value::Map(entry(4))]))));
    let mut vault = home.unlock().unwrap();
    assert_eq!((vault.entries().len(), vault.unreadable().len()), (1, 1));
    assert_eq!(vault.purge(&[[3; 16], [4; 16], [5; 16]].map(crate::EntryId::from)).unwrap(), 1, "not the good one");
    let again = home.unlock().unwrap();
    assert_eq!((again.entries().len(), again.unreadable().len()), (1, 0));
}

/// Found by a review: it lies one level deeper in the bin, where it kept the whole vault shut.
#[test]
fn a_vault_opens_after_its_deepest_entry_was_removed() {
    let home = Home::new();
    let mut deep = entry(3);
    deep.insert("of a later fob", (1..13).fold(Value::Array(Vec::new()), |inner, _| Value::Array(vec![inner])));
    home.put(&home.resealed(|_, body| drop(body.insert("entries", vec![Value::Map(deep)]))));
    let mut vault = home.unlock().unwrap();
    vault.remove([3; 16].into()).unwrap();
    let mut again = home.unlock().unwrap();
    assert_eq!((again.entries().len(), again.bin().count()), (0, 1));
    again.restore([3; 16].into()).unwrap();
    assert_eq!(home.unlock().unwrap().entries().len(), 1);
}
