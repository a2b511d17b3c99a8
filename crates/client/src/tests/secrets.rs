//! Secrets that a key computes: asked with the right salt, by the right proof, and believed only as far as they can be.

use fob_ambient::Millis;
use fob_ctap::Request;
use fob_ctap::entity::{Descriptor, RpId};
use fob_ctap::extension::hmac_secret::HmacValues;

use super::authenticator::{Answer, State, modern, old};
use super::ceremonies::{Somebody, Table, knowing, make, table};
use crate::KeyError;
use crate::ceremony::{self, CeremonyError, Enrol, Enrolled, Need, Salted};

const CRED_RANDOM: [u8; 32] = [0x11; 32];
/// HMAC-SHA-256 under `CRED_RANDOM` of 32 bytes 0x22 and of 32 bytes 0x33, from Python.
const OF_22: &str = "acfecbc329264d7fdf1f0b9428f9fcd8936da6200960a422170f3d7a97eaed0e";
const OF_33: &str = "af052b22795d34c82a9326dd3c5b03e4c83647e0e56d7235c0bb72885e8eb11b";

fn key(mut state: State, answer: Answer, credentials: &[u8]) -> Table {
    state.info.extensions = vec!["credProtect".into(), "hmac-secret".into()];
    state.secret = Some((CRED_RANDOM, answer));
    state.credentials = credentials.iter().map(|number| vec![*number; 16]).collect();
    table(state)
}

fn salted(number: u8, salt: u8, user_verification: bool) -> Salted {
    Salted { credential: Descriptor::public_key(vec![number; 16]), salt: [salt; 32], user_verification }
}

fn ask(table: &mut Table, questions: &[Salted], person: &mut Somebody) -> Result<(Salted, HmacValues), CeremonyError> {
    let deadline = table.session.deadline_in(Millis(60_000));
    let rp_id = RpId::new("vault.example");
    ceremony::ask_secret(&mut table.session, &rp_id, questions, person, &table.bench.cancel, deadline)
}

