//! Ten thousand accounts: read at once, in every format that is written.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::time::Duration;

use fob_ambient::{SeededRng, UnixTime};
use fob_exchange::{CodeKind, Password, Record, Target, import, write};
use fob_otp::Seed;

/// Of the processor's time, which a busy machine does not stretch. Optimised, a second is the promise.
const LIMIT: Duration = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 1 });

/// What this thread has used so far.
fn processor_time() -> Duration {
    rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime).try_into().unwrap()
}

#[test]
fn ten_thousand_accounts_are_read_within_a_second() {
    let seed = || Seed::new(b"12345678901234567890".to_vec());
    let records: Vec<_> = (0..10_000)
        .map(|place| {
            let kind = CodeKind::Totp { period: 30 };
            let mut record = Record::new(kind, "Example", &format!("user{place}@example.com"), seed());
            record.tags = vec![format!("group {}", place % 100)];
            record
        })
        .collect();
    let password = Password::new(b"correct horse".to_vec());
    for target in Target::names().map(|name| Target::from_name(name).unwrap()) {
        let exported = write(&records, target, Some(&password), &mut SeededRng::new(1), UnixTime(0)).unwrap();
        let start = processor_time();
        let report = import(&exported.bytes, None, None, Some(&password)).unwrap();
        let took = processor_time().saturating_sub(start);
        println!("{}: {} bytes in {took:?}", target.name(), exported.bytes.len());
        assert_eq!((report.records.len(), report.refused.len()), (10_000, 0), "{}", target.name());
        assert!(took < LIMIT, "{}: {took:?}", target.name());
    }
}
