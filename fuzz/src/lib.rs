//! Fuzz targets as plain functions, and the replay of their corpora.
//!
//! A target takes any bytes and panics if what it looks at does not hold. Each is a file here, a line in [`TARGETS`],
//! a folder `corpus/NAME` of inputs that once were interesting, and three lines in `libfuzzer/fuzz_targets/` for
//! `cargo fuzz`. `cargo test` replays every corpus and some thousand mutations of it, with no fuzzer installed.
//!
//! A crash that a fuzzer finds is mended, its input put into the corpus under a name that tells its story, and a test
//! beside the mended code says what went wrong.

mod attestation_object;
mod auth_data;
mod cbor;
mod cose_key;
mod ctap_reply;
mod ctap_request;
mod extensions;
mod hid_device;
mod hid_platform;
mod large_blob_array;
mod management_reply;
mod management_request;
mod pin;
mod u2f;

pub use attestation_object::attestation_object;
pub use auth_data::auth_data;
pub use cbor::cbor;
pub use cose_key::cose_key;
pub use ctap_reply::ctap_reply;
pub use ctap_request::ctap_request;
pub use extensions::extensions;
pub use hid_device::hid_device;
pub use hid_platform::hid_platform;
pub use large_blob_array::large_blob_array;
pub use management_reply::management_reply;
pub use management_request::management_request;
pub use pin::pin;
pub use u2f::u2f;

use fob_cbor::{Limits, Value, decode};
use fob_ctap::{Map, Strictness};

/// What a fuzzer calls.
pub type Target = fn(&[u8]);

/// All targets, by the name of their corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("attestation_object", attestation_object),
    ("auth_data", auth_data),
    ("cbor", cbor),
    ("cose_key", cose_key),
    ("ctap_reply", ctap_reply),
    ("ctap_request", ctap_request),
    ("extensions", extensions),
    ("hid_device", hid_device),
    ("hid_platform", hid_platform),
    ("large_blob_array", large_blob_array),
    ("management_reply", management_reply),
    ("management_request", management_request),
    ("pin", pin),
    ("u2f", u2f),
];

/// A CBOR map, if the bytes are one.
pub(crate) fn members(bytes: &[u8], strictness: Strictness) -> Option<Map> {
    match decode(bytes, Limits::ctap(strictness)) {
        Ok(Value::Map(map)) => Some(map),
        _ => None,
    }
}
