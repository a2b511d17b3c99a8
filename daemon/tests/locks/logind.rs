//! Suspend, shutdown and sessions: what logind says, and the inhibitors it gives.

use std::collections::HashMap;

use fob_bus::types::vault_state;
use fob_bus::{ErrorKind, pipe};
use zbus::fdo::DBusProxy;
use zbus::{Message, Variant};

use crate::household::inside;
use crate::stage::{LOGIND, LOGIND_MANAGER, LOGIND_ROOT, Stage, configure, eventually, give, next, own_uid, session};

#[tokio::test]
async fn a_suspend_locks_and_logind_waits_for_it() {
    let Some(home) = inside("logind::a_suspend_locks_and_logind_waits_for_it") else { return };
    let mut stage = Stage::with_open_vault(&home).await;
    let mut changes = stage.changes().await;
    stage.prepare("PrepareForSleep", true).await;
    assert_eq!(next(&mut changes).await, vault_state::LOCKED);
    stage.inhibited_for(&[]).await;
    assert_eq!(stage.status().await.vault, vault_state::LOCKED);
    // The lid is closed but the machine still runs: nothing opens the vault any more.
    let refused = stage.unlock().await.unwrap_err();
    assert_eq!((refused.kind, refused.message.contains("about to sleep")), (ErrorKind::Cancelled, true));
    stage.prepare("PrepareForSleep", false).await;
    eventually("an unlock after the sleep", async || stage.unlock().await.ok()).await;
    assert_eq!(next(&mut changes).await, vault_state::UNLOCKED);
    stage.inhibited_for(&["shutdown", "sleep"]).await;
}

#[tokio::test]
async fn a_locked_vault_keeps_no_machine_awake() {
    let Some(home) = inside("logind::a_locked_vault_keeps_no_machine_awake") else { return };
    let mut stage = Stage::with_open_vault(&home).await;
    stage.manager().await.lock().await.unwrap();
    stage.inhibited_for(&[]).await;
    stage.unlock().await.unwrap();
    stage.inhibited_for(&["shutdown", "sleep"]).await;
}

/// A passphrase on its way is a secret in memory too, whatever becomes of the unlock.
#[tokio::test]
async fn a_suspend_waits_for_an_unlock_that_is_under_way_and_throws_it_away() {
    let Some(home) = inside("logind::a_suspend_waits_for_an_unlock_that_is_under_way_and_throws_it_away") else {
        return;
    };
    let mut stage = Stage::with_open_vault(&home).await;
    let manager = stage.manager().await;
    manager.lock().await.unwrap();
    stage.inhibited_for(&[]).await;
    let (passphrase, writer) = pipe::awaiting().unwrap();
    let unlocking = tokio::spawn(async move { manager.unlock(passphrase.into(), false).await });
    stage.inhibited_for(&["shutdown", "sleep"]).await;
    stage.prepare("PrepareForSleep", true).await;
    stage.said("the machine is about to sleep").await;
    assert_eq!(stage.inhibitors().await, ["shutdown", "sleep"], "the passphrase may still come");
    give(writer);
    assert_eq!(unlocking.await.unwrap().unwrap_err().kind, ErrorKind::Cancelled);
    stage.inhibited_for(&[]).await;
    assert_eq!(stage.status().await.vault, vault_state::LOCKED);
}

#[tokio::test]
async fn a_shutdown_locks_and_one_that_is_called_off_opens_again() {
    let Some(home) = inside("logind::a_shutdown_locks_and_one_that_is_called_off_opens_again") else { return };
    let mut stage = Stage::with_open_vault(&home).await;
    let mut changes = stage.changes().await;
    stage.prepare("PrepareForShutdown", true).await;
    assert_eq!(next(&mut changes).await, vault_state::LOCKED);
    stage.inhibited_for(&[]).await;
    assert_eq!(stage.unlock().await.unwrap_err().kind, ErrorKind::Cancelled);
    stage.prepare("PrepareForShutdown", false).await;
    eventually("an unlock after all", async || stage.unlock().await.ok()).await;
}

