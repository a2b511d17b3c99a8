use fob_ambient::Millis;
use fob_ctap::cose::Algorithm;
use fob_ctap::entity::Transport;
use fob_ctap::extension::CredProtect;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{Error, OptionsError, base64url};

/// The least that a site may write.
fn creation() -> Value {
    json!({
        "rp": { "name": "Example" },
        "user": { "id": "MTIz", "name": "ada", "displayName": "Ada" },
        "challenge": "AAECAwQFBgcICQoLDA0ODw",
        "pubKeyCredParams": [],
    })
}

fn creation_with(member: &str, value: Value) -> Result<CreationOptions, Error> {
    let mut options = creation();
    *options.pointer_mut(member).unwrap() = value;
    Ok(CreationOptions::from_json(&options.to_string())?)
}

fn creation_and(member: &str, value: Value) -> Result<CreationOptions, Error> {
    let mut options = creation();
    options.as_object_mut().unwrap().insert(member.to_owned(), value);
    Ok(CreationOptions::from_json(&options.to_string())?)
}

fn request_and(member: &str, value: Value) -> Result<RequestOptions, Error> {
    let mut options = json!({ "challenge": "AAECAwQFBgcICQoLDA0ODw" });
    options.as_object_mut().unwrap().insert(member.to_owned(), value);
    Ok(RequestOptions::from_json(&options.to_string())?)
}

fn algorithms(options: &CreationOptions) -> Vec<i64> {
    options.parameters.iter().map(|parameters| parameters.algorithm.0).collect()
}

