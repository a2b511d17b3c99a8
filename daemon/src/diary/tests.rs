//! What is noted, when it is written, and who may read it.

use std::path::PathBuf;
use std::sync::Arc;

use fob_bus::types::{LogEntry, LogOptions};
use fob_bus::{ErrorKind, pipe};
use fob_vault::{DIARY_RECORD, Line, NewWay, Opening, Passphrase, Policy, Rekey, Wanted, WithLogin};
use zeroize::Zeroizing;

use super::{Event, Outcome, Waiting, entry, from_lines, to_record};
use crate::caller::{Caller, Door, Tier, Why};
use crate::tests::house::{House, PASSPHRASE, piped, taken};
use crate::vault::Standing;

fn caller() -> Caller {
    let tier = Tier::Script(Why::OtherProgram);
    let program = Some("/opt/known-program".into());
    Caller { door: Door::SessionBus, uid: 1000, pid: Some(42), started: None, program, tier }
}

fn refused<'a>(caller: &'a Caller, what: &str) -> Event<'a> {
    Event { caller, kind: "code", what: Some(what.to_owned()), outcome: Outcome::Refused("it may not".to_owned()) }
}

fn given<'a>(caller: &'a Caller, what: &str) -> Event<'a> {
    Event { caller, kind: "code", what: Some(what.to_owned()), outcome: Outcome::Given("asked") }
}

/// Notes so many different events.
fn note(house: &House, numbers: std::ops::Range<u32>) {
    let caller = caller();
    numbers.for_each(|number| house.daemon.diary.note(given(&caller, &format!("known-account {number}"))));
}

async fn log(house: &House) -> Vec<LogEntry> {
    let options = LogOptions { most: Some(1_000), since: None };
    house.daemon.diary.read(&options).await.unwrap()
}

fn whats(entries: &[LogEntry]) -> Vec<String> {
    entries.iter().filter_map(|entry| entry.what.clone()).collect()
}

fn accounts(numbers: std::ops::Range<u32>) -> Vec<String> {
    numbers.map(|number| format!("known-account {number}")).collect()
}

fn state(house: &House) -> PathBuf {
    house.path("state/fob")
}

/// The diary's files, their lock left out.
fn files(house: &House) -> Vec<PathBuf> {
    let names = std::fs::read_dir(state(house)).unwrap().map(|entry| entry.unwrap().path());
    names.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("diary-")).collect()
}

async fn unlock(house: &House) {
    house.daemon.vault.unlock(piped(PASSPHRASE), false).await.unwrap();
}

#[tokio::test]
async fn an_entry_says_who_wanted_what_and_what_came_of_it() {
    let house = House::build();
    house.unlocked().await;
    let caller = caller();
    house.daemon.diary.note(refused(&caller, "GitHub:ada"));
    let given = Event { caller: &caller, kind: "sign", what: None, outcome: Outcome::Given("asked") };
    house.daemon.diary.note(given);
    let entries = log(&house).await;
    let [refused, given] = entries.as_slice() else { panic!("{entries:?}") };
    let LogEntry { time, last, times, door, program, pid, tier, kind, what, result, why } = refused;
    assert_eq!((*time, *last, *times, *pid), (59, None, None, Some(42)));
    assert_eq!([door, program, tier, kind], ["bus", "/opt/known-program", "script", "code"]);
    assert_eq!((what.as_deref(), result.as_str(), why.as_str()), (Some("GitHub:ada"), "refused", "it may not"));
    let LogEntry { kind, what, result, why, .. } = given;
    assert_eq!((kind.as_str(), what, result.as_str(), why.as_str()), ("sign", &None, "given", "asked"));
}

#[tokio::test]
async fn each_kind_of_caller_has_its_word() {
    let house = House::build();
    house.unlocked().await;
    for (tier, program, word) in [
        (Tier::Companion, "/opt/known-program", "companion"),
        (Tier::Portal("org.example.App".into()), "org.example.App", "portal"),
        (Tier::Paired("paired-01234567".into()), "paired-01234567", "paired"),
        (Tier::Sandboxed("a box".into()), "/opt/known-program", "sandboxed"),
        (Tier::Weak(Why::Unseen), "/opt/known-program", "weak"),
    ] {
        let caller = Caller { tier, ..caller() };
        house.daemon.diary.note(refused(&caller, "it"));
        let last = log(&house).await.pop().unwrap();
        assert_eq!((last.tier.as_str(), last.program.as_str()), (word, program));
    }
}

