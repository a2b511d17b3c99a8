//! The other door, on a private bus: the same policy by the broker's word, and requests that die with their caller.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

use fob_asking::Choice;
use fob_bus::proxy::{Manager1Proxy, Otp1Proxy, Request1Proxy, WebAuthn1Proxy};
use fob_bus::types::{CeremonyOptions, CodeOptions, request_state};
use fob_bus::{ErrorKind, names, pipe};
use futures_util::StreamExt;
use zbus::connection::Builder;
use zbus::{Connection, MatchRule, MessageStream};

use super::ceremonies::{ORIGIN, creation};
use super::house::House;
use super::scripted::{Does, Person};
use super::softkey::{Softkey, Touch};
use crate::doors::SessionBus;

/// A bus of its own; gone when dropped.
struct Bus {
    program: Child,
    address: String,
}

impl Bus {
    fn start(house: &House) -> Self {
        let address = format!("unix:path={}", house.path("bus").display());
        let mut program = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--print-address=1", "--address", &address])
            .stdout(Stdio::piped())
            .spawn()
            .expect("dbus-daemon is among the packages that ./test installs");
        let mut line = String::new();
        BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { program, address: line.trim().to_owned() }
    }

    async fn connect(&self) -> Connection {
        Builder::address(self.address.as_str()).build().await.unwrap()
    }

    async fn serve(&self, house: &House) {
        let bus = SessionBus::join(house.daemon.clone(), Builder::address(self.address.as_str())).await.unwrap();
        tokio::spawn(bus.run());
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.program.kill().unwrap();
        self.program.wait().unwrap();
    }
}

#[tokio::test]
async fn the_policy_is_the_same_at_both_doors() {
    for (house, companion) in [(House::build(), false), (House::of_this_test(), true)] {
        let bus = Bus::start(&house);
        bus.serve(&house).await;
        let client = bus.connect().await;
        let manager = Manager1Proxy::new(&client).await.unwrap();
        let status = manager.status().await.unwrap();
        assert!(status.session_bus);
        assert_eq!(status.vault_path.is_empty(), !companion);
        let locked = manager.lock().await;
        assert_eq!(locked.err().map(|error| error.kind), (!companion).then_some(ErrorKind::Denied));
    }
}

#[tokio::test]
async fn a_second_fobd_does_not_take_the_name() {
    let house = House::build();
    let bus = Bus::start(&house);
    bus.serve(&house).await;
    let second = SessionBus::join(house.daemon.clone(), Builder::address(bus.address.as_str())).await;
    assert!(matches!(second.err(), Some(zbus::Error::NameTaken)));
    // Nor does anybody else, by asking the broker to replace it.
    let thief = bus.connect().await;
    assert!(matches!(thief.request_name(names::BUS_NAME).await, Err(zbus::Error::NameTaken)));
}

#[tokio::test]
async fn a_request_speaks_to_its_owner_alone_and_dies_with_it() {
    let house = House::of_this_test();
    let bus = Bus::start(&house);
    bus.serve(&house).await;
    let key = Softkey::start(&house.path("key"), Touch::Never);
    let (owner, other) = (bus.connect().await, bus.connect().await);
    Manager1Proxy::new(&other).await.unwrap().attach_key(key.path()).await.unwrap();

    let path = names::request_path(Some(owner.unique_name().unwrap()), "t").unwrap();
    let request = Request1Proxy::new(&owner, path.clone()).await.unwrap();
    let mut states = request.receive_state_changed().await.unwrap();
    let everything = MatchRule::builder().path(path.as_ref()).build().unwrap();
    let mut overheard = MessageStream::for_match_rule(everything, &other, None).await.unwrap();
    let options = CeremonyOptions {
        handle_token: "t".into(),
        request_json: creation("discouraged"),
        ..CeremonyOptions::default()
    };
    let webauthn = WebAuthn1Proxy::new(&owner).await.unwrap();
    assert_eq!(webauthn.create_credential("", ORIGIN, "publicKey", options).await.unwrap(), path);
    while states.next().await.unwrap().args().unwrap().state != request_state::TOUCH {}

    let not_mine = Request1Proxy::new(&other, path).await.unwrap();
    assert_eq!(not_mine.cancel().await.unwrap_err().kind, ErrorKind::Denied);
    drop((states, request, webauthn));
    owner.close().await.unwrap();
    while !house.daemon.desk.is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(key.seen.cancels.load(Ordering::SeqCst), 1);
    // What was sent to the owner did not come here; what was answered here is no signal of the request.
    let heard = tokio::time::timeout(Duration::ZERO, overheard.next()).await;
    assert!(heard.is_err(), "{heard:?}");
}

#[tokio::test]
async fn a_question_on_the_bus_names_the_door_and_goes_with_its_caller() {
    let person = Person::then([], Does::Hesitates);
    let house = House::build().with_prompter(person.clone());
    let _companion = house.unlocked().await;
    let bus = Bus::start(&house);
    bus.serve(&house).await;
    let (client, other) = (bus.connect().await, bus.connect().await);
    let call = tokio::spawn({
        let client = client.clone();
        async move {
            let (_reader, end) = pipe::awaiting().unwrap();
            Otp1Proxy::new(&client).await.unwrap().code("example", CodeOptions::default(), end.into()).await
        }
    });
    person.was_asked(1).await;
    let question = &person.asked()[0];
    assert_eq!((question.asker.door.as_str(), question.choices.as_slice()), ("bus", &[Choice::Once][..]));
    assert_eq!(question.asker.pid, i32::try_from(std::process::id()).ok());
    // Somebody else's leaving changes nothing.
    other.close().await.unwrap();
    assert!(!call.is_finished());
    client.close().await.unwrap();
    person.sees_nothing().await;
    call.abort();
}