#[test]
fn what_a_site_leaves_out_has_the_standards_default() {
    let options = CreationOptions::from_json(&creation().to_string()).unwrap();
    assert_eq!(options.rp, Rp { id: None, name: "Example".to_owned() });
    assert_eq!(options.user.id.as_bytes(), b"123");
    assert_eq!(options.challenge, (0..16).collect::<Vec<u8>>());
    assert_eq!(algorithms(&options), [Algorithm::ES256.0, Algorithm::RS256.0]);
    assert_eq!(options.timeout, Millis(300_000));
    assert_eq!((options.exclude.is_listed(), options.exclude.known()), (false, &[][..]));
    assert_eq!(options.attachment, None);
    assert_eq!(options.resident_key, Requirement::Discouraged);
    assert_eq!(options.user_verification, Requirement::Preferred);
    assert_eq!(options.attestation, Attestation::None);
    assert_eq!(options.extensions, CreationExtensions::default());

    let options = RequestOptions::from_json(r#"{"challenge":""}"#).unwrap();
    assert_eq!(options.user_verification, Requirement::Preferred);
    assert_eq!(options.rp_id, None);
    assert!(!options.allow.is_listed());
}

#[test]
fn null_is_absent_where_a_member_may_be_absent() {
    for member in [
        "timeout",
        "excludeCredentials",
        "authenticatorSelection",
        "hints",
        "attestation",
        "attestationFormats",
        "extensions",
    ] {
        let options = creation_and(member, Value::Null).unwrap();
        assert_eq!(options, CreationOptions::from_json(&creation().to_string()).unwrap(), "{member}");
    }
}

#[test]
fn members_and_values_of_a_newer_edition_are_ignored() {
    let plain = CreationOptions::from_json(&creation().to_string()).unwrap();
    for (member, value) in [
        ("somethingNew", json!({ "deep": [1, 2, 3] })),
        ("attestation", json!("quantum")),
        ("hints", json!(["telepathy"])),
        ("authenticatorSelection", json!({ "residentKey": "maybe", "userVerification": "twice", "x": 1 })),
        ("authenticatorSelection", json!({ "authenticatorAttachment": "floating" })),
        ("extensions", json!({ "uvm": true, "largeBlob": { "support": "required" } })),
    ] {
        assert_eq!(creation_and(member, value.clone()).unwrap(), plain, "{member}: {value}");
    }
}

#[test]
fn what_webidl_refuses_is_a_type_error() {
    for (case, result) in [
        ("name missing", creation_with("/rp", json!({}))),
        ("name a number", creation_with("/rp/name", json!(7))),
        ("display name missing", creation_with("/user", json!({ "id": "MTIz", "name": "ada" }))),
        ("user id empty", creation_with("/user/id", json!(""))),
        ("user id of 65 bytes", creation_with("/user/id", json!(base64url::encode(&[0; 65])))),
        ("parameters no list", creation_with("/pubKeyCredParams", json!({}))),
        ("parameters null", creation_with("/pubKeyCredParams", Value::Null)),
        ("algorithm a text", creation_with("/pubKeyCredParams", json!([{ "type": "public-key", "alg": "-7" }]))),
        ("type missing", creation_with("/pubKeyCredParams", json!([{ "alg": -7 }]))),
        ("timeout a text", creation_and("timeout", json!("soon"))),
        ("exclude list of ids", creation_and("excludeCredentials", json!(["MTIz"]))),
        ("exclude without type", creation_and("excludeCredentials", json!([{ "id": "MTIz" }]))),
        ("credProps a number", creation_and("extensions", json!({ "credProps": 1 }))),
    ] {
        assert_eq!(result.expect_err(case).dom_name().as_str(), "TypeError", "{case}");
    }
    for (case, json) in [
        ("nothing", ""),
        ("no object", "7"),
        ("cut off", r#"{"challenge":"#),
        ("followed by something", r#"{"challenge":"AA"} {}"#),
        ("a member twice", r#"{"challenge":"AA","challenge":"AQ"}"#),
        ("without a challenge", "{}"),
        ("half a surrogate pair", r#"{"challenge":"AA","rpId":"\ud800"}"#),
        ("extensions no dictionary", r#"{"challenge":"AA","extensions":7}"#),
    ] {
        assert_eq!(
            Error::from(RequestOptions::from_json(json).expect_err(case)).dom_name().as_str(),
            "TypeError",
            "{case}"
        );
    }
}

#[test]
fn what_is_no_base64url_is_an_encoding_error() {
    for text in ["MTIz=", "+/+/", "M", "MTIz\n", "ß", "MR"] {
        for result in [creation_with("/user/id", json!(text)), creation_with("/challenge", json!(text))] {
            assert_eq!(result.expect_err(text).dom_name().as_str(), "EncodingError", "{text}");
        }
    }
}

#[test]
fn resident_key_stands_before_its_legacy() {
    use Requirement::{Discouraged, Preferred, Required};
    for (selection, expected) in [
        (json!({}), Discouraged),
        (json!({ "requireResidentKey": true }), Required),
        (json!({ "requireResidentKey": false }), Discouraged),
        (json!({ "residentKey": "preferred", "requireResidentKey": true }), Preferred),
        (json!({ "residentKey": "discouraged", "requireResidentKey": true }), Discouraged),
        (json!({ "residentKey": "required" }), Required),
        (json!({ "residentKey": "unknown", "requireResidentKey": true }), Required),
    ] {
        let options = creation_and("authenticatorSelection", selection.clone()).unwrap();
        assert_eq!(options.resident_key, expected, "{selection}");
    }
}

#[test]
fn parameters_of_unknown_type_are_skipped_until_none_is_left() {
    let both = json!([{ "type": "private-key", "alg": -7 }, { "type": "public-key", "alg": -8 }]);
    assert_eq!(algorithms(&creation_with("/pubKeyCredParams", both).unwrap()), [-8]);
    let none = json!([{ "type": "private-key", "alg": -7 }]);
    assert_eq!(algorithms(&creation_with("/pubKeyCredParams", none).unwrap()), [0_i64; 0]);
}

#[test]
fn a_list_of_things_that_no_key_has_is_still_a_list() {
    let allow = request_and("allowCredentials", json!([{ "type": "password", "id": "MTIz" }])).unwrap().allow;
    assert_eq!((allow.is_listed(), allow.known()), (true, &[][..]));

    let list = json!([
        { "type": "public-key", "id": "" },
        { "type": "public-key", "id": base64url::encode(&[1; 1024]) },
        { "type": "public-key", "id": base64url::encode(&[2; 1023]), "transports": ["usb", "carrier-pigeon"] },
    ]);
    let allow = request_and("allowCredentials", list).unwrap().allow;
    assert_eq!(allow.known().len(), 1);
    assert_eq!(allow.known()[0].id.as_bytes(), [2; 1023]);
    assert_eq!(allow.known()[0].transports, [Transport::Usb]);
}

#[test]
fn attestation_formats_that_cannot_exist_are_dropped() {
    let formats = json!(["packed", "", "x".repeat(33), "x".repeat(32)]);
    let options = creation_and("attestationFormats", formats).unwrap();
    assert_eq!(options.attestation_formats, ["packed".to_owned(), "x".repeat(32)]);
}

#[test]
fn extensions_are_read() {
    let extensions = json!({
        "credProps": true,
        "credentialProtectionPolicy": "userVerificationOptionalWithCredentialIDList",
        "enforceCredentialProtectionPolicy": true,
    });
    let protection =
        CredentialProtection { policy: CredProtect::UserVerificationOptionalWithCredentialIdList, enforced: true };
    let expected = CreationExtensions { cred_props: true, protection: Some(protection) };
    assert_eq!(creation_and("extensions", extensions).unwrap().extensions, expected);
    let unknown = json!({ "credentialProtectionPolicy": "moat", "enforceCredentialProtectionPolicy": true });
    assert_eq!(creation_and("extensions", unknown).unwrap().extensions.protection, None);
}

#[test]
fn every_length_has_a_limit() {
    let credential = json!({ "type": "public-key", "id": "MTIz" });
    let full = vec![credential.clone(); MOST_CREDENTIALS];
    assert_eq!(request_and("allowCredentials", json!(full)).unwrap().allow.known().len(), MOST_CREDENTIALS);
    let parameters = vec![json!({ "type": "public-key", "alg": -7 }); MOST_ENTRIES + 1];
    for (case, result) in [
        ("list", request_and("allowCredentials", json!(vec![credential; MOST_CREDENTIALS + 1])).map(|_| ())),
        ("parameters", creation_with("/pubKeyCredParams", json!(parameters)).map(|_| ())),
        ("hints", request_and("hints", json!(vec!["hybrid"; MOST_ENTRIES + 1])).map(|_| ())),
    ] {
        assert!(matches!(result, Err(Error::Options(OptionsError::TooMany { .. }))), "{case}");
    }
    let challenge = base64url::encode(&vec![0; LONGEST_CHALLENGE + 1]);
    assert!(matches!(
        request_and("challenge", json!(challenge)),
        Err(Error::Options(OptionsError::TooLong { member: "challenge", most: LONGEST_CHALLENGE }))
    ));
    let long = format!(r#"{{"challenge":"AA","x":"{}"}}"#, "x".repeat(LARGEST));
    assert!(matches!(RequestOptions::from_json(&long), Err(OptionsError::TooLarge { .. })));
}

#[test]
fn depth_makes_no_recursion() {
    let nest = |open: &str, close: &str| [open.repeat(20_000), close.repeat(20_000)].concat();
    let ignored = format!(r#"{{"challenge":"AA","new":{}}}"#, nest("[", "]"));
    assert!(RequestOptions::from_json(&ignored).is_ok(), "skipped without looking into it");
    let extension = format!(r#"{{"challenge":"AA","extensions":{{"new":{}}}}}"#, nest("[", "]"));
    assert!(RequestOptions::from_json(&extension).is_ok(), "skipped without looking into it");
    let list = format!(r#"{{"challenge":"AA","allowCredentials":{}}}"#, nest("[", "]"));
    assert!(matches!(RequestOptions::from_json(&list), Err(OptionsError::Json(_))));
}

/// Any JSON of the size that fits on a screen.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        "[A-Za-z0-9_-]{0,20}".prop_map(Value::from),
        Just(json!("public-key")),
    ];
    let name = prop_oneof![
        Just("id".to_owned()),
        Just("type".to_owned()),
        Just("alg".to_owned()),
        Just("name".to_owned()),
        Just("transports".to_owned()),
        ".{0,8}"
    ];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    /// Reads, or refuses with a name that a page may see; never panics.
    #[test]
    fn no_value_of_any_member_makes_a_panic(
        member in prop::sample::select(vec![
            "rp", "user", "challenge", "pubKeyCredParams", "timeout", "excludeCredentials", "allowCredentials",
            "authenticatorSelection", "hints", "attestation", "attestationFormats", "extensions", "rpId",
        ]),
        value in any_json(),
    ) {
        let names = ["TypeError", "EncodingError"];
        if let Err(error) = creation_and(member, value.clone()) {
            prop_assert!(names.contains(&error.dom_name().as_str()));
        }
        if let Err(error) = request_and(member, value) {
            prop_assert!(names.contains(&error.dom_name().as_str()));
        }
    }

    #[test]
    fn no_text_makes_a_panic(text in ".{0,200}") {
        prop_assert!(CreationOptions::from_json(&text).is_err());
    }
}
