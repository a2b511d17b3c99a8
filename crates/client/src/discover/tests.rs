//! Listing, over a tree of files laid out as the kernel lays /sys out.

use std::os::unix::fs::symlink;

use super::*;

struct Fixed(Vec<Found>);

impl Finder for Fixed {
    fn find(&self) -> Result<Vec<Found>, FindError> {
        Ok(self.0.clone())
    }
}

/// A tree in a temporary folder, with node files beside it.
struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(tree.0.path().join("sys/class/hidraw")).unwrap();
        fs::create_dir_all(tree.0.path().join("dev")).unwrap();
        tree
    }

    fn sysfs(&self) -> Sysfs {
        Sysfs::at(self.0.path().join("sys"))
    }

    /// `hid` is the HID device's folder below sys/devices, `uevent` what it says.
    fn plug(&self, name: &str, hid: &str, uevent: &str) -> PathBuf {
        let hid = self.0.path().join("sys/devices").join(hid);
        let own = hid.join("hidraw").join(name);
        fs::create_dir_all(&own).unwrap();
        fs::write(hid.join("uevent"), uevent).unwrap();
        symlink(&hid, own.join("device")).unwrap();
        symlink(&own, self.0.path().join("sys/class/hidraw").join(name)).unwrap();
        let node = self.0.path().join("dev").join(name);
        fs::write(&node, b"").unwrap();
        node
    }

    fn usb(&self, device: &str, bus: &str, number: &str) {
        let folder = self.0.path().join("sys/devices").join(device);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("busnum"), bus).unwrap();
        fs::write(folder.join("devnum"), number).unwrap();
    }
}

fn key(path: &Path) -> Found {
    Found {
        path: path.to_owned(),
        usage_page: 0xf1d0,
        usage: 1,
        vendor_id: 0x1209,
        product_id: 0xf1d0,
        ..Found::default()
    }
}

#[test]
fn a_usb_key_is_known_by_its_port_and_number() {
    let tree = Tree::new();
    let device = "pci0000:00/usb1/1-2";
    tree.usb(device, "1\n", "14\n");
    let uevent = "HID_NAME=Maker Key\nHID_UNIQ=0042\nMODALIAS=x\n";
    let path = tree.plug("hidraw3", &format!("{device}/1-2:1.0/0003:1050:0407.0007"), uevent);
    let found = Found {
        product: Some("Key 5".into()),
        manufacturer: Some("Maker".into()),
        serial: Some("0042".into()),
        ..key(&path)
    };
    let nodes = find(&Fixed(vec![found]), &tree.sysfs()).unwrap();
    let [node] = nodes.as_slice() else { panic!("{nodes:?}") };
    assert_eq!((node.product.as_str(), node.manufacturer.as_deref()), ("Key 5", Some("Maker")));
    assert_eq!(node.identity.usb, Some((1, 14)));
    assert!(node.identity.sysfs.ends_with("usb1/1-2/1-2:1.0/0003:1050:0407.0007/hidraw/hidraw3"));
    assert_eq!((node.identity.serial.as_deref(), node.problem), (Some("0042"), None));
}

/// A device made by /dev/uhid has no USB parent, no manufacturer, and its names only in the HID parent's uevent.
#[test]
fn a_virtual_key_gets_its_name_from_the_hid_device() {
    let tree = Tree::new();
    let uevent = "DRIVER=hid-generic\nHID_ID=0003:00001209:0000F1D0\nHID_NAME=softkey\nHID_PHYS=\nHID_UNIQ=7\n";
    let path = tree.plug("hidraw0", "virtual/misc/uhid/0003:1209:F1D0.0001", uevent);
    let found = Found { product: Some(String::new()), manufacturer: Some(String::new()), ..key(&path) };
    let nodes = find(&Fixed(vec![found]), &tree.sysfs()).unwrap();
    assert_eq!((nodes[0].product.as_str(), nodes[0].serial.as_deref()), ("softkey", Some("7")));
    assert_eq!((nodes[0].manufacturer.as_deref(), nodes[0].identity.usb), (None, None));
}

#[test]
fn keyboards_are_left_out_and_a_key_with_two_usages_is_one_key() {
    let tree = Tree::new();
    let path = tree.plug("hidraw1", "virtual/a", "HID_NAME=both\n");
    let keyboard = |path: &Path| Found { usage_page: 1, usage: 6, ..key(path) };
    let other_usage = Found { usage: 0x20, ..key(Path::new("/dev/hidraw9")) };
    let found = vec![keyboard(&path), key(&path), key(&path), keyboard(Path::new("/dev/hidraw8")), other_usage];
    let nodes = find(&Fixed(found), &tree.sysfs()).unwrap();
    assert_eq!(nodes.iter().map(|node| node.path.as_path()).collect::<Vec<_>>(), [path.as_path()]);
}

#[test]
fn a_node_that_left_is_listed_with_the_reason() {
    let tree = Tree::new();
    let gone = tree.0.path().join("dev/hidraw5");
    let nodes = find(&Fixed(vec![key(&gone)]), &tree.sysfs()).unwrap();
    assert_eq!((nodes[0].problem, nodes[0].product.as_str()), (Some(NodeProblem::Gone), "security key"));
    let below_a_file = tree.plug("hidraw6", "virtual/b", "").join("hidraw6");
    let nodes = find(&Fixed(vec![key(&below_a_file)]), &tree.sysfs()).unwrap();
    assert_eq!(nodes[0].problem, Some(NodeProblem::Other(io::ErrorKind::NotADirectory)));
}

/// Whatever is plugged in where this runs: listing for real neither fails nor panics, and finds nodes of /dev only.
#[test]
fn the_real_system_can_be_listed() {
    let nodes = find(&Hidapi, &Sysfs::default()).unwrap();
    assert!(nodes.iter().all(|node| node.path.starts_with("/dev")));
}
