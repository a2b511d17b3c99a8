//! `fob vault passphrase`, `recovery-code`, `rotate` and `policy`: what makes a new vault key.

use std::sync::Arc;

use fob::Exit;
use fob_bus::ErrorKind;
use fob_bus::types::{Outcome, RekeyInfo, StateDetails};

use super::common::daemon::vault::slot;
use super::common::daemon::{FakeDaemon, RECOVERY, Scene};
use super::common::{Handed, Taken, with};

fn vault() -> Arc<FakeDaemon> {
    let daemon = FakeDaemon::new();
    daemon.facts().slots = vec![slot("a1", "passphrase", ""), slot("a2", "recovery", "")];
    daemon.facts().scenes = vec![rekeyed(RekeyInfo::default())];
    daemon
}

/// The same with a key, the keyring and a TPM.
fn vault_with_all() -> Arc<FakeDaemon> {
    let daemon = vault();
    let mut keyring = slot("a4", "secret-service", "");
    keyring.opens_with_login = true;
    daemon.facts().slots.extend([slot("a3", "key", "blue"), keyring, slot("a5", "tpm2", "laptop")]);
    daemon
}

fn rekeyed(info: RekeyInfo) -> Scene {
    Scene::Done(Outcome { rekeyed: Some(info), ..Outcome::default() })
}

fn done() -> Scene {
    rekeyed(RekeyInfo::default())
}

fn failed(kind: ErrorKind, message: &str) -> Scene {
    let (cause, message) = (Some(kind.name().to_owned()), Some(message.to_owned()));
    Scene::Done(Outcome { error: Some("NotAllowedError".to_owned()), cause, message, ..Outcome::default() })
}

fn wrong() -> Scene {
    failed(ErrorKind::WrongPassphrase, "wrong passphrase")
}

#[tokio::test]
async fn a_passphrase_is_changed_and_the_new_recovery_code_given_once() {
    let daemon = vault();
    let typed = with(&daemon).seen().typed(&["old", "new one", "new one"]).run("vault passphrase").await;
    assert_eq!(daemon.facts().secrets, ["old", "new one"]);
    assert_eq!(daemon.facts().calls, ["Slots", "Rekey()"]);
    daemon.facts().scenes = vec![rekeyed(RekeyInfo {
        dropped: vec![slot("a2", "key", "blue\u{202e}")],
        not_removed: vec!["/home/ada/vault.backup-1".to_owned()],
        warnings: vec!["the change may not survive a power cut".to_owned()],
    })];
    let (code, new, taken) = (Handed::new(RECOVERY), Handed::new("new one\n"), Taken::new());
    let line = format!(
        "vault passphrase --json --recovery-fd {} --new-passphrase-fd {} --new-recovery-fd {}",
        code.number(),
        new.number(),
        taken.number()
    );
    let scripted = with(&daemon).run(&line).await;
    assert_eq!(daemon.facts().secrets, ["old", "new one", RECOVERY, "new one"]);
    assert_eq!(daemon.facts().calls[2..], ["Slots", "Rekey(by recovery)"]);
    assert_eq!(taken.text(), format!("{RECOVERY}\n"));
    assert!(!scripted.out.contains(RECOVERY), "{scripted}");
    let noted = with(&daemon).seen().typed(&["old", "new one", "new one"]).run("vault passphrase").await;
    insta::assert_snapshot!(format!("{typed}\n{scripted}\n{noted}"));
}

#[tokio::test]
async fn no_passphrase_is_changed_by_a_slip() {
    let daemon = vault();
    let unseen = with(&daemon).typed(&[]).run("vault passphrase").await;
    let differs = with(&daemon).seen().typed(&["old", "new one", "new on"]).run("vault passphrase").await;
    let (old, new) = (Handed::new("old"), Handed::new("new one"));
    let line = format!("vault passphrase --passphrase-fd {} --new-passphrase-fd {}", old.number(), new.number());
    let nowhere = with(&daemon).run(&line).await;
    assert_eq!(nowhere.exit, Exit::Usage);
    assert!(!daemon.facts().calls.iter().any(|call| call.starts_with("Rekey")));
    daemon.facts().scenes = vec![wrong()];
    let lines = ["odd", "new one", "new one", "odder", "oddest"];
    let wrong = with(&daemon).seen().typed(&lines).run("vault passphrase").await;
    assert!(!wrong.to_string().contains(RECOVERY), "{wrong}");
    insta::assert_snapshot!(format!("{unseen}\n{differs}\n{nowhere}\n{wrong}"));
}

