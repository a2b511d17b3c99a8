//! The real opener: hidapi over hidraw.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use fob_ambient::Millis;
use hidapi::{HidApi, HidDevice, HidResult};

use super::node::Node;
use super::{Device, INPUT, OUTPUT, OpenError, Opener};

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
#[derive(Debug, Clone, Copy, Default)]
pub struct Hidraw;

impl Opener for Hidraw {
    fn open(&self, path: &Path) -> Result<Box<dyn Device>, OpenError> {
        let node = Node::hold(path)?;
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
