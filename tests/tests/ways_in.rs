//! Ways into the vault, whole: a person's commands, the daemon, and keys in software.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use fob_tests::fob::{Fob, Left};
use fob_tests::house::House;
use fob_tests::program::Program;
use serde_json::Value;

const PASSPHRASE: &str = "correct horse battery staple";
const PIN: &str = "8462";
const URI: &str = "otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP&issuer=Example";

/// A house with an open vault and one account; and the vault's recovery code.
fn house() -> (House, String) {
    let mut house = House::build().unwrap();
    house.start_daemon(&[]).unwrap();
    let recovery = house.make_vault(PASSPHRASE).unwrap();
    house.fob().args("otp add").secret("--uri-fd", URI).ok().unwrap();
    (house, recovery)
}

/// A key in software with a PIN, attached. Its id and its socket.
fn key(house: &mut House, name: &str, touch: &str) -> (String, PathBuf) {
    let path = house.start_softkey(name, &["--ram", "--touch", touch]).unwrap();
    let id = attach(house, &path);
    house.fob().args("key pin set --key").arg(&id).secret("--pin-fd", PIN).ok().unwrap();
    (id, path)
}

fn attach(house: &House, path: &Path) -> String {
    let attached = house.fob().args("key attach").arg(path.to_string_lossy()).json().unwrap();
    attached["id"].as_str().unwrap().to_owned()
}

fn detach(house: &House, id: &str) {
    house.fob().args("key detach").arg(id).ok().unwrap();
}

/// A command with the passphrase and a key's PIN.
fn sure<'h>(house: &'h House, line: &str) -> Fob<'h> {
    house.fob().args(line).secret("--passphrase-fd", PASSPHRASE)
}

fn lock(house: &House) {
    house.fob().args("lock").ok().unwrap();
}

/// The same, with a key's PIN as well.
fn with_pin<'h>(house: &'h House, line: &str) -> Fob<'h> {
    sure(house, line).secret("--pin-fd", PIN)
}

fn by_key(house: &House) -> Left {
    house.fob().args("unlock --key").secret("--pin-fd", PIN).run().unwrap()
}

fn gives_codes(house: &House) -> bool {
    let left = house.fob().args("otp code ada --raw").run().unwrap();
    left.status.success() && left.stdout.trim().len() == 6
}

fn kinds(house: &House) -> Vec<String> {
    let slots = house.fob().args("vault slots").json().unwrap();
    let kind = |slot: &Value| slot["kind"].as_str().unwrap().to_owned();
    slots["slots"].as_array().unwrap().iter().map(kind).collect()
}

#[test]
fn a_removed_key_opens_nothing_and_the_one_that_was_kept_does() {
    let (mut house, recovery) = house();
    let (red, red_socket) = key(&mut house, "red", "allow");
    let added = with_pin(&house, "vault slot add key --label red").json().unwrap();
    assert_eq!((&added["slot"]["kind"], &added["slot"]["label"]), (&"key".into(), &"red".into()), "{added}");
    lock(&house);
    let opened = by_key(&house);
    assert!(opened.status.success() && opened.stderr.contains("Touch your key"), "{opened:?}");
    assert!(gives_codes(&house));

    // The same key a second time is no second key.
    let twice = with_pin(&house, "vault slot add key --label again").run().unwrap();
    assert_eq!(twice.status.code(), Some(1), "{twice:?}");
    detach(&house, &red);

    let (blue, _) = key(&mut house, "blue", "allow");
    with_pin(&house, "vault slot add key --label blue").ok().unwrap();
    assert_eq!(kinds(&house), ["passphrase", "recovery", "key", "key"]);
    // Without a word about the other key nothing happens.
    let silent = sure(&house, "vault slot remove red").receive("--new-recovery-fd").run().unwrap();
    silent.explains(2, "goes");
    assert_eq!(kinds(&house).len(), 4);
    let removal = with_pin(&house, "vault slot remove red --keep blue --yes --json");
    let removed = removal.receive("--new-recovery-fd").ok().unwrap();
    let answer: Value = serde_json::from_str(&removed.stdout).unwrap();
    assert_eq!(answer["removed"][0]["label"], "red", "{answer}");
    assert_eq!(answer["dropped"].as_array().map(Vec::len), Some(0), "{answer}");
    assert_eq!(answer.get("recovery_code"), None, "it went into the pipe");

    // What stayed opens, what went does not, and neither does the recovery code of before.
    lock(&house);
    assert!(by_key(&house).status.success());
    lock(&house);
    detach(&house, &blue);
    attach(&house, &red_socket);
    let red = by_key(&house);
    assert_eq!(red.status.code(), Some(5), "{red:?}");
    let old = house.fob().args("unlock").secret("--recovery-fd", &recovery).run().unwrap();
    assert_eq!(old.status.code(), Some(4), "{old:?}");
    assert!(!gives_codes(&house));
    house.fob().args("unlock").secret("--recovery-fd", removed.received.trim()).ok().unwrap();
    assert!(gives_codes(&house));
}

