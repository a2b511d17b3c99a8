//! Ways in by security key: enrolled, opened by, kept and removed, alone and together with the passphrase.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use fob_bus::proxy::Key1Proxy;
use fob_bus::types::{
    AddOptions, AddSlotOptions, OpenOptions, QuickPinOptions, RekeyOptions, SetPinOptions, request_state, vault_state,
    way_kind, way_policy,
};
use fob_bus::{ErrorKind, names, pipe};

use super::ceremonies::attach;
use super::house::{House, PASSPHRASE, Visit, piped, taken};
use super::running::Running;
use super::softkey::{Softkey, Touch};
use super::wishes::{added, adding, lock, not_added, opened, opening, rekeyed, renewing, state};

const URI: &str = "otpauth://totp/Example:ada?secret=GEZDGNBVGY3TQOJQ&issuer=Example";
const PIN: &str = "4711";
/// authenticatorMakeCredential (CTAP 2.3 §6.1).
const MAKE_CREDENTIAL: u8 = 0x01;

/// A key with a PIN, attached.
async fn key_with_pin(house: &House, visit: &Visit, name: &str, touch: Touch) -> (Softkey, String) {
    let key = Softkey::start(&house.path(name), touch);
    let id = attach(visit, &key).await;
    let object = Key1Proxy::new(&visit.client, format!("{}/{id}", names::KEYS)).await.unwrap();
    object.set_pin(piped(PIN).into(), SetPinOptions::default()).await.unwrap();
    (key, id)
}

fn with_pin(options: AddSlotOptions) -> AddSlotOptions {
    AddSlotOptions { pin: Some(piped(PIN).into()), ..options }
}

fn open_with_pin(kind: &str) -> OpenOptions {
    OpenOptions { pin: Some(piped(PIN).into()), ..opening(kind) }
}

#[tokio::test]
async fn a_key_is_enrolled_by_three_touches_and_opens_the_vault_by_one() {
    let house = House::build();
    let visit = house.unlocked().await;
    visit.otp().await.add(piped(URI).into(), AddOptions::default()).await.unwrap();
    let touches = Arc::new(AtomicUsize::new(0));
    let (_key, id) = key_with_pin(&house, &visit, "key", Touch::Times(touches.clone())).await;
    let mut running = Running::awaited(&visit, "add").await;
    let options = AddSlotOptions { label: Some("on my ring".into()), ..adding(way_kind::KEY) };
    visit.vault().await.add_slot(options).await.unwrap();
    let asked = running.reach(request_state::PIN).await;
    assert_eq!((asked.key.as_ref(), asked.retries, asked.wrong), (Some(&id), Some(8), Some(false)));
    running.request.provide_pin(piped(PIN).into()).await.unwrap();
    // The PIN is not asked for again: what comes next is touch after touch.
    for step in 1..=3 {
        let touch = running.reach(request_state::TOUCH).await;
        assert_eq!((touch.step, touch.steps), (Some(step), Some(3)));
        touches.fetch_add(1, Ordering::SeqCst);
    }
    let slot = running.success().await.slot.unwrap();
    let slots = visit.vault().await.slots().await.unwrap();
    let made = slots.iter().find(|known| known.id.as_ref() == Some(&slot)).unwrap();
    assert_eq!((made.kind.as_str(), made.label.as_str(), made.opens_with_login), ("key", "on my ring", false));

    lock(&visit).await;
    let ways = visit.vault().await.ways().await.unwrap();
    let kinds: Vec<_> = ways.iter().map(|way| way.kind.as_str()).collect();
    assert_eq!(kinds, [way_kind::PASSPHRASE, way_kind::RECOVERY, way_kind::KEY]);
    assert_eq!((ways[2].slot.as_ref(), ways[2].pin, ways[2].problem.as_ref()), (Some(&slot), true, None));
    let mut running = Running::awaited(&visit, "open").await;
    visit.vault().await.open(opening(way_kind::KEY)).await.unwrap();
    running.reach(request_state::PIN).await;
    running.request.provide_pin(piped("0000").into()).await.unwrap();
    let asked = running.reach(request_state::PIN).await;
    assert_eq!((asked.retries, asked.wrong), (Some(7), Some(true)));
    running.request.provide_pin(piped(PIN).into()).await.unwrap();
    running.reach(request_state::TOUCH).await;
    touches.fetch_add(1, Ordering::SeqCst);
    running.success().await;
    assert_eq!(visit.otp().await.list().await.unwrap().len(), 1);
    let slots = visit.vault().await.slots().await.unwrap();
    assert_eq!(slots.len(), 3);
}

