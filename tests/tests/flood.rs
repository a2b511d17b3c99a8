//! Callers that mean ill, at a real fobd and both of its doors: a flood of requests and of questions, callers that never
//! read or never finish a word, messages that are too long, descriptors without end. Meanwhile an honest companion has its
//! codes, fobd's memory and diary stay small, and afterwards nothing is left of them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use fob_tests::house::House;

#[path = "bus/python.rs"]
mod python;

use python::Python;

/// What the middle one of an honest caller's codes may take, in milliseconds.
const CODE: f64 = 20.0;
/// Memory of fobd's own that is not a file's, in KiB.
const MEMORY: u64 = 64 * 1024;
/// What fobd may write about all that, in bytes.
const DIARY: usize = 256 * 1024;

/// What is done to fobd, and at which doors: the broker of the bus sees to the rest there.
const ATTACKS: &[(&str, &[&str])] = &[
    ("burst", &["socket", "bus"]),
    ("denied", &["socket", "bus"]),
    ("silent", &["socket", "bus"]),
    ("deaf", &["socket", "bus"]),
    ("connections", &["socket"]),
    ("giant", &["socket", "bus"]),
    ("large", &["socket", "bus"]),
    ("descriptors", &["socket", "bus"]),
    ("prompts", &["socket", "bus"]),
    ("tokens", &["socket", "bus"]),
    ("nonsense", &["socket"]),
];

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

struct Besieged {
    house: House,
    fob: PathBuf,
    python: Python,
    daemon: u32,
}

impl Besieged {
    fn build(python: Python) -> Self {
        let mut house = House::build().unwrap();
        house.start_bus().unwrap();
        let fob = house.install(python.base()).unwrap();
        // Somebody who never answers.
        let prompt = house.home().join("bin/fob-prompt");
        std::fs::write(&prompt, "#!/bin/sh\nread -r question\nread -r withdrawn\n").unwrap();
        std::fs::set_permissions(&prompt, PermissionsExt::from_mode(0o755)).unwrap();
        let daemon = house.start_daemon(&[]).unwrap().id();
        let besieged = Self { house, fob, python, daemon };
        besieged.prepare();
        besieged
    }

    fn prepare(&self) {
        let script = "
import sys
sys.path.insert(0, sys.argv[1])
from fob_bus import *
fob = Fob.own_socket()
fob.call('Manager1', 'Init', 'hh', given('a passphrase for a siege'), Taken())
fob.call('Otp1', 'Add', 'ha{sv}', given('otpauth://totp/GitHub:ada?secret=JBSWY3DPEHPK3PXP&issuer=GitHub'), {})
";
        let mut companion = self.python.companion(&self.house, &self.fob);
        let output = companion.arg("-c").arg(script).arg(file("../docs/examples")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The honest caller's durations, in milliseconds, in order.
    fn honest(&self, door: &str) -> Vec<f64> {
        let mut companion = self.python.companion(&self.house, &self.fob);
        let output =
            companion.arg(file("tests/flood/honest.py")).arg(file("../docs/examples")).arg(door).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn attack(&self, kind: &str, door: &str) -> Child {
        let mut script = self.python.script(&self.house);
        let script = script.arg(file("tests/flood/attack.py")).args([kind, door]);
        let mut child = script.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "begun", "{kind} at the {door}");
        child
    }

    fn status(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.daemon)).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.daemon)).unwrap().count()
    }

    /// Waits until fobd has as few descriptors and threads as before.
    fn settles(&self, descriptors: usize, threads: u64, what: &str) {
        let mut now = (0, 0);
        for _ in 0..600 {
            now = (self.descriptors(), self.status("Threads:"));
            if now.0 <= descriptors && now.1 <= threads {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
        panic!(
            "{what}: {} descriptors and {} threads are left, and there were {descriptors} and {threads}",
            now.0, now.1
        );
    }
}

fn withstands(kind: &str, door: &str) {
    let Some(python) = Python::find() else { return };
    let mut besieged = Besieged::build(python);
    besieged.honest(door);
    besieged.settles(usize::MAX, 1, "before");
    let (descriptors, threads) = (besieged.descriptors(), besieged.status("Threads:"));

    let (over, most) = (AtomicBool::new(false), AtomicU64::new(0));
    let took = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                most.fetch_max(besieged.status("RssAnon:"), Ordering::SeqCst);
                std::thread::park_timeout(Duration::from_millis(2));
            }
        });
        let mut attack = besieged.attack(kind, door);
        let took = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| besieged.honest(door)));
        attack.kill().unwrap();
        attack.wait().unwrap();
        over.store(true, Ordering::SeqCst);
        took.unwrap_or_else(|_| panic!("{kind} at the {door}: the honest caller was not served"))
    });
    let median = took[took.len() / 2];
    let most = most.load(Ordering::SeqCst);
    eprintln!("{kind} at the {door}: median {median:.2} ms, at most {most} KiB");
    assert!(median < CODE, "{kind} at the {door}: a code takes {median:.1} ms");
    assert!(most < MEMORY, "{kind} at the {door}: fobd has {most} KiB");
    besieged.settles(descriptors, threads, kind);
    let diary = besieged.house.daemon().unwrap().diary();
    assert!(diary.len() < DIARY, "{kind} at the {door}: {} bytes in the diary", diary.len());
    assert!(!diary.contains("panicked"), "{diary}");
}

macro_rules! attacks {
    ($($name:ident: $kind:literal at $door:literal,)*) => {
        $(
            #[test]
            fn $name() {
                withstands($kind, $door);
            }
        )*

        #[test]
        fn no_attack_is_left_out() {
            let tried = [$(($kind, $door)),*];
            for (kind, doors) in ATTACKS {
                for door in *doors {
                    assert!(tried.contains(&(kind, door)), "{kind} at the {door}");
                }
            }
            assert_eq!(tried.len(), ATTACKS.iter().map(|(_, doors)| doors.len()).sum::<usize>());
            let written = std::fs::read_to_string(file("tests/flood/attack.py")).unwrap();
            assert_eq!(written.matches("(door):\n    \"\"\"").count(), ATTACKS.len());
        }
    };
}

attacks! {
    ten_thousand_requests_at_once_on_the_socket: "burst" at "socket",
    ten_thousand_requests_at_once_on_the_bus: "burst" at "bus",
    ten_thousand_refusals_on_the_socket: "denied" at "socket",
    ten_thousand_refusals_on_the_bus: "denied" at "bus",
    requests_that_want_no_answer_on_the_socket: "silent" at "socket",
    requests_that_want_no_answer_on_the_bus: "silent" at "bus",
    callers_that_never_read_on_the_socket: "deaf" at "socket",
    callers_that_never_read_on_the_bus: "deaf" at "bus",
    a_thousand_connections: "connections" at "socket",
    giant_messages_on_the_socket: "giant" at "socket",
    giant_messages_on_the_bus: "giant" at "bus",
    large_messages_without_an_end_on_the_socket: "large" at "socket",
    large_messages_without_an_end_on_the_bus: "large" at "bus",
    descriptors_with_every_message_on_the_socket: "descriptors" at "socket",
    descriptors_with_every_message_on_the_bus: "descriptors" at "bus",
    a_flood_of_questions_on_the_socket: "prompts" at "socket",
    a_flood_of_questions_on_the_bus: "prompts" at "bus",
    a_name_for_every_request_on_the_socket: "tokens" at "socket",
    a_name_for_every_request_on_the_bus: "tokens" at "bus",
    what_no_client_says: "nonsense" at "socket",
}