#[test]
fn where_both_are_wanted_neither_opens_alone() {
    let (mut house, recovery) = house();
    let barred = sure(&house, "vault policy passphrase-and-key").receive("--new-recovery-fd").run().unwrap();
    barred.explains(1, "key");
    let (id, socket) = key(&mut house, "key", "allow");
    with_pin(&house, "vault slot add key --label mine").ok().unwrap();
    let change = with_pin(&house, "vault policy passphrase-and-key --keep mine --yes --json");
    let changed = change.receive("--new-recovery-fd").ok().unwrap();
    assert!(changed.stdout.contains("\"passphrase-and-key\""), "{changed:?}");
    assert_eq!(kinds(&house), ["passphrase-and-key", "recovery"]);
    assert_eq!(house.fob().args("vault policy").json().unwrap()["policy"], "passphrase-and-key");

    lock(&house);
    let wrong = house.fob().args("unlock").secret("--passphrase-fd", "another one").secret("--pin-fd", PIN).run();
    assert_eq!(wrong.as_ref().unwrap().status.code(), Some(4), "{wrong:?}");
    let right = with_pin(&house, "unlock").run().unwrap();
    assert!(right.status.success() && right.stderr.contains("Touch your key"), "{right:?}");
    assert!(gives_codes(&house));

    // The keyring may not stand beside it.
    let keyring = sure(&house, "vault slot add keyring --login").run().unwrap();
    assert_eq!(keyring.status.code(), Some(1), "{keyring:?}");
    // A new key for the same ways, in which the key proves and stays.
    let rotated = with_pin(&house, "vault rotate --keep mine --yes").receive("--new-recovery-fd").ok().unwrap();
    lock(&house);
    detach(&house, &id);
    for gone in [&recovery, changed.received.trim()] {
        let left = house.fob().args("unlock").secret("--recovery-fd", gone).run().unwrap();
        assert_eq!(left.status.code(), Some(4), "{left:?}");
    }
    house.fob().args("unlock").secret("--recovery-fd", rotated.received.trim()).ok().unwrap();
    lock(&house);
    attach(&house, &socket);
    with_pin(&house, "unlock").ok().unwrap();

    let back = with_pin(&house, "vault policy any --keep mine --yes").receive("--new-recovery-fd").run().unwrap();
    assert!(back.status.success(), "{back:?}");
    lock(&house);
    sure(&house, "unlock").ok().unwrap();
    lock(&house);
    assert!(by_key(&house).status.success());
}

/// Somebody locks while a key waits for a touch: what was under way is thrown away, and the key goes dark.
#[test]
fn a_lock_ends_what_waits_for_a_touch() {
    let (mut house, _) = house();
    key(&mut house, "slow", "ask");
    let mut slow = house.take_softkey().unwrap();
    let left = thread::scope(|scope| {
        let call = scope.spawn(|| with_pin(&house, "vault slot add key --label never").run().unwrap());
        slow.wait_until_it_says("Touch the key").unwrap();
        lock(&house);
        call.join().unwrap()
    });
    assert!(!left.status.success() && left.stderr.contains("lock"), "{left:?}");
    slow.wait_until_it_says("cancelled").unwrap();
    sure(&house, "unlock").ok().unwrap();
    assert_eq!(kinds(&house), ["passphrase", "recovery"]);
}

#[test]
fn a_wrong_pin_opens_nothing_and_says_how_many_tries_are_left() {
    let (mut house, _) = house();
    key(&mut house, "key", "allow");
    with_pin(&house, "vault slot add key").ok().unwrap();
    lock(&house);
    let wrong = house.fob().args("unlock --key").secret("--pin-fd", "0000").run().unwrap();
    assert_eq!(wrong.status.code(), Some(7), "{wrong:?}");
    assert!(wrong.stderr.contains("7 tries left"), "{wrong:?}");
    assert!(!gives_codes(&house));
}

