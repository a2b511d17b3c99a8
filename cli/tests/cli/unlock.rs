//! `fob unlock`, `fob lock`, and what every command does that finds the vault locked.

use std::sync::Arc;

use fob::Exit;
use fob_bus::types::{Outcome, StateDetails, WayInfo};
use fob_bus::{CallError, ErrorKind};

use super::common::daemon::vault::way;
use super::common::daemon::{FakeDaemon, RECOVERY, Scene};
use super::common::{Handed, Left, with};

/// A locked vault with these ways in.
fn locked(ways: &[WayInfo]) -> Arc<FakeDaemon> {
    let daemon = FakeDaemon::new();
    daemon.facts().status.vault = "locked".to_owned();
    daemon.facts().ways = ways.to_vec();
    daemon
}

fn soft() -> WayInfo {
    WayInfo { retries: Some(3), slot: None, ..way("quick-pin") }
}

fn login(kind: &str) -> WayInfo {
    WayInfo { opens_with_login: true, ..way(kind) }
}

fn with_pin(kind: &str) -> WayInfo {
    WayInfo { pin: true, ..way(kind) }
}

fn touch() -> Vec<Scene> {
    let named = StateDetails { product: Some("Maker Key 5".to_owned()), key: Some("0a1b".to_owned()), ..about() };
    vec![Scene::State("working", about()), Scene::State("touch", named), opened()]
}

fn about() -> StateDetails {
    StateDetails { slot: Some("id".to_owned()), ..StateDetails::default() }
}

fn opened() -> Scene {
    Scene::Done(Outcome::default())
}

fn failed(kind: ErrorKind, message: &str) -> Scene {
    Scene::Done(Outcome {
        error: Some("NotAllowedError".to_owned()),
        cause: Some(kind.name().to_owned()),
        message: Some(message.to_owned()),
        ..Outcome::default()
    })
}

fn wrong_passphrase() -> CallError {
    CallError::new(ErrorKind::WrongPassphrase, "wrong passphrase")
}

#[tokio::test]
async fn an_open_vault_asks_for_nothing() {
    let daemon = FakeDaemon::new();
    let open = with(&daemon).typed(&[]).run("unlock").await;
    let by_key = with(&daemon).typed(&[]).run("unlock --key --json").await;
    assert_eq!(daemon.facts().calls, ["Status", "Status"]);
    // What was passed is checked all the same.
    let secret = Handed::new("correct horse");
    let checked = with(&daemon).run(&format!("unlock --passphrase-fd {}", secret.number())).await;
    assert_eq!(daemon.facts().calls[2..], ["Ways", "Unlock"]);
    daemon.facts().status.vault = "none".to_owned();
    let none = with(&daemon).typed(&[]).run("unlock").await;
    daemon.facts().status.vault = "unusable".to_owned();
    daemon.facts().status.problem = Some("it is torn".to_owned());
    let torn = with(&daemon).typed(&[]).run("unlock").await;
    insta::assert_snapshot!(format!("{open}\n{by_key}\n{checked}\n{none}\n{torn}"));
}

#[tokio::test]
async fn a_vault_is_opened_with_passphrase_or_recovery_code() {
    let daemon = locked(&[way("passphrase"), way("recovery")]);
    daemon.facts().refusals = Vec::new();
    let typed = with(&daemon).typed(&["correct horse"]).run("unlock").await;
    let recovery = Handed::new(RECOVERY);
    let recovered = with(&daemon).run(&format!("unlock --recovery --recovery-fd {} --json", recovery.number())).await;
    assert_eq!(daemon.facts().secrets, ["correct horse", RECOVERY]);
    assert_eq!(daemon.facts().calls, ["Status", "Ways", "Unlock", "Unlock(recovery)"]);
    let closed = with(&daemon).run("lock").await;
    insta::assert_snapshot!(format!("{typed}\n{recovered}\n{closed}"));
}

