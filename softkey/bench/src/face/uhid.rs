//! A real hidraw node through /dev/uhid: to every program on the machine the key is a HID device like any other.
//!
//! Opening /dev/uhid is root's right. The node appears when the program starts and goes when it ends; the kernel tells
//! of programs that open it, which is of no interest here, since CTAPHID has channels for that. Layout of the events:
//! `linux/uhid.h`, packed, native byte order; what is written short is filled up with zeros by the kernel.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;

use anyhow::Context;
use fob_ctap::hid::{REPORT, Report};
use rustix::event::{PollFd, PollFlags};
use rustix::fs::OFlags;

use super::TURN;
use super::kernel::{DESCRIPTOR, NAME, PRODUCT, VENDOR};

const NODE: &str = "/dev/uhid";

/// Event types.
const DESTROY: u32 = 1;
const OUTPUT: u32 = 6;
const CREATE2: u32 = 11;
const INPUT2: u32 = 12;

/// The longest event: its type and `uhid_create2_req`, the largest member of the union.
const EVENT: usize = 4 + 128 + 64 + 64 + 2 + 2 + 4 * 4 + 4096;
/// `data` of `uhid_output_req`; its size follows.
const OUTPUT_DATA: usize = 4096;
/// USB, as the descriptor of a security key says.
const BUS_USB: u16 = 3;

/// The key's end of a HID device.
#[derive(Debug)]
pub(crate) struct UhidFace {
    node: File,
}

impl UhidFace {
    /// Makes the device.
    ///
    /// `name` is the key's, by which several of them are told apart: it becomes the device's HID_UNIQ.
    pub(crate) fn create(name: &str) -> anyhow::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
        let mut node = options.open(NODE).with_context(|| format!("cannot open {NODE}"))?;
        node.write_all(&create(name)).context("the kernel does not make the device")?;
        Ok(Self { node })
    }

    pub(super) fn interests(&self) -> Vec<PollFd<'_>> {
        vec![PollFd::new(&self.node, PollFlags::IN)]
    }

    pub(super) fn receive(&mut self) -> Vec<Report> {
        (0..TURN).map_while(|_| self.event()).flatten().collect()
    }

    /// The next event, and the report in it if it carries one; none if there is no event.
    fn event(&mut self) -> Option<Option<Report>> {
        let mut event = [0; EVENT];
        match self.node.read(&mut event) {
            Ok(0) => None,
            Ok(length) => Some(output(event.get(..length).unwrap_or_default())),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Some(None),
            Err(_) => None,
        }
    }

    pub(super) fn send(&mut self, report: &[u8]) {
        let size = u16::try_from(report.len()).unwrap_or(u16::MAX);
        let event = [&INPUT2.to_ne_bytes()[..], &size.to_ne_bytes(), report].concat();
        if let Err(error) = self.node.write_all(&event) {
            tracing::debug!(%error, "a report is lost");
        }
    }
}

impl Drop for UhidFace {
    fn drop(&mut self) {
        // Closing does the same; asked for, the node is gone before the program is.
        let _ = self.node.write_all(&DESTROY.to_ne_bytes());
    }
}

/// `UHID_CREATE2`.
fn create(name: &str) -> Vec<u8> {
    let length = u16::try_from(DESCRIPTOR.len()).unwrap_or(u16::MAX);
    let mut event = CREATE2.to_ne_bytes().to_vec();
    event.extend(padded::<128>(NAME));
    event.extend(padded::<64>(""));
    event.extend(padded::<64>(name));
    event.extend(length.to_ne_bytes());
    event.extend(BUS_USB.to_ne_bytes());
    for number in [VENDOR, PRODUCT, 0, 0] {
        event.extend(number.to_ne_bytes());
    }
    event.extend(DESCRIPTOR);
    event
}

/// A text in a field of this size, ended by a zero.
fn padded<const N: usize>(text: &str) -> [u8; N] {
    let mut field = [0; N];
    field.iter_mut().zip(text.bytes().take(N - 1)).for_each(|(to, from)| *to = from);
    field
}

/// The report of a `UHID_OUTPUT`: behind a report number of zero, which hidraw's writers put first.
fn output(event: &[u8]) -> Option<Report> {
    let (kind, rest) = event.split_first_chunk::<4>()?;
    let (data, rest) = rest.split_at_checked(OUTPUT_DATA)?;
    let size = usize::from(u16::from_ne_bytes(*rest.first_chunk()?));
    if u32::from_ne_bytes(*kind) != OUTPUT {
        return None;
    }
    let data = data.get(..size)?;
    match data.len() {
        REPORT => data.first_chunk().copied(),
        length if length == REPORT + 1 => data.get(1..)?.first_chunk().copied(),
        length => {
            tracing::debug!(length, "not a report");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Offsets and sizes of `linux/uhid.h`, as `offsetof` in C gives them.
    #[test]
    fn the_device_is_described_as_the_kernel_reads_it() {
        let event = create("second");
        assert_eq!(event[..4], 11_u32.to_ne_bytes());
        assert_eq!(&event[4..4 + NAME.len()], NAME.as_bytes());
        assert_eq!(&event[196..203], b"second\0");
        assert_eq!(event[260..262], 34_u16.to_ne_bytes());
        assert_eq!(event[262..264], 3_u16.to_ne_bytes());
        assert_eq!(event[264..268], VENDOR.to_ne_bytes());
        assert_eq!(event[268..272], PRODUCT.to_ne_bytes());
        assert_eq!(event[280..], *DESCRIPTOR);
        assert_eq!(EVENT, 4376);
    }

    #[test]
    fn a_report_is_taken_with_and_without_its_number() {
        let event = |kind: u32, data: &[u8], size: u16| {
            let mut event = kind.to_ne_bytes().to_vec();
            event.extend(data);
            event.resize(4 + OUTPUT_DATA, 0);
            event.extend(size.to_ne_bytes());
            event.push(1);
            event
        };
        let mut numbered = vec![0];
        numbered.extend([7; REPORT]);
        assert_eq!(output(&event(OUTPUT, &numbered, 65)), Some([7; REPORT]));
        assert_eq!(output(&event(OUTPUT, &[7; REPORT], 64)), Some([7; REPORT]));
        assert_eq!(output(&event(OUTPUT, &[7; REPORT], 63)), None);
        assert_eq!(output(&event(OUTPUT, &[7; REPORT], u16::MAX)), None);
        assert_eq!(output(&event(4, &numbered, 65)), None);
        assert_eq!(output(&[]), None);
    }
}
