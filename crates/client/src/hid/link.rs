//! Reports over a hidraw node: what hidapi wants written and what it reads.

use std::fmt;
use std::io;

use fob_ambient::Millis;
use fob_ctap::hid::REPORT;

use crate::{LONGEST_WAIT, Link, LinkError, Report};

/// What is written: the report's number, which is 0 as FIDO devices number none, then the report.
pub const OUTPUT: usize = REPORT + 1;
/// What is read: the report without a number, since it has none.
pub const INPUT: usize = REPORT;

/// Failed reads in a row that may be a signal or another passing thing. hidapi tells errors as text only.
const PATIENCE: u8 = 8;

/// An open node.
pub trait Device: Send {
    /// Writes report number and report.
    ///
    /// # Errors
    /// What the system said.
    fn write(&mut self, bytes: &[u8; OUTPUT]) -> io::Result<usize>;

    /// Reads a report if one comes within `wait`; the number of bytes, 0 if none came.
    ///
    /// # Errors
    /// What the system said.
    fn read(&mut self, bytes: &mut [u8; INPUT], wait: Millis) -> io::Result<usize>;

    /// Whether the key behind the node is gone for good.
    fn is_gone(&self) -> bool;
}

/// A link over an open node.
pub struct HidLink {
    device: Box<dyn Device>,
    failed_reads: u8,
}

impl HidLink {
    /// Takes an open node over.
    #[must_use]
    pub fn new(device: Box<dyn Device>) -> Self {
        Self { device, failed_reads: 0 }
    }

    fn judge(&self, error: io::Error) -> LinkError {
        if self.device.is_gone() { LinkError::Closed } else { LinkError::Io(error) }
    }
}

impl Link for HidLink {
    fn send(&mut self, report: &Report) -> Result<(), LinkError> {
        let mut bytes = [0; OUTPUT];
        for (to, from) in bytes.iter_mut().skip(1).zip(report) {
            *to = *from;
        }
        match self.device.write(&bytes) {
            Ok(OUTPUT) => Ok(()),
            Ok(_) => Err(self.judge(io::ErrorKind::WriteZero.into())),
            Err(error) => Err(self.judge(error)),
        }
    }

    fn receive(&mut self, wait: Millis) -> Result<Option<Report>, LinkError> {
        let mut report = [0; INPUT];
        match self.device.read(&mut report, wait.min(LONGEST_WAIT)) {
            Ok(length) => {
                self.failed_reads = 0;
                // A shorter report is none of CTAPHID's.
                Ok((length == INPUT).then_some(report))
            }
            Err(error) if self.failed_reads >= PATIENCE || self.device.is_gone() => Err(self.judge(error)),
            Err(error) => {
                tracing::debug!(%error, "a read failed, trying again");
                self.failed_reads += 1;
                Ok(None)
            }
        }
    }
}

impl fmt::Debug for HidLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HidLink(..)")
    }
}
