//! docs/open-vault.py, which shares no code with us, opens what we write, and we open a vault that is kept for ever.
//!
//! `FOB_PYTHON` names the interpreter (tests/requirements.txt); with `FOB_JUDGES=1` it must be there.

mod support;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use data_encoding::{BASE64, HEXLOWER};
use fob_otp::{Account, Algorithm, Extras, Item, Kind, SecretText, Seed, recovery_codes};
use fob_vault::{
    Argon2Cost, KdfPolicy, LockedVault, NewWay, Opening, Policy, RecoveryCode, Rekey, SlotId, SlotSecret, Wanted,
    WithLogin,
};
use serde::Deserialize;
use serde_json::Value;
use support::ways::{Key, keyring, tpm};
use support::{Home, PASSPHRASE, hotp, passphrase};

/// The least that the format admits.
const FLOOR: Argon2Cost = Argon2Cost { memory_kib: 19 * 1024, passes: 2, lanes: 1 };

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
    let descriptor = if options == ["--slots"] { None } else { Some("0") };
    let mut child = Command::new(python)
        .arg(script)
        .args(options)
        .arg(vault)
        .args(descriptor)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the interpreter starts");
    // One that wants no secret may be gone by now.
    let _ = child.stdin.take().expect("asked for").write_all(secret.as_bytes());
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
    let extras = Extras {
        note: Some(SecretText::new("two\nlines".to_owned())),
        tags: vec!["work".to_owned()],
        favourite: true,
        recovery_codes: recovery_codes("AAAA\nBBBB"),
        sites: vec!["https://id.example".to_owned(), "http://localhost:8080".to_owned()],
        ..Extras::default()
    };
    vault.add(Item { account: long, extras }).unwrap();
    let code_taken = vault.take_recovery_code(vault.entries()[1].id).unwrap();
    assert_eq!(code_taken.expose(), "AAAA");
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
        assert_eq!((&second["note"], &second["favourite"]), (&"two\nlines".into(), &true.into()));
        assert_eq!(second["tags"], serde_json::json!(["work"]));
        let codes = serde_json::json!([{ "code": "AAAA", "used": 1_700_000_000 }, { "code": "BBBB" }]);
        assert_eq!(second["recovery_codes"], codes);
        assert_eq!(second["history"], serde_json::json!([{ "time": 1_700_000_000, "what": "recovery-code" }]));
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
        let record = vault.reveal(entry.id).unwrap();
        let account = &record.account;
        assert_eq!(entry.id.to_string(), text("id"));
        assert!(entry.sites().is_empty(), "it was made before there were any");
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

/// Every kind of slot, opened by the other program with what each kind of keeper gives.
#[test]
fn another_program_opens_every_kind_of_slot() {
    let Some(python) = python() else { return };
    let home = Home::new();
    let context = home.context().with_kdf(KdfPolicy { new_slots: FLOOR, ..KdfPolicy::STANDARD });
    let ours = passphrase(PASSPHRASE);
    let (mut vault, _) = LockedVault::create(&home.vault(), &ours, &context).unwrap();
    vault.add(hotp("ada", 7)).unwrap();
    let key = Key("desk");
    vault.add_slot(&NewWay::Key(key.enrol(&vault, true)), "", WithLogin::Refused).unwrap();
    let (_, ring_secret, kept) = keyring(&vault);
    vault.add_slot(&NewWay::Kept(kept), "", WithLogin::Accepted).unwrap();
    let (_, tpm_secret, kept) = tpm(&vault, true);
    vault.add_slot(&NewWay::Kept(kept), "", WithLogin::Refused).unwrap();

    let asked = read_independently(&python, &home.vault(), &["--slots"], "").unwrap();
    assert_eq!(
        asked.iter().map(|slot| &slot["kind"]).collect::<Vec<_>>(),
        ["passphrase", "recovery", "key", "secret-service", "tpm2"]
    );
    // The salt as the other program prints it: what a person would ask the key with.
    let salt_of = |slot: &Value| HEXLOWER.decode(slot["parameters"]["key_salt"].as_str().unwrap().as_bytes()).unwrap();
    let key_secret = key.answer(&salt_of(&asked[2]).try_into().unwrap(), true);
    for (case, secret) in [("key", &key_secret), ("keyring", &ring_secret), ("TPM", &tpm_secret)] {
        let entries = read_independently(&python, &home.vault(), &["--secret"], &HEXLOWER.encode(secret.expose()));
        assert_eq!(entries.unwrap()[0]["name"], "ada", "{case}");
    }
    let wrong = read_independently(&python, &home.vault(), &["--secret"], &"00".repeat(32)).unwrap_err();
    assert_eq!(wrong, "no slot opens with this");

    let request = Rekey {
        proof: Opening::Passphrase(&ours),
        policy: Policy::PassphraseAndKey,
        ways: vec![(NewWay::PassphraseAndKey(&ours, key.enrol(&vault, false)), String::new())],
        remove: vec![],
        login: WithLogin::Refused,
        wanted: Wanted::ALWAYS,
    };
    let code = vault.rekey(&request).unwrap().recovery;
    let asked = read_independently(&python, &home.vault(), &["--slots"], "").unwrap();
    let secret = key.answer(&salt_of(&asked[0]).try_into().unwrap(), false);
    let both = format!("{PASSPHRASE}\n{}\n", HEXLOWER.encode(secret.expose()));
    assert_eq!(read_independently(&python, &home.vault(), &["--both"], &both).unwrap()[0]["counter"], 7);
    assert!(read_independently(&python, &home.vault(), &["--recovery"], &code.expose()).is_ok());
    assert!(read_independently(&python, &home.vault(), &[], PASSPHRASE).is_err(), "not by the passphrase alone");
}

