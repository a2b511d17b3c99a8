//! Profiles as a program meets them.

use fob_ctap::Status;
use fob_ctap::get_info::GetInfo;
use fob_ctap::hid::HidCommand;
use fob_ctap::selection::Selection;

use crate::place::Place;
use crate::wire::{Program, ended};

const ALL: [&str; 11] = [
    "bio",
    "ctap20",
    "fido2applet",
    "ledger",
    "nitrokey3",
    "no-pin",
    "solo1",
    "u2f-only",
    "yubikey-5.2",
    "yubikey-5.4",
    "yubikey-5.7",
];

#[test]
fn a_model_comes_up_whole_or_says_what_is_missing() {
    for name in ALL {
        let place = Place::empty();
        let mut child = crate::wire::command(&["--socket", &place.text("key"), "--profile", name])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut said).unwrap();
        if said.is_empty() {
            let output = child.wait_with_output().unwrap();
            let why = String::from_utf8(output.stderr).unwrap();
            assert!(why.contains(&format!("profile {name} needs what this key cannot do yet: ")), "{why}");
            assert!(why.contains("--partial-profile"), "{why}");
        } else {
            assert!(said.contains("is ready"), "{said}");
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
    let (code, said) = ended(&["--udp", "127.0.0.1:0", "--profile", "yubikey-9"]);
    assert_eq!((code, said.contains("there is no profile \"yubikey-9\"")), (Some(1), true), "{said}");
}

#[test]
fn every_model_comes_up_without_what_is_missing_and_announces_only_what_it_does() {
    for name in ALL.into_iter().filter(|name| *name != "u2f-only") {
        let place = Place::with(&["--profile", name, "--partial-profile"]);
        let mut platform = place.platform();
        let info = platform.send(&GetInfo).unwrap();
        assert!(!info.versions.is_empty(), "{name}");
        let credential = platform.register(false);
        platform.sign_in(&credential);
        let honest = Place::with(&[]).platform().send(&GetInfo).unwrap();
        assert!(
            info.extensions.iter().all(|extension| honest.has_extension(extension)),
            "{name}: {:?}",
            info.extensions
        );
        assert_eq!(place.control().keys().unwrap()[0].profile, name);
    }
}

#[test]
fn the_models_aaguid_is_signed_for() {
    let place = Place::with(&["--profile", "nitrokey3", "--partial-profile"]);
    let mut platform = place.platform();
    let info = platform.send(&GetInfo).unwrap();
    assert_eq!(info.aaguid.to_string(), "8bc54968-07b1-4d5f-b249-607f5d527da2");
    assert_eq!(info.max_msg_size, Some(3072));
    let reply = platform.send(&crate::wire::registration(false)).unwrap();
    let data = reply.authenticator_data(fob_ctap::Strictness::Canonical).unwrap();
    let attested = data.attested_credential.unwrap();
    assert_eq!(attested.aaguid, info.aaguid);
    let fob_ctap::cose::PublicKey::Es256(point) = attested.public_key else { panic!("no ES256") };
    let fob_ctap::attestation::Statement::Packed(packed) = reply.statement else { panic!("not packed") };
    let key = ring::signature::UnparsedPublicKey::new(&ring::signature::ECDSA_P256_SHA256_ASN1, point.to_sec1());
    key.verify(&[reply.auth_data.as_slice(), &crate::wire::HASH].concat(), &packed.signature).unwrap();
}

#[test]
fn a_key_without_pin_takes_none() {
    let place = Place::with(&["--profile", "no-pin"]);
    let mut platform = place.platform();
    let info = platform.send(&GetInfo).unwrap();
    assert!(!info.options.is_known("clientPin") && info.pin_uv_auth_protocols.is_empty());
    let key_agreement = [0x06, 0xa2, 0x01, 0x02, 0x02, 0x02];
    let reply = platform.transact(HidCommand::Cbor, &key_agreement, |_, _| {});
    assert_eq!(reply, Status::InvalidCommand.encode());
}

#[test]
fn a_key_of_2019_knows_no_selection() {
    let place = Place::with(&["--profile", "ctap20", "--partial-profile"]);
    let mut platform = place.platform();
    assert_eq!(platform.send(&GetInfo).unwrap().versions, ["FIDO_2_0"]);
    assert_eq!(platform.send(&Selection).unwrap_err(), Status::InvalidCommand);
}

#[test]
fn an_only_credential_is_not_named_by_a_model_that_does_not() {
    for (name, unnamed) in [("ledger", true), ("default", false)] {
        let place = Place::with(&["--profile", name]);
        let mut platform = place.platform();
        let credential = platform.register(false);
        platform.sign_in(&credential);
        let mut request = crate::wire::assertion(&credential.0);
        assert_eq!(platform.send(&request).unwrap().credential.is_none(), unnamed, "{name}");
        let other = fob_ctap::entity::Descriptor::public_key(vec![7; 40]);
        request.allow_list.push(other);
        assert!(platform.send(&request).unwrap().credential.is_some(), "{name}: of two, the one is named");
    }
}

#[test]
fn an_excluded_credential_waits_for_a_touch_but_on_a_model_that_does_not() {
    for (name, waits) in [("solo1", false), ("ctap20", true)] {
        let place = Place::with(&["--profile", name, "--touch", "deny"]);
        place.tell(fob_softkey_control::Op::Presence { script: vec![fob_softkey_control::Touch::Allow {}] });
        let mut platform = place.platform();
        let credential = platform.register(false);
        let mut request = crate::wire::registration(false);
        request.exclude_list.push(credential.0);
        let reply = platform.transact(HidCommand::Cbor, &fob_ctap::Command::encode(&request), |_, _| {});
        assert_eq!(reply, Status::CredentialExcluded.encode());
        assert_eq!(!platform.keepalives.is_empty(), waits, "{name}");
    }
}

#[test]
fn a_key_that_keeps_nothing_says_so_and_keeps_nothing() {
    let place = Place::with(&["--profile", "ledger"]);
    let mut platform = place.platform();
    assert!(!platform.send(&GetInfo).unwrap().options.get("rk").unwrap());
    assert_eq!(platform.send(&crate::wire::registration(true)).unwrap_err(), Status::UnsupportedOption);
}

#[test]
fn the_key_says_its_models_version_in_init() {
    let place = Place::empty();
    let path = place.text("key");
    let _program = Program::start(&["--socket", &path, "--profile", "yubikey-5.4", "--partial-profile"]);
    let mut wire = crate::wire::Packets::open(&place.path("key"));
    let init = fob_ctap::hid::HidMessage::init(fob_ctap::hid::ChannelId::BROADCAST, [1; 8]);
    init.reports().for_each(|report| crate::wire::Wire::send(&mut wire, &report));
    let report = crate::wire::Wire::receive(&mut wire);
    assert_eq!(report[20..23], [5, 4, 3]);
}
