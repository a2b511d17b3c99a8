//! One description, three times: the file, the running daemon's own word at both doors, the proxies.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use fob_tests::house::House;
use serde_json::Value;

use super::python::Python;

/// Only served on fobd's own socket.
const OWN_SOCKET_ONLY: &[&str] = &["dev.fob.Loopback1"];

pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The files, by their interface's name.
pub(crate) fn files() -> BTreeMap<String, PathBuf> {
    let folder = std::fs::read_dir(root().join("crates/bus/interfaces")).unwrap();
    let paths = folder.map(|file| file.unwrap().path());
    paths.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path)).collect()
}

/// What an XML document of introspection says, as lines of text in no order: `method Code in query s` and the like.
/// Python's parser reads it, which knows nothing of ours.
const DESCRIBE: &str = r#"
import json, sys, xml.etree.ElementTree as tree
found = {}
for text in json.load(sys.stdin):
    for interface in tree.fromstring(text.encode()).iter("interface"):
        lines = set()
        for member in interface:
            if member.tag == "annotation":
                continue
            name = f"{member.tag} {member.get('name')}"
            lines.add(name)
            for number, arg in enumerate(member.findall("arg")):
                lines.add(f"{name} {number} {arg.get('direction', 'out')} {arg.get('name', '')} {arg.get('type')}")
            if member.tag == "property":
                lines.add(f"{name} {member.get('type')} {member.get('access')}")
            for annotation in member.findall("annotation"):
                if not annotation.get("name").endswith("DocString"):
                    lines.add(f"{name} {annotation.get('name')} {annotation.get('value')}")
        found[interface.get("name")] = sorted(lines)
print(json.dumps(found))
"#;

/// Asks fobd at one door what is at a path; `python` is a companion, so that it may attach a key and have a request.
const INTROSPECT: &str = r#"
import json, os, sys
sys.path.insert(0, sys.argv[1])
from fob_bus import *
fob = Fob() if sys.argv[2] == "bus" else Fob.own_socket()
key = fob.call("Manager1", "AttachKey", "s", os.environ["XDG_RUNTIME_DIR"] + "/key")
options = {
    "challenge": "AAAA", "rp": {"id": "example.org", "name": "E"}, "user": {"id": "YQ", "name": "a", "displayName": "a"},
    "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
}
fob.call("Manager1", "DetachKey", "s", key)
options = {"handle_token": ("s", "t"), "request_json": ("s", json.dumps(options))}
request = fob.call("WebAuthn1", "CreateCredential", "sssa{sv}", "", "https://example.org", "publicKey", options)
key = fob.call("Manager1", "AttachKey", "s", os.environ["XDG_RUNTIME_DIR"] + "/other")
paths = [ROOT, f"{ROOT}/key/{key}", request]
print(json.dumps([fob.call("org.freedesktop.DBus.Introspectable", "Introspect", path=path) for path in paths]))
"#;

type Description = BTreeMap<String, BTreeSet<String>>;

