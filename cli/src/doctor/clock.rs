//! The clock, which one-time codes are made of: does the system keep it right? systemd's timedated knows.

use std::time::Duration;

use zbus::connection::Builder;
use zbus::proxy::CacheProperties;

use super::Check;

/// How long the system bus may take.
const LIMIT: Duration = Duration::from_secs(2);

/// `org.freedesktop.timedate1`, as far as it is needed.
#[zbus::proxy(
    interface = "org.freedesktop.timedate1",
    default_service = "org.freedesktop.timedate1",
    default_path = "/org/freedesktop/timedate1"
)]
trait TimeDate {
    /// Whether the kernel says that the clock is set by a time server.
    #[zbus(property, name = "NTPSynchronized")]
    fn ntp_synchronized(&self) -> zbus::Result<bool>;
}

/// One line.
pub(super) async fn check() -> Check {
    match tokio::time::timeout(LIMIT, synchronized()).await {
        Ok(Ok(true)) => Check::ok("clock", "set by a time server"),
        Ok(Ok(false)) => {
            let advice = "turn it on: `timedatectl set-ntp true`; codes made by a wrong clock are refused";
            Check::warn("clock", "not set by a time server", advice)
        }
        Ok(Err(_)) | Err(_) => {
            let advice = "if codes are refused, compare this machine's time with another clock";
            Check::warn("clock", "it is not known whether a time server sets it", advice)
        }
    }
}

async fn synchronized() -> zbus::Result<bool> {
    let connection = Builder::system().build().await?;
    let proxy = TimeDateProxy::builder(&connection).cache_properties(CacheProperties::No).build().await?;
    proxy.ntp_synchronized().await
}
