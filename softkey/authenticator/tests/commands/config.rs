//! authenticatorConfig (§6.11) and what it changes elsewhere.

use fob_authenticator::{Abilities, Presence, Reason, Step};
use fob_ctap::client_pin::{GetPinToken, Permissions};
use fob_ctap::config::{
    EnableEnterpriseAttestation, EnableLongTouchForReset, SetMinPinLength, ToggleAlwaysUv, VendorPrototype,
};
use fob_ctap::entity::RpId;
use fob_ctap::get_info::option;
use fob_ctap::pin::{PinUvAuthToken, Protocol};
use fob_ctap::reset::Reset;
use fob_ctap::subcommand::Call;
use fob_ctap::{Command, Map, Status};

use crate::platform::{ALL, PIN, Platform, RP, assertion, registration, resident};

const ACFG: Permissions = Permissions::AUTHENTICATOR_CONFIG;
const NOTHING: SetMinPinLength = SetMinPinLength {
    new_min_pin_length: None,
    min_pin_length_rp_ids: None,
    force_change_pin: None,
    pin_complexity_policy: None,
};

fn token(platform: &mut Platform) -> PinUvAuthToken {
    platform.token(Protocol::Two, PIN, ACFG, None).unwrap()
}

#[test]
fn a_key_that_nobody_protects_is_configured_without_a_proof_and_then_no_more() {
    let mut platform = Platform::new();
    platform.bare(EnableEnterpriseAttestation {}).unwrap();
    platform.set_pin(Protocol::Two, PIN).unwrap();
    assert_eq!(platform.bare(EnableLongTouchForReset {}).unwrap_err(), Status::PuatRequired);
    let other = platform.token(Protocol::Two, PIN, Permissions::LARGE_BLOB_WRITE, None).unwrap();
    assert_eq!(platform.call(EnableLongTouchForReset {}, &other).unwrap_err(), Status::PinAuthInvalid);
    let token = token(&mut platform);
    let mut call = Call::proven(EnableLongTouchForReset {}, &token);
    call.pin_uv_auth_protocol = None;
    assert_eq!(platform.send(&call).unwrap_err(), Status::MissingParameter);
    call.pin_uv_auth_protocol = Some(7);
    assert_eq!(platform.send(&call).unwrap_err(), Status::InvalidParameter);
    platform.call(EnableLongTouchForReset {}, &token).unwrap();
    assert_eq!(platform.info().long_touch_for_reset, Some(true));
}

#[test]
fn a_vendors_setting_and_one_that_is_switched_off_are_no_subcommands() {
    let mut platform = Platform::new();
    let vendor = VendorPrototype { vendor_command_id: 1, parameters: Map::new() };
    assert_eq!(platform.bare(vendor).unwrap_err(), Status::InvalidSubcommand);
    let mut platform = Platform::with(Abilities { always_uv: false, ..Abilities::default() });
    assert_eq!(platform.bare(ToggleAlwaysUv {}).unwrap_err(), Status::InvalidSubcommand);
    assert!(!platform.info().options.is_known(option::ALWAYS_UV));
    assert_eq!(platform.info().authenticator_config_commands, Some(vec![1, 3, 4]));
}

#[test]
fn always_uv_demands_a_token_for_everything_but_a_silent_look() {
    let mut platform = Platform::new();
    let sealed = platform.register(registration(), false).unwrap();
    platform.bare(ToggleAlwaysUv {}).unwrap();
    let info = platform.info();
    assert_eq!(info.options.get(option::ALWAYS_UV), Some(true));
    assert_eq!(info.options.get(option::MAKE_CRED_UV_NOT_RQD), Some(false));
    assert!(!info.has_version("U2F_V2"));
    // Also without a PIN: the platform has to set one.
    assert_eq!(platform.send(&registration()).unwrap_err(), Status::PuatRequired);
    platform.set_pin(Protocol::Two, PIN).unwrap();
    assert_eq!(platform.send(&registration()).unwrap_err(), Status::PuatRequired);
    assert_eq!(platform.send(&assertion(&[&sealed])).unwrap_err(), Status::PuatRequired);
    let mut silent = assertion(&[&sealed]);
    silent.options.up = Some(false);
    platform.send(&silent).unwrap();
    platform.sign_in(assertion(&[&sealed]), true).unwrap();
    assert_eq!(platform.bare(ToggleAlwaysUv {}).unwrap_err(), Status::PuatRequired);
    let token = token(&mut platform);
    platform.call(ToggleAlwaysUv {}, &token).unwrap();
    platform.send(&assertion(&[&sealed])).unwrap();
}

