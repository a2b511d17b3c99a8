//! Six digits that show that the program which asks and the person who answers mean the same pairing. The program shows
//! them, the person types them; there is one try, so a program that guesses is right once in a million prompts.

use std::fmt;

use async_trait::async_trait;
use fob_ambient::Rng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::prompt::{Judge, Wrong};

/// How many codes there are.
const CODES: u32 = 1_000_000;

/// The digits of one pairing. Wiped on drop.
pub(super) struct Digits(Zeroizing<String>);

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digits(..)")
    }
}

impl Digits {
    /// Fresh ones, each of the million as likely as the others.
    pub(super) fn fresh(rng: &mut dyn Rng) -> Self {
        // Numbers beyond the last whole million would make small codes likelier.
        const FAIR: u32 = u32::MAX - u32::MAX % CODES;
        loop {
            let mut bytes = [0; 4];
            rng.fill(&mut bytes);
            let number = u32::from_be_bytes(bytes);
            if number < FAIR {
                return Self(Zeroizing::new(format!("{:06}", number % CODES)));
            }
        }
    }

    /// For the program that shows them.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

/// Looks at what the person typed, once.
#[derive(Debug)]
pub(super) struct OneTry {
    digits: Digits,
    right: bool,
}

impl OneTry {
    /// With these digits.
    pub(super) const fn of(digits: Digits) -> Self {
        Self { digits, right: false }
    }

    /// Whether they were typed.
    pub(super) const fn was_right(&self) -> bool {
        self.right
    }
}

#[async_trait]
impl Judge for OneTry {
    async fn judge(&mut self, secret: Zeroizing<String>) -> Result<(), Wrong> {
        // As people read them aloud: 123 456.
        let typed: Zeroizing<String> = Zeroizing::new(secret.chars().filter(|c| !c.is_whitespace()).take(7).collect());
        self.right = typed.as_bytes().ct_eq(self.digits.expose().as_bytes()).into();
        if self.right { Ok(()) } else { Err(Wrong::Enough) }
    }
}

#[cfg(test)]
mod tests {
    use fob_ambient::SeededRng;

    use super::*;

    /// Gives these numbers, one after another.
    struct Numbers(Vec<u32>);

    impl Rng for Numbers {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.copy_from_slice(&self.0.remove(0).to_be_bytes());
        }
    }

    #[test]
    fn every_code_is_as_likely_as_the_others() {
        // 4294 whole millions fit into 32 bits; what is beyond them is thrown again.
        for (numbers, expected) in [
            (vec![0], "000000"),
            (vec![42], "000042"),
            (vec![4_293_999_999], "999999"),
            (vec![4_294_000_000, 7], "000007"),
            (vec![u32::MAX, 1_000_001], "000001"),
        ] {
            assert_eq!(Digits::fresh(&mut Numbers(numbers.clone())).expose(), expected, "{numbers:?}");
        }
    }

    #[tokio::test]
    async fn there_is_one_try() {
        let digits = || Digits::fresh(&mut SeededRng::new(1));
        let shown = digits().expose().to_owned();
        let (three, more) = shown.split_at(3);
        for (typed, right) in [
            (shown.clone(), true),
            (format!("{three} {more}"), true),
            (format!("{shown}0"), false),
            (three.to_owned(), false),
            (String::new(), false),
            ("abcdef".to_owned(), false),
        ] {
            let mut judge = OneTry::of(digits());
            let verdict = judge.judge(Zeroizing::new(typed.clone())).await;
            assert_eq!((verdict.is_ok(), judge.was_right()), (right, right), "{typed:?}");
            assert!(right || verdict == Err(Wrong::Enough));
        }
    }
}
