//! Looks at one key, registers and signs in with it, without the daemon: for a new kernel, transport or key.
//!
//! `probe` lists hidraw nodes, `probe /dev/hidraw0` uses one, `probe --socket PATH` and `probe --stream PATH` use a
//! key behind a unix socket. The credential is not discoverable, so nothing stays on the key; one that asks for a PIN
//! gets none.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use fob_ambient::{Clock, Millis, SystemClock, SystemRng};
use fob_client::ceremony::{self, Get, Make, Need, Person, PinAnswer, PinQuestion};
use fob_client::socket::SocketLink;
use fob_client::{CancelToken, KeyState, Limits, Link, Session, Surroundings, Watch, discover, hid};
use fob_ctap::Strictness;
use fob_ctap::cose::Algorithm;
use fob_ctap::entity::{CredentialParameters, Descriptor, RpEntity, RpId, UserEntity, UserHandle};
use fob_ctap::extension::Extensions;

const RP: &str = "probe.fob.invalid";
const TOUCH: Millis = Millis(30_000);

struct Onlooker;

impl Person for Onlooker {
    fn state(&mut self, state: KeyState) {
        println!("state     {state:?}");
    }

    fn pin(&mut self, question: PinQuestion) -> PinAnswer {
        println!("pin       wanted, {} tries left", question.retries);
        PinAnswer::GiveUp
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => list(),
        ["--socket", path] => {
            patiently(|clock, pause, watch| Ok(Box::new(SocketLink::connect(Path::new(path), clock, pause, watch)?)))
        }
        ["--stream", path] => patiently(|clock, pause, watch| {
            Ok(Box::new(SocketLink::connect_stream(Path::new(path), clock, pause, watch)?))
        }),
        [node] => patiently(|clock, pause, watch| {
            Ok(Box::new(hid::open_patiently(&hid::Hidraw::default(), Path::new(node), clock, pause, watch)?))
        }),
        _ => Err("usage: probe [NODE | --socket PATH | --stream PATH]".into()),
    }
}

fn list() -> Result<(), Box<dyn Error>> {
    for node in discover::find(&discover::Hidapi, &discover::Sysfs::default())? {
        println!("{node:#?}");
    }
    Ok(())
}

type Opened = Result<Box<dyn Link>, Box<dyn Error>>;

/// Probes what `open` opens, within five seconds.
fn patiently(
    open: impl FnOnce(&SystemClock, &mut dyn FnMut(Millis), &mut Watch<'_>) -> Opened,
) -> Result<(), Box<dyn Error>> {
    let clock = SystemClock::new();
    let cancel = CancelToken::new();
    let deadline = clock.monotonic().plus(Millis(5_000));
    let mut pause = |length: Millis| std::thread::sleep(length.duration());
    let mut states = |state| println!("state     {state:?}");
    probe(open(&clock, &mut pause, &mut Watch::new(deadline, &cancel, &mut states))?)
}

fn probe(link: Box<dyn Link>) -> Result<(), Box<dyn Error>> {
    let cancel = CancelToken::new();
    let surroundings = Surroundings { clock: Arc::new(SystemClock::new()), rng: Box::new(SystemRng::new()) };
    let mut session = Session::open(link, surroundings, Limits::default(), &cancel)?;
    println!("info      {:#?}", session.info());

    let made = make(&mut session, &cancel)?;
    println!("made      {:?}", made.id);
    let rp_id = RpId::new(RP);
    let deadline = session.deadline_in(TOUCH);
    let list = [Descriptor::public_key(vec![0; 32]), made.clone()];
    let mut nobody = |_| {};
    let known = ceremony::knows(&mut session, &rp_id, &list, &mut Watch::new(deadline, &cancel, &mut nobody))?;
    println!("knows     {:?}", known.map(|known| known.id));

    let request = Get {
        client_data_hash: [2; 32],
        rp_id,
        allow: vec![made],
        extensions: Extensions::default(),
        user_verification: Need::Discouraged,
    };
    let deadline = session.deadline_in(TOUCH);
    let assertions = ceremony::get_assertion(&mut session, &request, &mut Onlooker, &cancel, deadline)?;
    for assertion in assertions {
        println!("signed    {:?}", assertion.authenticator_data(Strictness::Canonical)?);
    }
    Ok(())
}

fn make(session: &mut Session, cancel: &CancelToken) -> Result<Descriptor, Box<dyn Error>> {
    let request = Make {
        client_data_hash: [1; 32],
        rp: RpEntity { id: RpId::new(RP), name: Some(RP.to_owned()) },
        user: UserEntity {
            id: UserHandle::new(*b"probe").ok_or("a user handle has 64 bytes at most")?,
            name: Some("probe".to_owned()),
            display_name: None,
        },
        pub_key_cred_params: vec![CredentialParameters::public_key(Algorithm::ES256)],
        exclude: Vec::new(),
        extensions: Extensions::default(),
        resident_key: Need::Discouraged,
        user_verification: Need::Discouraged,
        enterprise_attestation: None,
        attestation_formats: Vec::new(),
    };
    let deadline = session.deadline_in(TOUCH);
    let reply = ceremony::make_credential(session, &request, &mut Onlooker, cancel, deadline)?;
    println!("statement {}", reply.statement.format());
    let data = reply.authenticator_data(Strictness::Canonical)?;
    let credential = data.attested_credential.ok_or("no credential in the answer")?;
    Ok(Descriptor::public_key(credential.id))
}
