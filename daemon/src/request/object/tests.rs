//! Owners that do not listen, and work that breaks.

use std::time::Duration;

use tokio::sync::oneshot;
use zbus::MessageStream;

use super::*;
use crate::request::tests::request_of;
use crate::tests::house::House;

/// Sends signals until the other end, which reads none, has room for no more. The time is how long a send must hang to
/// be stuck for good; nothing waits for it but the last one.
async fn fill(connection: &Connection) {
    let body = "x".repeat(64 * 1024);
    loop {
        let signal = connection.emit_signal(None::<BusName<'_>>, "/x", "dev.fob.Test", "Filler", &body);
        if tokio::time::timeout(Duration::from_millis(200), signal).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn an_owner_that_does_not_listen_holds_up_no_work() {
    let house = House::build();
    let visit = house.companion().await;
    // A stream that nobody takes from: when its queue is full, zbus reads nothing more from the socket.
    let _deaf = MessageStream::from(&visit.client);
    fill(&visit.server).await;
    let request = request_of(&visit);
    let (at_the_key, is_at_the_key) = oneshot::channel();
    let (done, is_done) = oneshot::channel();
    let work = {
        let request = request.clone();
        async move {
            request.report(request_state::TOUCH, StateDetails::default());
            // What happens at a key: long enough for the owner to be told.
            is_at_the_key.await.unwrap();
            done.send(()).unwrap();
            Outcome::default()
        }
    };
    let mut accompanied = tokio::spawn(async move { accompany(&request, work).await });
    // It tells, and hangs.
    let told = tokio::time::timeout(Duration::from_millis(50), &mut accompanied).await;
    assert!(told.is_err(), "it told an owner that reads nothing");
    at_the_key.send(()).unwrap();
    // A limit for a broken fobd, no pause.
    tokio::time::timeout(Duration::from_secs(10), is_done).await.expect("the work is held up").unwrap();
    assert!(!accompanied.is_finished(), "what the owner is told waits for the owner");
    accompanied.abort();
}

#[tokio::test]
async fn work_that_breaks_is_an_outcome_too() {
    let broken = tokio::spawn(std::future::pending::<()>());
    broken.abort();
    let outcome = super::broken(broken.await.unwrap_err());
    assert_eq!(outcome.cause.as_deref(), Some("dev.fob.Error.Failed"));
    assert!(outcome.response_json.is_none());
}