/// Whoever mistypes is asked again, three times at most; a script is not.
#[tokio::test]
async fn a_slip_is_forgiven_twice() {
    let daemon = locked(&[way("passphrase")]);
    let slip = |daemon: &FakeDaemon, calls: usize, wrongs: usize| {
        daemon.facts().calls.clear();
        daemon.facts().refuse_after = (0..wrongs).map(|wrong| (calls + wrong, wrong_passphrase())).collect();
    };
    slip(&daemon, 2, 2);
    let twice = with(&daemon).typed(&["one", "two", "correct horse"]).run("unlock").await;
    slip(&daemon, 2, 3);
    let thrice = with(&daemon).typed(&["one", "two", "three"]).run("unlock").await;
    slip(&daemon, 1, 1);
    let secret = Handed::new("one");
    let script = with(&daemon).run(&format!("unlock --passphrase-fd {}", secret.number())).await;
    slip(&daemon, 1, 3);
    let code = with(&daemon).typed(&["AAAA-BBBC", "AAAA-BBBD", "AAAA-BBBE"]).run("unlock --recovery").await;
    insta::assert_snapshot!(format!("{twice}\n{thrice}\n{script}\n{code}"));
}

#[tokio::test]
async fn a_key_opens_the_vault_by_a_touch() {
    let daemon = locked(&[way("passphrase"), with_pin("key")]);
    let retries =
        |left, wrong| StateDetails { retries: Some(left), wrong: Some(wrong), key: Some("0a".to_owned()), ..about() };
    daemon.facts().scenes = [vec![Scene::Pin(retries(8, false)), Scene::Pin(retries(7, true))], touch()].concat();
    let typed = with(&daemon).typed(&["1111", "8462"]).run("unlock --key").await;
    let pin = Handed::new("8462");
    daemon.facts().scenes = [vec![Scene::Pin(retries(8, false))], touch()].concat();
    let named = with(&daemon).run(&format!("unlock --key maker --pin-fd {} --json", pin.number())).await;
    assert_eq!(daemon.facts().secrets, ["1111", "8462", "8462"]);
    assert!(daemon.facts().calls.contains(&"Open(key, key 0a1b2c3d)".to_owned()), "{:?}", daemon.facts().calls);
    daemon.facts().scenes = vec![Scene::State("insert", about()), failed(ErrorKind::TimedOut, "nobody touched a key")];
    let nobody = with(&daemon).typed(&[]).run("unlock --key").await;
    insta::assert_snapshot!(format!("{typed}\n{named}\n{nobody}"));
}

/// The key goes dark: fobd hears of it.
#[tokio::test]
async fn ctrl_c_leaves_the_key_alone() {
    let daemon = locked(&[way("passphrase"), with_pin("key")]);
    daemon.facts().scenes = vec![touch().remove(1), Scene::CtrlC];
    let left = with(&daemon).typed(&[]).run("unlock --key").await;
    assert_eq!(left.exit, Exit::Failed);
    assert!(left.err.contains("you gave up"), "{left}");
    assert_eq!(daemon.facts().calls, ["Status", "Ways", "Open(key)", "Cancel"]);
    assert!(!left.err.contains("hint"), "{left}");
}

/// The touch came first: the vault is open, and the person hears of it. Nothing else is done that waited for it.
#[tokio::test]
async fn a_touch_before_ctrl_c_opens_the_vault() {
    let daemon = locked(&[way("passphrase"), with_pin("key")]);
    daemon.facts().too_late = true;
    daemon.facts().scenes = vec![touch().remove(1), Scene::CtrlC, opened()];
    let late = with(&daemon).typed(&[]).run("unlock --key").await;
    assert_eq!(late.exit, Exit::Failed);
    assert!(late.err.contains("you gave up") && late.err.contains("the vault is open all the same"), "{late}");
}

/// Such as a PIN that is too short: nothing was spent, and the key still waits.
#[tokio::test]
async fn what_can_be_no_pin_is_typed_again() {
    let daemon = locked(&[way("passphrase"), with_pin("key")]);
    let retries = StateDetails { retries: Some(8), key: Some("0a".to_owned()), ..about() };
    daemon.facts().scenes = [vec![Scene::Pin(retries)], touch()].concat();
    let short = || CallError::new(ErrorKind::PinPolicy, "a PIN has at least 4 characters");
    daemon.facts().refuse_after = vec![(3, short())];
    let typed = with(&daemon).typed(&["12", "8462"]).run("unlock --key").await;
    daemon.facts().calls.clear();
    daemon.facts().refuse_after = vec![(3, short())];
    let pin = Handed::new("12");
    let script = with(&daemon).run(&format!("unlock --key --pin-fd {}", pin.number())).await;
    assert_eq!(daemon.facts().calls.last().unwrap(), "Cancel");
    insta::assert_snapshot!(format!("{typed}\n{script}"));
}

