//! authenticatorLargeBlobs and the array in it, against bytes that PyPI's fido2 made (tests/vectors/python-fido2.py).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a table that does not fit ends its test")]

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use fob_ambient::{Rng, SeededRng};
use fob_ctap::large_blobs::array::{BadArray, BadBlob, EMPTY, Element, LargeBlobArray, has_checksum};
use fob_ctap::large_blobs::{Fragment, GetFragment, LargeBlobs, SetFragment, deflate, max_fragment_length, writes};
use fob_ctap::pin::{PinUvAuthToken, Protocol};
use fob_ctap::secret::LargeBlobKey;
use fob_ctap::{Command, Map, Status, Strictness, Value, sha256};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    array: BTreeMap<String, String>,
}

/// The vectors' other side had this for a nonce.
struct Fixed(Vec<u8>);

impl Rng for Fixed {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0[..bytes.len()]);
    }
}

const LIMIT: usize = 4096;

fn hex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

fn members(request: &[u8]) -> Map {
    let value = fob_cbor::decode(&request[1..], fob_cbor::Limits::CTAP).unwrap();
    value.as_map().unwrap().clone()
}

impl Vectors {
    fn load() -> Self {
        toml::from_str(include_str!("vectors/python-fido2-large-blobs.toml")).unwrap()
    }

    fn value(&self, name: &str) -> Vec<u8> {
        hex(&self.array[name])
    }

    fn key(&self, name: &str) -> LargeBlobKey {
        LargeBlobKey::new(self.value(name).try_into().unwrap())
    }

    fn array(&self) -> LargeBlobArray {
        LargeBlobArray::decode(&self.value("serialized")).unwrap()
    }
}

#[test]
fn an_array_is_read_and_written_as_fido2_does() {
    let vectors = Vectors::load();
    let array = vectors.array();
    assert_eq!(array.encode(), vectors.value("serialized"));
    assert!(has_checksum(&vectors.value("serialized")));
    assert_eq!(array.get(&vectors.key("key"), LIMIT), Ok(Some(vectors.value("text"))));
    assert_eq!(array.get(&vectors.key("other_key"), LIMIT), Ok(Some(vectors.value("noise"))));
    assert_eq!(array.get(&LargeBlobKey::new([7; 32]), LIMIT), Ok(None));
    assert!(matches!(array.elements(), [Element::Blob(_), Element::Other(Value::Map(_)), Element::Blob(_)]));
}

/// The bytes are fob's own, but fido2 has read them: its script writes no vectors otherwise.
#[test]
fn a_blob_is_sealed_as_fido2_could_read_it() {
    let vectors = Vectors::load();
    let noise = vectors.value("noise");
    let mut array = LargeBlobArray::default();
    array.set(&vectors.key("key"), &vectors.value("text"), &mut Fixed(vectors.value("nonce")));
    let serialized = HEXLOWER.encode(&array.encode());
    assert!(serialized.contains(&vectors.array["sealed_by_fob"]), "{serialized}");
    array.set(&vectors.key("other_key"), &noise, &mut SeededRng::new(1));
    assert_eq!(array.get(&vectors.key("key"), LIMIT), Ok(Some(vectors.value("text"))));
    assert_eq!(array.get(&vectors.key("other_key"), LIMIT), Ok(Some(noise)));
}

#[test]
fn a_blob_takes_the_place_of_the_one_before_and_of_no_other() {
    let vectors = Vectors::load();
    let (key, other) = (vectors.key("key"), vectors.key("other_key"));
    let mut array = vectors.array();
    array.set(&key, b"", &mut SeededRng::new(1));
    assert_eq!(array.elements().len(), 3);
    assert_eq!(array.get(&key, 0), Ok(Some(Vec::new())));
    assert!(array.remove(&key) && !array.remove(&key));
    assert_eq!(array.get(&other, LIMIT), Ok(Some(vectors.value("noise"))));
    array.retain_known(&[]);
    assert!(matches!(array.elements(), [Element::Other(_)]), "what nobody knows is not ours to take out");
}

/// CTAP 2.3 §6.10 gives these bytes.
#[test]
fn a_new_keys_array_is_the_standards() {
    assert_eq!(HEXLOWER.encode(&EMPTY), "8076be8b528d0075f7aae98d6fa57a6d3c");
    assert_eq!(LargeBlobArray::decode(&EMPTY), Ok(LargeBlobArray::default()));
    assert_eq!(LargeBlobArray::default().encode(), EMPTY);
}

fn with_checksum(content: &[u8]) -> Vec<u8> {
    [content, &sha256(content)[..16]].concat()
}

