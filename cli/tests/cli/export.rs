//! `fob otp export` and `fob otp qr`: what leaves the vault leaves it after a fresh look at who asks.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use fob::Exit;
use fob::world::Room;
use fob_bus::{CallError, ErrorKind};
use serde_json::Value;

use super::common::daemon::FakeDaemon;
use super::common::{Handed, Left, with};

/// fob's own list, by docs/import.md.
const EXPORTED: &str = r#"[
{"type":"totp","issuer":"Example","account":"ada","secret":"JBSWY3DPEHPK3PXP","algorithm":"SHA1","digits":6,"period":30,
 "notes":"a note","tags":["work"],"favourite":true,"recovery_codes":["AAAA","BB\u001b[2JBB"],"sites":["https://id.example"]},
{"type":"hotp","issuer":"Do<b>or","account":"","secret":"GEZDGNBVGY3TQOJQ","algorithm":"SHA1","digits":8,"counter":7}
]"#;

fn daemon() -> Arc<FakeDaemon> {
    let daemon = FakeDaemon::new();
    daemon.facts().exported = EXPORTED.to_owned();
    daemon
}

/// Exports as that kind into a file; gives the file's text too.
async fn export(daemon: &Arc<FakeDaemon>, kind: &str, more: &str) -> (Left, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let passphrase = Handed::new("correct horse");
    let line = format!("otp export --to {kind} --out {} --passphrase-fd {}{more}", path.display(), passphrase.number());
    let mut left = with(daemon).run(&line).await;
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    if path.exists() {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{kind}");
    }
    for stream in [&mut left.out, &mut left.err] {
        *stream = stream.replace(folder.path().to_str().unwrap(), "/folder");
    }
    (left, text)
}

#[tokio::test]
async fn a_plain_file_says_what_it_means_and_loses_nothing_in_silence() {
    let daemon = daemon();
    let (json, text) = export(&daemon, "json", "").await;
    let (sent, written): (Value, Value) =
        (serde_json::from_str(EXPORTED).unwrap(), serde_json::from_str(&text).unwrap());
    assert_eq!(sent, written);
    let (uri, text) = export(&daemon, "uri", "").await;
    assert!(text.starts_with("otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP&"), "{text}");
    let (program, _) = export(&daemon, "uri", " --json").await;
    assert_eq!(daemon.facts().secrets, ["correct horse"; 3]);
    insta::assert_snapshot!(format!("{json}\n{uri}\n{program}"));
}

#[tokio::test]
async fn only_what_is_named_is_exported() {
    let daemon = daemon();
    export(&daemon, "json", " ada").await;
    assert_eq!(daemon.facts().calls, ["Find(ada)", "Ways", "Export(None, Some([\"e1\"]))"]);
}

#[tokio::test]
async fn a_person_is_asked_once_more_and_a_locked_vault_opens_with_the_same() {
    let line = "otp export --to sheet --out -";
    let daemon = daemon();
    daemon.refuse(CallError::new(ErrorKind::WrongPassphrase, "that is not the passphrase"));
    daemon.refuse(CallError::new(ErrorKind::Locked, "the vault is locked"));
    let left = with(&daemon).typed(&["wrong", "correct horse"]).run(line).await;
    assert_eq!(left.exit, Exit::Ok, "{left}");
    let calls = ["Ways", "Export(None, None)", "Export(None, None)", "Unlock", "Export(None, None)"];
    assert_eq!(daemon.facts().calls, calls);
    assert_eq!(daemon.facts().secrets, ["wrong", "correct horse", "correct horse", "correct horse"]);
    let nobody = with(&daemon).run(line).await;
    let recovery = with(&daemon).typed(&["AAAA-BBBB"]).run(&format!("{line} --recovery")).await;
    assert_eq!((nobody.exit, recovery.exit), (Exit::Usage, Exit::Ok));
    assert_eq!(daemon.facts().calls.last().unwrap(), "Export(Some(true), None)");
}