#[tokio::test]
async fn the_latest_are_given_the_oldest_of_them_first() {
    let house = House::build();
    house.unlocked().await;
    for first in (0..1_200).step_by(100) {
        note(&house, first..first + 100);
        log(&house).await;
    }
    let read = async |most, since| whats(&house.daemon.diary.read(&LogOptions { most, since }).await.unwrap());
    assert_eq!(read(None, None).await, accounts(1_100..1_200));
    assert_eq!(read(Some(3), None).await, accounts(1_197..1_200));
    assert_eq!(read(Some(0), None).await, accounts(0..0));
    assert_eq!(read(Some(u32::MAX), Some(59)).await.len(), 1_000, "more are not given at once");
    assert_eq!(read(None, Some(60)).await, accounts(0..0), "none is that young");
}

#[tokio::test]
async fn nothing_is_read_while_the_vault_is_locked_and_events_wait_for_the_unlock() {
    let house = House::build();
    note(&house, 0..1);
    let refusal = house.daemon.diary.read(&LogOptions::default()).await.unwrap_err();
    assert_eq!(refusal.kind, ErrorKind::NoVault);
    house.unlocked().await;
    note(&house, 1..2);
    house.daemon.vault.lock().await;
    assert!(house.daemon.vault.waiting().is_empty(), "what waited was written before the key went");
    note(&house, 2..3);
    assert_eq!(house.daemon.diary.read(&LogOptions::default()).await.unwrap_err().kind, ErrorKind::Locked);
    unlock(&house).await;
    assert_eq!(whats(&log(&house).await), accounts(0..3));
}

#[tokio::test]
async fn nobody_reads_a_name_in_the_files_and_no_guard_stays_up_after_a_lock() {
    let house = House::build();
    house.unlocked().await;
    note(&house, 0..100);
    house.daemon.vault.lock().await;
    assert!(!crate::shield::is_up(), "nextest gives each test a process of its own");
    let files = files(&house);
    assert_eq!(files.len(), 1);
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        for known in ["known-account", "known-program", "asked", "script"] {
            assert!(!bytes.windows(known.len()).any(|window| window == known.as_bytes()), "{known}");
        }
    }
}

/// As after a SIGKILL: nothing is said to anybody.
#[tokio::test]
async fn a_daemon_that_dies_loses_what_waited_and_no_more() {
    let house = House::with_the_real_price();
    house.unlocked().await;
    note(&house, 0..40);
    while !house.daemon.vault.waiting().is_empty() {
        tokio::task::yield_now().await;
    }
    // A write has the vault to itself.
    house.daemon.vault.read(|_| Ok(())).await.unwrap();
    note(&house, 40..50);
    let house = house.again();
    unlock(&house).await;
    assert_eq!(whats(&log(&house).await), accounts(0..40));
}

#[tokio::test]
async fn a_soft_lock_writes_what_waits_and_hides_it() {
    let house = House::build();
    house.unlocked().await;
    let vault = &house.daemon.vault;
    vault
        .change(|vault| {
            let pin = Passphrase::new("1234".to_owned()).unwrap();
            vault.set_quick_pin(Some(&pin)).map_err(|error| crate::errors::vault(&error))
        })
        .await
        .unwrap();
    note(&house, 0..1);
    assert!(vault.soft_lock().await);
    assert!(vault.waiting().is_empty());
    note(&house, 1..2);
    assert_eq!(house.daemon.diary.read(&LogOptions::default()).await.unwrap_err().kind, ErrorKind::Locked);
    vault.quick_open(piped("1234")).await.unwrap();
    assert_eq!(whats(&log(&house).await), accounts(0..2));
}