#[tokio::test]
async fn what_a_vault_may_not_have_is_refused_before_a_key_is_asked() {
    let house = House::build();
    let visit = house.unlocked().await;
    let key = Softkey::start(&house.path("key"), Touch::AtOnce);
    attach(&visit, &key).await;
    let before = key.seen.commands.lock().unwrap().len();
    let unverified = AddSlotOptions { user_verification: Some(false), ..adding(way_kind::KEY) };
    assert_eq!(not_added(&visit, unverified).await, ErrorKind::WayBarred);
    assert_eq!(
        not_added(&visit, adding(way_kind::SECRET_SERVICE)).await,
        ErrorKind::WayBarred,
        "it opens with the login"
    );
    assert_eq!(not_added(&visit, adding(way_kind::TPM)).await, ErrorKind::WayBarred, "without a PIN it does too");
    let wrong = AddSlotOptions { fresh: piped("wrong").into(), ..adding(way_kind::KEY) };
    assert_eq!(not_added(&visit, wrong).await, ErrorKind::WrongPassphrase);
    assert_eq!(key.seen.commands.lock().unwrap().len(), before, "the key heard of none of it");
    let vault = visit.vault().await;
    for (case, options, expected) in [
        ("no kind", adding("fingerprint"), ErrorKind::InvalidInput),
        ("a policy", adding(way_kind::PASSPHRASE_AND_KEY), ErrorKind::InvalidInput),
        ("no new passphrase", adding(way_kind::PASSPHRASE), ErrorKind::InvalidInput),
        (
            "no such key",
            AddSlotOptions { key: Some("00000000".into()), ..adding(way_kind::KEY) },
            ErrorKind::UnknownKey,
        ),
    ] {
        assert_eq!(vault.add_slot(options).await.unwrap_err().kind, expected, "{case}");
    }
    // It is asked, and has no PIN by which it could tell who is there.
    assert_eq!(not_added(&visit, adding(way_kind::KEY)).await, ErrorKind::PinNotSet);
    assert_eq!(visit.vault().await.slots().await.unwrap().len(), 2);
    lock(&visit).await;
    assert_eq!(vault.add_slot(adding(way_kind::KEY)).await.unwrap_err().kind, ErrorKind::Locked);
}

#[tokio::test]
async fn a_second_passphrase_and_a_name() {
    let house = House::build();
    let visit = house.unlocked().await;
    let options = AddSlotOptions { passphrase: Some(piped("tower").into()), ..adding(way_kind::PASSPHRASE) };
    let slot = added(&visit, options).await;
    let vault = visit.vault().await;
    vault.label_slot(&slot, "at work").await.unwrap();
    assert_eq!(vault.label_slot(&slot, "a\nb").await.unwrap_err().kind, ErrorKind::InvalidInput);
    assert_eq!(vault.label_slot(&"0".repeat(32), "x").await.unwrap_err().kind, ErrorKind::UnknownSlot);
    assert_eq!(vault.label_slot("nonsense", "x").await.unwrap_err().kind, ErrorKind::UnknownSlot);
    let labels = |slots: Vec<fob_bus::types::SlotInfo>| slots.into_iter().map(|slot| slot.label).collect::<Vec<_>>();
    assert_eq!(labels(vault.slots().await.unwrap()), ["", "", "at work"]);
    for passphrase in [PASSPHRASE, "tower"] {
        lock(&visit).await;
        visit.manager().await.unlock(piped(passphrase).into(), false).await.unwrap();
    }
    // Only the one that was given is replaced; the other goes, since nobody presented it, and is listed.
    let (info, _) = rekeyed(&visit, |wish| wish.passphrase = Some(piped("bridge").into())).await.unwrap();
    let dropped: Vec<_> = info.dropped.iter().map(|slot| slot.label.as_str()).collect();
    assert_eq!(dropped, ["at work"]);
    lock(&visit).await;
    let refused = visit.manager().await.unlock(piped("tower").into(), false).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::WrongPassphrase);
}

