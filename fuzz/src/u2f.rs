//! U2F: a request as a key receives it, or an answer as a platform does.

use fob_ctap::auth_data::AuthenticatorData;
use fob_ctap::entity::{Descriptor, RpId};
use fob_ctap::u2f::{Authenticate, CommandApdu, Register, Request, U2fCommand, Version, bridge};
use fob_ctap::{Strictness, u2f};

/// A request means the same in both lengths; what crosses the bridge can be read on the other side.
pub fn u2f(data: &[u8]) {
    request(data);
    if let Ok(apdu) = CommandApdu::parse(data) {
        assert_eq!(CommandApdu::parse(&apdu.extended()), Ok(apdu));
        if let Some(short) = apdu.short() {
            assert_eq!(CommandApdu::parse(&short), Ok(apdu));
        }
    }
    let rp_id = RpId::new("login.example");
    if let Ok(registration) = Register::decode_reply(data) {
        assert_eq!(Register::encode_reply(&registration), data);
        let reply = bridge::registered(&rp_id, registration);
        assert!(reply.authenticator_data(Strictness::Canonical).is_ok());
    }
    if let Ok(answer) = Authenticate::decode_reply(data) {
        assert_eq!(Authenticate::encode_reply(&answer), data);
        let reply = bridge::signed_in(&rp_id, Descriptor::public_key(vec![1]), answer);
        assert!(AuthenticatorData::peek_flags(&reply.auth_data).is_some());
    }
    drop(Version::decode_reply(data));
}

fn request(data: &[u8]) {
    let anew = match Request::decode(data) {
        Ok(Request::Register(register)) => register.encode(),
        Ok(Request::Authenticate(authenticate)) => authenticate.encode(),
        Ok(Request::Version) => Version.encode(),
        Err(status) => return assert_ne!(status, u2f::StatusWord::NoError),
    };
    assert_eq!(Request::decode(&anew), Request::decode(data));
}
