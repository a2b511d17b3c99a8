//! A fob-softkey for one connection, as far as its control channel shows: it says hello, gives the replies it was told,
//! and keeps the lines it heard.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) struct FakeBench {
    folder: TempDir,
    heard: JoinHandle<Vec<Value>>,
}

impl FakeBench {
    /// Listens; each reply is what comes beside the `id`, after it come the lines of `events`, then the end.
    pub(crate) fn new(replies: Vec<Value>, events: &'static [&'static str]) -> Self {
        Self::speaking(1, replies, events)
    }

    /// The same with another version of the protocol.
    pub(crate) fn speaking(protocol: u64, replies: Vec<Value>, events: &'static [&'static str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("ctl")).unwrap();
        let heard = std::thread::spawn(move || serve(&listener, protocol, replies, events));
        Self { folder, heard }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("ctl")
    }

    /// A place for files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it heard after hello, without the ids. Only after a call: it waits for the call's end.
    pub(crate) fn heard(self) -> Vec<Value> {
        self.heard.join().unwrap()
    }
}

fn serve(listener: &UnixListener, protocol: u64, replies: Vec<Value>, events: &[&str]) -> Vec<Value> {
    let (mut stream, _) = listener.accept().unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let hello = json!({"ok": {"protocol": protocol, "version": "0.1.0"}});
    let mut heard = Vec::new();
    for mut reply in std::iter::once(hello).chain(replies) {
        let Some(line) = lines.next() else { break };
        let mut request: Value = serde_json::from_str(&line.unwrap()).unwrap();
        reply["id"] = request.as_object_mut().unwrap().remove("id").unwrap();
        heard.push(request);
        stream.write_all(format!("{reply}\n").as_bytes()).unwrap();
    }
    assert_eq!(heard.remove(0), json!({"op": "hello"}));
    for event in events {
        // A call that has heard enough is gone.
        let _ = stream.write_all(format!("{event}\n").as_bytes());
    }
    drop(stream);
    heard
}
