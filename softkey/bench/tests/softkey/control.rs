//! The control channel and people who do not mean well by it.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use fob_ctap::get_info::GetInfo;
use fob_softkey_control::{Incoming, Op, PROTOCOL, Reply};
use serde_json::json;

use crate::place::Place;

struct Line {
    reader: BufReader<UnixStream>,
}

impl Line {
    fn open(place: &Place) -> Self {
        let stream = UnixStream::connect(place.path("control")).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { reader: BufReader::new(stream) }
    }

    fn say(&mut self, bytes: &[u8]) {
        self.reader.get_mut().write_all(bytes).unwrap();
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        line
    }

    fn reply(&mut self) -> Reply {
        match Incoming::from_line(&self.hear()).unwrap() {
            Incoming::Reply(reply) => reply,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn it_is_its_owners_alone_and_goes_with_the_program() {
    let mut place = Place::with(&[]);
    let mode = std::fs::metadata(place.path("control")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let hello = place.tell(Op::Hello {});
    assert_eq!(hello["protocol"], json!(PROTOCOL));
    assert!(place.program.as_mut().unwrap().signal(rustix::process::Signal::TERM).success());
    assert!(!place.path("control").exists());
}

#[test]
fn replies_have_their_requests_ids_in_order() {
    let place = Place::with(&[]);
    let mut line = Line::open(&place);
    // Several lines in one write, one in two; blank ones count for nothing.
    line.say(b"{\"id\":1,\"op\":\"hello\"}\n\n{\"id\":\"two\",\"op\":\"keys\"}\n{\"id\":3,\"op\":");
    line.say(b"\"credentials\"}\r\n");
    assert_eq!(line.reply().id, json!(1));
    assert_eq!(line.reply().id, json!("two"));
    let third = line.reply();
    assert_eq!((third.id, third.outcome), (json!(3), Ok(json!([]))));
}

#[test]
fn junk_is_answered_and_the_connection_goes_on() {
    let place = Place::with(&[]);
    let mut line = Line::open(&place);
    for junk in [
        &b"hello\n"[..],
        b"\x00\xff\xfe\x80\n",
        b"{\"op\":\"explode\"}\n",
        b"{\"op\":\"touch\",\"key\":\"nobody\"}\n",
        b"{\"op\":\"touch\"}\n",
        b"{\"op\":\"presence\",\"script\":{}}\n",
        b"{\"op\":\"import\",\"credential\":{\"credentialId\":\"*\",\"rpId\":\"a\",\"userHandle\":\"\"}}\n",
        b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n",
    ] {
        line.say(junk);
        assert!(line.reply().outcome.is_err(), "{}", String::from_utf8_lossy(junk));
    }
    line.say(b"{\"op\":\"hello\"}\n");
    assert!(line.reply().outcome.is_ok());
}

#[test]
fn a_line_without_end_is_answered_once_and_never_kept() {
    let place = Place::with(&[]);
    let mut line = Line::open(&place);
    let pid = place.program.as_ref().unwrap().child.id();
    let resident = || {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap().to_owned();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let before = resident();
    for _ in 0..16_384 {
        line.say(&[b'x'; 4_096]);
    }
    assert!(line.hear().contains("65536"));
    assert!(resident() < before + 8_192, "64 MiB went through, and less than 8 are kept");
    // The next line is a line again.
    line.say(b"\n{\"op\":\"hello\"}\n");
    assert!(line.reply().outcome.is_ok());
}

#[test]
fn thousands_of_connections_are_bounded_and_the_key_goes_on() {
    let place = Place::with(&[]);
    let mut held: Vec<Line> = Vec::new();
    let mut refused = 0;
    for _ in 0..2_000 {
        let Ok(stream) = UnixStream::connect(place.path("control")) else { continue };
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut line = Line { reader: BufReader::new(stream) };
        // Whoever is refused is told so and closed; whoever is not gets an answer.
        let said = line.reader.get_mut().write_all(b"{\"op\":\"hello\"}\n");
        match line.hear() {
            answer if answer.contains("\"ok\"") => held.push(line),
            answer if answer.contains("too many programs") => refused += 1,
            answer => panic!("{said:?}: {answer:?}"),
        }
    }
    assert_eq!((held.len(), refused), (32, 2_000 - 32));
    place.platform().send(&GetInfo).unwrap();
    drop(held);
    // There is room again as soon as the program has noticed.
    let again = (0..1_000).any(|_| {
        let mut line = Line::open(&place);
        let _ = line.reader.get_mut().write_all(b"{\"op\":\"hello\"}\n");
        line.hear().contains("\"ok\"")
    });
    assert!(again);
}

#[test]
fn a_watcher_that_does_not_read_stops_nobody() {
    let place = Place::with(&[]);
    let mut line = Line::open(&place);
    line.say(b"{\"op\":\"watch\",\"what\":[\"log\"]}\n");
    let mut platform = place.platform();
    for _ in 0..200 {
        let data = vec![7; 7_609];
        assert_eq!(platform.transact(fob_ctap::hid::HidCommand::Ping, &data, |_, _| {}), data);
    }
    place.tell(Op::Hello {});
}

#[test]
fn whoever_hangs_up_after_asking_still_has_it_done() {
    let place = Place::with(&[]);
    let mut stream = UnixStream::connect(place.path("control")).unwrap();
    stream.write_all(b"{\"op\":\"presence\",\"script\":[{\"do\":\"deny\"}]}\n").unwrap();
    drop(stream);
    let told = (0..1_000).any(|_| place.control().keys().unwrap()[0].script == 1);
    assert!(told);
}
