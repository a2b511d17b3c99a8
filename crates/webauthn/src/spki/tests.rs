use fob_ctap::cose::P256Point;

use super::*;
use crate::vectors;

#[test]
fn p256_is_written_as_another_program_writes_it() {
    for vector in vectors::spki("es256") {
        let key = PublicKey::Es256(P256Point { x: vector.array("x"), y: vector.array("y") });
        assert_eq!(encode(&key).unwrap(), vector.bytes("spki"));
    }
}

#[test]
fn ed25519_is_written_as_another_program_writes_it() {
    for vector in vectors::spki("ed25519") {
        assert_eq!(encode(&PublicKey::Ed25519(vector.array("x"))).unwrap(), vector.bytes("spki"));
    }
}

/// COSE_Key of RFC 8230 §4.
fn rsa_key(alg: i64, n: &[u8], e: &[u8]) -> PublicKey {
    let mut map = Map::new();
    map.insert(1, 3);
    map.insert(3, Value::int(alg));
    map.insert(-1, n);
    map.insert(-2, e);
    PublicKey::Other(map)
}

#[test]
fn rsa_is_written_as_another_program_writes_it() {
    for vector in vectors::spki("rs256") {
        let (n, e) = (vector.bytes("n"), vector.bytes("e"));
        assert_eq!(encode(&rsa_key(-257, &n, &e)).unwrap(), vector.bytes("spki"));
        let padded = [&[0, 0], n.as_slice()].concat();
        assert_eq!(encode(&rsa_key(-257, &padded, &e)).unwrap(), vector.bytes("spki"), "zeros in front");
    }
}

#[test]
fn other_keys_have_no_form_here() {
    assert_eq!(encode(&rsa_key(-258, &[1; 256], &[3])), None);
    assert_eq!(encode(&PublicKey::Other(Map::new())), None);
}

/// Lengths around the steps of DER (X.690 §8.1.3).
#[test]
fn lengths_have_their_shortest_form() {
    for (length, head) in [
        (0, &[4, 0][..]),
        (127, &[4, 127]),
        (128, &[4, 0x81, 128]),
        (255, &[4, 0x81, 255]),
        (256, &[4, 0x82, 1, 0]),
        (65_536, &[4, 0x83, 1, 0, 0]),
    ] {
        let der = tlv(4, &vec![7; length]);
        assert_eq!((&der[..head.len()], der.len()), (head, head.len() + length));
    }
    assert_eq!(integer(&[]), [2, 1, 0]);
    assert_eq!(integer(&[0, 0]), [2, 1, 0]);
    assert_eq!(integer(&[0x7f]), [2, 1, 0x7f]);
    assert_eq!(integer(&[0x80]), [2, 2, 0, 0x80]);
}
