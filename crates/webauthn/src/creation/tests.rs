use fob_ctap::Map;
use fob_ctap::auth_data::{AuthenticatorData, Flags};
use fob_ctap::cose::{Algorithm, P256Point, PublicKey};
use fob_ctap::get_info::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{Origin, base64url, vectors};

/// The registration none.ES256 of WebAuthn Level 3 §16, and what a site may have asked to get it.
fn options() -> Value {
    let challenge = vectors::standard("none_es256", "registration").bytes("challenge");
    json!({
        "rp": { "id": "example.org", "name": "Example" },
        "user": { "id": "MTIz", "name": "ada", "displayName": "Ada" },
        "challenge": base64url::encode(&challenge),
        "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }],
    })
}

fn creation_and(member: &str, value: Value) -> Creation {
    let mut options = options();
    options.as_object_mut().unwrap().insert(member.to_owned(), value);
    creation(&options)
}

fn creation(options: &Value) -> Creation {
    let caller = Caller::same_origin(Origin::parse("https://example.org").unwrap());
    Creation::new(caller, &options.to_string()).unwrap()
}

fn key() -> Info {
    let options = [(option::RK, true), (option::CLIENT_PIN, true)];
    Info { versions: vec!["FIDO_2_1".to_owned()], options: options.into_iter().collect(), ..Info::default() }
}

fn reply(object: AttestationObject) -> Reply {
    Reply {
        statement: object.statement,
        auth_data: object.auth_data,
        ep_att: None,
        large_blob_key: None,
        unsigned_extension_outputs: Map::new(),
    }
}

fn standard_object() -> AttestationObject {
    let bytes = vectors::standard("none_es256", "registration").bytes("attestation_object");
    AttestationObject::decode(&bytes, Strictness::Canonical).unwrap()
}

/// The standard's registration with other authenticator data.
fn reply_with(change: impl FnOnce(&mut AuthenticatorData)) -> Reply {
    let object = standard_object();
    let mut data = AuthenticatorData::decode(&object.auth_data, Strictness::Canonical).unwrap();
    change(&mut data);
    reply(AttestationObject { auth_data: data.encode(), ..object })
}

fn finish(creation: &Creation, reply: &Reply) -> Result<RegistrationResponse, ReplyError> {
    creation.finish(&creation.for_key(&key()).unwrap(), reply)
}

#[test]
fn the_standards_registration_becomes_its_response() {
    let vector = vectors::standard("none_es256", "registration");
    let creation = creation(&options());
    let response = finish(&creation, &reply(standard_object())).unwrap();
    let id = base64url::encode(&vector.bytes("credential_id"));
    let expected = json!({
        "id": id,
        "rawId": id,
        "type": "public-key",
        "authenticatorAttachment": "cross-platform",
        "clientExtensionResults": {},
        "response": {
            "clientDataJSON": base64url::encode(creation.client_data().json()),
            "attestationObject": base64url::encode(&vector.bytes("attestation_object")),
            "authenticatorData": base64url::encode(&standard_object().auth_data),
            "publicKey": base64url::encode(&vectors::spki("es256")[0].bytes("spki")),
            "publicKeyAlgorithm": -7,
            "transports": ["usb"],
        },
    });
    assert_eq!(serde_json::from_str::<Value>(&response.to_json()).unwrap(), expected);
}

#[test]
fn a_key_gets_what_it_needs_to_know() {
    let long = "ä".repeat(40);
    let mut options = options();
    options["user"]["name"] = json!(long);
    options["user"]["displayName"] = json!("");
    options["excludeCredentials"] = json!([
        { "type": "public-key", "id": "MTIz", "transports": ["usb"] },
        { "type": "public-key", "id": base64url::encode(&[1; 65]) },
    ]);
    let creation = creation(&options);
    let sent = creation.for_key(&Info { max_credential_id_length: Some(64), ..key() }).unwrap();
    assert_eq!(sent.client_data_hash, *creation.client_data().hash());
    assert_eq!(sent.rp.id.as_str(), "example.org");
    assert_eq!((sent.user.name, sent.user.display_name), (Some("ä".repeat(32)), None));
    assert_eq!(sent.exclude, [Descriptor::public_key(b"123".as_slice())]);
    assert_eq!(sent.parameters, [CredentialParameters::public_key(Algorithm::ES256)]);
    assert_eq!(creation.options().user.name, long);
}

#[test]
fn a_passkey_is_made_where_it_is_wanted_and_possible() {
    let without = Info { options: [(option::RK, false)].into_iter().collect(), ..key() };
    for (wish, on_key, expected) in [
        ("required", key(), Ok(true)),
        ("preferred", key(), Ok(true)),
        ("discouraged", key(), Ok(false)),
        ("required", without.clone(), Err(Unfit::NoPasskeys)),
        ("preferred", without.clone(), Ok(false)),
        ("discouraged", without, Ok(false)),
    ] {
        let creation = creation_and("authenticatorSelection", json!({ "residentKey": wish }));
        assert_eq!(creation.for_key(&on_key).map(|sent| sent.passkey), expected, "{wish}");
    }
}

