//! A daemon in a temporary home, and callers at its own socket's end of a socket pair.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use fob_ambient::{Clock, Millis, SeededRng, UnixTime};
use fob_bus::pipe;
use fob_bus::proxy::{Manager1Proxy, Otp1Proxy, Policy1Proxy, Vault1Proxy, WebAuthn1Proxy};
use fob_tpm::Wire;
use fob_vault::{Argon2Cost, Context, FilePins, KdfFloor, KdfPolicy, RealDisk};
use tempfile::TempDir;
use tokio::time::Instant;
use zbus::Connection;
use zbus::connection::Builder;
use zeroize::Zeroizing;

use crate::caller::{Caller, Door, Household, Listings, Tier, Why};
use crate::daemon::{Daemon, VaultPlace};
use crate::doors::{over, serve};
use crate::guest::Guest;
use crate::keys::{Keys, RealWays};
use crate::policy::Companions;
use crate::prompt::Prompter;
use crate::slots::Outside;

pub(crate) const PASSPHRASE: &str = "correct horse battery staple";
/// Unix time on the wall of every house: the first vector of RFC 6238 appendix B.
pub(crate) const WALL: UnixTime = UnixTime(59);

/// The monotonic side is tokio's clock, so that a paused one moves both; the wall stands still.
#[derive(Debug)]
pub(crate) struct HouseClock {
    start: Instant,
    asleep: AtomicU64,
}

impl HouseClock {
    /// The machine sleeps for so long; no timer notices.
    pub(crate) fn sleep(&self, length: Duration) {
        self.asleep.fetch_add(length.as_millis().try_into().unwrap(), Ordering::SeqCst);
    }
}

impl Clock for HouseClock {
    fn monotonic(&self) -> Millis {
        Millis(self.start.elapsed().as_millis().try_into().unwrap())
    }
    fn boottime(&self) -> Millis {
        self.monotonic().plus(Millis(self.asleep.load(Ordering::SeqCst)))
    }
    fn wall(&self) -> UnixTime {
        WALL
    }
}

/// A daemon and its home.
pub(crate) struct House {
    pub(crate) home: TempDir,
    pub(crate) daemon: Arc<Daemon>,
    pub(crate) clock: Arc<HouseClock>,
}

/// Argon2 at a price that tests can pay.
const CHEAP: KdfPolicy = KdfPolicy {
    new_slots: Argon2Cost { memory_kib: 8, passes: 1, lanes: 1 },
    floor: KdfFloor { memory_kib: 8, passes: 1 },
};

impl House {
    pub(crate) fn build() -> Self {
        Self::with_idle_lock(None)
    }

    pub(crate) fn with_idle_lock(idle_lock: Option<Duration>) -> Self {
        Self::of_household(Household::own().unwrap(), idle_lock)
    }

    /// A house in which this very test is a companion, as far as kernel and broker tell.
    pub(crate) fn of_this_test() -> Self {
        let program = std::env::current_exe().unwrap();
        let name = program.file_name().unwrap().to_str().unwrap();
        Self::of_household(Household::own_with(&[name]).unwrap(), None)
    }

    /// A house that lies in memory.
    pub(crate) fn in_memory() -> Self {
        let home = tempfile::tempdir_in("/dev/shm").unwrap();
        Self::of_home(home, Household::own().unwrap(), None, CHEAP, Companions::Free)
    }

    /// A house in which a passphrase costs what it costs.
    pub(crate) fn with_the_real_price() -> Self {
        Self::of_home(
            tempfile::tempdir().unwrap(),
            Household::own().unwrap(),
            None,
            KdfPolicy::STANDARD,
            Companions::Free,
        )
    }

    /// Another daemon in the same home, as after a restart.
    pub(crate) fn again(self) -> Self {
        let Self { home, .. } = self;
        Self::of_home(home, Household::own().unwrap(), None, KdfPolicy::STANDARD, Companions::Free)
    }

    fn of_household(household: Household, idle_lock: Option<Duration>) -> Self {
        Self::of_home(tempfile::tempdir().unwrap(), household, idle_lock, CHEAP, Companions::Free)
    }

    fn of_home(
        home: TempDir,
        household: Household,
        idle_lock: Option<Duration>,
        kdf: KdfPolicy,
        companions: Companions,
    ) -> Self {
        let state = home.path().join("state/fob");
        let house_clock = Arc::new(HouseClock { start: Instant::now(), asleep: AtomicU64::new(0) });
        let clock: Arc<dyn Clock + Send + Sync> = house_clock.clone();
        let pins = FilePins::new(state.join("vault.pin"), Arc::new(RealDisk));
        let context = Context::new(clock.clone(), SeededRng::new(1), pins).with_kdf(kdf);
        let place = VaultPlace { path: home.path().join("data/fob/vault"), state, idle_lock };
        let keys = Keys::new(Arc::new(RealWays), clock.clone());
        let listings = Listings::of_these(home.path().join("vendor"), home.path().join("admin"));
        let mut daemon = Daemon::of_parts(household, place, context, keys, clock, (listings, companions));
        Arc::get_mut(&mut daemon).unwrap().outside = Arc::new(Nobody);
        Self { home, daemon, clock: house_clock }
    }

