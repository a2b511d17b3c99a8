//! Security keys for programs that are none of the household's: nothing blinks before the person has said yes, they see no
//! PIN, and what takes the leave back ends what it let through.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use fob_asking::{Choice, Want, What};
use fob_bus::proxy::Key1Proxy;
use fob_bus::types::{AllowOptions, CeremonyOptions, SetPinOptions, request_state};
use fob_bus::{ErrorKind, names};

use super::ceremonies::{Do, ORIGIN, attach, creation, register};
use super::consent::{BROWSER, list_programs, program};
use super::house::{House, Visit, piped};
use super::running::Running;
use super::scripted::{Does, Person};
use super::softkey::{Softkey, Touch};

/// authenticatorGetInfo (CTAP 2.3 §6.4), which every session begins with.
const GET_INFO: u8 = 0x04;

async fn house(person: &Arc<Person>, touch: Touch) -> (House, Visit, Softkey, String) {
    let house = House::build().with_prompter(person.clone());
    list_programs(&house);
    let companion = house.unlocked().await;
    let key = Softkey::start(&house.path("key"), touch);
    let id = attach(&companion, &key).await;
    (house, companion, key, id)
}

fn commands(key: &Softkey) -> usize {
    key.seen.commands.lock().unwrap().len()
}

#[tokio::test]
async fn nothing_blinks_before_the_person_has_said_yes() {
    let person = Person::who([Does::Hesitates]);
    let (house, _companion, key, _) = house(&person, Touch::AtOnce).await;
    let browser = program(&house, BROWSER).await;
    let before = commands(&key);
    let mut running = Running::begin(&browser, "t", Do::Create("discouraged")).await.unwrap();
    running.reach(request_state::CONSENT).await;
    person.was_asked(1).await;
    assert_eq!((commands(&key), key.seen.blinking.load(Ordering::SeqCst)), (before, false));
    let question = &person.asked()[0];
    let user = "ada".to_owned();
    let (rp_id, origin) = ("example.org".to_owned(), ORIGIN.to_owned());
    assert_eq!(question.what, What::Create { rp_id, origin, top_origin: None, user });
    assert_eq!((question.asker.name.as_str(), question.asker.door.as_str()), ("Browser", "socket"));
    // Taken back, it goes, and the key has never heard of it.
    running.request.cancel().await.unwrap();
    assert_eq!(running.outcome().await.error.as_deref(), Some("AbortError"));
    person.sees_nothing().await;
    assert_eq!(commands(&key), before);
}

