//! "Touch your security key", as a notice of the desktop (org.freedesktop.Notifications, Desktop Notifications
//! Specification 1.2). It asks nothing and decides nothing: it says why something blinks, and goes when it no longer does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fob_asking::harmless;
use tokio::sync::oneshot;
use zbus::connection::Builder;
use zbus::{Connection, Variant, proxy};

/// How long the desktop may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
const SUMMARY: &str = "Touch your security key";
/// A name of the icon naming specification.
const ICON: &str = "dialog-password";
/// It stays until it is taken away.
const NEVER: i32 = 0;
/// Urgency "normal".
const NORMAL: u8 = 1;

#[proxy(
    interface = "org.freedesktop.Notifications",
    default_service = "org.freedesktop.Notifications",
    default_path = "/org/freedesktop/Notifications"
)]
trait Notifications {
    fn get_capabilities(&self) -> zbus::Result<Vec<String>>;

    #[expect(clippy::too_many_arguments, reason = "the specification's")]
    fn notify(
        &self,
        app_name: &str,
        replaces_id: u32,
        app_icon: &str,
        summary: &str,
        body: &str,
        actions: &[&str],
        hints: HashMap<&str, Variant<'_>>,
        expire_timeout: i32,
    ) -> zbus::Result<u32>;

    fn close_notification(&self, id: u32) -> zbus::Result<()>;
}

/// Where the desktop is.
#[derive(Debug, Clone)]
pub(crate) enum Bus {
    /// On the bus of this session.
    Session,
    /// Nowhere that fobd may look.
    None,
    /// On the bus at this address.
    #[cfg(test)]
    At(String),
}

/// Shows notices, one at a time: a new one takes the place of the one before.
#[derive(Debug, Clone)]
pub(crate) struct Notices(Arc<Shown>);

#[derive(Debug)]
struct Shown {
    bus: Bus,
    now: Mutex<Now>,
}

/// What is shown.
#[derive(Debug, Default)]
struct Now {
    /// The desktop's number for it; 0 for nothing.
    id: u32,
    /// How many were shown so far: a place that was taken over is not cleared by the one that had it before.
    count: u64,
}

impl Notices {
    /// None is shown yet.
    pub(crate) fn on(bus: Bus) -> Self {
        Self(Arc::new(Shown { bus, now: Mutex::default() }))
    }

    /// Shows one until what is returned is dropped. Waits for nothing: a slow desktop must not hold a key up.
    pub(super) fn touch(&self, product: &str, what: &str) -> Box<dyn Send> {
        if matches!(self.0.bus, Bus::None) {
            return Box::new(());
        }
        let body = format!("{}, for {}", harmless(product), harmless(what));
        let (end, ended) = oneshot::channel::<()>();
        let shown = self.0.clone();
        tokio::spawn(async move {
            if let Err(error) = shown.show(&body, ended).await {
                tracing::debug!(%error, "the desktop shows no notice");
            }
        });
        Box::new(end)
    }
}

impl Shown {
    async fn show(&self, body: &str, mut ended: oneshot::Receiver<()>) -> zbus::Result<()> {
        let bus = self.connect().await?;
        let desktop = NotificationsProxy::new(&bus).await?;
        let capabilities = desktop.get_capabilities().await?;
        let can = |capability| capabilities.iter().any(|known| known == capability);
        let body = match (can("body"), can("body-markup")) {
            (false, _) => String::new(),
            (true, true) => without_markup(body),
            (true, false) => body.to_owned(),
        };
        // Over before it could be shown.
        if !matches!(ended.try_recv(), Err(oneshot::error::TryRecvError::Empty)) {
            return Ok(());
        }
        let replaced = self.now().id;
        let hints = HashMap::from([
            ("urgency", Variant::from(NORMAL)),
            ("transient", Variant::from(true)),
            ("category", Variant::from("device")),
        ]);
        let id = desktop.notify("fob", replaced, ICON, SUMMARY, &body, &[], hints, NEVER).await?;
        let own = {
            let mut now = self.now();
            now.id = id;
            now.count += 1;
            now.count
        };
        // An error is what a dropped end is.
        let _ = ended.await;
        let is_still_there = {
            let mut now = self.now();
            let is_still_there = now.count == own;
            if is_still_there {
                now.id = 0;
            }
            is_still_there
        };
        if is_still_there { desktop.close_notification(id).await } else { Ok(()) }
    }

    async fn connect(&self) -> zbus::Result<Connection> {
        let bus = match &self.bus {
            Bus::Session => Builder::session(),
            Bus::None => return Err(zbus::Error::Unsupported),
            #[cfg(test)]
            Bus::At(address) => Builder::address(address.as_str()),
        };
        bus.method_timeout(PATIENCE).build().await
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body for those that take markup: it means what it says.
fn without_markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            character => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests;
