//! Secrets in memory: nobody of the same user may read it, dump it or find it in the swap.
//!
//! While a [`Secrets`] guard lives the process is not dumpable: no core, no ptrace and no /proc/PID/mem for anybody but
//! root. The kernel then hides /proc/PID/exe too; callers do not need it, since another process listens on fobd's
//! socket for them to look at (`doors::keeper`). The process is dumpable as long as there is nothing to protect. Core
//! files are off for good.
//!
//! Entries are sealed in memory, and the keys have locked pages of their own (`fob_vault`, docs/memory.md). What is opened
//! for a moment lies on the heap, which is pinned with mlock2(ONFAULT) as far as `RLIMIT_MEMLOCK` lets us (8 MiB by
//! default). mlockall(2) is not used: with it the 64 MiB of Argon2 count against the limit, and an unlock
//! would fail for lack of memory instead of being a little less well kept.

use std::sync::{LazyLock, Mutex, PoisonError};

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use tokio::sync::watch;

use crate::system;

/// How many guards live.
static SECRETS: Mutex<usize> = Mutex::new(0);
/// Whether any guard lives, for those who wait for it.
static HELD: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::Sender::new(false));

/// Somebody holds secrets. The process is not dumpable until the last of these is dropped.
#[derive(Debug)]
pub(crate) struct Secrets(());

impl Secrets {
    /// From now on there are secrets in memory.
    pub(crate) fn held() -> Self {
        let mut count = SECRETS.lock().unwrap_or_else(PoisonError::into_inner);
        *count += 1;
        if *count == 1 {
            be_dumpable(false);
            HELD.send_replace(true);
        }
        Self(())
    }
}

impl Drop for Secrets {
    fn drop(&mut self) {
        let mut count = SECRETS.lock().unwrap_or_else(PoisonError::into_inner);
        *count -= 1;
        if *count == 0 {
            be_dumpable(true);
            HELD.send_replace(false);
        }
    }
}

/// Tells when there begin to be secrets in memory, and when the last of them is wiped.
pub(crate) fn changes() -> watch::Receiver<bool> {
    HELD.subscribe()
}

/// Whether any guard lives.
#[cfg(test)]
pub(crate) fn is_up() -> bool {
    *SECRETS.lock().unwrap_or_else(PoisonError::into_inner) > 0
}

/// No core file, whatever happens.
pub(crate) fn forbid_cores() {
    if let Err(error) = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }) {
        tracing::warn!(%error, "cannot forbid core files");
    }
}

/// After an unlock: gives back what Argon2 and the file's buffers took, and pins what holds the seeds.
pub(crate) fn settle_unlocked() {
    system::trim_heap();
    if let Err(error) = system::pin_heap() {
        tracing::debug!(%error, "the heap is not pinned: seeds may reach the swap");
    }
}

/// After a lock: the wiped heap need not be pinned, and shrinks.
pub(crate) fn settle_locked() {
    if let Err(error) = system::unpin_heap() {
        tracing::debug!(%error, "the heap stays pinned");
    }
    system::trim_heap();
}

fn be_dumpable(dumpable: bool) {
    let behavior = if dumpable { DumpableBehavior::Dumpable } else { DumpableBehavior::NotDumpable };
    if let Err(error) = set_dumpable_behavior(behavior) {
        tracing::warn!(%error, "cannot change whether this process may be dumped");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The only test of this process that looks at the whole process; nextest gives each test one of its own.
    #[test]
    fn the_process_is_not_dumpable_exactly_while_a_guard_lives() {
        let dumpable = || rustix::process::dumpable_behavior().unwrap();
        let first = Secrets::held();
        let second = Secrets::held();
        assert_eq!(dumpable(), DumpableBehavior::NotDumpable);
        drop(first);
        assert_eq!(dumpable(), DumpableBehavior::NotDumpable);
        assert!(is_up());
        drop(second);
        if !is_up() {
            assert_eq!(dumpable(), DumpableBehavior::Dumpable);
        }
    }
}
