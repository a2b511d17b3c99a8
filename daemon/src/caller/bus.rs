//! The caller on the session bus: the broker says who it is (`GetConnectionCredentials`).
//!
//! Where the broker passes a pidfd (`ProcessFD`) that is the process. Otherwise its process id is all there is: the
//! process must have started before its message arrived, so a later one that inherited the number is told apart. Then it
//! must still have a connection to the broker, and all of those it has must close on exec: a process that became another
//! program after it connected has none, or one that it passed on to itself. The broker does not say which connection is
//! the caller's, so a program with a connection of its own can still be preceded by another one; what is learnt about a
//! caller is therefore remembered until the vault is locked the next time, at the latest; then it is looked at again.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::Pid;
use zbus::Connection;
use zbus::fdo::{ConnectionCredentials, DBusProxy};
use zbus::names::{BusName, OwnedUniqueName, UniqueName};

use super::aside::aside;
use super::ends::{has_to_itself, sockets};
use super::look::look;
use super::process::{Process, since_boot};
use super::sock_diag::Kernel;
use super::{Caller, Door, Household, Tier, Why};

/// Callers that are remembered. More than that many connections at once are asked about again and again.
const REMEMBERED: usize = 256;
/// The name that stands for the broker itself.
const BROKER: &str = "org.freedesktop.DBus";

/// Who has which unique name on the session bus.
#[derive(Debug)]
pub(crate) struct BusCallers {
    household: Household,
    known: Mutex<Known>,
}

/// What was learnt since the last lock.
#[derive(Debug, Default)]
struct Known {
    /// How often the vault had been locked by then.
    epoch: u64,
    callers: HashMap<OwnedUniqueName, Arc<Caller>>,
}

impl Known {
    /// Nothing, once the vault was locked again.
    fn in_epoch(&mut self, epoch: u64) -> &mut HashMap<OwnedUniqueName, Arc<Caller>> {
        if self.epoch != epoch {
            self.callers.clear();
            self.epoch = epoch;
        }
        &mut self.callers
    }
}

impl BusCallers {
    /// Nobody is known yet.
    pub(crate) fn new(household: Household) -> Self {
        Self { household, known: Mutex::default() }
    }

