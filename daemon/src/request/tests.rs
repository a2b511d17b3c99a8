//! A request and the desk, without a key.

use std::sync::Arc;
use std::time::Duration;

use fob_bus::ErrorKind;
use fob_bus::types::{StateDetails, request_state};
use fob_ctap::pin::Pin;
use zbus::OwnedObjectPath;

use super::{Desk, End, Request};
use crate::caller::{Caller, Door, Tier};
use crate::guest::Owner;
use crate::policy::Who;
use crate::tests::house::{House, Visit};

async fn request() -> Arc<Request> {
    let house = House::build();
    request_of(&house.companion().await)
}

/// A request of this visitor.
pub(crate) fn request_of(visit: &Visit) -> Arc<Request> {
    let caller =
        Caller { door: Door::Socket, uid: 0, pid: Some(1), started: None, program: None, tier: Tier::Companion };
    let owner = Owner { connection: visit.server.clone(), name: None, caller: Arc::new(caller), portal: None };
    Request::new(OwnedObjectPath::try_from("/dev/fob/Fob1/request/peer/t").unwrap(), owner)
}

fn pin() -> Pin {
    Pin::new("1234".to_owned()).unwrap()
}

#[tokio::test]
async fn the_first_end_is_the_one_that_counts() {
    let request = request().await;
    request.end(End::OwnerGone);
    request.end(End::Cancelled);
    assert_eq!(request.ended().await, End::OwnerGone);
    assert!(request.cancel_token().is_cancelled());
}

#[tokio::test]
async fn who_waits_for_a_pin_wakes_up_when_the_request_ends() {
    let request = request().await;
    let asking = tokio::task::spawn_blocking({
        let request = request.clone();
        move || request.ask_pin(StateDetails::default(), Duration::from_secs(3600)).is_some()
    });
    let mut states = request.state.subscribe();
    states.wait_for(|(state, _)| *state == request_state::PIN).await.unwrap();
    request.end(End::Cancelled);
    assert!(!asking.await.unwrap());
    assert!(request.ask_pin(StateDetails::default(), Duration::from_secs(3600)).is_none(), "nor is it asked again");
}

#[tokio::test]
async fn a_pin_goes_to_whoever_asked_and_only_once() {
    let request = request().await;
    assert_eq!(request.answer_pin(pin()).unwrap_err().kind, ErrorKind::InvalidInput);
    let asking = tokio::task::spawn_blocking({
        let request = request.clone();
        move || request.ask_pin(StateDetails::default(), Duration::from_secs(3600)).is_some()
    });
    let mut states = request.state.subscribe();
    states.wait_for(|(state, _)| *state == request_state::PIN).await.unwrap();
    request.answer_pin(pin()).unwrap();
    assert!(asking.await.unwrap());
    assert_eq!(request.answer_pin(pin()).unwrap_err().kind, ErrorKind::InvalidInput);
}

#[tokio::test]
async fn two_for_each_and_eight_in_all() {
    let (desk, request) = (Desk::default(), request().await);
    let who = |number: u32| Who { name: number.to_string(), stranger: false };
    let mut tickets: Vec<_> =
        (0..4).flat_map(|pid| [pid, pid]).map(|pid| desk.admit(who(pid), &request).unwrap()).collect();
    let refused = |pid| desk.admit(who(pid), &request).unwrap_err().kind;
    assert_eq!((refused(0), refused(9)), (ErrorKind::TooManyRequests, ErrorKind::TooManyRequests));
    tickets.pop();
    assert_eq!(refused(0), ErrorKind::TooManyRequests, "its own two are still there");
    tickets.push(desk.admit(who(9), &request).unwrap());
    tickets.clear();
    assert!(desk.is_empty());
}
