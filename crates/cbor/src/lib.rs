//! Canonical CBOR: one small value type, strict by default.
//!
//! This is the subset of RFC 8949 that CTAP 2.3 §8 ("CTAP2 canonical CBOR encoding form") lets on the wire: integers,
//! byte and text strings, arrays, maps, booleans and null. Floating point numbers, tags, `undefined` and other simple
//! values are refused, because no message that fob reads has them and each would need a canonical form of its own.
//!
//! [`encode()`] has one output for each value. [`decode()`] takes back exactly what [`encode()`] writes, or, with
//! [`Strictness::Lenient`], also what programs write that do not sort their keys. No input makes it panic, and what
//! it allocates is bounded by the length of the input. A [`Cursor`] reads the canonical form in place, for what there is
//! so much of that a [`Value`] of it all would cost more than reading it.

mod cursor;
mod decode;
mod encode;
mod head;
mod map;
mod value;

pub use cursor::{AnyKeys, Cursor, Key, Keys, ReadError, TextKeys};
pub use decode::{DecodeError, Fault, Limits, Strictness, decode, decode_prefix};
pub use encode::{encode, encode_head, encode_into};
pub use map::Map;
pub use value::Value;
