//! A service that lies, hangs, floods or leaves, or that is not there: each has its own error, in bounded time, and none
//! a panic.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use std::time::Duration;

use fob_keyring::{Ending, KeyringError, Patience};
use support::fake::{self, COLLECTION, PROMPT, ROOT, SESSION, completed, path, refusal, reply};
use support::{Bus, Fake, PLACE, SECRET, connect, connect_with};
use zbus::{Message, OwnedObjectPath, Variant};

/// One lie: the case, the call that is answered with it, and what comes of it.
type Lie = (&'static str, &'static str, fn(&Message) -> Vec<Message>, fn(&KeyringError) -> bool);

fn nonsense(error: &KeyringError) -> bool {
    matches!(error, KeyringError::Nonsense(_))
}

fn refused(error: &KeyringError) -> bool {
    matches!(error, KeyringError::Refused(name) if name == "a.b.C")
}

fn many(count: usize) -> Vec<OwnedObjectPath> {
    (0..count).map(|number| path(&format!("{COLLECTION}/x{number}"))).collect()
}

const NONE: Vec<OwnedObjectPath> = Vec::new();

fn opened(call: &Message, public: Vec<u8>) -> Vec<Message> {
    reply(call, &(Variant::from(public), path(SESSION)))
}

#[tokio::test]
async fn what_is_no_session_is_refused() {
    let lies: &[Lie] = &[
        ("no key", "OpenSession", |call| opened(call, vec![]), nonsense),
        ("zero", "OpenSession", |call| opened(call, vec![0; 128]), nonsense),
        ("one", "OpenSession", |call| opened(call, vec![1]), nonsense),
        ("no element of the group", "OpenSession", |call| opened(call, vec![0xff; 128]), nonsense),
        ("a longer key", "OpenSession", |call| opened(call, vec![1; 129]), nonsense),
        ("an endless key", "OpenSession", |call| opened(call, vec![2; 1 << 20]), nonsense),
        ("text", "OpenSession", |call| reply(call, &(Variant::from("4"), path(SESSION))), nonsense),
        ("no session", "OpenSession", |call| reply(call, &(Variant::from(vec![4_u8]), path("/"))), nonsense),
        ("another type", "OpenSession", |call| reply(call, &42_u32), nonsense),
        ("nothing", "OpenSession", |call| reply(call, &()), nonsense),
        ("a refusal", "OpenSession", |call| refusal(call, "a.b.C"), refused),
        (
            "plain alone",
            "OpenSession",
            |call| refusal(call, "org.freedesktop.DBus.Error.NotSupported"),
            |error| matches!(error, KeyringError::NoEncryption),
        ),
    ];
    let bus = Bus::start();
    let fake = Fake::start(&bus).await;
    for (case, name, lie, expected) in lies {
        fake.lie(name, *lie);
        let error = connect(&bus).await.unwrap_err();
        assert!(expected(&error), "{case}: {error:?}");
        assert!(!error.to_string().contains('\u{1b}'), "{case}: text from outside");
    }
}

fn sealed(session: &str, iv: usize, value: usize) -> (fake::Sealed,) {
    let sealed = fake::Sealed {
        session: path(session),
        parameters: vec![7; iv],
        value: vec![9; value],
        content_type: "text/plain".to_owned(),
    };
    (sealed,)
}

fn prompted(call: &Message, dismissed: bool, result: Variant<'_>) -> Vec<Message> {
    [reply(call, &()), vec![completed(dismissed, result)]].concat()
}

