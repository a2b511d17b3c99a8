//! `fob otp add` by other ways than a URI alone.

use fob::Exit;
use fob_bus::types::{Added, ImportReport, Refused};
use serde_json::Value;

use super::common::daemon::FakeDaemon;
use super::common::{Handed, with};
use super::import::qr_data;

#[tokio::test]
async fn a_bare_secret_becomes_an_account_of_that_name() {
    let uri = |rest: &str| format!("otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP&issuer=Example{rest}");
    let daemon = FakeDaemon::new();
    let piped = with(&daemon).stdin("jbsw y3dp-ehpk 3pxp\n").run("otp add --issuer Example --name ada").await;
    let asked = with(&daemon).typed(&["JBSWY3DPEHPK3PXP", "Example", "ada"]).run("otp add").await;
    let handed = Handed::new("JBSWY3DPEHPK3PXP");
    let line = format!(
        "otp add --uri-fd {} --issuer Example --name ada --digits 8 --algorithm sha256 --period 60",
        handed.number()
    );
    let eight = with(&daemon).run(&line).await;
    let usual = uri("&algorithm=SHA1&digits=6&period=30");
    assert_eq!(daemon.facts().secrets, [usual.clone(), usual, uri("&algorithm=SHA256&digits=8&period=60")]);
    let unnamed = with(&daemon).stdin("JBSWY3DPEHPK3PXP").run("otp add").await;
    let nameless = with(&daemon).typed(&["JBSWY3DPEHPK3PXP", "", ""]).run("otp add").await;
    let wrong = with(&daemon).stdin("not a secret!").run("otp add --name ada").await;
    let said_twice = with(&daemon).stdin("otpauth://totp/x?secret=JBSWY3DP").run("otp add --digits 8").await;
    let told = [piped, asked, eight, unnamed, nameless, wrong, said_twice].map(|left| left.to_string()).join("\n");
    assert!(!told.contains("JBSW") && !told.contains("not a secret!"), "{told}");
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn what_is_kept_beside_it_comes_along() {
    let daemon = FakeDaemon::new();
    let [note, codes, pin] = ["a note", "AAAA\nBBBB", "1234"].map(Handed::new);
    let line = format!(
        "otp add --tag work --favourite --note-fd {} --codes-fd {} --pin-fd {}",
        note.number(),
        codes.number(),
        pin.number()
    );
    let left = with(&daemon).stdin("motp://Example:ada?secret=e3152afee62599c8").run(&line).await;
    assert_eq!(left.exit, Exit::Ok, "{left}");
    let secrets = daemon.facts().secrets.clone();
    assert_eq!(secrets, ["motp://Example:ada?secret=e3152afee62599c8", "a note", "1234", "AAAA\nBBBB"]);
}

#[tokio::test]
async fn every_code_of_a_picture_is_taken() {
    let taken = |name: &str| Added { issuer: "Example".to_owned(), name: name.to_owned(), ..Added::default() };
    let daemon = FakeDaemon::new();
    daemon.facts().report = ImportReport {
        taken: vec![taken("ada")],
        duplicates: vec!["Example:bob".to_owned()],
        written: true,
        ..ImportReport::default()
    };
    let two = with(&daemon).run_args(["otp", "add", "--qr", &qr_data("two-codes.png")]).await;
    let sent: Value = serde_json::from_str(&daemon.facts().secrets[0]).unwrap();
    let mut names: Vec<_> = sent.as_array().unwrap().iter().map(|entry| entry["account"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["ada", "bob"]);
    for (picture, account, secret) in [
        ("dark.png", "ada", "JBSWY3DPEHPK3PXP"),
        ("small.png", "ada", "JBSWY3DPEHPK3PXP"),
        ("photo.jpeg", "eve", "MFRGGZDFMZTWQ2LK"),
    ] {
        daemon.facts().secrets.clear();
        let left = with(&daemon).run_args(["otp", "add", "--qr", &qr_data(picture)]).await;
        assert_eq!(left.exit, Exit::Ok, "{picture}: {left}");
        let sent: Value = serde_json::from_str(&daemon.facts().secrets[0]).unwrap();
        assert_eq!((&sent[0]["account"], &sent[0]["secret"]), (&account.into(), &secret.into()), "{picture}");
    }
    let none = with(&daemon).run_args(["otp", "add", "--qr", &qr_data("none.png")]).await;
    daemon.facts().report.refused = vec![Refused { line: 1, reason: "its period is 0 seconds".to_owned() }];
    let refused = with(&daemon).run_args(["otp", "add", "--qr", &qr_data("dark.png")]).await;
    let told = format!("{two}\n{none}\n{refused}").replace(&qr_data(""), "/data/");
    insta::assert_snapshot!(told);
}

/// The secret of the vectors of Mobile-OTP is hexadecimal; as Base32 most of them mean something else.
#[tokio::test]
async fn the_secret_of_mobile_otp_is_hexadecimal() {
    let daemon = FakeDaemon::new();
    let line = "otp add --type motp --issuer Example --name ada";
    let left = with(&daemon).stdin("E315 2AFE\te62599c8\n").run(line).await;
    assert_eq!(left.exit, Exit::Ok, "{left}");
    let kept = daemon.facts().secrets.remove(0);
    assert!(kept.starts_with("motp://") && kept.contains("secret=e3152afee62599c8"), "{kept}");
    for wrong in ["JBSWY3DPEHPK3PXP", "e3152afee62599c"] {
        let left = with(&daemon).stdin(wrong).run(line).await;
        assert_eq!(left.exit, Exit::Failed, "{left}");
        assert!(left.err.contains("hexadecimal") && !left.err.contains(wrong), "{left}");
    }
    assert!(daemon.facts().secrets.is_empty());
}
