//! What `--with` adds, as a platform finds it.

use fob_authenticator::KeyKind;
use fob_ctap::Status;
use fob_ctap::attestation::Statement;
use fob_ctap::auth_data::{AuthenticatorData, Flags};
use fob_ctap::entity::CredentialParameters;
use fob_ctap::get_info::{GetInfo, option};

use crate::place::Place;
use crate::wire::{ended, registration};

#[test]
fn algorithms_are_there_when_they_are_asked_for() {
    let kinds = [KeyKind::Rs256, KeyKind::MlDsa44, KeyKind::MlDsa65];
    for (arguments, known) in [(&[][..], false), (&["--with", "rs256,ml-dsa"], true)] {
        let place = Place::with(arguments);
        let mut platform = place.platform();
        let info = platform.send(&GetInfo).unwrap();
        for kind in kinds {
            let parameters = CredentialParameters::public_key(kind.algorithm());
            assert_eq!(info.algorithms.contains(&parameters), known, "{kind:?}");
            let made = platform.send(&fob_ctap::make_credential::MakeCredential {
                pub_key_cred_params: vec![parameters],
                ..registration(false)
            });
            match known {
                true => assert!(made.is_ok(), "{kind:?}"),
                false => assert_eq!(made.unwrap_err(), Status::UnsupportedAlgorithm, "{kind:?}"),
            }
        }
    }
}

#[test]
fn backup_flags_are_set_as_asked() {
    let (eligible, done) = (Flags::BACKUP_ELIGIBLE, Flags::BACKUP_ELIGIBLE | Flags::BACKED_UP);
    for (arguments, expected) in [
        (&[][..], Flags::USER_PRESENT),
        (&["--with", "backup-eligible"], Flags::USER_PRESENT | eligible),
        (&["--with", "backed-up"], Flags::USER_PRESENT | done),
    ] {
        let place = Place::with(arguments);
        let mut platform = place.platform();
        let credential = platform.register(true);
        let reply = platform.send(&crate::wire::assertion(&credential.0)).unwrap();
        assert_eq!(AuthenticatorData::peek_flags(&reply.auth_data), Some(expected), "{arguments:?}");
    }
}

#[test]
fn attestation_is_what_was_asked_for() {
    let statement = |arguments: &[&str]| {
        let place = Place::with(arguments);
        place.platform().send(&registration(false)).unwrap().statement
    };
    let Statement::Packed(packed) = statement(&[]) else { panic!("not packed") };
    assert!(packed.certificates.is_empty(), "self attestation");
    let Statement::Packed(packed) = statement(&["--with", "certificate"]) else { panic!("not packed") };
    assert_eq!(packed.certificates.len(), 1);
    assert!(matches!(statement(&["--with", "no-attestation"]), Statement::None));
    // And whose the certificate is.
    let place = Place::empty();
    let (code, said) = ended(&["test-ca", &place.text("ca.der")]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(std::fs::read(place.path("ca.der")).unwrap(), fob_authenticator::test_ca_certificate());
}

#[test]
fn several_keys_have_each_their_own() {
    let place = Place::empty();
    let keys = [("a", "with=fingerprints+preview"), ("b", "capacity=3")];
    let keys = keys.map(|(name, more)| format!("{name},socket={},{more}", place.text(name)));
    let _program = crate::wire::Program::start(&["--key", &keys[0], "--key", &keys[1]]);
    let info = |name| {
        let mut platform = crate::wire::Platform::open(crate::wire::Packets::open(&place.path(name)), *b"nonce...");
        platform.send(&GetInfo).unwrap()
    };
    let (a, b) = (info("a"), info("b"));
    assert_eq!(a.options.get(option::BIO_ENROLL), Some(false));
    assert_eq!(a.options.get(option::USER_VERIFICATION_MGMT_PREVIEW), Some(false));
    assert!(!b.options.is_known(option::BIO_ENROLL));
    assert_eq!((a.remaining_discoverable_credentials, b.remaining_discoverable_credentials), (Some(100), Some(3)));
}
