//! Security keys on a bad day: none, two, silent, pulled out, wrong PIN.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::fs;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::thread;

use fob_tests::fob::Left;
use fob_tests::house::House;
use fob_tests::server::Server;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, accept, bind, listen, socket_with};
use rustix::process::Signal;

const PASSWORD: &str = "a password of ada lovelace 1843";
const PIN: &str = "8462";

fn house() -> (House, Server) {
    let mut house = House::build().unwrap();
    house.start_daemon(&[]).unwrap();
    let server = house.start_server().unwrap();
    (house, server)
}

fn attach(house: &House, key: &Path) -> Left {
    house.fob().args("key attach").arg(key.to_string_lossy()).run().unwrap()
}

/// A key in software, attached.
fn key(house: &mut House, name: &str, touch: &str) -> PathBuf {
    let path = house.start_softkey(name, &["--ram", "--touch", touch]).unwrap();
    assert!(attach(house, &path).status.success());
    path
}

fn enroll(house: &House, server: &Server, user: &str, options: &str) -> Left {
    let call = house.fob().args("enroll").arg(server.origin()).args("--create --user").arg(user).args(options);
    call.secret("--password-fd", PASSWORD).secret("--pin-fd", PIN).run().unwrap()
}

#[test]
fn without_a_key_enrolment_says_so_in_time() {
    let (house, server) = house();
    enroll(&house, &server, "ada", "--timeout 15").explains(5, "key");
}

#[test]
fn a_refused_touch_is_told_apart() {
    let (mut house, server) = house();
    key(&mut house, "key", "deny");
    let left = enroll(&house, &server, "ada", "");
    assert_eq!(left.status.code(), Some(4), "{left:?}");
    assert!(left.stderr.contains("denied on the key"), "{left:?}");
}

#[test]
fn of_two_keys_the_one_that_knows_the_account_signs() {
    let (mut house, server) = house();
    key(&mut house, "first", "allow");
    assert!(enroll(&house, &server, "ada", "").status.success());
    // The second one never gets touched: a wrong choice would wait for ever.
    key(&mut house, "second", "ask");
    let call = house.fob().args("sign-in").arg(server.origin()).args("--user ada --with key");
    call.secret("--password-fd", PASSWORD).receive("--session-fd").ok().unwrap();
}

#[test]
fn a_key_that_goes_silent_is_given_up() {
    let (house, _server) = house();
    let path = house.home().join("run/silent");
    let silent = listener(&path);
    // It takes every connection and hears everything, for as long as the test runs.
    thread::spawn(move || {
        let mut connections = Vec::new();
        while let Ok(connection) = accept(&silent) {
            connections.push(connection);
        }
    });
    attach(&house, &path).explains(5, "does not answer");
}

/// A SEQPACKET socket at this path.
fn listener(path: &Path) -> OwnedFd {
    let socket = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
    bind(&socket, &SocketAddrUnix::new(path).unwrap()).unwrap();
    listen(&socket, 4).unwrap();
    socket
}

#[test]
fn a_key_pulled_out_in_the_middle_is_named() {
    let (mut house, server) = house();
    key(&mut house, "key", "ask");
    let mut softkey = house.take_softkey().unwrap();
    let left = thread::scope(|scope| {
        let call = scope.spawn(|| enroll(&house, &server, "ada", ""));
        // "ask" writes its question once the key waits for a touch.
        softkey.wait_until_it_says("Touch the key").unwrap();
        softkey.end(Signal::KILL).unwrap();
        call.join().unwrap()
    });
    left.explains(5, "removed");
    // The daemon is none the worse.
    assert!(house.fob().args("status").run().unwrap().status.success());
    assert_eq!(house.fob().args("key list").json().unwrap()["keys"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_wrong_pin_costs_one_try_and_says_how_many_are_left() {
    let (mut house, server) = house();
    key(&mut house, "key", "allow");
    house.fob().args("key pin set").secret("--pin-fd", PIN).ok().unwrap();
    let call = house.fob().args("enroll").arg(server.origin()).args("--create --user ada --passkey");
    let left = call.secret("--password-fd", PASSWORD).secret("--pin-fd", "0000").run().unwrap();
    left.explains(7, "7");
    assert_eq!(house.fob().args("key info").json().unwrap()["pin_retries"], 7);
}

#[test]
fn a_key_unplugged_is_not_listed_any_more() {
    let (mut house, _server) = house();
    let path = key(&mut house, "key", "allow");
    assert_eq!(house.fob().args("key list").json().unwrap()["keys"].as_array().map(Vec::len), Some(1));
    house.last_softkey().unwrap().end(Signal::TERM).unwrap();
    assert!(!path.exists(), "the software key left its socket behind");
    let start = std::time::Instant::now();
    while house.fob().args("key list").json().unwrap()["keys"].as_array().map(Vec::len) != Some(0) {
        assert!(start.elapsed().as_secs() < 30, "the daemon never noticed");
    }
    assert!(fs::metadata(house.socket()).is_ok());
}
