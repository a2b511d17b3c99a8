//! A CBOR data item, how it is made from Rust's own types and how it is read. Its bytes live in `encode` and `decode`.

use std::fmt;

use zeroize::Zeroize;

use crate::Map;

/// A data item of the subset that CTAP 2.3 §8 allows.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Major type 0: 0 to 2⁶⁴−1.
    Unsigned(u64),
    /// Major type 1, as on the wire: `Negative(n)` means −1−n, so every negative integer of CBOR fits.
    Negative(u64),
    /// Major type 2.
    Bytes(Vec<u8>),
    /// Major type 3, always UTF-8.
    Text(String),
    /// Major type 4.
    Array(Vec<Value>),
    /// Major type 5.
    Map(Map),
    /// Simple values 20 and 21.
    Bool(bool),
    /// Simple value 22.
    Null,
}

impl Value {
    /// The integer of this value, on whichever side of zero.
    #[must_use]
    pub const fn int(number: i64) -> Self {
        // −1−n is the bitwise complement of n in two's complement.
        if number < 0 { Self::Negative(!number as u64) } else { Self::Unsigned(number as u64) }
    }

    /// The number, if this is an unsigned integer.
    #[must_use]
    pub const fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Unsigned(number) => Some(*number),
            _ => None,
        }
    }

    /// The number, if this is an integer that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Unsigned(number) => i64::try_from(*number).ok(),
            Self::Negative(number) => i64::try_from(*number).ok().map(|number| !number),
            _ => None,
        }
    }

    /// The bytes, if this is a byte string.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The text, if this is a text string.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items, if this is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The members, if this is a map.
    #[must_use]
    pub const fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The answer, if this is a boolean.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(answer) => Some(*answer),
            _ => None,
        }
    }
}

/// Diagnostic notation (RFC 8949 §8), so that a failed test reads like the standard's examples.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned(number) => write!(f, "{number}"),
            Self::Negative(number) => write!(f, "{}", -1 - i128::from(*number)),
            Self::Bytes(bytes) => {
                f.write_str("h'")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
                f.write_str("'")
            }
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Array(items) => f.debug_list().entries(items).finish(),
            Self::Map(map) => map.fmt(f),
            Self::Bool(answer) => write!(f, "{answer}"),
            Self::Null => f.write_str("null"),
        }
    }
}

/// Wipes strings wherever they stand, keys included, and leaves [`Value::Null`].
impl Zeroize for Value {
    fn zeroize(&mut self) {
        match self {
            Self::Bytes(bytes) => bytes.zeroize(),
            Self::Text(text) => text.zeroize(),
            Self::Array(items) => items.iter_mut().for_each(Zeroize::zeroize),
            Self::Map(map) => map.zeroize(),
            Self::Unsigned(number) | Self::Negative(number) => number.zeroize(),
            Self::Bool(_) | Self::Null => {}
        }
        *self = Self::Null;
    }
}

macro_rules! from {
    ($($source:ty => |$name:ident| $made:expr;)*) => {$(
        impl From<$source> for Value {
            fn from($name: $source) -> Self {
                $made
            }
        }
    )*};
}

from! {
    u64 => |number| Self::Unsigned(number);
    u32 => |number| Self::Unsigned(number.into());
    u8 => |number| Self::Unsigned(number.into());
    i64 => |number| Self::int(number);
    i32 => |number| Self::int(number.into());
    bool => |answer| Self::Bool(answer);
    &str => |text| Self::Text(text.to_owned());
    String => |text| Self::Text(text);
    &[u8] => |bytes| Self::Bytes(bytes.to_vec());
    Vec<u8> => |bytes| Self::Bytes(bytes);
    Vec<Value> => |items| Self::Array(items);
    Map => |map| Self::Map(map);
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_keep_their_side_of_zero() {
        for (number, value) in [
            (0, Value::Unsigned(0)),
            (-1, Value::Negative(0)),
            (-257, Value::Negative(256)),
            (i64::MAX, Value::Unsigned(0x7fff_ffff_ffff_ffff)),
            (i64::MIN, Value::Negative(0x7fff_ffff_ffff_ffff)),
        ] {
            assert_eq!(Value::int(number), value);
            assert_eq!(value.as_i64(), Some(number));
        }
        assert_eq!(Value::Unsigned(1 << 63).as_i64(), None);
        assert_eq!(Value::Negative(1 << 63).as_i64(), None);
    }

    #[test]
    fn a_value_answers_for_its_own_type_only() {
        let text = Value::from("7");
        assert_eq!(text.as_text(), Some("7"));
        assert_eq!((text.as_u64(), text.as_bytes(), text.as_bool()), (None, None, None));
        assert_eq!(Value::from([7]).as_text(), None);
        assert_eq!(Value::Negative(6).as_u64(), None);
    }

    #[test]
    fn wiping_leaves_null() {
        let mut secret = Value::from(vec![Value::from("seed"), Value::from([1, 2, 3])]);
        secret.zeroize();
        assert_eq!(secret, Value::Null);
    }
}
