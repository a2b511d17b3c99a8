//! The screen saver and the dark screen, and switches that are not as they are by default.

use std::collections::HashMap;

use fob_bus::types::vault_state;
use zbus::Variant;

use crate::household::inside;
use crate::stage::{Stage, configure, eventually, next, own_uid};

const SAVER: &str = "org.gnome.ScreenSaver";
const SCREEN: &str = "org.gnome.Mutter.DisplayConfig";
const SCREEN_ROOT: &str = "/org/gnome/Mutter/DisplayConfig";

/// A stage with logind, a screen saver and a screen, on which every lock is as this file says.
async fn configured(home: &std::path::Path, settings: &str) -> Stage {
    let mut stage = Stage::build(home).await;
    configure(home, settings);
    stage.start_logind().await;
    stage.add_session("c1", own_uid()).await;
    stage.start_mock(SAVER, &["--template", "gnome_screensaver"]).await;
    stage.start_mock(SCREEN, &["--session", SCREEN, SCREEN_ROOT, SCREEN]).await;
    stage.mock(SCREEN, SCREEN_ROOT, "AddProperty", &(SCREEN, "PowerSaveMode", Variant::from(0))).await;
    stage.start_fobd(&[]);
    stage.init().await;
    stage
}

async fn save_screen(stage: &Stage, active: bool) {
    stage.bus.call_method(Some(SAVER), "/org/gnome/ScreenSaver", Some(SAVER), "SetActive", &active).await.unwrap();
}

async fn power(stage: &Stage, mode: i32) {
    let changed = HashMap::from([("PowerSaveMode", Variant::from(mode))]);
    stage.mock(SCREEN, SCREEN_ROOT, "UpdateProperties", &(SCREEN, changed)).await;
}

#[tokio::test]
async fn by_default_the_screen_locks_nothing() {
    let Some(home) = inside("screen::by_default_the_screen_locks_nothing") else { return };
    let mut stage = configured(&home, "").await;
    let mut changes = stage.changes().await;
    save_screen(&stage, true).await;
    power(&stage, 3).await;
    stage.session("c1", "Lock", &()).await;
    assert_eq!(next(&mut changes).await, vault_state::LOCKED);
    let diary = stage.diary();
    assert!(!diary.contains("the screen"), "{diary}");
}

#[tokio::test]
async fn a_screen_saver_that_starts_locks_where_it_is_asked_to() {
    let Some(home) = inside("screen::a_screen_saver_that_starts_locks_where_it_is_asked_to") else { return };
    let mut stage = configured(&home, "[lock]\nscreen-saver = true\n").await;
    let mut changes = stage.changes().await;
    assert_eq!(
        stage.status().await.locks,
        ["idle", "suspend", "shutdown", "session-lock", "last-session", "screen-saver"]
    );
    save_screen(&stage, true).await;
    assert_eq!(next(&mut changes).await, vault_state::LOCKED);
    stage.unlock().await.unwrap();
    assert_eq!(next(&mut changes).await, vault_state::UNLOCKED);
    save_screen(&stage, false).await;
    stage.session("c1", "Lock", &()).await;
    assert_eq!(next(&mut changes).await, vault_state::LOCKED);
    let diary = stage.diary();
    assert_eq!(diary.matches("the screen saver started").count(), 1, "{diary}");
}

#[tokio::test]
async fn a_screen_that_goes_off_locks_where_it_is_asked_to() {
    let Some(home) = inside("screen::a_screen_that_goes_off_locks_where_it_is_asked_to") else { return };
    let mut stage = configured(&home, "[lock]\nscreen-off = true\n").await;
    let mut changes = stage.changes().await;
    power(&stage, 3).await;
    assert_eq!(next(&mut changes).await, vault_state::LOCKED);
    stage.unlock().await.unwrap();
    assert_eq!(next(&mut changes).await, vault_state::UNLOCKED);
    power(&stage, 0).await;
    stage.session("c1", "Lock", &()).await;
    assert_eq!(next(&mut changes).await, vault_state::LOCKED);
    let diary = stage.diary();
    assert_eq!(diary.matches("the screen went off").count(), 1, "{diary}");
}

#[tokio::test]
async fn each_lock_can_be_switched_off() {
    let Some(home) = inside("screen::each_lock_can_be_switched_off") else { return };
    let settings = "[lock]\nsuspend = false\nshutdown = false\nlast-session = false\nidle = \"never\"\n";
    let mut stage = configured(&home, settings).await;
    let mut changes = stage.changes().await;
    assert_eq!(stage.status().await.locks, ["session-lock"]);
    assert_eq!(stage.inhibitors().await, Vec::<String>::new());
    stage.prepare("PrepareForSleep", true).await;
    stage.prepare("PrepareForSleep", false).await;
    stage.prepare("PrepareForShutdown", true).await;
    stage.prepare("PrepareForShutdown", false).await;
    stage.remove_session("c1").await;
    stage.add_session("c2", own_uid()).await;
    eventually("a lock by the new session", async || {
        stage.session("c2", "Lock", &()).await;
        (stage.status().await.vault == vault_state::LOCKED).then_some(())
    })
    .await;
    assert_eq!(next(&mut changes).await, vault_state::LOCKED);
    let diary = stage.diary();
    let (all, by_session) = (diary.matches("cause=").count(), diary.matches("cause=the session is locked").count());
    assert!(all == by_session && all > 0, "{diary}");
}
