//! What the key says about itself to a kernel.

/// pid.codes' test vendor.
pub(super) const VENDOR: u32 = 0x1209;
/// A FIDO device under it.
pub(super) const PRODUCT: u32 = 0xf1d0;
/// Says loudly what it is.
pub(super) const NAME: &str = "fob test softkey";

/// The report descriptor of CTAP 2.3 §11.2.8.1: usage page 0xF1D0, one report of 64 bytes each way.
pub(super) const DESCRIPTOR: &[u8; 34] = &[
    0x06, 0xd0, 0xf1, // Usage Page (FIDO Alliance)
    0x09, 0x01, // Usage (CTAPHID)
    0xa1, 0x01, // Collection (Application)
    0x09, 0x20, //   Usage (data in)
    0x15, 0x00, //   Logical Minimum (0)
    0x26, 0xff, 0x00, //   Logical Maximum (255)
    0x75, 0x08, //   Report Size (8)
    0x95, 0x40, //   Report Count (64)
    0x81, 0x02, //   Input
    0x09, 0x21, //   Usage (data out)
    0x15, 0x00, //   Logical Minimum (0)
    0x26, 0xff, 0x00, //   Logical Maximum (255)
    0x75, 0x08, //   Report Size (8)
    0x95, 0x40, //   Report Count (64)
    0x91, 0x02, //   Output
    0xc0, // End Collection
];
