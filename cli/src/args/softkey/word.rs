//! `NAME` or `NAME:VALUE`, the way to type what the control channel writes as an object with one member. The objects
//! themselves are checked by the channel's own types.

use fob_softkey_control::{Finger, ResponseFault, StoreFault, Touch, WireFault};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// What is behind the colon.
#[derive(Clone, Copy)]
enum Behind {
    Nothing,
    /// A number: decimal, or hexadecimal behind `0x`.
    Number(&'static str),
    /// A name of the channel's.
    Name(&'static str),
    /// Such names with commas between them.
    Names(&'static str),
}

/// A word: its name, its value as help writes it, and the member that the value is.
type Word = (&'static str, &'static str, Behind);

const STEPS: &[Word] = &[
    ("allow", "", Behind::Nothing),
    ("deny", "", Behind::Nothing),
    ("delay", ":MS", Behind::Number("ms")),
    ("time-out", "[:MS]", Behind::Number("ms")),
    ("hold", "", Behind::Nothing),
    ("race", ":touch|cancel", Behind::Name("winner")),
];

const FINGERS: &[Word] = &[
    ("good", ":FINGER", Behind::Number("finger")),
    ("poor", ":STATUS", Behind::Number("status")),
    ("none", "", Behind::Nothing),
];

const WIRE: &[Word] = &[
    ("drop", "[:to-host|to-key]", Behind::Name("direction")),
    ("duplicate", "[:to-host|to-key]", Behind::Name("direction")),
    ("reorder", "[:to-host|to-key]", Behind::Name("direction")),
    ("truncate", ":BYTES", Behind::Number("length")),
    ("silence", "", Behind::Nothing),
    ("slow", ":MS", Behind::Number("ms")),
    ("keepalive", ":STATUS", Behind::Number("status")),
    ("busy", "", Behind::Nothing),
    ("wrong-nonce", "", Behind::Nothing),
    ("foreign", ":CHANNEL", Behind::Number("channel")),
    ("unplug", "", Behind::Nothing),
];

const RESPONSE: &[Word] = &[
    ("bogus-signature", "", Behind::Nothing),
    ("flags", ":up,uv,be,bs", Behind::Names("flip")),
    ("counter", ":VALUE", Behind::Number("value")),
    ("counter-back", ":BY", Behind::Number("by")),
    ("wrong-rp-id-hash", "", Behind::Nothing),
    ("cbor", ":key-order|long-head|indefinite|duplicate|trailing|cut", Behind::Name("how")),
    ("unknown-members", "", Behind::Nothing),
    ("status", ":CODE", Behind::Number("code")),
];

const STORE: &[Word] = &[
    ("fail", "", Behind::Nothing),
    ("short-write", "[:BYTES]", Behind::Number("bytes")),
    ("full", "[:BYTES]", Behind::Number("bytes")),
    ("crash", ":before|after", Behind::Name("when")),
    ("crash-within", ":BYTES", Behind::Number("bytes")),
    ("crash-at", ":STEP", Behind::Number("step")),
];

/// A step of `presence`.
///
/// # Errors
/// What would be right.
pub fn step(text: &str) -> Result<Touch, String> {
    typed("do", STEPS, text)
}

/// A step of `fingers`.
///
/// # Errors
/// What would be right.
pub fn finger(text: &str) -> Result<Finger, String> {
    typed("do", FINGERS, text)
}

/// A fault of the wire.
///
/// # Errors
/// What would be right.
pub fn wire(text: &str) -> Result<WireFault, String> {
    typed("kind", WIRE, text)
}

/// A fault of an answer.
///
/// # Errors
/// What would be right.
pub fn response(text: &str) -> Result<ResponseFault, String> {
    typed("kind", RESPONSE, text)
}

/// A fault of the storage.
///
/// # Errors
/// What would be right.
pub fn store(text: &str) -> Result<StoreFault, String> {
    typed("kind", STORE, text)
}

/// A byte, decimal or hexadecimal.
///
/// # Errors
/// What would be right.
pub fn byte(text: &str) -> Result<u8, String> {
    number(text).and_then(|number| u8::try_from(number).ok()).ok_or_else(|| "it is a byte, such as 0x02".to_owned())
}

fn typed<T: DeserializeOwned>(tag: &str, words: &[Word], text: &str) -> Result<T, String> {
    let (name, value) = text.split_once(':').map_or((text, None), |(name, value)| (name, Some(value)));
    let Some((name, form, behind)) = words.iter().find(|(known, ..)| *known == name) else {
        let known: Vec<String> = words.iter().map(|(name, form, _)| format!("{name}{form}")).collect();
        return Err(format!("there are: {}", known.join(", ")));
    };
    let wrong = || format!("it is written {name}{form}");
    let mut members = Map::from_iter([(tag.to_owned(), Value::from(*name))]);
    if let Some(value) = value {
        let (member, value) = member(*behind, value).ok_or_else(wrong)?;
        members.insert(member.to_owned(), value);
    }
    // A value that is missing, unknown or too large for its type ends here.
    serde_json::from_value(Value::Object(members)).map_err(|_| wrong())
}

fn member(behind: Behind, value: &str) -> Option<(&'static str, Value)> {
    match behind {
        Behind::Nothing => None,
        Behind::Number(member) => Some((member, Value::from(number(value)?))),
        Behind::Name(member) => Some((member, Value::from(value))),
        Behind::Names(member) => Some((member, value.split(',').map(Value::from).collect())),
    }
}

fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_told_with_what_can() {
        for (text, said) in [
            ("delay", "it is written delay:MS"),
            ("delay:soon", "it is written delay:MS"),
            ("delay:-1", "it is written delay:MS"),
            ("allow:1", "it is written allow"),
            ("allow:", "it is written allow"),
            ("race:nobody", "it is written race:touch|cancel"),
            ("", "there are: allow, deny, delay:MS, time-out[:MS], hold, race:touch|cancel"),
        ] {
            assert_eq!(step(text).unwrap_err(), said, "{text}");
        }
        for text in ["truncate:256", "truncate:64", "drop:sideways", "foreign:0x100000000", "slow", "drop:"] {
            assert!(wire(text).unwrap_err().starts_with("it is written "), "{text}");
        }
        for text in ["flags:", "flags:up,", "flags", "status:0x100", "cbor:tidy"] {
            assert!(response(text).unwrap_err().starts_with("it is written "), "{text}");
        }
        assert!(byte("256").is_err() && byte("0x").is_err() && byte("two").is_err());
    }

    #[test]
    fn numbers_may_be_hexadecimal() {
        assert_eq!(wire("foreign:0x0a0b0c0d").unwrap(), WireFault::Foreign { channel: 168_496_141 });
        assert_eq!(byte("0x0B").unwrap(), 11);
    }
}
