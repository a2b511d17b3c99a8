//! Files that other programs wrote, with the accounts that must come out of them: `expected.json` in the folder that
//! `FOB_SAMPLES` names, or in its `otp` folder. They are not part of the repository.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests are tests")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fob_ambient::UnixTime;
use fob_exchange::{CodeKind, Format, ImportError, Password, Record, Report, SecretText, import, recognise};
use fob_otp::{read_json, write_json};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Expected {
    vectors: std::collections::BTreeMap<String, Vec<Value>>,
    samples: Vec<Sample>,
}

#[derive(Deserialize)]
struct Sample {
    file: String,
    password: Option<String>,
    set: Option<String>,
    entries: Option<Vec<Value>>,
    peer_count: Option<usize>,
}

fn samples() -> Option<(PathBuf, Expected)> {
    let folder = PathBuf::from(std::env::var_os("FOB_SAMPLES")?);
    let folder = [folder.join("otp"), folder].into_iter().find(|folder| folder.join("expected.json").exists())?;
    let text = std::fs::read(folder.join("expected.json")).unwrap();
    Some((folder, serde_json::from_slice(&text).unwrap()))
}

fn read(folder: &Path, sample: &Sample) -> Result<Report, ImportError> {
    let bytes = std::fs::read(folder.join(&sample.file)).unwrap();
    let password = sample.password.as_ref().map(|password| Password::new(password.clone().into_bytes()));
    import(&bytes, Some(&sample.file), None, password.as_ref())
}

/// A record in the words of `expected.json`.
fn shown(record: &Record) -> Value {
    let mut entry = json!({
        "type": record.kind.name(),
        "issuer": record.issuer,
        "account": record.account,
        "secret": record.secret.to_base32().as_str(),
        "algorithm": record.algorithm.name(),
        "digits": record.digits,
    });
    match record.kind {
        CodeKind::Hotp { counter } => entry["counter"] = counter.into(),
        ref kind => entry["period"] = kind.period().into(),
    }
    entry
}

#[test]
fn every_sample_comes_out_as_expected() {
    let Some((folder, expected)) = samples() else { return println!("skipped: no samples") };
    assert!(expected.samples.len() >= 40, "the list is whole");
    for sample in &expected.samples {
        let file = &sample.file;
        let report = read(&folder, sample).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(report.refused, [], "{file}");
        let records: Vec<_> = report.records.iter().map(shown).collect();
        match &sample.entries {
            Some(entries) => assert_eq!(&records, entries, "{file}"),
            None => {
                let set = &expected.vectors[sample.set.as_ref().unwrap()];
                for record in &records {
                    assert!(set.contains(record), "{file}: {record}");
                }
                let different: BTreeSet<_> = records.iter().map(Value::to_string).collect();
                // Authenticator Plus has no count: all of the set but Battle.net's.
                assert_eq!(different.len(), sample.peer_count.unwrap_or(set.len() - 1), "{file}");
                assert_eq!(different.len(), records.len(), "{file}");
            }
        }
    }
}

#[test]
fn each_sample_is_recognised_by_its_content() {
    let Some((folder, expected)) = samples() else { return println!("skipped: no samples") };
    for sample in &expected.samples {
        let bytes = std::fs::read(folder.join(&sample.file)).unwrap();
        let format = match recognise(&bytes, None) {
            // Noise but for the password: named, or tried.
            Err(ImportError::NotRecognised) if sample.file.contains("encrypted_old") => Format::AndOtpOld,
            format => format.unwrap_or_else(|error| panic!("{}: {error}", sample.file)),
        };
        assert_eq!(format.info().unproven, None, "{} was written by its program", sample.file);
    }
}

#[test]
fn groups_and_recovery_codes_come_along() {
    let Some((folder, expected)) = samples() else { return println!("skipped: no samples") };
    let named = |name: &str| expected.samples.iter().find(|sample| sample.file.ends_with(name)).unwrap();
    let grouped = read(&folder, named("aegis_plain_grouped_v2.json")).unwrap();
    let count = |tag: &str| grouped.records.iter().filter(|record| record.tags == [tag]).count();
    assert_eq!((count("group1"), count("group2")), (2, 1));
    let steam = read(&folder, named("steam.json")).unwrap();
    assert_eq!(steam.records[0].recovery_codes[0].expose(), "R1234");
}

#[test]
fn a_wrong_password_is_told_from_none_and_from_damage() {
    let Some((folder, expected)) = samples() else { return println!("skipped: no samples") };
    for sample in expected.samples.iter().filter(|sample| sample.password.is_some()) {
        let (file, bytes) = (&sample.file, std::fs::read(folder.join(&sample.file)).unwrap());
        let none = import(&bytes, Some(file), None, None).unwrap_err();
        let wrong = import(&bytes, Some(file), None, Some(&Password::new(b"wrong".to_vec()))).unwrap_err();
        if file.contains("encrypted_old") {
            assert_eq!((none, wrong), (ImportError::NotRecognised, ImportError::NotRecognised), "{file}");
            continue;
        }
        assert!(matches!(none, ImportError::Encrypted(_)), "{file}: {none}");
        assert!(matches!(wrong, ImportError::WrongPassword(_)), "{file}: {wrong}");
    }
}

/// A vault takes every account of every sample, with what stands beside it, by way of the list that the command line
/// hands to the daemon, and has codes of it.
#[test]
fn a_vault_can_take_every_account_of_every_sample() {
    let Some((folder, expected)) = samples() else { return println!("skipped: no samples") };
    let now = UnixTime(1_800_000_000);
    for sample in &expected.samples {
        let report = read(&folder, sample).unwrap();
        let items: Vec<_> = report.records.iter().map(|record| record.to_item(now)).collect();
        let list = write_json(items.iter().map(|item| (&item.account, &item.extras)));
        let taken = read_json(&list, now).unwrap();
        assert_eq!(taken.len(), report.records.len(), "{}", sample.file);
        for (record, taken) in report.records.iter().zip(taken) {
            let (item, _) = taken.outcome.unwrap_or_else(|error| panic!("{}: {error}", sample.file));
            assert_eq!(shown(&Record::from(item.account.duplicate())), shown(record), "{}", sample.file);
            assert_eq!(item.account.kind, record.kind, "{}", sample.file);
            assert_eq!((&item.extras.tags, item.extras.favourite), (&record.tags, record.favourite));
            assert_eq!(item.extras.recovery_codes.len(), record.recovery_codes.len());
            assert_eq!(item.extras.note.as_ref().map_or("", SecretText::expose), record.notes);
            assert_eq!(item.account.usable(), Ok(()), "{}: {}", sample.file, record.kind.name());
        }
    }
}
