//! The files, and what they make of this key's answers.

use fob_cbor::{Strictness, decode, encode};
use fob_ctap::{Map, Status, Value};

use super::shape::{member, number_of};
use super::*;

/// getInfo of a key that can do everything that any profile wants, by hand.
fn able() -> Map {
    let texts = |texts: &[&str]| Value::from(texts.iter().map(|text| Value::from(*text)).collect::<Vec<_>>());
    let algorithm = |number| {
        let entry: Map = [("alg", Value::int(number)), ("type", Value::from("public-key"))].into_iter().collect();
        Value::from(entry)
    };
    let names = [
        "alwaysUv",
        "authnrCfg",
        "bioEnroll",
        "clientPin",
        "credMgmt",
        "credentialMgmtPreview",
        "largeBlobs",
        "pinUvAuthToken",
        "plat",
        "rk",
        "setMinPINLength",
        "up",
        "userVerificationMgmtPreview",
        "uv",
        "uvToken",
        "makeCredUvNotRqd",
    ];
    let options: Map = names.into_iter().map(|name| (name, name != "plat")).collect();
    let extensions = ["credBlob", "credProtect", "hmac-secret", "largeBlobKey", "minPinLength"];
    let mut info = Map::new();
    info.insert(1, texts(&["U2F_V2", "FIDO_2_0", "FIDO_2_1", "FIDO_2_3"]));
    info.insert(2, texts(&extensions));
    info.insert(3, [7; 16]);
    info.insert(4, options);
    info.insert(5, 7_609_u32);
    info.insert(6, vec![Value::from(2_u8), Value::from(1_u8)]);
    info.insert(0x0a, vec![algorithm(-7), algorithm(-8)]);
    info.insert(0x0c, true);
    info.insert(0x0d, 6_u8);
    info.insert(0x14, 95_u8);
    info
}

fn reply(info: Map) -> Vec<u8> {
    [&[0][..], &encode(&Value::Map(info))].concat()
}

/// A key with five credentials of a hundred.
fn own() -> Own {
    Own::from_reply(&reply(able()), 5, true).unwrap()
}

