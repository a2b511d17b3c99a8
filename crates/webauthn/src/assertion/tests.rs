use fob_ctap::Map;
use fob_ctap::entity::UserHandle;
use fob_ctap::get_info::option;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde_json::{Value, json};

use super::*;
use crate::{Origin, base64url, vectors};

/// The authentication none.ES256 of WebAuthn Level 3 §16.
fn vector() -> vectors::Vector {
    vectors::standard("none_es256", "authentication")
}

fn credential_id() -> Vec<u8> {
    vectors::standard("none_es256", "registration").bytes("credential_id")
}

fn assertion(allow: &[&[u8]], verification: &str) -> Assertion {
    let descriptor = |id: &&[u8]| json!({ "type": "public-key", "id": base64url::encode(id) });
    let options = json!({
        "challenge": base64url::encode(&vector().bytes("challenge")),
        "rpId": "example.org",
        "allowCredentials": allow.iter().map(descriptor).collect::<Vec<_>>(),
        "userVerification": verification,
    });
    let caller = Caller::same_origin(Origin::parse("https://example.org").unwrap());
    Assertion::new(caller, &options.to_string()).unwrap()
}

fn key() -> Info {
    Info { options: [(option::RK, true), (option::CLIENT_PIN, true)].into_iter().collect(), ..Info::default() }
}

fn reply(id: Option<&[u8]>, user: Option<UserEntity>) -> Reply {
    Reply {
        credential: id.map(Descriptor::public_key),
        auth_data: vector().bytes("authenticator_data"),
        signature: vector().bytes("signature"),
        user,
        number_of_credentials: None,
        user_selected: None,
        large_blob_key: None,
        unsigned_extension_outputs: Map::new(),
    }
}

fn user(handle: &[u8], name: Option<&str>) -> UserEntity {
    UserEntity { id: UserHandle::new(handle).unwrap(), name: name.map(str::to_owned), display_name: None }
}

fn finish(assertion: &Assertion, reply: &Reply) -> Result<Signed, ReplyError> {
    assertion.finish(&assertion.for_key(&key()).unwrap(), reply)
}

#[test]
fn the_standards_authentication_becomes_its_response() {
    let id = credential_id();
    let signed = finish(&assertion(&[&id], "preferred"), &reply(Some(&id), None)).unwrap();
    let id = base64url::encode(&id);
    let expected = json!({
        "id": id,
        "rawId": id,
        "type": "public-key",
        "authenticatorAttachment": "cross-platform",
        "clientExtensionResults": {},
        "response": {
            "clientDataJSON": base64url::encode(&vector().bytes("client_data_json")),
            "authenticatorData": base64url::encode(&vector().bytes("authenticator_data")),
            "signature": base64url::encode(&vector().bytes("signature")),
        },
    });
    assert_eq!(serde_json::from_str::<Value>(&signed.response.to_json()).unwrap(), expected);
    assert_eq!(signed.account, None);
}

#[test]
fn the_hash_for_the_key_is_what_the_standards_key_signed() {
    let id = credential_id();
    let sent = assertion(&[&id], "preferred").for_key(&key()).unwrap();
    let signed = [vector().bytes("authenticator_data"), sent.client_data_hash.to_vec()].concat();
    let point = &vectors::spki("es256")[0];
    let public = [&[4], point.bytes("x").as_slice(), &point.bytes("y")].concat();
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, public);
    public.verify(&signed, &vector().bytes("signature")).unwrap();
}

#[test]
fn several_passkeys_are_several_accounts() {
    let assertion = assertion(&[], "preferred");
    let sent = assertion.for_key(&key()).unwrap();
    assert!(sent.allow.is_empty());
    let replies = [reply(Some(b"one"), Some(user(b"1", Some("ada")))), reply(Some(b"two"), Some(user(b"2", None)))];
    let signed = assertion.finish_all(&sent, &replies).unwrap();
    let names: Vec<_> = signed.iter().map(|signed| signed.account.as_ref().unwrap().name.as_deref()).collect();
    assert_eq!(names, [Some("ada"), None]);
    let handles: Vec<_> = signed.iter().map(|signed| signed.response.response().user_handle.as_deref()).collect();
    assert_eq!(handles, [Some(b"1".as_slice()), Some(b"2")]);
    let json: Value = serde_json::from_str(&signed[1].response.to_json()).unwrap();
    assert_eq!((&json["id"], &json["response"]["userHandle"]), (&json!("dHdv"), &json!("Mg")));
}