#[tokio::test]
async fn what_is_no_secret_is_no_secret() {
    let lies: &[Lie] = &[
        ("too many items", "SearchItems", |call| reply(call, &(many(17), NONE)), nonsense),
        ("far too many", "SearchItems", |call| reply(call, &(NONE, many(20_000))), nonsense),
        ("no lists", "SearchItems", |call| reply(call, &("a", "b")), nonsense),
        ("search refused", "SearchItems", |call| refusal(call, "a.b.C"), refused),
        ("no attributes", "Get", |call| reply(call, &Variant::from("none")), nonsense),
        (
            "somebody else's item",
            "Get",
            |call| {
                let theirs = [("xdg:schema".to_owned(), "org.gnome.keyring.Note".to_owned())];
                reply(call, &Variant::from(std::collections::HashMap::from(theirs)))
            },
            nonsense,
        ),
        ("a gone item", "Get", |call| refusal(call, "a.b.C"), refused),
        ("a value without encryption", "GetSecret", |call| reply(call, &sealed(SESSION, 0, 44)), nonsense),
        ("another session", "GetSecret", |call| reply(call, &sealed("/org/x", 16, 48)), nonsense),
        ("another key's value", "GetSecret", |call| reply(call, &sealed(SESSION, 16, 48)), nonsense),
        ("no value", "GetSecret", |call| reply(call, &sealed(SESSION, 16, 0)), nonsense),
        (
            "a long value",
            "GetSecret",
            |call| reply(call, &sealed(SESSION, 16, 16_000)),
            |error| matches!(error, KeyringError::Damaged),
        ),
        ("an endless value", "GetSecret", |call| reply(call, &sealed(SESSION, 16, 1 << 20)), nonsense),
        ("no structure", "GetSecret", |call| reply(call, &"secret"), nonsense),
        (
            "a locked item",
            "GetSecret",
            |call| refusal(call, "org.freedesktop.Secret.Error.IsLocked"),
            |error| matches!(error, KeyringError::Locked),
        ),
    ];
    let bus = Bus::start();
    let fake = Fake::start(&bus).await;
    let keyring = connect(&bus).await.unwrap();
    keyring.store(&PLACE, &SECRET, "fob").await.unwrap();
    for (case, name, lie, expected) in lies {
        fake.lie(name, *lie);
        let error = keyring.load(&PLACE).await.unwrap_err();
        assert!(expected(&error), "{case}: {error:?}");
        assert!(!error.to_string().contains('\u{1b}'), "{case}: text from outside");
    }
    fake.lie("nothing", |_| vec![]);
    assert_eq!(*keyring.load(&PLACE).await.unwrap().unwrap(), SECRET, "and the truth is still believed");
}

#[tokio::test]
async fn what_does_not_unlock_is_told_apart() {
    let locked = |error: &KeyringError| matches!(error, KeyringError::Locked);
    let lies: &[Lie] = &[
        ("nothing, and no question", "Unlock", |call| reply(call, &(NONE, path("/"))), locked),
        ("another object", "Unlock", |call| reply(call, &(many(3), path("/"))), locked),
        ("no lists", "Unlock", |call| reply(call, &true), nonsense),
        ("nothing to the question", "Prompt", |call| prompted(call, false, Variant::from(NONE)), locked),
        ("text to the question", "Prompt", |call| prompted(call, false, Variant::from("ok")), nonsense),
        ("a refused question", "Prompt", |call| refusal(call, "a.b.C"), refused),
        (
            "no",
            "Prompt",
            |call| prompted(call, true, Variant::from("")),
            |error| matches!(error, KeyringError::Dismissed),
        ),
        (
            "an end of no type",
            "Prompt",
            |_| {
                let end = Message::signal(PROMPT, "org.freedesktop.Secret.Prompt", "Completed").build(&"?").unwrap();
                vec![end]
            },
            nonsense,
        ),
    ];
    let bus = Bus::start();
    let fake = Fake::start(&bus).await;
    let keyring = connect(&bus).await.unwrap();
    keyring.store(&PLACE, &SECRET, "fob").await.unwrap();
    fake.state.lock().unwrap().locked = true;
    for (case, name, lie, expected) in lies {
        fake.lie(name, *lie);
        for error in [
            keyring.load(&PLACE).await.unwrap_err(),
            keyring.store(&PLACE, &SECRET, "fob").await.unwrap_err(),
            keyring.remove(&PLACE).await.unwrap_err(),
        ] {
            assert!(expected(&error), "{case}: {error:?}");
        }
    }
}