/// Vaults with a slot of every kind, as some fob wrote them once: every later fob opens them by each.
#[derive(Deserialize)]
struct KeptSlots {
    passphrase: String,
    either_or: KeptVault,
    passphrase_and_key: KeptVault,
}

#[derive(Deserialize)]
struct KeptVault {
    recovery_code: String,
    vault: String,
    /// By the slot's id, in hexadecimal.
    secrets: BTreeMap<String, String>,
}

impl KeptVault {
    fn home(&self) -> Home {
        let home = Home::new();
        let text: String = self.vault.split_whitespace().collect();
        home.put(&BASE64.decode(text.as_bytes()).expect("the vector is base64"));
        home
    }

    fn secrets(&self) -> impl Iterator<Item = (SlotId, SlotSecret)> {
        self.secrets.iter().map(|(slot, secret)| {
            let secret = HEXLOWER.decode(secret.as_bytes()).expect("the vector is hexadecimal");
            (slot.parse().expect("an id"), SlotSecret::from_slice(&secret).expect("it has 32 bytes"))
        })
    }
}

#[test]
fn every_kind_of_slot_opens_for_ever_and_for_the_other_program_too() {
    let kept: KeptSlots = toml::from_str(include_str!("../../../tests/vectors/fob-vault-1-slots.toml")).unwrap();
    let ours = passphrase(&kept.passphrase);
    let opens = |home: &Home, opening: &Opening<'_>| {
        let vault = home.open().unwrap().unlock_with(opening).map_err(|(_, error)| error).unwrap();
        assert_eq!(vault.entries().iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["ada", "door"]);
    };
    let (home, either_or) = (kept.either_or.home(), &kept.either_or);
    opens(&home, &Opening::Passphrase(&ours));
    opens(&home, &Opening::Recovery(&RecoveryCode::parse(&either_or.recovery_code).unwrap()));
    assert_eq!(either_or.secrets.len(), 3);
    either_or.secrets().for_each(|(slot, secret)| opens(&home, &Opening::Secret(slot, &secret)));

    let (both_home, both) = (kept.passphrase_and_key.home(), &kept.passphrase_and_key);
    opens(&both_home, &Opening::Recovery(&RecoveryCode::parse(&both.recovery_code).unwrap()));
    let (slot, secret) = both.secrets().next().unwrap();
    opens(&both_home, &Opening::PassphraseAndKey(&ours, slot, &secret));

    let Some(python) = python() else { return };
    for secret in either_or.secrets.values() {
        assert_eq!(read_independently(&python, &home.vault(), &["--secret"], secret).unwrap()[1]["name"], "door");
    }
    let text = format!("{}\n{}\n", kept.passphrase, HEXLOWER.encode(secret.expose()));
    assert_eq!(read_independently(&python, &both_home.vault(), &["--both"], &text).unwrap()[1]["name"], "door");
}
