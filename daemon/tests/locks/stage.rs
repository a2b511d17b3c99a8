//! The stage: a private bus that is system bus and session bus at once, the others on it, and fobd.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fob_bus::CallError;
use fob_bus::pipe;
use fob_bus::proxy::{Manager1Proxy, VaultChangedStream};
use fob_bus::types::Status;
use futures_util::StreamExt;
use zbus::connection::Builder;
use zbus::fdo::DBusProxy;
use zbus::names::BusName;
use zbus::{Connection, Variant};
use zeroize::Zeroizing;

use crate::household::{PYTHON, fobd};

pub(crate) const LOGIND: &str = "org.freedesktop.login1";
pub(crate) const LOGIND_ROOT: &str = "/org/freedesktop/login1";
pub(crate) const LOGIND_MANAGER: &str = "org.freedesktop.login1.Manager";
const MOCK: &str = "org.freedesktop.DBus.Mock";
const PASSPHRASE: &str = "correct horse battery staple";
/// Longest that anything may take. A limit for what is broken, no pause.
const LIMIT: Duration = Duration::from_secs(30);

/// A program that goes when it is dropped.
struct Beside(Child);

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// All of it. Fields go in this order: fobd before the bus that it is on.
pub(crate) struct Stage {
    fobd: Option<Beside>,
    mocks: HashMap<&'static str, Beside>,
    _bus: Beside,
    home: PathBuf,
    address: String,
    /// The test on the bus.
    pub(crate) bus: Connection,
    fob: Option<Connection>,
    diary: Arc<Mutex<String>>,
}

impl Stage {
    /// A bus with nobody on it.
    pub(crate) async fn build(home: &Path) -> Self {
        let address = format!("unix:path={}", home.join("bus").display());
        let mut command = Command::new("dbus-daemon");
        command.args(["--session", "--nofork", "--nopidfile", "--print-address=1", "--address", &address]);
        let mut bus = command.stdout(Stdio::piped()).spawn().expect("dbus-daemon is there where dbusmock is");
        let mut line = String::new();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().to_owned();
        let connection = Builder::address(address.as_str()).build().await.unwrap();
        Self {
            fobd: None,
            mocks: HashMap::new(),
            _bus: Beside(bus),
            home: home.to_owned(),
            address,
            bus: connection,
            fob: None,
            diary: Arc::default(),
        }
    }

    /// The same with dbusmock's logind and one session of this user, and fobd with an open vault.
    pub(crate) async fn with_open_vault(home: &Path) -> Self {
        let mut stage = Self::build(home).await;
        stage.start_logind().await;
        stage.add_session("c1", own_uid()).await;
        stage.start_fobd(&[]);
        stage.init().await;
        stage.inhibited_for(&["shutdown", "sleep"]).await;
        stage
    }

    /// dbusmock's logind.
    pub(crate) async fn start_logind(&mut self) {
        self.start_mock(LOGIND, &["--template", "logind"]).await;
    }

    /// Something of dbusmock's that takes this name.
    pub(crate) async fn start_mock(&mut self, name: &'static str, arguments: &[&str]) {
        let mut command = Command::new(PYTHON);
        command.args(["-m", "dbusmock"]).args(arguments);
        self.start_program(name, command).await;
    }

    /// A program that takes this name on the bus.
    pub(crate) async fn start_program(&mut self, name: &'static str, mut command: Command) {
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.env("DBUS_SYSTEM_BUS_ADDRESS", &self.address).env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        self.mocks.insert(name, Beside(command.spawn().unwrap()));
        self.name_is_there(name, true).await;
    }

    /// Ends it.
    pub(crate) async fn end_mock(&mut self, name: &'static str) {
        self.mocks.remove(name);
        self.name_is_there(name, false).await;
    }

    async fn name_is_there(&self, name: &str, there: bool) {
        let broker = DBusProxy::new(&self.bus).await.unwrap();
        eventually(name, async || {
            (broker.name_has_owner(BusName::try_from(name).unwrap()).await.unwrap() == there).then_some(())
        })
        .await;
    }

    /// fobd on this bus, at home here.
    pub(crate) fn start_fobd(&mut self, arguments: &[&str]) {
        let command = self.fobd_command(arguments);
        self.run_fobd(command);
    }

    /// fobd where the system bus has another address, at which nobody is.
    pub(crate) fn start_fobd_elsewhere(&mut self, system_bus: &Path) {
        let mut command = self.fobd_command(&[]);
        command.env("DBUS_SYSTEM_BUS_ADDRESS", format!("unix:path={}", system_bus.display()));
        self.run_fobd(command);
    }

