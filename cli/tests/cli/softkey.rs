//! `fob softkey`: what it says on the control channel, in the words of `docs/softkey.md`, and what it makes of the answers.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use fob::Exit;
use serde_json::{Value, json};

use super::common::bench::FakeBench;
use super::common::daemon::FakeDaemon;
use super::common::{Left, with};

async fn run(control: &Path, line: &str) -> Left {
    let line = format!("softkey --control {} {line}", control.display());
    with(&FakeDaemon::new()).run(&line).await
}

/// The line that goes over the channel, and what is said after this reply.
async fn said(line: &str, reply: Value) -> (Value, Left) {
    let bench = FakeBench::new(vec![reply], &[]);
    let left = run(&bench.path(), line).await;
    let mut heard = bench.heard();
    assert_eq!(heard.len(), 1, "{line}: {heard:?} {left}");
    (heard.remove(0), left)
}

#[tokio::test]
async fn every_command_is_one_operation() {
    let key = "cTEy";
    let null = || json!(null);
    for (line, request, ok) in [
        ("plug", json!({"op": "plug"}), null()),
        ("unplug --key work", json!({"op": "unplug", "key": "work"}), null()),
        ("--key work power-cycle", json!({"op": "power-cycle", "key": "work"}), null()),
        ("touch", json!({"op": "touch"}), null()),
        ("refuse", json!({"op": "refuse"}), null()),
        ("presence --clear", json!({"op": "presence", "script": []}), null()),
        ("seed 7", json!({"op": "seed", "seed": 7}), null()),
        ("clock virtual", json!({"op": "clock", "mode": "virtual"}), json!({"now": 5})),
        ("clock real", json!({"op": "clock", "mode": "real"}), json!({"now": 5})),
        ("advance 3600000", json!({"op": "advance", "ms": 3_600_000}), json!({"now": 3_600_005})),
        ("keys", json!({"op": "keys"}), json!([])),
        ("fault clear", json!({"op": "clear-faults"}), null()),
        ("credential list", json!({"op": "credentials"}), json!([])),
        ("credential export -", json!({"op": "export"}), json!([])),
        ("credential forget cTEy", json!({"op": "forget", "credential_id": key}), null()),
    ] {
        let (heard, left) = said(line, json!({"ok": ok})).await;
        assert_eq!(heard, request, "{line}");
        assert_eq!(left.exit, Exit::Ok, "{line}: {left}");
    }
}

#[tokio::test]
async fn a_script_has_a_step_for_each_word() {
    let steps = "presence allow deny delay:500 time-out time-out:20 hold race:touch race:cancel";
    let (heard, left) = said(steps, json!({"ok": null})).await;
    assert_eq!(
        heard["script"],
        json!([{"do": "allow"}, {"do": "deny"}, {"do": "delay", "ms": 500}, {"do": "time-out"},
            {"do": "time-out", "ms": 20}, {"do": "hold"}, {"do": "race", "winner": "touch"},
            {"do": "race", "winner": "cancel"}])
    );
    assert_eq!((left.exit, left.out.as_str()), (Exit::Ok, "The next touches are set.\n"));
    let (heard, left) = said("fingers good:1 poor:4 none", json!({"ok": {"sensor": false}})).await;
    let script = json!([{"do": "good", "finger": 1}, {"do": "poor", "status": 4}, {"do": "none"}]);
    assert_eq!(heard, json!({"op": "fingers", "script": script}));
    assert!(left.out.contains("has no sensor"), "{left}");
}

