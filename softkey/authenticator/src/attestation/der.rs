//! As much DER (ITU-T X.690) as a certificate needs.

/// SEQUENCE.
pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    item(0x30, &parts.concat())
}

/// SET of one.
pub(super) fn set(part: &[u8]) -> Vec<u8> {
    item(0x31, part)
}

/// INTEGER of a number that is not negative, big-endian.
pub(super) fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let mut content = bytes.get(start..).unwrap_or_default().to_vec();
    if content.first().is_none_or(|first| first & 0x80 != 0) {
        content.insert(0, 0);
    }
    item(0x02, &content)
}

/// BIT STRING of whole bytes.
pub(super) fn bits(bytes: &[u8]) -> Vec<u8> {
    item(0x03, &[&[0], bytes].concat())
}

/// OCTET STRING.
pub(super) fn octets(bytes: &[u8]) -> Vec<u8> {
    item(0x04, bytes)
}

/// OBJECT IDENTIFIER, its content given.
pub(super) fn oid(content: &[u8]) -> Vec<u8> {
    item(0x06, content)
}

/// UTF8String.
pub(super) fn text(text: &str) -> Vec<u8> {
    item(0x0c, text.as_bytes())
}

/// PrintableString.
pub(super) fn printable(text: &str) -> Vec<u8> {
    item(0x13, text.as_bytes())
}

/// GeneralizedTime or UTCTime, by its length.
pub(super) fn time(text: &str) -> Vec<u8> {
    item(if text.len() == 13 { 0x17 } else { 0x18 }, text.as_bytes())
}

/// TRUE.
pub(super) fn yes() -> Vec<u8> {
    item(0x01, &[0xff])
}

/// A constructed context-specific tag.
pub(super) fn tagged(number: u8, content: &[u8]) -> Vec<u8> {
    item(0xa0 | number, content)
}

fn item(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    let length = content.len();
    match length {
        0..=0x7f => bytes.push(length as u8),
        0x80..=0xff => bytes.extend([0x81, length as u8]),
        _ => bytes.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    bytes.extend(content);
    bytes
}