#[test]
fn what_is_no_array_says_why() {
    let mut cut = Vectors::load().value("serialized");
    cut.pop();
    for broken in [&cut[..], &[], &EMPTY[1..], &sha256(b"")[..16]] {
        assert_eq!(LargeBlobArray::decode(broken), Err(BadArray::Checksum));
        assert!(!has_checksum(broken));
    }
    for content in [[0xa0].as_slice(), &[0x81], &[0x80, 0x80]] {
        assert!(matches!(LargeBlobArray::decode(&with_checksum(content)), Err(BadArray::Array(_))));
    }
}

/// A blob of a thousand zeros packs into a few bytes, and a blob of a gigabyte into not many more.
#[test]
fn no_blob_is_unpacked_beyond_the_limit() {
    let key = LargeBlobKey::new([1; 32]);
    let mut array = LargeBlobArray::default();
    array.set(&key, &[0; 1000], &mut SeededRng::new(1));
    assert!(array.encode().len() < 100);
    assert_eq!(array.get(&key, 999), Err(BadBlob::TooLong(1000)));
    assert_eq!(array.get(&key, 1000), Ok(Some(vec![0; 1000])));
    let packed = deflate::pack(&[0; 1000]);
    assert!(deflate::unpack(&packed, 999).is_err());
    assert_eq!(deflate::unpack(&packed, 1000).as_deref(), Ok([0; 1000].as_slice()));
    assert!(deflate::unpack(b"\xff\xff", 1000).is_err());
}

#[test]
fn fragments_are_written_as_fido2_does() {
    let vectors = Vectors::load();
    let serialized = vectors.value("serialized");
    for protocol in [Protocol::One, Protocol::Two] {
        let token = "64ab2392880a5a69853a11ad7f236ea6a947d246dc515b7ad648e0a390dca41b";
        let token = PinUvAuthToken::from_plain(protocol, hex(token).into()).unwrap();
        let expected: Vec<&str> = vectors.array[&format!("writes_{}", protocol.number())].split(' ').collect();
        let fragments: Vec<SetFragment> = writes(&serialized, max_fragment_length(264), Some(&token)).collect();
        let sent: Vec<String> = fragments.iter().map(|fragment| HEXLOWER.encode(&fragment.encode())).collect();
        assert_eq!(sent, expected);
        for (request, fragment) in expected.into_iter().zip(fragments) {
            let received = LargeBlobs::from_map(members(&hex(request))).unwrap();
            assert!(fragment.is_proven_by(&token));
            assert_eq!(received, LargeBlobs::Set(fragment));
        }
    }
    let bare: Vec<SetFragment> = writes(&EMPTY, 1000, None).collect();
    assert_eq!(HEXLOWER.encode(&bare[0].encode()), vectors.array["writes_bare"]);
    assert_eq!(writes(&EMPTY, 0, None).count(), 17, "no fragment is empty");
}

#[test]
fn fragments_are_read_as_fido2_does() {
    let vectors = Vectors::load();
    for (name, offset) in [("read", 0), ("read_on", 200)] {
        let get = GetFragment { get: 200, offset };
        assert_eq!(HEXLOWER.encode(&get.encode()), vectors.array[name]);
        assert_eq!(LargeBlobs::from_map(members(&vectors.value(name))), Ok(LargeBlobs::Get(get)));
    }
    // {1: h'0102'}, written by hand.
    let fragment = Fragment { config: vec![1, 2] };
    assert_eq!(GetFragment::encode_reply(&fragment), hex("00a101420102"));
    assert_eq!(GetFragment::decode_reply(&hex("00a101420102"), Strictness::Canonical), Ok(fragment));
}

/// CTAP 2.3 §6.10.2, steps 1 to 5.
#[test]
fn parameters_that_do_not_go_together_are_invalid() {
    let status = |request: &str| LargeBlobs::from_map(members(&hex(request))).err().map(|fault| fault.status());
    let invalid = Some(Status::InvalidParameter);
    for (case, request, expected) in [
        ("read", "0ca201010300", None),
        ("write", "0ca3024101030004 11".to_owned().replace(' ', "").as_str(), None),
        ("no offset", "0ca10101", invalid),
        ("neither", "0ca10300", invalid),
        ("both", "0ca40101024101030 00411".to_owned().replace(' ', "").as_str(), invalid),
        ("read with a length", "0ca3010103000411", invalid),
        ("read with a proof", "0ca301010300054101", invalid),
        ("read with a protocol", "0ca3010103000602", invalid),
        ("write without a length", "0ca20241010300", invalid),
        ("write on with a length", "0ca302410103010411", invalid),
        ("an offset of more than 32 bits", "0ca2024101031b0000000100000000", invalid),
        ("an offset of text", "0ca201010360", Some(Status::CborUnexpectedType)),
    ] {
        assert_eq!(status(request), expected, "{case}");
    }
}
