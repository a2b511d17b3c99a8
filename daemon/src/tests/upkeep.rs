//! Older versions, ways in, and a new passphrase, as a companion sees them.

use std::os::fd::OwnedFd;

use fob_bus::error::Result;
use fob_bus::types::{
    AddOptions, ImportOptions, MergeOptions, OpenOptions, RekeyInfo, RekeyOptions, merge_outcome, version_state,
};
use fob_bus::{CallError, ErrorKind, pipe};

use super::house::{House, PASSPHRASE, Visit, piped, taken};
use super::running::Running;

const FIRST: &str = "otpauth://totp/Example:ada?secret=GEZDGNBVGY3TQOJQ&issuer=Example";
const SECOND: &str = "otpauth://totp/Other:bob?secret=JBSWY3DPEHPK3PXP&issuer=Other";
const COUNTED: &str = "otpauth://hotp/Counted:eve?secret=MZXW6YTBOI&issuer=Counted&counter=3";

async fn add(visit: &Visit, uri: &str) {
    visit.otp().await.add(piped(uri).into(), AddOptions::default()).await.unwrap();
}

async fn names(visit: &Visit) -> Vec<String> {
    visit.otp().await.list().await.unwrap().into_iter().map(|entry| entry.name).collect()
}

fn kind<T: std::fmt::Debug>(outcome: Result<T>) -> ErrorKind {
    outcome.unwrap_err().kind
}

/// A new vault key with these options, and the recovery code that came with it.
async fn rekeyed(visit: &Visit, proof: &str, options: impl FnOnce(&mut RekeyOptions)) -> Result<(RekeyInfo, String)> {
    let (code, end) = pipe::awaiting().unwrap();
    let mut wish = wish(proof, end);
    options(&mut wish);
    let mut running = Running::awaited(visit, "rekey").await;
    let begun = visit.vault().await.rekey(wish).await;
    let outcome = match begun {
        Ok(_) => running.outcome().await,
        Err(error) => {
            drop(code);
            return Err(error);
        }
    };
    running.reach_end().await;
    let given = taken(code).await;
    assert_eq!(outcome.error.is_some(), given.is_empty(), "a refusal came with {given:?}");
    match outcome.cause {
        Some(cause) => Err(CallError::new(ErrorKind::from_name(&cause).unwrap(), outcome.message.unwrap())),
        None => Ok((outcome.rekeyed.unwrap(), given)),
    }
}

fn wish(proof: &str, recovery: OwnedFd) -> RekeyOptions {
    RekeyOptions {
        handle_token: "rekey".into(),
        fresh: piped(proof).into(),
        by_recovery: None,
        passphrase: None,
        recovery: recovery.into(),
        remove: None,
        keep: None,
        policy: None,
        login: None,
        pin: None,
    }
}

async fn changed(visit: &Visit, proof: &str, by_recovery: bool, new: &str) -> Result<(RekeyInfo, String)> {
    let options = |options: &mut RekeyOptions| {
        options.by_recovery = Some(by_recovery);
        options.passphrase = Some(piped(new).into());
    };
    rekeyed(visit, proof, options).await
}

async fn unlocks(visit: &Visit, secret: &str, recovery: bool) -> Result<()> {
    let manager = visit.manager().await;
    manager.lock().await.unwrap();
    manager.unlock(piped(secret).into(), recovery).await
}

#[tokio::test]
async fn an_import_leaves_the_vault_as_it_was_beside_it() {
    let house = House::build();
    let visit = house.unlocked().await;
    add(&visit, FIRST).await;
    let dry = ImportOptions { dry_run: Some(true), ..ImportOptions::default() };
    visit.otp().await.import(piped(SECOND).into(), dry).await.unwrap();
    let imported = |version: &fob_bus::types::VersionInfo| version.occasion.as_deref() == Some("import");
    assert!(!visit.vault().await.versions().await.unwrap().iter().any(imported), "a dry run keeps nothing");
    visit.otp().await.import(piped(SECOND).into(), ImportOptions::default()).await.unwrap();
    let versions = visit.vault().await.versions().await.unwrap();
    let before = versions.iter().find(|version| imported(version)).unwrap();
    assert_eq!((before.generation, before.state.as_str()), (2, version_state::VERIFIED));
    let restored = visit.vault().await.restore(&before.name, piped(PASSPHRASE).into(), false).await.unwrap();
    assert_eq!((restored.from, restored.generation, restored.open), (2, 4, true));
    assert!(restored.foreign.is_none());
    assert_eq!(names(&visit).await, ["ada"]);
}

