//! Every command of CTAP2 against a key that has a state: the first byte chooses the key, then come steps.
//!
//! | step | what follows | what happens |
//! |---|---|---|
//! | 0 | chunk | a request, as it is |
//! | 1 | chunk | a request, its placeholders filled in |
//! | 2 | chunk | the same with the proof of the last token |
//! | 3 | flags, permissions, RP | a token: by PIN, by a wrong one, by finger, without permissions |
//! | 4 | flags, text | a PIN is set or changed |
//! | 5 | byte | what becomes of the next four touches |
//! | 6 | two bytes | time passes, in tenths of a second |
//! | 7 | byte | the power goes; or the process |
//! | 8 | byte | what lies on the sensor next |
//! | 9 | chunk | a U2F message |
//! | 10 | byte | another channel |

use fob_ambient::Millis;
use fob_authenticator::{Caller, FingerSample, Presence};
use fob_ctap::bio_enrollment::SampleStatus;
use fob_ctap::pin::Protocol;

use crate::softkey::{Done, Model, Platform, RPS};
use crate::steps::Steps;

/// Most steps of an input that are looked at: each may cost a signature.
const MOST_STEPS: usize = 48;

/// Whatever comes, the key answers within its limits, its counter never goes back, and what it has is what it kept.
pub fn authenticator(data: &[u8]) {
    drop(authenticator_story(data));
}

/// The same, for those who want to know what happened.
#[must_use]
pub fn authenticator_story(data: &[u8]) -> Vec<Done> {
    let mut steps = Steps(data);
    let mut platform = Platform::new(Model::of(steps.byte()));
    for _ in 0..MOST_STEPS {
        let Some(step) = steps.next() else { break };
        take(&mut platform, step, &mut steps);
    }
    platform.finish()
}

fn take(platform: &mut Platform, step: u8, steps: &mut Steps<'_>) {
    match step % 11 {
        0 => drop(platform.send(steps.chunk())),
        1 => drop(platform.send_filled(steps.chunk(), false)),
        2 => drop(platform.send_filled(steps.chunk(), true)),
        3 => token(platform, steps),
        4 => platform.new_pin(protocol(steps.byte()), steps.text()),
        5 => touches(platform, steps.byte()),
        6 => platform.now = platform.now.plus(Millis(u64::from(steps.short()) * 100)),
        7 if steps.byte().is_multiple_of(2) => platform.key.power_cycle(platform.now),
        7 => platform.restart(),
        8 => platform.person.lay(sample(steps.byte())),
        9 => u2f(platform, steps.chunk()),
        _ => platform.caller = Caller(steps.byte().into()),
    }
}

/// The protocol that the lowest bit of some flags names.
fn protocol(flags: u8) -> Protocol {
    if flags & 1 == 0 { Protocol::Two } else { Protocol::One }
}

fn token(platform: &mut Platform, steps: &mut Steps<'_>) {
    let (flags, permissions, rp) = (steps.byte(), steps.byte(), steps.byte());
    let rp = RPS[usize::from(rp) % RPS.len()];
    let permissions = Some(permissions).filter(|_| flags & 8 == 0);
    match permissions.filter(|_| flags & 4 != 0) {
        Some(permissions) => platform.finger_token(protocol(flags), permissions, rp),
        None => platform.token(protocol(flags), permissions, rp, flags & 2 != 0),
    }
}

fn touches(platform: &mut Platform, byte: u8) {
    let outcomes = [Presence::Touched, Presence::Refused, Presence::Cancelled, Presence::TimedOut];
    let next = (0..4).map(|place| outcomes[usize::from(byte >> (2 * place)) % outcomes.len()]);
    platform.person.touches = next.collect();
}

fn sample(byte: u8) -> FingerSample {
    match byte {
        0 => FingerSample::None,
        1..=9 => FingerSample::Good { finger: byte.into() },
        poor => FingerSample::Poor(SampleStatus::from_number(u64::from(poor % 16))),
    }
}

fn u2f(platform: &mut Platform, message: &[u8]) {
    let step = platform.key.u2f(message, platform.now);
    assert!((2..=fob_authenticator::MAX_MESSAGE).contains(&step.reply.len()));
    if step.ask.is_some() {
        let outcome = platform.person.touches.pop_front().unwrap_or(Presence::Touched);
        platform.key.u2f_presence(outcome, platform.now);
    }
}
