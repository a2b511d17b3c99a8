//! Finding security keys: the hidraw nodes of FIDO's usage page, with what the system says about each.
//!
//! hidapi finds them ([`Finder`] is the wall that tests replace), /sys tells what it leaves out ([`Sysfs`]). Neither
//! needs root nor opens a node, so a key that nobody may use is listed all the same, with the reason. Names and serial
//! numbers come from devices: strip control characters before showing them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

mod sysfs;

pub use sysfs::Sysfs;

/// HID usage page of the FIDO Alliance (§11.2.8.1).
pub const USAGE_PAGE: u16 = 0xf1d0;
/// Usage of CTAPHID in it.
pub const USAGE: u16 = 0x01;

/// A security key's node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Such as `/dev/hidraw3`. Used again for another key after this one was pulled out: go by `identity`.
    pub path: PathBuf,
    /// What it calls itself; never empty.
    pub product: String,
    /// Who made it. Devices that are no USB devices have none.
    pub manufacturer: Option<String>,
    /// Serial number. Most keys have none.
    pub serial: Option<String>,
    /// USB vendor.
    pub vendor_id: u16,
    /// USB product.
    pub product_id: u16,
    /// Which key in which port.
    pub identity: Identity,
    /// Why it cannot be used, if so.
    pub problem: Option<NodeProblem>,
}

/// Which key this is, as long as it stays plugged in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    /// Its folder in /sys, all links followed. The kernel counts HID devices up: no two have the same since boot.
    pub sysfs: PathBuf,
    /// USB bus and device number, if it is a USB device. Counted up with every plugging in.
    pub usb: Option<(u16, u16)>,
    /// Serial number.
    pub serial: Option<String>,
}

/// Why a node cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodeProblem {
    /// No permission, or not yet: udev and logind set access lists a moment after the node appears.
    Denied,
    /// It left while we looked.
    Gone,
    /// Another cause.
    Other(io::ErrorKind),
}

/// hidapi cannot look.
#[derive(Debug, thiserror::Error)]
#[error("the system's HID devices cannot be listed: {0}")]
pub struct FindError(pub String);

/// What hidapi says about a node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The node.
    pub path: PathBuf,
    /// One of the usage pages of its report descriptor.
    pub usage_page: u16,
    /// A usage in that page.
    pub usage: u16,
    /// USB vendor.
    pub vendor_id: u16,
    /// USB product.
    pub product_id: u16,
    /// May be empty.
    pub product: Option<String>,
    /// May be empty.
    pub manufacturer: Option<String>,
    /// May be empty.
    pub serial: Option<String>,
}

/// Lists HID devices.
pub trait Finder {
    /// All of them, once for each usage.
    ///
    /// # Errors
    /// If nothing can be listed at all. No devices is no error.
    fn find(&self) -> Result<Vec<Found>, FindError>;
}

/// Lists them for real. Devices on buses that hidapi does not know (virtual ones that do not say USB) are left out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hidapi;

impl Finder for Hidapi {
    fn find(&self) -> Result<Vec<Found>, FindError> {
        crate::hid::with_hidapi(|hidapi| {
            hidapi.refresh_devices()?;
            Ok(hidapi.device_list().map(found).collect())
        })
        .map_err(|error| FindError(error.to_string()))
    }
}

fn found(info: &hidapi::DeviceInfo) -> Found {
    Found {
        path: Path::new(std::ffi::OsStr::from_bytes(info.path().to_bytes())).to_owned(),
        usage_page: info.usage_page(),
        usage: info.usage(),
        vendor_id: info.vendor_id(),
        product_id: info.product_id(),
        product: info.product_string().map(str::to_owned),
        manufacturer: info.manufacturer_string().map(str::to_owned),
        serial: info.serial_number().map(str::to_owned),
    }
}

/// The security keys that are plugged in, by node.
///
/// # Errors
/// [`FindError`] if nothing can be listed at all.
pub fn find(finder: &dyn Finder, sysfs: &Sysfs) -> Result<Vec<Node>, FindError> {
    let keys = finder.find()?.into_iter().filter(|found| (found.usage_page, found.usage) == (USAGE_PAGE, USAGE));
    let keys: BTreeMap<PathBuf, Found> = keys.map(|found| (found.path.clone(), found)).collect();
    Ok(keys.into_values().map(|found| node(found, sysfs)).collect())
}

fn node(found: Found, sysfs: &Sysfs) -> Node {
    let told = sysfs.about(&found.path);
    let present = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let serial = present(found.serial).or(told.serial);
    let product = present(found.product).or(told.name).unwrap_or_else(|| "security key".to_owned());
    Node {
        problem: problem(&found.path),
        path: found.path,
        product,
        manufacturer: present(found.manufacturer),
        vendor_id: found.vendor_id,
        product_id: found.product_id,
        identity: Identity { sysfs: told.folder, usb: told.usb, serial: serial.clone() },
        serial,
    }
}

/// Why this node cannot be opened for both directions, going by permissions and access lists.
fn problem(path: &Path) -> Option<NodeProblem> {
    let error = access(path, Access::READ_OK | Access::WRITE_OK).err()?;
    Some(match io::Error::from(error).kind() {
        io::ErrorKind::PermissionDenied => NodeProblem::Denied,
        io::ErrorKind::NotFound => NodeProblem::Gone,
        other => NodeProblem::Other(other),
    })
}

/// The first line of a small file, without blanks around it; none if it is empty or cannot be read.
fn line(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

#[cfg(test)]
mod tests;