fn describe(python: &Python, house: &House, documents: &[String]) -> Description {
    let mut command = python.script(house);
    let mut child = command
        .args(["-c", DESCRIBE])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    serde_json::to_writer(child.stdin.take().unwrap(), documents).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_files_are_what_fobd_says_at_both_doors() {
    let Some(python) = Python::find() else { return };
    let mut house = House::build().unwrap();
    house.start_bus().unwrap();
    let fob = house.install(python.base()).unwrap();
    house.start_daemon(&[]).unwrap();
    // The key that a request waits for is one that nobody touches.
    house.start_softkey("key", &["--ram"]).unwrap();
    house.start_softkey("other", &["--ram", "--touch", "ask"]).unwrap();

    let written: Vec<_> = files().values().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let written = describe(&python, &house, &written);
    assert_eq!(
        written.keys().collect::<Vec<_>>(),
        files().keys().collect::<Vec<_>>(),
        "a file has its interface's name"
    );
    for door in ["bus", "socket"] {
        let mut command = python.companion(&house, &fob);
        let output = command.arg("-c").arg(INTROSPECT).arg(root().join("docs/examples")).arg(door).output().unwrap();
        assert!(output.status.success(), "{door}: {}", String::from_utf8_lossy(&output.stderr));
        let said: Vec<String> = serde_json::from_slice(&output.stdout).unwrap();
        let mut said = describe(&python, &house, &said);
        said.retain(|name, _| name.starts_with("dev.fob."));
        let mut expected = written.clone();
        expected.retain(|name, _| door == "socket" || !OWN_SOCKET_ONLY.contains(&name.as_str()));
        for (name, lines) in &said {
            let file = expected.get(name).unwrap_or_else(|| panic!("{name} has no file in crates/bus/interfaces"));
            assert_eq!(lines, file, "{name} on the {door}");
        }
        assert_eq!(said.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "on the {door}");
    }
}

/// GLib's generator refuses what D-Bus does not allow.
#[test]
fn glib_understands_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new("gdbus-codegen")
        .arg("--generate-docbook")
        .arg("page")
        .args(files().values())
        .current_dir(&folder)
        .output();
    let Ok(made) = made else {
        assert!(std::env::var_os("FOB_JUDGES").is_none(), "FOB_JUDGES is set, and there is no gdbus-codegen");
        eprintln!("skipped: there is no gdbus-codegen");
        return;
    };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), files().len());
}

/// The members that each proxy has, from its source: there is no other place where a proxy says them.
fn proxies() -> BTreeMap<String, BTreeSet<String>> {
    let source = std::fs::read_to_string(root().join("crates/bus/src/proxy.rs")).unwrap();
    let mut found = BTreeMap::new();
    for part in source.split("#[proxy(").skip(1) {
        let name = part.split('"').nth(1).unwrap().to_owned();
        let members = part.split("    fn ").skip(1).map(|member| {
            let (name, rest) = member.split_once('(').unwrap();
            let arguments = rest.split(')').next().unwrap().split([',', '\n']);
            let arguments = arguments.filter_map(|argument| argument.trim().split_once(": ")).map(|(name, _)| name);
            let name: String = name.split('_').map(capitalised).collect();
            format!("{name} {}", arguments.collect::<Vec<_>>().join(" "))
        });
        found.insert(name, members.map(|member| member.trim().to_owned()).collect());
    }
    found
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

#[test]
fn the_proxies_have_every_member_of_the_files_and_no_other() {
    let Some(python) = Python::find() else { return };
    let house = House::build().unwrap();
    let written: Vec<_> = files().values().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let written = describe(&python, &house, &written);
    let of_files: BTreeMap<_, _> = written.iter().map(|(name, lines)| (name.clone(), members(lines))).collect();
    assert_eq!(proxies(), of_files);
}

/// `Code query options code` for a method, a signal with its arguments, a property.
fn members(lines: &BTreeSet<String>) -> BTreeSet<String> {
    let words: Vec<Vec<&str>> = lines.iter().map(|line| line.split(' ').collect()).collect();
    let named = words.iter().filter(|words| words.len() == 2);
    let described = named.map(|member| {
        let given =
            |line: &&Vec<&str>| line[..2] == member[..] && line.len() == 6 && (line[3] == "in" || line[0] == "signal");
        // Their numbers sort them: no call has ten.
        let arguments: Vec<_> = words.iter().filter(given).map(|line| line[4]).collect();
        format!("{} {}", member[1], arguments.join(" ")).trim().to_owned()
    });
    described.collect()
}

/// What a run of the examples must have called: every method of every interface.
pub(crate) fn methods() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (interface, path) in files() {
        let text = std::fs::read_to_string(path).unwrap();
        let names = text.split("<method name=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        found.extend(names.map(|name| format!("{}.{name}", interface.trim_start_matches("dev.fob."))));
    }
    assert!(found.len() > 40, "{found:?}");
    found
}

/// Whether the interface of a method is there at the session bus.
pub(crate) fn is_on_the_bus(method: &str) -> bool {
    !OWN_SOCKET_ONLY.iter().any(|name| method.starts_with(name.trim_start_matches("dev.fob.")))
}

/// A line of what `run_page.py` says.
pub(crate) fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|_| panic!("this is not JSON: {line}"))
}
