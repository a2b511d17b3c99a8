//! What an event of the udev monitor means: a node may have come, or has left.
//!
//! Whether a node is a security key, and whether we may open it, is for [`discover`](crate::discover) to find out: the
//! access list of a node is set after the kernel's event and changes again whenever the seat's session does, so every
//! event but a removal says only "look again".

use std::path::PathBuf;

/// Something happened to a hidraw node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It is there, or its access rights have changed. Comes more than once for one node.
    Appeared(PathBuf),
    /// It is gone.
    Left(PathBuf),
}

/// Judges one event by its properties (`ACTION`, `SUBSYSTEM`, `DEVNAME` and others, in any order); none if it is not
/// about a hidraw node or changes nothing.
pub fn judge<'a>(properties: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Event> {
    let (mut action, mut subsystem, mut node) = (None, None, None);
    for (name, value) in properties {
        match name {
            "ACTION" => action = Some(value),
            "SUBSYSTEM" => subsystem = Some(value),
            "DEVNAME" => node = Some(value),
            _ => {}
        }
    }
    if subsystem != Some("hidraw") {
        return None;
    }
    // udev writes the whole path, the kernel's own messages leave "/dev/" out; join keeps a whole one.
    let node = PathBuf::from("/dev").join(node?);
    match action? {
        "remove" => Some(Event::Left(node)),
        "add" | "change" | "bind" | "online" => Some(Event::Appeared(node)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Properties as `udevadm monitor --udev --property` prints them for a key of usage page 0xF1D0.
    const ADDED: [(&str, &str); 7] = [
        ("ACTION", "add"),
        ("DEVNAME", "/dev/hidraw3"),
        ("DEVPATH", "/devices/virtual/misc/uhid/0003:1209:F1D0.0001/hidraw/hidraw3"),
        ("ID_FIDO_TOKEN", "1"),
        ("ID_SECURITY_TOKEN", "1"),
        ("SUBSYSTEM", "hidraw"),
        ("TAGS", ":uaccess:security-device:"),
    ];

    #[test]
    fn events_of_hidraw_nodes_are_told_apart() {
        let node = || PathBuf::from("/dev/hidraw3");
        for (action, expected) in [
            ("add", Some(Event::Appeared(node()))),
            ("change", Some(Event::Appeared(node()))),
            ("remove", Some(Event::Left(node()))),
            ("unbind", None),
            ("move", None),
        ] {
            let properties = ADDED.map(|(name, value)| if name == "ACTION" { (name, action) } else { (name, value) });
            assert_eq!(judge(properties), expected, "{action}");
        }
    }

    #[test]
    fn what_is_no_hidraw_node_is_passed_over() {
        let usb = ADDED.map(|(name, value)| if name == "SUBSYSTEM" { (name, "usb") } else { (name, value) });
        assert_eq!(judge(usb), None);
        assert_eq!(judge(ADDED.into_iter().filter(|(name, _)| *name != "DEVNAME")), None);
        assert_eq!(judge([]), None);
    }

    #[test]
    fn the_kernels_own_short_names_are_completed() {
        let kernel = [("ACTION", "remove"), ("SUBSYSTEM", "hidraw"), ("DEVNAME", "hidraw0")];
        assert_eq!(judge(kernel), Some(Event::Left("/dev/hidraw0".into())));
    }
}
