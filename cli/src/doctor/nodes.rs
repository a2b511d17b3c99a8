//! Security keys as the kernel shows them, and whether we may open their nodes.

use std::fs;
use std::path::PathBuf;

use rustix::fs::{Access, access};

use super::report_descriptor::is_fido;
use super::{Check, Machine};

/// A node of a security key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    /// Such as `/dev/hidraw3`.
    pub(super) path: PathBuf,
    /// What the kernel calls the device. Text from outside.
    pub(super) product: String,
    /// Whether we may read and write it.
    pub(super) open: bool,
}

/// The nodes of all security keys.
pub(super) fn found(machine: &Machine) -> Vec<Node> {
    let entries = fs::read_dir(&machine.hidraw).into_iter().flatten().flatten();
    let mut nodes: Vec<Node> = entries
        .filter(|entry| fs::read(entry.path().join("device/report_descriptor")).is_ok_and(|bytes| is_fido(&bytes)))
        .map(|entry| {
            let path = machine.dev.join(entry.file_name());
            let event = fs::read_to_string(entry.path().join("device/uevent")).unwrap_or_default();
            let product = event.lines().find_map(|line| line.strip_prefix("HID_NAME=")).unwrap_or("a security key");
            let open = access(&path, Access::READ_OK | Access::WRITE_OK).is_ok();
            Node { path, product: product.to_owned(), open }
        })
        .collect();
    nodes.sort_by(|one, two| one.path.cmp(&two.path));
    nodes
}

/// A line for each.
pub(super) fn checks(nodes: &[Node]) -> Vec<Check> {
    if nodes.is_empty() {
        return vec![Check::ok("usb keys", "no security key is plugged in by USB")];
    }
    nodes.iter().map(check).collect()
}

fn check(node: &Node) -> Check {
    let path = node.path.display();
    match (node.open, node.path.exists()) {
        (true, _) => Check::ok("usb keys", format!("{} on {path} can be used", node.product)),
        (false, false) => {
            let advice = "in a container or sandbox, hand the node through; else see whether udev runs";
            Check::fail("usb keys", format!("{} is there, but has no node {path}", node.product), advice)
        }
        (false, true) => {
            let advice = "log in at this machine itself: its seat gets the key. If you are, install fob's rule from \
                          udev/, run `udevadm control --reload` and plug the key in again";
            Check::fail("usb keys", format!("{} on {path} is not yours to open", node.product), advice)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::*;

    #[test]
    fn a_key_without_its_node_is_told_apart_from_other_devices() {
        let root = tempfile::tempdir().unwrap();
        let machine = Machine {
            hidraw: root.path().join("hidraw"),
            dev: root.path().join("dev"),
            proc: root.path().join("proc"),
            ..Machine::this()
        };
        for (name, descriptor) in
            [("hidraw0", &[0x05, 0x01][..]), ("hidraw1", &[0x06, 0xD0, 0xF1]), ("hidraw2", &[0x06, 0xD0, 0xF1])]
        {
            let device = machine.hidraw.join(name).join("device");
            fs::create_dir_all(&device).unwrap();
            fs::write(device.join("report_descriptor"), descriptor).unwrap();
            fs::write(device.join("uevent"), "HID_ID=0003\nHID_NAME=Maker Key\n").unwrap();
        }
        fs::create_dir(&machine.dev).unwrap();
        fs::write(machine.dev.join("hidraw1"), b"").unwrap();
        let outcomes: Vec<_> =
            checks(&found(&machine)).into_iter().map(|check| (check.outcome, check.message)).collect();
        let path = machine.dev.join("hidraw1").display().to_string();
        assert_eq!(outcomes[0], (Outcome::Ok, format!("Maker Key on {path} can be used")));
        assert_eq!(outcomes[1].0, Outcome::Fail);
        assert_eq!(outcomes.len(), 2);
    }

    #[test]
    fn a_machine_without_keys_is_well() {
        let root = tempfile::tempdir().unwrap();
        let nowhere = root.path().join("none");
        let machine = Machine { hidraw: nowhere.clone(), dev: nowhere.clone(), proc: nowhere, ..Machine::this() };
        assert_eq!(checks(&found(&machine))[0].outcome, Outcome::Ok);
    }
}
