//! A daemon of a test's own, over a socket pair: it answers with canned facts, or refuses as it is told, and notes
//! every secret that came through a pipe.

mod otp;
pub(crate) mod policy;
pub(crate) mod vault;

use std::collections::VecDeque;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard};

use fob::world::{Connecting, Door};
use fob_ambient::{FakeClock, UnixTime};
use fob_bus::pipe::{SHORT, put, take};
use fob_bus::types::{
    CeremonyOptions, ClientInfo, EntryInfo, GrantInfo, HistoryEvent, ImportReport, KeyInfo, KeySummary, LogEntry,
    MergeInfo, Outcome, RestoreInfo, SetPinOptions, SlotInfo, StateDetails, Status, VersionInfo, WayInfo,
};
use fob_bus::{CallError, ErrorKind, names};
use otp::Otp;
use policy::{Loopback, Policy};
use vault::Vault;
use zbus::connection::Builder;
use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, OwnedFd, OwnedObjectPath, interface};

/// What the clock says in all tests.
pub(crate) const NOW: u64 = 1_700_000_000;
/// The code of every account.
pub(crate) const CODE: &str = "287082";
/// The code of the next step.
pub(crate) const NEXT_CODE: &str = "359152";
/// The URI of every account.
pub(crate) const URI: &str = "otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP&issuer=Example";
/// The recovery code of every vault.
pub(crate) const RECOVERY: &str = "AAAA-BBBB";

/// One thing that happens in a ceremony.
#[derive(Debug, Clone)]
pub(crate) enum Scene {
    State(&'static str, StateDetails),
    /// The state `pin`, and then nothing until a PIN came.
    Pin(StateDetails),
    Done(Outcome),
    /// The person presses Ctrl-C, and then nothing happens.
    CtrlC,
}

/// What the daemon knows and was told.
#[derive(Default)]
pub(crate) struct Facts {
    /// Calls answered with these, first come first served.
    pub(crate) refusals: Vec<CallError>,
    /// The call that comes after so many is answered with this.
    pub(crate) refuse_after: Vec<(usize, CallError)>,
    /// The vault locks itself after so many calls.
    pub(crate) locks_after: Option<usize>,
    pub(crate) status: Status,
    pub(crate) entries: Vec<EntryInfo>,
    /// What `Init` says after the vault was made and its code given; `VaultBusy` before that.
    pub(crate) init_ends_with: Option<CallError>,
    /// The person presses Ctrl-C while `Init` makes the vault.
    pub(crate) ctrl_c_in_init: bool,
    pub(crate) report: ImportReport,
    pub(crate) bin: Vec<EntryInfo>,
    pub(crate) note: String,
    pub(crate) history: Vec<HistoryEvent>,
    /// What `Export` gives.
    pub(crate) exported: String,
    pub(crate) unreadable: Vec<String>,
    pub(crate) versions: Vec<VersionInfo>,
    pub(crate) restored: RestoreInfo,
    pub(crate) slots: Vec<SlotInfo>,
    pub(crate) ways: Vec<WayInfo>,
    pub(crate) merged: MergeInfo,
    pub(crate) grants: Vec<GrantInfo>,
    pub(crate) clients: Vec<ClientInfo>,
    pub(crate) log: Vec<LogEntry>,
    pub(crate) keys: Vec<KeySummary>,
    pub(crate) info: KeyInfo,
    /// What happens in every request.
    pub(crate) scenes: Vec<Scene>,
    /// What happens in the next ones instead, in their order.
    pub(crate) then: VecDeque<Vec<Scene>>,
    /// A request that is cancelled goes on all the same: what it does cannot be held back any more.
    pub(crate) too_late: bool,
    /// What came through pipes.
    pub(crate) secrets: Vec<String>,
    /// Which calls came.
    pub(crate) calls: Vec<String>,
}

/// The daemon, and the clock that it and its callers go by.
pub(crate) struct FakeDaemon {
    facts: Mutex<Facts>,
    pub(crate) clock: Arc<FakeClock>,
}

impl FakeDaemon {
    /// With an open vault, one key, and one account.
    pub(crate) fn new() -> Arc<Self> {
        let clock = Arc::new(FakeClock::at(UnixTime(NOW)));
        let daemon = Arc::new(Self { facts: Mutex::default(), clock });
        {
            let mut facts = daemon.facts();
            facts.status = Status {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                vault: "unlocked".to_owned(),
                vault_path: "/home/ada/.local/share/fob/vault".to_owned(),
                entries: Some(1),
                idle_lock: Some(900),
                keys: 1,
                ..Status::default()
            };
            facts.entries = vec![entry("e1", "Example", "ada")];
            facts.keys = vec![key("0a1b2c3d", "Maker Key 5")];
            facts.info = KeyInfo {
                id: "0a1b2c3d".to_owned(),
                product: "Maker Key 5".to_owned(),
                transport: "hid".to_owned(),
                versions: vec!["FIDO_2_0".to_owned(), "FIDO_2_3".to_owned()],
                extensions: vec!["credProtect".to_owned()],
                aaguid: "00000000-0000-0000-0000-000000000001".to_owned(),
                options: vec!["rk".to_owned(), "clientPin".to_owned()],
                pin_set: Some(true),
                pin_retries: Some(8),
                min_pin_length: Some(4),
                algorithms: vec![-7, -8],
                ..KeyInfo::default()
            };
        }
        daemon
    }

