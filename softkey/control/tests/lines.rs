//! Lines as `docs/softkey.md` writes them, read by the bench's side.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "what does not fit ends its test")]

use fob_softkey_control::{
    CrashPoint, Direction, ErrorName, Event, Flag, Incoming, Op, RaceWinner, Request, ResponseFault, Sloppiness,
    StoreFault, Touch, Watch, WireFault,
};
use serde_json::{Value, json};

fn op(line: &str) -> Op {
    Request::from_line(line.as_bytes()).unwrap().op
}

#[test]
fn the_examples_of_the_page_are_read() {
    let script = r#"{"id":1,"op":"presence","script":[{"do":"allow"},{"do":"delay","ms":500},{"do":"time-out"},
        {"do":"time-out","ms":20},{"do":"hold"},{"do":"race","winner":"cancel"},{"do":"deny"}]}"#;
    let steps = vec![
        Touch::Allow {},
        Touch::Delay { ms: 500 },
        Touch::TimeOut { ms: None },
        Touch::TimeOut { ms: Some(20) },
        Touch::Hold {},
        Touch::Race { winner: RaceWinner::Cancel },
        Touch::Deny {},
    ];
    assert_eq!(op(script), Op::Presence { script: steps });
    assert_eq!(
        op(r#"{"op":"wire-fault","fault":{"kind":"drop","direction":"to-key"},"after":2}"#),
        Op::WireFault { fault: WireFault::Drop { direction: Direction::ToKey }, after: 2, times: None }
    );
    let fault = ResponseFault::Flags { flip: vec![Flag::Uv, Flag::Bs] };
    assert_eq!(
        op(r#"{"op":"response-fault","command":2,"fault":{"kind":"flags","flip":["uv","bs"]},"times":0}"#),
        Op::ResponseFault { fault, command: Some(2), after: 0, times: Some(0) }
    );
    assert_eq!(
        op(r#"{"op":"response-fault","fault":{"kind":"cbor","how":"key-order"}}"#),
        Op::ResponseFault {
            fault: ResponseFault::Cbor { how: Sloppiness::KeyOrder },
            command: None,
            after: 0,
            times: None
        }
    );
    assert_eq!(
        op(r#"{"op":"store-fault","fault":{"kind":"crash","when":"after"},"after":3}"#),
        Op::StoreFault { fault: StoreFault::Crash { when: CrashPoint::After }, after: 3, times: None }
    );
    for (fault, read) in [
        (r#"{"kind":"short-write"}"#, StoreFault::ShortWrite { bytes: 0 }),
        (r#"{"kind":"short-write","bytes":20}"#, StoreFault::ShortWrite { bytes: 20 }),
        (r#"{"kind":"full","bytes":20}"#, StoreFault::Full { bytes: 20 }),
        (r#"{"kind":"crash-within","bytes":20}"#, StoreFault::CrashWithin { bytes: 20 }),
        (r#"{"kind":"crash-at","step":1}"#, StoreFault::CrashAt { step: 1 }),
    ] {
        let line = format!(r#"{{"op":"store-fault","fault":{fault}}}"#);
        assert_eq!(op(&line), Op::StoreFault { fault: read, after: 0, times: None }, "{line}");
    }
    assert_eq!(op(r#"{"op":"watch","what":["touch","log"]}"#), Op::Watch { what: vec![Watch::Touch, Watch::Log] });
}

#[test]
fn id_and_key_come_out_of_the_line() {
    let request = Request::from_line(br#"{"op":"touch","key":"b","id":"x-1"}"#).unwrap();
    assert_eq!((request.id, request.key.as_deref(), request.op), (json!("x-1"), Some("b"), Op::Touch {}));
}

#[test]
fn what_is_no_request_is_named_and_never_half_done() {
    for (line, id) in [
        (&b"hello"[..], Value::Null),
        (b"[]", Value::Null),
        (b"\xff\xfe", Value::Null),
        (br#"{"id":3}"#, json!(3)),
        (br#"{"id":4,"op":"tuoch"}"#, json!(4)),
        (br#"{"id":5,"op":"touch","harder":true}"#, json!(5)),
        (br#"{"id":6,"op":"advance"}"#, json!(6)),
        (br#"{"id":7,"op":"advance","ms":-1}"#, json!(7)),
        (br#"{"id":8,"op":"wire-fault","fault":{"kind":"drop","direction":"up"}}"#, json!(8)),
        (br#"{"id":9,"op":"wire-fault","fault":{"kind":"silence","ms":4}}"#, json!(9)),
        (br#"{"id":10,"op":"presence","script":[{"do":"allow","ms":4}]}"#, json!(10)),
        (br#"{"id":11,"op":"touch","key":7}"#, json!(11)),
        (br#"{"id":12,"op":"wire-fault","fault":{"kind":"truncate","length":64}}"#, json!(12)),
        (br#"{"id":{"a":1},"op":"touch"}"#, Value::Null),
    ] {
        let reply = Request::from_line(line).unwrap_err();
        assert_eq!(reply.id, id, "{}", String::from_utf8_lossy(line));
        assert_eq!(reply.outcome.unwrap_err().name, ErrorName::BadRequest);
    }
    // As deep as it likes: the reader does not recurse without end.
    let deep = format!("{}{}", r#"{"op":"#.repeat(20_000), "}".repeat(20_000));
    assert!(Request::from_line(deep.as_bytes()).is_err());
}

#[test]
fn a_client_reads_what_a_bench_writes() {
    let event = r#"{"event":"touch-wanted","key":"a","reason":"register","rp_id":"site.example"}"#;
    let Incoming::Event(Event::TouchWanted { key, reason, rp_id }) = Incoming::from_line(event).unwrap() else {
        panic!("no touch");
    };
    assert_eq!((key.as_str(), reason.as_str(), rp_id.as_deref()), ("a", "register", Some("site.example")));
    assert_eq!(Incoming::from_line(r#"{"event":"weather","rain":true}"#).unwrap(), Incoming::Unknown);
    let line = r#"{"id":1,"error":{"name":"on-tuesdays","message":"come back"}}"#;
    let Incoming::Reply(reply) = Incoming::from_line(line).unwrap() else { panic!("no reply") };
    assert_eq!(reply.outcome.unwrap_err().name, ErrorName::Other);
}
