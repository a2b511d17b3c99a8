//! The life of a slot's secret in a keyring that does what it should, as far as a fake can show it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use std::collections::HashMap;

use data_encoding::BASE64;
use fob_keyring::{Ending, KeyringError};
use futures_util::FutureExt;
use support::fake::{self, COLLECTION, ROOT, signal};
use support::{Bus, ELSEWHERE, Fake, PLACE, SECRET, connect};
use zbus::{OwnedObjectPath, Variant};

#[tokio::test]
async fn a_secret_is_stored_replaced_loaded_and_removed_and_never_in_the_clear() {
    let bus = Bus::start();
    let fake = Fake::start(&bus).await;
    let keyring = connect(&bus).await.unwrap();
    assert!(keyring.load(&PLACE).await.unwrap().is_none());
    keyring.store(&PLACE, &[1; 32], "fob").await.unwrap();
    keyring.store(&PLACE, &SECRET, "fob").await.unwrap();
    keyring.store(&ELSEWHERE, &[2; 32], "fob").await.unwrap();
    assert_eq!(*keyring.load(&PLACE).await.unwrap().unwrap(), SECRET);
    assert_eq!(*keyring.load(&ELSEWHERE).await.unwrap().unwrap(), [2; 32]);
    assert_eq!(fake.state.lock().unwrap().items.len(), 2);

    assert!(keyring.remove(&PLACE).await.unwrap());
    assert!(!keyring.remove(&PLACE).await.unwrap());
    assert!(keyring.load(&PLACE).await.unwrap().is_none());
    assert!(keyring.load(&ELSEWHERE).await.unwrap().is_some());

    let state = fake.state.lock().unwrap();
    let text = BASE64.encode(&SECRET);
    for clear in [SECRET.as_slice(), text.as_bytes()] {
        assert!(!state.heard.windows(8).any(|bytes| bytes == &clear[..8]), "a secret crossed the bus");
    }
    assert!(state.heard.windows(35).any(|bytes| bytes == b"dh-ietf1024-sha256-aes128-cbc-pkcs7"));
}

#[tokio::test]
async fn a_session_is_closed_with_the_keyring() {
    let bus = Bus::start();
    let fake = Fake::start(&bus).await;
    drop(connect(&bus).await.unwrap());
    fake.was_called("Close", 1).await;
}

#[tokio::test]
async fn a_locked_keyring_asks_the_person_and_goes_on() {
    let bus = Bus::start();
    let fake = Fake::start(&bus).await;
    let keyring = connect(&bus).await.unwrap();
    fake.state.lock().unwrap().locked = true;
    keyring.store(&PLACE, &SECRET, "fob").await.unwrap();
    fake.state.lock().unwrap().locked = true;
    assert_eq!(*keyring.load(&PLACE).await.unwrap().unwrap(), SECRET);
    fake.state.lock().unwrap().locked = true;
    assert!(keyring.remove(&PLACE).await.unwrap());
    assert_eq!(fake.calls().iter().filter(|call| *call == "Prompt").count(), 3);
    assert!(!fake.calls().contains(&"Dismiss".to_owned()));
}

#[tokio::test]
async fn what_a_locked_collection_hides_is_looked_for_when_it_is_open() {
    let bus = Bus::start();
    let fake = Fake::start(&bus).await;
    let keyring = connect(&bus).await.unwrap();
    keyring.store(&PLACE, &SECRET, "fob").await.unwrap();
    // Items of a locked collection are not even named, as in KeePassXC.
    fake.state.lock().unwrap().locked = true;
    let state = fake.state.clone();
    let mut hidden = std::mem::take(&mut state.lock().unwrap().items);
    fake.lie("Prompt", move |call| {
        let mut messages = fake::reply(call, &());
        messages.push(fake::completed(false, Variant::from(vec![fake::path(COLLECTION)])));
        // The test holds the state's lock here, so the items come back by way of another task.
        let (state, items) = (state.clone(), std::mem::take(&mut hidden));
        tokio::spawn(async move {
            let mut state = state.lock().unwrap();
            state.items = items;
            state.locked = false;
        });
        messages
    });
    assert_eq!(*keyring.load(&PLACE).await.unwrap().unwrap(), SECRET);
    assert!(keyring.load(&ELSEWHERE).await.unwrap().is_none(), "and none is none");
}

