//! What every process that shows a prompt does first: nobody of the same user reads a secret out of it.

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, Signal, set_dumpable_behavior, set_parent_process_death_signal, setrlimit,
};

/// Takes away from this process: files for others, core files, ptrace and /proc/PID/mem for all but root, and a life after
/// fobd's. What the kernel refuses is left undone: asking is better than not asking.
///
/// Called again after exec(2), which makes a process dumpable once more.
pub fn harden() {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    // Should fobd have died before this line, its end of the socket is closed, and that ends a prompt too.
    let _ = set_parent_process_death_signal(Some(Signal::TERM));
}

#[cfg(test)]
mod tests {
    use rustix::process::{dumpable_behavior, getrlimit};

    use super::*;

    #[test]
    fn this_process_leaves_nothing_behind_that_others_could_read() {
        harden();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        assert_eq!(getrlimit(Resource::Core).maximum, Some(0));
        let mask = rustix::process::umask(rustix::fs::Mode::empty());
        assert_eq!(mask.as_raw_mode(), 0o077);
    }
}
