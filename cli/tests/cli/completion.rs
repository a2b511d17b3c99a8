//! Completion: what a shell is offered, and the scripts in the shells that are here.

use std::process::Command;

use fob::Exit;
use fob_bus::types::EntryInfo;
use fob_bus::{CallError, ErrorKind};

use super::common::daemon::policy::{client, grant};
use super::common::daemon::{FakeDaemon, entry};
use super::common::with;

#[tokio::test]
async fn a_shell_gets_the_accounts_of_an_open_vault_and_nothing_else() {
    let daemon = FakeDaemon::new();
    let dead = EntryInfo { unusable: Some("its secret is empty".to_owned()), ..entry("e2", "Example", "bob") };
    daemon.facts().entries.push(dead);
    let left = with(&daemon).typed(&[]).run("--complete-accounts -- exa").await;
    assert_eq!(
        (left.exit, left.out.as_str(), left.err.as_str()),
        (
            Exit::Ok,
            "Example:ada\tExample:ada, totp\nExample:bob\tExample:bob, gives no code: its secret is empty\n",
            ""
        )
    );
    daemon.refuse(CallError::new(ErrorKind::Locked, "the vault is locked"));
    let locked = with(&daemon).typed(&[]).run("--complete-accounts -- exa").await;
    assert_eq!((locked.exit, locked.out, locked.err), (Exit::Failed, String::new(), String::new()));
    assert!(locked.asked.is_empty());
}

#[tokio::test]
async fn a_shell_gets_the_ids_of_grants_and_programs() {
    let daemon = FakeDaemon::new();
    daemon.facts().grants = vec![grant("5f3c9e8d7a6b1c2d", "/usr/bin/firefox"), grant("6a\u{202e}", "/usr/bin/x")];
    daemon.facts().clients = vec![client("/usr/bin/firefox", "Fire\u{1b}fox")];
    let grants = with(&daemon).run_args(["--complete-grants", "--", ""]).await;
    assert_eq!(grants.out, "5f3c9e8d7a6b1c2d\t/usr/bin/firefox, sign in at example.org\n");
    let none = with(&daemon).run_args(["--complete-grants", "--", "7"]).await;
    assert_eq!((none.exit, none.out.as_str()), (Exit::Ok, ""));
    let clients = with(&daemon).run_args(["--complete-clients", "--", "/usr"]).await;
    assert_eq!(clients.out, "/usr/bin/firefox\tFirefox, listed by the package\n");
}

