//! Lock, unlock, and what happens when one meets the other.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use fob_bus::types::{AddOptions, MergeOptions, vault_state};
use fob_bus::{ErrorKind, pipe};

use super::{Proof, Standing};
use crate::secret;
use crate::tests::house::{House, PASSPHRASE, piped, taken};

const URI: &str = "otpauth://totp/Example:ada?secret=GEZDGNBVGY3TQOJQ&issuer=Example";

#[tokio::test]
async fn an_unlock_in_flight_is_thrown_away_by_a_lock() {
    let house = House::build();
    house.unlocked().await;
    let vault = house.daemon.vault.clone();
    vault.lock().await;
    // The passphrase is still to come when the lock does.
    let (reader, writer) = pipe::awaiting().unwrap();
    let unlocking = tokio::spawn({
        let vault = vault.clone();
        async move { vault.unlock(reader, false).await }
    });
    tokio::task::yield_now().await;
    vault.lock().await;
    let mut writer = std::io::PipeWriter::from(writer);
    writer.write_all(PASSPHRASE.as_bytes()).unwrap();
    drop(writer);
    assert_eq!(unlocking.await.unwrap().unwrap_err().kind, ErrorKind::Cancelled);
    assert!(matches!(vault.standing().await, Standing::Locked));
    vault.unlock(piped(PASSPHRASE), false).await.unwrap();
    assert!(matches!(vault.standing().await, Standing::Unlocked { .. }));
}

/// The vault is made and its code is out by then: "cancelled" would make somebody throw the code away.
#[tokio::test]
async fn a_vault_that_is_locked_while_it_is_made_is_made_and_locked() {
    let house = House::build();
    let vault = house.daemon.vault.clone();
    let (passphrase, writer) = pipe::awaiting().unwrap();
    let (code, end) = pipe::awaiting().unwrap();
    let making = tokio::spawn({
        let vault = vault.clone();
        async move { vault.init(passphrase, end).await }
    });
    tokio::task::yield_now().await;
    vault.lock().await;
    let mut writer = std::io::PipeWriter::from(writer);
    writer.write_all(PASSPHRASE.as_bytes()).unwrap();
    drop(writer);
    making.await.unwrap().unwrap();
    assert_eq!(taken(code).await.len(), 44);
    assert!(matches!(vault.standing().await, Standing::Locked));
    vault.unlock(piped(PASSPHRASE), false).await.unwrap();
}

#[tokio::test]
async fn an_unlock_of_an_open_vault_checks_the_passphrase_and_loses_no_write() {
    let house = House::build();
    house.unlocked().await;
    let vault = &house.daemon.vault;
    let uri = "otpauth://totp/Example:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let account = || fob_otp::Account::from_uri(uri).unwrap().account;
    vault.change(move |vault| vault.add(account()).map_err(|error| crate::errors::vault(&error))).await.unwrap();
    assert_eq!(vault.unlock(piped("wrong"), false).await.unwrap_err().kind, ErrorKind::WrongPassphrase);
    vault.unlock(piped(PASSPHRASE), false).await.unwrap();
    let entries = vault.read(|vault| Ok(vault.entries().len())).await.unwrap();
    assert_eq!(entries, 1);
}

#[tokio::test(start_paused = true)]
async fn an_unused_vault_locks_itself_and_a_use_puts_that_off() {
    let house = House::with_idle_lock(Some(Duration::from_secs(900)));
    let vault = house.daemon.vault.clone();
    let (code, end) = pipe::awaiting().unwrap();
    vault.init(piped(PASSPHRASE), end).await.unwrap();
    taken(code).await;
    let mut changes = vault.changes();
    let opened = tokio::time::Instant::now();
    tokio::time::sleep(Duration::from_secs(600)).await;
    vault.read(|_| Ok(())).await.unwrap();
    changes.changed().await.unwrap();
    assert_eq!(*changes.borrow(), vault_state::LOCKED);
    assert_eq!(opened.elapsed().as_secs(), 1_500);
    assert_eq!(vault.read(|_| Ok(())).await.unwrap_err().kind, ErrorKind::Locked);
}

/// The timer stands still while the machine sleeps, so it has not rung when the lid opens.
#[tokio::test(start_paused = true)]
async fn whoever_comes_first_after_a_long_sleep_finds_the_vault_locked() {
    for visitor in ["a read", "a change", "a look"] {
        let house = House::with_idle_lock(Some(Duration::from_secs(900)));
        house.unlocked().await;
        let vault = &house.daemon.vault;
        house.clock.sleep(Duration::from_secs(899));
        assert!(matches!(vault.standing().await, Standing::Unlocked { .. }), "{visitor}: its time is not up");
        house.clock.sleep(Duration::from_secs(1));
        match visitor {
            "a read" => assert_eq!(vault.read(|_| Ok(())).await.unwrap_err().kind, ErrorKind::Locked),
            "a change" => assert_eq!(vault.change(|_| Ok(())).await.unwrap_err().kind, ErrorKind::Locked),
            _ => assert!(matches!(vault.standing().await, Standing::Locked)),
        }
        assert_eq!(*vault.changes().borrow(), vault_state::LOCKED, "{visitor}");
    }
}

