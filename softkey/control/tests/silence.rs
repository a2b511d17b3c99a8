//! A bench that listens and says nothing, or says something else: a call ends in time and says why.

#![allow(clippy::unwrap_used, reason = "what does not fit ends its test")]

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::time::Duration;

use fob_softkey_control::{Client, ControlError, Op};
use serde_json::json;

/// A socket that somebody listens on, and the client that is connected to it.
fn connected() -> (tempfile::TempDir, UnixStream, Client) {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("control");
    let listener = UnixListener::bind(&path).unwrap();
    let mut client = Client::connect(&path).unwrap();
    client.set_patience(Duration::from_millis(40));
    let (theirs, _) = listener.accept().unwrap();
    (folder, theirs, client)
}

#[test]
fn a_bench_that_says_nothing_is_given_up() {
    let (_folder, _theirs, mut client) = connected();
    let error = client.call(None, Op::Touch {}).unwrap_err();
    assert!(matches!(error, ControlError::TimedOut(_)));
    assert_eq!(
        error.to_string(),
        "fob-softkey has not answered for 0.04 s: it is stopped, or busy with something else"
    );
}

#[test]
fn a_bench_that_reads_nothing_is_given_up() {
    let (_folder, _theirs, mut client) = connected();
    let script = vec![fob_softkey_control::Touch::Delay { ms: 5 }; 4_000];
    // The socket's buffer takes some of them.
    let late = (0..100).find_map(|_| {
        let error = client.call(None, Op::Presence { script: script.clone() }).unwrap_err();
        assert!(matches!(error, ControlError::TimedOut(_)), "{error}");
        client.call(None, Op::Touch {}).err()
    });
    assert!(matches!(late, Some(ControlError::TimedOut(_))));
}

#[test]
fn an_answer_that_comes_too_late_is_not_taken_for_the_next_one() {
    let (_folder, mut theirs, mut client) = connected();
    client.call(None, Op::Touch {}).unwrap_err();
    theirs
        .write_all(b"{\"id\":1,\"ok\":\"late\"}\n{\"event\":\"wink\",\"key\":\"a\"}\n{\"id\":2,\"ok\":\"in time\"}\n")
        .unwrap();
    assert_eq!(client.call(None, Op::Touch {}).unwrap(), json!("in time"));
    let mut lines = BufReader::new(theirs).lines();
    assert!(lines.next().unwrap().unwrap().contains("\"id\":1"));
    assert!(client.event(Duration::from_millis(40)).unwrap().is_some(), "the event was kept");
}

#[test]
fn a_bench_that_has_gone_is_not_waited_for() {
    let (_folder, theirs, mut client) = connected();
    client.set_patience(Duration::from_secs(3_600));
    drop(theirs);
    assert!(matches!(client.call(None, Op::Touch {}), Err(ControlError::Closed | ControlError::Io(_))));
}
