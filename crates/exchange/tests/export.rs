//! What is written is read again, by ourselves and by a reader that is not ours (`judge.py`, run by the Python that
//! `FOB_PYTHON` names).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests are tests")]

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::process::{Command, Stdio};

use fob_ambient::{SeededRng, UnixTime};
use fob_exchange::{CodeKind, Exported, HashName, Password, Record, SecretText, Target, TargetError, import, write};
use fob_otp::Seed;
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: UnixTime = UnixTime(1_700_000_000);

fn record(kind: CodeKind, issuer: &str, account: &str) -> Record {
    Record::new(kind, issuer, account, Seed::new(b"12345678901234567890".to_vec()))
}

/// One of each kind, with everything that a record can hold.
fn records() -> Vec<Record> {
    let mut full = record(CodeKind::Totp { period: 30 }, "Air Büro", "ada@example.com");
    full.notes = "a \"note\"\nof two lines".to_owned();
    full.tags = vec!["Work".to_owned(), "Büro".to_owned()];
    full.favourite = true;
    full.icon = Some("airbnb".to_owned());
    full.recovery_codes = vec![SecretText::new("1-2-3".to_owned())];
    let mut strong = record(CodeKind::Totp { period: 60 }, "Example", "a:b");
    (strong.algorithm, strong.digits) = (HashName::Sha512, 8);
    let pin = || Some(SecretText::new("1234".to_owned()));
    vec![
        full,
        strong,
        record(CodeKind::Hotp { counter: u64::MAX }, "Counted", "cy"),
        record(CodeKind::Steam { period: 30 }, "Steam", "dora"),
        record(CodeKind::Motp { period: 10, pin: pin() }, "Mobile", "eve"),
        record(CodeKind::Yandex { period: 30, pin: pin() }, "Yandex", "yan"),
        record(CodeKind::Other { name: "OCRA".to_owned() }, "Bank", "zoe"),
    ]
}

fn written(records: &[Record], target: Target) -> Exported {
    let password = Password::new(b"correct horse".to_vec());
    write(records, target, Some(&password), &mut SeededRng::new(7), NOW).unwrap()
}

fn read_again(exported: &Exported) -> Vec<Record> {
    let password = Password::new(b"correct horse".to_vec());
    let report = import(&exported.bytes, None, None, Some(&password)).unwrap();
    assert_eq!(report.refused, []);
    report.records
}

fn shown(record: &Record) -> Value {
    let mut entry = json!({
        "type": record.kind.name(), "issuer": record.issuer, "account": record.account,
        "secret": record.secret.to_base32().as_str(), "algo": record.algorithm.name(), "digits": record.digits,
    });
    match record.kind {
        CodeKind::Hotp { counter } => entry["counter"] = counter.into(),
        ref kind => entry["period"] = kind.period().into(),
    }
    entry
}

fn with_the_rest(record: &Record) -> Value {
    let codes: Vec<_> = record.recovery_codes.iter().map(SecretText::expose).collect();
    let mut entry = shown(record);
    entry["rest"] = json!([record.kind.pin(), record.notes, record.tags, record.favourite, record.icon, codes]);
    entry
}

#[test]
fn our_own_list_loses_nothing() {
    let records = records();
    let exported = written(&records, Target::Json);
    assert_eq!((exported.written, exported.changed.len(), exported.refused.len()), (7, 0, 0));
    let again: Vec<_> = read_again(&exported).iter().map(with_the_rest).collect();
    assert_eq!(again, records.iter().map(with_the_rest).collect::<Vec<_>>());
}

#[test]
fn what_a_file_has_no_place_for_is_named() {
    let records = records();
    for (target, written_count, changed, refused) in [
        (Target::UriList, 6, 6, vec!["Bank:zoe"]),
        (Target::Aegis, 6, 2, vec!["Bank:zoe"]),
        (Target::AegisEncrypted, 6, 2, vec!["Bank:zoe"]),
        (Target::TwoFas, 4, 5, vec!["Mobile:eve", "Yandex:yan", "Bank:zoe"]),
        (Target::GoogleMigration, 2, 5, vec!["Example:a:b", "Steam:dora", "Mobile:eve", "Yandex:yan", "Bank:zoe"]),
    ] {
        let exported = written(&records, target);
        let name = target.name();
        assert_eq!((exported.written, exported.changed.len()), (written_count, changed), "{name}");
        let names: Vec<_> = exported.refused.iter().map(|refused| refused.entry.as_str()).collect();
        assert_eq!(names, refused, "{name}");
        let again: Vec<_> = read_again(&exported).iter().map(shown).collect();
        let admitted = records.iter().filter(|record| !refused.contains(&record.label().as_str()));
        assert_eq!(again, admitted.map(shown).collect::<Vec<_>>(), "{name}");
    }
}

