//! A settings file that is wrong, and machines without logind.

use fob_bus::types::vault_state;

use crate::household::inside;
use crate::stage::{Stage, configure, output};

#[tokio::test]
async fn a_settings_file_with_a_mistyped_lock_starts_no_fobd() {
    let Some(home) = inside("refusals::a_settings_file_with_a_mistyped_lock_starts_no_fobd") else { return };
    let stage = Stage::build(&home).await;
    configure(&home, "[lock]\nsuspend = true\nsession-locked = true\n");
    for arguments in [&[][..], &["--check-config"]] {
        let (code, out, said) = output(stage.fobd_command(arguments));
        assert_eq!((code, out.as_str()), (Some(2), ""), "{said}");
        for words in ["fobd.toml is wrong", "line 3", "session-locked", "`session-lock`"] {
            assert!(said.contains(words), "{words}: {said}");
        }
    }
    assert!(!home.join("run/fobd.sock").exists(), "nothing was served");
}

#[tokio::test]
async fn what_is_set_is_shown_before_fobd_is_started_again() {
    let Some(home) = inside("refusals::what_is_set_is_shown_before_fobd_is_started_again") else { return };
    let stage = Stage::build(&home).await;
    configure(&home, "[lock]\nscreen-saver = \"soft\"\nidle = \"5m\"\n");
    let (code, out, said) = output(stage.fobd_command(&["--check-config"]));
    assert_eq!(code, Some(0), "{said}");
    let lines: Vec<_> = out.lines().collect();
    assert!(lines[0].contains("config/fob/fobd.toml"), "{out}");
    let expected = [
        "[lock]",
        "suspend = true",
        "shutdown = true",
        "session-lock = true",
        "last-session = true",
        "screen-saver = \"soft\"",
        "screen-off = false",
        "idle = \"300s\"",
        "",
        "[consent]",
        "companion = \"free\"",
        "",
        "[prompt]",
        "face = \"auto\"",
    ];
    assert_eq!(lines[1..], expected);
}

#[tokio::test]
async fn without_logind_fobd_serves_and_says_what_does_not_lock() {
    let Some(home) = inside("refusals::without_logind_fobd_serves_and_says_what_does_not_lock") else { return };
    let mut stage = Stage::build(&home).await;
    stage.start_fobd(&["--idle-lock", "600"]);
    stage.init().await;
    let status = stage.status().await;
    assert_eq!((status.vault.as_str(), status.locks), (vault_state::UNLOCKED, vec!["idle".to_owned()]));
    assert_eq!((status.idle_lock, status.warnings), (Some(600), Vec::new()));
}

#[tokio::test]
async fn without_a_system_bus_it_is_said_once() {
    let Some(home) = inside("refusals::without_a_system_bus_it_is_said_once") else { return };
    let mut stage = Stage::build(&home).await;
    stage.start_fobd_elsewhere(&home.join("no-bus"));
    stage.init().await;
    stage.manager().await.lock().await.unwrap();
    stage.unlock().await.unwrap();
    assert_eq!(stage.status().await.locks, ["idle"]);
    let diary = stage.diary();
    assert_eq!(diary.matches("nothing is heard of suspend").count(), 1, "{diary}");
}
