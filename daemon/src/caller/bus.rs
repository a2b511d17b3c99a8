//! The caller on the session bus: the broker says who it is (`GetConnectionCredentials`).
//!
//! Where the broker passes a pidfd (`ProcessFD`) that is the process. Otherwise its process id is all there is: the
//! process must have started before its message arrived, so a later one that inherited the number is told apart. The
//! bus cannot exclude an exec in between, so what is learnt about a caller is remembered until the vault is locked the
//! next time, at the latest; then it is looked at again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::Pid;
use zbus::Connection;
use zbus::fdo::{ConnectionCredentials, DBusProxy};
use zbus::names::{BusName, OwnedUniqueName, UniqueName};

use super::process::{Process, since_boot};
use super::{Caller, Door, Household, Program, Why};

/// Callers that are remembered. More than that many connections at once are asked about again and again.
const REMEMBERED: usize = 256;

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
        let caller = Arc::new(self.look(credentials, arrived));
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

    fn look(&self, credentials: ConnectionCredentials, arrived: std::time::Duration) -> Caller {
        let uid = credentials.unix_user_id().unwrap_or(u32::MAX);
        let pid = credentials.process_id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        let stranger = |why| Caller::stranger(Door::SessionBus, uid, pid.map(Pid::as_raw_pid), why);
        let Some(pid) = pid.filter(|_| uid == rustix::process::geteuid().as_raw()) else {
            return stranger(Why::Unseen);
        };
        let (process, early_enough) = match credentials.into_process_fd() {
            Some(pidfd) => (Process::held(pid, pidfd.into()), true),
            None => match Process::open(pid) {
                Ok(process) => {
                    let early_enough = process.start().is_ok_and(|start| start <= arrived);
                    (process, early_enough)
                }
                Err(_) => return stranger(Why::Unseen),
            },
        };
        match Program::of(&process.folder()) {
            Ok(program) if early_enough && process.lives() => {
                Caller::seen(Door::SessionBus, uid, pid.as_raw_pid(), program, &self.household)
            }
            _ => stranger(Why::Unseen),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Tier;
    use super::*;

    fn credentials() -> ConnectionCredentials {
        ConnectionCredentials::default()
            .set_unix_user_id(rustix::process::geteuid().as_raw())
            .set_process_id(std::process::id())
    }

    #[test]
    fn a_caller_is_seen_through_the_brokers_credentials() {
        let callers = BusCallers::new(Household::own().unwrap());
        let caller = callers.look(credentials(), since_boot());
        assert_eq!(caller.program, Some(std::env::current_exe().unwrap()));
        assert_eq!((caller.door, caller.tier), (Door::SessionBus, Tier::Stranger(Why::OtherProgram)));
    }

    /// By exec(2) a caller becomes another program and keeps its connection to the bus.
    #[test]
    fn what_is_known_about_a_caller_ends_with_a_lock() {
        let callers = BusCallers::new(Household::own().unwrap());
        let name = OwnedUniqueName::try_from(":1.42").unwrap();
        let caller = Arc::new(callers.look(credentials(), since_boot()));
        callers.known().in_epoch(0).insert(name.clone(), caller);
        assert!(callers.known().in_epoch(0).contains_key(&name));
        assert!(!callers.known().in_epoch(1).contains_key(&name));
    }

    #[test]
    fn a_process_that_started_after_its_message_is_another_one() {
        let callers = BusCallers::new(Household::own().unwrap());
        let caller = callers.look(credentials(), Duration::from_millis(1));
        assert_eq!((caller.program, caller.tier), (None, Tier::Stranger(Why::Unseen)));
    }

    #[test]
    fn nobody_is_believed_without_an_id_or_from_another_user() {
        let callers = BusCallers::new(Household::own().unwrap());
        let other_user = credentials().set_unix_user_id(rustix::process::geteuid().as_raw() + 1);
        for credentials in [ConnectionCredentials::default(), other_user] {
            assert_eq!(callers.look(credentials, since_boot()).tier, Tier::Stranger(Why::Unseen));
        }
    }
}
