//! A request under way, with its signals subscribed before the call that begins it.

use fob_bus::proxy::{DoneStream, Request1Proxy, StateChangedStream};
use fob_bus::types::{Outcome, StateDetails, request_state};
use fob_bus::{ErrorKind, names};
use futures_util::StreamExt;

use super::house::Visit;

pub(super) struct Running<'a> {
    pub(super) request: Request1Proxy<'a>,
    pub(super) states: StateChangedStream,
    pub(super) done: DoneStream,
    visit: &'a Visit,
}

impl<'a> Running<'a> {
    /// One that is about to begin, under this token.
    pub(super) async fn awaited(visit: &'a Visit, token: &str) -> Self {
        let path = names::request_path(None, token).unwrap();
        let request = Request1Proxy::new(&visit.client, path).await.unwrap();
        let states = request.receive_state_changed().await.unwrap();
        let done = request.receive_done().await.unwrap();
        Self { request, states, done, visit }
    }

    /// Waits for a state, and fails the test if the request ends before.
    pub(super) async fn reach(&mut self, wanted: &str) -> StateDetails {
        loop {
            tokio::select! {
                biased;
                state = self.states.next() => {
                    let state = state.unwrap();
                    let state = state.args().unwrap();
                    if state.state == wanted {
                        return state.details;
                    }
                }
                done = self.done.next() => panic!("done before {wanted}: {:?}", done.unwrap().args().unwrap().outcome),
            }
        }
    }

    pub(super) async fn outcome(&mut self) -> Outcome {
        self.done.next().await.unwrap().args().unwrap().outcome
    }

    /// The cause of its failure.
    pub(super) async fn cause(&mut self) -> ErrorKind {
        let outcome = self.outcome().await;
        let cause = outcome.cause.unwrap_or_else(|| panic!("it did not fail"));
        ErrorKind::from_name(&cause).unwrap()
    }

    /// Its outcome, which is no failure.
    pub(super) async fn success(&mut self) -> Outcome {
        let outcome = self.outcome().await;
        assert!(outcome.error.is_none(), "{outcome:?}");
        outcome
    }

    /// Waits until the object is gone.
    pub(super) async fn reach_end(&mut self) {
        while self.states.next().await.unwrap().args().unwrap().state != request_state::DONE {}
        let path = self.request.inner().path().to_owned();
        let gone = || async {
            let introspect = zbus::fdo::IntrospectableProxy::builder(&self.visit.client)
                .destination("dev.fob.Fob1")
                .path(path.clone())
                .build()
                .await
                .unwrap();
            introspect.introspect().await.is_err()
        };
        while !gone().await {
            tokio::task::yield_now().await;
        }
    }
}
