//! `fob otp convert`: from file to file. No call may reach a daemon.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use fob::Exit;
use fob::world::{Connecting, Door};
use serde_json::{Value, json};

use super::common::{Call, Handed, behind};
use super::import::data;

const PASSWORD: &str = "correct horse";

struct Nobody;

impl Door for Nobody {
    fn connect(&self) -> Connecting<'_> {
        panic!("converting needs no daemon")
    }
}

fn alone() -> Call {
    behind(Nobody)
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// What went into a file of `fob_exchange`'s tests.
fn expected(name: &str) -> Value {
    read(Path::new(&data("expected.json")))[name]["entries"].clone()
}

/// A folder, and the name of a file in it.
fn place(name: &str) -> (tempfile::TempDir, PathBuf, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let text = path.to_str().unwrap().to_owned();
    (folder, path, text)
}

/// A list with something that few files can hold.
const ODD: &str = r#"[
  {"type": "totp", "issuer": "Example", "account": "ada\u202e", "secret": "JBSWY3DPEHPK3PXP", "notes": "mine", "tags": ["a", "b"]},
  {"type": "steam", "issuer": "Steam", "account": "dora", "secret": "JBSWY3DPEHPK3PXP"},
  {"type": "ocra", "issuer": "Bank", "account": "zoe", "secret": "JBSWY3DPEHPK3PXP"},
  {"type": "totp", "issuer": "Bad", "account": "bo", "secret": "1"}
]"#;

#[tokio::test]
async fn an_encrypted_file_becomes_a_list_that_only_its_owner_reads() {
    let (_folder, path, out) = place("accounts.json");
    let handed = Handed::new(PASSWORD);
    let number = handed.number().to_string();
    let input = data("aegis-encrypted.json");
    let line = ["otp", "convert", &input, "--to", "json", "--out", &out, "--password-fd", &number];
    let left = alone().run_args(line).await;
    assert_eq!((left.exit, left.out.as_str()), (Exit::Ok, ""), "{left}");
    assert_eq!(read(&path), expected("aegis-encrypted.json"));
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
    assert!(left.err.contains("in clear"), "{left}");

    // It is there now; a second one is written over it only when that was said, and whole.
    let input = data("uri.txt");
    let again = alone().run_args(["otp", "convert", &input, "--to", "json", "--out", &out]).await;
    assert_eq!((again.exit, read(&path)), (Exit::Failed, expected("aegis-encrypted.json")), "{again}");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
    let forced = alone().run_args(["otp", "convert", &input, "--to", "json", "--out", &out, "--force"]).await;
    assert_eq!((forced.exit, read(&path)), (Exit::Ok, expected("uri.txt")), "{forced}");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(path.parent().unwrap().read_dir().unwrap().count(), 1, "nothing else is left there");
}

#[tokio::test]
async fn standard_output_gets_the_file_and_nothing_else() {
    let left = alone().run_args(["otp", "convert", &data("aegis.json"), "--to", "json", "--out", "-"]).await;
    assert_eq!(left.exit, Exit::Ok);
    assert_eq!(serde_json::from_str::<Value>(&left.out).unwrap(), expected("aegis.json"));
    assert!(left.err.contains("written as json."), "{left}");
}

#[tokio::test]
async fn what_a_file_cannot_hold_is_named_and_stops_it_unless_skipped() {
    let (folder, input, text) = place("odd.json");
    std::fs::write(&input, ODD).unwrap();
    let out = folder.path().join("out");
    let out_text = out.to_str().unwrap();
    let mut shown = String::new();
    for (to, options) in [("json", &[][..]), ("json", &["--skip-refused"]), ("google", &["--skip-refused", "--json"])] {
        let line = ["otp", "convert", &text, "--to", to, "--out", out_text];
        let left = alone().run_args(line.into_iter().chain(options.iter().copied())).await;
        assert_eq!(out.exists(), left.exit == Exit::Ok, "{left}");
        assert!(!left.to_string().contains("JBSWY3DPEHPK3PXP"), "{left}");
        let _ = std::fs::remove_file(&out);
        shown.push_str(&format!("$ --to {to} {}\n{left}\n", options.join(" ")));
    }
    assert_eq!(std::fs::read_to_string(&input).unwrap(), ODD, "the input is never written");
    insta::assert_snapshot!(shown.replace(folder.path().to_str().unwrap(), "/folder"));
}

#[tokio::test]
async fn a_terminal_is_not_led_astray_by_a_name() {
    let (_folder, input, text) = place("odd.json");
    std::fs::write(&input, ODD).unwrap();
    let line = ["otp", "convert", &text, "--to", "json", "--out", "-", "--skip-refused", "--force"];
    let left = alone().seen().run_args(line).await;
    assert!(!left.to_string().contains('\u{202e}'), "{left}");
    assert_eq!(serde_json::from_str::<Value>(&left.out).unwrap()[0]["account"], "ada\u{202e}");
}

/// A list of seeds once stayed where one can scroll back to it.
#[tokio::test]
async fn a_terminal_gets_no_secret_in_clear_unless_somebody_insists() {
    let input = data("uri.txt");
    for to in ["json", "uri", "aegis", "2fas", "google"] {
        let line = ["otp", "convert", &input, "--to", to, "--out", "-", "--skip-refused"];
        let left = alone().seen().run_args(line).await;
        assert_eq!((left.exit, left.out.as_str()), (Exit::Usage, ""), "{left}");
        assert!(left.err.contains("scroll back") && left.err.contains("`--force`"), "{left}");
        let insisted = alone().seen().run_args(line.into_iter().chain(["--force"])).await;
        let piped = alone().run_args(line).await;
        assert_eq!((insisted.exit, piped.exit), (Exit::Ok, Exit::Ok), "{insisted}{piped}");
        assert_eq!(insisted.out.is_empty(), piped.out.is_empty());
    }
    let line = ["otp", "convert", &input, "--to", "aegis-encrypted", "--out", "-"];
    let sealed = alone().seen().typed(&["N3w!secret", "N3w!secret"]).run_args(line).await;
    assert!(sealed.exit == Exit::Ok && !sealed.out.is_empty(), "{sealed}");
}

