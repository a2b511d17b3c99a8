//! authenticatorGetAssertion and authenticatorGetNextAssertion against §6.2.2 and §6.3.

use fob_authenticator::{Abilities, Caller, ExtensionAbilities, Presence};
use fob_ctap::Status;
use fob_ctap::entity::{Descriptor, RpId};
use fob_ctap::extension::{CRED_PROTECT, HMAC_SECRET};
use fob_ctap::get_assertion::{GetAssertion, GetNextAssertion};
use fob_ctap::get_info::GetInfo;

use crate::platform::{Platform, assertion, registration, resident};

type Edit = fn(&mut GetAssertion);

const WRONG_PROTOCOL: Edit = |r| (r.pin_uv_auth_param, r.pin_uv_auth_protocol) = (Some(vec![1; 32]), Some(3));
const NO_PROTOCOL: Edit = |r| r.pin_uv_auth_param = Some(vec![1; 32]);
const BAD_PROOF: Edit = |r| (r.pin_uv_auth_param, r.pin_uv_auth_protocol) = (Some(vec![1; 32]), Some(2));
const EMPTY_PROOF: Edit = |r| r.pin_uv_auth_param = Some(Vec::new());
const UV: Edit = |r| r.options.uv = Some(true);
const RK: Edit = |r| r.options.rk = Some(false);
const NOBODY: Edit = |r| r.rp_id = RpId::new("nobody.example");
const LONG_LIST: Edit = |r| r.allow_list = vec![Descriptor::public_key(vec![1; 16]); 33];

#[test]
fn statuses_come_in_the_order_of_the_steps() {
    let rows: &[(&str, bool, &[Edit], Status)] = &[
        ("step 1 without PIN", false, &[EMPTY_PROOF, RK, NOBODY], Status::PinNotSet),
        ("step 1 with PIN", true, &[EMPTY_PROOF, RK, NOBODY], Status::PinInvalid),
        ("step 2, no protocol", true, &[NO_PROTOCOL, RK], Status::MissingParameter),
        ("step 2, unknown protocol", true, &[WRONG_PROTOCOL, RK], Status::InvalidParameter),
        ("step 4, uv", true, &[UV, NOBODY], Status::InvalidOption),
        ("step 4, rk", true, &[RK, BAD_PROOF, NOBODY], Status::UnsupportedOption),
        ("step 6", true, &[BAD_PROOF, NOBODY], Status::PinAuthInvalid),
        ("a proof where no PIN is", false, &[BAD_PROOF, NOBODY], Status::PinNotSet),
        ("step 7", false, &[NOBODY], Status::NoCredentials),
        ("step 7: more than the list holds", false, &[LONG_LIST], Status::LimitExceeded),
    ];
    for (case, with_pin, edits, expected) in rows {
        let mut platform = if *with_pin { Platform::with_pin() } else { Platform::new() };
        platform.register(resident(1), *with_pin).unwrap();
        let mut request = assertion(&[]);
        edits.iter().for_each(|edit| edit(&mut request));
        assert_eq!(platform.send(&request).unwrap_err(), *expected, "{case}");
    }
}

#[test]
fn both_kinds_of_credential_sign_in() {
    for (kind, request) in [("kept", resident(1)), ("sealed", registration())] {
        let mut platform = Platform::new();
        let made = platform.register(request, false).unwrap();
        let reply = platform.send(&assertion(&[&made])).unwrap();
        made.verify(&reply.auth_data, &reply.signature);
        assert_eq!(reply.auth_data.len(), 37, "{kind}");
        assert_eq!(reply.auth_data[32], 0x01, "{kind}: UP alone");
        assert_eq!(reply.credential, Some(made.descriptor.clone()), "{kind}");
        assert_eq!(reply.user.is_some(), kind == "kept", "only a kept credential knows its account");
        assert_eq!(reply.number_of_credentials, None, "{kind}");
        let next = platform.send(&assertion(&[&made])).unwrap();
        assert!(next.auth_data[33..37] > reply.auth_data[33..37], "{kind}: the counter goes up");
    }
}

