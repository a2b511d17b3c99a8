//! The decoder against RFC 8949's own examples, CTAP's rules, and whatever bytes there are.

use data_encoding::HEXLOWER;
use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::encode;

const APPENDIX_A: &str = include_str!("../../tests/vectors/rfc8949-appendix-a.toml");
const APPENDIX_F: &str = include_str!("../../tests/vectors/rfc8949-appendix-f.toml");

#[derive(Deserialize)]
struct AppendixA {
    example: Vec<Example>,
}

#[derive(Deserialize)]
struct Example {
    hex: String,
    notation: String,
    why: Option<String>,
}

#[derive(Deserialize)]
struct AppendixF {
    examples: Vec<IllFormed>,
}

#[derive(Deserialize)]
struct IllFormed {
    error: String,
    hex: Vec<String>,
}

fn bytes(hex: &str) -> Vec<u8> {
    HEXLOWER.decode(hex.as_bytes()).expect("hexadecimal in a table")
}

fn canonical(hex: &str) -> Result<Value, Fault> {
    decode(&bytes(hex), Limits::CTAP).map_err(|error| error.fault)
}

fn lenient(hex: &str) -> Result<Value, Fault> {
    decode(&bytes(hex), Limits::CTAP_LENIENT).map_err(|error| error.fault)
}

#[test]
fn the_examples_of_rfc_8949_mean_what_they_mean_there() {
    let table: AppendixA = toml::from_str(APPENDIX_A).unwrap();
    assert_eq!(table.example.len(), 81);
    for Example { hex, notation, why } in table.example {
        match why.as_deref() {
            None => {
                let value = canonical(&hex).unwrap();
                assert_eq!(format!("{value:?}"), notation, "{hex}");
                assert_eq!(HEXLOWER.encode(&encode(&value)), hex, "{notation}");
                assert_eq!(lenient(&hex).as_ref(), Ok(&value));
            }
            Some("indefinite") => {
                assert_eq!(canonical(&hex), Err(Fault::Indefinite), "{hex}");
                assert_eq!(format!("{:?}", lenient(&hex).unwrap()), notation, "{hex}");
            }
            Some("float" | "tag" | "simple") => {
                assert_eq!(canonical(&hex), Err(Fault::Unsupported), "{hex}");
                assert_eq!(lenient(&hex), Err(Fault::Unsupported), "{hex}");
            }
            Some(other) => panic!("{other} is no reason"),
        }
    }
}

#[test]
fn what_rfc_8949_calls_ill_formed_is_never_taken() {
    let table: AppendixF = toml::from_str(APPENDIX_F).unwrap();
    for IllFormed { error, hex } in table.examples {
        for hex in hex {
            assert!(canonical(&hex).is_err(), "{error}: {hex}");
            assert!(lenient(&hex).is_err(), "{error}: {hex}");
        }
    }
}

/// What CTAP 2.3 §8 forbids and a lenient reader takes.
#[test]
fn a_lenient_reader_forgives_sloppiness() {
    for (sloppiness, hex, fault, notation) in [
        ("23 in two bytes", "1817", Fault::NotShortest, "23"),
        ("255 in three bytes", "1900ff", Fault::NotShortest, "255"),
        ("65535 in five bytes", "1a0000ffff", Fault::NotShortest, "65535"),
        ("2³²−1 in nine bytes", "1b00000000ffffffff", Fault::NotShortest, "4294967295"),
        ("−1 in two bytes", "3800", Fault::NotShortest, "-1"),
        ("a long length of bytes", "580100", Fault::NotShortest, "h'00'"),
        ("a long length of text", "780161", Fault::NotShortest, "\"a\""),
        ("a long count of items", "980100", Fault::NotShortest, "[0]"),
        ("a long count of members", "b8010000", Fault::NotShortest, "{0: 0}"),
        ("2 before 1", "a202000100", Fault::KeyOrder, "{1: 0, 2: 0}"),
        ("a negative key before a positive one", "a220000100", Fault::KeyOrder, "{1: 0, -1: 0}"),
        ("a text key before a number", "a26161000100", Fault::KeyOrder, "{1: 0, \"a\": 0}"),
        ("a longer text before a shorter one", "a2626161006162f5", Fault::KeyOrder, "{\"b\": true, \"aa\": 0}"),
        ("an indefinite map out of order", "bf02000100ff", Fault::Indefinite, "{1: 0, 2: 0}"),
    ] {
        assert_eq!(canonical(hex), Err(fault), "{sloppiness}");
        assert_eq!(lenient(hex).map(|value| format!("{value:?}")), Ok(notation.to_owned()), "{sloppiness}");
    }
}