#[tokio::test]
async fn a_key_is_enrolled_once_and_another_opens_nothing() {
    let house = House::build();
    let visit = house.unlocked().await;
    let (ours, _) = key_with_pin(&house, &visit, "ours", Touch::AtOnce).await;
    added(&visit, with_pin(adding(way_kind::KEY))).await;
    assert_eq!(not_added(&visit, with_pin(adding(way_kind::KEY))).await, ErrorKind::WayBarred);
    assert_eq!(visit.vault().await.slots().await.unwrap().len(), 3);
    lock(&visit).await;
    drop(ours);
    let (_other, id) = key_with_pin(&house, &visit, "other", Touch::AtOnce).await;
    let wanted = OpenOptions { key: Some(id), ..open_with_pin(way_kind::KEY) };
    assert_eq!(opened(&visit, wanted).await, Err(ErrorKind::NoKey));
    assert_eq!(state(&visit).await, vault_state::LOCKED);
}

#[tokio::test]
async fn of_two_keys_the_one_that_is_touched_opens_the_vault() {
    let house = House::build();
    let visit = house.unlocked().await;
    let touching = Arc::new(AtomicBool::new(true));
    let (_ours, id) = key_with_pin(&house, &visit, "ours", Touch::While(touching.clone())).await;
    let (other, _) = key_with_pin(&house, &visit, "other", Touch::Never).await;
    added(&visit, AddSlotOptions { key: Some(id), ..with_pin(adding(way_kind::KEY)) }).await;
    lock(&visit).await;
    touching.store(false, Ordering::SeqCst);
    let mut running = Running::awaited(&visit, "open").await;
    visit.vault().await.open(open_with_pin(way_kind::KEY)).await.unwrap();
    running.reach(request_state::SELECT).await;
    while !other.seen.blinking.load(Ordering::SeqCst) {
        tokio::task::yield_now().await;
    }
    touching.store(true, Ordering::SeqCst);
    running.success().await;
    assert_eq!(other.seen.cancels.load(Ordering::SeqCst), 1, "the one that was not touched goes dark");
    assert_eq!(state(&visit).await, vault_state::UNLOCKED);
}

#[tokio::test]
async fn an_unlock_that_is_cancelled_or_overtaken_by_a_lock_opens_nothing_and_the_key_goes_dark() {
    let house = House::build();
    let visit = house.unlocked().await;
    let touching = Arc::new(AtomicBool::new(true));
    let (key, _) = key_with_pin(&house, &visit, "key", Touch::While(touching.clone())).await;
    added(&visit, with_pin(adding(way_kind::KEY))).await;
    lock(&visit).await;
    touching.store(false, Ordering::SeqCst);
    for (times, case, expected) in [(1, "cancelled", ErrorKind::AbortError), (2, "locked", ErrorKind::Locked)] {
        let mut running = Running::awaited(&visit, "open").await;
        visit.vault().await.open(open_with_pin(way_kind::KEY)).await.unwrap();
        running.reach(request_state::TOUCH).await;
        match case {
            "cancelled" => running.request.cancel().await.unwrap(),
            _ => lock(&visit).await,
        }
        assert_eq!(running.cause().await, expected, "{case}");
        running.reach_end().await;
        assert_eq!(key.seen.cancels.load(Ordering::SeqCst), times, "{case}");
        assert!(!key.seen.blinking.load(Ordering::SeqCst), "{case}");
        assert_eq!(state(&visit).await, vault_state::LOCKED, "{case}");
    }
    touching.store(true, Ordering::SeqCst);
    assert_eq!(opened(&visit, open_with_pin(way_kind::KEY)).await, Ok(()));
}

