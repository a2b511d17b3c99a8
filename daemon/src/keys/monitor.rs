//! The udev monitor: when a hidraw node came, went, or got its access list, look again.

use std::io;
use std::sync::Arc;

use fob_client::plug;
use futures_util::StreamExt;
use tokio_udev::{AsyncMonitorSocket, Event, MonitorBuilder};

use super::Keys;

/// Waits for events of hidraw nodes.
pub(crate) struct Monitor(AsyncMonitorSocket);

impl Monitor {
    /// Begins to listen; what happens from now on is not missed.
    ///
    /// # Errors
    /// The system's, such as where there is no netlink.
    pub(crate) fn start() -> io::Result<Self> {
        let socket = MonitorBuilder::new()?.match_subsystem("hidraw")?.listen()?;
        Ok(Self(socket.try_into()?))
    }

    /// Keeps the list of keys true, for ever or until the monitor breaks.
    pub(crate) async fn run(mut self, keys: Arc<Keys>) {
        while let Some(event) = self.0.next().await {
            match event {
                Ok(event) if means_something(&event) => {
                    if let Err(error) = keys.look().await {
                        tracing::warn!(%error, "cannot see which keys are plugged in");
                    }
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "an event of the udev monitor was lost"),
            }
        }
        tracing::warn!("the udev monitor has ended: keys that are plugged in now are not seen");
    }
}

fn means_something(event: &Event) -> bool {
    let properties: Vec<_> = event
        .properties()
        .filter_map(|property| Some((property.name().to_str()?.to_owned(), property.value().to_str()?.to_owned())))
        .collect();
    plug::judge(properties.iter().map(|(name, value)| (name.as_str(), value.as_str()))).is_some()
}
