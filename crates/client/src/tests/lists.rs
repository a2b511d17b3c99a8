//! Lists that are longer than the key takes, and the silent look through them.

use fob_ambient::Millis;
use fob_ctap::Request;
use fob_ctap::entity::{Descriptor, RpId, Transport};
use fob_ctap::make_credential::Options;

use super::authenticator::{State, modern, old};
use super::ceremonies::{Table, get, knowing, make, table};
use crate::ceremony::{self, CeremonyError, Get, Make, Need};
use crate::{KeyError, Watch};

/// Ids of 16 bytes, each of one number, with hints that the key must not see.
fn list(numbers: std::ops::Range<u8>) -> Vec<Descriptor> {
    let descriptor =
        |number| Descriptor { transports: vec![Transport::Usb], ..Descriptor::public_key(vec![number; 16]) };
    numbers.map(descriptor).collect()
}

fn holding(numbers: &[u8], mut state: State) -> Table {
    state.credentials = numbers.iter().map(|number| vec![*number; 16]).collect();
    table(state)
}

/// Lengths of the lists of silent questions, and of the one that asked for a touch.
fn asked(table: &Table) -> (Vec<usize>, Option<usize>) {
    let (mut silent, mut loud) = (Vec::new(), None);
    for request in table.requests() {
        match request {
            Request::GetAssertion(request) if request.options.up == Some(false) => {
                silent.push(request.allow_list.len())
            }
            Request::GetAssertion(request) => loud = Some(request.allow_list.len()),
            Request::MakeCredential(request) => loud = Some(request.exclude_list.len()),
            _ => {}
        }
    }
    (silent, loud)
}

#[test]
fn a_list_that_fits_is_sent_as_it_is() {
    let mut table = holding(&[2], modern(None));
    let request = Get { allow: list(0..4), ..get(Need::Discouraged) };
    assert_eq!(table.get(&request, &mut knowing(&[])).unwrap(), [vec![2; 16]]);
    assert_eq!(asked(&table), (vec![], Some(4)));
}

#[test]
fn a_long_allow_list_is_searched_silently_until_something_is_found() {
    let mut table = holding(&[6], modern(None));
    let request = Get { allow: list(0..20), ..get(Need::Discouraged) };
    assert_eq!(table.get(&request, &mut knowing(&[])).unwrap(), [vec![6; 16]]);
    assert_eq!(asked(&table), (vec![4, 4], Some(1)));
}

#[test]
fn nothing_found_asks_for_no_touch_and_never_for_any_credential() {
    let mut table = holding(&[99], modern(None));
    let request = Get { allow: list(0..9), ..get(Need::Discouraged) };
    assert!(matches!(table.get(&request, &mut knowing(&[])), Err(CeremonyError::NoCredential)));
    assert_eq!(asked(&table), (vec![4, 4, 1], None));
    // Ids longer than the key makes: none of them can be its own.
    let mut state = modern(None);
    state.info.max_credential_id_length = Some(15);
    let mut table = holding(&[99], state);
    assert!(matches!(table.get(&request, &mut knowing(&[])), Err(CeremonyError::NoCredential)));
    assert_eq!(asked(&table), (vec![], None));
    // An id that no message can carry.
    let huge = vec![Descriptor::public_key(vec![1; 5_000])];
    let mut table = holding(&[99], modern(None));
    let request = Get { allow: huge, ..get(Need::Discouraged) };
    assert!(matches!(table.get(&request, &mut knowing(&[])), Err(CeremonyError::NoCredential)));
    assert_eq!(asked(&table), (vec![], None));
}

#[test]
fn a_long_exclude_list_is_searched_with_the_token_and_the_touch_is_asked_for_all_the_same() {
    let mut table = holding(&[17], modern(Some("1234")));
    let request = Make { exclude: list(0..20), ..make(Need::Required) };
    assert!(matches!(table.make(&request, &mut knowing(&["1234"])), Err(CeremonyError::Excluded)));
    assert_eq!(asked(&table), (vec![4; 5], Some(1)));
    let proven = table.requests().into_iter().filter_map(|request| match request {
        Request::GetAssertion(request) => Some(request.pin_uv_auth_param.is_some()),
        _ => None,
    });
    assert!(proven.into_iter().all(|proven| proven));
}