#[tokio::test]
async fn a_key_that_is_pulled_out_and_a_wrong_pin_that_came_along_end_it() {
    let house = House::build();
    let visit = house.unlocked().await;
    let touching = Arc::new(AtomicBool::new(true));
    let (mut key, _) = key_with_pin(&house, &visit, "key", Touch::While(touching.clone())).await;
    added(&visit, with_pin(adding(way_kind::KEY))).await;
    lock(&visit).await;
    let wrong = OpenOptions { pin: Some(piped("0000").into()), ..opening(way_kind::KEY) };
    assert_eq!(opened(&visit, wrong).await, Err(ErrorKind::PinInvalid));
    touching.store(false, Ordering::SeqCst);
    let mut running = Running::awaited(&visit, "open").await;
    visit.vault().await.open(open_with_pin(way_kind::KEY)).await.unwrap();
    running.reach(request_state::TOUCH).await;
    tokio::task::spawn_blocking(move || key.pull()).await.unwrap();
    assert_eq!(running.cause().await, ErrorKind::KeyRemoved);
    assert_eq!(state(&visit).await, vault_state::LOCKED);
    let unknown = opened(&visit, opening(way_kind::TPM)).await;
    assert_eq!(unknown, Err(ErrorKind::UnknownSlot));
}

#[tokio::test]
async fn a_removed_key_opens_neither_the_vault_nor_a_version_and_a_kept_one_goes_on() {
    let house = House::build();
    let visit = house.unlocked().await;
    visit.otp().await.add(piped(URI).into(), AddOptions::default()).await.unwrap();
    let (lost, lost_id) = key_with_pin(&house, &visit, "lost", Touch::AtOnce).await;
    let lost_slot = added(&visit, with_pin(adding(way_kind::KEY))).await;
    visit.manager().await.detach_key(&lost_id).await.unwrap();
    let touches = Arc::new(AtomicUsize::new(3));
    let (kept, _) = key_with_pin(&house, &visit, "kept", Touch::Times(touches.clone())).await;
    let options = AddSlotOptions { label: Some("spare".into()), ..with_pin(adding(way_kind::KEY)) };
    let kept_slot = added(&visit, options).await;
    let mut running = Running::awaited(&visit, "rekey").await;
    let (code, end) = pipe::awaiting().unwrap();
    let made =
        |key: &Softkey| key.seen.commands.lock().unwrap().iter().filter(|code| **code == MAKE_CREDENTIAL).count();
    let before = made(&kept);
    let wish = RekeyOptions {
        remove: Some(vec![lost_slot.clone()]),
        keep: Some(vec![kept_slot.clone()]),
        pin: Some(piped(PIN).into()),
        ..renewing(end)
    };
    visit.vault().await.rekey(wish).await.unwrap();
    for step in 1..=2 {
        let touch = running.reach(request_state::TOUCH).await;
        assert_eq!((touch.step, touch.steps, touch.label.as_deref()), (Some(step), Some(2), Some("spare")));
        assert_eq!(touch.slot.as_ref(), Some(&kept_slot));
        touches.fetch_add(1, Ordering::SeqCst);
    }
    let info = running.success().await.rekeyed.unwrap();
    running.reach_end().await;
    assert_eq!((info.dropped.len(), info.not_removed.len(), info.warnings.len()), (0, 0, 0));
    assert_eq!(taken(code).await.len(), 44);
    assert_eq!(made(&kept), before, "the same credential with another salt");
    let slots = visit.vault().await.slots().await.unwrap();
    let told: Vec<_> = slots.iter().map(|slot| (slot.kind.as_str(), slot.label.as_str())).collect();
    assert_eq!(told, [("passphrase", ""), ("key", "spare"), ("recovery", "")]);

    lock(&visit).await;
    touches.fetch_add(1, Ordering::SeqCst);
    assert_eq!(opened(&visit, open_with_pin(way_kind::KEY)).await, Ok(()), "the one that stays");
    lock(&visit).await;
    drop(kept);
    attach(&visit, &lost).await;
    assert_eq!(opened(&visit, open_with_pin(way_kind::KEY)).await, Err(ErrorKind::NoKey));
    let by_id = OpenOptions { slot: Some(lost_slot), ..open_with_pin(way_kind::KEY) };
    assert_eq!(opened(&visit, by_id).await, Err(ErrorKind::UnknownSlot));
}

