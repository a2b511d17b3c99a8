//! HID report descriptors, as far as it takes to know a security key: by its usage page, as systemd does it too.

/// The usage page of FIDO (CTAP 2.3 §11.2.8.2).
const FIDO: u32 = 0xF1D0;
/// Tag and type of the item Usage Page (HID 1.11 §6.2.2.7), without its size.
const USAGE_PAGE: u8 = 0x04;
/// The prefix of a long item (HID 1.11 §6.2.2.3); its next byte is the number of its data bytes.
const LONG_ITEM: u8 = 0xFE;

/// Whether one of the usage pages is FIDO's. Nonsense is no key.
pub(super) fn is_fido(descriptor: &[u8]) -> bool {
    let mut rest = descriptor;
    while let Some((&prefix, behind)) = rest.split_first() {
        let (data, behind) = match item(prefix, behind) {
            Some(item) => item,
            None => return false,
        };
        let little_endian = data.iter().rev().fold(0u32, |value, byte| value << 8 | u32::from(*byte));
        if prefix & !0b11 == USAGE_PAGE && little_endian == FIDO {
            return true;
        }
        rest = behind;
    }
    false
}

/// The data of an item, and what comes behind it.
fn item(prefix: u8, behind: &[u8]) -> Option<(&[u8], &[u8])> {
    if prefix == LONG_ITEM {
        let length = usize::from(*behind.first()?);
        // Length, tag and data.
        return Some((&[], behind.get(2 + length..)?));
    }
    // Sizes are 0, 1, 2 and 4 bytes (HID 1.11 §6.2.2.2).
    let size = match prefix & 0b11 {
        3 => 4,
        size => usize::from(size),
    };
    behind.split_at_checked(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_usage_page() {
        // The descriptor that CTAP 2.3 §11.2.8.2 prints.
        let key = [
            0x06, 0xD0, 0xF1, 0x09, 0x01, 0xA1, 0x01, 0x09, 0x20, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, 0x40,
            0x81, 0x02, 0x09, 0x21, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, 0x40, 0x91, 0x02, 0xC0,
        ];
        assert!(is_fido(&key));
        // The same page behind a long item.
        assert!(is_fido(&[0xFE, 0x02, 0x10, 0x06, 0xD0, 0x06, 0xD0, 0xF1]));
    }

    #[test]
    fn others_are_not() {
        for (what, descriptor) in [
            ("a mouse", &[0x05, 0x01, 0x09, 0x02, 0xA1, 0x01, 0xC0][..]),
            ("the bytes inside another item", &[0x27, 0x06, 0xD0, 0xF1, 0x00, 0xC0]),
            ("torn in the page", &[0x06, 0xD0]),
            ("a long item with nothing in it", &[0xFE]),
            ("a long item that is torn", &[0xFE, 0xFF, 0x00]),
            ("nothing", &[]),
        ] {
            assert!(!is_fido(descriptor), "{what}");
        }
    }

    #[test]
    fn no_descriptor_makes_it_stumble() {
        use fob_ambient::{Rng, SeededRng};
        let mut rng = SeededRng::new(7);
        for length in (0..64).cycle().take(20_000) {
            let mut bytes = [0; 64];
            rng.fill(&mut bytes);
            // The key's page in front is found whatever follows, and behind anything nothing breaks.
            let with_page = [&[0x06, 0xD0, 0xF1][..], &bytes[..length]].concat();
            assert!(is_fido(&with_page));
            is_fido(&bytes[..length]);
        }
    }
}
