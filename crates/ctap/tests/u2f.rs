//! U2F in both directions and its bridge to CTAP2, against bytes that PyPI's fido2 and `cryptography` made
//! (tests/vectors/python-fido2.py).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a table that does not fit ends its test")]

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use fob_ctap::auth_data::Flags;
use fob_ctap::cose::{Algorithm, P256Point};
use fob_ctap::entity::{CredentialParameters, CredentialType, Descriptor, RpEntity, RpId, UserEntity, UserHandle};
use fob_ctap::extension::Extensions;
use fob_ctap::get_assertion::GetAssertion;
use fob_ctap::make_credential::{MakeCredential, Options};
use fob_ctap::u2f::bridge::{self, Unbridgeable};
use fob_ctap::u2f::{
    Authenticate, Authentication, CommandApdu, Control, KeyHandle, Register, Registration, Request, StatusWord,
    U2fCommand, U2fError, Version,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    u2f: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Shared {
    values: BTreeMap<String, String>,
}

fn hex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

impl Vectors {
    fn load() -> Self {
        let mut vectors: Self = toml::from_str(include_str!("vectors/python-fido2-u2f.toml")).unwrap();
        let shared: Shared = toml::from_str(include_str!("vectors/python-fido2-messages.toml")).unwrap();
        vectors.u2f.extend(shared.values);
        vectors
    }

    fn value(&self, name: &str) -> Vec<u8> {
        hex(&self.u2f[name])
    }

    fn fixed<const N: usize>(&self, name: &str) -> [u8; N] {
        self.value(name).try_into().unwrap()
    }

    fn register(&self) -> Register {
        Register { challenge: self.fixed("hash"), application: self.fixed("application") }
    }

    fn registration(&self) -> Registration {
        Registration {
            public_key: P256Point { x: self.fixed("credential_x"), y: self.fixed("credential_y") },
            key_handle: KeyHandle::new(self.value("handle")).unwrap(),
            certificate: self.value("u2f_certificate"),
            signature: self.value("register_signature"),
        }
    }

    fn authenticate(&self, control: Control) -> Authenticate {
        let Register { challenge, application } = self.register();
        Authenticate { control, challenge, application, key_handle: self.registration().key_handle }
    }

    fn authentication(&self) -> Authentication {
        Authentication { user_presence: 1, counter: 0x0102_0304, signature: self.value("authenticate_signature") }
    }
}

fn rp_id() -> RpId {
    RpId::new("login.example")
}

#[test]
fn requests_are_fido2s() {
    let vectors = Vectors::load();
    let (register, check) = (vectors.register(), vectors.authenticate(Control::CheckOnly));
    let sign = vectors.authenticate(Control::EnforceUserPresence);
    assert_eq!(register.encode(), vectors.value("register"));
    assert_eq!(sign.encode(), vectors.value("authenticate"));
    assert_eq!(check.encode(), vectors.value("check"));
    assert_eq!(Request::decode(&vectors.value("register")), Ok(Request::Register(register)));
    assert_eq!(Request::decode(&vectors.value("authenticate")), Ok(Request::Authenticate(sign)));
    assert_eq!(Request::decode(&vectors.value("check")), Ok(Request::Authenticate(check)));
    // fido2 writes a length of 0 where ISO 7816-4 has none.
    assert_eq!(Request::decode(&vectors.value("version")), Ok(Request::Version));
}

/// ISO 7816-4 §5.1, cases 1, 2S, 3S, 4S, 2E, 3E and 4E.
#[test]
fn both_lengths_are_taken() {
    for (case, apdu, data) in [
        ("1", "00030000", ""),
        ("2S", "0003000000", ""),
        ("3S", "00010000020102", "0102"),
        ("4S", "0001000002010200", "0102"),
        ("2E", "00030000000000", ""),
        ("3E", "000100000000020102", "0102"),
        ("4E", "0001000000000201020000", "0102"),
    ] {
        let bytes = hex(apdu);
        let parsed = CommandApdu::parse(&bytes).unwrap();
        assert_eq!((parsed.ins, HEXLOWER.encode(parsed.data).as_str()), (bytes[1], data), "{case}");
    }
    assert_eq!(Version.encode(), hex("00030000000000"));
    assert_eq!(Version.encode_short(), Some(hex("0003000000")));
    let register = Vectors::load().register();
    let short = register.encode_short().unwrap();
    assert_eq!((short.len(), &short[..5], short.last()), (70, [0, 1, 0, 0, 64].as_slice(), Some(&0)));
    assert_eq!(Request::decode(&short), Ok(Request::Register(register)));
    let long = Authenticate {
        key_handle: KeyHandle::new([1; 255]).unwrap(),
        ..Vectors::load().authenticate(Control::CheckOnly)
    };
    assert_eq!(long.encode_short(), None);
    assert_eq!(Request::decode(&long.encode()), Ok(Request::Authenticate(long)));
    assert_eq!(KeyHandle::new([1; 256]), None);
}

#[test]
fn a_request_that_is_none_gets_the_standards_status() {
    let zeros = |count: usize| "00".repeat(count);
    for (case, request, expected) in [
        ("nothing", String::new(), StatusWord::WrongLength),
        ("half a header", "000300".to_owned(), StatusWord::WrongLength),
        ("another class", "80030000".to_owned(), StatusWord::ClaNotSupported),
        ("another instruction", "00040000".to_owned(), StatusWord::InsNotSupported),
        ("a vendor's instruction", "00400000".to_owned(), StatusWord::InsNotSupported),
        ("less data than said", "0001000002 01".replace(' ', ""), StatusWord::WrongLength),
        ("more data than said", format!("0001000040{}", zeros(66)), StatusWord::WrongLength),
        ("half an extended length", "000100000000".to_owned(), StatusWord::WrongLength),
        ("an expected length of one byte", "000100000000020102 00".replace(' ', ""), StatusWord::WrongLength),
        ("version with data", "000300000101".to_owned(), StatusWord::WrongLength),
        ("register with 63 bytes", format!("000100003f{}", zeros(63)), StatusWord::WrongLength),
        ("authenticate without handle", format!("0002030040{}", zeros(64)), StatusWord::WrongLength),
        ("a handle cut short", format!("0002030042{}0200", zeros(64)), StatusWord::WrongLength),
        ("bytes behind the handle", format!("0002030042{}0000", zeros(64)), StatusWord::WrongLength),
        ("control 4", format!("0002040041{}", zeros(65)), StatusWord::WrongData),
    ] {
        assert_eq!(Request::decode(&hex(&request)), Err(expected), "{case}");
    }
}

#[test]
fn answers_are_fido2s() {
    let vectors = Vectors::load();
    assert_eq!(Register::encode_reply(&vectors.registration()), vectors.value("register_reply"));
    assert_eq!(Register::decode_reply(&vectors.value("register_reply")), Ok(vectors.registration()));
    assert_eq!(Authenticate::encode_reply(&vectors.authentication()), vectors.value("authenticate_reply"));
    assert_eq!(Authenticate::decode_reply(&vectors.value("authenticate_reply")), Ok(vectors.authentication()));
    assert_eq!(Version::encode_reply(&Version::U2F_V2.to_owned()), vectors.value("version_reply"));
    assert_eq!(Version::decode_reply(&vectors.value("version_reply")).as_deref(), Ok(Version::U2F_V2));
}

#[test]
fn signatures_cover_what_fido2_verified() {
    let vectors = Vectors::load();
    let made = vectors.registration();
    let message = vectors.register().signed_data(&made.key_handle, &made.public_key);
    assert_eq!(message, vectors.value("register_message"));
    let message = vectors.authenticate(Control::EnforceUserPresence).signed_data(1, 0x0102_0304);
    assert_eq!(message, vectors.value("authenticate_message"));
}

#[test]
fn an_answer_that_is_none_says_why() {
    let status = |number: &str| Version::decode_reply(&hex(number));
    assert_eq!(status("6985"), Err(U2fError::Status(StatusWord::ConditionsNotSatisfied)));
    assert_eq!(status("6f00"), Err(U2fError::Status(StatusWord::Other(0x6f00))));
    assert_eq!(status("00"), Err(U2fError::Malformed));
    assert_eq!(status("ff9000"), Err(U2fError::Malformed), "no UTF-8");
    assert_eq!(StatusWord::WrongData.encode(), hex("6a80"));
    for number in 0..=u16::MAX {
        assert_eq!(StatusWord::from_number(number).number(), number);
    }
    let whole = Vectors::load().value("register_reply");
    let status = whole.len() - 2;
    let signature = Vectors::load().registration().signature.len();
    for cut in 0..status - signature {
        let reply = [&whole[..cut], &[0x90, 0]].concat();
        assert_eq!(Register::decode_reply(&reply), Err(U2fError::Malformed), "{cut} bytes");
    }
    assert_eq!(Authenticate::decode_reply(&hex("01000000 9000".replace(' ', "").as_str())), Err(U2fError::Malformed));
}

fn registering(vectors: &Vectors) -> MakeCredential {
    MakeCredential {
        client_data_hash: vectors.fixed("hash"),
        rp: RpEntity { id: rp_id(), name: None },
        user: UserEntity { id: UserHandle::new([1]).unwrap(), name: None, display_name: None },
        pub_key_cred_params: [Algorithm::EDDSA, Algorithm::ES256].map(CredentialParameters::public_key).to_vec(),
        exclude_list: Vec::new(),
        extensions: Extensions::default(),
        options: Options { rk: Some(false), ..Options::default() },
        pin_uv_auth_param: None,
        pin_uv_auth_protocol: None,
        enterprise_attestation: None,
        attestation_formats_preference: Vec::new(),
    }
}

#[test]
fn a_registration_crosses_the_bridge_as_in_fido2() {
    let vectors = Vectors::load();
    let request = registering(&vectors);
    assert_eq!(bridge::register(&request), Ok(vectors.register()));
    let reply = bridge::registered(&rp_id(), vectors.registration());
    assert_eq!(HEXLOWER.encode(&reply.attestation_object().encode()), vectors.u2f["attestation_object"]);
    let with = |options| MakeCredential { options, ..registering(&vectors) };
    let rk = with(Options { rk: Some(true), ..Options::default() });
    assert_eq!(bridge::register(&rk), Err(Unbridgeable::ResidentKey));
    let uv = with(Options { uv: Some(true), ..Options::default() });
    assert_eq!(bridge::register(&uv), Err(Unbridgeable::UserVerification));
    let mut params = registering(&vectors);
    params.pub_key_cred_params.pop();
    assert_eq!(bridge::register(&params), Err(Unbridgeable::Algorithm));
}

#[test]
fn a_sign_in_crosses_the_bridge_as_in_fido2() {
    let vectors = Vectors::load();
    let ours = Descriptor::public_key(vectors.value("handle"));
    let request = GetAssertion {
        rp_id: rp_id(),
        client_data_hash: vectors.fixed("hash"),
        allow_list: vec![
            Descriptor { credential_type: CredentialType::Other("paper".to_owned()), ..ours.clone() },
            Descriptor::public_key(vec![1; 256]),
            ours.clone(),
        ],
        extensions: Extensions::default(),
        options: Options::default(),
        pin_uv_auth_param: None,
        pin_uv_auth_protocol: None,
    };
    let sign = vectors.authenticate(Control::EnforceUserPresence);
    assert_eq!(bridge::sign_ins(&request), Ok(vec![(sign, ours.clone())]));
    let silent = GetAssertion { options: Options { up: Some(false), ..Options::default() }, ..request.clone() };
    assert_eq!(bridge::sign_ins(&silent).unwrap()[0].0.control, Control::CheckOnly);
    let nobody = GetAssertion { allow_list: Vec::new(), ..request.clone() };
    assert_eq!(bridge::sign_ins(&nobody), Err(Unbridgeable::NoAllowList));
    let uv = GetAssertion { options: Options { uv: Some(true), ..Options::default() }, ..request };
    assert_eq!(bridge::sign_ins(&uv), Err(Unbridgeable::UserVerification));
    let reply = bridge::signed_in(&rp_id(), ours.clone(), vectors.authentication());
    assert_eq!(HEXLOWER.encode(&reply.auth_data), vectors.u2f["auth_data"]);
    assert_eq!((reply.credential, reply.signature), (Some(ours), vectors.value("authenticate_signature")));
}

/// Bit 1 is reserved, but a key that sets it has signed it: CTAP 2.3 §10.3 copies it.
#[test]
fn presence_is_copied_as_it_was_signed() {
    let vectors = Vectors::load();
    let odd = Authentication { user_presence: 0b11, ..vectors.authentication() };
    let reply = bridge::signed_in(&rp_id(), Descriptor::public_key(vec![1]), odd);
    assert_eq!(reply.auth_data[32], 0b11);
    assert_eq!(Flags::from_u2f_presence(0xff).u2f_presence(), 0b11);
    assert_eq!((Flags::USER_PRESENT | Flags::USER_VERIFIED).u2f_presence(), 1);
}