/// A program called fob that offers three accounts, a grant and a program, and the script beside it.
async fn folder(shell: &str) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let script = with(&FakeDaemon::new()).run(&format!("completions {shell}")).await.out;
    std::fs::write(folder.path().join("script"), script).unwrap();
    let fob = folder.path().join("fob");
    std::fs::write(
        &fob,
        "#!/bin/sh\ncase $1 in\n--complete-grants) printf '5f3c9e8d7a6b1c2d\\tabout\\n'; exit;;\n\
         --complete-clients) printf 'paired-0a1b2c3d\\tabout\\n'; exit;;\n--complete-accounts) ;;\n*) exit 2;;\nesac\n\
         for name in 'Example:ada' 'Example:bob' 'My Site:eve'; do\n\
         case $(echo \"$name\" | tr A-Z a-z) in \"$(echo \"$3\" | tr A-Z a-z)\"*) printf '%s\\tabout\\n' \"$name\";; esac\ndone\n",
    )
    .unwrap();
    std::fs::set_permissions(&fob, std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// What bash offers for these words; `$2` and the words are as bash 5 gives them.
fn bash(folder: &std::path::Path, words: &[&str]) -> Vec<String> {
    let words = std::iter::once("./fob").chain(words.iter().skip(1).copied());
    let quoted: Vec<String> = words.map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
    let script = format!(
        "source ./script; COMP_WORDS=({}); COMP_CWORD={}; COMP_WORDBREAKS=$' \\t\\n\"\\'><=;|&(:'; \
         _fob_or_offer ./fob \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\" 2>&1; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" "),
        quoted.len() - 1
    );
    let output = Command::new("bash").args(["--norc", "-c", &script]).current_dir(folder).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[tokio::test]
async fn bash_offers_accounts_where_one_is_wanted() {
    let folder = folder("bash").await;
    for (words, expected) in [
        (&["fob", "otp", "code", "exa"][..], &["Example:ada", "Example:bob"][..]),
        (&["fob", "otp", "code", ""], &["Example:ada", "Example:bob", "My\\ Site:eve"]),
        // Cut at the colon, what stands before it is there already.
        (&["fob", "otp", "code", "Example", ":", "a"], &["ada", "bob"]),
        (&["fob", "otp", "code", "--raw", "my"], &["My\\ Site:eve"]),
        (&["fob", "otp", "code", "\"My S"], &["My Site:eve"]),
        (&["fob", "otp", "recovery", "take", "exa"], &["Example:ada", "Example:bob"]),
        (&["fob", "otp", "code", "--min-valid", "5", "exa"], &["Example:ada", "Example:bob"]),
        (&["fob", "otp", "code", "Example:ada", "exa"], &[]),
        (&["fob", "otp", "code", "--min-valid", "exa"], &[]),
        (&["fob", "otp", "list", "exa"], &[]),
        (&["fob", "key", "list", "exa"], &[]),
        (&["fob", "grant", "revoke", ""], &["5f3c9e8d7a6b1c2d"]),
        (&["fob", "grant", "revoke", "5f3c9e8d7a6b1c2d", ""], &["5f3c9e8d7a6b1c2d"]),
        (&["fob", "client", "forget", "pai"], &["paired-0a1b2c3d"]),
    ] {
        let offered = bash(folder.path(), words);
        match words {
            [.., ":", "a"] => assert_eq!(offered, ["ada"], "{words:?}"),
            _ => assert_eq!(offered, expected, "{words:?}"),
        }
    }
    assert!(bash(folder.path(), &["fob", "otp", "code", "--ra"]).contains(&"--raw".to_owned()));
    assert!(bash(folder.path(), &["fob", "otp", "cod"]).contains(&"code".to_owned()));
}

#[tokio::test]
async fn the_scripts_make_sense_to_their_shells() {
    for (shell, check) in [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")] {
        let folder = folder(shell).await;
        let Ok(output) = Command::new(shell).arg(check).arg("script").current_dir(folder.path()).output() else {
            println!("skipped: no {shell}");
            continue;
        };
        assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
        let script = std::fs::read_to_string(folder.path().join("script")).unwrap();
        assert!(script.contains("--complete-"), "{shell}");
        assert!(!script.contains("COMMANDS_") && !script.contains("OPTIONS_WITH_VALUE"), "{shell}");
    }
}

#[tokio::test]
async fn fish_offers_accounts_where_one_is_wanted() {
    let folder = folder("fish").await;
    let offered = |line: &str| {
        let script = format!("source ./script; complete -C '{line}'");
        let mut command = Command::new("fish");
        command.args(["--no-config", "-c", &script]).current_dir(folder.path());
        let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
        let output = command.env("PATH", path).output().ok()?;
        Some(String::from_utf8(output.stdout).unwrap())
    };
    let Some(accounts) = offered("fob otp code exa") else {
        println!("skipped: no fish");
        return;
    };
    assert_eq!(accounts, "Example:ada\tabout\nExample:bob\tabout\n");
    assert!(offered("fob otp recovery take my").unwrap().contains("My Site:eve"));
    assert!(!offered("fob otp list exa").unwrap().contains("Example"));
    assert_eq!(offered("fob grant revoke 5").unwrap(), "5f3c9e8d7a6b1c2d\tabout\n");
    assert_eq!(offered("fob client forget pai").unwrap(), "paired-0a1b2c3d\tabout\n");
}
