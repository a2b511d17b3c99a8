//! docs/dbus/ as it stands: every Python example and every line for `busctl` is run at a real fobd, as a companion and as
//! the script that any Python program is, and what comes of it is what the page says. Beside the companion's run two
//! monitors of the bus write down all that passes; no secret is in it.

use std::collections::BTreeSet;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use fob_tests::house::House;
use serde_json::Value;

use super::interfaces::{is_on_the_bus, json, methods, root};
use super::python::Python;

/// What the examples have for secrets. Those that fobd makes up come out of what the examples print.
const SECRETS: &[&str] = &[
    "correct horse battery staple",
    "314159",
    "2468",
    "JBSWY3DPEHPK3PXP",
    "GEZDGNBVGY3TQOJQ",
    "KRSXG5CTMVRXEZLU",
    "12345678901234567890",
    "the one for work",
    "254676",
    "287922",
    "qzt8-mfk2-w9vp",
    "c7rn-y4jb-t6gs",
];

/// What the examples find: a bus, a fobd with a companion beside it, a key, another vault, and somebody who says yes.
fn house(python: &Python) -> (House, PathBuf) {
    let mut house = House::build().unwrap();
    house.start_bus().unwrap();
    let fob = house.install(python.base()).unwrap();
    let prompt = house.home().join("bin/fob-prompt");
    // The first answer that is offered besides no.
    let yes = r#"#!/bin/sh
read -r question
choice=$(printf '%s' "$question" | sed -n 's/.*"choices":\["\([a-z0-9-]*\)".*/\1/p')
printf '{"answer":"granted","choice":"%s"}\n' "${choice:-once}" >&0
"#;
    std::fs::write(&prompt, yes).unwrap();
    std::fs::set_permissions(&prompt, PermissionsExt::from_mode(0o755)).unwrap();
    house.start_softkey("softkey", &["--ram", "--touch", "allow"]).unwrap();

    let mut other = House::build().unwrap();
    other.start_daemon(&[]).unwrap();
    other.make_vault(SECRETS[0]).unwrap();
    std::fs::copy(other.vault(), house.home().join("vault-of-my-laptop")).unwrap();

    house.start_daemon(&[]).unwrap();
    (house, fob)
}

/// The lines of a run: each example's, and the calls that were made.
fn run(mut caller: Command, door: &str, role: &str) -> (Vec<Value>, BTreeSet<String>) {
    let script = root().join("tests/tests/bus/run_page.py");
    let output = caller.arg(script).arg(root().join("docs")).args([door, role]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let mut lines: Vec<_> = said.lines().map(json).collect();
    let called = lines.pop().unwrap()["called"].as_array().unwrap().clone();
    (lines, called.iter().map(|name| name.as_str().unwrap().to_owned()).collect())
}

/// What the page says comes of a call, by who calls and at which door: `None` is an answer.
fn expected(line: &Value, companion: bool, door: &str) -> Option<&'static str> {
    let loopback = line["page"] == "loopback";
    match line["who"].as_str().unwrap_or_else(|| panic!("the page does not say who may: {line}")) {
        _ if loopback && door == "bus" => Some("org.freedesktop.DBus.Error.UnknownInterface"),
        "Everybody" | "Companions; others are asked about each time" => None,
        "The loopback listener, on fobd's own socket" => Some("Denied"),
        "Companions"
        | "Companions, on fobd's own socket"
        | "Companions, and programs that may name the origin"
        | "Whoever made the request" => (!companion).then_some("Denied"),
        other => panic!("nobody knows who {other:?} is"),
    }
}

fn does_what_the_page_says(lines: &[Value], companion: bool, door: &str) {
    for line in lines {
        let error = line["error"].as_str();
        assert_eq!(error, expected(line, companion, door), "{} at the {door}: {line}", line["heading"]);
    }
}

/// A program that writes down what passes on the bus.
fn monitor(house: &House, program: &str, arguments: &[&str]) -> (std::process::Child, PathBuf) {
    let path = house.home().join(format!("{program}.log"));
    let mut command = house.command(program);
    command.args(arguments).stdout(std::fs::File::create(&path).unwrap()).stderr(Stdio::null());
    (command.spawn().unwrap(), path)
}

fn text(path: &PathBuf) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned()
}

/// Waits until this is in the file: what came before it is, too.
fn wait_for(path: &PathBuf, words: &str) {
    for _ in 0..1000 {
        if text(path).contains(words) {
            return;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(10));
    }
    panic!("{words:?} never came into {}", path.display());
}

/// The secrets that fobd has made up in a run: what the examples print of them.
fn made_up(lines: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for line in lines {
        let said = line["said"].as_str().unwrap();
        let heading = line["heading"].as_str().unwrap();
        let name = heading.split(' ').next().unwrap();
        match (line["page"].as_str().unwrap(), name) {
            ("manager", "Init") | ("vault", "Rekey") => {
                let code = said.lines().find_map(|line| line.strip_prefix("write this down: ")).unwrap();
                found.extend([code.trim().to_owned(), code.trim().replace('-', "")]);
            }
            ("otp", "Code") => found.extend(said.split_whitespace().next().map(str::to_owned)),
            ("otp", "TakeRecoveryCode" | "Note") => found.push(said.trim().to_owned()),
            _ => {}
        }
    }
    assert_eq!(found.len(), 7, "{found:?}");
    assert!(found.iter().all(|secret| secret.len() >= 6), "{found:?}");
    found
}