#[tokio::test]
async fn nothing_is_overwritten_and_nothing_asked_for_in_vain() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("there");
    std::fs::write(&path, "mine").unwrap();
    let daemon = daemon();
    let path = path.to_str().unwrap();
    let out = ["otp", "export", "--out", path, "--to"];
    for (more, exit) in [
        (&["json"][..], Exit::Failed),
        (&["json", "--out-password-fd", "0", "--force"], Exit::Usage),
        (&["json", "--recipient", "age1xyz", "--force"], Exit::Usage),
        (&["age", "--recipient", "age1xyz", "--force"], Exit::Usage),
        (&["nonsense", "--force"], Exit::Usage),
    ] {
        let left = with(&daemon).run_args(out.iter().chain(more).copied()).await;
        assert_eq!(left.exit, exit, "{more:?}: {left}");
    }
    assert!(daemon.facts().calls.is_empty());
    assert_eq!(std::fs::read_to_string(path).unwrap(), "mine");
    let (refused, text) = {
        daemon.facts().unreadable = vec!["Odd:one".to_owned()];
        export(&daemon, "json", "").await
    };
    assert_eq!((refused.exit, text.as_str()), (Exit::Failed, ""), "{refused}");
    let (skipped, text) = export(&daemon, "json", " --skip-refused").await;
    assert_eq!((skipped.exit, text.is_empty()), (Exit::Ok, false), "{skipped}");
}

