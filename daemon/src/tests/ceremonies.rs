//! Ceremonies through the door: with one key and with several, touched and not, with and without a PIN, to their end
//! and cut short.

use std::sync::atomic::Ordering;

use fob_bus::proxy::Key1Proxy;
use fob_bus::types::{CeremonyOptions, SetPinOptions, request_state};
use fob_bus::{CallError, ErrorKind, names};
use futures_util::StreamExt;
use serde_json::{Value, json};
use zbus::fdo::ObjectManagerProxy;

use super::house::{House, Visit, piped};
use super::running::Running;
use super::softkey::{Softkey, Touch};

pub(super) const ORIGIN: &str = "https://example.org";
/// authenticatorMakeCredential, GetAssertion and Selection (CTAP 2.3 §6.1, §6.2, §6.9).
pub(super) const MAKE_CREDENTIAL: u8 = 0x01;
pub(super) const GET_ASSERTION: u8 = 0x02;
const SELECTION: u8 = 0x0b;

pub(super) fn creation(user_verification: &str) -> String {
    json!({
        "rp": { "id": "example.org", "name": "Example" },
        "user": { "id": "YWRh", "name": "ada", "displayName": "Ada" },
        "challenge": "AAECAwQFBgcICQoLDA0ODw",
        "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }],
        "authenticatorSelection": { "residentKey": "discouraged", "userVerification": user_verification },
    })
    .to_string()
}

pub(super) fn assertion(credential: &str) -> String {
    json!({
        "rpId": "example.org",
        "challenge": "AAECAwQFBgcICQoLDA0ODw",
        "allowCredentials": [{ "type": "public-key", "id": credential }],
        "userVerification": "discouraged",
    })
    .to_string()
}

pub(super) enum Do<'a> {
    Create(&'a str),
    Get(&'a str),
}

impl<'a> Running<'a> {
    pub(super) async fn begin(visit: &'a Visit, token: &str, what: Do<'_>) -> Result<Self, CallError> {
        Self::begin_with(visit, token, what, CeremonyOptions::default()).await
    }

    pub(super) async fn begin_with(
        visit: &'a Visit,
        token: &str,
        what: Do<'_>,
        options: CeremonyOptions,
    ) -> Result<Self, CallError> {
        let running = Self::awaited(visit, token).await;
        let webauthn = visit.webauthn().await;
        let with = |json: String| CeremonyOptions { handle_token: token.into(), request_json: json, ..options };
        let given = match what {
            Do::Create(verification) => {
                webauthn.create_credential("", ORIGIN, "publicKey", with(creation(verification))).await?
            }
            Do::Get(credential) => {
                webauthn.get_credential("", ORIGIN, "publicKey", with(assertion(credential))).await?
            }
        };
        assert_eq!(given.as_str(), running.request.inner().path().as_str());
        Ok(running)
    }

    pub(super) async fn response(&mut self) -> Value {
        let outcome = self.outcome().await;
        let response = outcome.response_json.unwrap_or_else(|| panic!("{:?}", outcome.message));
        serde_json::from_str(&response).unwrap()
    }
}

pub(super) async fn attach(visit: &Visit, key: &Softkey) -> String {
    visit.manager().await.attach_key(key.path()).await.unwrap()
}

pub(super) async fn register(visit: &Visit, token: &str) -> String {
    let mut running = Running::begin(visit, token, Do::Create("discouraged")).await.unwrap();
    running.response().await["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_key_is_registered_and_signs_in() {
    let house = House::build();
    let visit = house.companion().await;
    let key = Softkey::start(&house.path("key"), Touch::AtOnce);
    attach(&visit, &key).await;
    let credential = register(&visit, "first").await;
    let mut running = Running::begin(&visit, "second", Do::Get(&credential)).await.unwrap();
    let response = running.response().await;
    assert_eq!(response["id"], credential);
    // {"type":"webauthn.get", …}: base64url of what §5.8.1.1 puts first.
    let client_data = response["response"]["clientDataJSON"].as_str().unwrap();
    assert!(client_data.starts_with("eyJ0eXBlIjoid2ViYXV0aG4uZ2V0Ii"), "{client_data}");
}

#[tokio::test]
async fn what_webauthn_refuses_is_refused_before_a_key_is_asked() {
    let house = House::build();
    let visit = house.companion().await;
    let webauthn = visit.webauthn().await;
    let options = |json: &str, token: &str| CeremonyOptions {
        handle_token: token.into(),
        request_json: json.into(),
        ..CeremonyOptions::default()
    };
    let good = creation("preferred");
    let vaults = good.replace("example.org", "vault.fob.invalid");
    let theirs = assertion("AAAA").replace("example.org", "vault.fob.invalid");
    for (case, origin, kind, options, expected) in [
        ("a foreign origin", "https://evil.example", "publicKey", options(&good, "t"), ErrorKind::SecurityError),
        ("a page without TLS", "http://example.org", "publicKey", options(&good, "t"), ErrorKind::SecurityError),
        ("a password", ORIGIN, "password", options(&good, "t"), ErrorKind::NotSupportedError),
        ("the vault's RP ID", ORIGIN, "publicKey", options(&vaults, "t"), ErrorKind::SecurityError),
        ("from below", "https://x.vault.fob.invalid", "publicKey", options(&vaults, "t"), ErrorKind::SecurityError),
        ("no JSON", ORIGIN, "publicKey", options("{", "t"), ErrorKind::TypeError),
        ("no token", ORIGIN, "publicKey", options(&good, "a/b"), ErrorKind::InvalidInput),
    ] {
        let refused = webauthn.create_credential("", origin, kind, options).await.unwrap_err();
        assert_eq!(refused.kind, expected, "{case}");
    }
    for origin in [ORIGIN, "https://vault.fob.invalid"] {
        let refused = webauthn.get_credential("", origin, "publicKey", options(&theirs, "t")).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::SecurityError, "nobody signs in with what opens the vault");
    }
    let named = CeremonyOptions { key: Some("00000000".into()), ..options(&good, "t") };
    let refused = webauthn.create_credential("", ORIGIN, "publicKey", named).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::UnknownKey);
}

