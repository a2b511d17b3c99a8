//! What the daemon consists of. Built once, shared by every connection.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fob_ambient::{Clock, Millis, SystemClock, SystemRng};
use fob_vault::{Context, FilePins, FileUses, RealDisk};

use crate::arguments::Options;
use crate::caller::{Household, Listings};
use crate::config::{Config, ConfigError};
use crate::diary::Diary;
use crate::doors::Room;
use crate::keys::{Keys, RealWays, Stage};
use crate::locks::Locks;
use crate::loopback::Clients;
use crate::policy::Consent;
use crate::prompt::{Bus, Nobody, Notices, Process, Program, Prompter, Surroundings};
use crate::request::Desk;
use crate::slots::{Outside, RealOutside};
use crate::vault::{Keeper, Place};

/// The daemon.
pub(crate) struct Daemon {
    /// The folder and owner that make a companion.
    pub(crate) household: Household,
    /// The programs that may be remembered.
    pub(crate) listings: Arc<Listings>,
    /// Time.
    pub(crate) clock: Arc<dyn Clock + Send + Sync>,
    /// The vault.
    pub(crate) vault: Arc<Keeper>,
    /// What locks it.
    pub(crate) locks: Locks,
    /// What keeps secrets outside of it.
    pub(crate) outside: Arc<dyn Outside>,
    /// The security keys.
    pub(crate) keys: Arc<Keys>,
    /// Whose turn it is to wait for a touch.
    pub(crate) stage: Stage,
    /// The requests under way.
    pub(crate) desk: Desk,
    /// Who may do what, and what the person has said about it.
    pub(crate) consent: Arc<Consent>,
    /// The programs on the loopback that were paired.
    pub(crate) clients: Arc<Clients>,
    /// Who asked for what.
    pub(crate) diary: Diary,
    /// How a person is asked.
    pub(crate) prompter: Arc<dyn Prompter>,
    /// Room for the large messages that callers send.
    pub(crate) room: Room,
    session_bus: AtomicBool,
}

/// Why the daemon cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The environment names neither a home nor XDG directories.
    #[error("there is no home: set HOME, or XDG_DATA_HOME and XDG_STATE_HOME")]
    NoHome,
    /// The settings file is wrong.
    #[error("fobd does not start without knowing what locks the vault")]
    Config(#[from] ConfigError),
    /// /proc is not there.
    #[error("cannot see where this program lies")]
    Unseen(#[source] std::io::Error),
}

impl Daemon {
    /// The daemon of this home.
    ///
    /// # Errors
    /// [`BuildError`].
    pub(crate) fn of_this_home(options: &Options) -> Result<Arc<Self>, BuildError> {
        let mut config = Config::of_this_home()?;
        config.locks.idle = options.idle_lock.unwrap_or(config.locks.idle);
        let path = fob_bus::names::vault().ok_or(BuildError::NoHome)?;
        let state = fob_bus::names::state().ok_or(BuildError::NoHome)?;
        let household = Household::own().map_err(BuildError::Unseen)?;
        let clock: Arc<dyn Clock + Send + Sync> = Arc::new(SystemClock::new());
        let pins = FilePins::new(state.join("vault.pin"), Arc::new(RealDisk));
        let uses = FileUses::new(state.join("vault.uses"), Arc::new(RealDisk));
        let context = Context::new(clock.clone(), SystemRng::new(), pins).with_uses(uses);
        let keys = Keys::new(Arc::new(RealWays), clock.clone());
        let place = VaultPlace { path, state, idle_lock: config.locks.idle.limit() };
        let desktop = if options.session_bus { Bus::Session } else { Bus::None };
        let surroundings = Surroundings { session_bus: options.session_bus };
        let prompter = Process::new(Program::of(&household), config.face, surroundings, Notices::on(desktop));
        let mut daemon = Self::with(household, Listings::of_this_machine(), place, context, keys, clock, config);
        Arc::get_mut(&mut daemon).expect("nobody else knows it yet").prompter = Arc::new(prompter);
        Ok(daemon)
    }

    /// A daemon of these parts, with every lock as it is by default but the idle one.
    #[cfg(test)]
    pub(crate) fn of_parts(
        household: Household,
        place: VaultPlace,
        context: Context,
        keys: Arc<Keys>,
        clock: Arc<dyn Clock + Send + Sync>,
        (listings, companions): (Listings, crate::policy::Companions),
    ) -> Arc<Self> {
        let idle = place.idle_lock.map_or(crate::locks::IdleLock::Never, crate::locks::IdleLock::After);
        let locks = crate::locks::Switches { idle, ..Default::default() };
        Self::with(household, listings, place, context, keys, clock, Config { locks, companions, ..Config::default() })
    }

    fn with(
        household: Household,
        listings: Listings,
        place: VaultPlace,
        context: Context,
        keys: Arc<Keys>,
        clock: Arc<dyn Clock + Send + Sync>,
        config: Config,
    ) -> Arc<Self> {
        let idle_lock = place.idle_lock.map(|limit| Millis(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)));
        let context = context.with_diary(place.state.join("diary"));
        let place = Place { path: place.path, state_folder: place.state, idle_lock };
        let vault = Keeper::new(place, context, clock.clone());
        let listings = Arc::new(listings);
        let consent = Consent::new(clock.clone(), listings.clone(), config.companions);
        vault.house(consent.clone());
        Arc::new(Self {
            household,
            listings,
            consent,
            clients: Clients::new(vault.clone(), clock.clone()),
            diary: Diary::of(vault.clone(), clock.clone()),
            vault,
            locks: Locks::new(config.locks),
            clock,
            outside: Arc::new(RealOutside),
            keys,
            stage: Stage::default(),
            desk: Desk::default(),
            prompter: Arc::new(Nobody),
            room: Room::default(),
            session_bus: AtomicBool::new(false),
        })
    }

    /// Notes whether the name on the session bus is owned.
    pub(crate) fn set_session_bus(&self, owned: bool) {
        self.session_bus.store(owned, Ordering::Relaxed);
    }

    /// Whether the name on the session bus is owned.
    pub(crate) fn session_bus(&self) -> bool {
        self.session_bus.load(Ordering::Relaxed)
    }
}

/// Where the vault and its memory lie, and when it locks.
pub(crate) struct VaultPlace {
    /// The vault's file.
    pub(crate) path: PathBuf,
    /// The folder of its memory.
    pub(crate) state: PathBuf,
    /// The time without use after which it locks.
    pub(crate) idle_lock: Option<std::time::Duration>,
}
