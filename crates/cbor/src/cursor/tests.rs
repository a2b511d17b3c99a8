use data_encoding::HEXLOWER;
use proptest::prelude::*;

use super::*;
use crate::decode;

const DEPTH: usize = 8;

fn ours(bytes: &[u8]) -> Option<DecodeError> {
    let mut cursor = Cursor::new(bytes);
    cursor.item(DEPTH).and_then(|_| cursor.end()).err()
}

#[test]
fn items_of_the_standard_are_stepped_over_and_their_broken_kin_are_not() {
    // RFC 8949 appendix A, and the rules of CTAP 2.3 §8 on maps.
    let digits = |text: &str| HEXLOWER.decode(text.as_bytes()).unwrap();
    for whole in [
        "00",
        "1818",
        "1903e8",
        "1bffffffffffffffff",
        "3863",
        "f4",
        "f5",
        "f6",
        "4401020304",
        "6449455446",
        "80",
        "83010203",
        "8301820203820405",
        "a201020304",
        "a26161016162820203",
        "a2613102623130f6",
        "a20a016162f4",
    ] {
        assert_eq!(ours(&digits(whole)), None, "{whole}");
    }
    for (broken, fault) in [
        ("", Fault::Truncated),
        ("18", Fault::Truncated),
        ("1801", Fault::NotShortest),
        ("5f42010243030405ff", Fault::Indefinite),
        ("9fff", Fault::Indefinite),
        ("1c", Fault::Malformed),
        ("1f", Fault::Malformed),
        ("df", Fault::Malformed),
        ("ff", Fault::Malformed),
        ("f90000", Fault::Unsupported),
        ("f7", Fault::Unsupported),
        ("c11a514b67b0", Fault::Unsupported),
        ("62c328", Fault::Utf8),
        ("4401", Fault::Truncated),
        ("9bffffffffffffffff", Fault::Truncated),
        ("a203040102", Fault::KeyOrder),
        ("a201020102", Fault::DuplicateKey),
        ("a2626161016162f4", Fault::KeyOrder),
        ("0000", Fault::TrailingBytes),
        ("818181818181818180", Fault::TooDeep),
    ] {
        assert_eq!(ours(&digits(broken)).map(|error| error.fault), Some(fault), "{broken}");
    }
}

#[test]
fn an_item_is_read_as_its_own_type_only() {
    let cursor = |bytes: &'static [u8]| Cursor::new(bytes);
    assert_eq!(cursor(b"\x18\x18").unsigned(), Ok(24));
    assert_eq!((cursor(b"\x18\x18").integer(), cursor(b"\x38\x63").integer()), (Ok(24), Ok(-100)));
    assert_eq!(cursor(b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff").integer(), Err(ReadError::Range));
    assert_eq!((cursor(b"\xf5").boolean(), cursor(b"\xf4").boolean()), (Ok(true), Ok(false)));
    assert_eq!((cursor(b"\x42ab").bytes(), cursor(b"\x62ab").text()), (Ok(&b"ab"[..]), Ok("ab")));
    assert_eq!((cursor(b"\x82\x01\x02").array(), cursor(b"\x82").rest()), (Ok(2), &b"\x82"[..]));
    assert_eq!((cursor(b"\x20").unsigned(), cursor(b"\x62ab").bytes()), (Err(ReadError::Type), Err(ReadError::Type)));
    assert_eq!((cursor(b"\x42ab").text(), cursor(b"\xf6").boolean()), (Err(ReadError::Type), Err(ReadError::Type)));
    assert_eq!((cursor(b"\xa0").array(), cursor(b"\x80").integer()), (Err(ReadError::Type), Err(ReadError::Type)));
    assert_eq!(cursor(b"\x80").map::<u64>().map(|_| ()), Err(ReadError::Type));
    let cut = DecodeError { at: 1, fault: Fault::Truncated };
    assert_eq!((cursor(b"\x42a").bytes(), cursor(b"\x18").unsigned()), (Err(cut.into()), Err(cut.into())));
}

#[test]
fn keys_come_in_order_and_only_as_many_as_the_map_has() {
    let mut cursor = Cursor::new(b"\xa2\x61a\x01\x62aa\x02\x03");
    let mut keys: TextKeys<'_> = cursor.map().unwrap();
    assert_eq!((keys.next(&mut cursor), cursor.unsigned()), (Ok(Some("a")), Ok(1)));
    assert_eq!((keys.next(&mut cursor), cursor.unsigned()), (Ok(Some("aa")), Ok(2)));
    assert_eq!((keys.next(&mut cursor), cursor.rest()), (Ok(None), &[3][..]));
    let mut cursor = Cursor::new(b"\xa4\x18\x18\xf6\x20\xf6\x61a\xf6\x01\xf6");
    let mut keys: AnyKeys<'_> = cursor.map().unwrap();
    assert_eq!((keys.next(&mut cursor, 0), cursor.item(0)), (Ok(Some(Key::Other(b"\x18\x18"))), Ok(&b"\xf6"[..])));
    assert_eq!((keys.next(&mut cursor, 0), cursor.item(0)), (Ok(Some(Key::Other(b"\x20"))), Ok(&b"\xf6"[..])));
    assert_eq!((keys.next(&mut cursor, 0), cursor.item(0)), (Ok(Some(Key::Text("a"))), Ok(&b"\xf6"[..])));
    assert_eq!(keys.next(&mut cursor, 0).map_err(|error| error.fault), Err(Fault::KeyOrder));
    let mut cursor = Cursor::new(b"\xa2\x01\xf6\x01\xf6");
    let mut keys: Keys<u64> = cursor.map().unwrap();
    assert_eq!((keys.next(&mut cursor), cursor.item(0)), (Ok(Some(1)), Ok(&b"\xf6"[..])));
    assert!(matches!(keys.next(&mut cursor), Err(ReadError::Cbor(DecodeError { fault: Fault::DuplicateKey, .. }))));
}

proptest! {
    #[test]
    fn it_takes_what_the_decoder_takes(bytes in proptest::collection::vec(prop_oneof![
        any::<u8>(), prop::sample::select(&[0xa1, 0xa2, 0x81, 0x82, 0x41, 0x61, 0x00, 0x01, 0xf4, 0xf6][..])
    ], 0..24)) {
        prop_assert_eq!(ours(&bytes).is_none(), decode(&bytes, Limits::deep(DEPTH)).is_ok());
    }
}