#[test]
fn cred_props_tells_what_was_made() {
    for (wish, expected) in [("preferred", true), ("discouraged", false)] {
        let mut options = options();
        options["authenticatorSelection"] = json!({ "residentKey": wish });
        options["extensions"] = json!({ "credProps": true });
        let response = finish(&creation(&options), &reply(standard_object())).unwrap();
        let response: Value = serde_json::from_str(&response.to_json()).unwrap();
        assert_eq!(response["clientExtensionResults"], json!({ "credProps": { "rk": expected } }), "{wish}");
    }
}

#[test]
fn a_key_that_cannot_is_no_candidate() {
    let other_algorithm = vec![CredentialParameters::public_key(Algorithm::EDDSA)];
    let enforced = |policy| json!({ "credentialProtectionPolicy": policy, "enforceCredentialProtectionPolicy": true });
    for (member, value, info, expected) in [
        ("authenticatorSelection", json!({ "authenticatorAttachment": "platform" }), key(), Some(Unfit::Attachment)),
        ("authenticatorSelection", json!({ "authenticatorAttachment": "cross-platform" }), key(), None),
        (
            "authenticatorSelection",
            json!({ "userVerification": "required" }),
            Info::default(),
            Some(Unfit::NoVerification),
        ),
        ("hints", json!([]), Info { algorithms: other_algorithm, ..key() }, Some(Unfit::NoAlgorithm)),
        ("extensions", enforced("userVerificationRequired"), key(), Some(Unfit::NoProtection)),
        ("extensions", enforced("userVerificationOptional"), key(), None),
        ("extensions", json!({ "credentialProtectionPolicy": "userVerificationRequired" }), key(), None),
    ] {
        assert_eq!(creation_and(member, value.clone()).for_key(&info).err(), expected, "{member} {value}");
    }
}

#[test]
fn cred_protect_goes_to_keys_that_know_it() {
    let creation = creation_and("extensions", json!({ "credentialProtectionPolicy": "userVerificationRequired" }));
    let knows = Info { extensions: vec!["credProtect".to_owned()], ..key() };
    let level = |info| creation.for_key(info).unwrap().extensions.cred_protect().unwrap();
    assert_eq!(level(&knows), Some(CredProtect::UserVerificationRequired));
    assert_eq!(level(&key()), None);
}

#[test]
fn attestation_formats_go_to_keys_that_list_theirs() {
    let lists = Info { attestation_formats: vec!["packed".to_owned()], ..key() };
    let none = creation(&options());
    let mut options = options();
    options["attestation"] = json!("direct");
    options["attestationFormats"] = json!(["tpm", "packed"]);
    let direct = creation(&options);
    for (case, creation, info, expected) in [
        ("none", &none, &lists, &["none"][..]),
        ("direct", &direct, &lists, &["tpm", "packed"]),
        ("none, older key", &none, &key(), &[]),
        ("direct, older key", &direct, &key(), &[]),
    ] {
        assert_eq!(creation.for_key(info).unwrap().attestation_formats, expected, "{case}");
    }
}

#[test]
fn a_statement_reaches_only_who_asked_for_it() {
    let packed = |certificates| {
        Statement::Packed(Packed { algorithm: Algorithm::ES256, signature: vec![0x30, 0], certificates })
    };
    let (vouched, own) = (packed(vec![vec![0x30, 0]]), packed(Vec::new()));
    let zero = Aaguid::default();
    let model = Aaguid([7; 16]);
    for (case, preference, aaguid, statement, expected) in [
        ("nobody asked", "none", model, &vouched, "none"),
        ("nobody asked, zero AAGUID", "none", zero, &vouched, "none"),
        ("self attestation that says nothing", "none", zero, &own, "packed"),
        ("self attestation of a known model", "none", model, &own, "none"),
        ("asked", "direct", model, &vouched, "packed"),
        ("asked, anonymised will do", "indirect", model, &vouched, "packed"),
        ("asked for the single key", "enterprise", model, &vouched, "packed"),
        ("asked for something unknown", "quantum", model, &vouched, "none"),
    ] {
        let mut reply = reply_with(|data| data.attested_credential.as_mut().unwrap().aaguid = aaguid);
        reply.statement = statement.clone();
        let response = finish(&creation_and("attestation", json!(preference)), &reply).unwrap();
        let object = &response.response().attestation_object;
        let object = AttestationObject::decode(object, Strictness::Canonical).unwrap();
        assert_eq!(object.statement.format(), expected, "{case}");
        assert_eq!(object.auth_data, reply.auth_data, "{case}: the AAGUID stays");
    }
}

