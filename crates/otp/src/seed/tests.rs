use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Result<Vec<u8>, SeedError> {
    Seed::from_base32(text).map(|seed| seed.expose().to_vec())
}

/// RFC 4648 section 10, with its padding and without.
#[test]
fn base32_is_that_of_rfc_4648() {
    for (bytes, text) in [
        ("f", "MY======"),
        ("fo", "MZXQ===="),
        ("foo", "MZXW6==="),
        ("foob", "MZXW6YQ="),
        ("fooba", "MZXW6YTB"),
        ("foobar", "MZXW6YTBOI======"),
    ] {
        assert_eq!(read(text), Ok(bytes.as_bytes().to_vec()), "{text}");
        assert_eq!(read(text.trim_end_matches('=')), Ok(bytes.as_bytes().to_vec()), "{text} without padding");
        let written = Seed::new(bytes.as_bytes().to_vec()).to_base32();
        assert_eq!(written.as_str(), text.trim_end_matches('='));
    }
}

#[test]
fn a_secret_is_read_as_sites_and_people_write_it() {
    for (case, text) in [
        ("plain", "JBSWY3DPEHPK3PXP"),
        ("lower case in groups", "jbsw y3dp ehpk 3pxp"),
        ("dashes", "JBSW-Y3DP-EHPK-3PXP"),
        ("padding that does not belong", "JBSWY3DPEHPK3PXP===="),
        ("mixed case, spaces around", "\t JbSwY3dPEhPk3pXp \r\n"),
    ] {
        assert_eq!(read(text), Ok(b"Hello!\xde\xad\xbe\xef".to_vec()), "{case}");
    }
}

#[test]
fn what_is_no_base32_is_named() {
    let longest = "A".repeat(1640);
    for (case, text, expected) in [
        ("nothing", "", SeedError::Empty),
        ("nothing but padding", " -= ", SeedError::Empty),
        ("one letter", "A", SeedError::Length { letters: 1 }),
        ("three letters", "MZX", SeedError::Length { letters: 3 }),
        ("six letters", "MZXW6Y", SeedError::Length { letters: 6 }),
        ("a letter lost", "JBSW Y3DP EHPK 3PXPA", SeedError::Length { letters: 17 }),
        ("a zero", "JBSW0", SeedError::Character { position: 5 }),
        ("a one, after two spaces", "AA  1", SeedError::Character { position: 5 }),
        ("an umlaut", "ÄBCDEFGH", SeedError::Character { position: 1 }),
        ("1025 bytes", longest.as_str(), SeedError::TooLong),
    ] {
        assert_eq!(read(text), Err(expected), "{case}");
    }
    assert_eq!(read(&longest[..1639]).map(|seed| seed.len()), Ok(1024), "1024 bytes are read");
}

#[test]
fn stray_bits_at_the_end_are_dropped() {
    assert_eq!(read("MZ"), Ok(b"f".to_vec()));
    assert_eq!(read("77"), Ok(vec![0xff]));
}

#[test]
fn a_seed_is_not_written_into_logs() {
    assert_eq!(format!("{:?}", Seed::new(b"Hello!".to_vec())), "Seed(..)");
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = Seed::from_base32(&text);
    }

    /// data-encoding writes, we read.
    #[test]
    fn what_another_encoder_writes_is_read(bytes in proptest::collection::vec(any::<u8>(), 1..=1024)) {
        prop_assert_eq!(read(&data_encoding::BASE32.encode(&bytes)), Ok(bytes));
    }
}