#[test]
fn a_long_exclude_list_of_other_keys_is_no_hindrance() {
    let mut table = holding(&[], modern(None));
    let request = Make { exclude: list(0..20), ..make(Need::Discouraged) };
    table.make(&request, &mut knowing(&[])).unwrap();
    assert_eq!(asked(&table), (vec![4; 5], Some(0)));
}

#[test]
fn a_key_that_does_not_say_how_many_it_takes_is_given_one_at_a_time() {
    let mut table = holding(&[2], old(None));
    let request = Get { allow: list(0..5), ..get(Need::Discouraged) };
    assert_eq!(table.get(&request, &mut knowing(&[])).unwrap(), [vec![2; 16]]);
    assert_eq!(asked(&table), (vec![1, 1, 1], Some(1)));
}

/// 1 024 bytes hold about nine ids of 64 bytes beside the question, whatever count the key promises.
#[test]
fn pieces_fit_into_the_keys_longest_message() {
    let mut state = modern(None);
    state.info.max_credential_count_in_list = Some(50);
    let mut table = holding(&[], state);
    let allow: Vec<Descriptor> = (0..30).map(|number| Descriptor::public_key(vec![number; 64])).collect();
    let request = Get { allow, ..get(Need::Discouraged) };
    assert!(matches!(table.get(&request, &mut knowing(&[])), Err(CeremonyError::NoCredential)));
    let (silent, _) = asked(&table);
    assert_eq!(silent.iter().sum::<usize>(), 30);
    assert!(silent.iter().all(|count| (8..=10).contains(count) || *count == silent[silent.len() - 1]), "{silent:?}");
}

#[test]
fn a_key_is_asked_silently_what_it_knows() {
    let rp_id = RpId::new("example.com");
    for (held, expected) in [(vec![3], Some(vec![3; 16])), (vec![], None)] {
        let mut table = holding(&held, modern(Some("1234")));
        let deadline = table.session.deadline_in(Millis(60_000));
        let mut nobody = |_| {};
        let mut watch = Watch::new(deadline, &table.bench.cancel, &mut nobody);
        let known = ceremony::knows(&mut table.session, &rp_id, &list(0..6), &mut watch).unwrap();
        assert_eq!(known.map(|known| known.id.into_bytes()), expected);
        let Some(Request::GetAssertion(request)) = table.requests().pop() else { panic!("no question") };
        assert_eq!(request.options, Options { rk: None, up: Some(false), uv: None });
    }
}

#[test]
fn a_key_that_names_a_credential_nobody_asked_for_is_not_believed() {
    use super::wire::{Bench, CBOR, OURS, message, now, simple};
    // {1: {"id": h'09', "type": "public-key"}, 2: h'00…', 3: h'01'}.
    let mut reply = vec![0x00, 0xa3, 0x01, 0xa2, 0x62];
    reply.extend(b"id");
    reply.extend([0x41, 0x09, 0x64]);
    reply.extend(b"type");
    reply.push(0x6a);
    reply.extend(b"public-key");
    reply.extend([0x02, 0x58, 37]);
    reply.extend([0; 37]);
    reply.extend([0x03, 0x41, 0x01]);
    let bench = Bench::new();
    let mut session = bench.open(simple(move |_| now(message(OURS, CBOR, &reply)))).unwrap();
    let deadline = session.deadline_in(Millis(1_000));
    let mut nobody = |_| {};
    let mut watch = Watch::new(deadline, &bench.cancel, &mut nobody);
    let known = ceremony::knows(&mut session, &RpId::new("example.com"), &list(0..1), &mut watch);
    assert!(matches!(known, Err(KeyError::Malformed(fob_ctap::Malformed::Value("credential")))), "{known:?}");
}
