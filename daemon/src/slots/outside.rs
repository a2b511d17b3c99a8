//! What keeps secrets outside of fobd: the session bus with its keyring, and the TPM. The wall that tests replace.

use std::io;
use std::path::Path;

use async_trait::async_trait;
use fob_tpm::{DeviceWire, Wire};
use zbus::Connection;

/// How they are reached.
#[async_trait]
pub(crate) trait Outside: Send + Sync {
    /// A connection to the session bus of its own, for as long as it is wanted.
    ///
    /// # Errors
    /// The bus's.
    async fn session_bus(&self) -> zbus::Result<Connection>;

    /// A wire to the TPM. Blocks.
    ///
    /// # Errors
    /// The system's: `NotFound` without a TPM, `PermissionDenied` without the right to use it.
    fn tpm(&self) -> io::Result<Box<dyn Wire>>;
}

/// The bus of this session, and the kernel's TPM.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RealOutside;

#[async_trait]
impl Outside for RealOutside {
    async fn session_bus(&self) -> zbus::Result<Connection> {
        Connection::session().await
    }

    fn tpm(&self) -> io::Result<Box<dyn Wire>> {
        Ok(Box::new(DeviceWire::open(Path::new(DeviceWire::PATH))?))
    }
}
