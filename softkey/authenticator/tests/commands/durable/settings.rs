//! authenticatorConfig.

use fob_ctap::Status;
use fob_ctap::client_pin::Permissions;
use fob_ctap::config::{EnableEnterpriseAttestation, EnableLongTouchForReset, SetMinPinLength, ToggleAlwaysUv};
use fob_ctap::entity::RpId;
use fob_ctap::get_info::option;
use fob_ctap::pin::{PinUvAuthToken, Protocol};

use super::pins::with_pin;
use super::{Row, cut_everywhere};
use crate::platform::{PIN, Platform, RP};

const COMMANDS: [Row; 4] = [
    Row {
        promise: "toggleAlwaysUv: on or off, and on if it said so",
        start: with_pin,
        act: |p, _| {
            let token = token(p)?;
            p.call(ToggleAlwaysUv {}, &token)
        },
        invariant: |p, _, said| {
            let on = p.info().options.get(option::ALWAYS_UV) == Some(true);
            assert!(on || said.is_err());
            // Once more gives the other.
            let token = token(p).unwrap();
            p.call(ToggleAlwaysUv {}, &token).unwrap();
            assert_eq!(p.info().options.get(option::ALWAYS_UV), Some(!on));
        },
    },
    Row {
        promise: "setMinPINLength: length, list and forced change come together or not at all",
        start: with_pin,
        act: |p, _| {
            let token = token(p)?;
            let longer = SetMinPinLength {
                new_min_pin_length: Some(6),
                min_pin_length_rp_ids: Some(vec![RpId::new(RP)]),
                force_change_pin: Some(true),
                pin_complexity_policy: None,
            };
            p.call(longer, &token)
        },
        invariant: |p, _, said| {
            let info = p.info();
            let found = (info.min_pin_length, info.force_pin_change, info.max_rpids_for_set_min_pin_length);
            let all = info.min_pin_length == Some(6);
            assert!(all || said.is_err(), "{found:?}");
            assert_eq!(found, (Some(if all { 6 } else { 4 }), Some(all), Some(8)));
            assert_eq!(p.change_pin(Protocol::Two, PIN, "56789").is_ok(), !all, "five digits");
        },
    },
    Row {
        promise: "enableEnterpriseAttestation: on or off, and on if it said so",
        start: with_pin,
        act: |p, _| {
            let token = token(p)?;
            p.call(EnableEnterpriseAttestation {}, &token)
        },
        invariant: |p, _, said| {
            let on = p.info().options.get(option::EP);
            assert!(on == Some(true) || (on == Some(false) && said.is_err()), "{on:?}");
        },
    },
    Row {
        promise: "enableLongTouchForReset: on or off, and on if it said so",
        start: with_pin,
        act: |p, _| {
            let token = token(p)?;
            p.call(EnableLongTouchForReset {}, &token)
        },
        invariant: |p, _, said| {
            let on = p.info().long_touch_for_reset;
            assert!(on == Some(true) || (on == Some(false) && said.is_err()), "{on:?}");
        },
    },
];

#[test]
fn settings_keep_their_promises_wherever_the_power_goes() {
    COMMANDS.iter().for_each(cut_everywhere);
}

fn token(platform: &mut Platform) -> Result<PinUvAuthToken, Status> {
    platform.token(Protocol::Two, PIN, Permissions::AUTHENTICATOR_CONFIG, None)
}
