//! Keys that are plugged in: the list after a look at what is there now.

use std::sync::Arc;

use fob_bus::CallError;
use fob_client::discover::{Node, NodeProblem};
use fob_otp::printable;

use super::{Key, Keys, Place, new_id};
use crate::thread::blocking;

impl Keys {
    /// Looks which keys are plugged in now.
    ///
    /// # Errors
    /// When nobody can tell; the list stays as it was.
    pub(crate) async fn look(self: &Arc<Self>) -> Result<(), CallError> {
        let keys = self.clone();
        let nodes = blocking(move || keys.ways.find()).await?;
        self.change(|list| {
            let after = after(list, nodes, new_id);
            let changed = !same(list, &after);
            if changed {
                *list = after;
            }
            changed
        });
        Ok(())
    }
}

/// The list after the nodes that are there were seen. Attached keys stay, and so do the ids of keys that were there
/// before: the same device at the same place with the same serial number.
fn after(before: &[Key], nodes: Vec<Node>, mut new_id: impl FnMut() -> String) -> Vec<Key> {
    let attached = before.iter().filter(|key| matches!(key.place, Place::Socket { .. })).cloned();
    let plugged = nodes.into_iter().map(|node| {
        let known = before.iter().find(|key| {
            matches!(&key.place, Place::Hid { identity, node: path } if *identity == node.identity && *path == node.path)
        });
        Key {
            id: known.map_or_else(&mut new_id, |key| key.id.clone()),
            product: printable(&node.product).into_owned(),
            place: Place::Hid { node: node.path, identity: node.identity },
            problem: node.problem.map(sentence),
            turn: known.map(|key| key.turn.clone()).unwrap_or_default(),
        }
    });
    plugged.chain(attached).collect()
}

fn same(before: &[Key], after: &[Key]) -> bool {
    let facts = |key: &Key| (key.id.clone(), key.problem.clone(), key.product.clone());
    before.iter().map(facts).eq(after.iter().map(facts))
}

fn sentence(problem: NodeProblem) -> String {
    match problem {
        NodeProblem::Denied => {
            "no permission to use it: the udev rules of fob are missing, or this seat is not active".into()
        }
        NodeProblem::Gone => "it is being unplugged".into(),
        NodeProblem::Other(kind) => format!("it cannot be opened: {kind}"),
    }
}

#[cfg(test)]
mod tests {
    use fob_client::discover::Identity;

    use super::*;

    fn node(path: &str, device: u16, problem: Option<NodeProblem>) -> Node {
        Node {
            path: path.into(),
            product: "Key\u{1b}[2J".into(),
            manufacturer: None,
            serial: None,
            vendor_id: 0x1209,
            product_id: 0xf1d0,
            identity: Identity { sysfs: format!("/sys/{device}").into(), usb: Some((1, device)), serial: None },
            problem,
        }
    }

    fn counting() -> impl FnMut() -> String {
        let mut next = 0;
        move || {
            next += 1;
            format!("{next:08x}")
        }
    }

    fn ids(keys: &[Key]) -> Vec<&str> {
        keys.iter().map(|key| key.id.as_str()).collect()
    }

    #[test]
    fn a_key_keeps_its_id_until_it_is_unplugged() {
        let mut new_id = counting();
        let first = after(&[], vec![node("/dev/hidraw0", 1, None), node("/dev/hidraw1", 2, None)], &mut new_id);
        assert_eq!(ids(&first), ["00000001", "00000002"]);
        let without = after(&first, vec![node("/dev/hidraw1", 2, None)], &mut new_id);
        assert_eq!(ids(&without), ["00000002"]);
        let back = after(&without, vec![node("/dev/hidraw0", 3, None), node("/dev/hidraw1", 2, None)], &mut new_id);
        assert_eq!(ids(&back), ["00000003", "00000002"]);
    }

    #[test]
    fn another_key_under_the_same_node_is_another_key() {
        let mut new_id = counting();
        let before = after(&[], vec![node("/dev/hidraw0", 1, None)], &mut new_id);
        let swapped = after(&before, vec![node("/dev/hidraw0", 9, None)], &mut new_id);
        assert_eq!(ids(&swapped), ["00000002"]);
    }

    #[test]
    fn a_late_access_list_changes_the_problem_and_not_the_id() {
        let mut new_id = counting();
        let denied = after(&[], vec![node("/dev/hidraw0", 1, Some(NodeProblem::Denied))], &mut new_id);
        let readable = after(&denied, vec![node("/dev/hidraw0", 1, None)], &mut new_id);
        assert!(denied[0].problem.is_some() && readable[0].problem.is_none());
        assert_eq!(ids(&denied), ids(&readable));
        assert!(!same(&denied, &readable));
    }

    #[test]
    fn attached_keys_stay_when_others_are_unplugged_and_names_are_made_fit_to_show() {
        let place = Place::Socket { path: "/run/key".into(), listener: rustix::process::getpid() };
        let attached = Key::for_test("aaaaaaaa", place);
        let with = after(std::slice::from_ref(&attached), vec![node("/dev/hidraw0", 1, None)], counting());
        assert_eq!(ids(&with), ["00000001", "aaaaaaaa"]);
        assert_eq!(with[0].product, "Key[2J");
        assert_eq!(ids(&after(&with, Vec::new(), counting())), ["aaaaaaaa"]);
    }
}
