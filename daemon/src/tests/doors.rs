//! Who may do what, through the door.

use std::time::Duration;

use fob_bus::proxy::Key1Proxy;
use fob_bus::types::{
    AddOptions, AllowOptions, CeremonyOptions, CodeOptions, EditOptions, FreshOptions, ImportOptions, LogOptions,
    RecoveryOptions, ResyncOptions, SetPinOptions,
};
use fob_bus::{ErrorKind, pipe};

use super::house::{House, piped};
use super::softkey::{Softkey, Touch};

fn denied<T: std::fmt::Debug>(what: &str, outcome: fob_bus::error::Result<T>) {
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::Denied, "{what}");
}

#[tokio::test]
async fn a_stranger_learns_the_state_and_gets_nothing_else() {
    let house = House::build();
    let companion = house.unlocked().await;
    let softkey = Softkey::start(&house.path("key"), Touch::AtOnce);
    let id = companion.manager().await.attach_key(softkey.path()).await.unwrap();

    let stranger = house.stranger().await;
    let (manager, otp, webauthn) = (stranger.manager().await, stranger.otp().await, stranger.webauthn().await);
    let status = manager.status().await.unwrap();
    assert_eq!((status.vault.as_str(), status.keys), ("unlocked", 1));
    assert_eq!((status.entries, status.problem, status.vault_path.as_str()), (None, None, ""));

    let (_reader, end) = pipe::awaiting().unwrap();
    denied("init", manager.init(piped("x").into(), end.into()).await);
    denied("unlock", manager.unlock(piped("x").into(), false).await);
    denied("lock", manager.lock().await);
    denied("list", otp.list().await);
    denied("find", otp.find("x").await);
    denied("add", otp.add(piped("x").into(), AddOptions::default()).await);
    denied("import", otp.import(piped("x").into(), ImportOptions::default()).await);
    denied("remove", otp.remove("x", "x").await);
    denied("bin", otp.bin().await);
    denied("restore", otp.restore("").await);
    denied("purge", otp.purge(&["x"]).await);
    denied("edit", otp.edit("x", "x", EditOptions::default()).await);
    denied("history", otp.history("x").await);
    denied("resync", otp.resync("x", "x", piped("x").into(), ResyncOptions::default()).await);
    let codes = piped("x").into();
    denied("add recovery codes", otp.add_recovery_codes("x", "x", codes, RecoveryOptions::default()).await);
    let (_reader, end) = pipe::awaiting().unwrap();
    denied("take a recovery code", otp.take_recovery_code("x", end.into()).await);
    let (_reader, end) = pipe::awaiting().unwrap();
    denied("note", otp.note("x", end.into()).await);
    let (_reader, end) = pipe::awaiting().unwrap();
    denied("uri", otp.uri("x", piped("x").into(), end.into(), FreshOptions::default()).await);
    let (_reader, end) = pipe::awaiting().unwrap();
    denied("export", otp.export(piped("x").into(), end.into(), FreshOptions::default()).await);
    let options = CeremonyOptions::default;
    denied("create", webauthn.create_credential("", "https://example.org", "publicKey", options()).await);
    denied("get", webauthn.get_credential("", "https://example.org", "publicKey", options()).await);
    let key = Key1Proxy::new(&stranger.client, format!("/dev/fob/Fob1/key/{id}")).await.unwrap();
    // What a person would be asked about, if there were one: after the third time it is silenced.
    denied("info", key.info().await);
    denied("set PIN", key.set_pin(piped("1234").into(), SetPinOptions::default()).await);
    let (_reader, end) = pipe::awaiting().unwrap();
    denied("code", otp.code("x", CodeOptions::default(), end.into()).await);
    house.clock.sleep(Duration::from_secs(60));
    denied("attach", manager.attach_key(softkey.path()).await);
    denied("detach", manager.detach_key(&id).await);
    let policy = stranger.policy().await;
    denied("grants", policy.grants().await);
    denied("revoke", policy.revoke(vec![]).await);
    denied("clients", policy.clients().await);
    denied("allow", policy.allow("/usr/bin/true", AllowOptions::default()).await);
    denied("forget", policy.forget("/usr/bin/true").await);
    denied("log", policy.log(LogOptions::default()).await);
    assert_eq!(manager.status().await.unwrap().vault, "unlocked");
}

#[tokio::test]
async fn a_caller_is_known_by_the_socket_it_has_to_itself() {
    use std::os::unix::net::UnixStream;

    use crate::caller::{Tier, Why, of_peer};

    let house = House::of_this_test();
    let household = &house.daemon.household;
    let (ours, theirs) = UnixStream::pair().unwrap();
    assert_eq!(of_peer(&ours, household).unwrap().tier, Tier::Companion);
    // Open for whatever this process becomes by exec(2).
    rustix::io::fcntl_setfd(&theirs, rustix::io::FdFlags::empty()).unwrap();
    let shared = of_peer(&ours, household).unwrap();
    assert_eq!(shared.tier, Tier::Weak(Why::SharedSocket));
    assert!(shared.program.is_some(), "it is shown what it runs");
}
