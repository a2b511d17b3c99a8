//! systemd's own logind, in a mount namespace of its own with a /run of its own: it gives the inhibitors, it waits for
//! them, and it says when. Only systemd itself is played, by dbusmock: it is asked to start `suspend.target` and the
//! machine goes on.
//!
//! Root alone can build that. Where a logind runs already it is left alone: two would look after the same seat.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use fob_bus::types::vault_state;
use fob_bus::{ErrorKind, pipe};
use zbus::Variant;

use crate::household::inside_alone;
use crate::stage::{LOGIND, LOGIND_MANAGER, LOGIND_ROOT, Stage, eventually, give, next};

const PROGRAM: &str = "/lib/systemd/systemd-logind";
const SYSTEMD: &str = "org.freedesktop.systemd1";
const SYSTEMD_ROOT: &str = "/org/freedesktop/systemd1";
const SYSTEMD_MANAGER: &str = "org.freedesktop.systemd1.Manager";
const JOB: &str = "/org/freedesktop/systemd1/job/1";

fn possible() -> bool {
    let why_not = match () {
        () if !rustix::process::geteuid().is_root() => "only root can start a logind",
        () if !Path::new(PROGRAM).exists() => "no systemd-logind here",
        () if Path::new("/run/systemd/system").exists() => "this machine has a logind already",
        () if !Command::new("unshare").args(["--mount", "true"]).status().is_ok_and(|done| done.success()) => {
            "no mount namespace to be had"
        }
        () => return true,
    };
    eprintln!("skipped: {why_not}");
    false
}

/// A stage on which systemd's logind is, and a systemd that does nothing; fobd with an open vault.
async fn staged(home: &Path) -> Stage {
    let power = home.join("power");
    std::fs::write(&power, "freeze mem\n").unwrap();
    for arguments in [
        &["-t", "tmpfs", "tmpfs", "/run"][..],
        // What the kernel can do, as logind looks for it.
        &["--bind", power.to_str().unwrap(), "/sys/power/state"],
    ] {
        assert!(Command::new("mount").args(arguments).status().unwrap().success(), "{arguments:?}");
    }
    std::fs::create_dir_all("/run/systemd").unwrap();
    let mut stage = Stage::build(home).await;
    stage.start_mock(SYSTEMD, &["--system", SYSTEMD, SYSTEMD_ROOT, SYSTEMD_MANAGER]).await;
    for (method, form, answer, code) in
        [("Subscribe", "", "", ""), ("StartUnit", "ss", "o", "ret = '/org/freedesktop/systemd1/job/1'")]
    {
        stage.mock(SYSTEMD, SYSTEMD_ROOT, "AddMethod", &(SYSTEMD_MANAGER, method, form, answer, code)).await;
    }
    let target = ("/org/freedesktop/systemd1/unit/suspend_2etarget", "org.freedesktop.systemd1.Unit");
    let loaded = HashMap::from([("LoadState", Variant::from("loaded"))]);
    let methods = Vec::<(&str, &str, &str, &str)>::new();
    stage.mock(SYSTEMD, SYSTEMD_ROOT, "AddObject", &(target.0, target.1, loaded, methods)).await;
    stage.start_program(LOGIND, Command::new(PROGRAM)).await;
    stage.start_fobd(&[]);
    stage.init().await;
    stage.inhibited_for(&["shutdown", "sleep"]).await;
    stage
}

/// `systemctl suspend`.
async fn suspend(stage: &Stage) {
    let manager = Some(LOGIND_MANAGER);
    stage.bus.call_method(Some(LOGIND), LOGIND_ROOT, manager, "Suspend", &false).await.unwrap();
}

/// The units that systemd was asked to start.
async fn started(stage: &Stage) -> usize {
    let mock = Some("org.freedesktop.DBus.Mock");
    let reply = stage.bus.call_method(Some(SYSTEMD), SYSTEMD_ROOT, mock, "GetMethodCalls", &"StartUnit").await.unwrap();
    let calls: Vec<(u64, Vec<zbus::OwnedVariant>)> = reply.body().deserialize().unwrap();
    calls.len()
}

/// The machine has slept: systemd's job is done.
async fn wake_up(stage: &Stage) {
    let job = zbus::ObjectPath::try_from(JOB).unwrap();
    let words = [Variant::from(1_u32), Variant::from(job), Variant::from("suspend.target"), Variant::from("done")];
    stage.emit(SYSTEMD, SYSTEMD_ROOT, SYSTEMD_MANAGER, "JobRemoved", "uoss", &words).await;
}

#[tokio::test]
async fn systemds_logind_sleeps_only_when_the_vault_is_locked() {
    if !possible() {
        return;
    }
    let test = "real_logind::systemds_logind_sleeps_only_when_the_vault_is_locked";
    let Some(home) = inside_alone(test) else { return };
    let mut stage = staged(&home).await;
    let mut changes = stage.changes().await;
    suspend(&stage).await;
    eventually("the sleep", async || (started(&stage).await == 1).then_some(())).await;
    assert_eq!(stage.status().await.vault, vault_state::LOCKED);
    assert_eq!(next(&mut changes).await, vault_state::LOCKED);
    assert_eq!(stage.unlock().await.unwrap_err().kind, ErrorKind::Cancelled);
    wake_up(&stage).await;
    eventually("an unlock after the sleep", async || stage.unlock().await.ok()).await;
    stage.inhibited_for(&["shutdown", "sleep"]).await;
}

#[tokio::test]
async fn systemds_logind_waits_while_there_is_a_secret() {
    if !possible() {
        return;
    }
    let Some(home) = inside_alone("real_logind::systemds_logind_waits_while_there_is_a_secret") else { return };
    let mut stage = staged(&home).await;
    let manager = stage.manager().await;
    manager.lock().await.unwrap();
    stage.inhibited_for(&[]).await;
    let (passphrase, writer) = pipe::awaiting().unwrap();
    let unlocking = tokio::spawn(async move { manager.unlock(passphrase.into(), false).await });
    stage.inhibited_for(&["shutdown", "sleep"]).await;
    suspend(&stage).await;
    stage.said("the machine is about to sleep").await;
    assert_eq!(started(&stage).await, 0, "the passphrase may still come");
    give(writer);
    assert_eq!(unlocking.await.unwrap().unwrap_err().kind, ErrorKind::Cancelled);
    eventually("the sleep", async || (started(&stage).await == 1).then_some(())).await;
    stage.inhibited_for(&[]).await;
}
