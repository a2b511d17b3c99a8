use proptest::prelude::*;

use super::*;
use crate::MAX_URI;

/// Number and name of what was taken, number and error of what was not.
fn read(text: &[u8]) -> Vec<(usize, Result<String, UriError>)> {
    let lines = read_list(text).unwrap();
    lines.into_iter().map(|line| (line.number, line.outcome.map(|parsed| parsed.account.name))).collect()
}

#[test]
fn comments_blank_lines_marks_and_line_ends_are_passed_over() {
    let text = "\u{feff}# from my phone\r\n\r\n  otpauth://totp/ada?secret=MZXW6YTB\r\n\t\n#otpauth://totp/no?secret=MZXW6YTB\n\
                otpauth://hotp/bob?secret=MZXW6YTB&counter=3";
    assert_eq!(read(text.as_bytes()), [(3, Ok("ada".to_owned())), (6, Ok("bob".to_owned()))]);
    assert_eq!(read(b""), []);
    assert_eq!(read(b"\n\n\n"), []);
}

#[test]
fn a_bad_line_keeps_no_other_line_out() {
    let long = format!("otpauth://totp/x?secret=MZXW6YTB&image={}", "a".repeat(MAX_URI));
    let mut text = format!("hello\notpauth://totp/ada?secret=MZXW6YTB\n{long}\n").into_bytes();
    text.extend_from_slice(
        b"otpauth://totp/\xff?secret=MZXW6YTB\notpauth://steam/b?secret=MZXW6YTB\n\
                             otpauth-migration://offline?data=\n",
    );
    assert_eq!(
        read(&text),
        [
            (1, Err(UriError::NotOtpauth)),
            (2, Ok("ada".to_owned())),
            (3, Err(UriError::TooLong)),
            (4, Err(UriError::NotText)),
            (5, Ok("b".to_owned())),
            (6, Err(UriError::Migration)),
        ]
    );
}

#[test]
fn a_list_that_is_none_is_refused_as_a_whole() {
    assert_eq!(read_list(&vec![b'\n'; MAX_LIST + 1]).unwrap_err(), ListError::TooLong { length: MAX_LIST + 1 });
    assert_eq!(read_list(&[0xff, 0xfe, b'o', 0]).unwrap_err(), ListError::Utf16);
}

proptest! {
    #[test]
    fn no_bytes_panic(text: Vec<u8>) {
        let _ = read_list(&text);
    }
}