#[tokio::test]
async fn a_recovery_code_is_renewed() {
    let daemon = vault();
    let typed = with(&daemon).seen().typed(&["correct horse"]).run("vault recovery-code").await;
    let json = with(&daemon).seen().typed(&["correct horse"]).run("vault recovery-code --json").await;
    assert_eq!(daemon.facts().calls, ["Slots", "Rekey()", "Slots", "Rekey()"]);
    assert_eq!(daemon.facts().secrets, ["correct horse", "correct horse"]);
    let (passphrase, taken) = (Handed::new("correct horse"), Taken::new());
    let line =
        format!("vault recovery-code --passphrase-fd {} --new-recovery-fd {}", passphrase.number(), taken.number());
    let scripted = with(&daemon).run(&line).await;
    assert_eq!(taken.text(), format!("{RECOVERY}\n"));
    assert!(!scripted.out.contains(RECOVERY), "{scripted}");
    insta::assert_snapshot!(format!("{typed}\n{json}\n{scripted}"));
}

#[tokio::test]
async fn what_can_stay_is_asked_about_one_by_one() {
    let daemon = vault_with_all();
    let touch = StateDetails {
        label: Some("blue".to_owned()),
        key: Some("0a1b".to_owned()),
        step: Some(1),
        steps: Some(2),
        ..StateDetails::default()
    };
    let tpm = StateDetails { slot: Some("a5".to_owned()), ..StateDetails::default() };
    daemon.facts().scenes = vec![Scene::State("touch", touch), Scene::Pin(tpm), rekeyed(RekeyInfo::default())];
    let all = with(&daemon).seen().typed(&["", "y", "yes", "correct horse", "8462", "8462"]).run("vault rotate").await;
    assert_eq!(daemon.facts().calls, ["Slots", "Rekey(with a3 a4 a5, login)", "ProvidePin"]);
    assert_eq!(daemon.facts().secrets, ["correct horse", "8462"]);
    daemon.facts().scenes = vec![rekeyed(RekeyInfo::default())];
    let some = with(&daemon).seen().typed(&["y", "n", "no", "y", "correct horse"]).run("vault rotate --json").await;
    assert_eq!(daemon.facts().calls[3..], ["Slots", "Rekey(with a3)"]);
    insta::assert_snapshot!(format!("{all}\n{some}"));
}

/// Nobody loses a way in because a script did not think of it.
#[tokio::test]
async fn a_script_says_what_stays() {
    let daemon = vault_with_all();
    let run = async |options: &str| {
        let (fresh, taken) = (Handed::new("correct horse"), Taken::new());
        let line =
            format!("vault rotate --passphrase-fd {} --new-recovery-fd {}{options}", fresh.number(), taken.number());
        with(&daemon).run(&line).await
    };
    let silent = run("").await;
    assert_eq!(silent.exit, Exit::Usage);
    let half = run(" --keep blue").await;
    assert_eq!(half.exit, Exit::Usage);
    assert!(!daemon.facts().calls.iter().any(|call| call.starts_with("Rekey")));
    let rest = run(" --keep blue --keep keyring --yes").await;
    let nothing = run(" --yes --json").await;
    let unknown = run(" --keep red").await;
    let rekeys: Vec<String> = daemon.facts().calls.iter().filter(|call| call.starts_with("Rekey")).cloned().collect();
    assert_eq!(rekeys, ["Rekey(with a3 a4, login)", "Rekey()"]);
    insta::assert_snapshot!(format!("{silent}\n{half}\n{rest}\n{nothing}\n{unknown}"));
}

#[tokio::test]
async fn only_one_of_several_passphrases_can_be_typed() {
    let daemon = vault();
    daemon.facts().slots.push(slot("a6", "passphrase", "ada's"));
    let left = with(&daemon).seen().typed(&["y", "correct horse"]).run("vault rotate").await;
    insta::assert_snapshot!(left);
}