#[test]
fn a_question_without_touch_asks_nobody_and_says_so() {
    let mut platform = Platform::new();
    let made = platform.register(registration(), false).unwrap();
    platform.asked = 0;
    platform.person = Presence::Refused;
    let mut request = assertion(&[&made]);
    request.options.up = Some(false);
    let reply = platform.send(&request).unwrap();
    assert_eq!(reply.auth_data[32], 0x00);
    assert_eq!(platform.asked, 0);
    request.rp_id = RpId::new("other.example");
    assert_eq!(platform.send(&request).unwrap_err(), Status::NoCredentials);
}

#[test]
fn without_a_touch_there_is_no_signature() {
    for (person, expected) in [
        (Presence::Refused, Status::OperationDenied),
        (Presence::TimedOut, Status::OperationDenied),
        (Presence::Cancelled, Status::KeepaliveCancel),
    ] {
        let mut platform = Platform::new();
        let made = platform.register(registration(), false).unwrap();
        let before = platform.key.state().counter();
        platform.person = person;
        assert_eq!(platform.send(&assertion(&[&made])).unwrap_err(), expected);
        assert_eq!(platform.key.state().counter(), before);
    }
}

#[test]
fn cred_protect_decides_who_is_found() {
    // Level, by id, verified: found? (§12.1, §6.2.2 step 7)
    let rows = [
        (1, false, false, true),
        (1, true, false, true),
        (2, false, false, false),
        (2, true, false, true),
        (2, false, true, true),
        (3, false, false, false),
        (3, true, false, false),
        (3, false, true, true),
        (3, true, true, true),
    ];
    for (level, by_id, verified, found) in rows {
        let mut platform = Platform::with_pin();
        let mut request = resident(1);
        request.extensions.set(CRED_PROTECT, level as u8);
        let made = platform.register(request, true).unwrap();
        let list: &[_] = if by_id { &[&made] } else { &[] };
        let result = platform.sign_in(assertion(list), verified);
        assert_eq!(
            result.map_err(Some).err(),
            (!found).then_some(Some(Status::NoCredentials)),
            "{level} {by_id} {verified}"
        );
    }
}

#[test]
fn a_sealed_credential_keeps_its_protection() {
    let mut platform = Platform::with_pin();
    let mut request = registration();
    request.extensions.set(CRED_PROTECT, 3_u8);
    let made = platform.register(request, true).unwrap();
    assert_eq!(platform.sign_in(assertion(&[&made]), false).unwrap_err(), Status::NoCredentials);
    platform.sign_in(assertion(&[&made]), true).unwrap();
}

#[test]
fn accounts_come_newest_first_and_with_names_only_for_a_verified_person() {
    for verified in [false, true] {
        let mut platform = Platform::with_pin();
        let made: Vec<_> = [3, 1, 2].iter().map(|number| platform.register(resident(*number), true).unwrap()).collect();
        let mut replies = vec![platform.sign_in(assertion(&[]), verified).unwrap()];
        replies.extend((0..2).map(|_| platform.send(&GetNextAssertion).unwrap()));
        assert_eq!(replies[0].number_of_credentials, Some(3));
        for (reply, (number, credential)) in replies.iter().zip([(2, &made[2]), (1, &made[1]), (3, &made[0])]) {
            let user = reply.user.as_ref().unwrap();
            assert_eq!(user.id.as_bytes(), [number]);
            assert_eq!(user.name.is_some() && user.display_name.is_some(), verified);
            assert_eq!(reply.credential, Some(credential.descriptor.clone()));
            credential.verify(&reply.auth_data, &reply.signature);
            assert_eq!(reply.auth_data[32], if verified { 0x05 } else { 0x01 });
        }
        assert!(replies[1].number_of_credentials.is_none());
        assert!(replies.is_sorted_by(|a, b| a.auth_data[33..] < b.auth_data[33..]), "each signature counts");
        assert_eq!(platform.send(&GetNextAssertion).unwrap_err(), Status::NotAllowed);
    }
}

