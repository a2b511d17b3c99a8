//! A CTAP request, as a platform sends it.

use fob_ctap::{Command, Request, Strictness};

/// A request means the same to a strict and a lenient reader, and the same again when it is written anew.
pub fn ctap_request(data: &[u8]) {
    if let Ok(strict) = Request::decode(data, Strictness::Canonical) {
        assert_eq!(Request::decode(data, Strictness::Lenient).as_ref(), Ok(&strict));
    }
    let anew = match Request::decode(data, Strictness::Lenient) {
        Ok(Request::MakeCredential(request)) => request.encode(),
        Ok(Request::GetAssertion(request)) => request.encode(),
        Ok(_) => return,
        Err(malformed) => return drop(malformed.status().encode()),
    };
    let read = |bytes| Request::decode(bytes, Strictness::Canonical);
    assert_eq!(read(&anew), Request::decode(data, Strictness::Lenient));
}