#[tokio::test]
async fn age_opens_what_was_encrypted() {
    let daemon = daemon();
    let password = Handed::new("paper and ink");
    let (sealed, text) = export(&daemon, "age", &format!(" --out-password-fd {}", password.number())).await;
    assert!(text.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"), "{sealed}");
    let password = age::secrecy::SecretString::from("paper and ink".to_owned());
    assert_eq!(opened(&text, &age::scrypt::Identity::new(password)), EXPORTED);

    let [one, other, stranger] = [(); 3].map(|()| age::x25519::Identity::generate());
    let recipients = format!(" --recipient {} --recipient {}", one.to_public(), other.to_public());
    let (left, text) = export(&daemon, "age", &recipients).await;
    assert_eq!(left.exit, Exit::Ok, "{left}");
    assert_eq!(opened(&text, &one), EXPORTED);
    assert_eq!(opened(&text, &other), EXPORTED);
    let armoured = age::armor::ArmoredReader::new(text.as_bytes());
    let identities = std::iter::once(&stranger as &dyn age::Identity);
    assert!(age::Decryptor::new(armoured).unwrap().decrypt(identities).is_err());
    insta::assert_snapshot!(sealed);
}

fn opened(text: &str, identity: &dyn age::Identity) -> String {
    let armoured = age::armor::ArmoredReader::new(text.as_bytes());
    let mut reader = age::Decryptor::new(armoured).unwrap().decrypt(std::iter::once(identity)).unwrap();
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    text
}

#[tokio::test]
async fn a_sheet_can_be_typed_in_again() {
    let (told, text) = export(&daemon(), "sheet", "").await;
    insta::assert_snapshot!(format!("{told}\n{text}"));
}

#[tokio::test]
async fn a_printed_page_has_a_code_for_each_account_and_no_markup_of_strangers() {
    let (_, page) = export(&daemon(), "sheet-html", "").await;
    assert!(page.contains("Do&lt;b&gt;or") && !page.contains("<b>") && !page.contains('\u{1b}'), "{page}");
    assert!(page.contains("JBSW Y3DP EHPK 3PXP"));
    let codes = drawn(&page);
    assert_eq!(codes.len(), 2);
    assert!(codes[0].starts_with("otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP&"), "{codes:?}");
    assert!(codes[1].starts_with("otpauth://hotp/Do%3Cb%3Eor"), "{codes:?}");

    let (_, page) = export(&daemon(), "google-qr", "").await;
    let codes = drawn(&page);
    assert_eq!(codes.len(), 1);
    assert!(codes[0].starts_with("otpauth-migration://offline?data="), "{codes:?}");
}

/// What the page's codes say, by another program's reader.
fn drawn(page: &str) -> Vec<String> {
    let pictures = page.split("<svg").skip(1).map(|svg| {
        let side: usize = svg.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        let path = svg.split(" d=\"").nth(1).unwrap().split('"').next().unwrap();
        let dark: std::collections::HashSet<(usize, usize)> = path
            .split('M')
            .skip(1)
            .map(|square| {
                let (x, y) = square.strip_suffix("h1v1h-1z").unwrap().split_once(' ').unwrap();
                (x.parse().unwrap(), y.parse().unwrap())
            })
            .collect();
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(side * 4, side * 4, |x, y| {
            if dark.contains(&(x / 4, y / 4)) { 0 } else { 255 }
        });
        picture.detect_grids()[0].decode().unwrap().1
    });
    pictures.collect()
}

/// Every seed once stayed where one can scroll back to it.
#[tokio::test]
async fn nothing_in_clear_goes_to_a_terminal_unless_somebody_insists() {
    let daemon = daemon();
    for kind in ["json", "uri", "aegis", "2fas", "google", "google-qr", "sheet", "sheet-html"] {
        let left = with(&daemon).seen().typed(&[]).run(&format!("otp export --to {kind} --out -")).await;
        assert_eq!((left.exit, left.out.as_str()), (Exit::Usage, ""), "{kind}: {left}");
        assert!(left.err.contains("scroll back") && left.err.contains("`--force`"), "{left}");
    }
    assert!(daemon.facts().calls.is_empty(), "nothing was asked for in vain");
    let insisted = with(&daemon).seen().typed(&["correct horse"]).run("otp export --to uri --out - --force").await;
    assert!(insisted.out.contains("JBSWY3DPEHPK3PXP"), "{insisted}");
    let words = ["correct horse", "paper and ink", "paper and ink"];
    let sealed = with(&daemon).seen().typed(&words).run("otp export --to age --out -").await;
    assert!(sealed.out.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"), "{sealed}");
}

#[tokio::test]
async fn a_code_on_the_terminal_goes_off_it_again() {
    let daemon = daemon();
    let shown = with(&daemon).seen().typed(&["correct horse", ""]).run("otp qr ada").await;
    assert_eq!(daemon.facts().calls, ["Find(ada)", "Ways", "Uri(e1, None)"]);
    assert_eq!(shown.asked, ["Passphrase of the vault, once more: ", "Enter takes it off the screen."]);
    assert!(shown.err.contains("whoever photographs it has its codes") && shown.err.contains("its note"), "{shown}");
    assert_eq!(shown.out, "", "what stays on the screen");
    let passphrase = Handed::new("correct horse");
    let line = format!("otp qr ada --json --passphrase-fd {}", passphrase.number());
    let json: Value = serde_json::from_str(&with(&daemon).run(&line).await.out).unwrap();
    let lines: Vec<&str> = json["qr"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert_eq!(shown.pictures, [lines.join("\n") + "\n"]);
    let calls = daemon.facts().calls.len();
    let kept = with(&daemon).seen().typed(&[]).run("otp qr ada --json").await;
    assert_eq!((kept.exit, kept.pictures.len(), daemon.facts().calls.len()), (Exit::Usage, 0, calls), "{kept}");
    assert!(!kept.out.contains("\"qr\"") && kept.err.contains("scroll back"), "{kept}");
    daemon.refuse(CallError::new(ErrorKind::Locked, "the vault is locked"));
    let script = with(&daemon).run("otp qr ada").await;
    assert_eq!((script.exit, script.out.as_str()), (Exit::Locked, ""));
}

#[tokio::test]
async fn a_code_that_would_stay_or_has_no_room_is_not_shown() {
    let daemon = daemon();
    let stays = with(&daemon).seen().room(None).typed(&[]).run("otp qr ada").await;
    assert!(daemon.facts().calls.is_empty(), "nothing was asked for in vain");
    let room = Some(Room { columns: 40, rows: 12 });
    let narrow = with(&daemon).seen().room(room).typed(&["correct horse"]).run("otp qr ada").await;
    let interrupted = with(&daemon).seen().typed(&["correct horse", "^C"]).run("otp qr ada").await;
    for left in [&stays, &narrow, &interrupted] {
        assert_eq!((left.exit, left.out.as_str()), (Exit::Failed, ""), "{left}");
    }
    insta::assert_snapshot!(format!("{stays}\n{narrow}\n{interrupted}"));
}
