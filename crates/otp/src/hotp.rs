//! Truncation (RFC 4226 section 5.3): the one place where fob itself turns a counter into digits.

use std::fmt::Write as _;

use crate::{Algorithm, Code, hmac};

/// The code of this counter; `None` for a hash function that fob does not know. Nothing else is checked here: see
/// [`crate::Account::usable`].
pub(crate) fn code(algorithm: &Algorithm, seed: &[u8], counter: u64, digits: u8) -> Option<Code> {
    let tag = hmac::tag(algorithm, seed, &counter.to_be_bytes())?;
    Some(shown(truncate(&tag), digits))
}

/// Dynamic truncation: 31 bits from the offset that the last four bits name. MD5's tag of 16 bytes may end before
/// them; what is missing is zero then, as in the JavaScript libraries that can do MD5 at all.
fn truncate(tag: &[u8]) -> u32 {
    let offset = usize::from(tag.last().copied().unwrap_or_default() & 0x0f);
    let mut four = [0; 4];
    for (place, byte) in four.iter_mut().zip(tag.iter().skip(offset)) {
        *place = *byte;
    }
    u32::from_be_bytes(four) & 0x7fff_ffff
}

/// The last `digits` digits, at most ten, zeros in front.
fn shown(value: u32, digits: u8) -> Code {
    let digits = usize::from(digits).min(Code::MAX_LENGTH);
    let modulus = 10_u64.pow(u32::try_from(digits).expect("ten at most"));
    let mut text = String::with_capacity(Code::MAX_LENGTH);
    write!(text, "{:0digits$}", u64::from(value) % modulus).expect("a String takes everything");
    Code::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4226 section 5.4 truncates this tag to 0x50ef7f19, 872921 in six digits.
    #[test]
    fn truncation_is_that_of_rfc_4226() {
        let tag = [
            0x1f, 0x86, 0x98, 0x69, 0x0e, 0x02, 0xca, 0x16, 0x61, 0x85, 0x50, 0xef, 0x7f, 0x19, 0xda, 0x8e, 0x94, 0x5b,
            0x55, 0x5a,
        ];
        assert_eq!(truncate(&tag), 0x50ef_7f19);
        assert_eq!(shown(truncate(&tag), 6).expose(), "872921");
    }

    #[test]
    fn ten_digits_are_the_whole_number_with_zeros_in_front() {
        for (value, digits, expected) in [
            (0, 1, "0"),
            (7, 6, "000007"),
            (0x7fff_ffff, 10, "2147483647"),
            (0x7fff_ffff, 9, "147483647"),
            (5, 10, "0000000005"),
        ] {
            assert_eq!(shown(value, digits).expose(), expected);
        }
    }
}
