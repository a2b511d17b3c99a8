//! A stand-in for `hidapi` 2: the machine has one HID device, a FIDO key, and that key is a unix socket.
//!
//! The socket is SOCK_SEQPACKET with one 64-byte report a datagram; its path comes from `FOB_SOFTKEY_SOCKET`. Only what
//! ctap-hid-fido2 3.6 calls is here, with hidapi's names and shapes.

use std::error::Error;
use std::ffi::{CStr, CString};
use std::fmt;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::FromRawFd;

/// CTAPHID reports have 64 bytes; a write carries the report number in front.
const REPORT: usize = 64;

/// What went wrong, in words.
#[derive(Debug)]
pub struct HidError(String);

impl fmt::Display for HidError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Error for HidError {}

/// As hidapi's.
pub type HidResult<T> = Result<T, HidError>;

/// The list of one device.
pub struct HidApi {
    devices: Vec<DeviceInfo>,
}

impl HidApi {
    /// The machine with its one key.
    pub fn new() -> HidResult<Self> {
        let path = std::env::var("FOB_SOFTKEY_SOCKET").map_err(|_| HidError("FOB_SOFTKEY_SOCKET is not set".into()))?;
        let path = CString::new(path).map_err(|error| HidError(error.to_string()))?;
        Ok(Self { devices: vec![DeviceInfo { path }] })
    }

    /// All devices.
    pub fn device_list(&self) -> impl Iterator<Item = &DeviceInfo> {
        self.devices.iter()
    }

    /// Connects to the socket.
    pub fn open_path(&self, path: &CStr) -> HidResult<HidDevice> {
        connect(path).map(|file| HidDevice { file }).map_err(|error| HidError(format!("{path:?}: {error}")))
    }
}

/// The key's description.
pub struct DeviceInfo {
    path: CString,
}

impl DeviceInfo {
    /// pid.codes, as the softkey's other faces say.
    pub fn vendor_id(&self) -> u16 {
        0x1209
    }

    /// The test key.
    pub fn product_id(&self) -> u16 {
        0xF1D0
    }

    /// FIDO Alliance.
    pub fn usage_page(&self) -> u16 {
        0xF1D0
    }

    /// U2F authenticator device.
    pub fn usage(&self) -> u16 {
        0x01
    }

    /// Its name.
    pub fn product_string(&self) -> Option<&str> {
        Some("fob test softkey")
    }

    /// It has none.
    pub fn serial_number(&self) -> Option<&str> {
        None
    }

    /// The socket's path.
    pub fn path(&self) -> &CStr {
        &self.path
    }
}

/// The open key.
pub struct HidDevice {
    file: File,
}

impl HidDevice {
    /// One report, report number first.
    pub fn write(&self, data: &[u8]) -> HidResult<usize> {
        let mut report = [0; REPORT];
        let body = data.get(1..).unwrap_or_default();
        let length = body.len().min(REPORT);
        report[..length].copy_from_slice(&body[..length]);
        (&self.file).write_all(&report).map_err(|error| HidError(error.to_string()))?;
        Ok(data.len())
    }

    /// One report; waits for it.
    pub fn read(&self, buffer: &mut [u8]) -> HidResult<usize> {
        match (&self.file).read(buffer) {
            Ok(0) => Err(HidError("the key is gone".into())),
            Ok(length) => Ok(length),
            Err(error) => Err(HidError(error.to_string())),
        }
    }
}

/// std has no SOCK_SEQPACKET.
fn connect(path: &CStr) -> std::io::Result<File> {
    let mut address = libc::sockaddr_un { sun_family: libc::AF_UNIX as libc::sa_family_t, sun_path: [0; 108] };
    let bytes = path.to_bytes_with_nul();
    if bytes.len() > address.sun_path.len() {
        return Err(std::io::Error::other("the socket's path is too long"));
    }
    for (to, from) in address.sun_path.iter_mut().zip(bytes) {
        *to = *from as libc::c_char;
    }
    // SAFETY: plain system calls on a descriptor that is ours; the address is a whole sockaddr_un.
    unsafe {
        let descriptor = libc::socket(libc::AF_UNIX, libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC, 0);
        if descriptor < 0 {
            return Err(std::io::Error::last_os_error());
        }
        let file = File::from_raw_fd(descriptor);
        let size = size_of::<libc::sockaddr_un>() as libc::socklen_t;
        if libc::connect(descriptor, (&raw const address).cast(), size) < 0 {
            return Err(std::io::Error::last_os_error());
        }
        Ok(file)
    }
}
