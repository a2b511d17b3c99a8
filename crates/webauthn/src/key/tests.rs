use super::*;
use Requirement::{Discouraged, Preferred, Required};
use Verification::{BuiltIn, NotNeeded, Pin, SetUpFirst};

fn info(options: &[&str]) -> Info {
    let options = options.iter().map(|option| match option.strip_prefix('!') {
        Some(name) => (name, false),
        None => (*option, true),
    });
    Info { options: options.collect(), ..Info::default() }
}

/// `!` before an option: known, but off.
#[test]
fn a_key_verifies_for_a_new_credential_as_ctap_says() {
    // Options of the key, wish of the site, passkey or not.
    for (options, wish, passkey, expected) in [
        (&["rk"][..], Discouraged, true, Ok(NotNeeded)),
        (&["rk"], Preferred, true, Ok(NotNeeded)),
        (&["rk"], Required, true, Err(Unfit::NoVerification)),
        (&["!clientPin"], Discouraged, false, Ok(NotNeeded)),
        (&["!clientPin"], Preferred, false, Ok(NotNeeded)),
        (&["!clientPin"], Required, false, Ok(SetUpFirst)),
        (&["!uv"], Required, false, Ok(SetUpFirst)),
        (&["clientPin"], Discouraged, false, Ok(Pin)),
        (&["clientPin"], Preferred, false, Ok(Pin)),
        (&["clientPin"], Required, false, Ok(Pin)),
        (&["clientPin", "makeCredUvNotRqd"], Discouraged, false, Ok(NotNeeded)),
        (&["clientPin", "makeCredUvNotRqd"], Discouraged, true, Ok(Pin)),
        (&["clientPin", "makeCredUvNotRqd"], Preferred, false, Ok(Pin)),
        (&["clientPin", "makeCredUvNotRqd", "alwaysUv"], Discouraged, false, Ok(Pin)),
        (&["!clientPin", "alwaysUv"], Discouraged, false, Ok(SetUpFirst)),
        (&["clientPin", "!alwaysUv", "makeCredUvNotRqd"], Discouraged, false, Ok(NotNeeded)),
        (&["clientPin", "uv"], Required, true, Ok(BuiltIn)),
        (&["uv"], Discouraged, true, Ok(BuiltIn)),
        (
            &["clientPin", "pinUvAuthToken", "noMcGaPermissionsWithClientPin"],
            Required,
            true,
            Err(Unfit::NoVerification),
        ),
        (&["clientPin", "!uv", "pinUvAuthToken", "noMcGaPermissionsWithClientPin"], Required, true, Ok(SetUpFirst)),
        (&["clientPin", "uv", "pinUvAuthToken", "noMcGaPermissionsWithClientPin"], Required, true, Ok(BuiltIn)),
    ] {
        let info = info(options);
        assert_eq!(Key(&info).verification_to_create(wish, passkey), expected, "{options:?} {wish:?} {passkey}");
    }
}

#[test]
fn a_key_verifies_for_a_signature_only_if_somebody_wants_it() {
    for (options, wish, expected) in [
        (&["clientPin"][..], Discouraged, Ok(NotNeeded)),
        (&["clientPin"], Preferred, Ok(Pin)),
        (&["clientPin"], Required, Ok(Pin)),
        (&["clientPin", "alwaysUv"], Discouraged, Ok(Pin)),
        (&["clientPin", "uv"], Discouraged, Ok(NotNeeded)),
        (&["clientPin", "uv"], Preferred, Ok(BuiltIn)),
        (&["!clientPin"], Preferred, Ok(NotNeeded)),
        (&["!clientPin"], Required, Ok(SetUpFirst)),
        (&[], Preferred, Ok(NotNeeded)),
        (&[], Required, Err(Unfit::NoVerification)),
    ] {
        let info = info(options);
        assert_eq!(Key(&info).verification_to_sign(wish), expected, "{options:?} {wish:?}");
    }
}

#[test]
fn transports_are_sorted_and_never_empty() {
    use fob_ctap::entity::Transport::{Nfc, Usb};
    let info = Info { transports: vec![Usb, Nfc, Usb], ..Info::default() };
    assert_eq!(Key(&info).transports(), ["nfc", "usb"]);
    assert_eq!(Key(&Info::default()).transports(), ["usb"]);
}
