//! Whole ceremonies on one key, with a person who answers as the test says.

use std::collections::VecDeque;

use fob_ambient::Millis;
use fob_ctap::cose::Algorithm;
use fob_ctap::entity::{CredentialParameters, RpEntity, RpId, UserEntity, UserHandle};
use fob_ctap::extension::Extensions;
use fob_ctap::{Malformed, Request, Status};

use super::authenticator::{Authenticator, Shared, State, modern, old, shared};
use super::wire::Bench;
use crate::ceremony::{
    self, CeremonyError, Get, Make, Need, NewPinQuestion, NewPinReason, Person, PinAnswer, PinQuestion,
};
use crate::pin::{Pin, PinError, PolicyProblem};
use crate::{CancelToken, KeyError, KeyState, Session, Watch};

/// Answers with these, in order, then gives up.
#[derive(Default)]
pub(super) struct Somebody {
    pins: VecDeque<&'static str>,
    new_pins: VecDeque<&'static str>,
    asked: Vec<(u8, bool)>,
    asked_new: Vec<NewPinReason>,
    states: Vec<KeyState>,
    cancels: Option<CancelToken>,
}

fn answer(pin: Option<&str>) -> PinAnswer {
    pin.map_or(PinAnswer::GiveUp, |pin| PinAnswer::Pin(Pin::new(pin.to_owned()).unwrap()))
}

impl Person for Somebody {
    fn state(&mut self, state: KeyState) {
        self.states.push(state);
    }

    fn pin(&mut self, question: PinQuestion) -> PinAnswer {
        self.asked.push((question.retries, question.wrong_before));
        if let Some(cancel) = &self.cancels {
            cancel.cancel();
        }
        answer(self.pins.pop_front())
    }

    fn new_pin(&mut self, question: NewPinQuestion) -> PinAnswer {
        self.asked_new.push(question.reason);
        answer(self.new_pins.pop_front())
    }
}

