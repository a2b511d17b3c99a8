//! docs/open-vault.py, which shares no code with us, opens what we write, and we open a vault that is kept for ever.
//!
//! `FOB_PYTHON` names the interpreter (tests/requirements.txt); with `FOB_JUDGES=1` it must be there.

mod support;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use data_encoding::BASE64;
use fob_otp::{Account, Algorithm, Kind, Seed};
use fob_vault::{KdfPolicy, LockedVault, RecoveryCode};
use serde::Deserialize;
use serde_json::Value;
use support::{Home, PASSPHRASE, hotp, passphrase};

/// A vault of format 1 that some fob wrote once: every later fob opens it.
#[derive(Deserialize)]
struct Kept {
    passphrase: String,
    recovery_code: String,
    vault: String,
    entries: Vec<toml::Table>,
}

fn kept() -> Kept {
    toml::from_str(include_str!("../../../tests/vectors/fob-vault-1.toml")).expect("the vector is TOML")
}

fn put_kept(home: &Home, kept: &Kept) {
    let text: String = kept.vault.split_whitespace().collect();
    home.put(&BASE64.decode(text.as_bytes()).expect("the vector is base64"));
}

fn python() -> Option<PathBuf> {
    let python = std::env::var_os("FOB_PYTHON").map(PathBuf::from);
    if python.is_none() {
        assert!(std::env::var_os("FOB_JUDGES").is_none(), "FOB_JUDGES is set, and FOB_PYTHON names no interpreter");
        eprintln!("skipped: FOB_PYTHON names no interpreter");
    }
    python
}

/// The entries as the independent reader prints them, or what it says instead.
fn read_independently(python: &Path, vault: &Path, options: &[&str], secret: &str) -> Result<Vec<Value>, String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/open-vault.py");
    let mut child = Command::new(python)
        .arg(script)
        .args(options)
        .arg(vault)
        .arg("0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the interpreter starts");
    child.stdin.take().expect("asked for").write_all(secret.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    Ok(serde_json::from_slice(&output.stdout).expect("it prints JSON"))
}

#[test]
fn another_program_opens_our_vault_at_its_full_price() {
    let Some(python) = python() else { return };
    let home = Home::new();
    let context = home.context().with_kdf(KdfPolicy::STANDARD);
    let (mut vault, code) = LockedVault::create(&home.vault(), &passphrase(PASSPHRASE), &context).unwrap();
    let long = Account {
        issuer: "Büro 🐙".to_owned(),
        name: "x".repeat(300),
        seed: Seed::new((0..=255).collect()),
        algorithm: Algorithm::Sha512,
        digits: 8,
        kind: Kind::Totp { period: 86_400 },
    };
    vault.add(hotp("ada", u64::MAX)).unwrap();
    vault.add_for(long, vec!["https://id.example".to_owned(), "http://localhost:8080".to_owned()]).unwrap();
    let secrets = [(&[][..], PASSPHRASE.to_owned()), (&["--recovery"], code.expose().to_lowercase())];
    for (options, secret) in secrets {
        let entries = read_independently(&python, &home.vault(), options, &format!("{secret}\n")).unwrap();
        let [first, second] = entries.as_slice() else { panic!("two entries were added") };
        assert_eq!(first["name"], "ada");
        assert_eq!((&first["kind"], &first["counter"]), (&"hotp".into(), &u64::MAX.into()));
        assert_eq!(first["seed"], "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!((&second["issuer"], &second["algorithm"]), (&"Büro 🐙".into(), &"SHA512".into()));
        assert_eq!((&second["digits"], &second["period"]), (&8.into(), &86_400.into()));
        assert_eq!(first.get("sites"), None);
        assert_eq!(second["sites"], serde_json::json!(["https://id.example", "http://localhost:8080"]));
        assert_eq!(second["id"], vault.entries()[1].id.to_string());
    }
    let wrong = read_independently(&python, &home.vault(), &[], "another passphrase").unwrap_err();
    assert_eq!(wrong, "no slot opens with this");
}

#[test]
fn a_vault_of_format_1_opens_for_ever() {
    let (home, kept) = (Home::new(), kept());
    put_kept(&home, &kept);
    let vault = home.open().unwrap().unlock(&passphrase(&kept.passphrase)).unwrap();
    assert_eq!((vault.generation(), vault.entries().len()), (2, kept.entries.len()));
    for (entry, expected) in vault.entries().iter().zip(&kept.entries) {
        let text = |name: &str| expected[name].as_str().unwrap();
        let account = &entry.account;
        assert_eq!(entry.id.to_string(), text("id"));
        assert!(entry.sites.is_empty(), "it was made before there were any");
        assert_eq!((account.issuer.as_str(), account.name.as_str()), (text("issuer"), text("name")));
        assert_eq!(account.seed.to_base32().as_str(), text("seed"));
        assert_eq!(account.algorithm.name(), text("algorithm"));
        assert_eq!(i64::from(account.digits), expected["digits"].as_integer().unwrap());
        let number = |name: &str| u64::try_from(expected[name].as_integer().unwrap()).unwrap();
        let kind = match text("kind") {
            "totp" => Kind::Totp { period: number("period") },
            _ => Kind::Hotp { counter: number("counter") },
        };
        assert_eq!(account.kind, kind);
    }
    let code = RecoveryCode::parse(&kept.recovery_code).unwrap();
    assert!(vault.lock().unlock_with_recovery(&code).is_ok());
}

/// The vector's entries were printed by the independent reader; here it says so again.
#[test]
fn the_kept_vault_is_what_the_other_program_reads() {
    let Some(python) = python() else { return };
    let (home, kept) = (Home::new(), kept());
    put_kept(&home, &kept);
    let entries = read_independently(&python, &home.vault(), &[], &kept.passphrase).unwrap();
    assert_eq!(entries, kept.entries.iter().map(|entry| serde_json::to_value(entry).unwrap()).collect::<Vec<_>>());
}
