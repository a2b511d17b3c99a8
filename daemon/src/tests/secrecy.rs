//! No secret is ever in a message: everything that goes over a connection is looked through.

use fob_bus::proxy::Key1Proxy;
use fob_bus::types::{
    AddOptions, AddSlotOptions, CodeOptions, EditOptions, FreshOptions, QuickPinOptions, RecoveryOptions, RekeyOptions,
    ResyncOptions, SetPinOptions, request_state, way_kind,
};
use fob_bus::{names, pipe};
use futures_util::StreamExt;
use zbus::{Connection, MessageStream};

use super::ceremonies::attach;
use super::house::{House, PASSPHRASE, Visit, piped, taken};
use super::running::Running;
use super::softkey::{Softkey, Touch};
use super::wishes::{added, adding, opening, rekeyed};

/// Collects what arrives at one end until that end is closed.
fn eavesdrop(connection: &Connection) -> tokio::task::JoinHandle<Vec<u8>> {
    let mut messages = MessageStream::from(connection);
    tokio::spawn(async move {
        let mut heard = Vec::new();
        while let Some(Ok(message)) = messages.next().await {
            heard.extend_from_slice(message.data());
        }
        heard
    })
}

fn has(heard: &[u8], text: &str) -> bool {
    heard.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn no_passphrase_seed_code_or_recovery_code_is_in_a_message() {
    let house = House::build();
    let visit = house.companion().await;
    let ears = [eavesdrop(&visit.client), eavesdrop(&visit.server)];
    let (code, end) = pipe::awaiting().unwrap();
    visit.manager().await.init(piped(PASSPHRASE).into(), end.into()).await.unwrap();
    let recovery = taken(code).await;
    visit.manager().await.lock().await.unwrap();
    visit.manager().await.unlock(piped(PASSPHRASE).into(), false).await.unwrap();
    // RFC 6238 appendix B: the secret in Base32, and its code at 59 seconds.
    let seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let uri = format!("otpauth://totp/Example:ada?secret={seed}&digits=8");
    visit.otp().await.add(piped(&uri).into(), AddOptions::default()).await.unwrap();
    // Refusals repeat nothing either.
    visit.otp().await.add(piped(&uri).into(), AddOptions::default()).await.unwrap_err();
    visit
        .otp()
        .await
        .add(piped(&format!("otpauth://xotp/x?secret={seed}")).into(), AddOptions::default())
        .await
        .unwrap_err();
    visit.manager().await.unlock(piped("wrong horse").into(), false).await.unwrap_err();
    let (code, end) = pipe::awaiting().unwrap();
    visit.otp().await.code("example", CodeOptions::default(), end.into()).await.unwrap();
    assert_eq!(taken(code).await, "94287082");
    visit.otp().await.list().await.unwrap();
    around_an_account(&visit).await;
    let renewed = around_the_ways_in(&house, &visit).await;

    let Visit { client, server } = visit;
    client.close().await.unwrap();
    server.close().await.unwrap();
    let mut heard = Vec::new();
    for ear in ears {
        heard.extend(ear.await.unwrap());
    }
    assert!(has(&heard, "Example"), "the ears hear");
    for secret in [PASSPHRASE, "wrong horse", seed, "12345678901234567890", "94287082", &recovery] {
        assert!(!has(&heard, secret), "{secret}");
    }
    for secret in [SECOND, KEY_PIN, WRONG_PIN, QUICK_PIN, &renewed] {
        assert!(!has(&heard, secret), "{secret}");
    }
    for secret in [NOTE, NEW_SEED, PIN, TAKEN, LEFT, "338314", "254676"] {
        assert!(!has(&heard, secret), "{secret}");
    }
}

const NOTE: &str = "my other password is hunter2";
const NEW_SEED: &str = "JBSWY3DPEHPK3PXP";
const PIN: &str = "815081";
const TAKEN: &str = "XKCD-9361";
const LEFT: &str = "XKCD-5381";

/// Every call that has to do with a secret of an account, those that are refused too.
async fn around_an_account(visit: &Visit) {
    let otp = visit.otp().await;
    let id = otp.find("example").await.unwrap().id;
    let edit =
        EditOptions { note: Some(piped(NOTE).into()), secret: Some(piped(NEW_SEED).into()), ..EditOptions::default() };
    otp.edit(&id, &id, edit).await.unwrap();
    let refused = EditOptions { pin: Some(piped(PIN).into()), ..EditOptions::default() };
    otp.edit(&id, &id, refused).await.unwrap_err();
    let options = RecoveryOptions::default();
    let codes = format!("{TAKEN}\n{LEFT}");
    otp.add_recovery_codes(&id, &id, piped(&codes).into(), options).await.unwrap();
    let (code, end) = pipe::awaiting().unwrap();
    otp.take_recovery_code(&id, end.into()).await.unwrap();
    assert_eq!(taken(code).await, TAKEN);
    let (note, end) = pipe::awaiting().unwrap();
    otp.note(&id, end.into()).await.unwrap();
    assert_eq!(taken(note).await, NOTE);
    let pinned = AddOptions { pin: Some(piped(PIN).into()), ..AddOptions::default() };
    otp.add(piped("motp://Door:ada?secret=e3152afee62599c8").into(), pinned).await.unwrap();
    // A counter's codes: RFC 4226 appendix D, in an account that has another seed.
    otp.add(piped("otpauth://hotp/Counter:ada?secret=MZXW6YTBOI").into(), AddOptions::default()).await.unwrap();
    let counter = otp.find("counter").await.unwrap().id;
    let codes = piped("338314\n254676").into();
    otp.resync(&counter, &counter, codes, ResyncOptions::default()).await.unwrap_err();
    let (all, end) = pipe::awaiting().unwrap();
    otp.export(piped(PASSPHRASE).into(), end.into(), FreshOptions::default()).await.unwrap();
    let all = taken(all).await;
    for secret in [NEW_SEED, PIN, LEFT, TAKEN] {
        assert!(all.contains(secret), "{secret} is in the export");
    }
    let (uri, end) = pipe::awaiting().unwrap();
    otp.uri(&id, piped(PASSPHRASE).into(), end.into(), FreshOptions::default()).await.unwrap();
    assert!(taken(uri).await.contains(NEW_SEED));
    otp.history(&id).await.unwrap();
    otp.remove(&id, &id).await.unwrap();
    otp.bin().await.unwrap();
}

const SECOND: &str = "another passphrase of mine";
const KEY_PIN: &str = "6437-key";
const WRONG_PIN: &str = "9081-key";
const QUICK_PIN: &str = "7192-quick";

/// Every call that has to do with what opens the vault; the new recovery code.
async fn around_the_ways_in(house: &House, visit: &Visit) -> String {
    let vault = visit.vault().await;
    let another = AddSlotOptions { passphrase: Some(piped(SECOND).into()), ..adding(way_kind::PASSPHRASE) };
    added(visit, another).await;
    let key = Softkey::start(&house.path("key"), Touch::AtOnce);
    let id = attach(visit, &key).await;
    let object = Key1Proxy::new(&visit.client, format!("{}/{id}", names::KEYS)).await.unwrap();
    object.set_pin(piped(KEY_PIN).into(), SetPinOptions::default()).await.unwrap();
    let slot = added(visit, AddSlotOptions { pin: Some(piped(KEY_PIN).into()), ..adding(way_kind::KEY) }).await;
    let pin = Some(piped(QUICK_PIN).into());
    vault.set_quick_pin(piped(PASSPHRASE).into(), false, QuickPinOptions { pin }).await.unwrap();
    vault.soft_lock().await.unwrap();
    vault.quick_open(piped("0000").into()).await.unwrap_err();
    vault.quick_open(piped(QUICK_PIN).into()).await.unwrap();
    visit.manager().await.lock().await.unwrap();
    let mut running = Running::awaited(visit, "open").await;
    vault.open(opening(way_kind::KEY)).await.unwrap();
    running.reach(request_state::PIN).await;
    running.request.provide_pin(piped(WRONG_PIN).into()).await.unwrap();
    running.reach(request_state::PIN).await;
    running.request.provide_pin(piped(KEY_PIN).into()).await.unwrap();
    running.success().await;
    running.reach_end().await;
    let keep = |wish: &mut RekeyOptions| {
        wish.keep = Some(vec![slot]);
        wish.pin = Some(piped(KEY_PIN).into());
    };
    rekeyed(visit, keep).await.unwrap().1
}
