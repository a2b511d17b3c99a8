//! What root finds in fobd's memory: while the vault is open and nobody asks for anything, names and no secret; once it is
//! locked, neither a secret nor what opens the vault.
//!
//! Every secret is looked for as its bytes and in each spelling that it travels in, piece by piece. The test needs root, as
//! fobd cannot be looked at by anybody else while it holds secrets; without it says so and passes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::path::PathBuf;
use std::process::{Command, Stdio};

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use fob_tests::house::House;
use fob_tests::memory::{Memory, Secret};
use fob_tests::program::built;
use serde_json::{Value, json};

/// Nothing that a dictionary has: pieces of it would be found in every program.
const PASSPHRASE: &str = "Kx7!vQ2m wLn0tRb5 Zj4@hYd9";
const ISSUER: &str = "Unmistakable Issuer";
const PIN: &str = "84629173";
const NOTE: &str = "Zq7kPvXw Jt3mNbRc Lf9dHsYg";
const LATER_NOTE: &str = "Wb2xQmKz Vd8rTcJp Ng5fSyHl";
const CODES: [&str; 2] = ["qzt8-mfk2-w9vp-xh3d", "c7rn-y4jb-t6gs-le5a"];
const MORE_CODES: &str = "uo1i-dm8k-vv2z-pp6q\n";

/// Bytes that are nowhere else: a generator of its own (xorshift64), so that nothing has them by accident.
fn seed(number: u64, length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15 ^ number.wrapping_mul(0xd134_2543_de82_ef95);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

/// An account of each kind, its name, and its seed.
fn accounts() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    vec![
        ("sha1", "totp", seed(1, 32)),
        ("sha512", "totp", seed(2, 64)),
        ("sha224", "totp", seed(3, 32)),
        ("md5", "totp", seed(4, 24)),
        ("door", "hotp", seed(5, 40)),
        ("game", "steam", seed(6, 24)),
        ("mobile", "motp", seed(7, 16)),
        ("letters", "yandex", seed(8, 16)),
        ("unused", "totp", seed(9, 40)),
    ]
}

fn list() -> String {
    let item = |(name, kind, seed): &(&str, &str, Vec<u8>)| {
        let mut item = json!({
            "type": kind, "issuer": ISSUER, "account": name, "secret": BASE32_NOPAD.encode(seed),
            "notes": NOTE, "recovery_codes": CODES,
        });
        let members = item.as_object_mut().unwrap();
        match *kind {
            "motp" | "yandex" => drop(members.insert("pin".to_owned(), PIN.into())),
            "hotp" => drop(members.insert("counter".to_owned(), 3.into())),
            _ => {}
        }
        if ["sha512", "sha224", "md5"].contains(name) {
            members.insert("algorithm".to_owned(), name.to_uppercase().into());
        }
        item
    };
    Value::Array(accounts().iter().map(item).collect()).to_string()
}

/// A secret in every form in which it is anywhere.
fn spelled<'a>(name: &'a str, bytes: &[u8]) -> Vec<Secret<'a>> {
    let upper = BASE32_NOPAD.encode(bytes);
    let forms = [
        bytes.to_vec(),
        upper.to_lowercase().into_bytes(),
        upper.into_bytes(),
        HEXLOWER.encode(bytes).into_bytes(),
        HEXLOWER.encode(bytes).to_uppercase().into_bytes(),
    ];
    forms.into_iter().map(|bytes| Secret { name, bytes }).collect()
}

fn text<'a>(name: &'a str, text: &str) -> Secret<'a> {
    Secret { name, bytes: text.as_bytes().to_vec() }
}

/// What must never lie in the clear in a fobd that nobody asks for anything.
fn secrets_of_entries() -> Vec<Secret<'static>> {
    let mut secrets: Vec<_> = accounts().into_iter().flat_map(|(name, _, seed)| spelled(name, &seed)).collect();
    secrets.extend(spelled("a seed that was added by its URI", &seed(10, 32)));
    secrets.extend(spelled("a seed that was replaced", &seed(11, 32)));
    secrets.extend(spelled("the one that replaced it", &seed(12, 32)));
    secrets.push(text("the PIN", PIN));
    for note in [NOTE, LATER_NOTE] {
        secrets.push(text("a note", note));
    }
    for code in CODES.into_iter().chain([MORE_CODES.trim()]) {
        secrets.push(text("a recovery code of an account", code));
    }
    secrets
}

/// What opens the vault: the passphrase, its recovery code as it is shown and as bytes.
fn secrets_of_the_vault(recovery: &str) -> Vec<Secret<'static>> {
    let letters: String = recovery.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut secrets = spelled("the recovery code", &BASE32_NOPAD.decode(&letters.as_bytes()[..32]).unwrap());
    secrets.push(text("the recovery code as it is shown", recovery));
    secrets.push(text("the passphrase", PASSPHRASE));
    secrets
}

