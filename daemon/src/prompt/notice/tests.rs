//! Against dbusmock's notification daemon, which is somebody else's reading of the specification.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use zbus::fdo::DBusProxy;
use zbus::names::BusName;

use super::*;

const NAME: &str = "org.freedesktop.Notifications";
/// Debian's Python, since dbusmock is a Debian package.
const PYTHON: &str = "/usr/bin/python3";
const LONG: Duration = Duration::from_secs(20);

struct Beside(Child);

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A bus, the desktop's notices on it, and what they were told.
struct Desktop {
    _mock: Beside,
    _bus: Beside,
    folder: tempfile::TempDir,
    address: String,
}

impl Desktop {
    /// With these capabilities; `None` where there is no dbusmock.
    async fn with(capabilities: &str) -> Option<Self> {
        let asked = Command::new(PYTHON).args(["-c", "import dbusmock"]).output();
        if !asked.is_ok_and(|asked| asked.status.success()) {
            assert!(std::env::var_os("FOB_JUDGES").is_none(), "FOB_JUDGES is set, and python3-dbusmock is missing");
            eprintln!("skipped: no python3-dbusmock");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let address = format!("unix:path={}", folder.path().join("bus").display());
        let mut command = Command::new("dbus-daemon");
        command.args(["--session", "--nofork", "--nopidfile", "--print-address=1", "--address", &address]);
        let mut bus = command.stdout(Stdio::piped()).spawn().expect("dbus-daemon is there where dbusmock is");
        let mut line = String::new();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().to_owned();
        let mut mock = Command::new(PYTHON);
        mock.args(["-m", "dbusmock", "--session", "--template", "notification_daemon", "-p"]);
        mock.arg(format!("{{\"capabilities\": \"{capabilities}\"}}")).arg("-l").arg(folder.path().join("log"));
        mock.env("DBUS_SESSION_BUS_ADDRESS", &address).stdout(Stdio::null());
        let mock = Beside(mock.spawn().unwrap());
        let desktop = Self { _mock: mock, _bus: Beside(bus), folder, address };
        let broker = Builder::address(desktop.address.as_str()).build().await.unwrap();
        let broker = DBusProxy::new(&broker).await.unwrap();
        eventually(async || broker.name_has_owner(BusName::try_from(NAME).unwrap()).await.unwrap()).await;
        Some(desktop)
    }

    fn notices(&self) -> Notices {
        Notices::on(Bus::At(self.address.clone()))
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    async fn told(&self, words: &str, times: usize) {
        eventually(async || self.log().matches(words).count() >= times).await;
    }
}

async fn eventually(mut ask: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !ask().await {
        assert!(start.elapsed() < LONG, "it never came");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_notice_comes_when_a_key_waits_and_goes_when_it_does_not() {
    let Some(desktop) = Desktop::with("body body-markup").await else { return };
    let notices = desktop.notices();
    let shown = notices.touch("Fob <b>Key</b>\u{202e}", "example.org");
    desktop.told("Notify", 1).await;
    let log = desktop.log();
    assert!(log.contains(SUMMARY) && log.contains("Fob &lt;b&gt;Key&lt;/b&gt;, for example.org"), "{log}");
    assert!(!log.contains("CloseNotification"), "{log}");
    drop(shown);
    desktop.told("CloseNotification 1", 1).await;
}

#[tokio::test]
async fn a_desktop_that_knows_no_markup_gets_the_text_itself() {
    let Some(desktop) = Desktop::with("body").await else { return };
    let _shown = desktop.notices().touch("Fob & <Key>", "example.org");
    desktop.told("Notify", 1).await;
    assert!(desktop.log().contains("Fob & <Key>, for example.org"), "{}", desktop.log());
}

#[tokio::test]
async fn a_new_notice_takes_the_place_of_the_one_before() {
    let Some(desktop) = Desktop::with("body").await else { return };
    let notices = desktop.notices();
    let first = notices.touch("One", "example.org");
    desktop.told("Notify", 1).await;
    // The number is known once the reply is back.
    eventually(async || notices.0.now().id == 1).await;
    let second = notices.touch("Two", "example.org");
    desktop.told("Notify", 2).await;
    eventually(async || notices.0.now().count == 2).await;
    assert!(desktop.log().contains("\"fob\" 1 "), "it names what it replaces: {}", desktop.log());
    drop(first);
    drop(second);
    desktop.told("CloseNotification 1", 1).await;
    eventually(async || notices.0.now().id == 0).await;
    assert_eq!(desktop.log().matches("CloseNotification").count(), 1, "{}", desktop.log());
}

#[tokio::test]
async fn without_a_desktop_nothing_waits() {
    let start = Instant::now();
    for bus in [Bus::None, Bus::At("unix:path=/nowhere/bus".into())] {
        drop(Notices::on(bus).touch("Key", "example.org"));
    }
    assert!(start.elapsed() < Duration::from_secs(1));
}
