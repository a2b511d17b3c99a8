//! PIN flows by themselves: what each refusal means, by both protocols.

use fob_ambient::Millis;
use fob_ctap::Request;
use fob_ctap::client_pin::{ClientPin, Permissions};
use fob_ctap::entity::RpId;
use fob_ctap::pin::Protocol;

use super::authenticator::{Authenticator, Shared, State, modern, old, shared};
use super::wire::Bench;
use crate::pin::{self, Pin, PinError, Policy, PolicyProblem};
use crate::{Session, Watch};

struct Table {
    bench: Bench,
    state: Shared,
    session: Session,
}

fn table(state: State) -> Table {
    let bench = Bench::new();
    let state = shared(state);
    let session = bench.open(Authenticator::new(&state)).unwrap();
    Table { bench, state, session }
}

impl Table {
    fn run<T>(&mut self, work: impl FnOnce(&mut Session, &mut Watch<'_>) -> T) -> T {
        let deadline = self.session.deadline_in(Millis(60_000));
        work(&mut self.session, &mut Watch::new(deadline, &self.bench.cancel, &mut |_| {}))
    }

    fn token(&mut self, pin: &str) -> Result<pin::Token, PinError> {
        let pin = self::pin(pin);
        let rp_id = RpId::new("example.com");
        self.run(|session, watch| pin::token(session, &pin, Permissions::GET_ASSERTION, Some(&rp_id), watch))
    }
}

fn pin(pin: &str) -> Pin {
    Pin::new(pin.to_owned()).unwrap()
}

#[test]
fn a_token_comes_by_the_best_protocol_that_the_key_has() {
    for (protocols, expected) in [(vec![2, 1], Protocol::Two), (vec![1], Protocol::One), (vec![1, 2, 9], Protocol::Two)]
    {
        let mut state = modern(Some("1234"));
        state.info.pin_uv_auth_protocols = protocols;
        assert_eq!(table(state).token("1234").unwrap().protocol(), expected);
    }
    let mut unknown = modern(Some("1234"));
    unknown.info.pin_uv_auth_protocols = vec![9];
    assert!(matches!(table(unknown).token("1234"), Err(PinError::Unsupported)));
}

#[test]
fn a_key_of_ctap_2_0_gives_a_token_without_permissions() {
    let mut table = table(old(Some("1234")));
    assert_eq!(table.token("1234").unwrap().protocol(), Protocol::One);
    let state = table.state.lock().unwrap();
    assert!(matches!(state.requests.last(), Some(Request::ClientPin(ClientPin::GetPinToken(_)))));
}

#[test]
fn wrong_power_cycle_and_blocked_are_three_different_things() {
    let mut table = table(modern(Some("1234")));
    assert!(matches!(table.token("0000"), Err(PinError::Wrong { retries: 7 })));
    assert!(matches!(table.token("0000"), Err(PinError::Wrong { retries: 6 })));
    assert!(matches!(table.token("0000"), Err(PinError::PowerCycle)));
    // Even the right one, until the key was unplugged.
    assert!(matches!(table.token("1234"), Err(PinError::PowerCycle)));
    let left = table.run(pin::retries).unwrap();
    assert_eq!((left.retries, left.power_cycle_state), (5, Some(true)));
    {
        let mut state = table.state.lock().unwrap();
        (state.in_a_row, state.retries) = (0, 1);
    }
    assert!(matches!(table.token("0000"), Err(PinError::Blocked)));
    assert!(matches!(table.token("1234"), Err(PinError::Blocked)));
}

#[test]
fn a_wrong_pin_is_sent_once() {
    let mut table = table(modern(Some("1234")));
    table.token("0000").unwrap_err();
    let state = table.state.lock().unwrap();
    let tries = state
        .requests
        .iter()
        .filter(|request| matches!(request, Request::ClientPin(ClientPin::GetPinTokenWithPermissions(_))))
        .count();
    assert_eq!(tries, 1);
}

#[test]
fn a_pin_is_set_once_and_changed_by_who_knows_it() {
    for state in [modern(None), old(None)] {
        let mut table = table(state);
        assert!(matches!(table.token("1234"), Err(PinError::NotSet)));
        table.run(|session, watch| pin::set(session, &pin("123456"), watch)).unwrap();
        assert!(table.session.info().options.is_on("clientPin"), "the session knows at once");
        let again = table.run(|session, watch| pin::set(session, &pin("1234"), watch));
        assert!(matches!(again, Err(PinError::AlreadySet)));
        let wrong = table.run(|session, watch| pin::change(session, &pin("0000"), &pin("7777"), watch));
        assert!(matches!(wrong, Err(PinError::Wrong { retries: 7 })));
        table.run(|session, watch| pin::change(session, &pin("123456"), &pin("ключ"), watch)).unwrap();
        table.token("ключ").unwrap();
    }
}

#[test]
fn a_key_without_pins_says_so() {
    let mut state = modern(None);
    state.info.options = [("rk", true)].into_iter().collect();
    let mut table = table(state);
    assert!(matches!(table.token("1234"), Err(PinError::Unsupported)));
    assert!(matches!(table.run(pin::retries), Err(PinError::Unsupported)));
    assert!(matches!(table.run(|session, watch| pin::set(session, &pin("1234"), watch)), Err(PinError::Unsupported)));
}

#[test]
fn a_new_pin_is_held_against_the_rules_before_the_key_sees_it() {
    let mut state = modern(None);
    state.info.min_pin_length = Some(6);
    state.info.max_pin_length = Some(8);
    state.too_simple = vec!["111111".into()];
    let mut table = table(state);
    let mut set = |new: &str| table.run(|session, watch| pin::set(session, &pin(new), watch));
    assert!(matches!(set("12345"), Err(PinError::Policy(PolicyProblem::TooShort { least: 6 }))));
    assert!(matches!(set("123456789"), Err(PinError::Policy(PolicyProblem::TooLong { most: 8 }))));
    assert!(matches!(set("111111"), Err(PinError::Policy(PolicyProblem::Refused))));
    // Six code points in twelve bytes.
    set("ключик").unwrap();
}

/// §6.4: minPINLength 4 and maxPINLength 63 where the key does not say.
#[test]
fn the_rules_have_defaults() {
    assert_eq!(Policy::of(&fob_ctap::get_info::Info::default()), Policy { least: 4, most: 63 });
}

#[test]
fn a_key_that_wants_its_pin_changed_gives_no_token_and_loses_no_try() {
    let mut state = modern(Some("1234"));
    state.info.force_pin_change = Some(true);
    let mut table = table(state);
    assert!(matches!(table.token("0000"), Err(PinError::ChangeRequired)));
    assert_eq!(table.state.lock().unwrap().retries, 8);
    table.run(|session, watch| pin::change(session, &pin("1234"), &pin("4321"), watch)).unwrap();
    table.token("4321").unwrap();
}