#[tokio::test]
async fn a_new_vault_key_takes_the_log_along() {
    let house = House::build();
    house.unlocked().await;
    note(&house, 0..10);
    assert_eq!(log(&house).await.len(), 10);
    let before = files(&house);
    note(&house, 10..20);
    let rekeyed = house.daemon.vault.change(|vault| {
        let passphrase = Passphrase::new(PASSPHRASE.to_owned()).unwrap();
        let request = Rekey {
            proof: Opening::Passphrase(&passphrase),
            policy: Policy::EitherOr,
            ways: vec![(NewWay::Passphrase(&passphrase), String::new())],
            remove: Vec::new(),
            login: WithLogin::Refused,
            wanted: Wanted::ALWAYS,
        };
        vault.rekey(&request).map(drop).map_err(|error| crate::errors::vault(&error))
    });
    rekeyed.await.unwrap();
    assert_eq!(whats(&log(&house).await), accounts(0..20));
    assert!(files(&house).len() == 1 && files(&house) != before);
}

/// A request goes on without its line in the log, and who looks at the daemon is told.
#[tokio::test]
async fn a_log_that_cannot_be_written_is_said_and_shown_from_memory() {
    let house = House::build();
    house.unlocked().await;
    let in_the_way = state(&house).join("diary.lock");
    std::fs::create_dir(&in_the_way).unwrap();
    note(&house, 0..2);
    assert_eq!(whats(&log(&house).await), accounts(0..2));
    let warned = async || match house.daemon.vault.standing().await {
        Standing::Unlocked { warnings, .. } => warnings.iter().any(|warning| warning.contains("log cannot be written")),
        other => panic!("{other:?}"),
    };
    assert!(warned().await && files(&house).is_empty());
    std::fs::remove_dir(&in_the_way).unwrap();
    assert_eq!(whats(&log(&house).await), accounts(0..2), "once, not twice");
    assert!(!warned().await && files(&house).len() == 1);
}

#[tokio::test]
async fn a_damaged_part_is_an_entry_that_says_so() {
    let house = House::build();
    house.unlocked().await;
    note(&house, 0..3);
    assert_eq!(log(&house).await.len(), 3);
    let file = files(&house).remove(0);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[2 * 256 + 100] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let entries = log(&house).await;
    assert_eq!(whats(&entries), ["known-account 0", "known-account 2"]);
    assert_eq!((entries[1].kind.as_str(), entries[1].why.as_str()), ("log", "a part of the log is damaged"));
}

#[tokio::test]
async fn a_flood_while_locked_takes_little_and_the_log_says_what_is_missing() {
    let house = House::in_memory();
    let before = std::time::Instant::now();
    note(&house, 0..10_000);
    let took = before.elapsed();
    assert!(took.as_micros() < 10_000 * 200, "{took:?} for ten thousand, without optimisation");
    house.unlocked().await;
    let entries = log(&house).await;
    assert_eq!(whats(&entries), accounts(9_744..10_000));
    assert_eq!((entries[0].kind.as_str(), entries[0].times), ("log", Some(9_744)));
}

