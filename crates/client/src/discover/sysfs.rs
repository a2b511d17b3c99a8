//! What /sys says about a hidraw node: the folder that identifies it, names of devices that are no USB devices, numbers
//! of those that are.

use std::fs;
use std::path::{Path, PathBuf};

use super::line;

/// The tree, which tests put elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sysfs(PathBuf);

impl Default for Sysfs {
    fn default() -> Self {
        Self::at("/sys")
    }
}

/// What was found there.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The device's own folder, links followed; the node's name where there is none.
    pub(super) folder: PathBuf,
    /// HID_NAME.
    pub(super) name: Option<String>,
    /// HID_UNIQ.
    pub(super) serial: Option<String>,
    /// Bus and device number.
    pub(super) usb: Option<(u16, u16)>,
}

impl Sysfs {
    /// A tree at this place.
    #[must_use]
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self(root.into())
    }

    /// The folder of the device with these numbers, links followed: what [`Identity::sysfs`](super::Identity) has.
    pub(crate) fn folder_of(&self, major: u32, minor: u32) -> Option<PathBuf> {
        fs::canonicalize(self.0.join("dev/char").join(format!("{major}:{minor}"))).ok()
    }

    pub(super) fn about(&self, node: &Path) -> Told {
        let Some(name) = node.file_name() else { return Told::default() };
        let Ok(folder) = fs::canonicalize(self.0.join("class/hidraw").join(name)) else {
            return Told { folder: node.to_owned(), ..Told::default() };
        };
        let uevent = fs::read_to_string(folder.join("device/uevent")).unwrap_or_default();
        let property = |wanted: &str| {
            let value = uevent.lines().find_map(|line| line.strip_prefix(wanted)?.strip_prefix('='))?.trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        Told {
            name: property("HID_NAME"),
            serial: property("HID_UNIQ"),
            usb: folder.ancestors().find_map(usb_numbers),
            folder,
        }
    }
}

/// Bus and device number, if this folder is a USB device's.
fn usb_numbers(folder: &Path) -> Option<(u16, u16)> {
    let number = |name| line(&folder.join(name))?.parse().ok();
    Some((number("busnum")?, number("devnum")?))
}