#[tokio::test]
async fn what_is_not_stored_is_not_stored() {
    let lies: &[Lie] = &[
        (
            "no default collection",
            "ReadAlias",
            |call| reply(call, &path("/")),
            |error| matches!(error, KeyringError::NoCollection),
        ),
        ("neither item nor question", "CreateItem", |call| reply(call, &(path("/"), path("/"))), nonsense),
        ("no paths", "CreateItem", |call| reply(call, &()), nonsense),
        ("a refusal", "CreateItem", |call| refusal(call, "a.b.C"), refused),
    ];
    let bus = Bus::start();
    let fake = Fake::start(&bus).await;
    let keyring = connect(&bus).await.unwrap();
    for (case, name, lie, expected) in lies {
        fake.lie(name, *lie);
        let error = keyring.store(&PLACE, &SECRET, "fob").await.unwrap_err();
        assert!(expected(&error), "{case}: {error:?}");
    }
    fake.lie("nothing", |_| vec![]);
    assert!(keyring.load(&PLACE).await.unwrap().is_none());
}

#[tokio::test]
async fn a_label_that_no_bus_carries_does_not_cost_the_connection() {
    let bus = Bus::start();
    let fake = Fake::start(&bus).await;
    let keyring = connect(&bus).await.unwrap();
    keyring.store(&PLACE, &SECRET, &format!("fob\0 of\u{1b} {}", "x".repeat(100_000))).await.unwrap();
    assert_eq!(fake.state.lock().unwrap().items[0].label, format!("fob of {}", "x".repeat(193)));
}

#[tokio::test]
async fn nobody_there_is_said_at_once() {
    for command in [None, Some("/nonexistent/keyring"), Some("/bin/false")] {
        let bus = Bus::that_starts(command);
        let connected = connect(&bus).await;
        assert!(matches!(connected, Err(KeyringError::NoService)), "{command:?}: {connected:?}");
    }
}

#[tokio::test]
async fn one_that_starts_for_ever_is_not_awaited_for_ever() {
    // It is started, and never asks for the name.
    let bus = Bus::that_starts(Some("/bin/sleep 2"));
    let patience = Patience { answer: Duration::from_millis(100), ..Patience::default() };
    let connected = connect_with(&bus, patience).await;
    assert!(matches!(connected, Err(KeyringError::Silent)), "{connected:?}");
}

/// Makes the fake swallow a call. From that moment on the clock runs ahead whenever everybody waits.
fn swallow(fake: &Fake, name: &'static str) {
    let mut first = true;
    fake.lie(name, move |_| {
        if std::mem::take(&mut first) {
            tokio::time::pause();
        }
        vec![]
    });
}

#[tokio::test]
async fn a_call_without_an_answer_ends() {
    let bus = Bus::start();
    let fake = Fake::start(&bus).await;
    swallow(&fake, "OpenSession");
    let connected = connect(&bus).await;
    assert!(matches!(connected, Err(KeyringError::Silent)), "{connected:?}");
    tokio::time::resume();
    fake.lie("nothing", |_| vec![]);
    let keyring = connect(&bus).await.unwrap();
    keyring.store(&PLACE, &SECRET, "fob").await.unwrap();
    for name in ["SearchItems", "Get", "GetSecret"] {
        swallow(&fake, name);
        let loaded = keyring.load(&PLACE).await;
        assert!(matches!(loaded, Err(KeyringError::Silent)), "{name}: {loaded:?}");
        tokio::time::resume();
    }
    for name in ["ReadAlias", "Unlock", "CreateItem"] {
        swallow(&fake, name);
        let stored = keyring.store(&PLACE, &SECRET, "fob").await;
        assert!(matches!(stored, Err(KeyringError::Silent)), "{name}: {stored:?}");
        tokio::time::resume();
    }
    swallow(&fake, "Delete");
    let removed = keyring.remove(&PLACE).await;
    assert!(matches!(removed, Err(KeyringError::Silent)), "{removed:?}");
    tokio::time::resume();
    swallow(&fake, "Get");
    assert_eq!(keyring.until_locked(&PLACE).await, Ending::Gone, "a watch that cannot see is no watch");
}