#[tokio::test]
async fn two_secrets_for_one_slot_are_no_secret() {
    let bus = Bus::start();
    let fake = Fake::start(&bus).await;
    let keyring = connect(&bus).await.unwrap();
    keyring.store(&PLACE, &SECRET, "fob").await.unwrap();
    let mut twin = fake.state.lock().unwrap().items[0].clone();
    twin.path = fake::path("/org/freedesktop/secrets/collection/other/1");
    fake.state.lock().unwrap().items.push(twin.clone());
    assert_eq!(*keyring.load(&PLACE).await.unwrap().unwrap(), SECRET, "the same twice is the same");
    keyring.store(&PLACE, &[9; 32], "fob").await.unwrap();
    fake.state.lock().unwrap().items.push(twin);
    let loaded = keyring.load(&PLACE).await;
    assert!(matches!(loaded, Err(KeyringError::Ambiguous)), "{loaded:?}");
    assert!(keyring.remove(&PLACE).await.unwrap(), "and all of them can be removed");
    assert!(fake.state.lock().unwrap().items.is_empty());
}

#[tokio::test]
async fn a_watch_ends_when_the_keyring_locks_however_it_says_so() {
    let item: OwnedObjectPath = fake::path(&format!("{COLLECTION}/1"));
    for case in ["property of the collection", "property of the item", "collection changed", "item removed"] {
        let bus = Bus::start();
        let fake = Fake::start(&bus).await;
        let keyring = connect(&bus).await.unwrap();
        keyring.store(&PLACE, &SECRET, "fob").await.unwrap();
        let watch = tokio::spawn(keyring.until_locked(&PLACE));
        fake.was_called("Get", 1).await;
        // A hint that nothing has come of, a stranger's word, and what concerns other items.
        fake.signal(ROOT, "org.freedesktop.Secret.Service", "CollectionChanged", &fake::path(COLLECTION)).await;
        fake.was_called("Get", 2).await;
        let stranger = bus.connect().await;
        signal(&stranger, ROOT, "org.freedesktop.Secret.Service", "CollectionChanged", &fake::path(COLLECTION)).await;
        let other = "/org/freedesktop/secrets/collection/other";
        fake.signal(other, "org.freedesktop.Secret.Collection", "ItemChanged", &fake::path(other)).await;
        assert!(!watch.is_finished());

        fake.state.lock().unwrap().locked = true;
        let locked = HashMap::from([("Locked", Variant::from(true))]);
        let changed = ("org.freedesktop.Secret.Collection", locked, Vec::<String>::new());
        match case {
            "property of the collection" => {
                fake.signal(COLLECTION, "org.freedesktop.DBus.Properties", "PropertiesChanged", &changed).await;
            }
            "property of the item" => {
                fake.signal(item.as_str(), "org.freedesktop.DBus.Properties", "PropertiesChanged", &changed).await;
            }
            "item removed" => {
                fake.state.lock().unwrap().items.clear();
                fake.signal(COLLECTION, "org.freedesktop.Secret.Collection", "ItemDeleted", &item).await;
            }
            _ => {
                fake.signal(ROOT, "org.freedesktop.Secret.Service", "CollectionChanged", &fake::path(COLLECTION)).await
            }
        }
        assert_eq!(watch.await.unwrap(), Ending::Locked, "{case}");
        assert_eq!(fake.calls().iter().filter(|call| *call == "Get").count(), 3, "{case}: others' signals ask nothing");
        assert!(!fake.calls().contains(&"Prompt".to_owned()), "{case}");
    }
}

#[tokio::test]
async fn a_watch_ends_when_the_keyring_leaves() {
    let bus = Bus::start();
    let fake = Fake::start(&bus).await;
    let keyring = connect(&bus).await.unwrap();
    keyring.store(&PLACE, &SECRET, "fob").await.unwrap();
    let watch = tokio::spawn(keyring.until_locked(&PLACE));
    fake.was_called("Get", 1).await;
    fake.connection.close().await.unwrap();
    assert_eq!(watch.await.unwrap(), Ending::Gone);
    let loaded = keyring.load(&PLACE).await;
    assert!(matches!(loaded, Err(KeyringError::NoService)), "{loaded:?}");
}

#[tokio::test]
async fn a_watch_over_what_cannot_be_read_ends_at_once_and_asks_nobody() {
    let bus = Bus::start();
    let fake = Fake::start(&bus).await;
    let keyring = connect(&bus).await.unwrap();
    assert_eq!(keyring.until_locked(&PLACE).await, Ending::Locked);
    keyring.store(&PLACE, &SECRET, "fob").await.unwrap();
    assert!(keyring.until_locked(&PLACE).now_or_never().is_none());
    fake.state.lock().unwrap().locked = true;
    assert_eq!(keyring.until_locked(&PLACE).await, Ending::Locked);
    assert!(!fake.calls().contains(&"Prompt".to_owned()));
}