#[test]
fn a_reply_to_another_question_is_refused() {
    let other_site = Reply { auth_data: vec![0; 37], ..reply(Some(b"one"), None) };
    let mut absent = reply(Some(b"one"), None);
    absent.auth_data[32] = 0;
    let cut = Reply { auth_data: vec![0; 36], ..reply(Some(b"one"), None) };
    for (case, allow, verification, reply, expected) in [
        ("another site", &[b"one".as_slice()][..], "preferred", other_site, ReplyError::OtherRpId),
        ("nobody there", &[b"one"], "preferred", absent, ReplyError::NotPresent),
        ("nobody verified", &[b"one"], "required", reply(Some(b"one"), None), ReplyError::NotVerified),
        ("not of the list", &[b"one"], "preferred", reply(Some(b"two"), None), ReplyError::OtherCredential),
        ("which of the list", &[b"one", b"two"], "preferred", reply(None, None), ReplyError::OtherCredential),
        ("which passkey", &[], "preferred", reply(None, Some(user(b"1", None))), ReplyError::OtherCredential),
        ("whose passkey", &[], "preferred", reply(Some(b"one"), None), ReplyError::NoUserHandle),
        ("empty handle", &[], "preferred", reply(Some(b"one"), Some(user(b"", None))), ReplyError::NoUserHandle),
        ("empty id", &[], "preferred", reply(Some(b""), Some(user(b"1", None))), ReplyError::CredentialId),
    ] {
        assert_eq!(finish(&assertion(allow, verification), &reply), Err(expected), "{case}");
    }
    let error = finish(&assertion(&[b"one"], "preferred"), &cut).unwrap_err();
    assert!(matches!(error, ReplyError::AuthenticatorData(_)));
}

/// CTAP 2.0 §5.2: a key may leave the credential out where the list had one.
#[test]
fn the_only_credential_of_a_list_need_not_be_named() {
    let signed = finish(&assertion(&[b"one"], "preferred"), &reply(None, None)).unwrap();
    let json: Value = serde_json::from_str(&signed.response.to_json()).unwrap();
    assert_eq!(json["id"], json!("b25l"));
}

#[test]
fn a_key_that_cannot_is_no_candidate() {
    let no_passkeys = Info { options: [(option::RK, false)].into_iter().collect(), ..key() };
    let short_ids = Info { max_credential_id_length: Some(2), ..key() };
    for (case, allow, verification, info, expected) in [
        ("any passkey", &[][..], "preferred", key(), None),
        ("no passkeys", &[], "preferred", no_passkeys.clone(), Some(Unfit::NoPasskeys)),
        ("no passkeys, but a list", &[b"one".as_slice()], "preferred", no_passkeys.clone(), None),
        ("longer ids than its own", &[b"one"], "preferred", short_ids, Some(Unfit::NoCredential)),
        ("cannot verify", &[b"one"], "required", no_passkeys, Some(Unfit::NoVerification)),
    ] {
        assert_eq!(assertion(allow, verification).for_key(&info).err(), expected, "{case}");
    }
}

/// Else a site that lists only passwords would be signed in to with any passkey.
#[test]
fn a_list_without_known_credentials_does_not_mean_any_passkey() {
    let options = json!({ "challenge": "AA", "allowCredentials": [{ "type": "password", "id": "MTIz" }] });
    let caller = Caller::same_origin(Origin::parse("https://example.org").unwrap());
    let assertion = Assertion::new(caller, &options.to_string()).unwrap();
    assert_eq!(assertion.for_key(&key()).err(), Some(Unfit::NoCredential));
}

#[test]
fn a_framed_site_signs_under_its_own_rp_id_and_names_the_page_on_top() {
    let origin = |text| Origin::parse(text).unwrap();
    let caller = Caller::cross_origin(origin("https://pay.example.org"), origin("https://shop.example"));
    let assertion = Assertion::new(caller, r#"{"challenge":"AA","rpId":"example.org"}"#).unwrap();
    assert_eq!(assertion.rp_id().as_str(), "example.org");
    let json: Value = serde_json::from_slice(assertion.client_data().json()).unwrap();
    assert_eq!((&json["crossOrigin"], &json["topOrigin"]), (&json!(true), &json!("https://shop.example")));
}
