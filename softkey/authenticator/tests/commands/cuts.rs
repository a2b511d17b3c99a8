//! The power goes at every write of every command: the old state or the new one is there, and nothing is regained.

use fob_authenticator::{Abilities, FingerSample};
use fob_ctap::Status;
use fob_ctap::bio_enrollment::{EnrollBegin, EnrollCaptureNextSample};
use fob_ctap::client_pin::{GetUvRetries, Permissions};
use fob_ctap::config::EnableLongTouchForReset;
use fob_ctap::credential_management::{DeleteCredential, UpdateUserInformation};
use fob_ctap::large_blobs::{array, writes};
use fob_ctap::pin::Protocol;
use fob_ctap::reset::Reset;
use fob_ctap::subcommand::Subcommand;

use crate::platform::{ALL, Credential, Cut, PIN, Platform, RP, assertion, registration, resident, user};

const CUTS: [Cut; 2] = [Cut::Before, Cut::After];

/// A key with a PIN, seven tries left and a discoverable credential.
fn prepared() -> (Platform, Credential) {
    let mut platform = Platform::with_pin();
    let made = platform.register(resident(1), true).unwrap();
    platform.token(Protocol::Two, "9999", ALL, Some(RP)).unwrap_err();
    (platform, made)
}

/// What a command does, as far as these tests want to know.
type Act = fn(&mut Platform, &Credential) -> Result<(), Status>;

/// Each command that changes something, and how often it writes.
const ACTS: [(&str, usize, Act); 12] = [
    ("makeCredential, kept", 3, |p, _| p.register(resident(2), true).map(drop)),
    ("makeCredential, sealed", 1, |p, _| p.send(&registration()).map(drop)),
    ("getAssertion", 1, |p, made| p.send(&assertion(&[made])).map(drop)),
    ("changePIN", 3, |p, _| p.change_pin(Protocol::Two, PIN, "5678")),
    ("token, right PIN", 2, |p, _| p.token(Protocol::Two, PIN, ALL, Some(RP)).map(drop)),
    ("token, wrong PIN", 1, |p, _| p.token(Protocol::Two, "9999", ALL, Some(RP)).map(drop)),
    ("persistent token", 3, |p, _| p.token(Protocol::Two, PIN, READ_ONLY, None).map(drop)),
    ("deleteCredential", 6, |p, _| {
        let credential_id = p.register(resident(2), true)?.descriptor;
        managing(p, DeleteCredential { credential_id })
    }),
    ("updateUserInformation", 3, |p, made| {
        managing(p, UpdateUserInformation { credential_id: made.descriptor.clone(), user: user(1) })
    }),
    ("authenticatorConfig", 3, |p, _| {
        let token = p.token(Protocol::Two, PIN, Permissions::AUTHENTICATOR_CONFIG, None)?;
        p.call(EnableLongTouchForReset {}, &token)
    }),
    ("large blobs", 3, |p, _| {
        let token = p.token(Protocol::Two, PIN, Permissions::LARGE_BLOB_WRITE, None)?;
        writes(&array::EMPTY, 9, Some(&token)).try_for_each(|set| p.send(&set))
    }),
    ("reset", 1, |p, _| p.send(&Reset)),
];

const READ_ONLY: Permissions = Permissions::PERSISTENT_CREDENTIAL_MANAGEMENT_READ_ONLY;

fn managing<S: Subcommand<Reply = ()>>(platform: &mut Platform, subcommand: S) -> Result<(), Status> {
    let token = platform.token(Protocol::Two, PIN, Permissions::CREDENTIAL_MANAGEMENT, None)?;
    platform.call(subcommand, &token)
}

#[test]
fn a_cut_while_a_finger_is_looked_at_gives_no_try_back() {
    for (finger, cut, left) in [(1, Cut::Before, 5), (1, Cut::After, 4), (2, Cut::Before, 5), (2, Cut::After, 4)] {
        let mut platform = Platform::with(Abilities::complete());
        platform.set_pin(Protocol::Two, PIN).unwrap();
        let token = platform.token(Protocol::Two, PIN, Permissions::BIO_ENROLLMENT, None).unwrap();
        let begin = EnrollBegin { timeout_milliseconds: None };
        let first = platform.call(begin, &token).unwrap();
        for _ in 0..first.sample.remaining_samples {
            let template_id = first.template_id.clone();
            let next = EnrollCaptureNextSample { template_id, timeout_milliseconds: None };
            platform.call(next, &token).unwrap();
        }
        platform.fingers.script([FingerSample::Good { finger }]);
        platform.tape.cut_at(0, cut);
        assert_eq!(platform.uv_token(ALL, Some(RP)).unwrap_err(), Status::Other);
        platform.restart();
        assert_eq!(platform.send(&GetUvRetries { protocol: None }).unwrap().retries, left);
    }
}