/// Where two readers could see two messages, or one could be made to do too much.
#[test]
fn a_lenient_reader_does_not_forgive_danger() {
    for (danger, hex, fault) in [
        ("one key twice", "a201000101", Fault::DuplicateKey),
        ("one key twice, once long", "a20100180101", Fault::DuplicateKey),
        ("one key twice, far apart", "a3010002000100", Fault::DuplicateKey),
        ("bytes behind the item", "0000", Fault::TrailingBytes),
        ("five arrays", "818181818100", Fault::TooDeep),
        ("five maps", "a100a100a100a100a10000", Fault::TooDeep),
        ("text that is Latin-1", "61fc", Fault::Utf8),
        ("text with a surrogate", "63eda080", Fault::Utf8),
        ("a character cut in two by chunks", "7f61c361bcff", Fault::Utf8),
        ("more items than bytes", "9bffffffffffffffff", Fault::Truncated),
        ("more members than bytes", "bbffffffffffffffff", Fault::Truncated),
        ("nothing", "", Fault::Truncated),
    ] {
        assert!(canonical(hex).is_err(), "{danger}");
        assert_eq!(lenient(hex), Err(fault), "{danger}");
    }
}

#[test]
fn four_levels_are_what_ctap_allows() {
    assert!(canonical("8181818100").is_ok());
    assert!(decode(&bytes("8181818100"), Limits::deep(3)).is_err());
    let deep = [vec![0x81; 70], vec![0]].concat();
    let error = decode(&deep, Limits::deep(usize::MAX)).unwrap_err();
    assert_eq!(error, DecodeError { at: Limits::DEEPEST + 1, fault: Fault::TooDeep });
}

#[test]
fn an_error_says_where() {
    for (hex, at, fault) in
        [("8301ff03", 3, Fault::Malformed), ("a2010003f900", 5, Fault::Truncated), ("6261", 1, Fault::Truncated)]
    {
        assert_eq!(decode(&bytes(hex), Limits::CTAP), Err(DecodeError { at, fault }), "{hex}");
    }
}

#[test]
fn a_prefix_ends_where_its_item_ends() {
    let (value, used) = decode_prefix(&bytes("a10102ff00"), Limits::CTAP).unwrap();
    assert_eq!((format!("{value:?}").as_str(), used), ("{1: 2}", 3));
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<u64>().prop_map(Value::Unsigned),
        any::<u64>().prop_map(Value::Negative),
        any::<Vec<u8>>().prop_map(Value::Bytes),
        any::<String>().prop_map(Value::Text),
        any::<bool>().prop_map(Value::Bool),
        Just(Value::Null),
    ];
    leaf.prop_recursive(3, 40, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::Array),
            prop::collection::vec((inner.clone(), inner), 0..8).prop_map(|m| Value::Map(m.into_iter().collect())),
        ]
    })
}

/// Bytes that have a chance of being CBOR: heads are likelier than in noise.
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let likely =
        prop::sample::select(b"\x00\x01\x18\x20\x41\x5f\x61\x62\x7f\x81\x82\x9f\xa1\xa2\xbf\xf5\xff".as_slice());
    prop::collection::vec(prop_oneof![likely, any::<u8>()], 0..64)
}

proptest! {
    #[test]
    fn a_value_survives_its_encoding(value in any_value()) {
        prop_assert_eq!(decode(&encode(&value), Limits::deep(8)), Ok(value));
    }

    /// The canonical form is one: what is taken is what would be written, and a lenient reader sees the same in it.
    #[test]
    fn canonical_bytes_are_the_only_ones(input in any_bytes()) {
        if let Ok(value) = decode(&input, Limits::CTAP) {
            prop_assert_eq!(encode(&value), input.as_slice());
            prop_assert_eq!(decode(&input, Limits::CTAP_LENIENT), Ok(value));
        }
    }

    #[test]
    fn whatever_is_taken_leniently_has_a_canonical_form(input in any_bytes()) {
        if let Ok(value) = decode(&input, Limits::CTAP_LENIENT) {
            prop_assert_eq!(decode(&encode(&value), Limits::CTAP), Ok(value));
        }
    }
}