#[test]
fn a_reply_to_another_question_is_refused() {
    let verified = json!({ "userVerification": "required" });
    let other_key = PublicKey::Ed25519([1; 32]);
    for (case, reply, expected) in [
        ("another site", reply_with(|data| data.rp_id_hash = [0; 32]), ReplyError::OtherRpId),
        ("nobody there", reply_with(|data| data.flags = Flags::USER_VERIFIED), ReplyError::NotPresent),
        ("nobody verified", reply_with(|_| ()), ReplyError::NotVerified),
        (
            "no credential",
            reply_with(|data| {
                data.flags = Flags::USER_PRESENT | Flags::USER_VERIFIED;
                data.attested_credential = None;
            }),
            ReplyError::NoNewCredential,
        ),
        (
            "another algorithm",
            reply_with(|data| {
                data.flags = Flags::USER_PRESENT | Flags::USER_VERIFIED;
                data.attested_credential.as_mut().unwrap().public_key = other_key;
            }),
            ReplyError::OtherAlgorithm,
        ),
        (
            "no id",
            reply_with(|data| {
                data.flags = Flags::USER_PRESENT | Flags::USER_VERIFIED;
                data.attested_credential.as_mut().unwrap().id = Vec::new().into();
            }),
            ReplyError::CredentialId,
        ),
        (
            "an id too long",
            reply_with(|data| {
                data.flags = Flags::USER_PRESENT | Flags::USER_VERIFIED;
                data.attested_credential.as_mut().unwrap().id = vec![1; 1024].into();
            }),
            ReplyError::CredentialId,
        ),
    ] {
        let creation = creation_and("authenticatorSelection", verified.clone());
        assert_eq!(finish(&creation, &reply), Err(expected), "{case}");
    }
    let mut cut = reply(standard_object());
    cut.auth_data.pop();
    assert!(matches!(finish(&creation(&options()), &cut), Err(ReplyError::AuthenticatorData(_))));
}

/// A key may sort its COSE_Key badly; the site still gets its bytes.
#[test]
fn bytes_of_a_sloppy_key_pass_unchanged() {
    let point = P256Point { x: [1; 32], y: [2; 32] };
    let sorted = reply_with(|data| data.attested_credential.as_mut().unwrap().public_key = PublicKey::Es256(point));
    let mut sloppy = sorted.auth_data.clone();
    // kty (01 02) and alg (03 26) change places behind the map's head.
    let head = sloppy.len() - 77;
    assert_eq!(sloppy[head..head + 5], [0xa5, 1, 2, 3, 0x26]);
    sloppy[head + 1..head + 5].copy_from_slice(&[3, 0x26, 1, 2]);
    let reply = Reply { auth_data: sloppy.clone(), ..sorted };
    let response = finish(&creation(&options()), &reply).unwrap();
    assert_eq!(response.response().authenticator_data, sloppy);
    assert!(response.response().attestation_object.ends_with(&sloppy));
}

#[test]
fn refusals_before_any_key() {
    let caller = || Caller::same_origin(Origin::parse("https://example.org").unwrap());
    let mut elsewhere = options();
    elsewhere["rp"]["id"] = json!("example.com");
    let error = Creation::new(caller(), &elsewhere.to_string()).unwrap_err();
    assert_eq!(error.dom_name().as_str(), "SecurityError");
    elsewhere["pubKeyCredParams"] = json!([{ "type": "private-key", "alg": -7 }]);
    let error = Creation::new(caller(), &elsewhere.to_string()).unwrap_err();
    assert_eq!(error.dom_name().as_str(), "SecurityError", "the RP ID comes first");
    elsewhere["rp"]["id"] = json!("example.org");
    let error = Creation::new(caller(), &elsewhere.to_string()).unwrap_err();
    assert_eq!(error.dom_name().as_str(), "NotSupportedError");
    let error = Creation::new(caller(), "{}").unwrap_err();
    assert_eq!(error.dom_name().as_str(), "TypeError");
}

proptest! {
    /// Bytes of the standard's authenticator data changed at will: an answer or a refusal, never a panic.
    #[test]
    fn no_reply_makes_a_panic(
        changes in prop::collection::vec((0_usize..200, any::<u8>()), 0..6),
        length in 0_usize..220,
    ) {
        let mut object = standard_object();
        for (place, byte) in changes {
            if let Some(place) = object.auth_data.get_mut(place) {
                *place = byte;
            }
        }
        object.auth_data.resize(length, 0);
        let reply = reply(object);
        if let Ok(response) = finish(&creation(&options()), &reply) {
            prop_assert_eq!(&response.response().authenticator_data, &reply.auth_data);
        }
    }
}
