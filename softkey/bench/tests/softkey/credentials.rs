//! Credentials that go in and out.

use fob_ctap::entity::Descriptor;
use fob_ctap::get_assertion::GetAssertion;
use fob_softkey_control::{ControlError, Credential, ErrorName, Op};

use crate::place::Place;
use crate::wire::{assertion, registration_of};

/// A P-256 key pair that OpenSSL made: `openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt
/// -outform DER`.
const PKCS8: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgrb2d7UlgKl7B5L2BZUqJawRO8bYMm9yJ_TW-lHwNKs\
     OhRANCAATx-qetdizuQmn_2axi9jPEqT_MbjqDSlG04WlSIIuAteTcJcpZKAsIAxU5e65qwmRZQ40BiUfgVF5yECTy6O9k";
/// Its public point, by `openssl ec -pubout`.
const POINT: &str = "BPH6p612LO5Caf_ZrGL2M8SpP8xuOoNKUbThaVIgi4C15NwlylkoCwgDFTl7rmrCZFlDjQGJR-BUXnIQJPLo72Q";

fn found_without_names() -> GetAssertion {
    GetAssertion { allow_list: Vec::new(), ..assertion(&Descriptor::public_key(vec![1])) }
}

#[test]
fn a_credential_moves_from_one_key_to_another() {
    let (first, second) = (Place::with(&[]), Place::with(&[]));
    let mut platform = first.platform();
    let credential = platform.register(true);
    let counter = platform.sign_in(&credential);
    let shown: Vec<Credential> = serde_json::from_value(first.tell(Op::Credentials {})).unwrap();
    assert_eq!((shown.len(), &shown[0].private_key, shown[0].sign_count), (1, &None, counter));
    let exported = first.control().export(None).unwrap();
    second.tell(Op::Import { credential: Box::new(exported[0].clone()) });
    let mut platform = second.platform();
    assert!(platform.sign_in(&credential) > counter, "a site sees the counter go on");
    // It is found without its id, too.
    let found = platform.send(&found_without_names()).unwrap();
    assert_eq!(found.user.unwrap().id.as_bytes(), [1]);
}

#[test]
fn a_private_key_of_another_program_signs() {
    let place = Place::with(&[]);
    let credential = Credential {
        credential_id: "AQID".to_owned(),
        is_resident_credential: true,
        rp_id: "site.example".to_owned(),
        private_key: Some(PKCS8.to_owned()),
        user_handle: "BwcH".to_owned(),
        user_name: Some("ada".to_owned()),
        user_display_name: None,
        sign_count: 40,
        cred_protect: None,
    };
    place.tell(Op::Import { credential: Box::new(credential) });
    let reply = place.platform().send(&found_without_names()).unwrap();
    assert_eq!(reply.credential.as_ref().unwrap().id.as_bytes(), [1, 2, 3]);
    let point = data_encoding::BASE64URL_NOPAD.decode(POINT.as_bytes()).unwrap();
    let key = ring::signature::UnparsedPublicKey::new(&ring::signature::ECDSA_P256_SHA256_ASN1, point);
    key.verify(&[reply.auth_data.as_slice(), &crate::wire::HASH].concat(), &reply.signature).unwrap();
    assert!(reply.authenticator_data(fob_ctap::Strictness::Canonical).unwrap().counter > 40);
    place.tell(Op::Forget { credential_id: "AQID".to_owned() });
    assert!(place.control().export(None).unwrap().is_empty());
}

#[test]
fn what_is_no_credential_is_refused() {
    let place = Place::with(&[]);
    let good = Credential {
        credential_id: "AQID".to_owned(),
        is_resident_credential: true,
        rp_id: "site.example".to_owned(),
        private_key: Some(PKCS8.to_owned()),
        user_handle: "BwcH".to_owned(),
        user_name: None,
        user_display_name: None,
        sign_count: 0,
        cred_protect: None,
    };
    let long = data_encoding::BASE64URL_NOPAD.encode(&[7; 65]);
    for bad in [
        Credential { credential_id: String::new(), ..good.clone() },
        Credential { credential_id: "A".to_owned(), ..good.clone() },
        Credential { is_resident_credential: false, ..good.clone() },
        Credential { private_key: None, ..good.clone() },
        Credential { private_key: Some("AQID".to_owned()), ..good.clone() },
        Credential { user_handle: long, ..good.clone() },
        Credential { cred_protect: Some(4), ..good.clone() },
    ] {
        let error = place.control().call(None, Op::Import { credential: Box::new(bad.clone()) }).unwrap_err();
        assert!(matches!(error, ControlError::Refused(failure) if failure.name == ErrorName::BadRequest), "{bad:?}");
    }
    let error = place.control().call(None, Op::Forget { credential_id: "AQID".to_owned() }).unwrap_err();
    assert!(matches!(error, ControlError::Refused(failure) if failure.name == ErrorName::NotNow));
    place.platform().send(&registration_of(1, true)).unwrap();
}
