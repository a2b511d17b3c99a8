use argon2::{AssociatedData, ParamsBuilder};
use data_encoding::HEXLOWER;

use super::*;

const MIB: u32 = 1024;

fn cost(memory_kib: u32, passes: u32, lanes: u32) -> Argon2Cost {
    Argon2Cost { memory_kib, passes, lanes }
}

/// RFC 9106 section 5.3: the crate we build on is Argon2id.
#[test]
fn argon2id_gives_the_tag_of_rfc_9106() {
    let params = ParamsBuilder::new()
        .m_cost(32)
        .t_cost(3)
        .p_cost(4)
        .data(AssociatedData::new(&[4; 12]).unwrap())
        .build()
        .unwrap();
    let mut tag = [0; 32];
    Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params)
        .unwrap()
        .hash_password_into(&[1; 32], &[2; 16], &mut tag)
        .unwrap();
    assert_eq!(HEXLOWER.encode(&tag), "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
}

/// Computed with PyPI's argon2-cffi 25.1.0: hash_secret_raw(b"correct horse", bytes(range(16)), 2, 19456, 1, 32, ID).
#[test]
fn our_call_gives_what_the_reference_library_gives() {
    let passphrase = Passphrase::new("correct horse".to_owned()).unwrap();
    let salt: Vec<u8> = (0..16).collect();
    let key = passphrase_key(&passphrase, &salt, cost(19 * MIB, 2, 1)).unwrap();
    assert_eq!(HEXLOWER.encode(key.as_ref()), "d00b90c40f918cf889780d7d3a9ec3c2b1719df87dc5e4d4d93ea6163db04e17");
}

#[test]
fn costs_outside_the_bounds_are_refused_before_anything_runs() {
    for (case, costs, admitted) in [
        ("the default", vec![Argon2Cost::DEFAULT], true),
        ("the floor", vec![cost(19 * MIB, 2, 1)], true),
        ("memory under the floor", vec![cost(19 * MIB - 1, 2, 1)], false),
        ("passes under the floor", vec![cost(19 * MIB, 1, 1)], false),
        ("no lane", vec![cost(64 * MIB, 3, 0)], false),
        ("seventeen lanes", vec![cost(64 * MIB, 3, 17)], false),
        ("1 GiB", vec![cost(1024 * MIB, 8, 4)], true),
        ("1 GiB and a little", vec![cost(1024 * MIB + 1, 2, 4)], false),
        ("more than 8 GiB passes in one slot", vec![cost(1024 * MIB, 9, 4)], false),
        ("more than 8 GiB passes in two slots", vec![cost(1024 * MIB, 8, 1), Argon2Cost::DEFAULT], false),
        ("four billion of each", vec![cost(u32::MAX, u32::MAX, 1); 32], false),
        ("one bad slot among good ones", vec![Argon2Cost::DEFAULT, cost(8, 1, 1)], false),
    ] {
        assert_eq!(KdfPolicy::STANDARD.admit(&costs).is_ok(), admitted, "{case}");
    }
}