#[tokio::test]
async fn a_kept_key_is_waited_for_while_another_one_is_there() {
    let house = House::build();
    let visit = house.unlocked().await;
    let (first, first_id) = key_with_pin(&house, &visit, "first", Touch::AtOnce).await;
    let slot = added(&visit, with_pin(adding(way_kind::KEY))).await;
    visit.manager().await.detach_key(&first_id).await.unwrap();
    let (_second, _) = key_with_pin(&house, &visit, "second", Touch::AtOnce).await;
    let mut running = Running::awaited(&visit, "rekey").await;
    let (code, end) = pipe::awaiting().unwrap();
    let wish = RekeyOptions { keep: Some(vec![slot.clone()]), pin: Some(piped(PIN).into()), ..renewing(end) };
    visit.vault().await.rekey(wish).await.unwrap();
    let wanted = running.reach(request_state::INSERT).await;
    assert_eq!(wanted.slot, Some(slot), "another key is there, and is not the one");
    attach(&visit, &first).await;
    assert!(running.success().await.rekeyed.unwrap().dropped.is_empty());
    assert_eq!(taken(code).await.len(), 44);
}

#[tokio::test]
async fn what_rekey_cannot_do_is_refused_and_nothing_changes() {
    let house = House::build();
    let visit = house.unlocked().await;
    let slots = visit.vault().await.slots().await.unwrap();
    let (passphrase, recovery) = (slots[0].id.clone().unwrap(), slots[1].id.clone().unwrap());
    type Change = Box<dyn FnOnce(&mut RekeyOptions)>;
    let unknown = "0".repeat(32);
    let cases: Vec<(&str, Change, ErrorKind)> = vec![
        (
            "the last passphrase",
            Box::new({
                let id = passphrase.clone();
                move |wish| wish.remove = Some(vec![id])
            }),
            ErrorKind::WayBarred,
        ),
        (
            "an unknown slot",
            Box::new({
                let id = unknown.clone();
                move |wish| wish.remove = Some(vec![id])
            }),
            ErrorKind::UnknownSlot,
        ),
        ("an unknown slot to keep", Box::new(move |wish| wish.keep = Some(vec![unknown])), ErrorKind::UnknownSlot),
        ("the recovery code", Box::new(move |wish| wish.keep = Some(vec![recovery])), ErrorKind::InvalidInput),
        (
            "removed and kept",
            Box::new({
                let id = passphrase.clone();
                move |wish| {
                    wish.remove = Some(vec![id.clone()]);
                    wish.keep = Some(vec![id]);
                }
            }),
            ErrorKind::WayBarred,
        ),
        (
            "both, without a key",
            Box::new(|wish| wish.policy = Some(way_policy::PASSPHRASE_AND_KEY.into())),
            ErrorKind::WayBarred,
        ),
        ("no policy", Box::new(|wish| wish.policy = Some("none".into())), ErrorKind::InvalidInput),
        (
            "a kept passphrase that is replaced",
            Box::new(move |wish| {
                wish.keep = Some(vec![passphrase]);
                wish.passphrase = Some(piped("tower").into());
            }),
            ErrorKind::WayBarred,
        ),
    ];
    for (case, change, expected) in cases {
        let refused = rekeyed(&visit, change).await.unwrap_err();
        assert_eq!(refused.kind, expected, "{case}: {refused}");
    }
    assert_eq!(visit.vault().await.versions().await.unwrap().len(), 0, "nothing was written");
}

