//! Completions and manual pages.

use fob::Exit;

use super::common::daemon::FakeDaemon;
use super::common::with;

#[tokio::test]
async fn every_shell_gets_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let left = with(&FakeDaemon::new()).run(&format!("completions {shell}")).await;
        assert_eq!(left.exit, Exit::Ok, "{shell}");
        assert!(left.out.contains("sign-in") && left.out.contains("passphrase-fd"), "{shell}");
    }
}

#[tokio::test]
async fn every_command_gets_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("man1");
    let left = with(&FakeDaemon::new()).run_args(["--json", "man", path.to_str().unwrap()]).await;
    let answer: serde_json::Value = serde_json::from_str(&left.out).unwrap();
    insta::assert_snapshot!(
        answer["files"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect::<Vec<_>>().join("\n")
    );
    let page = std::fs::read_to_string(path.join("fob-otp-code.1")).unwrap();
    insta::assert_snapshot!(page);
}

#[tokio::test]
async fn help_and_version_are_answers() {
    let left = with(&FakeDaemon::new()).run("-V").await;
    assert_eq!((left.exit, left.out), (Exit::Ok, format!("fob {}\n", env!("CARGO_PKG_VERSION"))));
    let left = with(&FakeDaemon::new()).run("otp code -h").await;
    assert_eq!((left.exit, left.err.as_str()), (Exit::Ok, ""));
    let left = with(&FakeDaemon::new()).run("otp").await;
    assert_eq!((left.exit, left.out.as_str()), (Exit::Usage, ""));
    assert!(left.err.contains("import"));
}
