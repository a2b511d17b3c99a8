//! Base64 and hexadecimal text as programs write it.

use data_encoding::{BASE64, BASE64_NOPAD, HEXLOWER_PERMISSIVE};
use zeroize::Zeroizing;

/// Base64 in either alphabet, with white space anywhere, padded or not.
pub(crate) fn base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let plain = text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=').map(|byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        byte => byte,
    });
    let mut letters = Zeroizing::new(Vec::with_capacity(text.len()));
    letters.extend(plain);
    let mut bytes = Zeroizing::new(vec![0; BASE64_NOPAD.decode_len(letters.len()).ok()?]);
    let length = BASE64_NOPAD.decode_mut(&letters, &mut bytes).ok()?;
    bytes.truncate(length);
    Some(bytes)
}

/// Base64 with padding, as every program reads it.
pub(crate) fn to_base64(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(BASE64.encode(bytes))
}

/// Hexadecimal in either case.
pub(crate) fn hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).ok().map(Zeroizing::new)
}

/// Hexadecimal in lower case.
pub(crate) fn to_hex(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(data_encoding::HEXLOWER.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648 section 10, and its other alphabet (section 5).
    #[test]
    fn base64_is_read_as_programs_write_it() {
        for (text, expected) in [
            ("", Some(&b""[..])),
            ("Zg==", Some(b"f")),
            ("Zg", Some(b"f")),
            ("Zm9v\nYmFy\r\n", Some(b"foobar")),
            ("-_-_", Some(b"\xfb\xff\xbf")),
            ("Z", None),
            ("Zm9v!", None),
        ] {
            assert_eq!(base64(text).as_deref().map(Vec::as_slice), expected, "{text:?}");
        }
        assert_eq!(to_base64(b"f").as_str(), "Zg==");
    }
}