#[tokio::test]
async fn a_version_is_put_back_by_its_generation_though_the_vault_is_locked_or_gone() {
    let house = House::build();
    let visit = house.unlocked().await;
    add(&visit, COUNTED).await;
    add(&visit, SECOND).await;
    visit.manager().await.lock().await.unwrap();
    let vault = visit.vault().await;
    let versions = vault.versions().await.unwrap();
    let told: Vec<_> = versions.iter().map(|version| (version.generation, version.state.as_str())).collect();
    assert_eq!(told, [(2, version_state::WHOLE), (1, version_state::WHOLE)]);
    assert_eq!(kind(vault.restore("2", piped("wrong").into(), false).await), ErrorKind::WrongPassphrase);
    assert_eq!(kind(vault.restore("7", piped(PASSPHRASE).into(), false).await), ErrorKind::UnknownVersion);
    assert_eq!(kind(vault.restore("../vault", piped(PASSPHRASE).into(), false).await), ErrorKind::UnknownVersion);
    assert_eq!(visit.manager().await.status().await.unwrap().vault, "locked");
    std::fs::remove_file(house.path("data/fob/vault")).unwrap();
    let restored = vault.restore("2", piped(PASSPHRASE).into(), false).await.unwrap();
    assert_eq!((restored.from, restored.resync, restored.open), (2, 1, true));
    let entries = visit.otp().await.list().await.unwrap();
    assert_eq!((entries.len(), entries[0].resync), (1, Some(true)));
    // What was put back can be written.
    add(&visit, SECOND).await;
}

#[tokio::test]
async fn a_new_passphrase_shuts_out_the_old_secrets_from_the_vault_and_its_versions() {
    let house = House::build();
    let visit = house.companion().await;
    let (code, end) = pipe::awaiting().unwrap();
    visit.manager().await.init(piped(PASSPHRASE).into(), end.into()).await.unwrap();
    let old_code = taken(code).await;
    add(&visit, FIRST).await;
    add(&visit, SECOND).await;
    assert_eq!(kind(changed(&visit, "wrong", false, "tower").await), ErrorKind::WrongPassphrase);
    assert_eq!(kind(changed(&visit, PASSPHRASE, false, PASSPHRASE).await), ErrorKind::WayBarred);
    let (info, code) = changed(&visit, PASSPHRASE, false, "tower").await.unwrap();
    assert_eq!((info.dropped.len(), info.not_removed.len(), info.warnings.len()), (0, 0, 0));
    assert_eq!(names(&visit).await, ["ada", "bob"]);
    assert_eq!(kind(unlocks(&visit, PASSPHRASE, false).await), ErrorKind::WrongPassphrase);
    assert_eq!(kind(unlocks(&visit, &old_code, true).await), ErrorKind::WrongPassphrase);
    let vault = visit.vault().await;
    assert_eq!(kind(vault.restore("2", piped(PASSPHRASE).into(), false).await), ErrorKind::WrongPassphrase);
    unlocks(&visit, "tower", false).await.unwrap();
    unlocks(&visit, &code, true).await.unwrap();
    // A forgotten passphrase is replaced by way of the code.
    let (_, newer) = changed(&visit, &code, true, "bridge").await.unwrap();
    unlocks(&visit, "bridge", false).await.unwrap();
    unlocks(&visit, &newer, true).await.unwrap();
}