#[tokio::test]
async fn a_yes_is_followed_by_a_touch_and_is_shown_while_the_key_waits_for_it() {
    let person = Person::then([Does::Says(Choice::Once)], Does::Says(Choice::UntilLock));
    let (house, _companion, key, _) = house(&person, Touch::Never).await;
    let browser = program(&house, BROWSER).await;
    let mut running = Running::begin(&browser, "t", Do::Create("discouraged")).await.unwrap();
    running.reach(request_state::TOUCH).await;
    while person.notices.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    running.request.cancel().await.unwrap();
    running.outcome().await;
    while person.notices.load(Ordering::SeqCst) > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(key.seen.cancels.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn signing_in_is_asked_about_once_if_the_person_says_so_and_for_this_site_only() {
    let person = Person::then([], Does::Says(Choice::UntilLock));
    let (house, companion, _key, _) = house(&person, Touch::AtOnce).await;
    let browser = program(&house, BROWSER).await;
    let credential = register(&browser, "t0").await;
    assert_eq!(person.asked().len(), 1, "making a credential");
    for token in ["t1", "t2"] {
        let mut running = Running::begin(&browser, token, Do::Get(&credential)).await.unwrap();
        assert_eq!(running.response().await["id"], credential);
        running.reach_end().await;
    }
    assert_eq!(person.asked().len(), 2, "signing in is another thing than making a credential");
    let grants = companion.policy().await.grants().await.unwrap();
    let mut shown: Vec<_> = grants.iter().map(|grant| (grant.kind.as_str(), grant.site.as_deref())).collect();
    shown.sort_unstable();
    assert_eq!(shown, [("create", Some("example.org")), ("sign", Some("example.org"))]);
    assert!(grants.iter().all(|grant| grant.program == BROWSER && grant.tier == "installed"));
}

#[tokio::test]
async fn a_no_and_a_key_without_the_credential_look_alike() {
    let person = Person::who([Does::Refuses, Does::Says(Choice::Once)]);
    let (house, companion, _key, _) = house(&person, Touch::AtOnce).await;
    let browser = program(&house, BROWSER).await;
    let mut told = Vec::new();
    for token in ["t1", "t2"] {
        let mut running = Running::begin(&browser, token, Do::Get("AAECAwQFBgcICQoLDA0ODw")).await.unwrap();
        let outcome = running.outcome().await;
        running.reach_end().await;
        assert_eq!(outcome.error.as_deref(), Some("NotAllowedError"));
        told.push((outcome.error, outcome.cause, outcome.message, outcome.retries));
    }
    assert_eq!(told[0], told[1]);
    // Whoever shows its person what happens is told.
    let mut running = Running::begin(&companion, "t3", Do::Get("AAECAwQFBgcICQoLDA0ODw")).await.unwrap();
    assert_ne!(running.outcome().await.cause, told[0].1);
}

#[tokio::test]
async fn a_grant_that_is_taken_back_ends_what_it_let_through() {
    for lock in [false, true] {
        let person = Person::who([Does::Says(Choice::UntilLock)]);
        let (house, companion, key, _) = house(&person, Touch::Never).await;
        let browser = program(&house, BROWSER).await;
        let mut running = Running::begin(&browser, "t", Do::Create("discouraged")).await.unwrap();
        running.reach(request_state::TOUCH).await;
        if lock {
            companion.manager().await.lock().await.unwrap();
        } else {
            let policy = companion.policy().await;
            let id = policy.grants().await.unwrap().remove(0).id;
            assert_eq!(policy.revoke(vec![id]).await.unwrap(), 1);
        }
        assert_eq!(running.outcome().await.error.as_deref(), Some("NotAllowedError"));
        assert_eq!(key.seen.cancels.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_program_names_the_origins_that_are_listed_for_it_and_no_others() {
    let person = Person::who([]);
    let (house, companion, _key, _) = house(&person, Touch::AtOnce).await;
    let site = program(&house, "/opt/site").await;
    let options = |token: &str| CeremonyOptions {
        handle_token: token.into(),
        request_json: creation("discouraged").replace("example.org", "other.example"),
        ..CeremonyOptions::default()
    };
    let webauthn = site.webauthn().await;
    let refused = webauthn.create_credential("", "https://other.example", "publicKey", options("t")).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Denied);
    assert!(refused.message.contains("fob client allow"), "{}", refused.message);
    let stranger = house.stranger().await;
    let webauthn = stranger.webauthn().await;
    let refused = webauthn.create_credential("", "https://other.example", "publicKey", options("t")).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Denied);
    assert!(person.asked().is_empty());
    // A no that needs no question is in the log as well.
    let log = companion.policy().await.log(Default::default()).await.unwrap();
    assert_eq!(log.iter().filter(|entry| entry.result == "refused").count(), 2, "{log:?}");
}

#[tokio::test]
async fn a_pin_goes_from_the_person_to_the_key_and_no_program_sees_it() {
    let person = Person::who([Does::Says(Choice::Once), Does::Types(vec!["1", "4321"]), Does::Types(vec!["1234"])]);
    let (house, companion, _key, id) = house(&person, Touch::AtOnce).await;
    let object = Key1Proxy::new(&companion.client, format!("{}/{id}", names::KEYS)).await.unwrap();
    object.set_pin(piped("1234").into(), SetPinOptions::default()).await.unwrap();
    let browser = program(&house, BROWSER).await;
    let passed = CeremonyOptions { pin: Some(piped("1234").into()), ..CeremonyOptions::default() };
    let refused = Running::begin_with(&browser, "t0", Do::Create("required"), passed).await.err().unwrap();
    assert_eq!(refused.kind, ErrorKind::Denied);

    let mut running = Running::begin(&browser, "t", Do::Create("required")).await.unwrap();
    assert!(running.response().await["id"].is_string());
    let asked = person.asked();
    let wants: Vec<_> = asked.iter().map(|question| question.want.clone()).collect();
    let pin = |retries, wrong| Some(Want::Pin { retries, wrong });
    assert_eq!(wants, [None, pin(8, false), pin(7, true)]);
    assert!(asked[1].choices.is_empty());
    assert!(matches!(&asked[1].what, What::Pin { rp_id, .. } if rp_id == "example.org"));
    assert_eq!(person.words.lock().unwrap().len(), 1, "one digit is no PIN, and the key was not asked");
}

#[tokio::test]
async fn a_program_gives_no_pin_in_the_persons_place() {
    let person = Person::who([Does::Says(Choice::Once), Does::Hesitates]);
    let (house, companion, _key, id) = house(&person, Touch::AtOnce).await;
    let object = Key1Proxy::new(&companion.client, format!("{}/{id}", names::KEYS)).await.unwrap();
    object.set_pin(piped("1234").into(), SetPinOptions::default()).await.unwrap();
    let browser = program(&house, BROWSER).await;
    let mut running = Running::begin(&browser, "t", Do::Create("required")).await.unwrap();
    running.reach(request_state::PIN).await;
    let refused = running.request.provide_pin(piped("1234").into()).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Denied);
    running.request.cancel().await.unwrap();
    assert_eq!(running.outcome().await.error.as_deref(), Some("AbortError"));
    person.sees_nothing().await;
}

#[tokio::test]
async fn who_is_asked_for_a_pin_may_say_no() {
    let person = Person::who([Does::Says(Choice::Once), Does::Refuses]);
    let (house, companion, _key, id) = house(&person, Touch::AtOnce).await;
    let object = Key1Proxy::new(&companion.client, format!("{}/{id}", names::KEYS)).await.unwrap();
    object.set_pin(piped("1234").into(), SetPinOptions::default()).await.unwrap();
    let browser = program(&house, BROWSER).await;
    let mut running = Running::begin(&browser, "t", Do::Create("required")).await.unwrap();
    assert_eq!(running.outcome().await.error.as_deref(), Some("NotAllowedError"));
    assert_eq!(object.info().await.unwrap().pin_retries, Some(8));
}

#[tokio::test]
async fn looking_after_a_key_is_asked_about_before_the_key_is() {
    let person = Person::who([Does::Refuses, Does::Says(Choice::Once), Does::Says(Choice::Once), Does::Refuses]);
    let (house, companion, key, id) = house(&person, Touch::AtOnce).await;
    let stranger = house.stranger().await;
    let object = Key1Proxy::new(&stranger.client, format!("{}/{id}", names::KEYS)).await.unwrap();
    let before = commands(&key);
    assert_eq!(object.info().await.unwrap_err().kind, ErrorKind::Denied);
    assert_eq!(commands(&key), before);
    assert_eq!(object.info().await.unwrap().pin_set, Some(false));
    assert_eq!(key.seen.commands.lock().unwrap().last(), Some(&GET_INFO));
    object.set_pin(piped("1234").into(), SetPinOptions::default()).await.unwrap();
    let doing: Vec<_> = person.asked().into_iter().map(|question| question.what).collect();
    assert!(matches!(&doing[2], What::KeyCare { doing, .. } if doing == "set its PIN"), "{doing:?}");
    // Nor does a key come to fob, or go, without a word.
    assert_eq!(stranger.manager().await.detach_key(&id).await.unwrap_err().kind, ErrorKind::Denied);
    assert_eq!(companion.manager().await.status().await.unwrap().keys, 1);
    assert_eq!(person.asked().len(), 4);
}

/// A yes to reading what a key tells about itself once stood for changing its PIN, and for every other key.
#[tokio::test]
async fn whoever_may_look_into_a_key_may_not_therefore_change_its_pin_or_look_into_another() {
    let until_lock = || Does::Says(Choice::UntilLock);
    let person = Person::who([until_lock(), Does::Says(Choice::Once), Does::Says(Choice::Once), until_lock()]);
    let (house, companion, _key, id) = house(&person, Touch::AtOnce).await;
    let other = Softkey::start(&house.path("other"), Touch::AtOnce);
    let other_id = attach(&companion, &other).await;
    let browser = program(&house, BROWSER).await;
    let key = Key1Proxy::new(&browser.client, format!("{}/{id}", names::KEYS)).await.unwrap();
    key.info().await.unwrap();
    key.info().await.unwrap();
    assert_eq!(person.asked().len(), 1);
    key.set_pin(piped("1234").into(), SetPinOptions::default()).await.unwrap();
    let change = || SetPinOptions { current: Some(piped("1234").into()) };
    key.set_pin(piped("4321").into(), change()).await.unwrap();
    let asked = person.asked();
    assert_eq!(asked.len(), 3, "each time");
    assert!(asked[1..].iter().all(|question| question.choices == [Choice::Once]), "{asked:?}");
    let another = Key1Proxy::new(&browser.client, format!("{}/{other_id}", names::KEYS)).await.unwrap();
    another.info().await.unwrap();
    assert_eq!(person.asked().len(), 4);
}

/// A yes for once rests on no grant, so nothing was there to be taken back, and the key went on blinking.
#[tokio::test]
async fn a_program_that_is_forgotten_signs_nothing_more() {
    const PROGRAM: &str = "/usr/bin/dbus-daemon";
    let person = Person::who([Does::Says(Choice::Always), Does::Says(Choice::Once)]);
    let (house, companion, key, _) = house(&person, Touch::Never).await;
    let policy = companion.policy().await;
    let options = AllowOptions { any_origin: Some(true), ..AllowOptions::default() };
    policy.allow(PROGRAM, options).await.unwrap();
    let listed = program(&house, PROGRAM).await;
    let mut running = Running::begin(&listed, "t", Do::Create("discouraged")).await.unwrap();
    running.reach(request_state::TOUCH).await;
    policy.forget(PROGRAM).await.unwrap();
    assert_eq!(running.outcome().await.error.as_deref(), Some("NotAllowedError"));
    assert_eq!(key.seen.cancels.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_request_that_waits_for_consent_dies_with_its_caller() {
    let person = Person::who([Does::Hesitates]);
    let (house, _companion, _key, _) = house(&person, Touch::Never).await;
    let browser = program(&house, BROWSER).await;
    let mut running = Running::begin(&browser, "t", Do::Create("discouraged")).await.unwrap();
    running.reach(request_state::CONSENT).await;
    person.was_asked(1).await;
    browser.client.clone().close().await.unwrap();
    person.sees_nothing().await;
    while !house.daemon.desk.is_empty() {
        tokio::task::yield_now().await;
    }
}
