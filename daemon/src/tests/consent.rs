//! Codes for programs that are none of the household's: each answer, each tier, the line, and what takes a question away.

use std::sync::Arc;
use std::time::Duration;

use fob_asking::{Choice, Want, What};
use fob_bus::types::{AddOptions, CodeInfo, CodeOptions};
use fob_bus::{CallError, ErrorKind, pipe};

use super::house::{House, PASSPHRASE, Visit, caller, piped, taken};
use super::scripted::{Does, Person};
use crate::caller::{Caller, Tier, Why};
use crate::policy::Companions;

/// The key of RFC 6238 appendix B, and its code of six digits at 59 seconds.
pub(super) const URI: &str = "otpauth://totp/Example:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const CODE: &str = "287082";
const OTHER: &str = "otpauth://totp/Other:bob?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

pub(super) const BROWSER: &str = "/opt/browser";

/// A house with an account, a person, and a list of programs: a browser, a program of one site, and a portal.
pub(super) async fn house(person: &Arc<Person>) -> (House, Visit, String) {
    furnished(House::build().with_prompter(person.clone())).await
}

pub(super) fn list_programs(house: &House) {
    house.list(
        "[[program]]\nname = \"Browser\"\npath = \"/opt/browser\"\norigins = \"any\"\n\
         [[program]]\nname = \"Site\"\npath = \"/opt/site\"\norigins = [\"https://example.org\"]\n\
         [[program]]\nname = \"Portal\"\npath = \"/opt/portal\"\norigins = \"any\"\nportal = true\n",
    );
}

async fn furnished(house: House) -> (House, Visit, String) {
    list_programs(&house);
    let companion = house.unlocked().await;
    let added = companion.otp().await.add(piped(URI).into(), AddOptions::default()).await.unwrap();
    companion.otp().await.add(piped(OTHER).into(), AddOptions::default()).await.unwrap();
    (house, companion, added.id)
}

/// A listed program at the door.
pub(super) async fn program(house: &House, path: &str) -> Visit {
    house.visit_of(Caller { program: Some(path.into()), ..caller(Tier::Script(Why::OtherProgram)) }).await
}

pub(super) async fn code_with(
    visit: &Visit,
    query: &str,
    options: CodeOptions,
) -> Result<(CodeInfo, String), CallError> {
    let (reader, end) = pipe::awaiting().unwrap();
    let info = visit.otp().await.code(query, options, end.into()).await?;
    Ok((info, taken(reader).await))
}

pub(super) async fn code(visit: &Visit, query: &str) -> Result<String, CallError> {
    Ok(code_with(visit, query, CodeOptions::default()).await?.1)
}

async fn relock(companion: &Visit) {
    companion.manager().await.lock().await.unwrap();
    companion.manager().await.unlock(piped(PASSPHRASE).into(), false).await.unwrap();
}

#[tokio::test]
async fn each_answer_lasts_as_long_as_it_says() {
    for (choice, asked_again_at_once, asked_again_after_a_lock) in [
        (Choice::Once, true, true),
        (Choice::UntilLock, false, true),
        (Choice::EightHours, false, false),
        (Choice::Always, false, false),
    ] {
        let person = Person::then([], Does::Says(choice));
        let (house, companion, _) = house(&person).await;
        let browser = program(&house, BROWSER).await;
        assert_eq!(code(&browser, "example").await.unwrap(), CODE, "{choice:?}");
        assert_eq!(person.asked().len(), 1);
        assert_eq!(code(&browser, "example").await.unwrap(), CODE);
        assert_eq!(person.asked().len() == 2, asked_again_at_once, "{choice:?}");
        let before = person.asked().len();
        relock(&companion).await;
        code(&browser, "example").await.unwrap();
        assert_eq!(person.asked().len() > before, asked_again_after_a_lock, "{choice:?}");
        // It is for this account, this kind and this program.
        let before = person.asked().len();
        code(&browser, "other").await.unwrap();
        code(&program(&house, "/opt/site").await, "example").await.unwrap();
        assert_eq!(person.asked().len(), before + 2, "{choice:?}");
    }
}

#[tokio::test]
async fn eight_hours_are_over_after_eight_hours_of_sleep_and_with_the_daemon() {
    let person = Person::then([], Does::Says(Choice::EightHours));
    let (house, companion, _) = house(&person).await;
    let browser = program(&house, BROWSER).await;
    code(&browser, "example").await.unwrap();
    house.clock.sleep(Duration::from_secs(8 * 3_600 - 60));
    code(&browser, "example").await.unwrap();
    assert_eq!(person.asked().len(), 1);
    house.clock.sleep(Duration::from_secs(60));
    code(&browser, "example").await.unwrap();
    assert_eq!(person.asked().len(), 2);
    drop((companion, browser));
    let house = house.anew().with_prompter(person.clone());
    let companion = house.companion().await;
    companion.manager().await.unlock(piped(PASSPHRASE).into(), false).await.unwrap();
    code(&program(&house, BROWSER).await, "example").await.unwrap();
    assert_eq!(person.asked().len(), 3);
}