#[test]
fn a_cut_at_any_write_leaves_the_state_before_it_or_after_it() {
    for (name, writes, act) in ACTS {
        let (mut platform, made) = prepared();
        let before = platform.tape.writes();
        let _ = act(&mut platform, &made);
        assert_eq!(platform.tape.writes() - before, writes, "{name}");
        for (cut, at) in CUTS.iter().flat_map(|cut| (0..writes).map(move |at| (*cut, at))) {
            let (mut platform, made) = prepared();
            let counter = platform.key.state().counter();
            platform.tape.cut_at(at, cut);
            let outcome = act(&mut platform, &made);
            assert_eq!(outcome, Err(Status::Other), "{name}: a write that failed is never called done");
            platform.restart();
            let state = platform.key.state();
            let reset = state.resident_count() == 0;
            assert!(!reset || name == "reset", "{name}");
            assert!(state.counter() >= counter || reset, "{name}: the counter went back");
            if reset {
                assert_eq!(platform.retries().retries, 8, "{name}: half a reset");
                platform.set_pin(Protocol::Two, PIN).unwrap();
            } else {
                let reply = platform.send(&assertion(&[&made])).unwrap();
                made.verify(&reply.auth_data, &reply.signature);
            }
        }
    }
}

#[test]
fn tries_are_never_regained_by_a_cut() {
    for (pin, cut) in [(PIN, Cut::Before), (PIN, Cut::After), ("9999", Cut::Before), ("9999", Cut::After)] {
        // The first write is the one before the comparison: whoever cuts it learns nothing about the PIN.
        let (mut platform, _) = prepared();
        platform.tape.cut_at(0, cut);
        assert_eq!(platform.token(Protocol::Two, pin, ALL, Some(RP)).unwrap_err(), Status::Other);
        platform.restart();
        assert_eq!(platform.retries().retries, if cut == Cut::Before { 7 } else { 6 });
    }
    // The second, which gives the tries back, comes only after a right PIN.
    let (mut platform, _) = prepared();
    platform.tape.cut_at(1, Cut::Before);
    assert_eq!(platform.token(Protocol::Two, PIN, ALL, Some(RP)).unwrap_err(), Status::Other);
    platform.restart();
    assert_eq!(platform.retries().retries, 6);
    let (mut platform, _) = prepared();
    platform.tape.cut_at(1, Cut::Before);
    assert_eq!(platform.token(Protocol::Two, "9999", ALL, Some(RP)).unwrap_err(), Status::PinInvalid);
    platform.restart();
    assert_eq!(platform.retries().retries, 6);
}

#[test]
fn a_full_disk_stops_neither_the_key_nor_its_count() {
    for (name, _, act) in ACTS {
        let (mut platform, made) = prepared();
        platform.tape.cut_at(0, Cut::Before);
        for _ in 0..3 {
            let _ = act(&mut platform, &made);
        }
        platform.tape.mend();
        let counter = platform.key.state().counter();
        let reply = platform.send(&assertion(&[&made])).unwrap();
        made.verify(&reply.auth_data, &reply.signature);
        assert!(platform.key.state().counter() > counter, "{name}");
        assert_eq!(platform.retries().retries, 7, "{name}: PINs that were not compared cost nothing");
    }
}

#[test]
fn a_first_start_that_fails_leaves_no_key() {
    let tape = crate::platform::Tape::default();
    tape.cut_at(0, Cut::Before);
    let parts = fob_authenticator::Parts {
        store: Box::new(tape),
        rng: Box::new(fob_ambient::SeededRng::new(1)),
        signer: Box::new(fob_authenticator::RepeatableSigner),
        strictness: fob_ctap::Strictness::Canonical,
    };
    assert!(fob_authenticator::Authenticator::power_up(parts, fob_ambient::Millis(0)).is_err());
}