#[tokio::test]
async fn a_locked_session_locks_the_vault() {
    let Some(home) = inside("logind::a_locked_session_locks_the_vault") else { return };
    let mut stage = Stage::with_open_vault(&home).await;
    let mut changes = stage.changes().await;
    // `loginctl lock-session` has logind ask the desktop to lock.
    stage.session("c1", "Lock", &()).await;
    assert_eq!(next(&mut changes).await, vault_state::LOCKED);
    stage.unlock().await.unwrap();
    assert_eq!(next(&mut changes).await, vault_state::UNLOCKED);
    // A desktop that locks by itself tells logind that it has.
    stage.session("c1", "SetLockedHint", &true).await;
    assert_eq!(next(&mut changes).await, vault_state::LOCKED);
}

#[tokio::test]
async fn the_sessions_of_others_lock_nothing() {
    let Some(home) = inside("logind::the_sessions_of_others_lock_nothing") else { return };
    let mut stage = Stage::with_open_vault(&home).await;
    stage.add_session("c7", own_uid() + 1).await;
    stage.session("c7", "Lock", &()).await;
    stage.session("c7", "SetLockedHint", &true).await;
    stage.remove_session("c7").await;
    // A session that came later is listened to, once it was counted.
    stage.add_session("c2", own_uid()).await;
    eventually("a lock by the new session", async || {
        stage.session("c2", "Lock", &()).await;
        (stage.status().await.vault == vault_state::LOCKED).then_some(())
    })
    .await;
    let diary = stage.diary();
    assert!(!diary.contains("the last session is gone"), "{diary}");
    assert_eq!(diary.matches("the vault is locked").count(), 1, "{diary}");
}

#[tokio::test]
async fn the_end_of_the_last_session_locks_and_that_of_another_does_not() {
    let Some(home) = inside("logind::the_end_of_the_last_session_locks_and_that_of_another_does_not") else { return };
    let mut stage = Stage::with_open_vault(&home).await;
    let mut changes = stage.changes().await;
    stage.add_session("c2", own_uid()).await;
    // The user manager's own session is there as long as a lingering manager is; nobody sits at it.
    stage.add_session("manager", own_uid()).await;
    let class = HashMap::from([("Class", Variant::from("manager"))]);
    let properties = ("org.freedesktop.login1.Session", class);
    stage.mock(LOGIND, &session("manager"), "UpdateProperties", &properties).await;
    stage.remove_session("c1").await;
    assert_eq!(stage.status().await.vault, vault_state::UNLOCKED);
    stage.remove_session("c2").await;
    assert_eq!(next(&mut changes).await, vault_state::LOCKED);
    stage.said("the last session is gone").await;
}

#[tokio::test]
async fn a_person_who_has_logged_out_is_gone_even_if_processes_linger() {
    let Some(home) = inside("logind::a_person_who_has_logged_out_is_gone_even_if_processes_linger") else { return };
    let mut stage = Stage::with_open_vault(&home).await;
    let mut changes = stage.changes().await;
    let closing = HashMap::from([("State", Variant::from("closing")), ("Active", Variant::from(false))]);
    let properties = ("org.freedesktop.login1.Session", closing);
    stage.mock(LOGIND, &session("c1"), "UpdateProperties", &properties).await;
    assert_eq!(next(&mut changes).await, vault_state::LOCKED);
    stage.said("the last session is gone").await;
}

#[tokio::test]
async fn a_logind_that_is_started_again_is_heard_again() {
    let Some(home) = inside("logind::a_logind_that_is_started_again_is_heard_again") else { return };
    // systemd's logind knows its sessions when it comes back; dbusmock's does not.
    configure(&home, "[lock]\nlast-session = false\n");
    let mut stage = Stage::with_open_vault(&home).await;
    let mut changes = stage.changes().await;
    stage.end_mock(LOGIND).await;
    stage.start_logind().await;
    stage.inhibited_for(&["shutdown", "sleep"]).await;
    stage.prepare("PrepareForSleep", true).await;
    assert_eq!(next(&mut changes).await, vault_state::LOCKED);
    stage.inhibited_for(&[]).await;
    // Gone in the middle of the sleep: nobody will say that it is over.
    stage.end_mock(LOGIND).await;
    eventually("an unlock without logind", async || stage.unlock().await.ok()).await;
}