    pub(crate) fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap()
    }

    /// Refuses the next call.
    pub(crate) fn refuse(&self, error: CallError) {
        self.facts().refusals.push(error);
    }

    fn called(&self, what: &str) -> Result<MutexGuard<'_, Facts>, CallError> {
        let mut facts = self.facts();
        facts.calls.push(what.to_owned());
        if facts.locks_after.is_some_and(|calls| facts.calls.len() > calls) {
            return Err(CallError::new(ErrorKind::Locked, "the vault is locked"));
        }
        let before = facts.calls.len() - 1;
        if let Some(place) = facts.refuse_after.iter().position(|(after, _)| *after == before) {
            return Err(facts.refuse_after.remove(place).1);
        }
        if facts.refusals.is_empty() { Ok(facts) } else { Err(facts.refusals.remove(0)) }
    }

    fn take(&self, end: OwnedFd) {
        let secret = take(&end.into(), SHORT).unwrap();
        self.facts().secrets.push(String::from_utf8(secret.to_vec()).unwrap());
    }
}

pub(crate) fn entry(id: &str, issuer: &str, name: &str) -> EntryInfo {
    EntryInfo {
        id: id.to_owned(),
        issuer: issuer.to_owned(),
        name: name.to_owned(),
        kind: "totp".to_owned(),
        digits: Some(6),
        algorithm: Some("SHA1".to_owned()),
        period: Some(30),
        ..EntryInfo::default()
    }
}

pub(crate) fn key(id: &str, product: &str) -> KeySummary {
    KeySummary {
        id: id.to_owned(),
        product: product.to_owned(),
        transport: "hid".to_owned(),
        node: "/dev/hidraw3".to_owned(),
        problem: None,
    }
}

/// The door with that daemon behind it.
pub(crate) struct FakeDoor(pub(crate) Arc<FakeDaemon>);

impl Door for FakeDoor {
    fn connect(&self) -> Connecting<'_> {
        let daemon = Arc::clone(&self.0);
        Box::pin(async move {
            let (ours, theirs) = UnixStream::pair().unwrap();
            tokio::spawn(async move {
                let connection = serve(theirs, daemon).await.unwrap();
                connection.closed().await;
            });
            Ok(Builder::unix_stream(ours).p2p().build().await?)
        })
    }
}

