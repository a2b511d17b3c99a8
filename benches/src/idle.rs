//! The idle daemon: memory, and wake-ups while nothing happens, beside a session bus that idles with it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::time::Duration;

use fob_tests::house::House;

use crate::process::{resident_kib, status_field};
use crate::table::Row;

const WATCHED: Duration = Duration::from_secs(20);
const MEMORY_LIMIT_KIB: u64 = 15 * 1024;

/// After an unlock and a code, with a key attached: as it is most of the day.
pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let mut house = House::build()?;
    let bus = house.start_bus()?.id();
    let daemon = house.start_daemon(&[])?.id();
    let key = house.start_softkey("key", &["--ram", "--touch", "allow"])?;
    house.make_vault("a passphrase for a bench")?;
    house.fob().args("otp add").stdin("otpauth://totp/Site:ada?secret=JBSWY3DPEHPK3PXP").ok()?;
    house.fob().args("otp code Site").ok()?;
    house.fob().args("key attach").arg(key.to_string_lossy()).ok()?;

    settle(daemon)?;
    let before = (switches(daemon)?, switches(bus)?);
    std::thread::park_timeout(WATCHED);
    let woken = (since(&before.0, &switches(daemon)?), since(&before.1, &switches(bus)?));
    let memory = resident_kib(daemon)?;
    Ok(vec![
        Row {
            what: format!("idle fobd, wake-ups in {} s", WATCHED.as_secs()),
            ours: woken.0.to_string(),
            beside: format!("dbus-daemon {}", woken.1),
            bound: "0".to_owned(),
            kept: woken.0 == 0,
        },
        Row {
            what: "idle fobd, resident memory after unlock".to_owned(),
            ours: format!("{:.1} MiB", memory as f64 / 1024.0),
            beside: format!("dbus-daemon {:.1} MiB", resident_kib(bus)? as f64 / 1024.0),
            bound: "≤ 15 MiB".to_owned(),
            kept: memory <= MEMORY_LIMIT_KIB,
        },
    ])
}

/// Waits until the last caller's goodbye and the threads that served it are through: those are events, not idling.
fn settle(process: u32) -> anyhow::Result<()> {
    for _ in 0..30 {
        let before = switches(process)?;
        std::thread::park_timeout(Duration::from_secs(1));
        if switches(process)? == before {
            return Ok(());
        }
    }
    // What never comes to rest is what the figure is about.
    Ok(())
}

/// How often each thread of a process has been put on a processor and taken off it.
fn switches(process: u32) -> anyhow::Result<HashMap<OsString, u64>> {
    let mut threads = HashMap::new();
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let thread = thread?;
        // One that ends between the two looks has nothing to count any more.
        let Ok(status) = fs::read_to_string(thread.path().join("status")) else { continue };
        let count =
            status_field(&status, "voluntary_ctxt_switches:")? + status_field(&status, "nonvoluntary_ctxt_switches:")?;
        threads.insert(thread.file_name(), count);
    }
    Ok(threads)
}

/// The switches of the threads that are there now, new threads included.
fn since(before: &HashMap<OsString, u64>, now: &HashMap<OsString, u64>) -> u64 {
    now.iter().map(|(thread, count)| count.saturating_sub(before.get(thread).copied().unwrap_or(0))).sum()
}
