//! A whole key on its wire, with a state: each 65 bytes are a byte for pause and person, and a report.
//!
//! The byte's upper six bits are a pause, in twentieths of a second; its lower two say what becomes of a touch that is
//! wanted: given, given, refused, or waited for until a later step gives it.

use fob_ambient::{Millis, SeededRng};
use fob_authenticator::{Authenticator, Parts, Presence, SystemSigner};
use fob_ctap::Strictness;
use fob_ctap::hid::{HidCommand, Packet};
use fob_softkey::{Key, Output};

use crate::hid_device::reports;
use crate::softkey::{Mirror, prepared};

/// Reports of one message (§11.2.4), a keepalive, and the error that ends another one.
const MOST_OUTPUTS: usize = 140;

/// Whatever comes over the wire, the key sends what a key may send, asks for a touch only while somebody waits for it,
/// and has what it kept.
pub fn hid_key(data: &[u8]) {
    let mirror = Mirror::holding(&prepared().state);
    let parts = Parts {
        store: Box::new(mirror.clone()),
        rng: Box::new(SeededRng::new(1)),
        signer: Box::new(SystemSigner::new()),
        strictness: Strictness::Canonical,
    };
    let mut key = Key::new(Authenticator::power_up(parts, Millis(0)).expect("the mirror never fails"));
    let mut now = Millis(0);
    let mut wanted = false;
    for (byte, report) in reports(data) {
        now = now.plus(Millis(u64::from(byte >> 2) * 50));
        let outputs = key.on_tick(now);
        heed(&mut key, outputs, byte, now, &mut wanted);
        let outputs = key.on_report(&report, now);
        heed(&mut key, outputs, byte, now, &mut wanted);
        assert!(key.deadline().is_none_or(|deadline| deadline >= now));
        assert!(!wanted || key.deadline().is_some(), "a touch is waited for without end");
    }
    assert!(mirror.agrees_with(key.authenticator().state()), "what is kept is not what is");
}

fn heed(key: &mut Key, outputs: Vec<Output>, byte: u8, now: Millis, wanted: &mut bool) {
    assert!(outputs.len() <= MOST_OUTPUTS, "{} outputs", outputs.len());
    for output in outputs {
        match output {
            Output::Send(report) => {
                let unknown = matches!(Packet::parse(&report), Packet::First { command: HidCommand::Unknown(_), .. });
                assert!(!unknown, "a key never sends a command that nobody knows");
            }
            Output::AskTouch(ask) => {
                assert!(ask.deadline >= now);
                *wanted = true;
            }
            Output::TouchOver => *wanted = false,
            Output::Wink => {}
        }
    }
    let outcome = match byte & 3 {
        0 | 1 => Presence::Touched,
        2 => Presence::Refused,
        _ => return,
    };
    if *wanted {
        *wanted = false;
        // Giving a touch may make the key ask for another: not in the same step.
        for output in key.presence(outcome, now) {
            *wanted |= matches!(output, Output::AskTouch(_));
        }
    }
}