    /// Another daemon in the same home, where passphrases stay cheap.
    pub(crate) fn anew(self) -> Self {
        let Self { home, .. } = self;
        Self::of_home(home, Household::own().unwrap(), None, CHEAP, Companions::Free)
    }

    /// A house in which companions are asked so much.
    pub(crate) fn asking(companions: Companions) -> Self {
        Self::of_home(tempfile::tempdir().unwrap(), Household::own().unwrap(), None, CHEAP, companions)
    }

    /// The same house with somebody who answers questions.
    pub(crate) fn with_prompter(mut self, prompter: Arc<dyn Prompter>) -> Self {
        Arc::get_mut(&mut self.daemon).unwrap().prompter = prompter;
        self
    }

    /// Lists programs, in the words of a drop-in.
    pub(crate) fn list(&self, text: &str) {
        let folder = self.path("vendor");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("test.toml"), text).unwrap();
    }

    /// The same house with something outside of it.
    pub(crate) fn beside(mut self, outside: impl Outside + 'static) -> Self {
        Arc::get_mut(&mut self.daemon).unwrap().outside = Arc::new(outside);
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The caller's end of a connection whose caller counts as a companion.
    pub(crate) async fn companion(&self) -> Visit {
        self.visit(Tier::Companion).await
    }

    /// The same for one that does not.
    pub(crate) async fn stranger(&self) -> Visit {
        self.visit(Tier::Script(Why::OtherProgram)).await
    }

    /// The same for one of this tier.
    pub(crate) async fn visit(&self, tier: Tier) -> Visit {
        self.visit_of(caller(tier)).await
    }

    /// The caller's end of a connection of this caller.
    pub(crate) async fn visit_of(&self, caller: Caller) -> Visit {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let guest = Guest::peer(self.daemon.clone(), caller);
        let client = Builder::unix_stream(theirs).p2p().build();
        let (server, client) = tokio::join!(over(ours, &guest), client);
        let (server, client) = (server, client.unwrap());
        tokio::spawn(serve(server.clone(), guest));
        Visit { client, server }
    }

    /// A companion in a house with an open vault.
    pub(crate) async fn unlocked(&self) -> Visit {
        let visit = self.companion().await;
        let (code, end) = pipe::awaiting().unwrap();
        visit.manager().await.init(piped(PASSPHRASE).into(), end.into()).await.unwrap();
        assert_eq!(taken(code).await.len(), 44);
        visit
    }
}

/// A caller of this tier at fobd's own socket.
pub(crate) fn caller(tier: Tier) -> Caller {
    Caller { door: Door::Socket, uid: 0, pid: Some(1), started: None, program: Some("/opt/it".into()), tier }
}

/// Neither a keyring nor a TPM.
struct Nobody;

#[async_trait]
impl Outside for Nobody {
    async fn session_bus(&self) -> zbus::Result<Connection> {
        Err(zbus::Error::Unsupported)
    }
    fn tpm(&self) -> io::Result<Box<dyn Wire>> {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// Both ends of a connection.
pub(crate) struct Visit {
    pub(crate) client: Connection,
    pub(crate) server: Connection,
}

impl Visit {
    pub(crate) async fn manager(&self) -> Manager1Proxy<'_> {
        Manager1Proxy::new(&self.client).await.unwrap()
    }

    pub(crate) async fn otp(&self) -> Otp1Proxy<'_> {
        Otp1Proxy::new(&self.client).await.unwrap()
    }

    pub(crate) async fn vault(&self) -> Vault1Proxy<'_> {
        Vault1Proxy::new(&self.client).await.unwrap()
    }

    pub(crate) async fn policy(&self) -> Policy1Proxy<'_> {
        Policy1Proxy::new(&self.client).await.unwrap()
    }

    pub(crate) async fn webauthn(&self) -> WebAuthn1Proxy<'_> {
        WebAuthn1Proxy::new(&self.client).await.unwrap()
    }
}

/// The end of a pipe that holds a secret.
pub(crate) fn piped(secret: &str) -> OwnedFd {
    pipe::holding(Zeroizing::new(secret.as_bytes().to_vec())).unwrap()
}

/// What came out of a pipe whose other end the daemon had.
pub(crate) async fn taken(end: OwnedFd) -> String {
    let taken = tokio::task::spawn_blocking(move || pipe::take(&end, pipe::SHORT).unwrap()).await.unwrap();
    String::from_utf8(taken.to_vec()).unwrap()
}