#[tokio::test]
async fn a_policy_is_shown_and_set() {
    let daemon = vault_with_all();
    let any = with(&daemon).run("vault policy").await;
    let already = with(&daemon).seen().typed(&[]).run("vault policy any --json").await;
    let both = with(&daemon).seen().typed(&["y", "y", "correct horse"]).run("vault policy passphrase-and-key").await;
    assert_eq!(daemon.facts().calls.last().unwrap(), "Rekey(with a3, passphrase-and-key)");
    let barred = with(&daemon).seen().typed(&[]).run("vault policy passphrase-and-key --keep keyring").await;
    let no_key = with(&daemon).seen().typed(&["n"]).run("vault policy passphrase-and-key").await;
    daemon.facts().slots = vec![slot("a2", "recovery", ""), slot("a3", "passphrase-and-key", "blue")];
    let now = with(&daemon).run("vault policy --json").await;
    let back = with(&daemon).seen().typed(&["y", "correct horse"]).run("vault policy any").await;
    assert_eq!(daemon.facts().calls.last().unwrap(), "Rekey(with a3, any)");
    insta::assert_snapshot!(format!("{any}\n{already}\n{both}\n{barred}\n{no_key}\n{now}\n{back}"));
}

/// Who has forgotten the passphrase has the recovery code, and needs another passphrase.
#[tokio::test]
async fn with_the_recovery_code_comes_a_new_passphrase() {
    let daemon = vault();
    let left = with(&daemon).seen().typed(&[RECOVERY, "new one", "new one"]).run("vault rotate --recovery").await;
    assert_eq!(daemon.facts().calls, ["Slots", "Rekey(by recovery)"]);
    assert_eq!(daemon.facts().secrets, [RECOVERY, "new one"]);
    insta::assert_snapshot!(left);
}

/// fobd has begun to write: nothing holds it back any more, and the code of before opens nothing. So the new one is shown.
#[tokio::test]
async fn whoever_gives_up_too_late_gets_the_new_recovery_code() {
    let daemon = vault();
    daemon.facts().too_late = true;
    daemon.facts().scenes = vec![Scene::CtrlC, done()];
    let shown = with(&daemon).seen().typed(&["correct horse"]).run("vault recovery-code").await;
    assert_eq!(daemon.facts().calls, ["Slots", "Rekey()", "Cancel"]);
    assert_eq!(shown.exit, Exit::Ok);
    assert!(shown.out.contains(RECOVERY), "{shown}");
    let (fresh, taken) = (Handed::new("correct horse"), Taken::new());
    let line = format!("vault rotate --passphrase-fd {} --new-recovery-fd {}", fresh.number(), taken.number());
    let scripted = with(&daemon).run(&line).await;
    assert_eq!(taken.text(), format!("{RECOVERY}\n"));
    // Somebody else took it.
    let untaken = failed(ErrorKind::BadPipe, "the change is made, and nobody took the new recovery code");
    daemon.facts().scenes = vec![Scene::CtrlC, untaken];
    let lost = with(&daemon).seen().typed(&["correct horse"]).run("vault rotate").await;
    insta::assert_snapshot!(format!("{shown}\n{scripted}\n{lost}"));
}

#[tokio::test]
async fn whoever_gives_up_in_time_has_the_code_of_before() {
    let daemon = vault();
    daemon.facts().scenes = vec![Scene::CtrlC];
    let left = with(&daemon).seen().typed(&["correct horse"]).run("vault rotate").await;
    assert_eq!(daemon.facts().calls, ["Slots", "Rekey()", "Cancel"]);
    insta::assert_snapshot!(left);
}

/// Ctrl-C a second time waits for nothing. What is in the pipe by then is not thrown away.
#[tokio::test]
async fn whoever_does_not_wait_is_told_what_may_have_happened() {
    let daemon = vault();
    daemon.facts().too_late = true;
    daemon.facts().scenes = vec![Scene::CtrlC, Scene::CtrlC];
    let unheard = with(&daemon).seen().typed(&["correct horse"]).run("vault rotate").await;
    assert_eq!(unheard.exit, Exit::Failed);
    assert!(!unheard.to_string().contains(RECOVERY), "{unheard}");
    daemon.facts().scenes = vec![Scene::CtrlC, Scene::CtrlC, done()];
    let half = with(&daemon).seen().typed(&["correct horse"]).run("vault rotate --json").await;
    assert!(half.out.contains(RECOVERY), "{half}");
    insta::assert_snapshot!(format!("{unheard}\n{half}"));
}