    /// The caller behind a message that has just arrived, after the vault was locked `epoch` times. A unique name is
    /// never given out twice.
    ///
    /// # Errors
    /// The broker's.
    pub(crate) async fn of(
        &self,
        connection: &Connection,
        sender: &UniqueName<'_>,
        epoch: u64,
    ) -> zbus::Result<Arc<Caller>> {
        let arrived = since_boot();
        let known = self.known().in_epoch(epoch).get(sender.as_str()).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let broker = DBusProxy::new(connection).await?;
        let credentials = broker.get_connection_credentials(BusName::Unique(sender.as_ref())).await?;
        let own = broker.get_connection_credentials(BusName::try_from(BROKER)?).await?;
        let (household, own) = (self.household.clone(), own.process_id());
        let (uid, pid) = (credentials.unix_user_id(), credentials.process_id());
        let pid = pid.and_then(|pid| i32::try_from(pid).ok());
        // Nothing is looked at without a process.
        let whom = household.whom(pid.unwrap_or_default());
        let found = aside(whom, move || seen(&household, credentials, own, arrived)).await;
        let caller = Arc::new(
            found.unwrap_or_else(|| Caller::stranger(Door::SessionBus, uid.unwrap_or(u32::MAX), pid, Why::Unseen)),
        );
        let mut known = self.known();
        // Locked while the broker was asked: what was seen may be of before.
        if known.epoch == epoch {
            let callers = known.in_epoch(epoch);
            if callers.len() >= REMEMBERED {
                callers.clear();
            }
            callers.insert(sender.to_owned().into(), caller.clone());
        }
        Ok(caller)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who the broker says it is, looked at.
fn seen(household: &Household, credentials: ConnectionCredentials, broker: Option<u32>, arrived: Duration) -> Caller {
    let door = Door::SessionBus;
    let pid = credentials.process_id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    let raw = pid.map(Pid::as_raw_pid);
    let Some(uid) = credentials.unix_user_id() else {
        return Caller::stranger(door, u32::MAX, raw, Why::Unseen);
    };
    // Some session buses let root in.
    if uid != rustix::process::geteuid().as_raw() {
        return Caller { tier: Tier::Foreign, ..Caller::stranger(door, uid, raw, Why::Unseen) };
    }
    let stranger = Caller::stranger(door, uid, raw, Why::Unseen);
    let Some(pid) = pid else { return stranger };
    let (process, exact) = match credentials.into_process_fd() {
        Some(pidfd) => (Process::held(pid, pidfd.into()), true),
        None => match Process::open(pid) {
            Ok(process) => (process, false),
            Err(_) => return stranger,
        },
    };
    let (Ok(started), Ok((program, tier))) = (process.start(), look(&process, household)) else {
        return stranger;
    };
    let connected = broker.map_or(Ok(false), |broker| is_connected_to(&process, broker));
    if !(exact || started <= arrived) || !process.lives() {
        return stranger;
    }
    match connected {
        Ok(true) => Caller { started: Some(started), program: Some(program), tier, ..stranger },
        Ok(false) => Caller { tier: Tier::Weak(Why::SharedSocket), ..stranger },
        Err(error) => {
            tracing::warn!(%error, pid = raw, "cannot see whether a caller has its connection to the bus to itself");
            stranger
        }
    }
}

/// Whether a process has connections to the broker, and has them to itself.
fn is_connected_to(process: &Process, broker: u32) -> io::Result<bool> {
    let theirs: HashSet<u32> = sockets(&PathBuf::from(format!("/proc/{broker}")))?.collect();
    let kernel = Kernel::open()?;
    has_to_itself(&process.folder(), |inode| kernel.peer_of(inode).is_ok_and(|peer| theirs.contains(&peer)))
}

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;
    use std::process::{Child, Command};

    use super::*;

    fn credentials() -> ConnectionCredentials {
        ConnectionCredentials::default()
            .set_unix_user_id(rustix::process::geteuid().as_raw())
            .set_process_id(std::process::id())
    }

    /// A process that holds the other end of a connection, as the broker does.
    struct Broker(Child);

    impl Broker {
        fn of(end: UnixStream) -> Self {
            Self(Command::new("sleep").arg("600").stdin(OwnedFd::from(end)).spawn().unwrap())
        }

        fn look(&self, credentials: ConnectionCredentials, arrived: Duration) -> Caller {
            seen(&Household::own().unwrap(), credentials, Some(self.0.id()), arrived)
        }
    }

    impl Drop for Broker {
        fn drop(&mut self) {
            self.0.kill().unwrap();
            self.0.wait().unwrap();
        }
    }

    fn look(credentials: ConnectionCredentials, arrived: Duration) -> Caller {
        let (_ours, theirs) = UnixStream::pair().unwrap();
        Broker::of(theirs).look(credentials, arrived)
    }

    #[test]
    fn a_caller_is_seen_through_the_brokers_credentials() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let broker = Broker::of(theirs);
        let caller = broker.look(credentials(), since_boot());
        assert_eq!(caller.program, Some(std::env::current_exe().unwrap()));
        assert_eq!(caller.door, Door::SessionBus);
        assert!(matches!(caller.tier, Tier::Script(Why::OtherProgram | Why::Changeable)), "{caller:?}");
        // One that is open for whatever the process becomes by exec(2).
        rustix::io::fcntl_setfd(&ours, rustix::io::FdFlags::empty()).unwrap();
        let caller = broker.look(credentials(), since_boot());
        assert_eq!((caller.program, caller.tier), (None, Tier::Weak(Why::SharedSocket)));
        // None at all: it was another program that connected.
        drop(ours);
        assert_eq!(broker.look(credentials(), since_boot()).tier, Tier::Weak(Why::SharedSocket));
    }

    /// By exec(2) a caller becomes another program and keeps its connection to the bus.
    #[test]
    fn what_is_known_about_a_caller_ends_with_a_lock() {
        let callers = BusCallers::new(Household::own().unwrap());
        let name = OwnedUniqueName::try_from(":1.42").unwrap();
        let caller = Arc::new(look(credentials(), since_boot()));
        callers.known().in_epoch(0).insert(name.clone(), caller);
        assert!(callers.known().in_epoch(0).contains_key(&name));
        assert!(!callers.known().in_epoch(1).contains_key(&name));
    }

    #[test]
    fn a_process_that_started_after_its_message_is_another_one() {
        let caller = look(credentials(), Duration::from_millis(1));
        assert_eq!((caller.program, caller.tier), (None, Tier::Weak(Why::Unseen)));
    }

    #[test]
    fn nobody_is_believed_without_an_id_or_from_another_user() {
        let nobody = look(ConnectionCredentials::default(), since_boot());
        assert_eq!(nobody.tier, Tier::Weak(Why::Unseen));
        let own = rustix::process::geteuid().as_raw();
        let nameless = ConnectionCredentials::default().set_unix_user_id(own);
        assert_eq!(look(nameless, since_boot()).tier, Tier::Weak(Why::Unseen));
        let other = look(credentials().set_unix_user_id(own + 1), since_boot());
        assert_eq!((other.uid, other.program, other.tier), (own + 1, None, Tier::Foreign));
    }
}