#[tokio::test]
async fn an_encrypted_file_is_written_under_a_password_of_its_own() {
    let (folder, path, text) = place("vault.json");
    let input = data("uri.txt");
    let line = ["otp", "convert", &input, "--to", "aegis-encrypted", "--out", &text];
    let typed = alone().typed(&["N3w!secret", "N3w!secret"]).run_args(line).await;
    assert_eq!((typed.exit, typed.asked.len()), (Exit::Ok, 2), "{typed}");
    assert!(!typed.err.contains("in clear"), "{typed}");
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(!written.contains("Example"), "names are sealed");
    std::fs::remove_file(&path).unwrap();

    let slip = alone().typed(&["N3w!secret", "N3w!secre"]).run_args(line).await;
    let nobody = alone().run_args(line).await;
    assert_eq!((slip.exit, nobody.exit), (Exit::Failed, Exit::Usage));
    assert!(!path.exists());

    let (one, other) = (Handed::new("N3w!secret"), Handed::new("N3w!secret\n"));
    let (one, other) = (one.number().to_string(), other.number().to_string());
    let made = alone().run_args(line.into_iter().chain(["--out-password-fd", &one])).await;
    assert_eq!(made.exit, Exit::Ok, "{made}");
    let back = folder.path().join("back.json");
    let line = ["otp", "convert", &text, "--to", "json", "--out", back.to_str().unwrap(), "--password-fd", &other];
    let opened = alone().run_args(line).await;
    assert_eq!((opened.exit, read(&back)), (Exit::Ok, expected("uri.txt")), "{opened}");
    let wrong = Handed::new("0ld!secret");
    let wrong = wrong.number().to_string();
    let line = ["otp", "convert", &text, "--to", "json", "--out", "-", "--password-fd", &wrong];
    let refused = alone().run_args(line).await;
    assert_eq!((refused.exit, refused.out.as_str()), (Exit::Denied, ""), "{refused}");
    for left in [typed, slip, nobody, made, opened, refused] {
        assert!(!left.to_string().contains("!sec"), "{left}");
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_said_before_anything_is_read() {
    let (folder, input, text) = place("list.txt");
    std::fs::copy(data("uri.txt"), &input).unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&input, &link).unwrap();
    let link = link.to_str().unwrap();
    let inside = folder.path().to_str().unwrap();
    let mut shown = String::new();
    for (options, exit) in [
        (&["--to", "json"][..], Exit::Usage),
        (&["--to", "nonsense", "--out", "-"], Exit::Usage),
        (&["--to", "json", "--out", "-", "--json"], Exit::Usage),
        (&["--to", "json", "--out", "-", "--out-password-fd", "0"], Exit::Usage),
        (&["--to", "json", "--out", &text, "--force"], Exit::Usage),
        (&["--to", "json", "--out", link, "--force"], Exit::Usage),
        (&["--to", "json", "--out", inside, "--force"], Exit::Failed),
        (&["--to", "json", "--out", "/nowhere/at/all"], Exit::Failed),
    ] {
        let left = alone().run_args(["otp", "convert", &text].into_iter().chain(options.iter().copied())).await;
        assert_eq!(left.exit, exit, "{options:?}: {left}");
        shown.push_str(&format!("$ {}\n{left}\n", options.join(" ")));
    }
    assert_eq!(std::fs::read(&input).unwrap(), std::fs::read(data("uri.txt")).unwrap());
    insta::assert_snapshot!(shown.replace(inside, "/folder"));
}

/// Files that other programs wrote, where they are at hand.
#[tokio::test]
async fn files_of_other_programs_come_out_as_expected() {
    let Some(folder) = std::env::var_os("FOB_SAMPLES").map(PathBuf::from) else {
        return println!("skipped: no samples");
    };
    let folder = if folder.join("otp").exists() { folder.join("otp") } else { folder };
    let whole = read(&folder.join("expected.json"));
    let mut formats = BTreeSet::new();
    for sample in whole["samples"].as_array().unwrap().iter().filter(|sample| sample["entries"].is_array()) {
        let input = folder.join(sample["file"].as_str().unwrap());
        let handed = Handed::new(sample["password"].as_str().unwrap_or("none needed"));
        let number = handed.number().to_string();
        let line = ["otp", "convert", input.to_str().unwrap(), "--to", "json", "--out", "-", "--password-fd", &number];
        let left = alone().run_args(line).await;
        assert_eq!(left.exit, Exit::Ok, "{left}");
        let entries: Vec<Value> = serde_json::from_str(&left.out).unwrap();
        let plain: Vec<Value> = entries.iter().map(only_the_codes).collect();
        assert_eq!(Some(&plain), sample["entries"].as_array(), "{}", input.display());
        formats.insert(sample["format"].as_str().unwrap());
    }
    assert!(formats.len() >= 15, "{formats:?}");
}

/// An entry without what the list of expected ones leaves out.
fn only_the_codes(entry: &Value) -> Value {
    let names = ["type", "issuer", "account", "secret", "algorithm", "digits", "period", "counter"];
    let members = names.into_iter().filter_map(|name| Some((name.to_owned(), entry.get(name)?.clone())));
    json!(members.collect::<serde_json::Map<_, _>>())
}