#[test]
fn a_single_account_gives_its_handle_alone() {
    let mut platform = Platform::with_pin();
    platform.register(resident(1), true).unwrap();
    let user = platform.sign_in(assertion(&[]), true).unwrap().user.unwrap();
    assert_eq!((user.id.as_bytes(), user.name, user.display_name), ([1].as_slice(), None, None));
}

fn with_three_accounts() -> Platform {
    let mut platform = Platform::new();
    for number in [1, 2, 3] {
        platform.register(resident(number), false).unwrap();
    }
    platform.send(&assertion(&[])).unwrap();
    platform
}

#[test]
fn the_next_assertion_is_remembered_for_30_seconds_after_the_last() {
    let mut platform = with_three_accounts();
    for _ in 0..2 {
        platform.wait(30_000);
        platform.send(&GetNextAssertion).unwrap();
    }
    let mut platform = with_three_accounts();
    platform.wait(30_001);
    assert_eq!(platform.send(&GetNextAssertion).unwrap_err(), Status::NotAllowed);
    platform.now = fob_ambient::Millis(0);
    assert_eq!(platform.send(&GetNextAssertion).unwrap_err(), Status::NotAllowed, "what was too old is gone");
}

#[test]
fn another_command_or_a_power_cycle_forgets_the_next_assertion() {
    let mut platform = with_three_accounts();
    platform.send(&GetInfo).unwrap();
    assert_eq!(platform.send(&GetNextAssertion).unwrap_err(), Status::NotAllowed);
    let mut platform = with_three_accounts();
    platform.key.power_cycle(platform.now);
    assert_eq!(platform.send(&GetNextAssertion).unwrap_err(), Status::NotAllowed);
    assert_eq!(Platform::new().send(&GetNextAssertion).unwrap_err(), Status::NotAllowed);
}

#[test]
fn another_platform_cannot_go_on_with_a_sign_in() {
    let mut platform = with_three_accounts();
    platform.caller = Caller(2);
    assert_eq!(platform.send(&GetNextAssertion).unwrap_err(), Status::NotAllowed);
    platform.caller = Caller(1);
    platform.send(&GetNextAssertion).unwrap();
}

#[test]
fn hmac_secret_is_not_pretended() {
    let extensions = ExtensionAbilities::NONE;
    let mut platform = Platform::with(Abilities { extensions, ..Abilities::default() });
    let made = platform.register(registration(), false).unwrap();
    let mut request = assertion(&[&made]);
    request.extensions.set(HMAC_SECRET, fob_ctap::Map::new());
    let reply = platform.send(&request).unwrap();
    assert_eq!((reply.auth_data.len(), reply.auth_data[32] & 0x80), (37, 0));
}

#[test]
fn credentials_outlive_the_power() {
    let mut platform = Platform::new();
    let kept = platform.register(resident(1), false).unwrap();
    let sealed = platform.register(registration(), false).unwrap();
    platform.restart();
    for made in [kept, sealed] {
        let reply = platform.send(&assertion(&[&made])).unwrap();
        made.verify(&reply.auth_data, &reply.signature);
    }
}

#[test]
fn no_signature_leaves_before_its_counter_is_durable() {
    for request in [resident(1), registration()] {
        let mut platform = Platform::new();
        let made = platform.register(request, false).unwrap();
        let reply = platform.send(&assertion(&[&made])).unwrap();
        platform.restart();
        let counter = platform.key.state().counter();
        assert_eq!(reply.auth_data[33..37], counter.to_be_bytes());
        let next = platform.send(&assertion(&[&made])).unwrap();
        assert_eq!(next.auth_data[33..37], (counter + 1).to_be_bytes());
    }
}