async fn serve(stream: UnixStream, daemon: Arc<FakeDaemon>) -> zbus::Result<Connection> {
    let keys = daemon.facts().keys.clone();
    let mut builder = Builder::unix_stream(stream)
        .server(zbus::Guid::generate())
        .p2p()
        .serve_at(names::ROOT, zbus::fdo::ObjectManager)
        .serve_at(names::ROOT, Manager(Arc::clone(&daemon)))
        .serve_at(names::ROOT, Vault(Arc::clone(&daemon)))
        .serve_at(names::ROOT, Otp(Arc::clone(&daemon)))
        .serve_at(names::ROOT, Policy(Arc::clone(&daemon)))
        .serve_at(names::ROOT, Loopback(Arc::clone(&daemon)))
        .serve_at(names::ROOT, WebAuthn(Arc::clone(&daemon)));
    for summary in keys {
        let path = format!("{}/{}", names::KEYS, summary.id);
        builder = builder.serve_at(path, Key { daemon: Arc::clone(&daemon), summary });
    }
    builder.build().await
}

struct Manager(Arc<FakeDaemon>);

#[interface(name = "dev.fob.Manager1")]
impl Manager {
    fn status(&self) -> Result<Status, CallError> {
        Ok(self.0.called("Status")?.status.clone())
    }

    fn init(&self, passphrase: OwnedFd, recovery: OwnedFd) -> Result<(), CallError> {
        self.0.called("Init").map(drop)?;
        self.0.take(passphrase);
        let mut facts = self.0.facts();
        if facts.ctrl_c_in_init {
            press_ctrl_c();
        }
        if facts.init_ends_with.as_ref().is_some_and(|error| error.kind == ErrorKind::VaultBusy) {
            return facts.init_ends_with.take().map_or(Ok(()), Err);
        }
        put(&recovery.into(), RECOVERY.as_bytes()).unwrap();
        facts.status.vault = "unlocked".to_owned();
        facts.init_ends_with.take().map_or(Ok(()), Err)
    }

    fn unlock(&self, secret: OwnedFd, recovery: bool) -> Result<(), CallError> {
        self.0.take(secret);
        self.0.called(if recovery { "Unlock(recovery)" } else { "Unlock" }).map(drop)
    }

    async fn lock(&self, #[zbus(signal_emitter)] emitter: SignalEmitter<'_>) -> Result<(), CallError> {
        self.0.called("Lock").map(drop)?;
        Self::vault_changed(&emitter, "locked").await.unwrap();
        Ok(())
    }

    #[zbus(signal)]
    async fn vault_changed(emitter: &SignalEmitter<'_>, state: &str) -> zbus::Result<()>;

    fn attach_key(&self, path: &str) -> Result<String, CallError> {
        self.0.called(&format!("AttachKey({path})")).map(|_| "5e6f7a8b".to_owned())
    }

    fn detach_key(&self, id: &str) -> Result<(), CallError> {
        self.0.called(&format!("DetachKey({id})")).map(|_| ())
    }
}

struct Key {
    daemon: Arc<FakeDaemon>,
    summary: KeySummary,
}

#[interface(name = "dev.fob.Key1")]
impl Key {
    fn info(&self) -> Result<KeyInfo, CallError> {
        Ok(self.daemon.called("Info")?.info.clone())
    }

    fn set_pin(&self, new: OwnedFd, options: SetPinOptions) -> Result<(), CallError> {
        if let Some(current) = options.current {
            self.daemon.take(std::os::fd::OwnedFd::from(current).into());
        }
        self.daemon.take(new);
        self.daemon.called("SetPin").map(|_| ())
    }

    #[zbus(property)]
    fn id(&self) -> &str {
        &self.summary.id
    }

    #[zbus(property)]
    fn product(&self) -> &str {
        &self.summary.product
    }

    #[zbus(property)]
    fn transport(&self) -> &str {
        &self.summary.transport
    }

    #[zbus(property)]
    fn node(&self) -> &str {
        &self.summary.node
    }

    #[zbus(property)]
    fn problem(&self) -> &str {
        self.summary.problem.as_deref().unwrap_or_default()
    }
}

struct WebAuthn(Arc<FakeDaemon>);

#[interface(name = "dev.fob.WebAuthn1")]
impl WebAuthn {
    async fn create_credential(
        &self,
        _parent: &str,
        origin: &str,
        _kind: &str,
        options: CeremonyOptions,
        #[zbus(connection)] connection: &Connection,
    ) -> Result<OwnedObjectPath, CallError> {
        self.begin("CreateCredential", origin, options, connection).await
    }

