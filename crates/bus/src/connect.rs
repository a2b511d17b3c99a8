//! The way to fobd's own socket: find it, see who listens, speak D-Bus peer to peer.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use zbus::Connection;
use zbus::connection::Builder;

use crate::peer::{NotFobd, is_fobd};

/// Why there is no connection to fobd.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Neither `FOB_SOCKET` nor `XDG_RUNTIME_DIR` is set.
    #[error("there is no runtime directory to look for fobd in")]
    NoPlace,
    /// Nobody listens.
    #[error("fobd does not listen on {}", path.display())]
    NotRunning {
        /// Where it should.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Somebody else listens.
    #[error("what listens on {} is not fobd", path.display())]
    NotFobd {
        /// Where.
        path: PathBuf,
        /// Who it is.
        source: NotFobd,
    },
    /// The conversation could not begin.
    #[error("fobd does not speak")]
    Bus(#[from] zbus::Error),
}

/// Connects to fobd's own socket ([`crate::names::socket`]), after a look at who listens there.
///
/// # Errors
/// [`ConnectError`].
pub async fn connect() -> Result<Connection, ConnectError> {
    let path = crate::names::socket().ok_or(ConnectError::NoPlace)?;
    let stream = match UnixStream::connect(&path) {
        Ok(stream) => stream,
        Err(source) => return Err(ConnectError::NotRunning { path, source }),
    };
    if let Err(source) = is_fobd(&stream) {
        return Err(ConnectError::NotFobd { path, source });
    }
    Ok(Builder::unix_stream(stream).p2p().build().await?)
}
