//! `Policy1`: what is remembered is seen, taken back and locked away with everything else.

use fob_asking::{Choice, What};
use fob_bus::ErrorKind;
use fob_bus::types::{AllowOptions, LogOptions, QuickPinOptions};
use futures_util::StreamExt;

use super::consent::{BROWSER, code, house, program};
use super::house::{PASSPHRASE, Visit, piped};
use super::scripted::{Does, Person};

async fn relock(companion: &Visit) {
    companion.manager().await.lock().await.unwrap();
    companion.manager().await.unlock(piped(PASSPHRASE).into(), false).await.unwrap();
}

#[tokio::test]
async fn a_grant_is_shown_and_taken_back_at_once_and_for_good() {
    let person = Person::then([], Does::Says(Choice::Always));
    let (house, companion, id) = house(&person).await;
    let browser = program(&house, BROWSER).await;
    let policy = companion.policy().await;
    let mut changes = policy.receive_grants_changed().await.unwrap();
    code(&browser, "example").await.unwrap();
    changes.next().await.unwrap();
    let grants = policy.grants().await.unwrap();
    let [grant] = grants.as_slice() else { panic!("{grants:?}") };
    assert_eq!((grant.program.as_str(), grant.tier.as_str()), (BROWSER, "installed"));
    assert_eq!((grant.kind.as_str(), grant.site.as_deref()), ("code", Some(id.as_str())));
    assert_eq!((grant.label.as_deref(), grant.lasts.as_str()), (Some("Example:ada"), "always"));
    assert_eq!((grant.given, grant.ends), (59, None));
    let client = policy.clients().await.unwrap().into_iter().find(|client| client.id == BROWSER).unwrap();
    assert_eq!((client.grants, client.listed_by.as_deref()), (1, Some("vendor")));

    assert_eq!(policy.revoke(vec![grant.id.clone(), "0000000000000000".into()]).await.unwrap(), 1);
    changes.next().await.unwrap();
    assert!(policy.grants().await.unwrap().is_empty());
    relock(&companion).await;
    assert!(policy.grants().await.unwrap().is_empty());
    code(&browser, "example").await.unwrap();
    assert_eq!(person.asked().len(), 2);
    let nonsense = policy.revoke(vec!["x".into()]).await.unwrap_err();
    assert_eq!(nonsense.kind, ErrorKind::InvalidInput);
}

#[tokio::test]
async fn eight_hours_are_shown_with_their_end() {
    let person = Person::who([Does::Says(Choice::EightHours)]);
    let (house, companion, _) = house(&person).await;
    code(&program(&house, BROWSER).await, "example").await.unwrap();
    let grants = companion.policy().await.grants().await.unwrap();
    assert_eq!((grants[0].lasts.as_str(), grants[0].ends), ("8-hours", Some(59 + 8 * 3_600)));
}

#[tokio::test]
async fn a_locked_vault_tells_of_nothing() {
    let person = Person::who([Does::Says(Choice::Always)]);
    let (house, companion, _) = house(&person).await;
    code(&program(&house, BROWSER).await, "example").await.unwrap();
    companion.manager().await.lock().await.unwrap();
    let policy = companion.policy().await;
    let told = [
        policy.grants().await.map(drop),
        policy.revoke(vec![]).await.map(drop),
        policy.clients().await.map(drop),
        policy.allow("/usr/bin/dbus-daemon", AllowOptions::default()).await.map(drop),
        policy.forget(BROWSER).await,
        policy.log(LogOptions::default()).await.map(drop),
    ];
    for (number, told) in told.into_iter().enumerate() {
        assert_eq!(told.unwrap_err().kind, ErrorKind::Locked, "{number}");
    }
}

/// A program of root's that is on every machine these tests run on.
const PROGRAM: &str = "/usr/bin/dbus-daemon";

#[tokio::test]
async fn a_person_lists_a_program_and_takes_it_away_again() {
    let person = Person::then([Does::Refuses, Does::Says(Choice::Always)], Does::Says(Choice::UntilLock));
    let (house, companion, _) = house(&person).await;
    let policy = companion.policy().await;
    let origins = Some(vec!["https://Example.org".to_owned()]);
    let wish = || AllowOptions { name: Some("Bus".into()), origins: origins.clone(), ..AllowOptions::default() };
    assert_eq!(policy.allow(PROGRAM, wish()).await.unwrap_err().kind, ErrorKind::Denied);
    let client = policy.allow(PROGRAM, wish()).await.unwrap();
    assert_eq!((client.id.as_str(), client.name.as_str(), client.since), (PROGRAM, "Bus", Some(59)));
    assert_eq!(
        (client.listed_by.as_deref(), client.origins),
        (Some("person"), Some(vec!["https://example.org".into()]))
    );
    let origins = Some(vec!["https://example.org".to_owned()]);
    assert_eq!(person.asked()[1].what, What::Allow { program: PROGRAM.into(), origins });

    // It may be remembered, after a lock as well.
    relock(&companion).await;
    let listed = program(&house, PROGRAM).await;
    code(&listed, "example").await.unwrap();
    code(&listed, "example").await.unwrap();
    assert_eq!(person.asked().len(), 3);
    assert_eq!(person.asked()[2].asker.name, "Bus");
    // Of a locked vault nobody learns who is listed in it, and it is one among many.
    companion.manager().await.lock().await.unwrap();
    assert!(house.daemon.listings.of(PROGRAM.as_ref()).is_none());
    companion.manager().await.unlock(piped(PASSPHRASE).into(), false).await.unwrap();

    code(&listed, "example").await.unwrap();
    policy.forget(PROGRAM).await.unwrap();
    assert!(policy.grants().await.unwrap().is_empty());
    let listed_still = policy.clients().await.unwrap().iter().any(|client| client.id == PROGRAM);
    assert!(!listed_still);
    assert_eq!(
        code(&listed, "example").await.unwrap_err().kind,
        ErrorKind::Denied,
        "until the lock was no answer to it"
    );
    assert_eq!(person.asked().last().unwrap().choices, [Choice::Once]);
}

