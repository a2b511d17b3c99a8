//! The way to a TPM: a command goes out, its response comes back.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Longest response that is read. The TPM's own limit is 4096 bytes (part 1, section 18).
const MAX_RESPONSE: usize = 4096;

/// How long a TPM that asks for a moment gets: as long as the kernel gives it first.
const PAUSE: Duration = Duration::from_millis(20);

/// The law: one whole command in, its one whole response out, nobody else's in between.
pub trait Wire {
    /// Sends a command and waits for its response.
    ///
    /// # Errors
    /// The system's.
    fn transmit(&mut self, command: &[u8]) -> io::Result<Vec<u8>>;

    /// The TPM asks for a moment before the same command comes again. A TPM in software needs none.
    fn pause(&mut self) {}
}

/// The kernel's resource manager, `/dev/tpmrm0`: it flushes what a process leaves behind.
#[derive(Debug)]
pub struct DeviceWire(File);

impl DeviceWire {
    /// The usual place.
    pub const PATH: &str = "/dev/tpmrm0";

    /// Opens a TPM's node.
    ///
    /// # Errors
    /// The system's: `NotFound` without a TPM, `PermissionDenied` outside of the group `tss`.
    pub fn open(path: &Path) -> io::Result<Self> {
        OpenOptions::new().read(true).write(true).open(path).map(Self)
    }
}

impl Wire for DeviceWire {
    fn transmit(&mut self, command: &[u8]) -> io::Result<Vec<u8>> {
        self.0.write_all(command)?;
        let mut response = vec![0; MAX_RESPONSE];
        // The kernel gives a response whole, in one read.
        let length = self.0.read(&mut response)?;
        response.truncate(length);
        Ok(response)
    }

    fn pause(&mut self) {
        thread::sleep(PAUSE);
    }
}