    async fn get_credential(
        &self,
        _parent: &str,
        origin: &str,
        _kind: &str,
        options: CeremonyOptions,
        #[zbus(connection)] connection: &Connection,
    ) -> Result<OwnedObjectPath, CallError> {
        self.begin("GetCredential", origin, options, connection).await
    }
}

impl WebAuthn {
    async fn begin(
        &self,
        what: &str,
        origin: &str,
        options: CeremonyOptions,
        connection: &Connection,
    ) -> Result<OwnedObjectPath, CallError> {
        let key = options.key.unwrap_or_else(|| "any key".to_owned());
        let scenes = self.0.called(&format!("{what}({origin}, {key})"))?.scenes.clone();
        begin(&self.0, options.handle_token, scenes, connection).await
    }
}

/// Makes the request, and begins to play.
async fn begin(
    daemon: &Arc<FakeDaemon>,
    handle_token: String,
    scenes: Vec<Scene>,
    connection: &Connection,
) -> Result<OwnedObjectPath, CallError> {
    let path = names::request_path(None, &handle_token).unwrap();
    let request = Request { daemon: Arc::clone(daemon), scenes };
    connection.object_server().at(path.clone(), request).await.unwrap();
    // The first scene comes before the call's answer, as it may with the real daemon.
    play(connection, &path).await;
    Ok(path)
}

struct Request {
    daemon: Arc<FakeDaemon>,
    scenes: Vec<Scene>,
}

/// Plays until somebody else has to do something.
async fn play(connection: &Connection, path: &OwnedObjectPath) {
    let request = connection.object_server().interface::<_, Request>(path).await.unwrap();
    loop {
        let scene = {
            let mut request = request.get_mut().await;
            if request.scenes.is_empty() { return } else { request.scenes.remove(0) }
        };
        match scene {
            Scene::State(state, details) => send(connection, path, "StateChanged", &(state, details)).await,
            Scene::Pin(details) => return send(connection, path, "StateChanged", &("pin", details)).await,
            Scene::Done(outcome) => return send(connection, path, "Done", &(outcome,)).await,
            Scene::CtrlC => {
                return press_ctrl_c();
            }
        }
    }
}

/// A real one, to the one who has taken it over: before this thread goes on, whatever the others do.
fn press_ctrl_c() {
    signal_hook::low_level::raise(signal_hook::consts::SIGINT).unwrap();
}

async fn send<B: serde::Serialize + zbus::DynamicType>(
    connection: &Connection,
    path: &OwnedObjectPath,
    name: &str,
    body: &B,
) {
    connection.emit_signal(None::<&str>, path, "dev.fob.Request1", name, body).await.unwrap();
}

#[interface(name = "dev.fob.Request1")]
impl Request {
    async fn cancel(
        &self,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> Result<(), CallError> {
        let too_late = self.daemon.called("Cancel")?.too_late;
        let path = OwnedObjectPath::from(header.path().unwrap().to_owned());
        if too_late {
            let connection = connection.clone();
            tokio::spawn(async move { play(&connection, &path).await });
            return Ok(());
        }
        let outcome = Outcome {
            error: Some("AbortError".to_owned()),
            cause: Some(ErrorKind::AbortError.name().to_owned()),
            message: Some("the caller gave up".to_owned()),
            ..Outcome::default()
        };
        send(connection, &path, "Done", &(outcome,)).await;
        Ok(())
    }

    async fn provide_pin(
        &self,
        pin: OwnedFd,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> Result<(), CallError> {
        self.daemon.take(pin);
        self.daemon.called("ProvidePin").map(drop)?;
        let (connection, path) = (connection.clone(), OwnedObjectPath::from(header.path().unwrap().to_owned()));
        tokio::spawn(async move { play(&connection, &path).await });
        Ok(())
    }
}