#[tokio::test]
async fn what_anybody_could_have_do_something_else_is_not_listed() {
    let person = Person::who([]);
    let (house, companion, _) = house(&person).await;
    let policy = companion.policy().await;
    std::fs::write(house.path("mine"), "#!/bin/true\n").unwrap();
    let mine = house.path("mine");
    let any_and_these = AllowOptions { any_origin: Some(true), origins: Some(vec![]), ..AllowOptions::default() };
    let plain = |origin: &str| AllowOptions { origins: Some(vec![origin.into()]), ..AllowOptions::default() };
    for (case, path, options) in [
        ("a relative path", "usr/bin/dbus-daemon", AllowOptions::default()),
        ("nothing", "/usr/bin/nothing-of-this-name", AllowOptions::default()),
        ("a file of the person's", mine.to_str().unwrap(), AllowOptions::default()),
        ("a folder", "/usr/bin", AllowOptions::default()),
        ("an interpreter", "/usr/bin/bash", AllowOptions::default()),
        ("any origin and these", PROGRAM, any_and_these),
        ("an origin without TLS", PROGRAM, plain("http://example.org")),
        ("an origin on this machine", PROGRAM, plain("http://localhost")),
        ("no origin", PROGRAM, plain("*")),
        ("a name that is none", PROGRAM, AllowOptions { name: Some("\u{202e}".into()), ..AllowOptions::default() }),
    ] {
        assert_eq!(policy.allow(path, options).await.unwrap_err().kind, ErrorKind::InvalidInput, "{case}");
    }
    // What the system lists a person cannot take away here, and what is not listed neither.
    for id in [BROWSER, PROGRAM, ""] {
        assert_eq!(policy.forget(id).await.unwrap_err().kind, ErrorKind::InvalidInput, "{id}");
    }
    assert!(person.asked().is_empty());
}

#[tokio::test]
async fn every_decision_is_in_the_log() {
    let person = Person::who([Does::Refuses, Does::Says(Choice::UntilLock)]);
    let (house, companion, _) = house(&person).await;
    let browser = program(&house, BROWSER).await;
    code(&browser, "example").await.unwrap_err();
    code(&browser, "example").await.unwrap();
    code(&browser, "example").await.unwrap();
    code(&companion, "example").await.unwrap();
    browser.otp().await.list().await.unwrap_err();
    let log = companion.policy().await.log(LogOptions::default()).await.unwrap();
    let lines: Vec<_> = log
        .iter()
        .filter(|entry| entry.kind == "code" || entry.kind == "accounts")
        .map(|entry| (entry.tier.as_str(), entry.what.as_deref(), entry.result.as_str(), entry.why.as_str()))
        .collect();
    let example = Some("Example:ada");
    assert_eq!(
        lines[..4],
        [
            ("installed", example, "refused", "the person did not allow it"),
            ("installed", example, "given", "asked"),
            ("installed", example, "given", "granted"),
            ("companion", example, "given", "companion"),
        ]
    );
    assert_eq!((lines[4].0, lines[4].2), ("installed", "refused"));
    assert!(log.iter().all(|entry| entry.door == "socket" && !entry.program.is_empty()));
}

#[tokio::test]
async fn a_soft_lock_wipes_what_is_remembered_and_the_quick_pin_brings_back_what_lies_in_the_vault() {
    let person = Person::who([Does::Says(Choice::Always), Does::Says(Choice::UntilLock)]);
    let (house, companion, _) = house(&person).await;
    let browser = program(&house, BROWSER).await;
    code(&browser, "example").await.unwrap();
    code(&browser, "other").await.unwrap();
    let vault = companion.vault().await;
    let pin = Some(piped("2468").into());
    vault.set_quick_pin(piped(PASSPHRASE).into(), false, QuickPinOptions { pin }).await.unwrap();
    assert!(vault.soft_lock().await.unwrap());
    assert!(house.daemon.consent.is_wiped());
    assert_eq!(companion.policy().await.grants().await.unwrap_err().kind, ErrorKind::Locked);
    vault.quick_open(piped("2468").into()).await.unwrap();
    let lasts = companion.policy().await.grants().await.unwrap().into_iter().map(|grant| grant.lasts);
    assert_eq!(lasts.collect::<Vec<_>>(), ["always"]);
}