/// Events of one kind come from many tasks at once: none is lost and none is written twice.
#[tokio::test]
async fn events_from_many_sides_are_all_there_once() {
    let house = Arc::new(House::in_memory());
    house.unlocked().await;
    let tasks: Vec<_> = (0..4_u32)
        .map(|task| {
            let house = house.clone();
            tokio::spawn(async move {
                for part in 0..10_u32 {
                    let first = task * 200 + part * 20;
                    note(&house, first..first + 20);
                    assert!(!log(&house).await.is_empty());
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut whats = whats(&log(&house).await);
    let mut expected = accounts(0..800);
    whats.sort();
    expected.sort();
    assert_eq!(whats, expected);
}

#[test]
fn the_same_event_within_a_minute_is_counted() {
    let caller = caller();
    let mut waiting = Waiting::default();
    let at = |now| entry(refused(&caller, "ada"), now);
    for now in [100, 100, 130, 159] {
        waiting.note(at(now), now);
    }
    waiting.note(at(160), 160);
    waiting.note(at(150), 150);
    waiting.note(entry(refused(&caller, "bob"), 151), 151);
    waiting.note(at(152), 152);
    let other = Caller { pid: Some(43), ..self::caller() };
    waiting.note(entry(refused(&other, "ada"), 153), 153);
    let told: Vec<_> =
        waiting.take().into_iter().map(|entry| (entry.time, entry.last, entry.times, entry.pid)).collect();
    let expected = [
        (100, Some(159), Some(4), Some(42)),
        (160, None, None, Some(42)),
        (150, Some(153), Some(3), None),
        (151, None, None, Some(42)),
    ];
    assert_eq!(
        told, expected,
        "a minute is over, a clock went back, somebody else between, another process of the same program"
    );
}

/// Two refused calls by turns had an entry each time, and 2,000 of them pushed everything else out of the log.
#[test]
fn refusals_by_turns_are_two_entries_a_minute() {
    let caller = caller();
    let mut waiting = Waiting::default();
    waiting.note(entry(given(&caller, "ada"), 0), 0);
    for call in 0..4_000_u64 {
        let now = call * 60 / 4_000;
        let due = waiting.note(entry(refused(&caller, if call % 2 == 0 { "one" } else { "two" }), now), now);
        assert!(!due, "nothing is written for it");
    }
    let told: Vec<_> = waiting.take().into_iter().map(|entry| (entry.what.unwrap(), entry.times)).collect();
    let expected = [("ada", None), ("one", Some(2_000)), ("two", Some(2_000))];
    assert_eq!(told, expected.map(|(what, times)| (what.to_owned(), times)));
}

/// Nor does it help to have something else refused each time: a caller has eight entries a minute, and one for the rest.
#[test]
fn a_callers_refusals_have_eight_entries_a_minute_and_one_counts_the_rest() {
    let caller = caller();
    let other = Caller { program: Some("/opt/other-program".into()), ..self::caller() };
    let mut waiting = Waiting::default();
    let note = |waiting: &mut Waiting, caller: &Caller, number: u64, now| {
        waiting.note(entry(refused(caller, &number.to_string()), now), now);
    };
    (0..1_000).for_each(|number| note(&mut waiting, &caller, number, 100 + number * 59 / 999));
    note(&mut waiting, &other, 0, 159);
    waiting.note(entry(given(&caller, "ada"), 159), 159);
    // The next minute.
    note(&mut waiting, &caller, 1_000, 160);
    let entries = waiting.take();
    let named: Vec<_> = entries.iter().map(|entry| entry.what.as_deref().unwrap_or("more")).collect();
    assert_eq!(named, ["0", "1", "2", "3", "4", "5", "6", "7", "more", "0", "ada", "1000"]);
    let more = &entries[8];
    assert_eq!((more.times, more.last, more.program.as_str()), (Some(992), Some(159), "/opt/known-program"));
    assert_eq!((more.kind.as_str(), more.result.as_str()), ("log", "refused"));
}

/// A program that copies itself to have more names gets no further than that.
#[test]
fn programs_without_number_share_one_entry() {
    let mut waiting = Waiting::default();
    for number in 0..1_000 {
        let caller = Caller { program: Some(format!("/tmp/copy-{number}").into()), ..caller() };
        waiting.note(entry(refused(&caller, "it"), 100), 100);
    }
    let entries = waiting.take();
    assert_eq!(entries.len(), 17);
    assert_eq!((entries[16].program.as_str(), entries[16].times), ("(several programs)", Some(984)));
}

#[test]
fn without_room_refusals_go_before_what_was_given() {
    let caller = caller();
    let mut waiting = Waiting::default();
    for minute in 0..200_u64 {
        let now = minute * 60;
        waiting.note(entry(given(&caller, &minute.to_string()), now), now);
        waiting.note(entry(refused(&caller, "it"), now), now);
    }
    let entries = waiting.take();
    let count = |result| entries.iter().filter(|entry| entry.result == result && entry.kind == "code").count();
    assert_eq!((count("given"), count("refused")), (200, 56));
    assert_eq!((entries[0].kind.as_str(), entries[0].times), ("log", Some(144)));
}

#[test]
fn it_is_time_to_write_after_each_thirty_two_and_what_came_back_stays_in_order() {
    let caller = caller();
    let mut waiting = Waiting::default();
    let note = |waiting: &mut Waiting, number: u64| waiting.note(entry(given(&caller, &number.to_string()), 1), 1);
    let due: Vec<u64> = (1..=100).filter(|&number| note(&mut waiting, number)).collect();
    assert_eq!(due, [32, 64, 96]);
    let taken = waiting.take();
    assert!(waiting.is_empty());
    note(&mut waiting, 101);
    waiting.put_back(taken);
    let numbers: Vec<String> = whats(&waiting.take());
    assert_eq!(numbers, (1..=101).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[test]
fn what_there_was_no_room_for_is_counted_even_when_it_came_back() {
    let caller = caller();
    let mut waiting = Waiting::default();
    for number in 0..300 {
        waiting.note(entry(given(&caller, &number.to_string()), 1), 1);
        waiting.note(entry(given(&caller, &number.to_string()), 1), 1);
    }
    let taken = waiting.take();
    assert_eq!((taken.len(), taken[0].times), (257, Some(88)), "44 that happened twice");
    waiting.put_back(taken);
    let taken = waiting.take();
    assert_eq!((taken.len(), taken[0].times), (257, Some(88)), "the entry that told of them is told of again");
}

#[test]
fn text_from_outside_is_neutral_and_short_and_the_longest_entry_fits() {
    let caller = Caller { program: Some(format!("/opt/{}", "\u{10348}".repeat(4_000)).into()), ..caller() };
    let event = Event {
        caller: &caller,
        kind: "key-care",
        what: Some(format!("\u{202e}\u{1b}[2Jevil\n{}", "\u{10348}".repeat(4_000))),
        outcome: Outcome::Refused("\u{10348}".repeat(4_000)),
    };
    let mut entry = entry(event, u64::MAX);
    assert!(entry.what.as_ref().unwrap().starts_with("[2Jevil \u{10348}"));
    for text in [&entry.program, entry.what.as_ref().unwrap(), &entry.why] {
        assert_eq!(text.chars().count(), 256);
    }
    (entry.last, entry.times) = (Some(u64::MAX), Some(u32::MAX));
    let record = to_record(&entry);
    assert!(record.len() <= DIARY_RECORD, "{}", record.len());
    let read = from_lines(vec![Line::Record(record)]);
    assert_eq!(format!("{read:?}"), format!("{:?}", [entry]));
}

/// By hand after RFC 8949 and docs/vault-format.md.
#[test]
fn a_record_is_read_as_the_format_says_and_one_that_makes_no_sense_is_named() {
    let record =
        b"\xaa\x63pid\x20\x63why\x60\x64door\x63bus\x64kind\x64code\x64tier\x64weak\x64time\x18\x3b\x64what\x61x\
        \x65later\x81\x01\x66result\x65given\x67program\x62/x";
    let read = from_lines(vec![Line::Record(Zeroizing::new(record.to_vec()))]);
    let LogEntry { time, pid, door, program, tier, kind, what, result, why, .. } = &read[0];
    assert_eq!((*time, *pid, what.as_deref()), (59, Some(-1), Some("x")));
    assert_eq!([door, program, tier, kind, result, why], ["bus", "/x", "weak", "code", "given", ""]);
    for odd in [&b""[..], b"\xa0", b"\x81\x01", b"\xa1\x64time\x01", &record[..record.len() - 1], &[0x81; 64]] {
        let read = from_lines(vec![Line::Record(Zeroizing::new(odd.to_vec()))]);
        assert_eq!((read.len(), read[0].kind.as_str()), (1, "log"), "{odd:?}");
    }
}

#[tokio::test]
async fn a_vault_that_was_just_made_has_its_events_too() {
    let house = House::build();
    note(&house, 0..1);
    let (code, end) = pipe::awaiting().unwrap();
    house.daemon.vault.init(piped(PASSPHRASE), end).await.unwrap();
    taken(code).await;
    assert_eq!(whats(&log(&house).await), accounts(0..1));
}
