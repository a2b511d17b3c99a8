//! A real keyring, gnome-keyring, and another program at it: PyPI's secretstorage (`tests/judges/keyring`). Neither
//! shares code with us. `FOB_PYTHON` names the interpreter; without it or without gnome-keyring these are skipped, and
//! with `FOB_JUDGES=1` both must be there.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use std::sync::{Arc, Mutex};

use data_encoding::BASE64;
use fob_keyring::{Ending, KeyringError};
use futures_util::StreamExt;
use support::judge::{self, Judge};
use support::{Bus, ELSEWHERE, PLACE, SECRET, connect};
use zbus::MessageStream;

const PASSWORD: &str = "password of the login";

/// A session whose bus starts gnome-keyring, unlocked as by a login, when somebody asks for a keyring.
struct Session {
    bus: Bus,
    judge: Judge,
}

impl Session {
    fn start() -> Option<Self> {
        let python = judge::python()?;
        if !judge::has("gnome-keyring-daemon") {
            assert!(!judge::demanded(), "FOB_JUDGES is set, and there is no gnome-keyring");
            eprintln!("skipped: no gnome-keyring");
            return None;
        }
        let script = format!(
            "printf %s \"{PASSWORD}\" | exec gnome-keyring-daemon --unlock --foreground --components=secrets 2>/dev/null"
        );
        let bus = Bus::that_starts(Some(&format!("/bin/sh -c '{script}'")));
        Some(Self { judge: Judge::at(&bus, python), bus })
    }

    /// Everything that crosses the bus from now on, as `busctl monitor` sees it.
    async fn overhear(&self) -> Arc<Mutex<Vec<u8>>> {
        let monitor = self.bus.connect().await;
        let mut stream = MessageStream::from(&monitor);
        let everything: (Vec<&str>, u32) = (vec![], 0);
        let name = "org.freedesktop.DBus";
        let interface = Some("org.freedesktop.DBus.Monitoring");
        monitor
            .call_method(Some(name), "/org/freedesktop/DBus", interface, "BecomeMonitor", &everything)
            .await
            .unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let kept = heard.clone();
        tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                kept.lock().unwrap().extend_from_slice(message.body().data().bytes());
            }
        });
        heard
    }
}

#[tokio::test]
async fn what_we_store_others_read_and_the_other_way_round() {
    let Some(session) = Session::start() else { return };
    let heard = session.overhear().await;
    let keyring = connect(&session.bus).await.unwrap();
    assert!(keyring.load(&PLACE).await.unwrap().is_none());
    keyring.store(&PLACE, &[1; 32], "an older one").await.unwrap();
    keyring.store(&PLACE, &SECRET, "fob: opens a vault").await.unwrap();
    assert_eq!(*keyring.load(&PLACE).await.unwrap().unwrap(), SECRET);
    let read = session.judge.says_at("read", &PLACE, &[]);
    assert_eq!(read, format!("fob: opens a vault\n{}", BASE64.encode(&SECRET)), "one item, one line");

    let theirs: [u8; 32] = *b"what another program has written";
    session.judge.says_at("write", &ELSEWHERE, &[&BASE64.encode(&theirs)]);
    assert_eq!(*keyring.load(&ELSEWHERE).await.unwrap().unwrap(), theirs);
    session.judge.says_at("write", &ELSEWHERE, &["a person has edited this"]);
    let edited = keyring.load(&ELSEWHERE).await;
    assert!(matches!(edited, Err(KeyringError::Damaged)), "{edited:?}");

    assert!(keyring.remove(&ELSEWHERE).await.unwrap());
    assert!(!keyring.remove(&ELSEWHERE).await.unwrap());
    assert!(keyring.load(&ELSEWHERE).await.unwrap().is_none());
    assert_eq!(*keyring.load(&PLACE).await.unwrap().unwrap(), SECRET);

    let heard = heard.lock().unwrap();
    assert!(heard.windows(35).any(|bytes| bytes == b"dh-ietf1024-sha256-aes128-cbc-pkcs7"), "something was heard");
    for clear in [SECRET.to_vec(), BASE64.encode(&SECRET).into_bytes(), BASE64.encode(&theirs).into_bytes()] {
        assert!(!heard.windows(8).any(|bytes| bytes == &clear[..8]), "a secret crossed the bus");
    }
}

#[tokio::test]
async fn a_keyring_that_locks_ends_the_watch_and_gives_nothing_until_it_is_unlocked() {
    let Some(session) = Session::start() else { return };
    let keyring = connect(&session.bus).await.unwrap();
    keyring.store(&PLACE, &SECRET, "fob").await.unwrap();
    let mut watch = tokio::spawn(keyring.until_locked(&PLACE));
    // Somebody else's items are no reason.
    session.judge.says_at("write", &ELSEWHERE, &["another"]);
    assert_eq!(*keyring.load(&PLACE).await.unwrap().unwrap(), SECRET);
    assert!(!watch.is_finished());

    session.judge.says(&["lock"]);
    assert_eq!((&mut watch).await.unwrap(), Ending::Locked);
    assert_eq!(keyring.until_locked(&PLACE).await, Ending::Locked);
    // There is no display, so its question cannot be shown: gnome-keyring says that it was dismissed.
    for refused in [
        keyring.load(&PLACE).await.map(drop),
        keyring.store(&PLACE, &[2; 32], "fob").await,
        keyring.remove(&PLACE).await.map(drop),
    ] {
        assert!(matches!(refused, Err(KeyringError::Dismissed)), "{refused:?}");
    }
    session.judge.says(&["unlock", PASSWORD]);
    assert_eq!(*keyring.load(&PLACE).await.unwrap().unwrap(), SECRET);
}
