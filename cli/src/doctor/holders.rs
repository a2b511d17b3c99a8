//! Other programs at the key: who holds its node open (as far as the system lets us see), and pcscd.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::nodes::Node;
use super::{Check, Machine};

/// What these have open is no news.
const OURS: [&str; 2] = ["fobd", "fob"];

/// One line about all of them.
pub(super) fn check(machine: &Machine, nodes: &[Node]) -> Check {
    let mut holders = BTreeSet::new();
    let mut pcscd = false;
    for process in fs::read_dir(&machine.proc).into_iter().flatten().flatten() {
        let Ok(name) = fs::read_to_string(process.path().join("comm")) else { continue };
        let name = name.trim_end();
        pcscd |= name == "pcscd";
        if !OURS.contains(&name) && holds(&process.path(), nodes) {
            holders.insert(name.to_owned());
        }
    }
    if !holders.is_empty() {
        let names = holders.into_iter().collect::<Vec<_>>().join(", ");
        let advice = "that is all right while it does nothing with it; if fob says the key is busy, end it";
        return Check::warn("others", format!("a key is held open by {names}"), advice);
    }
    if pcscd {
        return Check::ok("others", "pcscd runs; it uses a key's smart card side, and fob does not");
    }
    Check::ok("others", "nobody else is seen at a key")
}

/// Whether one of its descriptors is one of the nodes. Other users' processes do not show theirs.
fn holds(process: &Path, nodes: &[Node]) -> bool {
    let descriptors = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    let mut targets = descriptors.filter_map(|entry| fs::read_link(entry.path()).ok());
    targets.any(|target| nodes.iter().any(|node| node.path == target))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::super::Outcome;
    use super::*;

    #[test]
    fn who_holds_a_key_open_is_named() {
        let root = tempfile::tempdir().unwrap();
        let machine = Machine {
            hidraw: root.path().into(),
            dev: root.path().into(),
            proc: root.path().join("proc"),
            ..Machine::this()
        };
        let node = Node { path: root.path().join("hidraw1"), product: String::new(), open: true };
        for (id, name, target) in [("1", "pcscd", "/dev/null"), ("2", "browser", ""), ("3", "fobd", "")] {
            let process = machine.proc.join(id);
            fs::create_dir_all(process.join("fd")).unwrap();
            fs::write(process.join("comm"), format!("{name}\n")).unwrap();
            let target = if target.is_empty() { node.path.as_path() } else { Path::new(target) };
            symlink(target, process.join("fd/5")).unwrap();
        }
        let found = check(&machine, std::slice::from_ref(&node));
        assert_eq!(found.outcome, Outcome::Warn);
        assert_eq!(found.message, "a key is held open by browser");
        assert!(check(&machine, &[]).message.starts_with("pcscd runs"));
    }
}
