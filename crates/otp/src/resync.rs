//! A counter that was left behind by another device with the same seed finds its place again: by two codes in a row,
//! looked for ahead (RFC 4226 section 7.4 and appendix E.4).
//!
//! One code of six digits alone would match somewhere within a thousand counters once in a thousand times; two in a row
//! do so once in a thousand million.

use subtle::ConstantTimeEq;

use crate::{Account, Kind, SecretText, Unusable};

/// Most counters that are looked at: each costs a microsecond.
pub const MAX_LOOK_AHEAD: u32 = 100_000;

impl Account {
    /// The counter that made the first of two codes in a row, at or after the account's own and less than `look_ahead`
    /// steps away; at most [`MAX_LOOK_AHEAD`]. `None` if they are not there.
    ///
    /// # Errors
    /// Why the account gives no codes of counters.
    pub fn counter_of(&self, codes: &[SecretText; 2], look_ahead: u32) -> Result<Option<u64>, Unusable> {
        self.usable()?;
        let Kind::Hotp { counter: from } = self.kind else { return Err(Unusable::TimeBased) };
        let to = from.saturating_add(look_ahead.min(MAX_LOOK_AHEAD).into());
        let [first, second] = codes;
        let mut first_matched = false;
        // The second code may be that of the counter right after the last one that is looked at.
        for counter in from..=to {
            let code = self.hotp(counter)?;
            let is = |given: &SecretText| bool::from(code.expose().as_bytes().ct_eq(given.expose().as_bytes()));
            if first_matched && is(second) {
                return Ok(Some(counter - 1));
            }
            first_matched = is(first);
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Algorithm, Seed};

    fn account(counter: u64) -> Account {
        Account {
            issuer: String::new(),
            name: String::new(),
            seed: Seed::new(b"12345678901234567890".to_vec()),
            algorithm: Algorithm::Sha1,
            digits: 6,
            kind: Kind::Hotp { counter },
        }
    }

    fn find(account: &Account, first: &str, second: &str, look_ahead: u32) -> Result<Option<u64>, Unusable> {
        account.counter_of(&[first, second].map(|code| SecretText::new(code.to_owned())), look_ahead)
    }

    /// The codes are those of RFC 4226 appendix D, and oathtool's for counter 10.
    #[test]
    fn two_codes_in_a_row_tell_the_counter() {
        for (case, counter, codes, look_ahead, expected) in [
            ("the next two", 0, ("755224", "287082"), 10, Some(0)),
            ("further on", 0, ("520489", "403154"), 10, Some(9)),
            ("the last two of the table", 0, ("399871", "520489"), 10, Some(8)),
            ("just within reach", 0, ("399871", "520489"), 9, Some(8)),
            ("just out of reach", 0, ("399871", "520489"), 8, None),
            ("from the middle", 5, ("399871", "520489"), 10, Some(8)),
            ("never back", 5, ("755224", "287082"), 100, None),
            ("the wrong way round", 0, ("287082", "755224"), 10, None),
            ("not in a row", 0, ("755224", "359152"), 10, None),
            ("twice the same", 0, ("755224", "755224"), 10, None),
            ("no codes", 0, ("", ""), 10, None),
            ("nothing to look at", 0, ("755224", "287082"), 0, None),
        ] {
            assert_eq!(find(&account(counter), codes.0, codes.1, look_ahead), Ok(expected), "{case}");
        }
    }

    #[test]
    fn the_last_counter_is_the_end() {
        assert_eq!(find(&account(u64::MAX), "755224", "287082", u32::MAX), Ok(None));
        let timed = Account { kind: Kind::Totp { period: 30 }, ..account(0) };
        assert_eq!(find(&timed, "755224", "287082", 10), Err(Unusable::TimeBased));
    }
}
