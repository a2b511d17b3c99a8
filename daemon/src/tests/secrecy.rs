//! No secret is ever in a message: everything that goes over a connection is looked through.

use fob_bus::pipe;
use fob_bus::types::{AddOptions, CodeOptions};
use futures_util::StreamExt;
use zbus::{Connection, MessageStream};

use super::house::{House, PASSPHRASE, Visit, piped, taken};

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
        .add(piped(&format!("otpauth://motp/x?secret={seed}")).into(), AddOptions::default())
        .await
        .unwrap_err();
    visit.manager().await.unlock(piped("wrong horse").into(), false).await.unwrap_err();
    let (code, end) = pipe::awaiting().unwrap();
    visit.otp().await.code("example", CodeOptions::default(), end.into()).await.unwrap();
    assert_eq!(taken(code).await, "94287082");
    visit.otp().await.list().await.unwrap();

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
}