#[test]
fn a_quick_pin_opens_a_soft_lock_three_times_wrong_and_it_is_a_full_one() {
    let (house, _) = house();
    // Without one a soft lock is a full one.
    assert_eq!(house.fob().args("lock --soft").json().unwrap()["vault"], "locked");
    sure(&house, "unlock").ok().unwrap();
    let short = sure(&house, "vault pin set").secret("--pin-fd", "123").run().unwrap();
    assert_eq!(short.status.code(), Some(1), "{short:?}");
    with_pin(&house, "vault pin set").ok().unwrap();
    assert_eq!(house.fob().args("status").json().unwrap()["quick_pin"], true);

    assert_eq!(house.fob().args("lock --soft").json().unwrap()["vault"], "soft-locked");
    let status = house.fob().args("status").json().unwrap();
    assert_eq!(status["vault"], "soft-locked");
    assert!(status["soft_until"].as_u64().unwrap() > 7 * 3_600, "{status}");
    assert!(!gives_codes(&house));
    let quick = |pin: &str| house.fob().args("unlock --pin").secret("--pin-fd", pin).run().unwrap();
    assert!(quick(PIN).status.success());
    assert!(gives_codes(&house));

    house.fob().args("lock --soft").ok().unwrap();
    for left in ["2", "1"] {
        let wrong = quick("0000");
        assert_eq!(wrong.status.code(), Some(7), "{wrong:?}");
        assert!(wrong.stderr.contains(left), "{wrong:?}");
    }
    let last = quick("0000");
    assert!(!last.status.success(), "{last:?}");
    assert_eq!(house.fob().args("status").json().unwrap()["vault"], "locked");
    // The right one is too late.
    assert_eq!(quick(PIN).status.code(), Some(3));
    sure(&house, "unlock").ok().unwrap();
    assert!(gives_codes(&house));
}

#[test]
fn what_the_keyring_keeps_opens_the_vault_unasked() {
    let Some((house, _keyring)) = house_with_keyring() else { return };
    let refused = house.fob().args("vault slot add keyring").run().unwrap();
    refused.explains(2, "login");
    let added = sure(&house, "vault slot add keyring --login").json().unwrap();
    assert_eq!(added["slot"]["opens_with_login"], true, "{added}");
    lock(&house);
    // No command asks for anything.
    assert!(gives_codes(&house));
    lock(&house);
    assert_eq!(house.fob().args("unlock").json().unwrap()["by"], "secret-service");

    sure(&house, "vault slot remove keyring --yes").receive("--new-recovery-fd").ok().unwrap();
    lock(&house);
    assert!(!gives_codes(&house));
    assert_eq!(house.fob().args("unlock --keyring").run().unwrap().status.code(), Some(1));
}

/// A house with a session bus and gnome-keyring, unlocked as by a login; none where that is not installed.
fn house_with_keyring() -> Option<(House, Program)> {
    let there = Command::new("gnome-keyring-daemon").arg("--version").stdout(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no gnome-keyring");
        return None;
    }
    let mut house = House::build().unwrap();
    house.start_bus().unwrap();
    let unlocked = "printf %s password | exec gnome-keyring-daemon --unlock --foreground --components=secrets";
    let mut command = house.command("/bin/sh");
    command.args(["-c", unlocked]).stdout(Stdio::null());
    let mut keyring = Program::start("gnome-keyring-daemon", &mut command).unwrap();
    keyring.wait_until(|| is_owned(&house, "org.freedesktop.secrets")).unwrap();
    house.start_daemon(&[]).unwrap();
    house.make_vault(PASSPHRASE).unwrap();
    house.fob().args("otp add").secret("--uri-fd", URI).ok().unwrap();
    Some((house, keyring))
}

fn is_owned(house: &House, name: &str) -> bool {
    let mut command = house.command("dbus-send");
    command.args([
        "--session",
        "--print-reply",
        "--dest=org.freedesktop.DBus",
        "/",
        "org.freedesktop.DBus.GetNameOwner",
    ]);
    let status = command.arg(format!("string:{name}")).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