fn hex(values: &HmacValues) -> String {
    values.first().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How many assertions wanted a touch, and how many were silent.
fn assertions(table: &Table) -> (usize, usize) {
    let (mut loud, mut silent) = (0, 0);
    for request in table.requests() {
        if let Request::GetAssertion(request) = request {
            *if request.options.up == Some(false) { &mut silent } else { &mut loud } += 1;
        }
    }
    (loud, silent)
}

#[test]
fn the_credential_that_the_key_has_is_asked_with_its_own_salt() {
    for state in [modern(Some("1234")), old(Some("1234"))] {
        let mut table = key(state, Answer::Honest, &[7]);
        let questions = [salted(5, 0x22, true), salted(7, 0x33, true), salted(9, 0x22, true)];
        let mut person = knowing(&["1234"]);
        let (answered, values) = ask(&mut table, &questions, &mut person).unwrap();
        assert_eq!((answered, hex(&values).as_str()), (questions[1].clone(), OF_33));
        assert_eq!(assertions(&table).0, 1, "one touch");
    }
}

#[test]
fn a_credential_that_shows_itself_costs_no_pin() {
    let mut table = key(modern(Some("1234")), Answer::Honest, &[7]);
    let questions = [salted(5, 0x33, true), salted(7, 0x22, false)];
    let mut person = knowing(&[]);
    let (answered, values) = ask(&mut table, &questions, &mut person).unwrap();
    assert_eq!((answered, hex(&values).as_str()), (questions[1].clone(), OF_22));
    assert_eq!(assertions(&table), (1, 1));
}

#[test]
fn a_key_with_none_of_them_is_not_touched() {
    let mut table = key(modern(Some("1234")), Answer::Honest, &[1]);
    let outcome = ask(&mut table, &[salted(5, 0x22, true)], &mut knowing(&["1234"]));
    assert!(matches!(outcome, Err(CeremonyError::NoCredential)), "{outcome:?}");
    let outcome = ask(&mut table, &[salted(5, 0x22, false)], &mut knowing(&[]));
    assert!(matches!(outcome, Err(CeremonyError::NoCredential)), "{outcome:?}");
    assert_eq!(assertions(&table).0, 0);
}

#[test]
fn an_answer_that_is_none_is_not_believed() {
    for (answer, verified) in [
        (Answer::Nothing, true),
        (Answer::Two, true),
        (Answer::Odd, true),
        (Answer::ForAnother, true),
        (Answer::OtherFlag, true),
        (Answer::OtherFlag, false),
    ] {
        let mut table = key(modern(Some("1234")), answer, &[5]);
        let outcome = ask(&mut table, &[salted(5, 0x22, verified)], &mut knowing(&["1234"]));
        let refused = match answer {
            Answer::Nothing => matches!(outcome, Err(CeremonyError::CannotKeepSecrets)),
            Answer::OtherFlag if !verified => matches!(outcome, Err(CeremonyError::Verified)),
            _ => matches!(outcome, Err(CeremonyError::Key(KeyError::Malformed(_)))),
        };
        assert!(refused, "{answer:?} {verified}: {outcome:?}");
    }
}

#[test]
fn a_key_that_always_verifies_has_no_secret_without() {
    let mut state = modern(Some("1234"));
    state.info.options.set("alwaysUv", true);
    let mut table = key(state, Answer::Honest, &[5]);
    let outcome = ask(&mut table, &[salted(5, 0x22, false)], &mut knowing(&["1234"]));
    assert!(matches!(outcome, Err(CeremonyError::Verified)), "{outcome:?}");
}

/// It cannot be asked silently with a finger: it says itself which credential it has.
#[test]
fn a_key_with_a_finger_is_asked_again_only_if_it_has_another_credential() {
    for (held, salt, secret, touches) in [(5, 0x22, OF_22, 1), (7, 0x33, OF_33, 2), (9, 0x33, OF_33, 3)] {
        let mut state = modern(None);
        state.info.options = [("uv", true)].into_iter().collect();
        state.info.max_credential_count_in_list = Some(2);
        let mut table = key(state, Answer::Honest, &[held]);
        let questions = [salted(5, 0x22, true), salted(7, 0x33, true), salted(9, 0x33, true)];
        let (answered, values) = ask(&mut table, &questions, &mut knowing(&[])).unwrap();
        assert_eq!((answered, hex(&values).as_str()), (salted(held, salt, true), secret));
        assert_eq!(assertions(&table), (touches, 0), "{held}");
    }
}

/// Both answers are handed on as they are: who hangs something on them compares.
#[test]
fn two_questions_cost_one_pin_and_two_touches() {
    for (answer, same) in [(Answer::Honest, true), (Answer::Unsteady, false)] {
        let mut table = key(modern(Some("1234")), answer, &[5]);
        let deadline = table.session.deadline_in(Millis(60_000));
        let (rp_id, question) = (RpId::new("vault.example"), salted(5, 0x22, true));
        let mut person = knowing(&["1234"]);
        let cancel = table.bench.cancel.clone();
        let answers =
            ceremony::ask_secret_twice(&mut table.session, &rp_id, &question, &mut person, &cancel, deadline).unwrap();
        assert_eq!(hex(&answers.0) == hex(&answers.1), same, "{answer:?}");
        assert_eq!(assertions(&table).0, 2);
    }
}

fn enrol(table: &mut Table, user_verification: bool) -> Result<Enrolled, CeremonyError> {
    let request = make(Need::Discouraged);
    let enrol = Enrol { rp: request.rp, user: request.user, exclude: Vec::new(), salt: [0x22; 32], user_verification };
    let deadline = table.session.deadline_in(Millis(60_000));
    let cancel = table.bench.cancel.clone();
    ceremony::enrol_secret(&mut table.session, &enrol, &mut knowing(&["1234"]), &cancel, deadline)
}

#[test]
fn a_key_that_is_no_good_for_it_hears_of_nothing() {
    let mut state = modern(Some("1234"));
    let made = |table: &Table| table.requests().iter().any(|request| matches!(request, Request::MakeCredential(_)));
    let mut none = table(state);
    assert!(matches!(enrol(&mut none, true), Err(CeremonyError::CannotKeepSecrets)));
    state = modern(Some("1234"));
    state.info.extensions = vec!["hmac-secret".into()];
    let mut unprotected = table(state);
    assert!(matches!(enrol(&mut unprotected, true), Err(CeremonyError::CannotProtect)));
    assert!(!made(&none) && !made(&unprotected));
}

/// This key answers makeCredential with one byte.
#[test]
fn a_credential_without_data_is_none() {
    let mut table = key(modern(Some("1234")), Answer::Honest, &[]);
    let outcome = enrol(&mut table, true);
    assert!(matches!(outcome, Err(CeremonyError::Key(KeyError::Malformed(_)))), "{outcome:?}");
}
