//! fob's own JSON has two writers and two readers: this crate's, for files, and `fob_otp`'s, for what goes between the
//! command line and the daemon. Each reads what the other writes.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use fob_ambient::{SeededRng, UnixTime};
use fob_exchange::{CodeKind, Format, HashName, Record, SecretText, Target, import, write};
use fob_otp::{Item, Seed, read_json, write_json};

const NOW: UnixTime = UnixTime(1_800_000_000);

fn records() -> Vec<Record> {
    let pin = || Some(SecretText::new("0815".to_owned()));
    let kinds = [
        CodeKind::Totp { period: 60 },
        CodeKind::Hotp { counter: u64::MAX },
        CodeKind::Steam { period: 30 },
        CodeKind::Motp { period: 10, pin: pin() },
        CodeKind::Yandex { period: 30, pin: pin() },
        CodeKind::Other { name: "OCRA".to_owned() },
    ];
    let mut records: Vec<_> = kinds
        .into_iter()
        .map(|kind| Record::new(kind, "Büro \"🐙\"", "a\\b", Seed::new(b"12345678901234567890".to_vec())))
        .collect();
    let first = records.first_mut().unwrap();
    first.algorithm = HashName::Other("GOST".to_owned());
    first.digits = 10;
    first.notes = "two\nlines".to_owned();
    first.tags = vec!["work".to_owned(), "mail".to_owned()];
    first.favourite = true;
    first.icon = Some("octopus".to_owned());
    first.recovery_codes = vec![SecretText::new("AAAA".to_owned())];
    first.used_recovery_codes = vec![SecretText::new("BBBB".to_owned())];
    first.sites = vec!["https://id.example".to_owned()];
    records
}

fn of_items(items: &[Item]) -> Vec<u8> {
    write_json(items.iter().map(|item| (&item.account, &item.extras))).to_vec()
}

fn items(records: &[Record]) -> Vec<Item> {
    records.iter().map(|record| record.to_item(NOW)).collect()
}

#[test]
fn what_goes_to_the_daemon_is_what_stands_in_a_file() {
    let records = records();
    let sent = of_items(&items(&records));
    // The file's writer, read by the daemon's reader.
    let file = write(&records, Target::Json, None, &mut SeededRng::new(1), NOW).unwrap();
    let taken: Vec<_> = read_json(&file.bytes, NOW).unwrap().into_iter().map(|item| item.outcome.unwrap().0).collect();
    assert_eq!(of_items(&taken), sent);
    // The daemon's writer, read by the file's reader.
    let report = import(&sent, None, Some(Format::FobJson), None).unwrap();
    assert_eq!((report.refused.len(), report.records.len()), (0, records.len()));
    assert_eq!(of_items(&items(&report.records)), sent);
    assert_eq!(fob_exchange::recognise(&sent, None), Ok(Format::FobJson));
}