/// Whether a value is in what a monitor wrote: a long one anywhere, a short one as a word of its own in a string.
fn leaks(log: &str, secret: &str) -> Option<String> {
    let is_part = |byte: Option<char>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let lines = log.lines().filter(|line| secret.len() > 8 || line.contains('"'));
    let found = lines.filter(|line| {
        line.match_indices(secret).any(|(at, _)| {
            secret.len() > 8
                || !(is_part(line[..at].chars().next_back()) || is_part(line[at + secret.len()..].chars().next()))
        })
    });
    // The header of a message and the time of it are not what was sent.
    found.filter(|line| !line.contains("Timestamp=") && !line.contains("time=")).map(str::to_owned).next()
}

#[test]
fn a_companion_gets_what_the_page_says_on_the_bus_and_no_monitor_sees_a_secret() {
    let Some(python) = Python::find() else { return };
    let (house, fob) = house(&python);
    let monitors = [monitor(&house, "busctl", &["--user", "monitor"]), monitor(&house, "dbus-monitor", &["--session"])];
    // What they see of a call of ours tells that they see.
    for (_, path) in &monitors {
        for _ in 0..100 {
            let mut look = house.command("busctl");
            look.args(["--user", "call", "dev.fob.Fob1", "/dev/fob/Fob1", "dev.fob.Manager1", "Status"]);
            assert!(look.output().unwrap().status.success());
            if text(path).contains("Status") {
                break;
            }
        }
        wait_for(path, "Status");
    }
    let (lines, mut called) = run(python.companion(&house, &fob), "bus", "companion");
    does_what_the_page_says(&lines, true, "bus");
    let mut wanted = methods();
    wanted.retain(|method| is_on_the_bus(method));
    called.retain(|method| wanted.contains(method));
    assert_eq!(called, wanted, "every call has an example, so that it was monitored");

    let mut last = house.command("busctl");
    last.args(["--user", "call", "dev.fob.Fob1", "/dev/fob/Fob1", "org.freedesktop.DBus.Peer", "NoSuchMethodAtTheEnd"]);
    last.output().unwrap();
    let secrets = made_up(&lines);
    for (mut monitor, path) in monitors {
        wait_for(&path, "NoSuchMethodAtTheEnd");
        monitor.kill().unwrap();
        monitor.wait().unwrap();
        let log = text(&path);
        for method in &wanted {
            let member = method.split('.').nth(1).unwrap();
            assert!(log.contains(&format!("Member={member}")) || log.contains(&format!("member={member}")), "{method}");
        }
        for secret in SECRETS.iter().copied().chain(secrets.iter().map(String::as_str)) {
            assert_eq!(leaks(&log, secret), None, "{secret} in {}", path.display());
        }
    }
}

#[test]
fn a_companion_gets_what_the_page_says_on_fobds_own_socket() {
    let Some(python) = Python::find() else { return };
    let (house, fob) = house(&python);
    let (lines, called) = run(python.companion(&house, &fob), "socket", "companion");
    does_what_the_page_says(&lines, true, "socket");
    assert!(called.is_superset(&methods()), "{:?}", methods().difference(&called).collect::<Vec<_>>());
}

#[test]
fn a_script_gets_what_the_page_says_at_both_doors_and_so_does_busctl() {
    let Some(python) = Python::find() else { return };
    let (house, fob) = house(&python);
    // So that there is something to be had.
    run(python.companion(&house, &fob), "bus", "companion");
    for door in ["bus", "socket"] {
        let (lines, _) = run(python.script(&house), door, "script");
        does_what_the_page_says(&lines, false, door);
    }
    let mut typed = 0;
    for page in std::fs::read_dir(root().join("docs/dbus")).unwrap() {
        let page = std::fs::read_to_string(page.unwrap().path()).unwrap();
        for section in page.split("\n### ").skip(1) {
            let who = section.lines().find_map(|line| line.strip_prefix('*')?.strip_suffix(".*")).unwrap();
            for line in section.split("```sh\n").skip(1).flat_map(|rest| rest.split("```").next().unwrap().lines()) {
                type_at_a_terminal(&house, line, who);
                typed += 1;
            }
        }
    }
    assert!(typed > 20, "{typed}");
}

/// A line as somebody types it, who gets what the page says.
fn type_at_a_terminal(house: &House, line: &str, who: &str) {
    let key = "KEY=$(busctl --user tree --list dev.fob.Fob1 | sed -n 's|^/dev/fob/Fob1/key/||p' | head -1)";
    let mut shell = house.command("sh");
    let mut child = shell
        .args(["-c", &format!("{key}\n{line}")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status = child.wait().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    let refused = said.contains("may not do this");
    match who {
        // The monitor is ended by its time.
        "Everybody" => assert!(status.success() || line.starts_with("timeout "), "{line}: {said}"),
        // A key that is not there, or one that is.
        _ if who.contains("others are asked") => assert!(!refused, "{line}: {said}"),
        "Companions" | "Companions, and programs that may name the origin" => assert!(refused, "{line}: {said}"),
        "Whoever made the request" => assert!(said.contains("Unknown object"), "{line}: {said}"),
        "The loopback listener, on fobd's own socket" => assert!(said.contains("Unknown interface"), "{line}: {said}"),
        other => panic!("nobody knows who {other:?} is: {line}"),
    }
}