#[tokio::test]
async fn every_fault_of_the_page_can_be_made() {
    let wire = [
        ("drop", json!({"kind": "drop", "direction": "to-host"})),
        ("duplicate:to-key", json!({"kind": "duplicate", "direction": "to-key"})),
        ("reorder", json!({"kind": "reorder", "direction": "to-host"})),
        ("truncate:20", json!({"kind": "truncate", "length": 20})),
        ("silence", json!({"kind": "silence"})),
        ("slow:60", json!({"kind": "slow", "ms": 60})),
        ("keepalive:1", json!({"kind": "keepalive", "status": 1})),
        ("busy", json!({"kind": "busy"})),
        ("wrong-nonce", json!({"kind": "wrong-nonce"})),
        ("foreign:0x0A0B0C0D", json!({"kind": "foreign", "channel": 168_496_141})),
        ("unplug", json!({"kind": "unplug"})),
    ];
    let response = [
        ("bogus-signature", json!({"kind": "bogus-signature"})),
        ("flags:up,uv,be,bs", json!({"kind": "flags", "flip": ["up", "uv", "be", "bs"]})),
        ("counter:7", json!({"kind": "counter", "value": 7})),
        ("counter-back:3", json!({"kind": "counter-back", "by": 3})),
        ("wrong-rp-id-hash", json!({"kind": "wrong-rp-id-hash"})),
        ("cbor:key-order", json!({"kind": "cbor", "how": "key-order"})),
        ("cbor:indefinite", json!({"kind": "cbor", "how": "indefinite"})),
        ("unknown-members", json!({"kind": "unknown-members"})),
        ("status:58", json!({"kind": "status", "code": 58})),
    ];
    let store = [
        ("fail", json!({"kind": "fail"})),
        ("short-write", json!({"kind": "short-write"})),
        ("full", json!({"kind": "full"})),
        ("crash:before", json!({"kind": "crash", "when": "before"})),
        ("short-write:20", json!({"kind": "short-write", "bytes": 20})),
        ("full:20", json!({"kind": "full", "bytes": 20})),
        ("crash-within:20", json!({"kind": "crash-within", "bytes": 20})),
        ("crash-at:1", json!({"kind": "crash-at", "step": 1})),
    ];
    for (part, faults) in [("wire", &wire[..]), ("response", &response), ("store", &store)] {
        let words: Vec<&str> = faults.iter().map(|(word, _)| *word).collect();
        let bench = FakeBench::new(vec![json!({"ok": null}); faults.len()], &[]);
        let left = run(&bench.path(), &format!("fault {part} {}", words.join(" "))).await;
        assert_eq!(left.exit, Exit::Ok, "{left}");
        let op = format!("{part}-fault");
        let expected: Vec<Value> =
            faults.iter().map(|(_, fault)| json!({"op": op, "fault": fault, "after": 0})).collect();
        assert_eq!(bench.heard(), expected);
    }
    let line = "fault response status:0x3a --command 0x02 --after 3 --times 0";
    let (heard, _) = said(line, json!({"ok": null})).await;
    let fault = json!({"kind": "status", "code": 58});
    assert_eq!(heard, json!({"op": "response-fault", "fault": fault, "command": 2, "after": 3, "times": 0}));
}

#[tokio::test]
async fn of_several_faults_those_before_a_refusal_are_told() {
    let refused = json!({"error": {"name": "failed", "message": "there are too many faults"}});
    let bench = FakeBench::new(vec![json!({"ok": null}), refused], &[]);
    let left = run(&bench.path(), "fault wire drop busy silence").await;
    assert_eq!(left.exit, Exit::Failed);
    assert_eq!(left.err, "fob: there are too many faults\ncause: 1 fault before it stayed\n");
    assert_eq!(bench.heard().len(), 2);
}

#[tokio::test]
async fn an_id_may_begin_with_a_hyphen() {
    for line in ["credential forget -hTEy", "credential forget --json -hTEy", "credential forget -hTEy --json"] {
        let (heard, left) = said(line, json!({"ok": null})).await;
        assert_eq!(heard, json!({"op": "forget", "credential_id": "-hTEy"}), "{line}");
        assert_eq!(left.out.starts_with('{'), line.contains("--json"), "{line}: {left}");
    }
}

#[tokio::test]
async fn keys_are_listed_for_a_person_and_for_a_program() {
    let keys = json!([
        {"name": "work", "face": "socket /tmp/a\u{1b}[2J", "plugged": true, "profile": "default", "credentials": 2,
            "waiting": "sign in", "script": 1, "faults": 0},
        {"name": "home", "face": "stream /tmp/b", "plugged": false, "profile": "no-pin", "credentials": 0,
            "waiting": null, "script": 0, "faults": 3},
    ]);
    let (_, left) = said("keys", json!({"ok": keys})).await;
    insta::assert_snapshot!(left.out);
    let (_, left) = said("keys --json", json!({"ok": keys})).await;
    assert!(!left.out.contains('\u{1b}'));
    assert_eq!(
        serde_json::from_str::<Value>(&left.out).unwrap(),
        json!({"schema": "fob.softkey-keys/1", "keys": keys})
    );
}

/// In the form of WebAuthn Level 3 §11.5.
fn credential(id: &str) -> Value {
    json!({"credentialId": id, "isResidentCredential": true, "rpId": "id.example", "privateKey": "c2VjcmV0",
        "userHandle": "YWRh", "userName": "ada\u{202e}", "signCount": 4})
}

#[tokio::test]
async fn exported_credentials_are_for_the_owner_alone_and_go_in_again() {
    let bench = FakeBench::new(vec![json!({"ok": [credential("YQ"), credential("Yg")]})], &[]);
    let file = bench.folder().join("keys.json");
    let left = run(&bench.path(), &format!("credential export {} --json", file.display())).await;
    let answer: Value = serde_json::from_str(&left.out).unwrap();
    assert_eq!((&answer["schema"], &answer["credentials"]), (&json!("fob.softkey-credential-export/1"), &json!(2)));
    assert!(!left.out.contains("c2VjcmV0") && !left.err.contains("c2VjcmV0"), "{left}");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let written = std::fs::read_to_string(&file).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), json!([credential("YQ"), credential("Yg")]));

    let other = FakeBench::new(vec![json!({"ok": null}), json!({"ok": null})], &[]);
    let left = run(&other.path(), &format!("credential import {}", file.display())).await;
    assert_eq!((left.exit, left.out.as_str()), (Exit::Ok, "2 credentials imported.\n"));
    let expected = ["YQ", "Yg"].map(|id| json!({"op": "import", "credential": credential(id)}));
    assert_eq!(other.heard(), expected);

    // A file is never written over.
    let again = FakeBench::new(vec![json!({"ok": []})], &[]);
    let left = run(&again.path(), &format!("credential export {}", file.display())).await;
    assert_eq!(left.exit, Exit::Failed);
    assert!(left.err.contains("hint: name a file that is not there yet"), "{left}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), written);
}