#[tokio::test]
async fn secrets_shield_the_process_while_the_vault_is_open() {
    let house = House::build();
    house.unlocked().await;
    assert!(crate::shield::is_up());
    house.daemon.vault.lock().await;
    assert!(!crate::shield::is_up(), "nextest gives each test a process of its own");
}

#[tokio::test]
async fn a_damaged_vault_is_named_and_left_alone() {
    let house = House::build();
    house.unlocked().await;
    let vault = &house.daemon.vault;
    vault.lock().await;
    for (case, bytes) in [("empty", &b""[..]), ("torn", b"FOBVAULT\x01\x00"), ("another file", b"hello")] {
        std::fs::write(vault.path(), bytes).unwrap();
        let Standing::Unusable(error) = vault.standing().await else { panic!("{case}") };
        assert_eq!(error.kind, ErrorKind::VaultUnusable, "{case}");
        assert_eq!(vault.unlock(piped(PASSPHRASE), false).await.unwrap_err().kind, ErrorKind::VaultUnusable, "{case}");
        assert_eq!(std::fs::read(vault.path()).unwrap(), bytes, "{case}");
    }
}

/// Half a second of Argon2 must not hold up everybody's codes; what was proven before a lock is worth nothing after it.
#[tokio::test]
async fn a_proof_holds_up_nobody_and_does_not_outlive_a_lock() {
    let house = House::build();
    house.unlocked().await;
    let vault = house.daemon.vault.clone();
    let proof = || Proof::Passphrase(secret::passphrase(&piped(PASSPHRASE)).unwrap());
    // As if another Argon2 were running: the proof waits for its turn.
    let turn = vault.opening.lock().await;
    let proving = tokio::spawn({
        let (vault, proof) = (vault.clone(), proof());
        async move { vault.prove(proof).await }
    });
    tokio::task::yield_now().await;
    assert!(vault.state.try_lock().is_ok() && !proving.is_finished(), "it waits without the vault");
    drop(turn);
    let (proven, _) = proving.await.unwrap().unwrap();
    vault.lock().await;
    vault.unlock(piped(PASSPHRASE), false).await.unwrap();
    assert_eq!(vault.change_proven(proven, |_| Ok(())).await.unwrap_err().kind, ErrorKind::Locked);
    let (proven, _) = vault.prove(proof()).await.unwrap();
    let second = secret::passphrase(&piped("tower")).unwrap();
    let added = vault.change(move |vault| {
        let way = fob_vault::NewWay::Passphrase(&second);
        vault.add_slot(&way, "", fob_vault::WithLogin::Refused).map_err(|error| crate::errors::vault(&error))
    });
    added.await.unwrap();
    let stale = vault.change_proven(proven, |_| Ok(())).await.unwrap_err();
    assert_eq!(stale.kind, ErrorKind::VaultBusy, "the ways in are others by now");
}

/// The standard price: a run is measured when the vault is made, remembered, and not measured again.
#[tokio::test]
async fn what_a_passphrase_costs_is_measured_once() {
    let house = House::with_the_real_price();
    house.unlocked().await;
    let path = house.path("state/fob/vault.price");
    let price = std::fs::read_to_string(&path).unwrap();
    assert!(price.starts_with("argon2id "), "{price}");
    let vault = &house.daemon.vault;
    let policy = vault.price_to_write().unwrap();
    assert!(policy.new_slots.is_calibrated());
    std::fs::write(&path, "argon2id 65536 4\n").unwrap();
    assert_eq!(vault.price_to_write().unwrap(), policy, "it is known, and not looked up again");
    vault.lock().await;
    vault.unlock(piped(PASSPHRASE), false).await.unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "argon2id 65536 4\n", "nor measured");
    // Lost, the next unlock that takes a passphrase is the measurement.
    std::fs::remove_file(&path).unwrap();
    let house = house.again();
    house.daemon.vault.unlock(piped(PASSPHRASE), false).await.unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("argon2id "));
}

/// A pipe that nobody writes into is waited for by who passed it, and by nobody else.
#[tokio::test]
async fn a_slow_pipe_keeps_nobody_else_waiting() {
    let house = House::build();
    let visit = house.unlocked().await;
    let vault = house.daemon.vault.clone();
    visit.otp().await.add(piped(URI).into(), AddOptions::default()).await.unwrap();
    let file = std::fs::File::open(vault.path()).unwrap();
    let pipes = || pipe::awaiting().unwrap();
    let ((a, first), (b, second), (c, third)) = (pipes(), pipes(), pipes());
    let slow = [
        tokio::spawn({
            let vault = vault.clone();
            async move { vault.unlock(a, false).await.is_ok() }
        }),
        tokio::spawn({
            let vault = vault.clone();
            async move { vault.restore("1".to_owned(), b, false).await.is_ok() }
        }),
        tokio::spawn({
            let vault = vault.clone();
            async move { vault.merge(file.into(), c, MergeOptions::default()).await.is_ok() }
        }),
    ];
    tokio::task::yield_now().await;
    let swift = vault.unlock(piped(PASSPHRASE), false);
    tokio::time::timeout(pipe::PATIENCE / 2, swift).await.expect("it need not wait for them").unwrap();
    drop((first, second, third));
    for slow in slow {
        assert!(!slow.await.unwrap(), "nothing came");
    }
}