#[tokio::test]
async fn a_question_that_nobody_answers_is_taken_away() {
    let bus = Bus::start();
    let fake = Fake::start(&bus).await;
    let keyring = connect(&bus).await.unwrap();
    keyring.store(&PLACE, &SECRET, "fob").await.unwrap();
    fake.state.lock().unwrap().locked = true;
    swallow(&fake, "Prompt");
    let loaded = keyring.load(&PLACE).await;
    assert!(matches!(loaded, Err(KeyringError::Unanswered)), "{loaded:?}");
    fake.was_called("Dismiss", 1).await;
}

#[tokio::test]
async fn a_request_that_is_cancelled_takes_its_question_away() {
    let bus = Bus::start();
    let fake = Fake::start(&bus).await;
    let keyring = connect(&bus).await.unwrap();
    keyring.store(&PLACE, &SECRET, "fob").await.unwrap();
    fake.state.lock().unwrap().locked = true;
    fake.state.lock().unwrap().nobody = true;
    tokio::select! {
        loaded = keyring.load(&PLACE) => panic!("{loaded:?}"),
        () = fake.was_called("Prompt", 1) => {}
    }
    fake.was_called("Dismiss", 1).await;
}

#[tokio::test]
async fn a_keyring_that_leaves_while_it_asks_is_gone_at_once() {
    let bus = Bus::start();
    let fake = Fake::start(&bus).await;
    let keyring = connect(&bus).await.unwrap();
    keyring.store(&PLACE, &SECRET, "fob").await.unwrap();
    fake.state.lock().unwrap().locked = true;
    fake.state.lock().unwrap().nobody = true;
    let leaves = async {
        fake.was_called("Prompt", 1).await;
        fake.connection.clone().close().await.unwrap();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        loaded = keyring.load(&PLACE) => assert!(matches!(loaded, Err(KeyringError::NoService)), "{loaded:?}"),
        () = leaves => {}
    }
}

#[tokio::test]
async fn only_the_keyring_ends_its_question_and_no_flood_stops_it() {
    let bus = Bus::start();
    let fake = Fake::start(&bus).await;
    let keyring = connect(&bus).await.unwrap();
    keyring.store(&PLACE, &SECRET, "fob").await.unwrap();
    fake.state.lock().unwrap().locked = true;
    fake.state.lock().unwrap().nobody = true;
    let stranger = bus.connect().await;
    let ends = async {
        fake.was_called("Prompt", 1).await;
        // A stranger says no, and that the keyring has left.
        let us = fake.state.lock().unwrap().caller.clone();
        let no = completed(true, Variant::from(""));
        stranger.send(&no).await.unwrap();
        let left = (fake.connection.unique_name().unwrap().as_str(), "", "");
        let left = Message::signal("/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged")
            .destination(us.as_str())
            .build(&left)
            .unwrap();
        stranger.send(&left).await.unwrap();
        // The keyring itself says a lot, and then yes.
        for number in 0..1_000_u32 {
            fake.signal(PROMPT, "org.freedesktop.Secret.Prompt", "Progress", &number).await;
        }
        fake.state.lock().unwrap().locked = false;
        let item = Variant::from(vec![path(&format!("{COLLECTION}/1"))]);
        fake.connection.send(&completed(false, item)).await.unwrap();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        loaded = keyring.load(&PLACE) => assert_eq!(*loaded.unwrap().unwrap(), SECRET),
        () = ends => {}
    }
}

#[tokio::test]
async fn a_flood_does_not_blind_a_watch() {
    let bus = Bus::start();
    let fake = Fake::start(&bus).await;
    let keyring = connect(&bus).await.unwrap();
    keyring.store(&PLACE, &SECRET, "fob").await.unwrap();
    let watch = tokio::spawn(keyring.until_locked(&PLACE));
    fake.was_called("Get", 1).await;
    for _ in 0..1_000 {
        fake.signal(ROOT, "org.freedesktop.Secret.Service", "CollectionChanged", &path(COLLECTION)).await;
    }
    assert!(!watch.is_finished());
    fake.state.lock().unwrap().locked = true;
    fake.signal(ROOT, "org.freedesktop.Secret.Service", "CollectionChanged", &path(COLLECTION)).await;
    assert_eq!(watch.await.unwrap(), Ending::Locked);
}
