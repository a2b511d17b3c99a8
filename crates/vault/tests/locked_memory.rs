//! Keys on pages that the system does not lock. A process of its own: its limits are the whole process's.

mod support;

use std::io;

use fob_vault::Warning;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};
use support::Home;

/// Without room for a locked page, and without root's right to ignore that.
fn forbid_locking() {
    let limit = Rlimit { current: Some(0), ..getrlimit(Resource::Memlock) };
    setrlimit(Resource::Memlock, limit).expect("less is always allowed");
    let mut rights = capabilities(None).expect("a thread may ask for its own");
    rights.effective.remove(CapabilitySet::IPC_LOCK);
    set_capabilities(None, rights).expect("a right may always be given up");
}

/// It used to be silent: the vault's key could reach the swap, and nobody knew.
#[test]
fn keys_that_the_system_does_not_lock_into_memory_are_a_warning() {
    let home = Home::new();
    assert!(home.create().0.warnings().is_empty(), "two pages are below any usual limit");
    forbid_locking();
    let vault = home.unlock().unwrap();
    let [Warning::NotLockedIn(error)] = vault.warnings() else { panic!("{:?}", vault.warnings()) };
    // mlock(2): ENOMEM above the limit, EPERM without any.
    assert!(matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::OutOfMemory), "{error}");
}