#[tokio::test]
async fn a_new_recovery_code_leaves_the_passphrase_as_it_is() {
    let house = House::build();
    let visit = house.companion().await;
    let (code, end) = pipe::awaiting().unwrap();
    visit.manager().await.init(piped(PASSPHRASE).into(), end.into()).await.unwrap();
    let old = taken(code).await;
    let vault = visit.vault().await;
    assert_eq!(kind(rekeyed(&visit, "wrong", |_| {}).await), ErrorKind::WrongPassphrase);
    let by_code = |options: &mut RekeyOptions| options.by_recovery = Some(true);
    assert_eq!(kind(rekeyed(&visit, &old, by_code).await), ErrorKind::InvalidInput, "no passphrase would be left");
    let (info, new) = rekeyed(&visit, PASSPHRASE, |_| {}).await.unwrap();
    assert_eq!((info.dropped.len(), new.len()), (0, 44));
    assert_eq!(kind(unlocks(&visit, &old, true).await), ErrorKind::WrongPassphrase);
    unlocks(&visit, &new, true).await.unwrap();
    unlocks(&visit, PASSPHRASE, false).await.unwrap();
    let slots = vault.slots().await.unwrap();
    assert_eq!(slots.iter().map(|slot| slot.kind.as_str()).collect::<Vec<_>>(), ["passphrase", "recovery"]);
    assert!(slots.iter().all(|slot| slot.id.is_some() && slot.created.is_some() && !slot.opens_with_login));
}

#[tokio::test]
async fn nothing_changes_for_a_recovery_code_that_has_nowhere_to_go() {
    let house = House::build();
    let visit = house.unlocked().await;
    let vault = visit.vault().await;
    let file: OwnedFd = tempfile::tempfile().unwrap().into();
    assert_eq!(kind(vault.rekey(wish(PASSPHRASE, file)).await), ErrorKind::BadPipe);
    assert_eq!(vault.versions().await.unwrap().len(), 0, "nothing was written");
    // Nobody will read.
    let (reader, end) = pipe::awaiting().unwrap();
    drop(reader);
    let mut running = Running::awaited(&visit, "rekey").await;
    vault.rekey(wish(PASSPHRASE, end)).await.unwrap();
    let outcome = running.outcome().await;
    running.reach_end().await;
    assert_eq!(outcome.cause.as_deref(), Some(ErrorKind::BadPipe.name()));
    assert!(outcome.message.unwrap().contains("nothing was changed"));
    assert_eq!(vault.versions().await.unwrap().len(), 0, "and so it is");
}

#[tokio::test]
async fn a_change_that_is_made_is_told_of_though_nobody_took_the_code() {
    let house = House::build();
    let visit = house.unlocked().await;
    let vault = visit.vault().await;
    // Somebody could read, and does not: there is no room left in the pipe.
    let (_reader, end) = pipe::awaiting().unwrap();
    while pipe::put(&end, &[0; pipe::SHORT]).is_ok() {}
    let mut running = Running::awaited(&visit, "rekey").await;
    let options = RekeyOptions { passphrase: Some(piped("tower").into()), ..wish(PASSPHRASE, end) };
    vault.rekey(options).await.unwrap();
    let outcome = running.outcome().await;
    assert_eq!(outcome.cause.as_deref(), Some(ErrorKind::BadPipe.name()));
    assert!(outcome.message.unwrap().contains("the change is made"));
    unlocks(&visit, "tower", false).await.unwrap();
}

#[tokio::test]
async fn another_vault_is_merged_by_its_descriptor_and_left_as_it_is() {
    let (house, other) = (House::build(), House::build());
    let (visit, there) = (house.unlocked().await, other.unlocked().await);
    add(&visit, FIRST).await;
    // Every house draws the same numbers: after this they are others, and so are the ids of its accounts.
    changed(&there, PASSPHRASE, false, "theirs").await.unwrap();
    add(&there, SECOND).await;
    add(&there, FIRST).await;
    let path = other.path("data/fob/vault");
    let before = std::fs::read(&path).unwrap();
    let (vault, open) = (visit.vault().await, || std::os::fd::OwnedFd::from(std::fs::File::open(&path).unwrap()));
    let dry = MergeOptions { dry_run: Some(true), ..MergeOptions::default() };
    assert_eq!(
        kind(vault.merge(open().into(), piped(PASSPHRASE).into(), dry.clone()).await),
        ErrorKind::WrongPassphrase
    );
    let report = vault.merge(open().into(), piped("theirs").into(), dry).await.unwrap();
    assert_eq!((report.written, names(&visit).await.len()), (false, 1));
    let report = vault.merge(open().into(), piped("theirs").into(), MergeOptions::default()).await.unwrap();
    let told: Vec<_> = report.entries.iter().map(|merged| (merged.name.as_str(), merged.outcome.as_str())).collect();
    assert_eq!(told, [("bob", merge_outcome::ADDED), ("ada", merge_outcome::DUPLICATE)]);
    assert!(report.written && report.entries[1].other.is_some());
    assert_eq!(names(&visit).await, ["ada", "bob"]);
    let versions = vault.versions().await.unwrap();
    assert!(versions.iter().any(|version| version.occasion.as_deref() == Some("merge")));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    // Once more there is nothing to do.
    let again = vault.merge(open().into(), piped("theirs").into(), MergeOptions::default()).await.unwrap();
    assert!(!again.written, "{again:?}");
    visit.manager().await.lock().await.unwrap();
    let locked = vault.merge(open().into(), piped("theirs").into(), MergeOptions::default()).await;
    assert_eq!(kind(locked), ErrorKind::Locked);
}

