//! A CTAP reply, as a key sends it: the first byte chooses the command, the rest is the reply.

use fob_ctap::client_pin::{GetKeyAgreement, GetPinRetries, GetPinToken, GetUvRetries};
use fob_ctap::get_assertion::GetAssertion;
use fob_ctap::get_info::GetInfo;
use fob_ctap::make_credential::MakeCredential;
use fob_ctap::reset::Reset;
use fob_ctap::{Command, Strictness};

/// A reply that is taken can be written anew, and is then the only way to write it.
pub fn ctap_reply(data: &[u8]) {
    let Some((command, reply)) = data.split_first() else { return };
    match command % 8 {
        0 => settles::<MakeCredential>(reply),
        1 => settles::<GetAssertion>(reply),
        2 => settles::<GetInfo>(reply),
        3 => settles::<GetPinRetries>(reply),
        4 => settles::<GetKeyAgreement>(reply),
        5 => settles::<GetPinToken>(reply),
        6 => settles::<GetUvRetries>(reply),
        _ => settles::<Reset>(reply),
    }
    if command % 8 < 2 {
        take_apart(reply);
    }
}

pub(crate) fn settles<C: Command>(reply: &[u8]) {
    let Ok(typed) = C::decode_reply(reply, Strictness::Lenient) else { return };
    let anew = C::encode_reply(&typed);
    let Ok(again) = C::decode_reply(&anew, Strictness::Canonical) else { panic!("refused what it wrote") };
    assert_eq!(C::encode_reply(&again), anew);
}

fn take_apart(reply: &[u8]) {
    if let Ok(reply) = MakeCredential::decode_reply(reply, Strictness::Lenient) {
        drop(reply.authenticator_data(Strictness::Lenient));
        drop(reply.attestation_object().encode());
    }
    if let Ok(reply) = GetAssertion::decode_reply(reply, Strictness::Lenient) {
        drop(reply.authenticator_data(Strictness::Lenient));
    }
}
