//! A file of each format, assembled from documentation or source by a program that shares nothing with fob
//! (`tests/data/make.py`), with the accounts that went into it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests are tests")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use fob_exchange::{CodeKind, FORMATS, Format, ImportError, Lost, Password, Record, SecretText, import, recognise};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct File {
    entries: Vec<Value>,
    password: Option<String>,
}

fn data(name: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)).unwrap()
}

fn files() -> BTreeMap<String, File> {
    serde_json::from_slice(&data("expected.json")).unwrap()
}

/// A record in the words of `expected.json`, what is empty left out.
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
    let codes: Vec<_> = record.recovery_codes.iter().map(SecretText::expose).collect();
    for (name, value, there) in [
        ("pin", json!(record.kind.pin()), record.kind.pin().is_some()),
        ("notes", json!(record.notes), !record.notes.is_empty()),
        ("tags", json!(record.tags), !record.tags.is_empty()),
        ("favourite", json!(true), record.favourite),
        ("recovery_codes", json!(codes), !codes.is_empty()),
    ] {
        if there {
            entry[name] = value;
        }
    }
    entry
}

#[test]
fn what_went_into_a_file_comes_out_of_it() {
    for (name, file) in files() {
        let password = file.password.map(|password| Password::new(password.into_bytes()));
        let report = import(&data(&name), Some(&name), None, password.as_ref());
        let report = report.unwrap_or_else(|error| panic!("{name}: {error}"));
        let records: Vec<_> = report.records.iter().map(shown).collect();
        assert_eq!(records, file.entries, "{name}");
    }
}

#[test]
fn every_format_has_a_file_here_that_is_recognised() {
    let mut seen = Vec::new();
    for (name, _) in files() {
        match recognise(&data(&name), None) {
            Ok(format) => seen.push(format),
            Err(ImportError::NotRecognised) if name == "andotp-old.json.aes" => {
                assert_eq!(recognise(&data(&name), Some(&name)), Ok(Format::AndOtpOld));
                seen.push(Format::AndOtpOld);
            }
            Err(error) => panic!("{name}: {error}"),
        }
    }
    // WinAuth's file is a URI list and nothing else.
    let missing = FORMATS.iter().filter(|info| info.format != Format::WinAuth && !seen.contains(&info.format));
    assert_eq!(missing.map(|info| info.name).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn without_a_password_an_encrypted_file_says_so_and_with_a_wrong_one_too() {
    let wrong = Password::new(b"correct horsf".to_vec());
    for (name, _) in files().into_iter().filter(|(_, file)| file.password.is_some()) {
        let format = recognise(&data(&name), Some(&name)).unwrap();
        let none = import(&data(&name), Some(&name), None, None).unwrap_err();
        assert_eq!(none, ImportError::Encrypted(format), "{name}");
        let error = import(&data(&name), Some(&name), None, Some(&wrong)).unwrap_err();
        assert_eq!(error, ImportError::WrongPassword(format), "{name}");
    }
}

#[test]
fn what_lies_in_a_bin_is_named_and_not_taken() {
    let password = Password::new(b"correct horse".to_vec());
    for name in ["ente.txt", "proton-pass.json", "keepass-aes.kdbx"] {
        let report = import(&data(name), None, None, Some(&password)).unwrap();
        let reasons: Vec<_> = report.refused.iter().map(|refused| refused.reason.to_string()).collect();
        assert_eq!(reasons, ["it lies in the program's bin"], "{name}");
    }
}

#[test]
fn bitwardens_account_restricted_export_is_refused_in_clear_words() {
    for json in [
        r#"{"encrypted":true,"passwordProtected":false,"encKeyValidation_DO_NOT_EDIT":"2.a|b|c","data":"2.a|b|c"}"#,
        r#"{"encrypted":true,"encKeyValidation_DO_NOT_EDIT":"2.a|b|c","folders":[],"items":[{"name":"2.a|b|c"}]}"#,
        r#"{"encrypted":true,"folders":[],"items":[{"name":"2.a|b|c"}]}"#,
    ] {
        let error = import(json.as_bytes(), None, None, None).unwrap_err();
        assert_eq!(error, ImportError::AccountRestricted, "{json}");
        assert!(error.to_string().contains("account-restricted"), "{error}");
    }
}

#[test]
fn one_odd_entry_keeps_no_other_out() {
    let json = r#"[{"secret":"GEZDGNBVGY3TQOJQ","issuer":"a","label":"good","type":"TOTP"},
                   {"secret":{"no":"text"},"issuer":["x"],"label":"no secret","type":"TOTP","digits":[6]},
                   {"secret":"GEZDGNBVGY3TQOJQ","issuer":"a","label":"many digits","digits":999},
                   {"secret":"01890189","issuer":"a","label":"no Base32"},
                   {"secret":"GEZDGNBVGY3TQOJQ","label":"ocra","type":"OCRA","period":1}]"#;
    let report = import(json.as_bytes(), None, None, None).unwrap();
    let accounts: Vec<_> = report.records.iter().map(|record| (record.account.as_str(), record.kind.name())).collect();
    assert_eq!(accounts, [("good", "totp"), ("ocra", "OCRA")]);
    let refused: Vec<_> =
        report.refused.iter().map(|refused| (refused.entry.as_str(), refused.reason.to_string())).collect();
    let expected = [
        ("no secret", "it has no secret"),
        ("many digits", "its number of digits is no whole number that can be kept"),
        ("no Base32", "the secret has a character that Base32 has not, at position 1"),
    ];
    assert_eq!(refused, expected.map(|(entry, reason)| (entry, reason.to_owned())));
    assert_eq!(report.records[1].to_account().usable().unwrap_err().to_string(), "its kind is OCRA");
}

#[test]
fn a_missing_part_of_googles_export_is_told() {
    let text = String::from_utf8(data("google.txt")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let lost = |text: &str| {
        let report = import(text.as_bytes(), None, None, None).unwrap();
        (report.records.len(), report.changed.iter().any(|change| change.lost == Lost::Parts))
    };
    assert_eq!(lost(&text), (3, false));
    assert_eq!(lost(lines[0]), (2, true));
    assert_eq!(lost(&[lines[1], lines[1]].join("\n")), (1, true), "one picture twice is one part");
    // Among single accounts, as a look at many pictures gives them.
    let mixed = format!("otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ\n{text}");
    assert_eq!(lost(&mixed), (4, false));
}
