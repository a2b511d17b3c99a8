//! `fob key …`.

use fob::Exit;
use fob_bus::{CallError, ErrorKind};

use super::common::daemon::{FakeDaemon, key};
use super::common::{Handed, with};

#[tokio::test]
async fn keys_are_listed_with_their_problems() {
    let daemon = FakeDaemon::new();
    let mut unreadable = key("ffeeddcc", "Strange\u{1b}]0;x\u{7} Key");
    unreadable.problem = Some("this user may not open it".to_owned());
    daemon.facts().keys.push(unreadable);
    let shown = with(&daemon).run("key list").await;
    let json = with(&daemon).run("key list --json").await;
    daemon.facts().keys.clear();
    let none = with(&daemon).run("key list").await;
    insta::assert_snapshot!(format!("{shown}\n{json}\n{none}"));
}

#[tokio::test]
async fn a_key_says_about_itself() {
    let daemon = FakeDaemon::new();
    let shown = with(&daemon).run("key info").await;
    let json = with(&daemon).run("key info --json --key maker").await;
    insta::assert_snapshot!(format!("{shown}\n{json}"));
}

#[tokio::test]
async fn among_several_keys_one_has_to_be_named() {
    let daemon = FakeDaemon::new();
    daemon.facts().keys.push(key("0a99", "Other Key"));
    let none_named = with(&daemon).run("key info").await;
    let unclear = with(&daemon).run("key info --key 0a").await;
    let unknown = with(&daemon).run("key info --key zz").await;
    daemon.facts().keys.clear();
    let no_key = with(&daemon).run("key info").await;
    insta::assert_snapshot!(format!("{none_named}\n{unclear}\n{unknown}\n{no_key}"));
}

#[tokio::test]
async fn a_socket_is_attached_by_its_whole_path() {
    let daemon = FakeDaemon::new();
    let attached = with(&daemon).run("key attach ./softkey").await;
    let detached = with(&daemon).run("key detach maker --json").await;
    let whole = std::path::absolute("softkey").unwrap().display().to_string();
    assert_eq!(daemon.facts().calls, [format!("AttachKey({whole})"), "DetachKey(0a1b2c3d)".to_owned()]);
    insta::assert_snapshot!(format!("{attached}\n{detached}"));
}

#[tokio::test]
async fn the_first_pin_is_set() {
    let daemon = FakeDaemon::new();
    daemon.facts().info.pin_set = Some(false);
    let typed = with(&daemon).typed(&["8462", "8462"]).run("key pin set").await;
    let handed = Handed::new("8462\n");
    let scripted = with(&daemon).run(&format!("key pin set --json --pin-fd {}", handed.number())).await;
    assert_eq!(daemon.facts().secrets, ["8462"; 2]);
    daemon.facts().info.pin_set = Some(true);
    let again = with(&daemon).run("key pin set").await;
    insta::assert_snapshot!(format!("{typed}\n{scripted}\n{again}"));
}

#[tokio::test]
async fn a_pin_is_changed_and_the_old_one_goes_along() {
    let daemon = FakeDaemon::new();
    let typed = with(&daemon).typed(&["8462", "9573", "9573"]).run("key pin change").await;
    assert_eq!(daemon.facts().secrets, ["8462", "9573"]);
    daemon.refuse(CallError::new(ErrorKind::PinInvalid, "wrong PIN, 7 tries left").with_retries(7));
    let (old, new) = (Handed::new("1111"), Handed::new("9573"));
    daemon.facts().refusals.insert(0, CallError::new(ErrorKind::Busy, "another program uses the key"));
    let busy =
        with(&daemon).run(&format!("key pin change --pin-fd {} --new-pin-fd {}", old.number(), new.number())).await;
    assert_eq!(busy.exit, Exit::Failed);
    insta::assert_snapshot!(typed);
}

#[tokio::test]
async fn a_try_is_never_spent_without_need() {
    let daemon = FakeDaemon::new();
    let mut text = String::new();
    for (set, retries, power_cycle) in [
        (Some(false), None, None),
        (Some(true), Some(0), None),
        (Some(true), Some(5), Some(true)),
        (Some(true), Some(1), None),
    ] {
        {
            let mut facts = daemon.facts();
            facts.info.pin_set = set;
            facts.info.pin_retries = retries;
            facts.info.pin_needs_power_cycle = power_cycle;
        }
        text.push_str(&format!("{}\n", with(&daemon).run("key pin change").await));
    }
    let no = with(&daemon).typed(&["n"]).run("key pin change").await;
    assert!(!daemon.facts().calls.contains(&"SetPin".to_owned()));
    let yes = with(&daemon).typed(&["y", "8462", "9573", "9573"]).run("key pin change").await;
    assert_eq!(yes.exit, Exit::Ok);
    insta::assert_snapshot!(format!("{text}{no}"));
}
