//! Fuzz targets as plain functions, and the replay of their corpora.
//!
//! A target takes any bytes and panics if what it looks at does not hold. Each is a file here, a line in [`TARGETS`] and
//! a folder `corpus/NAME` of inputs that once were interesting. `cargo test` replays every corpus and some thousand
//! mutations of it, with no fuzzer installed; `fuzz/run NAME` lets libFuzzer look for more (docs/fuzzing.md). Both ways
//! a target runs [`within_bounds`]: memory and the processor's time are counted.
//!
//! Some targets look at one decoder. Others give a list of steps to something that has a state: `softkey` has the key
//! for them, `vault` a vault file that is put together by hand. What no fuzzer can guess, a checksum, a proof, a seal,
//! is made here, so that what lies behind it is looked at too.
//!
//! A crash that a fuzzer finds is mended, its input put into the corpus under a name that tells its story, and a test
//! beside the mended code says what went wrong.

#![allow(clippy::indexing_slicing, reason = "an index out of place ends a run, as everything unexpected here should")]

mod account_list;
mod asking;
mod attestation_object;
mod auth_data;
mod authenticator;
mod bounds;
mod cbor;
mod cose_key;
mod ctap_reply;
mod ctap_request;
mod extensions;
mod google_migration;
mod hid_device;
mod hid_key;
mod hid_platform;
mod importers;
mod kdbx;
mod large_blob_array;
mod management_reply;
mod management_request;
mod otpauth;
mod pin;
mod recognition;
mod softkey;
mod state_changes;
mod state_file;
mod steps;
mod u2f;
mod u2f_key;
mod vault;
mod vault_body;
mod vault_diary;
mod vault_file;
mod vault_header;

pub use account_list::account_list;
pub use asking::asking;
pub use attestation_object::attestation_object;
pub use auth_data::auth_data;
pub use authenticator::{authenticator, authenticator_story};
pub use bounds::{Used, within_bounds};
pub use cbor::cbor;
pub use cose_key::cose_key;
pub use ctap_reply::ctap_reply;
pub use ctap_request::ctap_request;
pub use extensions::extensions;
pub use google_migration::google_migration;
pub use hid_device::hid_device;
pub use hid_key::hid_key;
pub use hid_platform::hid_platform;
pub use importers::importers;
pub use kdbx::kdbx;
pub use large_blob_array::large_blob_array;
pub use management_reply::management_reply;
pub use management_request::management_request;
pub use otpauth::otpauth;
pub use pin::pin;
pub use recognition::recognition;
pub use softkey::Done;
pub use state_changes::state_changes;
pub use state_file::state_file;
pub use u2f::u2f;
pub use u2f_key::u2f_key;
pub use vault_body::vault_body;
pub use vault_diary::vault_diary;
pub use vault_file::vault_file;
pub use vault_header::vault_header;

use fob_cbor::{Limits, Value, decode};
use fob_ctap::{Map, Strictness};

/// What a fuzzer calls.
pub type Target = fn(&[u8]);

/// All targets, by the name of their corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("account_list", account_list),
    ("asking", asking),
    ("attestation_object", attestation_object),
    ("auth_data", auth_data),
    ("authenticator", authenticator),
    ("cbor", cbor),
    ("cose_key", cose_key),
    ("ctap_reply", ctap_reply),
    ("ctap_request", ctap_request),
    ("extensions", extensions),
    ("google_migration", google_migration),
    ("hid_device", hid_device),
    ("hid_key", hid_key),
    ("hid_platform", hid_platform),
    ("importers", importers),
    ("kdbx", kdbx),
    ("large_blob_array", large_blob_array),
    ("management_reply", management_reply),
    ("management_request", management_request),
    ("otpauth", otpauth),
    ("pin", pin),
    ("recognition", recognition),
    ("state_changes", state_changes),
    ("state_file", state_file),
    ("u2f", u2f),
    ("u2f_key", u2f_key),
    ("vault_body", vault_body),
    ("vault_diary", vault_diary),
    ("vault_file", vault_file),
    ("vault_header", vault_header),
];

/// A CBOR map, if the bytes are one.
pub(crate) fn members(bytes: &[u8], strictness: Strictness) -> Option<Map> {
    match decode(bytes, Limits::ctap(strictness)) {
        Ok(Value::Map(map)) => Some(map),
        _ => None,
    }
}