/// Found by a fuzzer: each letter of such a name takes six in a URI, and the list that was written could not be read.
#[test]
fn a_name_too_long_for_a_uri_is_named_and_left_out() {
    let long = record(CodeKind::Totp { period: 30 }, "Example", &"ü".repeat(4_000));
    let exported = written(&[long, record(CodeKind::Totp { period: 30 }, "Example", "ada")], Target::UriList);
    assert_eq!((exported.written, exported.refused.len()), (1, 1));
    assert_eq!(exported.refused[0].what, "its names are too long for a URI");
    assert_eq!(read_again(&exported).len(), 1);
}

#[test]
fn an_encrypted_file_needs_a_password() {
    let mut rng = SeededRng::new(7);
    for password in [None, Some(Password::new(Vec::new()))] {
        let result = write(&records(), Target::AegisEncrypted, password.as_ref(), &mut rng, NOW);
        assert_eq!(result.map(|exported| exported.written), Err(TargetError::NoPassword));
    }
    let exported = written(&records(), Target::AegisEncrypted);
    let secret = records()[0].secret.to_base32();
    let contains = |text: &str| exported.bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(!contains(&secret) && !contains("example"));
}

#[test]
fn pictures_hold_ten_accounts_each() {
    let many: Vec<_> = (0..25).map(|place| record(CodeKind::Totp { period: 30 }, "a", &place.to_string())).collect();
    let exported = written(&many, Target::GoogleMigration);
    assert_eq!(exported.bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).count(), 3);
    assert_eq!(read_again(&exported).len(), 25);
}

fn python() -> Option<OsString> {
    let python = std::env::var_os("FOB_PYTHON");
    if python.is_none() {
        assert!(std::env::var_os("FOB_JUDGES").is_none(), "FOB_JUDGES is set, and FOB_PYTHON names no interpreter");
        println!("skipped: FOB_PYTHON names no interpreter");
    }
    python
}

/// What the judge reads in a file.
fn judged(python: &OsStr, target: Target, bytes: &[u8]) -> Vec<Value> {
    let mut child = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/judge.py"))
        .args([target.name(), "correct horse"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", target.name());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn another_reader_finds_the_same_accounts() {
    let Some(python) = python() else { return };
    let mut records = records();
    // Its URI has a scheme of its own, of which the judge knows nothing.
    records.retain(|record| !matches!(record.kind, CodeKind::Motp { .. } | CodeKind::Yandex { .. }));
    for target in [Target::Aegis, Target::AegisEncrypted, Target::TwoFas, Target::UriList, Target::GoogleMigration] {
        let exported = written(&records, target);
        let refused: Vec<_> = exported.refused.iter().map(|refused| refused.entry.as_str()).collect();
        let admitted: Vec<_> = records.iter().filter(|record| !refused.contains(&record.label().as_str())).collect();
        let mut found = judged(&python, target, &exported.bytes);
        let (tags, notes) = (found[0]["tags"].take(), found[0]["notes"].take());
        match target {
            Target::Aegis | Target::AegisEncrypted => {
                assert_eq!((&tags, &notes), (&json!(records[0].tags), &json!(records[0].notes)), "{}", target.name());
            }
            Target::TwoFas => assert_eq!(tags, json!(["Work"])),
            _ => {}
        }
        for entry in &mut found {
            let entry = entry.as_object_mut().unwrap();
            ["tags", "notes", "favourite"].into_iter().for_each(|name| drop(entry.remove(name)));
        }
        assert_eq!(found, admitted.into_iter().map(shown).collect::<Vec<_>>(), "{}", target.name());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn names_come_through_every_clear_file(
        issuer in "[^\\s\\p{C}]{1,12}",
        account in "[^\\s\\p{C}]{0,12}",
        seed in proptest::collection::vec(any::<u8>(), 1..64),
    ) {
        let record = Record::new(CodeKind::Totp { period: 30 }, &issuer, &account, Seed::new(seed));
        let expected = shown(&record);
        for target in [Target::Json, Target::UriList, Target::Aegis, Target::TwoFas] {
            let again = read_again(&written(std::slice::from_ref(&record), target));
            prop_assert_eq!(shown(&again[0]), expected.clone(), "{}", target.name());
        }
    }
}