pub(super) fn knowing(pins: &[&'static str]) -> Somebody {
    Somebody { pins: pins.iter().copied().collect(), ..Somebody::default() }
}

pub(super) fn make(need: Need) -> Make {
    Make {
        client_data_hash: [3; 32],
        rp: RpEntity { id: RpId::new("example.com"), name: None },
        user: UserEntity { id: UserHandle::new([9]).unwrap(), name: Some("a".into()), display_name: None },
        pub_key_cred_params: vec![CredentialParameters::public_key(Algorithm::ES256)],
        exclude: Vec::new(),
        extensions: Extensions::default(),
        resident_key: Need::Discouraged,
        user_verification: need,
        enterprise_attestation: None,
        attestation_formats: Vec::new(),
    }
}

pub(super) fn get(need: Need) -> Get {
    Get {
        client_data_hash: [3; 32],
        rp_id: RpId::new("example.com"),
        allow: Vec::new(),
        extensions: Extensions::default(),
        user_verification: need,
    }
}

pub(super) struct Table {
    pub(super) bench: Bench,
    pub(super) state: Shared,
    pub(super) session: Session,
}

pub(super) fn table(state: State) -> Table {
    let bench = Bench::new();
    let state = shared(state);
    let session = bench.open(Authenticator::new(&state)).unwrap();
    Table { bench, state, session }
}

impl Table {
    /// Whether the person was verified, which this key says in place of authenticator data.
    pub(super) fn make(&mut self, request: &Make, person: &mut Somebody) -> Result<bool, CeremonyError> {
        let deadline = self.session.deadline_in(Millis(60_000));
        ceremony::make_credential(&mut self.session, request, person, &self.bench.cancel, deadline)
            .map(|reply| reply.auth_data == [1])
    }

    /// The ids of the credentials that signed.
    pub(super) fn get(&mut self, request: &Get, person: &mut Somebody) -> Result<Vec<Vec<u8>>, CeremonyError> {
        let deadline = self.session.deadline_in(Millis(60_000));
        let replies = ceremony::get_assertion(&mut self.session, request, person, &self.bench.cancel, deadline)?;
        Ok(replies.into_iter().map(|reply| reply.credential.unwrap().id.into_bytes()).collect())
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }
}

#[test]
fn a_key_without_pin_makes_a_credential_by_a_touch() {
    let mut table = table(modern(None));
    let mut person = knowing(&[]);
    assert!(!table.make(&make(Need::Preferred), &mut person).unwrap());
    assert_eq!((person.asked, person.states), (vec![], vec![KeyState::TouchNeeded]));
}

#[test]
fn the_person_is_verified_where_the_key_can() {
    for state in [modern(Some("1234")), old(Some("1234"))] {
        let mut table = table(state);
        let mut person = knowing(&["1234", "1234"]);
        assert!(table.make(&make(Need::Preferred), &mut person).unwrap());
        table.state.lock().unwrap().credentials = vec![vec![5; 16]];
        assert_eq!(table.get(&get(Need::Required), &mut person).unwrap(), [vec![5; 16]]);
        assert_eq!(person.asked, [(8, false), (8, false)]);
    }
}

#[test]
fn a_wrong_pin_is_asked_for_again_with_the_tries_that_are_left() {
    let mut table = table(modern(Some("1234")));
    let mut person = knowing(&["0000", "1111", "1234"]);
    assert!(table.make(&make(Need::Required), &mut person).unwrap());
    assert_eq!(person.asked, [(8, false), (7, true), (6, true)]);
}

#[test]
fn three_wrong_pins_end_the_ceremony_with_a_power_cycle() {
    let mut table = table(modern(Some("1234")));
    let mut person = knowing(&["0000"; 9]);
    let outcome = table.make(&make(Need::Required), &mut person);
    assert!(matches!(outcome, Err(CeremonyError::Pin(PinError::PowerCycle))), "{outcome:?}");
    assert_eq!(person.asked.len(), 3);
    // Found out before anybody is asked.
    let outcome = table.make(&make(Need::Required), &mut person);
    assert!(matches!(outcome, Err(CeremonyError::Pin(PinError::PowerCycle))), "{outcome:?}");
    assert_eq!(person.asked.len(), 3);
}

#[test]
fn a_blocked_key_is_found_out_before_anybody_is_asked() {
    let mut state = modern(Some("1234"));
    state.retries = 0;
    let mut person = knowing(&["1234"]);
    let outcome = table(state).get(&get(Need::Required), &mut person);
    assert!(matches!(outcome, Err(CeremonyError::Pin(PinError::Blocked))), "{outcome:?}");
    assert!(person.asked.is_empty());
}

#[test]
fn who_gives_no_pin_gave_up_unless_the_request_was_over() {
    let mut given_up = table(modern(Some("1234")));
    assert!(matches!(given_up.make(&make(Need::Required), &mut knowing(&[])), Err(CeremonyError::GaveUp)));
    let mut cancelled = table(modern(Some("1234")));
    let mut person = Somebody { cancels: Some(cancelled.bench.cancel.clone()), ..knowing(&[]) };
    let outcome = cancelled.make(&make(Need::Required), &mut person);
    assert!(matches!(outcome, Err(CeremonyError::Key(KeyError::Cancelled))), "{outcome:?}");
}

/// A PIN that was typed after the request had ended costs no try.
#[test]
fn a_pin_that_comes_too_late_is_not_sent() {
    let mut table = table(modern(Some("1234")));
    let mut person = Somebody { cancels: Some(table.bench.cancel.clone()), ..knowing(&["0000"]) };
    let outcome = table.make(&make(Need::Required), &mut person);
    assert!(matches!(outcome, Err(CeremonyError::Key(KeyError::Cancelled))), "{outcome:?}");
    assert_eq!(table.state.lock().unwrap().retries, 8);
}

#[test]
fn a_key_without_pin_gets_one_inside_the_flow() {
    let mut state = modern(None);
    state.info.min_pin_length = Some(6);
    state.too_simple = vec!["111111".into()];
    let mut table = table(state);
    let mut person = Somebody { new_pins: ["1234", "111111", "908172"].into(), ..Somebody::default() };
    assert!(table.make(&make(Need::Required), &mut person).unwrap());
    let too_short = PolicyProblem::TooShort { least: 6 };
    let expected =
        [NewPinReason::NotSet, NewPinReason::Refused(too_short), NewPinReason::Refused(PolicyProblem::Refused)];
    assert_eq!(person.asked_new, expected);
    assert!(person.asked.is_empty(), "who has just chosen a PIN is not asked for it");
    assert_eq!(table.state.lock().unwrap().pin.as_deref(), Some("908172"));
}

#[test]
fn who_chooses_no_pin_learns_that_the_key_needs_one() {
    let outcome = table(modern(None)).make(&make(Need::Required), &mut knowing(&[]));
    assert!(matches!(outcome, Err(CeremonyError::Pin(PinError::NotSet))), "{outcome:?}");
}

#[test]
fn a_forced_change_happens_inside_the_flow() {
    let mut state = modern(Some("1234"));
    state.info.force_pin_change = Some(true);
    let mut table = table(state);
    let mut person = Somebody { new_pins: ["4321"].into(), ..knowing(&["0000", "1234"]) };
    assert!(table.make(&make(Need::Required), &mut person).unwrap());
    assert_eq!((person.asked_new.as_slice(), person.asked.len()), ([NewPinReason::ChangeForced].as_slice(), 2));
    assert_eq!(table.state.lock().unwrap().pin.as_deref(), Some("4321"));
}

#[test]
fn what_a_key_cannot_do_is_said_before_anybody_touches_it() {
    let mut state = modern(None);
    state.info.options = [("rk", false)].into_iter().collect();
    let mut table = table(state);
    let mut person = knowing(&[]);
    assert!(matches!(table.make(&make(Need::Required), &mut person), Err(CeremonyError::CannotVerify)));
    let passkey = |resident_key| Make { resident_key, ..make(Need::Discouraged) };
    assert!(matches!(table.make(&passkey(Need::Required), &mut person), Err(CeremonyError::CannotHold)));
    table.make(&passkey(Need::Preferred), &mut person).unwrap();
    assert_eq!(person.states, [KeyState::TouchNeeded]);
    let Some(Request::MakeCredential(request)) = table.requests().pop() else { panic!("no request") };
    assert_eq!(request.options.rk, None);
}

#[test]
fn a_key_that_turns_out_to_insist_gets_the_pin() {
    let insisting = || {
        let mut state = modern(Some("1234"));
        state.without_proof = Some(Status::PuatRequired);
        state.info.options.set("makeCredUvNotRqd", true);
        state.credentials = vec![vec![5; 16]];
        state
    };
    assert!(table(insisting()).make(&make(Need::Discouraged), &mut knowing(&["1234"])).unwrap());
    let mut person = knowing(&["1234"]);
    assert_eq!(table(insisting()).get(&get(Need::Discouraged), &mut person).unwrap(), [vec![5; 16]]);
    assert_eq!(person.asked, [(8, false)]);
}

#[test]
fn refusals_of_a_key_are_told_apart() {
    for (status, expected) in [
        (Status::OperationDenied, "Denied"),
        (Status::UserActionTimeout, "NoTouch"),
        (Status::KeyStoreFull, "Full"),
        (Status::UnsupportedAlgorithm, "NoAlgorithm"),
        (Status::CredentialExcluded, "Excluded"),
        (Status::NoCredentials, "NoCredential"),
        (Status::Other, "Key(Refused(Other))"),
    ] {
        let mut state = modern(None);
        state.without_proof = Some(status);
        let outcome = table(state).make(&make(Need::Discouraged), &mut knowing(&[]));
        assert_eq!(format!("{:?}", outcome.unwrap_err()), expected);
    }
}

#[test]
fn every_account_of_a_site_is_read() {
    let mut state = modern(None);
    state.credentials = (0..5).map(|number| vec![number; 16]).collect();
    let mut ids = table(state).get(&get(Need::Discouraged), &mut knowing(&[])).unwrap();
    ids.sort();
    assert_eq!(ids, (0..5).map(|number| vec![number; 16]).collect::<Vec<_>>());
}

#[test]
fn a_key_that_claims_a_million_accounts_is_not_believed() {
    let mut state = modern(None);
    state.credentials = vec![vec![1; 16]];
    state.claimed = Some(1_000_000);
    let outcome = table(state).get(&get(Need::Discouraged), &mut knowing(&[]));
    let expected = Malformed::Value("numberOfCredentials");
    assert!(matches!(outcome, Err(CeremonyError::Key(KeyError::Malformed(fault))) if fault == expected));
}

#[test]
fn keys_are_chosen_by_touch_whatever_their_age() {
    let mut without_pins = old(None);
    without_pins.info.options = Default::default();
    let mut preview = modern(Some("1234"));
    preview.info.versions = vec!["FIDO_2_0".into(), "FIDO_2_1_PRE".into()];
    let states = [modern(None), modern(Some("1234")), old(None), old(Some("1234")), without_pins, preview];
    for state in states {
        let mut table = table(state);
        let deadline = table.session.deadline_in(Millis(60_000));
        let mut states = Vec::new();
        let mut tell = |state| states.push(state);
        let mut watch = Watch::new(deadline, &table.bench.cancel, &mut tell);
        ceremony::select(&mut table.session, &mut watch).unwrap();
        assert_eq!(states, [KeyState::TouchNeeded]);
    }
}