/// The vault key, as the independent reader finds it.
fn vault_key(house: &House, recovery: &str) -> Option<Vec<u8>> {
    let python = std::env::var_os("FOB_PYTHON").map(PathBuf::from);
    let Some(python) = python else {
        assert!(std::env::var_os("FOB_JUDGES").is_none(), "FOB_JUDGES is set, and FOB_PYTHON names no interpreter");
        eprintln!("skipped: FOB_PYTHON names no interpreter, so nobody looks for the vault key");
        return None;
    };
    let reader = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/open-vault.py");
    let script = r#"
import importlib.util, sys
spec = importlib.util.spec_from_file_location("reader", sys.argv[1])
reader = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reader)
header = reader.decode(open(sys.argv[2], "rb").read(), 14)[0]
slot = next(slot for slot in header["slots"] if slot["kind"] == "recovery")
bound = reader.encode([header["vault"], slot["id"], slot["kind"], slot["parameters"]])
kek = reader.slot_key(slot, header["vault"], [sys.stdin.buffer.read().strip()])
print(reader.AESGCM(kek).decrypt(slot["wrapped"][:12], slot["wrapped"][12:], bound).hex())
"#;
    let mut child = Command::new(python)
        .args(["-c", script, reader])
        .arg(house.vault())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), recovery.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the independent reader finds the key");
    Some(HEXLOWER.decode(String::from_utf8(output.stdout).unwrap().trim().as_bytes()).unwrap())
}

/// Everything that brings a secret into fobd or out of it.
fn use_everything(house: &House) {
    let fob = |arguments: &str| house.fob().args(arguments);
    let file = house.home().join("list.json");
    std::fs::write(&file, list()).unwrap();
    fob("otp import").arg(file.to_string_lossy()).ok().unwrap();
    let uri = |name, seed: &[u8]| {
        format!("otpauth://totp/{name}:ada?secret={}&issuer={name}", BASE32_NOPAD.encode(seed).to_lowercase())
    };
    fob("otp add").stdin(&uri("ByUri", &seed(10, 32))).ok().unwrap();
    fob("otp add").stdin(&uri("Replaced", &seed(11, 32))).ok().unwrap();
    for (name, ..) in accounts().iter().filter(|(name, ..)| *name != "unused") {
        fob("otp code --raw").arg(*name).ok().unwrap();
    }
    fob("otp list --json").ok().unwrap();
    assert_eq!(fob("otp note sha1").ok().unwrap().stdout.trim(), NOTE);
    fob("otp note sha1 --set").stdin(LATER_NOTE).ok().unwrap();
    fob("otp edit Replaced").secret("--secret-fd", &BASE32_NOPAD.encode(&seed(12, 32))).ok().unwrap();
    fob("otp code --raw Replaced").ok().unwrap();
    fob("otp recovery take sha1").ok().unwrap();
    fob("otp recovery add sha512").stdin(MORE_CODES).ok().unwrap();
    fob("otp remove md5 --yes").ok().unwrap();
    fob("otp undo").ok().unwrap();
    fob("otp history sha1").ok().unwrap();
    let out = house.home().join("out.json");
    fob("otp export --to json --out").arg(out.to_string_lossy()).secret("--passphrase-fd", PASSPHRASE).ok().unwrap();
    assert!(std::fs::read_to_string(&out).unwrap().contains(NOTE), "the export has everything");
}

#[test]
fn an_idle_fobd_has_no_secret_in_the_clear_and_a_locked_one_has_none_at_all() {
    if !Memory::is_readable() {
        eprintln!("skipped: only root may read another process's memory");
        return;
    }
    assert!(built("fobd").is_ok(), "fobd is built");
    let mut house = House::build().unwrap();
    house.start_daemon(&[]).unwrap();
    let recovery = house.make_vault(PASSPHRASE).unwrap();
    use_everything(&house);
    let key = vault_key(&house, &recovery);
    let fobd = house.daemon().unwrap().id();

    let open = Memory::of(fobd).unwrap();
    assert!(!open.find(&[text("an issuer", ISSUER)]).is_empty(), "an open vault has its issuers in memory");
    let of_key = |key: &[u8]| vec![Secret { name: "the vault key", bytes: key.to_vec() }];
    if let Some(key) = &key {
        assert!(!open.find(&of_key(key)).is_empty(), "an open vault has its key in memory");
    }
    assert_eq!(open.find(&secrets_of_entries()), [""; 0], "in the open vault of {} bytes", open.length());
    assert_eq!(open.find(&secrets_of_the_vault(&recovery)), [""; 0], "in the open vault");

    // Opened in both ways, so that both secrets came through.
    house.fob().args("lock").ok().unwrap();
    house.fob().args("unlock").secret("--recovery-fd", &recovery).ok().unwrap();
    house.fob().args("otp code --raw sha1").ok().unwrap();
    house.fob().args("lock").ok().unwrap();
    house.fob().args("unlock").secret("--passphrase-fd", PASSPHRASE).ok().unwrap();
    house.fob().args("otp code --raw sha512").ok().unwrap();
    house.fob().args("lock").ok().unwrap();
    let locked = Memory::of(fobd).unwrap();
    assert_eq!(locked.find(&secrets_of_entries()), [""; 0], "in the locked one of {} bytes", locked.length());
    assert_eq!(locked.find(&secrets_of_the_vault(&recovery)), [""; 0], "in the locked one");
    if let Some(key) = &key {
        assert_eq!(locked.find(&of_key(key)), [""; 0], "in the locked one");
    }
}
