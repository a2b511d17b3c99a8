//! What goes wrong on a bad day: each gives one clear sentence, a way on, the documented exit code, and loses nothing.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::thread;

use fob_tests::fob::Left;
use fob_tests::house::House;

const PASSPHRASE: &str = "correct horse battery staple";

/// A house with a locked vault of one account.
fn locked_house() -> House {
    let mut house = House::build().unwrap();
    house.start_daemon(&[]).unwrap();
    house.make_vault(PASSPHRASE).unwrap();
    house.fob().args("otp add").stdin("otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP").ok().unwrap();
    house.fob().args("lock").ok().unwrap();
    house
}

fn unlock(house: &House) -> Left {
    house.fob().args("unlock").secret("--passphrase-fd", PASSPHRASE).run().unwrap()
}

/// The code is as documented, the first line says what failed, and there is a way on.
#[track_caller]
fn explains(left: &Left, code: i32, words: &str) {
    left.explains(code, words);
    assert!(left.stdout.is_empty(), "messages belong on standard error: {left:?}");
    assert!(left.stderr.starts_with("fob: "), "{left:?}");
}

#[test]
fn a_wrong_passphrase_opens_nothing_and_loses_nothing() {
    let house = locked_house();
    let before = fs::read(house.vault()).unwrap();
    explains(&house.fob().args("unlock").secret("--passphrase-fd", "wrong").run().unwrap(), 4, "wrong passphrase");
    assert_eq!(fs::read(house.vault()).unwrap(), before);
    assert!(unlock(&house).status.success());
}

/// What happens to a vault's bytes.
type Damage = fn(&[u8]) -> Vec<u8>;

#[test]
fn a_vault_that_is_not_whole_is_named_and_left_alone() {
    let cases: [(&str, Damage, &str); 4] = [
        ("empty", |_| Vec::new(), "empty"),
        ("cut short", |vault| vault[..vault.len() - 7].to_vec(), "cut short"),
        ("one bit flipped", |vault| flipped(vault, vault.len() - 5), "damaged"),
        ("something else", |_| b"#!/bin/sh\n".to_vec(), "not a fob vault"),
    ];
    for (case, change, words) in cases {
        let mut house = locked_house();
        let broken = change(&fs::read(house.vault()).unwrap());
        fs::write(house.vault(), &broken).unwrap();
        house.start_daemon(&[]).unwrap();
        explains(&unlock(&house), 1, words);
        assert_eq!(fs::read(house.vault()).unwrap(), broken, "{case}: the file was touched");
        let init =
            house.fob().args("init").secret("--passphrase-fd", "another").receive("--recovery-fd").run().unwrap();
        assert_eq!(init.status.code(), Some(1), "{case}: init wrote over it: {init:?}");
        assert_eq!(fs::read(house.vault()).unwrap(), broken, "{case}: the file was touched");
    }
}

fn flipped(vault: &[u8], at: usize) -> Vec<u8> {
    let mut vault = vault.to_vec();
    vault[at] ^= 1;
    vault
}

#[test]
fn a_missing_vault_is_no_first_run() {
    let house = locked_house();
    fs::rename(house.vault(), house.home().join("elsewhere")).unwrap();
    explains(&unlock(&house), 1, "no vault");
    assert!(!house.vault().exists(), "a vault was made without being asked for");
}

#[test]
fn a_vault_that_others_can_read_is_refused() {
    let house = locked_house();
    fs::set_permissions(house.vault(), fs::Permissions::from_mode(0o644)).unwrap();
    explains(&unlock(&house), 1, "open to others");
}

#[test]
fn an_older_vault_put_back_is_noticed() {
    let house = locked_house();
    let older = fs::read(house.vault()).unwrap();
    assert!(unlock(&house).status.success());
    house.fob().args("otp add").stdin("otpauth://totp/Other:ada?secret=JBSWY3DPEHPK3PXQ").ok().unwrap();
    house.fob().args("lock").ok().unwrap();
    fs::write(house.vault(), older).unwrap();
    explains(&unlock(&house), 1, "retired or foreign");
}

#[test]
fn nonsense_is_no_account() {
    let house = locked_house();
    unlock(&house);
    for (uri, words) in [
        ("https://example.org", "otpauth"),
        ("otpauth://totp/Example:ada", "secret"),
        ("otpauth://totp/Example:ada?secret=", "secret"),
        ("otpauth://totp/Example:ada?secret=JBSWY3DP&period=abc", "period"),
        ("otpauth://xotp/Example:ada?secret=JBSWY3DPEHPK3PXP", "none of totp, hotp"),
        ("\u{0}\u{1b}[31m", "otpauth"),
    ] {
        let left = house.fob().args("otp add").stdin(uri).run().unwrap();
        explains(&left, 1, words);
        assert!(!left.stderr.contains('\u{1b}'), "control characters reach the terminal: {left:?}");
        assert!(!left.stderr.contains("JBSWY3DP"), "the secret is in the message: {left:?}");
    }
    assert_eq!(house.fob().args("status").json().unwrap()["entries"], 1);
}

#[test]
fn a_secret_in_an_argument_is_refused_before_it_is_used() {
    let house = locked_house();
    let left = house.fob().args("otp add").arg("otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP").run().unwrap();
    assert_eq!(left.status.code(), Some(2), "{left:?}");
    assert!(!left.stderr.contains("JBSWY3DP"), "{left:?}");
}

#[test]
fn no_daemon_is_said_so() {
    let house = House::build().unwrap();
    explains(&house.fob().args("status").run().unwrap(), 9, "fobd");
}

#[test]
fn a_passphrase_is_not_given_to_something_that_is_not_fobd() {
    let house = House::build().unwrap();
    fs::create_dir_all(house.socket().parent().unwrap()).unwrap();
    let listener = UnixListener::bind(house.socket()).unwrap();
    let heard = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard);
        heard
    });
    let left = house.fob().args("unlock").secret("--passphrase-fd", PASSPHRASE).run().unwrap();
    explains(&left, 9, "not fobd");
    assert_eq!(heard.join().unwrap(), b"", "it was spoken to");
}

#[test]
fn a_server_that_fails_or_leads_elsewhere_is_not_followed() {
    let mut house = House::build().unwrap();
    house.start_daemon(&[]).unwrap();
    for (answer, words) in [
        ("HTTP/1.1 500 Oops\r\ncontent-length: 4\r\nconnection: close\r\n\r\nOops", "500"),
        (
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            "does not follow",
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>",
            "not as a sign-in server",
        ),
    ] {
        let (origin, server) = one_answer(answer);
        let call = house.fob().args("sign-in").arg(origin).args("--user ada").receive("--session-fd");
        let left = call.secret("--password-fd", "a password").run().unwrap();
        explains(&left, 1, words);
        drop(server);
    }
    let left = house.fob().args("sign-in http://example.org --user ada").receive("--session-fd").run().unwrap();
    assert_eq!(left.status.code(), Some(2), "plain HTTP to a stranger: {left:?}");
}

/// A server that gives every caller the same answer.
fn one_answer(answer: &'static str) -> (String, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let server = thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (origin, server)
}
