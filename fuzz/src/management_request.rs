//! A request to manage a key, as a platform sends it: command byte, then parameters.

use std::fmt::Debug;

use fob_ctap::bio_enrollment::{BioEnrollment, BioRequest};
use fob_ctap::config::Config;
use fob_ctap::credential_management::CredentialManagement;
use fob_ctap::large_blobs::LargeBlobs;
use fob_ctap::pin::{PinUvAuthToken, Protocol};
use fob_ctap::subcommand::{Family, HasPrototype, Received};
use fob_ctap::{Command, Malformed, Map, Message, Strictness};

use crate::members;

/// A request means the same to a strict and a lenient reader, and its proof is taken from who has the token only.
pub fn management_request(data: &[u8]) {
    let Some((&code, rest)) = data.split_first() else { return };
    match code {
        CredentialManagement::CODE | CredentialManagement::PROTOTYPE => {
            both(rest, Received::<CredentialManagement>::from_map, proven);
        }
        BioEnrollment::CODE | BioEnrollment::PROTOTYPE => both(rest, BioRequest::from_map, |request| {
            if let BioRequest::Subcommand(received) = request {
                proven(received);
            }
        }),
        Config::CODE => both(rest, Received::<Config>::from_map, proven),
        _ => both(rest, LargeBlobs::from_map, large_blobs),
    }
}

fn both<T: PartialEq + Debug>(bytes: &[u8], read: fn(Map) -> Result<T, Malformed>, look: impl Fn(&T)) {
    let lenient = members(bytes, Strictness::Lenient).map(read);
    if let Some(strict) = members(bytes, Strictness::Canonical).map(read) {
        assert_eq!(lenient.as_ref(), Some(&strict));
    }
    match lenient {
        Some(Ok(request)) => look(&request),
        Some(Err(malformed)) => drop(malformed.status().encode()),
        None => {}
    }
}

fn token(byte: u8) -> PinUvAuthToken {
    PinUvAuthToken::from_plain(Protocol::Two, vec![byte; 32].into()).expect("32 bytes are a token")
}

fn proven<F: Family + Clone>(received: &Received<F>) {
    assert!(received.message().starts_with(&F::head(received.number)));
    let mut forged = received.clone();
    forged.pin_uv_auth_param = Some(token(1).authenticate(received.message()));
    assert!(forged.is_proven_by(&token(1)) && !forged.is_proven_by(&token(2)));
}

fn large_blobs(request: &LargeBlobs) {
    let anew = match request {
        LargeBlobs::Get(get) => get.to_map(),
        LargeBlobs::Set(set) => {
            assert_eq!(set.message().len(), 70);
            drop(set.encode());
            set.to_map()
        }
    };
    assert_eq!(LargeBlobs::from_map(anew.expect("it has parameters")).as_ref(), Ok(request));
}