#[tokio::test]
async fn always_outlives_the_daemon_and_lies_sealed() {
    let person = Person::who([Does::Says(Choice::Always)]);
    let (house, companion, _) = house(&person).await;
    code(&program(&house, BROWSER).await, "example").await.unwrap();
    companion.manager().await.lock().await.unwrap();
    assert!(house.daemon.consent.is_wiped());
    let known = ["/opt/browser", "grants", "always", "Example"];
    for path in files(house.home.path()) {
        // The drop-in is no secret.
        if path.starts_with(house.path("vendor")) {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for text in known {
            assert!(!bytes.windows(text.len()).any(|window| window == text.as_bytes()), "{text} in {}", path.display());
        }
    }
    drop(companion);
    let house = house.anew().with_prompter(person.clone());
    let companion = house.companion().await;
    companion.manager().await.unlock(piped(PASSPHRASE).into(), false).await.unwrap();
    assert_eq!(code(&program(&house, BROWSER).await, "example").await.unwrap(), CODE);
    assert_eq!(person.asked().len(), 1);
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn a_stranger_of_any_kind_is_asked_about_each_time_and_shown_as_what_it_is() {
    use fob_asking::Tier as Shown;
    for (tier, shown) in [
        (Tier::Script(Why::OtherProgram), Shown::Script),
        (Tier::Sandboxed("org.evil.App".into()), Shown::Sandboxed),
        (Tier::Weak(Why::Unseen), Shown::Weak),
    ] {
        let person = Person::who([Does::Says(Choice::Once), Does::Says(Choice::Once), Does::Says(Choice::Always)]);
        let (house, ..) = house(&person).await;
        let stranger = house.visit(tier).await;
        assert_eq!(code(&stranger, "example").await.unwrap(), CODE);
        assert_eq!(code(&stranger, "example").await.unwrap(), CODE);
        // An answer that was not among those that were offered is none.
        assert_eq!(code(&stranger, "example").await.unwrap_err().kind, ErrorKind::Denied);
        for question in person.asked() {
            assert_eq!((question.asker.tier, question.choices.as_slice()), (shown, &[Choice::Once][..]));
            let what = What::Code { issuer: "Example".into(), name: "ada".into(), site: None };
            assert_eq!((question.what, question.want), (what, None));
        }
    }
}

#[tokio::test]
async fn what_a_stranger_may_not_know_looks_like_a_no() {
    let person = Person::who([Does::Refuses, Does::Says(Choice::Once), Does::Refuses, Does::Says(Choice::Once)]);
    let (house, companion, _) = house(&person).await;
    let browser = program(&house, BROWSER).await;
    let mut told = Vec::new();
    // Refused, allowed and not there, refused and not there, allowed and not the only one.
    for query in ["example", "nobody\u{202e}\nat all", "nobody", ""] {
        told.push(code(&browser, query).await.unwrap_err());
    }
    assert!(told.iter().all(|error| *error == told[0]), "{told:?}");
    assert_eq!((told[0].kind, told[0].details.candidates.as_ref()), (ErrorKind::Denied, None));
    let named = |index: usize| match &person.asked()[index].what {
        What::Code { issuer, name, .. } => format!("{issuer}/{name}"),
        other => panic!("{other:?}"),
    };
    assert_eq!((named(0), named(1)), ("Example/ada".into(), "/nobody at all".into()));
    // The person reads in the log what it was.
    let log = companion.policy().await.log(Default::default()).await.unwrap();
    assert!(log.iter().any(|entry| entry.why.contains("no account")), "{log:?}");
}

#[tokio::test]
async fn after_three_refusals_a_program_is_silenced_and_no_other() {
    let person = Person::then([Does::Refuses, Does::Refuses, Does::Refuses], Does::Says(Choice::Once));
    let (house, ..) = house(&person).await;
    let (browser, again) = (program(&house, BROWSER).await, program(&house, BROWSER).await);
    for _ in 0..3 {
        assert_eq!(code(&browser, "example").await.unwrap_err().kind, ErrorKind::Denied);
    }
    // Another process of it is no other program.
    for visit in [&browser, &again] {
        let refused = code(visit, "example").await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::TooManyRequests);
        assert!(refused.message.contains("60 seconds"), "{}", refused.message);
    }
    assert_eq!(code(&program(&house, "/opt/site").await, "example").await.unwrap(), CODE);
    house.clock.sleep(Duration::from_secs(60));
    assert_eq!(code(&browser, "example").await.unwrap(), CODE);
    assert_eq!(person.asked().len(), 5);
}

#[tokio::test]
async fn the_line_is_short() {
    let person = Person::then([], Does::Hesitates);
    let (house, companion, _) = house(&person).await;
    let mut waiting = Vec::new();
    for (number, path) in ["/opt/0", "/opt/1", BROWSER, "/opt/site"].into_iter().enumerate() {
        // Copies of a script stand in half of it and no further.
        if number == 2 {
            let fifth = code(&program(&house, "/opt/2").await, "example").await.unwrap_err();
            assert_eq!(fifth.kind, ErrorKind::TooManyRequests);
        }
        let visit = program(&house, path).await;
        for _ in 0..2 {
            let client = visit.client.clone();
            waiting.push(tokio::spawn(async move {
                let otp = fob_bus::proxy::Otp1Proxy::new(&client).await.unwrap();
                let (_reader, end) = pipe::awaiting().unwrap();
                otp.code("example", CodeOptions::default(), end.into()).await
            }));
        }
        person.was_asked(1).await;
        // Its two are there when the first of them has been shown, or stand behind.
        while house.daemon.consent.waiting() < 2 * (number + 1) {
            tokio::task::yield_now().await;
        }
        let third = code(&visit, "example").await.unwrap_err();
        assert_eq!(third.kind, ErrorKind::TooManyRequests);
    }
    let ninth = code(&program(&house, "/opt/portal").await, "example").await.unwrap_err();
    assert_eq!((ninth.kind, person.asked().len()), (ErrorKind::TooManyRequests, 1));
    // A lock takes all of them away at once.
    companion.manager().await.lock().await.unwrap();
    for call in waiting {
        assert_eq!(call.await.unwrap().unwrap_err().kind, ErrorKind::Locked);
    }
    person.sees_nothing().await;
    assert_eq!((person.asked().len(), house.daemon.consent.waiting()), (1, 0));
}

#[tokio::test]
async fn a_question_goes_with_the_program_that_asked() {
    let person = Person::then([], Does::Hesitates);
    let (house, ..) = house(&person).await;
    let browser = program(&house, BROWSER).await;
    let client = browser.client.clone();
    let call = tokio::spawn(async move { code(&browser, "example").await });
    person.was_asked(1).await;
    client.close().await.unwrap();
    person.sees_nothing().await;
    while house.daemon.consent.waiting() > 0 {
        tokio::task::yield_now().await;
    }
    assert!(call.await.unwrap().is_err());
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_longer_than_a_minute() {
    let person = Person::then([], Does::Hesitates);
    let (house, ..) = house(&person).await;
    let browser = program(&house, BROWSER).await;
    assert_eq!(code(&browser, "example").await.unwrap_err().kind, ErrorKind::TimedOut);
    assert_eq!(person.asked()[0].waits, 60);
}

#[tokio::test]
async fn who_wants_a_code_of_a_locked_vault_has_it_opened_by_the_person_first() {
    let person = Person::who([Does::Types(vec!["wrong", "", PASSPHRASE]), Does::Says(Choice::Once)]);
    let (house, companion, _) = house(&person).await;
    companion.manager().await.lock().await.unwrap();
    let script = program(&house, "/opt/script").await;
    assert_eq!(code(&script, "example").await.unwrap(), CODE);
    let asked = person.asked();
    assert_eq!((asked[0].want.clone(), asked[0].choices.len()), (Some(Want::Passphrase), 0));
    // Which account is meant cannot be known yet.
    let what = What::Code { issuer: String::new(), name: "example".into(), site: None };
    assert_eq!(asked[0].what, what);
    assert_eq!((asked[1].want.clone(), asked[1].choices.as_slice()), (None, &[Choice::Once][..]));
    assert_eq!(person.words.lock().unwrap().len(), 2);
    assert_eq!(companion.manager().await.status().await.unwrap().vault, "unlocked");
}

#[tokio::test]
async fn who_does_not_know_the_passphrase_opens_nothing() {
    let person = Person::who([Does::Types(vec!["wrong"]), Does::Refuses]);
    let (house, companion, _) = house(&person).await;
    companion.manager().await.lock().await.unwrap();
    let script = program(&house, "/opt/script").await;
    for _ in 0..2 {
        assert_eq!(code(&script, "example").await.unwrap_err().kind, ErrorKind::Denied);
    }
    assert_eq!(companion.manager().await.status().await.unwrap().vault, "locked");
    // A companion has its own way.
    assert_eq!(code(&companion, "example").await.unwrap_err().kind, ErrorKind::Locked);
    assert_eq!(person.asked().len(), 2);
}

/// Each of them would start a process if it were let through to the prompt.
#[tokio::test]
async fn ten_thousand_questions_of_a_program_without_a_screen_come_to_nothing() {
    let person = Person::who([]);
    let (house, companion, _) = house(&person).await;
    let script = program(&house, "/opt/script").await;
    let otp = script.otp().await;
    for number in 0..10_000_u32 {
        let (_reader, end) = pipe::awaiting().unwrap();
        let refused = otp.code("example", CodeOptions::default(), end.into()).await.unwrap_err();
        let expected = if number < 3 { ErrorKind::Denied } else { ErrorKind::TooManyRequests };
        assert_eq!(refused.kind, expected, "{number}");
    }
    assert_eq!((person.asked().len(), house.daemon.consent.waiting()), (3, 0));
    // In the log it is a few lines that say how many times.
    let log = companion.policy().await.log(Default::default()).await.unwrap();
    assert!(log.len() < 100, "{}", log.len());
    assert!(log.iter().any(|entry| entry.times.is_some_and(|times| times > 1_000)));
}

#[tokio::test]
async fn a_portal_speaks_for_its_applications_and_nobody_else_does() {
    let person = Person::then([], Does::Says(Choice::Always));
    let (house, ..) = house(&person).await;
    let portal = program(&house, "/opt/portal").await;
    let app = |id: &str| CodeOptions { app_id: Some(id.into()), ..CodeOptions::default() };
    code_with(&portal, "example", app("org.example.App")).await.unwrap();
    code_with(&portal, "example", app("org.example.App")).await.unwrap();
    code_with(&portal, "example", app("org.example.Other")).await.unwrap();
    let asked = person.asked();
    let shown: Vec<_> = asked.iter().map(|question| (question.asker.name.as_str(), question.asker.tier)).collect();
    let tier = fob_asking::Tier::Portal;
    assert_eq!(shown, [("org.example.App", tier), ("org.example.Other", tier)]);
    for (visit, id, expected) in [
        (&program(&house, BROWSER).await, "org.example.App", ErrorKind::Denied),
        (&house.stranger().await, "org.example.App", ErrorKind::Denied),
        (&house.companion().await, "org.example.App", ErrorKind::Denied),
        (&portal, "a b", ErrorKind::InvalidInput),
        (&portal, "\u{202e}", ErrorKind::InvalidInput),
    ] {
        assert_eq!(code_with(visit, "example", app(id)).await.unwrap_err().kind, expected, "{id}");
    }
    // Of a portal that does not say for whom nothing is remembered.
    assert_eq!(code_with(&portal, "example", app("")).await.unwrap_err().kind, ErrorKind::Denied);
    assert_eq!(person.asked().last().unwrap().choices, [Choice::Once]);
}

#[tokio::test]
async fn fob_itself_is_asked_about_where_the_settings_say_so() {
    for companions in [Companions::Ask, Companions::PerTerminal] {
        let person = Person::who([Does::Says(Choice::Once), Does::Refuses]);
        let house = House::asking(companions).with_prompter(person.clone());
        let (_house, companion, _) = furnished(house).await;
        assert_eq!(code(&companion, "example").await.unwrap(), CODE);
        assert_eq!(code(&companion, "example").await.unwrap_err().kind, ErrorKind::Denied);
        // Its own mistakes are told to it as ever.
        assert_eq!(code(&companion, "nobody").await.unwrap_err().kind, ErrorKind::UnknownEntry);
        assert_eq!(person.asked()[0].asker.tier, fob_asking::Tier::Companion);
    }
}

#[tokio::test]
async fn two_questions_for_the_same_are_one_if_the_answer_lasts() {
    let person = Person::who([Does::Hesitates, Does::Says(Choice::UntilLock)]);
    let (house, ..) = house(&person).await;
    let (first, browser) = (program(&house, "/opt/site").await, program(&house, BROWSER).await);
    let hold = tokio::spawn({
        let client = first.client.clone();
        async move {
            let otp = fob_bus::proxy::Otp1Proxy::new(&client).await.unwrap();
            let (_reader, end) = pipe::awaiting().unwrap();
            otp.code("other", CodeOptions::default(), end.into()).await.map(drop)
        }
    });
    person.was_asked(1).await;
    let twice = async { tokio::join!(code(&browser, "example"), code(&browser, "example")) };
    let end = async {
        while house.daemon.consent.waiting() < 3 {
            tokio::task::yield_now().await;
        }
        first.client.clone().close().await.unwrap();
    };
    let ((one, other), ()) = tokio::join!(twice, end);
    assert_eq!((one.unwrap(), other.unwrap()), (CODE.to_owned(), CODE.to_owned()));
    assert_eq!(person.asked().len(), 2);
    assert!(hold.await.unwrap().is_err());
}
