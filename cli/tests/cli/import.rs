//! `fob otp import`, against a scripted daemon. The files are those of `fob_exchange`'s tests.

use fob::Exit;
use fob_bus::types::{Added, ImportReport, Refused};

use super::common::daemon::FakeDaemon;
use super::common::{Handed, with};
use serde_json::Value;

/// The password of the encrypted files.
const PASSWORD: &str = "correct horse";
/// What the daemon gets of the two: fob's own list, by docs/import.md.
const LIST: &str = r#"[
{"type":"totp","issuer":"Example","account":"ada","secret":"JBSWY3DPEHPK3PXP","algorithm":"SHA1","digits":6,"period":30},
{"type":"totp","issuer":"Example","account":"bob","secret":"GEZDGNBVGY3TQOJQ","algorithm":"SHA1","digits":6,"period":30}
]"#;
const ADA: &str = "otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP&issuer=Example&algorithm=SHA1&digits=6&period=30";
const BOB: &str = "otpauth://totp/Example:bob?secret=GEZDGNBVGY3TQOJQ&issuer=Example&algorithm=SHA1&digits=6&period=30";

/// The place of a file of `fob_exchange`'s tests.
pub(crate) fn data(name: &str) -> String {
    format!("{}/../crates/exchange/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn report() -> ImportReport {
    let taken = |id: &str, name: &str| Added {
        id: id.to_owned(),
        issuer: "Example".to_owned(),
        name: name.to_owned(),
        warnings: Vec::new(),
    };
    ImportReport {
        taken: vec![taken("e5", "bob"), taken("e6", "eve")],
        duplicates: vec!["Example:ada".to_owned()],
        refused: Vec::new(),
        written: true,
    }
}

fn daemon() -> std::sync::Arc<FakeDaemon> {
    let daemon = FakeDaemon::new();
    daemon.facts().report = report();
    daemon
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The place of a picture, made by another program: see the README there.
pub(crate) fn qr_data(name: &str) -> String {
    format!("{}/tests/data/qr/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A file with this in it, and its folder.
fn file(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.txt");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[tokio::test]
async fn a_list_is_taken_whole_or_not_at_all() {
    let (_folder, path) = file(&format!("# a remark\n\n{ADA}\r\n{BOB}\n"));
    let daemon = daemon();
    let taken = with(&daemon).run_args(["otp", "import", &path]).await;
    let dry = with(&daemon).run_args(["otp", "import", "--dry-run", &path]).await;
    // A daemon of another version may refuse what this fob reads: it counts the lines that it got.
    let refused = vec![Refused { line: 2, reason: "its name is too long".to_owned() }];
    daemon.facts().report = ImportReport { refused, written: false, ..report() };
    let refused = with(&daemon).run_args(["otp", "import", &path, "--skip-refused"]).await;
    let told = with(&daemon).run_args(["--json", "otp", "import", &path]).await;
    assert_eq!(json(&daemon.facts().secrets[0]), json(LIST));
    assert_eq!(daemon.facts().calls, ["Import", "Import(dry run)", "Import", "Import"]);
    insta::assert_snapshot!(format!("{taken}\n{dry}\n{refused}\n{told}"));
}

#[tokio::test]
async fn what_is_refused_is_named_by_its_line_or_its_name_and_can_be_skipped() {
    let name = "x".repeat(2_000);
    let more = format!("otpauth://totp/Two:ada?secret=!!!\notpauth://totp/Long:{name}?secret=JBSWY3DPEHPK3PXP\n");
    let (_folder, path) = file(&format!("{ADA}\n\n# a remark\n{more}{BOB}\n"));
    let daemon = daemon();
    let stopped = with(&daemon).run_args(["otp", "import", &path]).await;
    let skipped = with(&daemon).run_args(["otp", "import", "--skip-refused", &path]).await;
    assert!(stopped.out.contains("\n  line 4: "), "{stopped}");
    assert_eq!((stopped.exit, skipped.exit), (Exit::Failed, Exit::Ok));
    assert_eq!(daemon.facts().calls, ["Import(dry run)", "Import"]);
    assert!(daemon.facts().secrets.iter().all(|list| json(list) == json(LIST)));
    insta::assert_snapshot!(format!("{stopped}\n{skipped}").replace(&name, "xxx…"));
}

#[tokio::test]
async fn a_file_of_which_nothing_can_be_kept_reaches_no_daemon() {
    let name = "x".repeat(2_000);
    let (_folder, path) = file(&format!("otpauth://totp/Long:{name}?secret=JBSWY3DPEHPK3PXP\n"));
    let daemon = daemon();
    for line in [&["otp", "import", &path][..], &["otp", "import", &path, "--skip-refused"]] {
        let left = with(&daemon).run_args(line.iter().copied()).await;
        assert_eq!(left.exit, Exit::Failed, "{left}");
        assert!(left.out.contains("Nothing was changed."), "{left}");
    }
    assert!(daemon.facts().calls.is_empty());
}

#[tokio::test]
async fn what_is_kept_beside_an_account_comes_along() {
    let daemon = daemon();
    let left = with(&daemon).run_args(["otp", "import", &data("fob.json")]).await;
    assert_eq!(left.exit, Exit::Ok, "{left}");
    let file = json(&std::fs::read_to_string(data("fob.json")).unwrap());
    let sent = json(&daemon.facts().secrets[0]);
    let members = |list: &Value, member: &str| -> Vec<Value> {
        list.as_array().unwrap().iter().map(|entry| entry[member].clone()).collect()
    };
    for member in ["type", "issuer", "account", "secret", "notes", "tags", "favourite", "icon", "recovery_codes"] {
        assert_eq!(members(&sent, member), members(&file, member), "{member}");
    }
    assert!(members(&file, "recovery_codes").iter().any(Value::is_array), "the file shows nothing");
}

#[tokio::test]
async fn pictures_of_one_export_go_together_and_nothing_else_does() {
    let (_folder, list) = file(ADA);
    let picture = qr_data("two-codes.png");
    let daemon = daemon();
    let two = with(&daemon).run_args(["otp", "import", &picture, &qr_data("photo.jpeg")]).await;
    assert_eq!(two.exit, Exit::Ok, "{two}");
    assert_eq!(json(&daemon.facts().secrets[0]).as_array().unwrap().len(), 3);
    daemon.facts().calls.clear();
    for further in [list.as_str(), "hunter2"] {
        let left = with(&daemon).run_args(["otp", "import", &picture, further]).await;
        assert_eq!(left.exit, Exit::Usage, "{left}");
        assert!(!left.to_string().contains(further), "{left}");
    }
    assert!(daemon.facts().calls.is_empty());
}

#[tokio::test]
async fn an_encrypted_file_asks_for_its_password() {
    let path = data("aegis-encrypted.json");
    let daemon = daemon();
    let alone = with(&daemon).run_args(["otp", "import", &path]).await;
    let asked =
        with(&daemon).typed(&["wrong-one", PASSWORD]).run_args(["otp", "import", &path, "--skip-refused"]).await;
    let never = with(&daemon).typed(&["wrong-one", "wrong-two", "wrong-six"]).run_args(["otp", "import", &path]).await;
    let given_up = with(&daemon).typed(&["^C"]).run_args(["otp", "import", &path]).await;
    let handed = [Handed::new(PASSWORD), Handed::new("wrong-one\n"), Handed::new("wrong-one")];
    let [right, wrong, json] = handed.each_ref().map(|pipe| pipe.number().to_string());
    let right = ["otp", "import", &path, "--skip-refused", "--password-fd", &right];
    let right = with(&daemon).run_args(right).await;
    let wrong = with(&daemon).run_args(["otp", "import", &path, "--password-fd", &wrong]).await;
    let json = with(&daemon).run_args(["otp", "import", &path, "--json", "--password-fd", &json]).await;
    let exits = [&alone, &asked, &never, &given_up, &right, &wrong, &json].map(|left| left.exit);
    let expected = [Exit::Usage, Exit::Ok, Exit::Denied, Exit::Failed, Exit::Ok, Exit::Denied, Exit::Denied];
    assert_eq!(exits, expected);
    assert_eq!((asked.asked.len(), never.asked.len()), (2, 3));
    assert_eq!(asked.out, right.out);
    assert_eq!(daemon.facts().calls, ["Import"; 2]);
    let shown = format!("{alone}\n{asked}\n{never}\n{given_up}\n{right}\n{wrong}\n{json}");
    for secret in [PASSWORD, "wrong-", "GEZDGNBVGY3TQOJQ"] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
    let shown = format!("{alone}\n{asked}\n{never}\n{wrong}\n{json}").replace(&data(""), "/data/");
    insta::assert_snapshot!(shown);
}

#[tokio::test]
async fn a_format_can_be_said_and_must_fit() {
    let daemon = daemon();
    let said = with(&daemon).run_args(["otp", "import", "--format", "winauth", &data("winauth.txt")]).await;
    assert!(said.out.starts_with("Read as winauth (WinAuth).\n"), "{said}");
    for (format, exit) in [("duo", Exit::Failed), ("nonsense", Exit::Usage)] {
        let left = with(&daemon).run_args(["otp", "import", "--format", format, &data("uri.txt")]).await;
        assert_eq!(left.exit, exit, "{left}");
    }
}

#[tokio::test]
async fn every_format_is_listed_with_its_proof() {
    let left = with(&FakeDaemon::new()).run("otp import --list").await;
    let json = with(&FakeDaemon::new()).run("otp import --list --json").await;
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["schema"], "fob.otp-formats/1");
    let unproven = json["formats"].as_array().unwrap().iter().filter(|row| row["proven"] == false);
    assert!(unproven.clone().all(|row| row["unproven"].is_string()));
    assert_eq!(unproven.count(), left.out.matches("  unproven: ").count());
    insta::assert_snapshot!(left);
}

#[tokio::test]
async fn what_is_no_file_of_accounts_is_refused_before_the_daemon_hears_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let long = folder.path().join("long");
    std::fs::File::create(&long).unwrap().set_len(1 << 40).unwrap();
    let noise = folder.path().join("noise");
    std::fs::write(&noise, [7; 100]).unwrap();
    let vault = folder.path().join("vault");
    std::fs::write(&vault, b"FOBVAULT\0\x01\0\0\0\x05").unwrap();
    let daemon = daemon();
    let mut text = String::new();
    for path in [&long, &noise, &vault, &folder.path().join("none"), folder.path()] {
        let left = with(&daemon).run_args(["otp", "import", path.to_str().unwrap()]).await;
        assert_eq!(left.exit, Exit::Failed, "{left}");
        text.push_str(&format!("{left}\n"));
    }
    for line in ["otp import", "otp import --list x"] {
        assert_eq!(with(&daemon).run(line).await.exit, Exit::Usage, "{line}");
    }
    assert!(daemon.facts().calls.is_empty());
    insta::assert_snapshot!(text.replace(folder.path().to_str().unwrap(), "/folder"));
}

#[tokio::test]
async fn a_list_with_nothing_in_it_is_no_mistake() {
    let (_folder, path) = file("# nothing yet\n\n");
    let left = with(&daemon()).run_args(["otp", "import", &path]).await;
    assert_eq!((left.exit, left.out.ends_with("There is no account in it.\n")), (Exit::Ok, true), "{left}");
}

#[tokio::test]
async fn a_format_that_fits_nothing_is_an_error_and_an_empty_file_of_it_is_none() {
    let (_folder, path) = file("what is this\nno list at all\n");
    for format in fob_exchange::FORMATS {
        let left = with(&daemon()).run_args(["otp", "import", &path, "--format", format.name]).await;
        assert_ne!(left.exit, Exit::Ok, "{}: {left}", format.name);
    }
    let (_folder, path) = file("# nothing yet\n");
    let left = with(&daemon()).run_args(["otp", "import", &path, "--format", "uri"]).await;
    assert_eq!(left.exit, Exit::Ok, "{left}");
}