#[tokio::test]
async fn a_request_that_is_cancelled_sends_cancel_to_the_key() {
    let house = House::build();
    let visit = house.companion().await;
    let key = Softkey::start(&house.path("key"), Touch::Never);
    attach(&visit, &key).await;
    let mut running = Running::begin(&visit, "t", Do::Create("discouraged")).await.unwrap();
    running.reach(request_state::TOUCH).await;
    running.request.cancel().await.unwrap();
    let outcome = running.outcome().await;
    assert_eq!(outcome.error.as_deref(), Some("AbortError"));
    assert_eq!(key.seen.cancels.load(Ordering::SeqCst), 1);
    // It is over: the object is gone, and the next request is served.
    running.reach_end().await;
    assert!(running.request.cancel().await.is_err());
}

#[tokio::test]
async fn a_request_dies_with_its_caller_and_the_key_goes_dark() {
    let house = House::build();
    let stays = house.companion().await;
    let leaves = house.companion().await;
    let key = Softkey::start(&house.path("key"), Touch::Never);
    attach(&stays, &key).await;
    let mut running = Running::begin(&leaves, "t", Do::Create("discouraged")).await.unwrap();
    running.reach(request_state::TOUCH).await;
    leaves.client.clone().close().await.unwrap();
    while !house.daemon.desk.is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(key.seen.cancels.load(Ordering::SeqCst), 1);
    assert!(!key.seen.blinking.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_pin_is_asked_for_wrong_and_right() {
    let house = House::build();
    let visit = house.companion().await;
    let key = Softkey::start(&house.path("key"), Touch::AtOnce);
    let id = attach(&visit, &key).await;
    let object = Key1Proxy::new(&visit.client, format!("{}/{id}", names::KEYS)).await.unwrap();
    assert_eq!(object.info().await.unwrap().pin_set, Some(false));
    object.set_pin(piped("1234").into(), SetPinOptions::default()).await.unwrap();
    let info = object.info().await.unwrap();
    assert_eq!((info.pin_set, info.pin_retries), (Some(true), Some(8)));

    let mut running = Running::begin(&visit, "t", Do::Create("required")).await.unwrap();
    let asked = running.reach(request_state::PIN).await;
    assert_eq!((asked.retries, asked.wrong, asked.key.as_ref()), (Some(8), Some(false), Some(&id)));
    running.request.provide_pin(piped("4321").into()).await.unwrap();
    let asked = running.reach(request_state::PIN).await;
    assert_eq!((asked.retries, asked.wrong), (Some(7), Some(true)));
    running.request.provide_pin(piped("1234").into()).await.unwrap();
    assert!(running.response().await["id"].is_string());
}

#[tokio::test]
async fn a_pin_that_came_with_the_call_is_tried_once() {
    let house = House::build();
    let visit = house.companion().await;
    let key = Softkey::start(&house.path("key"), Touch::AtOnce);
    let id = attach(&visit, &key).await;
    let object = Key1Proxy::new(&visit.client, format!("{}/{id}", names::KEYS)).await.unwrap();
    object.set_pin(piped("1234").into(), SetPinOptions::default()).await.unwrap();
    let options = |pin: &str| CeremonyOptions { pin: Some(piped(pin).into()), ..CeremonyOptions::default() };
    let mut wrong = Running::begin_with(&visit, "t1", Do::Create("required"), options("0000")).await.unwrap();
    let outcome = wrong.outcome().await;
    assert_eq!(outcome.cause.as_deref(), Some(ErrorKind::PinInvalid.name()));
    assert_eq!((outcome.error.as_deref(), outcome.retries), (Some("NotAllowedError"), Some(7)));
    let mut right = Running::begin_with(&visit, "t2", Do::Create("required"), options("1234")).await.unwrap();
    assert!(right.response().await["id"].is_string());
    assert_eq!(object.info().await.unwrap().pin_retries, Some(8));
}

#[tokio::test]
async fn a_pin_that_nobody_asked_for_is_not_taken() {
    let house = House::build();
    let visit = house.companion().await;
    let running = Running::begin(&visit, "t", Do::Create("discouraged")).await.unwrap();
    let refused = running.request.provide_pin(piped("1234").into()).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::InvalidInput);
}

#[tokio::test]
async fn a_request_without_a_key_waits_for_one() {
    let house = House::build();
    let visit = house.companion().await;
    let mut running = Running::begin(&visit, "t", Do::Create("discouraged")).await.unwrap();
    running.reach(request_state::INSERT).await;
    let key = Softkey::start(&house.path("key"), Touch::AtOnce);
    attach(&visit, &key).await;
    assert!(running.response().await["id"].is_string());
}

#[tokio::test]
async fn of_three_keys_the_one_that_knows_the_credential_is_used_and_no_other_blinks() {
    let house = House::build();
    let visit = house.companion().await;
    let keys = ["a", "b", "c"].map(|name| Softkey::start(&house.path(name), Touch::AtOnce));
    attach(&visit, &keys[1]).await;
    let credential = register(&visit, "t1").await;
    attach(&visit, &keys[0]).await;
    attach(&visit, &keys[2]).await;
    let mut running = Running::begin(&visit, "t2", Do::Get(&credential)).await.unwrap();
    assert_eq!(running.response().await["id"], credential);
    let commands = |key: &Softkey| key.seen.commands.lock().unwrap().clone();
    for key in &keys {
        assert!(!commands(key).contains(&SELECTION), "nobody had to choose");
    }
    // The silent question and, on the right key, the real one.
    let asked = |key: &Softkey| commands(key).iter().filter(|command| **command == GET_ASSERTION).count();
    assert_eq!(keys.each_ref().map(asked), [1, 2, 1]);
}

#[tokio::test]
async fn of_two_keys_the_one_that_is_touched_is_used_and_the_other_is_cancelled() {
    let house = House::build();
    let visit = house.companion().await;
    let patient = Softkey::start(&house.path("patient"), Touch::Never);
    let touched = Softkey::start(&house.path("touched"), Touch::With(patient.seen.clone()));
    attach(&visit, &patient).await;
    attach(&visit, &touched).await;
    let mut running = Running::begin(&visit, "t", Do::Create("discouraged")).await.unwrap();
    // It is chosen by its touch, and wants another one for the credential: then the first key is dark.
    running.reach(request_state::TOUCH).await;
    assert_eq!(patient.seen.cancels.load(Ordering::SeqCst), 1);
    // The first time is the choice: authenticatorSelection, or for a key of CTAP 2.0 a credential for nobody (§6.1.2).
    let blinked = |key: &Softkey| {
        let commands = key.seen.commands.lock().unwrap();
        commands.iter().filter(|command| [MAKE_CREDENTIAL, SELECTION].contains(command)).count()
    };
    assert_eq!((blinked(&patient), blinked(&touched)), (1, 2));
    assert!(running.response().await["id"].is_string());
}

#[tokio::test]
async fn a_key_that_is_pulled_out_ends_the_request_with_its_own_word() {
    let house = House::build();
    let visit = house.companion().await;
    let mut key = Softkey::start(&house.path("key"), Touch::Never);
    attach(&visit, &key).await;
    let mut running = Running::begin(&visit, "t", Do::Create("discouraged")).await.unwrap();
    running.reach(request_state::TOUCH).await;
    tokio::task::spawn_blocking(move || key.pull()).await.unwrap();
    let outcome = running.outcome().await;
    assert_eq!(outcome.cause.as_deref(), Some(ErrorKind::KeyRemoved.name()));
    assert_eq!(outcome.error.as_deref(), Some("NotAllowedError"));
}

#[tokio::test]
async fn a_caller_has_two_requests_and_waits_for_its_turn() {
    let house = House::build();
    let visit = house.companion().await;
    let key = Softkey::start(&house.path("key"), Touch::Never);
    attach(&visit, &key).await;
    let mut first = Running::begin(&visit, "t1", Do::Create("discouraged")).await.unwrap();
    first.reach(request_state::TOUCH).await;
    let again = Running::begin(&visit, "t1", Do::Create("discouraged")).await.err().unwrap();
    assert_eq!(again.kind, ErrorKind::InvalidInput, "the token is taken");
    let mut second = Running::begin(&visit, "t2", Do::Create("discouraged")).await.unwrap();
    let third = Running::begin(&visit, "t3", Do::Create("discouraged")).await.err().unwrap();
    assert_eq!(third.kind, ErrorKind::TooManyRequests);
    first.request.cancel().await.unwrap();
    second.reach(request_state::TOUCH).await;
    second.request.cancel().await.unwrap();
    assert_eq!(second.outcome().await.error.as_deref(), Some("AbortError"));
}

#[tokio::test]
async fn keys_come_and_go_on_every_connection() {
    let house = House::build();
    let (visit, other) = (house.companion().await, house.companion().await);
    let manager = ObjectManagerProxy::new(&other.client, "dev.fob.Fob1", names::ROOT).await.unwrap();
    let mut added = manager.receive_interfaces_added().await.unwrap();
    let mut removed = manager.receive_interfaces_removed().await.unwrap();
    let key = Softkey::start(&house.path("key"), Touch::AtOnce);
    let id = attach(&visit, &key).await;
    assert_eq!(attach(&visit, &key).await, id, "attached twice it is the same key");
    let path = format!("{}/{id}", names::KEYS);
    let news = added.next().await.unwrap();
    let news = news.args().unwrap();
    assert_eq!(news.object_path.as_str(), path);
    assert!(news.interfaces_and_properties.contains_key(names::KEY_INTERFACE));
    assert!(manager.get_managed_objects().await.unwrap().keys().any(|object| object.as_str() == path));
    visit.manager().await.detach_key(&id).await.unwrap();
    assert_eq!(removed.next().await.unwrap().args().unwrap().object_path.as_str(), path);
    let object = Key1Proxy::new(&visit.client, path).await.unwrap();
    assert!(object.info().await.is_err());
}

#[tokio::test]
async fn only_a_key_on_an_own_socket_is_attached() {
    let house = House::build();
    let visit = house.companion().await;
    let manager = visit.manager().await;
    std::fs::write(house.path("file"), "").unwrap();
    let stream = std::os::unix::net::UnixListener::bind(house.path("stream")).unwrap();
    let path = |name: &str| house.path(name).to_str().unwrap().to_owned();
    for (case, path, expected) in [
        ("a relative path", "key".to_owned(), ErrorKind::InvalidInput),
        ("nothing", path("nothing"), ErrorKind::InvalidInput),
        ("a file", path("file"), ErrorKind::InvalidInput),
        ("a socket of another kind", path("stream"), ErrorKind::KeyRemoved),
    ] {
        assert_eq!(manager.attach_key(&path).await.unwrap_err().kind, expected, "{case}");
    }
    drop(stream);
    assert_eq!(manager.status().await.unwrap().keys, 0);
}
