//! What a service says to systemd (sd_notify(3)): one datagram.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Tells systemd, if it asked to be told, that both doors are open.
pub(crate) fn tell_ready() {
    let Some(address) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let sent = match address.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        _ => SocketAddr::from_pathname(&address),
    }
    .and_then(|address| UnixDatagram::unbound()?.send_to_addr(b"READY=1", &address));
    if let Err(error) = sent {
        tracing::warn!(%error, "cannot tell systemd that fobd is ready");
    }
}