#[test]
fn a_minimum_that_outgrows_the_pin_forces_a_change() {
    let mut platform = Platform::with_pin();
    let token = token(&mut platform);
    let lasting = Permissions::PERSISTENT_CREDENTIAL_MANAGEMENT_READ_ONLY;
    platform.call(SetMinPinLength { new_min_pin_length: Some(6), ..NOTHING }, &token).unwrap();
    let info = platform.info();
    assert_eq!((info.min_pin_length, info.force_pin_change), (Some(6), Some(true)));
    let old_way = {
        let (key_agreement, pin_hash_enc, _) = platform.pin_hash(Protocol::One, PIN);
        let protocol = Protocol::One;
        GetPinToken { key_agreement, pin_hash_enc, permissions: None, rp_id: None, protocol }
    };
    assert_eq!(platform.send(&old_way).unwrap_err(), Status::PinInvalid);
    for permissions in [ALL, lasting] {
        let refused = platform.token(Protocol::Two, PIN, permissions, Some(RP)).unwrap_err();
        assert_eq!(refused, Status::PinPolicyViolation);
    }
    assert_eq!(platform.retries().retries, 8, "the PIN was right");
    assert_eq!(platform.change_pin(Protocol::Two, PIN, "12345").unwrap_err(), Status::PinPolicyViolation);
    platform.change_pin(Protocol::Two, PIN, "314159").unwrap();
    assert_eq!(platform.info().force_pin_change, Some(false));
    platform.token(Protocol::Two, "314159", ALL, Some(RP)).unwrap();
    assert_eq!(platform.call(NOTHING, &token).unwrap_err(), Status::PinAuthInvalid, "tokens went with the old PIN");
}

#[test]
fn a_forced_change_changes() {
    let mut platform = Platform::with_pin();
    let token = token(&mut platform);
    platform.call(SetMinPinLength { force_change_pin: Some(true), ..NOTHING }, &token).unwrap();
    assert_eq!(platform.change_pin(Protocol::Two, PIN, PIN).unwrap_err(), Status::PinPolicyViolation);
    platform.change_pin(Protocol::Two, PIN, "4321").unwrap();
    let mut unset = Platform::new();
    let forced = SetMinPinLength { force_change_pin: Some(true), ..NOTHING };
    assert_eq!(unset.bare(forced).unwrap_err(), Status::PinNotSet);
}

#[test]
fn a_minimum_only_grows_and_the_list_has_an_end() {
    let mut platform = Platform::new();
    let length = |length| SetMinPinLength { new_min_pin_length: Some(length), ..NOTHING };
    platform.bare(length(8)).unwrap();
    assert_eq!(platform.bare(length(7)).unwrap_err(), Status::PinPolicyViolation);
    assert_eq!(platform.bare(length(64)).unwrap_err(), Status::PinPolicyViolation);
    let list = |count: usize| {
        let ids = (0..count).map(|number| RpId::new(format!("{number}.example"))).collect();
        SetMinPinLength { min_pin_length_rp_ids: Some(ids), ..NOTHING }
    };
    assert_eq!(platform.info().max_rpids_for_set_min_pin_length, Some(8));
    platform.bare(list(8)).unwrap();
    assert_eq!(platform.bare(list(9)).unwrap_err(), Status::KeyStoreFull);
    platform.restart();
    assert_eq!(platform.info().min_pin_length, Some(8));
}

#[test]
fn a_complexity_policy_refuses_what_everybody_takes() {
    let mut platform = Platform::with_pin();
    let complex = |wanted| SetMinPinLength { pin_complexity_policy: Some(wanted), ..NOTHING };
    let token = token(&mut platform);
    platform.call(complex(true), &token).unwrap();
    let info = platform.info();
    assert_eq!((info.pin_complexity_policy, info.force_pin_change), (Some(true), Some(true)));
    for simple in ["0000", "4321", "password"] {
        assert_eq!(platform.change_pin(Protocol::Two, PIN, simple).unwrap_err(), Status::PinPolicyViolation);
    }
    platform.change_pin(Protocol::Two, PIN, "1917").unwrap();
    let token = platform.token(Protocol::Two, "1917", ACFG, None).unwrap();
    assert_eq!(platform.call(complex(false), &token).unwrap_err(), Status::PinPolicyViolation, "no way back");
}

#[test]
fn a_long_touch_is_asked_for_and_a_reset_takes_all_settings_back() {
    let mut platform = Platform::new();
    platform.bare(EnableLongTouchForReset {}).unwrap();
    platform.bare(EnableEnterpriseAttestation {}).unwrap();
    platform.bare(SetMinPinLength { new_min_pin_length: Some(9), ..NOTHING }).unwrap();
    let fresh = Platform::new().raw(&[0x04]);
    assert_ne!(platform.raw(&[0x04]), fresh);
    let Step::AskPresence(ask) = platform.key.request(&Reset.encode(), platform.caller, platform.now) else {
        panic!("no question")
    };
    assert_eq!(ask.reason, Reason::ResetByLongTouch);
    platform.key.presence(Presence::Touched, platform.now);
    assert_eq!(platform.raw(&[0x04]), fresh);
    platform.register(resident(1), false).unwrap();
}
