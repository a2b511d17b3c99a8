//! `fob vault slot …` and `fob vault pin …`.

use std::sync::Arc;

use fob::Exit;
use fob_bus::types::{Outcome, RekeyInfo, StateDetails, WayInfo};
use fob_bus::{CallError, ErrorKind};

use super::common::daemon::vault::{slot, way};
use super::common::daemon::{FakeDaemon, RECOVERY, Scene};
use super::common::{Handed, with};

/// A vault with a passphrase, a recovery code and two keys.
fn vault() -> Arc<FakeDaemon> {
    let daemon = FakeDaemon::new();
    daemon.facts().slots = vec![
        slot("a1", "passphrase", ""),
        slot("a2", "recovery", ""),
        slot("a3", "key", "blue"),
        slot("a4", "key", "old"),
    ];
    daemon
}

fn step(product: &str, step: u32, steps: u32) -> StateDetails {
    StateDetails {
        product: Some(product.to_owned()),
        key: Some("0a1b".to_owned()),
        step: Some(step),
        steps: Some(steps),
        ..StateDetails::default()
    }
}

fn added(id: &str) -> Scene {
    Scene::Done(Outcome { slot: Some(id.to_owned()), ..Outcome::default() })
}

fn rekeyed() -> Scene {
    Scene::Done(Outcome { rekeyed: Some(RekeyInfo::default()), ..Outcome::default() })
}

fn failed(kind: ErrorKind, message: &str) -> Scene {
    let (cause, message) = (Some(kind.name().to_owned()), Some(message.to_owned()));
    Scene::Done(Outcome { error: Some("NotAllowedError".to_owned()), cause, message, ..Outcome::default() })
}

#[tokio::test]
async fn a_key_is_added_with_every_touch_announced() {
    let daemon = vault();
    let pin = StateDetails { retries: Some(8), ..step("Maker Key 5", 1, 3) };
    daemon.facts().scenes = vec![
        Scene::State("select", StateDetails::default()),
        Scene::Pin(pin),
        Scene::State("touch", step("Maker Key 5", 1, 3)),
        Scene::State("working", step("Maker Key 5", 1, 3)),
        Scene::State("touch", step("Maker Key 5", 2, 3)),
        Scene::State("touch", step("Maker Key 5", 3, 3)),
        added("a3"),
    ];
    let typed = with(&daemon).typed(&["correct horse", "8462"]).run("vault slot add key --label blue").await;
    assert_eq!(daemon.facts().secrets, ["correct horse", "8462"]);
    assert_eq!(daemon.facts().calls, ["Slots", "AddSlot(key, called blue)", "ProvidePin", "Slots"]);
    let (fresh, pin) = (Handed::new("correct horse"), Handed::new("8462"));
    let line =
        format!("vault slot add key --key maker --passphrase-fd {} --pin-fd {} --json", fresh.number(), pin.number());
    let script = with(&daemon).run(&line).await;
    assert!(daemon.facts().calls.contains(&"AddSlot(key, key 0a1b2c3d)".to_owned()));
    daemon.facts().scenes = vec![failed(ErrorKind::WayBarred, "this key opens the vault already")];
    let twice = with(&daemon).typed(&["correct horse"]).run("vault slot add key").await;
    insta::assert_snapshot!(format!("{typed}\n{script}\n{twice}"));
}

#[tokio::test]
async fn the_passphrase_of_today_is_asked_for_until_it_is_right() {
    let daemon = vault();
    daemon.facts().then.push_back(vec![failed(ErrorKind::WrongPassphrase, "wrong passphrase")]);
    daemon.facts().scenes = vec![added("a1")];
    let lines = ["corect horse", "second one", "second one", "correct horse"];
    let left = with(&daemon).typed(&lines).run("vault slot add passphrase").await;
    // The new one is typed once and for all.
    assert_eq!(daemon.facts().secrets, ["corect horse", "second one", "correct horse", "second one"]);
    insta::assert_snapshot!(left);
}