#[tokio::test]
async fn private_keys_are_shown_only_where_they_are_asked_for() {
    for line in ["credential list", "credential list --json"] {
        let (_, left) = said(line, json!({"ok": [credential("YQ")]})).await;
        assert!(left.out.contains("id.example") && !left.out.contains("c2VjcmV0"), "{left}");
        assert!(!left.out.contains('\u{202e}'), "{left}");
    }
    let (_, left) = said("credential export -", json!({"ok": [credential("YQ")]})).await;
    assert_eq!(serde_json::from_str::<Value>(&left.out).unwrap(), json!([credential("YQ")]));
    let left = run(Path::new("/nowhere/ctl"), "credential export - --json").await;
    assert_eq!((left.exit, left.out.contains("both")), (Exit::Usage, true), "{left}");
}

#[tokio::test]
async fn a_file_that_is_none_is_not_repeated_and_nothing_is_sent() {
    let call = with(&FakeDaemon::new()).stdin(r#"[{"credentialId": "hunter2", "hunter2": 1}]"#);
    let left = call.run("softkey --control /nowhere/ctl credential import -").await;
    assert_eq!(left.exit, Exit::Failed);
    assert!(left.err.starts_with("fob: - is no file of credentials") && !left.err.contains("hunter2"), "{left}");
}

#[tokio::test]
async fn what_happens_is_a_line_each() {
    const EVENTS: &[&str] = &[
        r#"{"event": "touch-wanted", "key": "key", "reason": "sign in", "rp_id": "id.example\u001b[2J"}"#,
        r#"{"event": "of a newer bench"}"#,
        r#"{"event": "touch-over", "key": "key"}"#,
        r#"{"event": "wink", "key": "key"}"#,
    ];
    let bench = FakeBench::new(vec![json!({"ok": null})], EVENTS);
    let left = run(&bench.path(), "watch").await;
    assert_eq!(
        left.out,
        "key wants to be touched: sign in, id.example[2J\n\
        key does not want to be touched any more\nkey winks\n"
    );
    assert_eq!((left.exit, left.err.as_str()), (Exit::Failed, "fob: fob-softkey has closed the control channel\n"));
    assert_eq!(bench.heard(), [json!({"op": "watch", "what": ["touch", "wink", "plug"]})]);

    let bench = FakeBench::new(vec![json!({"ok": null})], EVENTS);
    let left = run(&bench.path(), "watch touch log --count 2 --json").await;
    assert_eq!(left.exit, Exit::Ok, "{left}");
    let lines: Vec<Value> = left.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1], json!({"schema": "fob.softkey-event/1", "event": "touch-over", "key": "key"}));
    assert_eq!(bench.heard(), [json!({"op": "watch", "what": ["touch", "log"]})]);
}

#[tokio::test]
async fn a_refusal_is_told_in_one_sentence_with_what_to_do() {
    let mut text = String::new();
    for (line, name, message) in [
        ("touch", "not-now", "the key does not wait for a touch"),
        ("plug --key attic", "no-such-key", "there is no key attic\u{9b}2J"),
        ("touch --json", "not-now", "the key does not wait for a touch"),
        ("unplug", "of-a-newer-bench", "the moon is full"),
    ] {
        let (_, left) = said(line, json!({"error": {"name": name, "message": message}})).await;
        text += &format!("$ fob softkey {line}\n{left}\n");
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn without_a_bench_it_says_how_to_start_one() {
    let mut text = String::new();
    for line in [
        "--control /nowhere/ctl touch",
        "touch --control /nowhere/ctl --json",
        "--control /nowhere/ctl --key work keys",
        "--control /nowhere/ctl advance 3600001",
        "--control /nowhere/ctl presence delay",
        "--control /nowhere/ctl fault wire nonsense",
        "--control /nowhere/ctl presence",
    ] {
        let left = with(&FakeDaemon::new()).run(&format!("softkey {line}")).await;
        text += &format!("$ fob softkey {line}\n{left}\n");
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn a_bench_that_speaks_another_protocol_or_none_is_left_alone() {
    let bench = FakeBench::speaking(2, vec![json!({"ok": null})], &[]);
    let left = run(&bench.path(), "unplug").await;
    assert_eq!(left.exit, Exit::Failed);
    assert!(left.err.starts_with("fob: this fob-softkey speaks another protocol"), "{left}");
    assert_eq!(bench.heard(), [] as [Value; 0]);

    let (_, left) = said("keys", json!({"ok": "none of your business"})).await;
    assert_eq!(left.exit, Exit::Failed);
    assert!(left.err.starts_with("fob: fob-softkey said something that cannot be read\ncause: "), "{left}");
}