fn shaped(name: &str) -> Map {
    let profile = Profile::named(name).unwrap().unwrap();
    let shaped = profile.shape(reply(able()), &own());
    match decode(&shaped[1..], fob_cbor::Limits::CTAP).unwrap() {
        Value::Map(map) => map,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_file_is_whole_and_has_its_sources() {
    for name in names() {
        let profile = Profile::named(name).unwrap().unwrap();
        assert!(!profile.about.is_empty() && !profile.source.is_empty(), "{name}");
        assert!(profile.source.iter().all(|source| !source.what.is_empty() && !source.place.is_empty()), "{name}");
        assert!(profile.quirks.iter().all(|quirk| !quirk.what.is_empty() && !quirk.place.is_empty()), "{name}");
        for (member_name, value) in profile.info.iter().flat_map(|info| &info.members) {
            let number = number_of(member_name).unwrap_or_else(|| panic!("{name}: {member_name} is no member"));
            assert!(member(number, value).is_some(), "{name}: {member_name} = {value}");
        }
        assert_eq!(profile.lacking(&own()), Vec::<String>::new(), "{name}: this test's key can do everything");
    }
    assert!(Profile::named(DEFAULT).unwrap().is_none());
    assert!(matches!(Profile::named("yubikey-9"), Err(ProfileError::Unknown(_))));
}

/// The bytes that the profile's source has: a real YubiKey Bio, as ctap-hid-fido2's test keeps them.
const BIO: &str = "B30184665532465F5632684649444F5F325F306C4649444F5F325F315F505245684649444F5F325F3102856B6372656450726F74656374\
6B686D61632D7365637265746C6C61726765426C6F624B65796863726564426C6F626C6D696E50696E4C656E6774680350D8522D9F575B486688A9\
BA99FA02F35B04B062726BF5627570F5627576F564706C6174F4677576546F6B656EF568616C776179735576F568637265644D676D74F569617574\
686E72436667F56962696F456E726F6C6CF569636C69656E7450696EF56A6C61726765426C6F6273F56E70696E557641757468546F6B656EF56F73\
65744D696E50494E4C656E677468F5706D616B654372656455764E6F74527164F47563726564656E7469616C4D676D7450726576696577F5781B75\
736572566572696669636174696F6E4D676D7450726576696577F5051904B00682020107080818800981637573620A82A263616C67266474797065\
6A7075626C69632D6B6579A263616C672764747970656A7075626C69632D6B65790B1904000CF40D040E1A000505060F182010011103120214\
15";

#[test]
fn bio_says_what_the_real_one_says() {
    let bytes = data_encoding::HEXUPPER.decode(BIO.as_bytes()).unwrap();
    let Value::Map(real) = decode(&bytes, fob_cbor::Limits::CTAP_LENIENT).unwrap() else { panic!("no map") };
    let ours = shaped("bio");
    for (key, value) in real.iter() {
        match key.as_u64().unwrap() {
            // This key's own: whether a PIN must change, its shortest PIN, whether it can do without verification.
            0x0c | 0x0d => assert_ne!(ours.get(key), None),
            0x04 => {
                let names = |map: &Map| map.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
                assert_eq!(names(ours.get(key).unwrap().as_map().unwrap()), names(value.as_map().unwrap()));
            }
            // Five of its 25 places are taken.
            0x14 => assert_eq!(ours.get(key), Some(&Value::from(20_u8))),
            _ => assert_eq!(ours.get(key), Some(value), "{key:?}"),
        }
    }
    assert_eq!(ours.len(), real.len());
}

#[test]
fn a_key_of_2019_has_six_members() {
    let info = shaped("ctap20");
    assert_eq!(info.iter().map(|(key, _)| key.as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(info.get_int(1), Some(&Value::from(vec![Value::from("FIDO_2_0")])));
    assert_eq!((info.get_int(3), info.get_int(5)), (Some(&Value::from([7; 16])), Some(&Value::from(7_609_u32))));
    // clientPin is set in this key, and the model tells it as it is.
    assert_eq!(info.get_int(4).unwrap().as_map().unwrap().get_text("clientPin"), Some(&Value::Bool(true)));
}

#[test]
fn a_key_without_pin_says_nothing_of_pins() {
    let info = shaped("no-pin");
    let options = info.get_int(4).unwrap().as_map().unwrap();
    let left: Vec<_> = options.iter().map(|(name, _)| name.as_text().unwrap()).collect();
    assert!(!left.iter().any(|name| name.contains("Pin") || name.contains("PIN") || name.contains("uv")), "{left:?}");
    assert_eq!((info.get_int(6), info.get_int(0x0d)), (None, None));
}

#[test]
fn what_this_key_cannot_do_is_named_or_left_out() {
    let mut info = able();
    info.insert(2, vec![Value::from("credProtect")]);
    let own = Own::from_reply(&reply(info), 0, false).unwrap();
    let mut profile = Profile::named("nitrokey3").unwrap().unwrap();
    assert_eq!(profile.lacking(&own), ["U2F", "hmac-secret"]);
    profile.go_without(&own);
    assert!(profile.lacking(&own).is_empty());
    assert_eq!(profile.texts("versions").unwrap(), ["FIDO_2_0", "FIDO_2_1"]);
    assert_eq!(profile.texts("extensions").unwrap(), ["credProtect"]);
    let (_, capabilities) = profile.hid([0; 3], Capabilities::default());
    assert!(capabilities.contains(Capabilities::NMSG));
}

#[test]
fn requests_are_held_to_the_model() {
    let profile = |name: &str| Profile::named(name).unwrap().unwrap();
    let admit = |name: &str, request: &[u8]| profile(name).admit(request.to_vec(), Strictness::Canonical);
    // authenticatorSelection came with CTAP 2.1.
    assert_eq!(admit("ctap20", &[0x0b]), Err(Status::InvalidCommand));
    assert_eq!(admit("ctap20", &[0x04]), Ok(vec![0x04]));
    // clientPIN by protocol 2; getUVRetries by protocol 1.
    assert_eq!(admit("ctap20", &[6, 0xa2, 1, 2, 2, 2]), Err(Status::InvalidParameter));
    assert_eq!(admit("ctap20", &[6, 0xa2, 1, 1, 2, 7]), Err(Status::InvalidParameter));
    assert_eq!(admit("ctap20", &[6, 0xa2, 1, 1, 2, 2]), Ok(vec![6, 0xa2, 1, 1, 2, 2]));
    // What cannot be read is not this stage's affair.
    assert_eq!(admit("ctap20", &[1, 0xff]), Ok(vec![1, 0xff]));
    assert_eq!(admit("ctap20", &[]), Ok(Vec::new()));
    let mut long = vec![1];
    long.resize(1_201, 0);
    assert_eq!(admit("yubikey-5.4", &long), Err(Status::RequestTooLarge));
    assert_eq!(admit("ctap20", &long), Ok(long.clone()));
}

#[test]
fn quirks_refuse_what_they_are_reported_to_refuse() {
    let text = |pairs: &[(&str, Value)]| Value::Map(pairs.iter().cloned().collect());
    let request = |command: u8, member: i32, value: Value| {
        [&[command][..], &encode(&Value::Map([(member, value)].into_iter().collect()))].concat()
    };
    let options = |name, set: bool| text(&[(name, Value::Bool(set))]);
    let list = |extra: &[(&str, Value)]| {
        let entry = [("type", Value::from("public-key")), ("id", Value::from([1; 16].as_slice()))];
        Value::from(vec![text(&[&entry[..], extra].concat())])
    };
    let transports = [("transports", Value::from(vec![Value::from("usb")]))];
    let key = |algorithm: i64| Value::Map([(3, Value::int(algorithm))].into_iter().collect());
    let get_token = |algorithm: i64| {
        let members = [(1, Value::from(2_u8)), (2, Value::from(5_u8)), (3, key(algorithm))];
        [&[6][..], &encode(&Value::Map(members.into_iter().collect()))].concat()
    };
    for (name, request, refusal) in [
        ("yubikey-5.4", request(1, 7, options("uv", true)), Some(Status::UnsupportedOption)),
        ("yubikey-5.2", request(2, 5, options("uv", false)), Some(Status::UnsupportedOption)),
        ("yubikey-5.4", request(2, 5, options("up", false)), None),
        ("yubikey-5.7", request(2, 5, options("uv", false)), None),
        ("fido2applet", request(2, 3, list(&transports)), Some(Status::CborUnexpectedType)),
        ("fido2applet", request(1, 5, list(&transports)), Some(Status::CborUnexpectedType)),
        ("fido2applet", request(2, 3, list(&[])), None),
        ("nitrokey3", request(2, 3, list(&transports)), None),
        ("fido2applet", get_token(-7), Some(Status::UnsupportedAlgorithm)),
        ("fido2applet", get_token(-25), None),
        ("nitrokey3", get_token(-7), None),
    ] {
        let profile = Profile::named(name).unwrap().unwrap();
        let expected = refusal.map_or(Ok(request.clone()), Err);
        assert_eq!(profile.admit(request, Strictness::Canonical), expected, "{name}");
    }
}

#[test]
fn lists_extensions_and_algorithms_are_held_to_the_model() {
    let yubikey = Profile::named("yubikey-5.4").unwrap().unwrap();
    let map = |members: Vec<(i32, Value)>| encode(&Value::Map(members.into_iter().collect()));
    let list = |length: usize| Value::from(vec![Value::Map(Map::new()); length]);
    let get = |length| yubikey.admit([&[2][..], &map(vec![(3, list(length))])].concat(), Strictness::Canonical);
    assert_eq!(get(9), Err(Status::LimitExceeded));
    assert!(get(8).is_ok());
    let algorithms = |numbers: &[i64]| {
        let entry = |number: &i64| Value::Map([("alg", Value::int(*number))].into_iter().collect());
        Value::from(numbers.iter().map(entry).collect::<Vec<_>>())
    };
    let make = |members| yubikey.admit([&[1][..], &map(members)].concat(), Strictness::Canonical);
    assert_eq!(make(vec![(4, algorithms(&[-257]))]), Err(Status::UnsupportedAlgorithm));
    let kept = [&[1][..], &map(vec![(4, algorithms(&[-7]))])].concat();
    assert_eq!(make(vec![(4, algorithms(&[-257, -7]))]), Ok(kept));
    let extensions = |names: &[&str]| Value::Map(names.iter().map(|name| (*name, true)).collect());
    let kept = [&[1][..], &map(vec![(6, extensions(&["hmac-secret"]))])].concat();
    assert_eq!(make(vec![(6, extensions(&["credBlob", "hmac-secret"]))]), Ok(kept));
    assert_eq!(make(vec![(6, extensions(&["credBlob"]))]), Ok(vec![1, 0xa0]));
}
