//! The policy behind pinComplexityPolicy (§6.11.4): what a PIN has to be beside long, once that is demanded. The standard
//! leaves the rules to the model.

use fob_ctap::pin::Pin;

/// PINs that people choose first, as lists of leaked ones show.
const COMMON: [&str; 12] = [
    "123123",
    "121212",
    "112233",
    "123321",
    "1234554321",
    "159753",
    "147258",
    "qwerty",
    "password",
    "abc123",
    "iloveyou",
    "letmein",
];

/// Whether a PIN is more than one character again and again, a run up or down, or what everybody takes.
pub(crate) fn is_complex(pin: &Pin) -> bool {
    let pin = pin.expose().to_lowercase();
    let steps = || pin.chars().zip(pin.chars().skip(1)).map(|(a, b)| i64::from(u32::from(b)) - i64::from(u32::from(a)));
    let run = [0, 1, -1].into_iter().any(|step| steps().all(|taken| taken == step));
    !run && !COMMON.contains(&pin.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_takes_is_not_complex() {
        for (pin, complex) in [
            ("0000", false),
            ("1234", false),
            ("9876", false),
            ("123123", false),
            ("PassWord", false),
            ("1235", true),
            ("314159", true),
            ("1212", true),
        ] {
            assert_eq!(is_complex(&Pin::new(pin.to_owned()).unwrap()), complex, "{pin}");
        }
    }
}
