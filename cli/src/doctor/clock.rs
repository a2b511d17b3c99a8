//! The clock, which one-time codes are made of: does somebody keep it right? The kernel knows; where it may not be asked,
//! systemd's timedated does.

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

/// One line. `kernel` is what the kernel says, if it says something.
pub(super) async fn check(kernel: Option<bool>) -> Check {
    let is_set = match kernel {
        Some(is_set) => Some(is_set),
        None => tokio::time::timeout(LIMIT, synchronized()).await.ok().and_then(Result::ok),
    };
    judge(is_set)
}

fn judge(is_set: Option<bool>) -> Check {
    match is_set {
        Some(true) => Check::ok("clock", "set by a time server"),
        Some(false) => {
            let advice = "turn it on: `timedatectl set-ntp true`; codes made by a wrong clock are refused";
            Check::warn("clock", "not set by a time server", advice)
        }
        None => {
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