#[tokio::test]
async fn what_opens_with_the_login_is_added_only_by_whoever_says_so() {
    let daemon = vault();
    let keyring = with(&daemon).typed(&[]).run("vault slot add keyring").await;
    assert!(daemon.facts().calls.is_empty());
    let mut login = slot("a5", "secret-service", "");
    login.opens_with_login = true;
    daemon.facts().slots.push(login);
    daemon.facts().scenes = vec![added("a5")];
    let accepted = with(&daemon).typed(&["correct horse"]).run("vault slot add keyring --login").await;
    assert!(daemon.facts().calls.contains(&"AddSlot(secret-service, login)".to_owned()));
    let json = with(&daemon).typed(&["correct horse"]).run("vault slot add keyring --login --json").await;
    daemon.facts().slots.push(slot("a6", "tpm2", ""));
    daemon.facts().scenes = vec![added("a6")];
    daemon.facts().secrets.clear();
    let tpm = with(&daemon).typed(&["correct horse", "8462", "8462"]).run("vault slot add tpm").await;
    assert_eq!(daemon.facts().secrets, ["correct horse", "8462"]);
    let fresh = Handed::new("correct horse");
    let line = format!("vault slot add tpm --login --label laptop --passphrase-fd {}", fresh.number());
    let without_pin = with(&daemon).run(&line).await;
    assert_eq!(daemon.facts().secrets[2..], ["correct horse"]);
    assert!(daemon.facts().calls.contains(&"AddSlot(tpm2, called laptop, login)".to_owned()));
    let unheard = with(&daemon).typed(&[]).run("vault slot add tpm --login --pin-fd 3").await;
    assert_eq!(unheard.exit, Exit::Usage);
    insta::assert_snapshot!(format!("{keyring}\n{accepted}\n{json}\n{tpm}\n{without_pin}"));
}

/// Where the vault wants both, a key is added with the passphrase of today; who has forgotten that gives another one.
#[tokio::test]
async fn a_key_for_both_together_has_a_passphrase() {
    let daemon = vault();
    daemon.facts().slots = vec![
        slot("a2", "recovery", ""),
        slot("a3", "passphrase-and-key", "blue"),
        slot("a4", "passphrase-and-key", ""),
    ];
    daemon.facts().scenes = vec![Scene::State("touch", step("Maker Key 5", 1, 1)), added("a4")];
    let usual = with(&daemon).typed(&["correct horse"]).run("vault slot add key --without-pin").await;
    let code = Handed::new(RECOVERY);
    let line = format!("vault slot add key --recovery-fd {}", code.number());
    let forgotten = with(&daemon).typed(&["new one", "new one"]).run(&line).await;
    assert_eq!(daemon.facts().secrets, ["correct horse", RECOVERY, "new one"]);
    let calls = daemon.facts().calls.clone();
    assert_eq!([&calls[1], &calls[4]], ["AddSlot(key, without UV)", "AddSlot(key, by recovery)"]);
    insta::assert_snapshot!(format!("{usual}\n{forgotten}"));
}

#[tokio::test]
async fn a_way_in_gets_a_name() {
    let daemon = vault();
    let named = with(&daemon).run_args(["vault", "slot", "rename", "old", "the red \u{202e}one"]).await;
    let json = with(&daemon).run("vault slot rename a3 green --json").await;
    let nameless = with(&daemon).run_args(["vault", "slot", "rename", "blue", ""]).await;
    assert!(daemon.facts().calls.contains(&"LabelSlot(a3, green)".to_owned()));
    let several = with(&daemon).run("vault slot rename key green").await;
    let unknown = with(&daemon).run("vault slot rename red green").await;
    insta::assert_snapshot!(format!("{named}\n{json}\n{nameless}\n{several}\n{unknown}"));
}

#[tokio::test]
async fn a_removed_way_in_goes_under_a_new_key_and_the_others_stay_by_a_touch() {
    let daemon = vault();
    let label = StateDetails { label: Some("blue".to_owned()), ..step("Maker Key 5", 1, 1) };
    daemon.facts().scenes = vec![Scene::State("touch", label), rekeyed()];
    let typed = with(&daemon).seen().typed(&["", "y", "correct horse"]).run("vault slot remove old").await;
    assert_eq!(daemon.facts().calls, ["Slots", "Rekey(without a4, with a3)"]);
    let alone = with(&daemon).seen().typed(&["n", "y", "correct horse"]).run("vault slot remove a4 --json").await;
    assert_eq!(daemon.facts().calls[2..], ["Slots", "Rekey(without a4)"]);
    let no = with(&daemon).seen().typed(&["y", "n"]).run("vault slot remove old").await;
    let recovery = with(&daemon).seen().typed(&[]).run("vault slot remove recovery").await;
    let both = with(&daemon).seen().typed(&[]).run("vault slot remove old --keep old").await;
    daemon.facts().scenes = vec![failed(ErrorKind::WayBarred, "one passphrase has to stay")];
    let fresh = Handed::new("correct horse");
    let line = "vault slot remove passphrase --keep blue --keep old --yes --passphrase-fd";
    let last = with(&daemon).seen().run(&format!("{line} {}", fresh.number())).await;
    insta::assert_snapshot!(format!("{typed}\n{alone}\n{no}\n{recovery}\n{both}\n{last}"));
}