/// On the system bus any user may send anything to anybody.
#[tokio::test]
async fn nobody_else_can_play_logind() {
    let Some(home) = inside("logind::nobody_else_can_play_logind") else { return };
    let mut stage = Stage::with_open_vault(&home).await;
    let mut changes = stage.changes().await;
    let broker = DBusProxy::new(&stage.bus).await.unwrap();
    let forged = || Message::signal(LOGIND_ROOT, LOGIND_MANAGER, "PrepareForSleep");
    for name in broker.list_names().await.unwrap().into_iter().filter(|name| name.starts_with(':')) {
        for begins in [true, false] {
            let message = forged().destination(&*name).build(&begins).unwrap();
            stage.bus.send(&message).await.unwrap();
        }
    }
    stage.session("c1", "Lock", &()).await;
    assert_eq!(next(&mut changes).await, vault_state::LOCKED);
    let diary = stage.diary();
    assert!(!diary.contains("about to sleep"), "{diary}");
}

/// zbus reads no further on a connection whose messages nobody takes, and fobd takes none while it asks who is logged in: the
/// answer must come all the same, at once and not when the call has timed out.
#[tokio::test]
async fn a_flood_of_signals_does_not_make_it_deaf() {
    let Some(home) = inside("logind::a_flood_of_signals_does_not_make_it_deaf") else { return };
    let mut stage = Stage::with_open_vault(&home).await;
    let mut changes = stage.changes().await;
    let broker = DBusProxy::new(&stage.bus).await.unwrap();
    let names = broker.list_names().await.unwrap();
    let own = stage.bus.unique_name().unwrap().to_string();
    let names: Vec<_> = names.into_iter().filter(|name| name.starts_with(':') && name.as_str() != own).collect();
    for _ in 0..10 {
        let flood = async {
            for _ in 0..300 {
                for name in &names {
                    let signal = Message::signal("/", "org.example.Flood", "Drop").destination(name.as_str());
                    stage.bus.send(&signal.build(&()).unwrap()).await.unwrap();
                }
            }
        };
        tokio::join!(flood, stage.tell_of_session("SessionNew", "c1"));
    }
    stage.session("c1", "Lock", &()).await;
    assert_eq!(next(&mut changes).await, vault_state::LOCKED);
    let diary = stage.diary();
    assert!(!diary.contains("WARN"), "{diary}");
}

/// A logind that is busy gives none, and does the next moment.
#[tokio::test]
async fn an_inhibitor_that_was_refused_once_is_asked_for_again() {
    let Some(home) = inside("logind::an_inhibitor_that_was_refused_once_is_asked_for_again") else { return };
    let mut stage = Stage::build(&home).await;
    stage.start_mock(LOGIND, &["--system", LOGIND, LOGIND_ROOT, LOGIND_MANAGER]).await;
    let inhibit = "\
import os
self.asked = getattr(self, 'asked', []) + [str(args[0])]
if self.asked.count(args[0]) < 2:
    raise dbus.exceptions.DBusException('not now', name='org.example.NotNow')
self.given = getattr(self, 'given', []) + [(args[0], args[1], args[2], args[3], 0, 0)]
ours, theirs = os.pipe()
ret = dbus.types.UnixFd(theirs)
";
    let listed = "ret = getattr(self, 'given', [])";
    for (method, takes, gives, code) in [("Inhibit", "ssss", "h", inhibit), ("ListInhibitors", "", "a(ssssuu)", listed)]
    {
        stage.mock(LOGIND, LOGIND_ROOT, "AddMethod", &(LOGIND_MANAGER, method, takes, gives, code)).await;
    }
    stage.start_fobd(&[]);
    stage.init().await;
    stage.inhibited_for(&["shutdown", "sleep"]).await;
    eventually("no complaint", async || stage.status().await.warnings.is_empty().then_some(())).await;
    let diary = stage.diary();
    assert!(!diary.contains("gives no inhibitor"), "{diary}");
}

#[tokio::test]
async fn without_an_inhibitor_it_locks_all_the_same_and_says_so() {
    let Some(home) = inside("logind::without_an_inhibitor_it_locks_all_the_same_and_says_so") else { return };
    let mut stage = Stage::build(&home).await;
    // A logind that has the signals and not the method.
    stage.start_mock(LOGIND, &["--system", LOGIND, LOGIND_ROOT, LOGIND_MANAGER]).await;
    stage.start_fobd(&[]);
    stage.init().await;
    stage.said("logind gives no inhibitor").await;
    let warnings = stage.status().await.warnings.join("\n");
    assert!(warnings.contains("does not wait for the vault to be locked"), "{warnings}");
    let mut changes = stage.changes().await;
    stage.prepare("PrepareForSleep", true).await;
    assert_eq!(next(&mut changes).await, vault_state::LOCKED);
}
