//! Public keys of all algorithms against PyPI's fido2 and `cryptography` (tests/vectors/python-fido2.py).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a table that does not fit ends its test")]

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use fob_ctap::Value;
use fob_ctap::cose::{Algorithm, EcPoint, P256Point, PublicKey, TypedKey};
use fob_ctap::member::FromCbor;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    keys: BTreeMap<String, String>,
}

impl Vectors {
    fn load() -> Self {
        toml::from_str(include_str!("vectors/python-fido2-cose.toml")).unwrap()
    }

    fn raw(&self, name: &str) -> Vec<u8> {
        HEXLOWER.decode(self.keys[&format!("{name}_raw")].as_bytes()).unwrap()
    }

    fn value(&self, name: &str) -> Value {
        fob_cbor::decode(&HEXLOWER.decode(self.keys[name].as_bytes()).unwrap(), fob_cbor::Limits::CTAP).unwrap()
    }
}

#[test]
fn every_key_is_read_and_written_as_fido2_does() {
    let vectors = Vectors::load();
    let raw = |name: &str| vectors.raw(name);
    for (name, number, typed) in [
        ("es256", -7, TypedKey::Es256(P256Point::from_sec1(&raw("es256")).unwrap())),
        ("es384", -35, TypedKey::Es384(EcPoint::from_sec1(&raw("es384")).unwrap())),
        ("es512", -36, TypedKey::Es512(EcPoint::from_sec1(&raw("es512")).unwrap())),
        ("ed25519", -8, TypedKey::Ed25519(raw("ed25519").try_into().unwrap())),
        ("rs256", -257, TypedKey::Rs256 { n: raw("rs256"), e: vec![1, 0, 1] }),
        ("ml_dsa_44", -48, TypedKey::MlDsa44(Box::new(raw("ml_dsa_44").try_into().unwrap()))),
        ("ml_dsa_65", -49, TypedKey::MlDsa65(Box::new(raw("ml_dsa_65").try_into().unwrap()))),
    ] {
        let public = PublicKey::from_cbor(vectors.value(name), "key").unwrap();
        assert_eq!(TypedKey::of(&public), Some(typed.clone()), "{name}");
        assert_eq!(PublicKey::from(&typed), public, "{name}");
        assert_eq!(HEXLOWER.encode(&fob_cbor::encode(&Value::from(&public))), vectors.keys[name], "{name}");
        assert_eq!((public.algorithm(), typed.algorithm()), (Some(Algorithm(number)), Algorithm(number)));
    }
}

#[test]
fn points_have_one_form() {
    let raw = Vectors::load().raw("es512");
    assert_eq!(raw.len(), 133);
    assert_eq!(EcPoint::<66>::from_sec1(&raw).unwrap().to_sec1(), raw);
    assert_eq!(EcPoint::<66>::from_sec1(&raw[..132]), None);
    assert_eq!(EcPoint::<48>::from_sec1(&raw), None);
}

#[test]
fn a_key_that_is_not_what_it_says_is_none() {
    let vectors = Vectors::load();
    for (case, name, label, value) in [
        ("a curve of another algorithm", "es384", -1, Value::int(1)),
        ("a short coordinate", "es384", -2, Value::from([0; 47])),
        ("no algorithm", "es512", 3, Value::Null),
        ("a modulus of text", "rs256", -1, Value::from("n")),
        ("an exponent that is none", "rs256", -2, Value::Null),
        ("a key of the other size", "ml_dsa_65", 3, Value::int(-48)),
        ("a kind of another algorithm", "ml_dsa_44", 1, Value::int(3)),
    ] {
        let mut map = vectors.value(name).as_map().unwrap().clone();
        map.insert(label, value);
        assert_eq!(TypedKey::of(&PublicKey::Other(map)), None, "{case}");
    }
}
