//! authenticatorGetInfo (§6.4): to the byte, as another encoder writes it, and true at any moment.

use fob_authenticator::{Abilities, Edition, ExtensionAbilities};
use fob_ctap::Command;
use fob_ctap::get_info::{GetInfo, Info, option};

use crate::platform::{Platform, registration, resident};

/// What a fresh key answers, encoded by PyPI's fido2 2.2.1 (`vectors/get_info.py`).
const FRESH: &str = include_str!("../vectors/get-info-fresh.hex");

#[test]
fn a_fresh_key_says_exactly_what_it_is() {
    let said = Platform::new().raw(&[0x04]);
    let digits: String = said.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digits, FRESH.split_whitespace().collect::<String>());
}

#[test]
fn what_changes_is_told() {
    let mut platform = Platform::with_pin();
    let info = platform.send(&GetInfo).unwrap();
    assert_eq!(info.options.get(option::CLIENT_PIN), Some(true));
    platform.register(resident(1), true).unwrap();
    platform.register(registration(), false).unwrap();
    assert_eq!(platform.send(&GetInfo).unwrap().remaining_discoverable_credentials, Some(99));
}

#[test]
fn ids_and_lists_that_are_promised_fit_into_a_message() {
    let mut platform = Platform::new();
    let info = platform.send(&GetInfo).unwrap();
    let made = platform.register(registration(), false).unwrap();
    assert!(info.max_credential_id_length.unwrap() >= made.descriptor.id.as_bytes().len() as u64);
    let mut request = resident(1);
    request.exclude_list = vec![made.descriptor; info.max_credential_count_in_list.unwrap() as usize];
    assert!(request.encode().len() <= info.max_msg_size() as usize);
}

#[test]
fn an_edition_is_named_only_with_all_that_it_demands() {
    let versions = |abilities: Abilities| Platform::with(abilities).info().versions;
    let without = |extensions: ExtensionAbilities| Abilities { extensions, ..Abilities::default() };
    let all = ExtensionAbilities::ALL;
    for (case, abilities, expected) in [
        ("2.0", Abilities { u2f: false, ..Abilities::ctap20() }, vec!["FIDO_2_0"]),
        ("2.1", Abilities { edition: Edition::Ctap21, ..Abilities::default() }, vec!["U2F_V2", "FIDO_2_0", "FIDO_2_1"]),
        ("no hmac-secret", without(ExtensionAbilities { hmac_secret: false, ..all }), vec!["U2F_V2", "FIDO_2_0"]),
        ("no credProtect", without(ExtensionAbilities { cred_protect: false, ..all }), vec!["U2F_V2", "FIDO_2_0"]),
        (
            "no credential management",
            Abilities { credential_management: false, ..Abilities::default() },
            vec!["U2F_V2", "FIDO_2_0"],
        ),
    ] {
        assert_eq!(versions(abilities), expected, "{case}");
    }
}

#[test]
fn a_key_of_ctap_20_says_what_one_said() {
    let info = Platform::with(Abilities { u2f: false, ..Abilities::ctap20() }).info();
    let expected = Info {
        versions: vec!["FIDO_2_0".to_owned()],
        extensions: vec!["hmac-secret".to_owned()],
        aaguid: info.aaguid,
        options: [("plat", false), ("rk", true), ("clientPin", false), ("up", true)].into_iter().collect(),
        max_msg_size: Some(7_609),
        pin_uv_auth_protocols: vec![1],
        ..Info::default()
    };
    assert_eq!(info, expected);
}
