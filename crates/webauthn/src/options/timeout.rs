//! How long a ceremony may take (WebAuthn Level 3 §5.1.3 step 4): the site's wish within what a person needs.

use fob_ambient::Millis;
use serde_json::Number;

/// If the site does not say: five minutes, the standard's recommendation.
const DEFAULT: Millis = Millis(300_000);
/// Nobody finds a key, inserts it and types a PIN in less.
const SHORTEST: Millis = Millis(15_000);
/// The standard's upper end.
const LONGEST: Millis = Millis(600_000);

/// The wish as WebIDL's `unsigned long` (without its fraction, modulo 2³²), then clamped.
pub(super) fn within_reason(wish: Option<Number>) -> Millis {
    let Some(wish) = wish.and_then(|number| number.as_f64()) else { return DEFAULT };
    let wish = wish.trunc().rem_euclid(4_294_967_296.0);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 2³² − 1; a cast saturates")]
    let wish = Millis(wish as u64);
    wish.clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_clamped() {
        for (wish, expected) in [
            ("0", SHORTEST),
            ("14999", SHORTEST),
            ("15001", Millis(15_001)),
            ("60000", Millis(60_000)),
            ("60000.9", Millis(60_000)),
            ("-1", LONGEST),
            ("900000", LONGEST),
            ("4294967296", SHORTEST),
            ("1e300", SHORTEST),
        ] {
            let number = serde_json::from_str(wish).unwrap();
            assert_eq!(within_reason(Some(number)), expected, "{wish}");
        }
        assert_eq!(within_reason(None), DEFAULT);
    }
}