#[tokio::test]
async fn a_passphrase_and_a_key_together_open_it_and_neither_alone() {
    let daemon = locked(&[with_pin("passphrase-and-key"), way("recovery")]);
    daemon.facts().scenes = touch();
    let typed = with(&daemon).typed(&["correct horse"]).run("unlock").await;
    let secret = Handed::new("correct horse");
    let script = with(&daemon).run(&format!("unlock --key --passphrase-fd {}", secret.number())).await;
    assert_eq!(daemon.facts().secrets, ["correct horse"; 2]);
    assert_eq!(daemon.facts().calls.iter().filter(|call| *call == "Open(passphrase-and-key)").count(), 2);
    // A wrong one costs another touch.
    daemon.facts().then.push_back(vec![failed(ErrorKind::WrongPassphrase, "wrong passphrase, or another key")]);
    let slip = with(&daemon).typed(&["corect horse", "correct horse"]).run("unlock").await;
    insta::assert_snapshot!(format!("{typed}\n{script}\n{slip}"));
}

/// Nobody is asked; what does not work is said, and then the passphrase is asked for.
#[tokio::test]
async fn what_opens_with_the_login_is_tried_first() {
    let daemon = locked(&[way("passphrase"), login("secret-service"), login("tpm2")]);
    daemon.facts().then.push_back(vec![failed(ErrorKind::NoKeyring, "the keyring stays locked")]);
    daemon.facts().scenes = vec![opened()];
    let by_tpm = with(&daemon).run("unlock").await;
    assert_eq!(daemon.facts().calls, ["Status", "Ways", "Open(id-of-secret-service)", "Open(id-of-tpm2)"]);
    let json = with(&daemon).run("unlock --keyring --json").await;
    daemon.facts().scenes = vec![failed(ErrorKind::NoKeyring, "the keyring \u{202e}stays locked")];
    let asked = with(&daemon).typed(&["correct horse"]).run("unlock").await;
    let script = with(&daemon).run("unlock").await;
    assert_eq!(script.exit, Exit::Usage, "{script}");
    insta::assert_snapshot!(format!("{by_tpm}\n{json}\n{asked}\n{script}"));
}

#[tokio::test]
async fn a_tpm_asks_for_its_pin() {
    let daemon = locked(&[way("passphrase"), with_pin("tpm2"), with_pin("key")]);
    let wrong = StateDetails { wrong: Some(true), ..about() };
    daemon.facts().scenes = vec![Scene::Pin(about()), Scene::Pin(wrong), opened()];
    let typed = with(&daemon).typed(&["1111", "8462"]).run("unlock --tpm").await;
    let hinted = with(&daemon).typed(&["correct horse"]).run("unlock").await;
    daemon.facts().ways[1].problem = Some("this machine has no TPM".to_owned());
    let none = with(&daemon).typed(&[]).run("unlock --tpm").await;
    let keyring = with(&daemon).typed(&[]).run("unlock --keyring").await;
    insta::assert_snapshot!(format!("{typed}\n{hinted}\n{none}\n{keyring}"));
}