#[tokio::test]
async fn passphrase_and_key_open_the_vault_together_and_nothing_else_does() {
    let house = House::build();
    let visit = house.unlocked().await;
    let (first, first_id) = key_with_pin(&house, &visit, "first", Touch::AtOnce).await;
    let slot = added(&visit, with_pin(adding(way_kind::KEY))).await;
    let quick_pin = || QuickPinOptions { pin: Some(piped("0815").into()) };
    visit.vault().await.set_quick_pin(piped(PASSPHRASE).into(), false, quick_pin()).await.unwrap();
    let (info, code) = rekeyed(&visit, |wish| {
        wish.keep = Some(vec![slot]);
        wish.policy = Some(way_policy::PASSPHRASE_AND_KEY.into());
        wish.pin = Some(piped(PIN).into());
    })
    .await
    .unwrap();
    assert_eq!(info.dropped.len(), 0, "the passphrase goes on, together with the key");
    assert!(matches!(info.warnings.as_slice(), [one] if one.contains("quick PIN")), "{:?}", info.warnings);
    for (proof, by_recovery) in [(PASSPHRASE, false), (code.as_str(), true)] {
        let refused = visit.vault().await.set_quick_pin(piped(proof).into(), by_recovery, quick_pin()).await;
        assert_eq!(refused.unwrap_err().kind, ErrorKind::WayBarred, "a PIN would be enough");
    }
    assert!(!visit.vault().await.soft_lock().await.unwrap(), "it is a full lock");
    let alone = visit.manager().await.unlock(piped(PASSPHRASE).into(), false).await.unwrap_err();
    assert_eq!(alone.kind, ErrorKind::WayBarred, "the passphrase is right, and not enough");
    assert_eq!(opened(&visit, open_with_pin(way_kind::KEY)).await, Err(ErrorKind::UnknownSlot));
    let nothing = opened(&visit, open_with_pin(way_kind::PASSPHRASE_AND_KEY)).await;
    assert_eq!(nothing, Err(ErrorKind::InvalidInput), "the passphrase is missing");
    let both = |passphrase: &str| OpenOptions {
        passphrase: Some(piped(passphrase).into()),
        ..open_with_pin(way_kind::PASSPHRASE_AND_KEY)
    };
    assert_eq!(opened(&visit, both("wrong")).await, Err(ErrorKind::WrongPassphrase));
    assert_eq!(opened(&visit, both(PASSPHRASE)).await, Ok(()));
    let barred = AddSlotOptions { passphrase: Some(piped("x").into()), ..adding(way_kind::PASSPHRASE) };
    assert_eq!(not_added(&visit, barred).await, ErrorKind::WayBarred);
    let barred = AddSlotOptions { login: Some(true), ..adding(way_kind::SECRET_SERVICE) };
    assert_eq!(not_added(&visit, barred).await, ErrorKind::WayBarred);

    // Its credential shows itself to a verified person alone: so the key is asked for the PIN that the new one can do without.
    let again = AddSlotOptions {
        user_verification: Some(false),
        key: Some(first_id.clone()),
        ..with_pin(adding(way_kind::KEY))
    };
    assert_eq!(not_added(&visit, again).await, ErrorKind::WayBarred, "it is enrolled already");

    // A second key, which need not know who is there. One of today's keys proves that somebody may add it.
    let touches = Arc::new(AtomicUsize::new(0));
    let second = Softkey::start(&house.path("second"), Touch::Times(touches.clone()));
    let second_id = attach(&visit, &second).await;
    let mut running = Running::awaited(&visit, "add").await;
    let options = AddSlotOptions {
        user_verification: Some(false),
        key: Some(second_id),
        label: Some("second".into()),
        ..with_pin(adding(way_kind::KEY))
    };
    visit.vault().await.add_slot(options).await.unwrap();
    let mut step = 0;
    while step < 4 {
        let touch = running.reach(request_state::TOUCH).await;
        // The first one is the other key's, which is touched so fast that nobody may have heard of it.
        assert!(touch.step > Some(step) && (step > 0 || touch.step <= Some(2)), "{touch:?}");
        assert_eq!(touch.steps, Some(4));
        step = touch.step.unwrap();
        touches.fetch_add(usize::from(step > 1), Ordering::SeqCst);
    }
    running.success().await;
    running.reach_end().await;
    touches.fetch_add(1, Ordering::SeqCst);
    visit.manager().await.detach_key(&first_id).await.unwrap();
    lock(&visit).await;
    assert_eq!(opened(&visit, both(PASSPHRASE)).await, Ok(()), "no PIN is asked for");

    // By the recovery code: a fresh passphrase, without a touch; and back to any.
    lock(&visit).await;
    visit.manager().await.unlock(piped(&code).into(), true).await.unwrap();
    let (info, _) = rekeyed(&visit, |wish| {
        wish.fresh = piped(&code).into();
        wish.by_recovery = Some(true);
        wish.passphrase = Some(piped("tower").into());
        wish.policy = Some(way_policy::ANY.into());
    })
    .await
    .unwrap();
    let mut dropped: Vec<_> = info.dropped.iter().map(|slot| slot.label.as_str()).collect();
    dropped.sort_unstable();
    assert_eq!(dropped, ["", "second"]);
    lock(&visit).await;
    visit.manager().await.unlock(piped("tower").into(), false).await.unwrap();
    drop((first, second));
}