#[tokio::test]
async fn what_is_no_vault_of_this_user_is_not_merged() {
    let house = House::build();
    let visit = house.unlocked().await;
    let vault = visit.vault().await;
    let junk = house.path("junk");
    std::fs::write(&junk, "no vault").unwrap();
    std::fs::set_permissions(&junk, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let file = |path: &std::path::Path| std::os::fd::OwnedFd::from(std::fs::File::open(path).unwrap());
    for (case, passed, expected) in [
        ("a pipe", piped("x"), ErrorKind::InvalidInput),
        ("a folder", file(house.home.path()), ErrorKind::InvalidInput),
        ("no vault", file(&junk), ErrorKind::VaultUnusable),
        ("a device", file("/dev/null".as_ref()), ErrorKind::InvalidInput),
    ] {
        let outcome = vault.merge(passed.into(), piped(PASSPHRASE).into(), MergeOptions::default()).await;
        assert_eq!(kind(outcome), expected, "{case}");
    }
    let stranger = house.stranger().await;
    let outcome = stranger.vault().await.merge(file(&junk).into(), piped("x").into(), MergeOptions::default()).await;
    assert_eq!(kind(outcome), ErrorKind::Denied);
}

#[tokio::test]
async fn upkeep_is_for_companions_and_ways_in_for_an_open_vault() {
    let house = House::build();
    let visit = house.unlocked().await;
    let stranger = house.stranger().await;
    let vault = stranger.vault().await;
    let (_code, end) = pipe::awaiting().unwrap();
    assert_eq!(kind(vault.versions().await), ErrorKind::Denied);
    assert_eq!(kind(vault.ways().await), ErrorKind::Denied);
    assert_eq!(
        kind(vault.open(OpenOptions { handle_token: "t".into(), ..OpenOptions::default() }).await),
        ErrorKind::Denied
    );
    assert_eq!(kind(vault.label_slot("0", "x").await), ErrorKind::Denied);
    assert_eq!(kind(vault.soft_lock().await), ErrorKind::Denied);
    assert_eq!(kind(vault.quick_open(piped("4711").into()).await), ErrorKind::Denied);
    assert_eq!(kind(vault.slots().await), ErrorKind::Denied);
    assert_eq!(kind(vault.restore("1", piped(PASSPHRASE).into(), false).await), ErrorKind::Denied);
    assert_eq!(kind(vault.rekey(wish(PASSPHRASE, end)).await), ErrorKind::Denied);
    visit.manager().await.lock().await.unwrap();
    assert_eq!(kind(visit.vault().await.slots().await), ErrorKind::Locked);
    assert_eq!(kind(changed(&visit, PASSPHRASE, false, "tower").await), ErrorKind::Locked);
}

#[tokio::test]
async fn a_place_that_forgets_or_is_elsewhere_is_named() {
    let house = House::in_memory();
    let visit = house.companion().await;
    let expected = "the vault is not safe where it is: it lies in memory and is gone after a restart";
    let manager = visit.manager().await;
    assert_eq!(manager.status().await.unwrap().warnings.len(), 0, "there is no folder to ask about yet");
    let (code, end) = pipe::awaiting().unwrap();
    manager.init(piped(PASSPHRASE).into(), end.into()).await.unwrap();
    taken(code).await;
    assert_eq!(manager.status().await.unwrap().warnings, [expected]);
    manager.lock().await.unwrap();
    assert_eq!(manager.status().await.unwrap().warnings, [expected]);
    assert!(house.stranger().await.manager().await.status().await.unwrap().warnings.is_empty());
}