#[tokio::test]
async fn a_soft_lock_asks_for_the_quick_pin() {
    let daemon = locked(&[soft(), way("passphrase")]);
    daemon.facts().status.vault = "soft-locked".to_owned();
    let right = with(&daemon).typed(&["8462"]).run("unlock").await;
    let wrong = |left: u32| CallError::new(ErrorKind::PinInvalid, "wrong PIN").with_retries(left);
    let over = CallError::new(ErrorKind::Locked, "wrong PIN, and it was the last try: the vault is locked");
    daemon.facts().calls.clear();
    daemon.facts().refuse_after = vec![(2, wrong(2)), (3, wrong(1)), (4, over)];
    let wrong_ones = with(&daemon).typed(&["1111", "2222", "3333", "correct horse"]).run("unlock").await;
    let forgotten = with(&daemon).typed(&["", "correct horse"]).run("unlock").await;
    let gave_up = with(&daemon).typed(&["^C"]).run("unlock").await;
    let pin = Handed::new("1111");
    daemon.facts().calls.clear();
    daemon.facts().refuse_after = vec![(2, wrong(2))];
    let script = with(&daemon).run(&format!("unlock --pin --pin-fd {}", pin.number())).await;
    assert_eq!(script.exit, Exit::WrongPin);
    daemon.facts().ways.remove(0);
    let not_soft = with(&daemon).typed(&[]).run("unlock --pin").await;
    insta::assert_snapshot!(format!("{right}\n{wrong_ones}\n{forgotten}\n{gave_up}\n{script}\n{not_soft}"));
}

#[tokio::test]
async fn a_soft_lock_is_made_where_there_is_a_quick_pin() {
    let daemon = FakeDaemon::new();
    daemon.facts().status.quick_pin = Some(true);
    let soft = with(&daemon).run("lock --soft").await;
    let json = with(&daemon).run("lock --soft --json").await;
    daemon.facts().status.quick_pin = Some(false);
    let full = with(&daemon).run("lock --soft").await;
    assert_eq!(daemon.facts().calls, ["SoftLock"; 3]);
    insta::assert_snapshot!(format!("{soft}\n{json}\n{full}"));
}

/// Every command opens a locked vault as `fob unlock` does, and without anybody there only what needs nobody.
#[tokio::test]
async fn another_command_opens_the_vault_the_same_way() {
    let code = async |daemon: &Arc<FakeDaemon>, typed: Option<&[&'static str]>| -> Left {
        daemon.facts().calls.clear();
        daemon.refuse(CallError::new(ErrorKind::Locked, "the vault is locked"));
        let call = with(daemon);
        match typed {
            Some(lines) => call.typed(lines).run("otp code ada --raw").await,
            None => call.run("otp code ada --raw").await,
        }
    };
    let daemon = locked(&[way("passphrase"), way("key")]);
    let by_passphrase = code(&daemon, Some(&["correct horse"])).await;
    assert_eq!(daemon.facts().calls, ["Code(ada)", "Ways", "Unlock", "Code(ada)"]);
    let script = code(&daemon, None).await;
    assert_eq!((script.exit, script.out.as_str()), (Exit::Locked, ""));
    daemon.facts().ways = vec![with_pin("passphrase-and-key")];
    daemon.facts().scenes = touch();
    let both = code(&daemon, Some(&["correct horse"])).await;
    assert_eq!(daemon.facts().calls, ["Code(ada)", "Ways", "Open(passphrase-and-key)", "Code(ada)"]);
    daemon.facts().ways = vec![soft(), way("passphrase")];
    let quick = code(&daemon, Some(&["8462"])).await;
    assert_eq!(daemon.facts().calls, ["Code(ada)", "Ways", "QuickOpen", "Code(ada)"]);
    daemon.facts().ways = vec![way("passphrase"), login("secret-service")];
    daemon.facts().scenes = vec![opened()];
    let by_itself = code(&daemon, None).await;
    assert_eq!(daemon.facts().calls, ["Code(ada)", "Ways", "Open(id-of-secret-service)", "Code(ada)"]);
    insta::assert_snapshot!(format!("{by_passphrase}\n{script}\n{both}\n{quick}\n{by_itself}"));
}

#[tokio::test]
async fn ways_that_exclude_each_other_are_refused_at_once() {
    let daemon = locked(&[]);
    for line in
        ["unlock --key --tpm", "unlock --keyring --recovery", "unlock --pin --passphrase-fd 3", "unlock --tpm --pin"]
    {
        let left = with(&daemon).run(line).await;
        assert_eq!(left.exit, Exit::Usage, "{line}: {left}");
    }
    assert!(daemon.facts().calls.is_empty());
}