#[tokio::test]
async fn a_quick_pin_is_set_and_taken_away() {
    let daemon = vault();
    let set = with(&daemon).typed(&["correct horse", "8462", "8462"]).run("vault pin set").await;
    assert_eq!(daemon.facts().secrets, ["correct horse", "8462"]);
    let (fresh, pin) = (Handed::new(RECOVERY), Handed::new("8462"));
    let line = format!("vault pin set --recovery-fd {} --pin-fd {} --json", fresh.number(), pin.number());
    let json = with(&daemon).run(&line).await;
    let gone = with(&daemon).typed(&["correct horse"]).run("vault pin remove").await;
    assert_eq!(daemon.facts().secrets[2..], [RECOVERY, "8462", "correct horse"]);
    let sets = daemon.facts().calls.iter().filter(|call| call.starts_with("SetQuickPin")).cloned().collect::<Vec<_>>();
    assert_eq!(sets, ["SetQuickPin(false)", "SetQuickPin(true)", "SetQuickPin(false)"]);
    daemon.facts().calls.clear();
    let short = CallError::new(ErrorKind::PinPolicy, "a quick PIN has 4 to 64 characters");
    daemon.facts().refuse_after = vec![(2, short)];
    let refused = with(&daemon).typed(&["correct horse", "123", "123"]).run("vault pin set").await;
    insta::assert_snapshot!(format!("{set}\n{json}\n{gone}\n{refused}"));
}

/// The passphrase alone is no proof there, and a quick PIN would be less than both.
#[tokio::test]
async fn where_both_are_wanted_neither_the_passphrase_nor_a_quick_pin_will_do() {
    let daemon = vault();
    daemon.facts().slots = vec![slot("a2", "recovery", ""), slot("a3", "passphrase-and-key", "blue")];
    daemon.facts().ways = vec![way("passphrase-and-key")];
    let barred = with(&daemon).typed(&[]).run("vault pin set --recovery").await;
    let export = with(&daemon).typed(&[]).run("otp export --to json --out - --force").await;
    let gone = with(&daemon).typed(&[RECOVERY]).run("vault pin remove --recovery").await;
    assert_eq!((export.exit, gone.exit), (Exit::Failed, Exit::Ok), "{export}{gone}");
    insta::assert_snapshot!(format!("{barred}\n{export}"));
}

#[tokio::test]
async fn the_doctor_looks_at_the_ways_in() {
    let daemon = vault();
    let tpm = WayInfo { problem: Some("this machine has no TPM".to_owned()), ..way("tpm2") };
    daemon.facts().ways = vec![way("passphrase"), tpm];
    let left = with(&daemon).run("doctor").await;
    let lines: Vec<&str> = left.out.lines().skip_while(|line| !line.contains("ways in")).take(3).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn a_request_that_fails_tells_no_secret() {
    const SECRET: &str = "Tr0ub4dor-and-3";
    for kind in ErrorKind::ALL {
        for (line, options) in [
            ("unlock --key", &["--passphrase-fd", "--pin-fd"][..]),
            ("vault slot add passphrase", &["--passphrase-fd", "--new-passphrase-fd"]),
            ("vault slot add tpm", &["--recovery-fd", "--pin-fd"]),
            ("vault rotate --yes --new-recovery-fd 2", &["--recovery-fd", "--new-passphrase-fd", "--pin-fd"]),
        ] {
            for json in ["", " --json"] {
                let daemon = vault();
                daemon.facts().status.vault = "locked".to_owned();
                daemon.facts().ways = vec![way("passphrase-and-key")];
                daemon.facts().scenes = vec![failed(*kind, "what happened")];
                if !line.contains("add") {
                    daemon.facts().scenes.insert(0, Scene::Pin(step("Maker Key 5", 1, 1)));
                }
                let handed: Vec<Handed> = options.iter().map(|_| Handed::new(SECRET)).collect();
                let named = options.iter().zip(&handed).map(|(option, pipe)| format!(" {option} {}", pipe.number()));
                let line = format!("{line}{}{json}", named.collect::<String>());
                let left = with(&daemon).seen().run(&line).await;
                assert_ne!(left.exit, Exit::Ok, "{line} {kind:?}");
                assert!(!left.to_string().contains(SECRET), "{line} {kind:?}: {left}");
                assert!(daemon.facts().secrets.iter().all(|secret| secret == SECRET), "{line}");
                assert!(left.err.contains("what happened"), "it got as far as the request: {left}");
            }
        }
    }
}

#[tokio::test]
async fn without_a_tpm_no_pin_for_it_is_asked_for() {
    let daemon = FakeDaemon::new();
    let left = with(&daemon).typed(&[]).without_tpm().run("vault slot add tpm").await;
    assert_eq!((left.exit, left.asked.len(), daemon.facts().calls.len()), (Exit::Failed, 0, 0), "{left}");
    assert!(left.err.contains("this machine has no TPM") && left.err.contains("hint: "), "{left}");
}
