//! The real opener: hidapi over hidraw.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use fob_ambient::Millis;
use hidapi::{HidApi, HidDevice, HidResult};

use super::node::Node;
use super::{Device, INPUT, OUTPUT, OpenError, Opener};
use crate::discover::{Identity, Sysfs};

/// hidapi keeps one error text for the whole process, freed and set without a lock: whoever finds or opens does it
/// under this one. What is done with an open device has a text of its own and needs none.
static HIDAPI: Mutex<Option<HidApi>> = Mutex::new(None);

/// Runs `work` with hidapi, alone in this process.
pub(crate) fn with_hidapi<T>(work: impl FnOnce(&mut HidApi) -> HidResult<T>) -> HidResult<T> {
    // A panic under the lock leaves nothing half done on our side of the C library.
    let mut hidapi = HIDAPI.lock().unwrap_or_else(PoisonError::into_inner);
    match &mut *hidapi {
        Some(hidapi) => work(hidapi),
        none => work(none.insert(HidApi::new()?)),
    }
}

/// Opens nodes for real.
#[derive(Debug, Clone, Default)]
pub struct Hidraw {
    key: Option<PathBuf>,
    sysfs: Sysfs,
}

impl Hidraw {
    /// Opens nodes of this key only: a node whose name went to another key meanwhile is [`OpenError::Gone`].
    #[must_use]
    pub fn of(key: &Identity) -> Self {
        Self { key: Some(key.sysfs.clone()), sysfs: Sysfs::default() }
    }

    /// Whether a node that is held open is the key's. While it is held the kernel gives its number to no other.
    fn is_meant(&self, node: &Node, path: &Path) -> bool {
        let Some(key) = &self.key else { return true };
        // Without /sys a key is known by its node's path alone.
        let folder = node.device().and_then(|(major, minor)| self.sysfs.folder_of(major, minor));
        folder.as_deref().unwrap_or(path) == key
    }
}

impl Opener for Hidraw {
    fn open(&self, path: &Path) -> Result<Box<dyn Device>, OpenError> {
        let node = Node::hold(path)?;
        if !self.is_meant(&node, path) {
            return Err(OpenError::Gone);
        }
        let path = CString::new(node.path().as_os_str().as_bytes()).map_err(|error| OpenError::Failed(error.into()))?;
        match with_hidapi(|hidapi| hidapi.open_path(&path)) {
            Ok(device) => Ok(Box::new(Open { device, node })),
            Err(_) if node.is_gone() => Err(OpenError::Gone),
            Err(error) => Err(OpenError::Failed(io::Error::other(error))),
        }
    }
}

/// Fields are dropped in this order: the lock goes last.
struct Open {
    device: HidDevice,
    node: Node,
}

impl Device for Open {
    fn write(&mut self, bytes: &[u8; OUTPUT]) -> io::Result<usize> {
        self.device.write(bytes).map_err(io::Error::other)
    }

    fn read(&mut self, bytes: &mut [u8; INPUT], wait: Millis) -> io::Result<usize> {
        let wait = i32::try_from(wait.0).unwrap_or(i32::MAX);
        self.device.read_timeout(bytes, wait).map_err(io::Error::other)
    }

    fn is_gone(&self) -> bool {
        self.node.is_gone()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// After a key was pulled out the next one gets its node's name. /dev/zero (character device 1:5, devices.txt of
    /// the kernel) stands for that node, and a tree of our own says whose it is now.
    #[test]
    fn a_node_that_became_another_keys_is_not_opened() {
        let tree = tempfile::tempdir().unwrap();
        let key =
            |number: &str| tree.path().canonicalize().unwrap().join("devices").join(number).join("hidraw/hidraw0");
        let (meant, other) = (key("0003:1209:F1D0.0001"), key("0003:1050:0407.0002"));
        std::fs::create_dir_all(tree.path().join("dev/char")).unwrap();
        let identity = Identity { sysfs: meant.clone(), usb: None, serial: None };
        let opener = Hidraw { sysfs: Sysfs::at(tree.path()), ..Hidraw::of(&identity) };
        let node = tree.path().join("dev/char/1:5");
        for (now, expected) in [(&other, "gone"), (&meant, "hidapi's word")] {
            std::fs::create_dir_all(now).unwrap();
            let _ = std::fs::remove_file(&node);
            symlink(now, &node).unwrap();
            let word = match opener.open(Path::new("/dev/zero")) {
                Err(OpenError::Gone) => "gone",
                // /dev/zero is no HID device, which is for hidapi to find out.
                Err(OpenError::Failed(_)) => "hidapi's word",
                Err(other) => panic!("{other}"),
                Ok(_) => panic!("/dev/zero is no key"),
            };
            assert_eq!(word, expected, "{}", now.display());
        }
    }
}
