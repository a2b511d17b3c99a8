//! `Policy1`: what is remembered is seen, taken back and locked away with everything else.

use fob_asking::{Choice, What};
use fob_bus::types::{AddOptions, AllowOptions, CeremonyOptions, CodeOptions, LogOptions, QuickPinOptions};
use fob_bus::{ErrorKind, pipe};
use futures_util::{FutureExt, StreamExt};

use super::ceremonies::{ORIGIN, assertion};
use super::consent::{BROWSER, URI, code, house, program};
use super::house::{House, PASSPHRASE, Visit, piped};
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
    for id in [BROWSER, PROGRAM, "", "paired-00000000"] {
        assert_eq!(policy.forget(id).await.unwrap_err().kind, ErrorKind::InvalidInput, "{id}");
    }
    assert!(person.asked().is_empty());
}

/// A grant whose removal could not be written once came back with the next unlock, and to revoke it again was called
/// done without a write.
#[tokio::test]
async fn what_could_not_be_taken_back_on_disk_is_when_it_is_done_again() {
    let person = Person::then([], Does::Says(Choice::Always));
    let (house, companion, _) = house(&person).await;
    let policy = companion.policy().await;
    code(&program(&house, BROWSER).await, "example").await.unwrap();
    let id = policy.grants().await.unwrap().remove(0).id;
    // No folder there: whoever runs this may be root, whom no mode keeps from writing.
    let (folder, away) = (house.path("data/fob"), house.path("data/away"));
    let gone = || {
        std::fs::rename(&folder, &away).unwrap();
        std::fs::write(&folder, "").unwrap();
    };
    let back = || {
        std::fs::remove_file(&folder).unwrap();
        std::fs::rename(&away, &folder).unwrap();
    };
    gone();
    policy.revoke(vec![id.clone()]).await.unwrap_err();
    back();
    assert_eq!(policy.revoke(vec![id]).await.unwrap(), 0);
    relock(&companion).await;
    assert!(policy.grants().await.unwrap().is_empty());

    // The same for a program that is forgotten.
    policy.allow(PROGRAM, AllowOptions::default()).await.unwrap();
    code(&program(&house, PROGRAM).await, "example").await.unwrap();
    gone();
    policy.forget(PROGRAM).await.unwrap_err();
    back();
    policy.forget(PROGRAM).await.unwrap();
    relock(&companion).await;
    assert!(policy.grants().await.unwrap().is_empty());
    assert!(policy.clients().await.unwrap().iter().all(|client| client.id != PROGRAM));
}

/// Lists whatever it is asked to, and thinks about everything else until it is told to say always.
#[derive(Default)]
struct Thinks {
    asked: tokio::sync::Notify,
    told: tokio::sync::Notify,
}

#[async_trait::async_trait]
impl crate::prompt::Prompter for Thinks {
    async fn ask(
        &self,
        question: &fob_asking::Question,
        _: Option<&mut dyn crate::prompt::Judge>,
    ) -> Result<fob_asking::Answer, crate::prompt::Unasked> {
        if !matches!(question.what, What::Allow { .. }) {
            self.asked.notify_one();
            self.told.notified().await;
        }
        Ok(fob_asking::Answer::Granted { choice: Choice::Always })
    }

    async fn touch(&self, _: &str, _: &str) -> Box<dyn Send> {
        Box::new(())
    }
}

/// A question stays on the screen while its program is forgotten. The answer once was remembered all the same, for whoever
/// would be listed there next.
#[tokio::test]
async fn an_answer_to_a_program_that_was_forgotten_meanwhile_counts_for_nothing() {
    let person = std::sync::Arc::new(Thinks::default());
    let house = House::build().with_prompter(person.clone());
    let companion = house.unlocked().await;
    companion.otp().await.add(piped(URI).into(), AddOptions::default()).await.unwrap();
    let policy = companion.policy().await;
    policy.allow(PROGRAM, AllowOptions::default()).await.unwrap();
    let listed = program(&house, PROGRAM).await;
    let call = tokio::spawn(async move { code(&listed, "example").await });
    person.asked.notified().await;
    policy.forget(PROGRAM).await.unwrap();
    person.told.notify_one();
    assert_eq!(call.await.unwrap().unwrap_err().kind, ErrorKind::Denied);
    policy.allow(PROGRAM, AllowOptions::default()).await.unwrap();
    assert!(policy.grants().await.unwrap().is_empty());
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

/// When the person allows something is nobody's business: the session bus told it to whoever listened.
#[tokio::test]
async fn companions_alone_hear_that_a_grant_came() {
    let person = Person::then([], Does::Says(Choice::Always));
    let (house, companion, _) = house(&person).await;
    let (browser, stranger) = (program(&house, BROWSER).await, house.stranger().await);
    let (theirs, ours) = (stranger.policy().await, companion.policy().await);
    let mut unheard = theirs.receive_grants_changed().await.unwrap();
    let mut heard = ours.receive_grants_changed().await.unwrap();
    code(&browser, "example").await.unwrap();
    heard.next().await.unwrap();
    // Each connection has the news in order: a lock comes after it.
    let manager = stranger.manager().await;
    let mut states = manager.receive_vault_changed().await.unwrap();
    companion.manager().await.lock().await.unwrap();
    states.next().await.unwrap();
    assert!(unheard.next().now_or_never().is_none());
}

/// What could not be begun, or could not be written, was in the log as given.
#[tokio::test]
async fn what_was_not_given_is_not_in_the_log_as_given() {
    let person = Person::who([]);
    let (house, companion, _) = house(&person).await;
    let counted = "otpauth://hotp/Counted?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=5";
    companion.otp().await.add(piped(counted).into(), AddOptions::default()).await.unwrap();
    // A pipe that nobody reads.
    let (reader, end) = pipe::awaiting().unwrap();
    drop(reader);
    companion.otp().await.code("Counted", CodeOptions::default(), end.into()).await.unwrap_err();
    let options = CeremonyOptions {
        handle_token: "no word".to_owned(),
        request_json: assertion("AAAA"),
        ..CeremonyOptions::default()
    };
    companion.webauthn().await.get_credential("", ORIGIN, "publicKey", options).await.unwrap_err();
    let log = async || {
        let log = companion.policy().await.log(LogOptions::default()).await.unwrap();
        log.into_iter().filter(|entry| entry.result == "given").map(|entry| entry.kind).collect::<Vec<_>>()
    };
    assert_eq!(log().await, [""; 0]);
    code(&companion, "Counted").await.unwrap();
    assert_eq!(log().await, ["code"]);
    drop(house);
}