#[tokio::test]
async fn a_barred_vault_is_not_restored_either() {
    let house = House::build();
    let visit = house.unlocked().await;
    let vault = house.daemon.vault.clone();
    visit.otp().await.add(piped(URI).into(), AddOptions::default()).await.unwrap();
    vault.bar();
    let before = std::fs::read(vault.path()).unwrap();
    let refused = vault.restore("1".to_owned(), piped(PASSPHRASE), false).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Cancelled);
    assert!(std::fs::read(vault.path()).unwrap() == before);
    vault.unbar();
    vault.restore("1".to_owned(), piped(PASSPHRASE), false).await.unwrap();
}

/// Whoever waits for a turn asks again when it comes: the vault may be locked by then.
#[tokio::test]
async fn a_lock_overtakes_those_who_wait_for_their_turn() {
    let house = House::build();
    house.unlocked().await;
    let vault = house.daemon.vault.clone();
    let turn = vault.opening.lock().await;
    let proving = tokio::spawn({
        let vault = vault.clone();
        let passphrase = fob_vault::Passphrase::new(PASSPHRASE.to_owned()).unwrap();
        async move { vault.prove(Proof::Passphrase(passphrase)).await.map(|_| ()) }
    });
    let file = std::fs::File::open(vault.path()).unwrap();
    let (reader, writer) = pipe::awaiting().unwrap();
    let merging = tokio::spawn({
        let vault = vault.clone();
        async move { vault.merge(file.into(), reader, MergeOptions::default()).await.map(|_| ()) }
    });
    tokio::task::yield_now().await;
    vault.lock().await;
    drop(turn);
    let mut writer = std::io::PipeWriter::from(writer);
    writer.write_all(PASSPHRASE.as_bytes()).unwrap();
    drop(writer);
    for overtaken in [proving, merging] {
        assert_eq!(overtaken.await.unwrap().unwrap_err().kind, ErrorKind::Locked);
    }
}

/// They used to pile up, one with each opening, and each of them locked the vault once.
#[tokio::test]
async fn one_task_watches_the_keyring_that_opened_the_vault() {
    let house = House::build();
    house.unlocked().await;
    let vault = &house.daemon.vault;
    let slots = vault.read(|vault| Ok(vault.slots())).await.unwrap();
    let ids: Vec<_> = slots.iter().filter_map(|slot| slot.id).collect();
    let watch = || {
        let alive = Arc::new(());
        let weak = Arc::downgrade(&alive);
        let watch = async move {
            std::future::pending::<()>().await;
            drop(alive);
        };
        (weak, watch)
    };
    let (other, watching) = watch();
    vault.watch_keyring(ids[1], watching).await;
    assert!(other.upgrade().is_none(), "another way in opened the vault");
    let (first, watching) = watch();
    vault.watch_keyring(ids[0], watching).await;
    assert!(first.upgrade().is_some());
    let (second, watching) = watch();
    vault.watch_keyring(ids[0], watching).await;
    while first.upgrade().is_some() {
        tokio::task::yield_now().await;
    }
    assert!(second.upgrade().is_some());
}

/// A person whose vault's file was lost was told to make a new one, and did: what was left of the old one then counted as
/// another vault's.
#[tokio::test]
async fn a_vault_that_is_gone_is_no_first_run_while_versions_of_it_are_left() {
    let house = House::build();
    let visit = house.unlocked().await;
    visit.otp().await.add(piped(URI).into(), AddOptions::default()).await.unwrap();
    let vault = house.daemon.vault.clone();
    vault.lock().await;
    let path = vault.path().to_owned();
    std::fs::remove_file(&path).unwrap();
    let Standing::Unusable(gone) = vault.standing().await else { panic!("it is gone") };
    assert!(gone.message.contains("an older version of it lies beside its place"), "{}", gone.message);
    assert_eq!(vault.read(|_| Ok(())).await.unwrap_err(), gone);
    let (_code, end) = pipe::awaiting().unwrap();
    assert_eq!(vault.init(piped(PASSPHRASE), end).await.unwrap_err(), gone);
    assert!(!path.exists());
    let versions = vault.versions(|versions| versions.len()).await.unwrap();
    let (restored, open) = vault.restore("1".to_owned(), piped(PASSPHRASE), false).await.unwrap();
    assert_eq!((versions, restored.from, open), (1, 1, true));
}