    fn run_fobd(&mut self, mut command: Command) {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let (diary, stderr) = (self.diary.clone(), child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut diary = diary.lock().unwrap();
                diary.push_str(&line);
                diary.push('\n');
            }
        });
        self.fobd = Some(Beside(child));
    }

    /// How fobd is started here.
    pub(crate) fn fobd_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(fobd());
        command.args(arguments).env("RUST_LOG", "warn,fobd=info");
        command.env("DBUS_SYSTEM_BUS_ADDRESS", &self.address).env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        for (variable, folder) in [("DATA", "data"), ("STATE", "state"), ("CONFIG", "config")] {
            command.env(format!("XDG_{variable}_HOME"), self.home.join(folder));
        }
        command
    }

    /// What fobd has said so far.
    pub(crate) fn diary(&self) -> String {
        self.diary.lock().unwrap().clone()
    }

    /// Waits until fobd has said this.
    pub(crate) async fn said(&self, words: &str) {
        eventually(words, async || self.diary().contains(words).then_some(())).await;
    }

    /// What fobd serves, to its companion.
    pub(crate) async fn manager(&mut self) -> Manager1Proxy<'static> {
        if self.fob.is_none() {
            self.fob = Some(eventually("fobd", async || fob_bus::connect::connect().await.ok()).await);
        }
        Manager1Proxy::new(self.fob.as_ref().unwrap()).await.unwrap()
    }

    /// Makes the vault and leaves it open.
    pub(crate) async fn init(&mut self) {
        let (code, end) = pipe::awaiting().unwrap();
        self.manager().await.init(piped().into(), end.into()).await.unwrap();
        let code = tokio::task::spawn_blocking(move || pipe::take(&code, pipe::SHORT).unwrap()).await.unwrap();
        assert_eq!(code.len(), 44);
    }

    /// Opens it.
    pub(crate) async fn unlock(&mut self) -> Result<(), CallError> {
        self.manager().await.unlock(piped().into(), false).await
    }

    /// How things stand.
    pub(crate) async fn status(&mut self) -> Status {
        self.manager().await.status().await.unwrap()
    }

    /// Tells of every lock and unlock from now on.
    pub(crate) async fn changes(&mut self) -> VaultChangedStream {
        self.manager().await.receive_vault_changed().await.unwrap()
    }

    /// Has a mock say a signal.
    pub(crate) async fn emit(
        &self,
        name: &str,
        path: &str,
        interface: &str,
        signal: &str,
        form: &str,
        args: &[Variant<'_>],
    ) {
        self.mock(name, path, "EmitSignal", &(interface, signal, form, args)).await;
    }

    /// Calls one of the methods by which a mock is steered.
    pub(crate) async fn mock<B>(&self, name: &str, path: &str, method: &str, body: &B)
    where
        B: serde::Serialize + zbus::DynamicType,
    {
        self.bus.call_method(Some(name), path, Some(MOCK), method, body).await.unwrap();
    }

    /// logind's `PrepareForSleep` or `PrepareForShutdown`.
    pub(crate) async fn prepare(&self, signal: &str, begins: bool) {
        self.emit(LOGIND, LOGIND_ROOT, LOGIND_MANAGER, signal, "b", &[Variant::from(begins)]).await;
    }

    /// Somebody logs in.
    pub(crate) async fn add_session(&self, id: &str, uid: u32) {
        self.mock(LOGIND, LOGIND_ROOT, "AddSession", &(id, "seat0", uid, "somebody", true)).await;
        self.tell_of_session("SessionNew", id).await;
    }

    /// Somebody logs out.
    pub(crate) async fn remove_session(&self, id: &str) {
        self.mock(LOGIND, LOGIND_ROOT, "RemoveObject", &session(id)).await;
        self.tell_of_session("SessionRemoved", id).await;
    }

    /// logind tells that a session came or went.
    pub(crate) async fn tell_of_session(&self, signal: &str, id: &str) {
        let path = zbus::ObjectPath::try_from(session(id)).unwrap();
        self.emit(LOGIND, LOGIND_ROOT, LOGIND_MANAGER, signal, "so", &[Variant::from(id), Variant::from(path)]).await;
    }

    /// Calls a method of a session, as the desktop does.
    pub(crate) async fn session<B>(&self, id: &str, method: &str, body: &B)
    where
        B: serde::Serialize + zbus::DynamicType,
    {
        let interface = "org.freedesktop.login1.Session";
        self.bus.call_method(Some(LOGIND), session(id), Some(interface), method, body).await.unwrap();
    }

    /// What logind would wait for, sorted; every inhibitor is fobd's, and a delay.
    pub(crate) async fn inhibitors(&self) -> Vec<String> {
        let call = self.bus.call_method(Some(LOGIND), LOGIND_ROOT, Some(LOGIND_MANAGER), "ListInhibitors", &());
        let reply = call.await.unwrap();
        let listed: Vec<(String, String, String, String, u32, u32)> = reply.body().deserialize().unwrap();
        assert!(listed.iter().all(|(_, who, _, mode, ..)| (who.as_str(), mode.as_str()) == ("fobd", "delay")));
        let mut what: Vec<_> = listed.into_iter().map(|inhibitor| inhibitor.0).collect();
        what.sort();
        what
    }

    /// Waits until logind would wait for exactly this.
    pub(crate) async fn inhibited_for(&self, what: &[&str]) {
        eventually(&format!("{what:?}"), async || (self.inhibitors().await == what).then_some(())).await;
    }
}

/// Writes the settings file of this home.
pub(crate) fn configure(home: &Path, text: &str) {
    let folder = home.join("config/fob");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("fobd.toml"), text).unwrap();
}

/// The path of a session.
pub(crate) fn session(id: &str) -> String {
    format!("{LOGIND_ROOT}/session/{id}")
}

/// This user.
pub(crate) fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The end of a pipe with the passphrase.
pub(crate) fn piped() -> OwnedFd {
    pipe::holding(Zeroizing::new(PASSPHRASE.as_bytes().to_vec())).unwrap()
}

/// Gives the passphrase into a pipe that somebody waits at.
pub(crate) fn give(writer: OwnedFd) {
    use std::io::Write;
    std::io::PipeWriter::from(writer).write_all(PASSPHRASE.as_bytes()).unwrap();
}

/// Waits for the next change and says what it is.
pub(crate) async fn next(changes: &mut VaultChangedStream) -> String {
    let change = tokio::time::timeout(LIMIT, changes.next()).await.expect("the vault was neither locked nor opened");
    change.unwrap().args().unwrap().state.to_owned()
}

/// The output of a program that ends by itself.
pub(crate) fn output(mut command: Command) -> (Option<i32>, String, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > LIMIT {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    (child.wait().unwrap().code(), out, err)
}

/// Asks until there is an answer.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(it) = ask().await {
            return it;
        }
        assert!(start.elapsed() < LIMIT, "it never came: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
