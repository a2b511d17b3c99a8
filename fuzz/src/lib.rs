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
mod ctap_reply;
mod ctap_request;
mod hid_device;
mod hid_platform;
mod pin;

pub use attestation_object::attestation_object;
pub use auth_data::auth_data;
pub use cbor::cbor;
pub use ctap_reply::ctap_reply;
pub use ctap_request::ctap_request;
pub use hid_device::hid_device;
pub use hid_platform::hid_platform;
pub use pin::pin;

/// What a fuzzer calls.
pub type Target = fn(&[u8]);

/// All targets, by the name of their corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("attestation_object", attestation_object),
    ("auth_data", auth_data),
    ("cbor", cbor),
    ("ctap_reply", ctap_reply),
    ("ctap_request", ctap_request),
    ("hid_device", hid_device),
    ("hid_platform", hid_platform),
    ("pin", pin),
];
