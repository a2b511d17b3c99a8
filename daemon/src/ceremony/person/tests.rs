//! What becomes of a PIN that came with the call.

use fob_bus::pipe;

use super::*;
use crate::tests::house::{House, piped, taken};

async fn prompted(house: &House, pin: OwnedFd) -> Prompted {
    let visit = house.companion().await;
    let request = crate::request::tests::request_of(&visit);
    let surroundings = (request, house.daemon.clock.clone());
    Prompted::new(surroundings, Millis(60_000), StateDetails::default(), Some(PassedPin::Unread(pin)))
}

const fn question(retries: u8) -> PinQuestion {
    PinQuestion { retries, wrong_before: false, least: 4 }
}

#[tokio::test]
async fn a_pin_that_came_with_the_call_is_used_while_there_are_tries() {
    let house = House::build();
    let mut person = prompted(&house, piped("1234")).await;
    let PinAnswer::Pin(pin) = person.pin(question(2)) else { panic!("it gave up") };
    assert_eq!(pin.expose(), "1234");
}

/// Nobody who passes a PIN saw that it is the last one before the key blocks itself.
#[tokio::test]
async fn the_last_try_is_not_spent_on_a_pin_that_nobody_was_asked_for() {
    let house = House::build();
    let (reader, writer) = pipe::awaiting().unwrap();
    pipe::put(&writer, b"1234").unwrap();
    drop(writer);
    let copy = reader.try_clone().unwrap();
    let mut person = prompted(&house, reader).await;
    assert!(matches!(person.pin(question(1)), PinAnswer::GiveUp));
    let why = person.cause(&CeremonyError::GaveUp);
    assert_eq!((why.kind, why.details.retries), (ErrorKind::PinInvalid, Some(1)));
    assert_eq!(taken(copy).await, "1234", "it was not even read");
}
