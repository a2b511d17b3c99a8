//! U2F against a key that has a state: what was registered signs in, for the right site and for no other.
//!
//! | step | what follows | what happens |
//! |---|---|---|
//! | 0 | chunk | a message, as it is |
//! | 1 | site | registration |
//! | 2 | control, site, credential, byte to change in its handle and how | signing in |
//! | 3 | byte | a touch, or another end of waiting for one |
//! | 4 | two bytes | time passes, in tenths of a second |
//! | 5 | chunk | a CTAP2 request with its placeholders filled in |

use fob_ambient::Millis;
use fob_authenticator::{MAX_MESSAGE, Presence};
use fob_ctap::sha256;
use fob_ctap::u2f::{Authenticate, Authentication, Control, KeyHandle, Register, Registration, U2fCommand, U2fError};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

use crate::softkey::{Model, Platform, RPS};
use crate::steps::Steps;

const MOST_STEPS: usize = 48;
const CHALLENGE: [u8; 32] = [7; 32];

/// A registration that the key gave out.
struct Made {
    site: [u8; 32],
    registration: Registration,
}

/// Nobody signs in with what was made for another site, or with a handle that was changed; what the key signs, verifies.
pub fn u2f_key(data: &[u8]) {
    let mut steps = Steps(data);
    let mut platform = Platform::new(Model::of(steps.byte()));
    let mut made = Vec::new();
    for _ in 0..MOST_STEPS {
        let Some(step) = steps.next() else { break };
        match step % 6 {
            0 => drop(message(&mut platform, steps.chunk())),
            1 => made.extend(register(&mut platform, steps.byte())),
            2 => authenticate(&mut platform, &made, &mut steps),
            3 => {
                let outcome = if steps.byte().is_multiple_of(2) { Presence::Touched } else { Presence::TimedOut };
                platform.key.u2f_presence(outcome, platform.now);
            }
            4 => platform.now = platform.now.plus(Millis(u64::from(steps.short()) * 100)),
            _ => drop(platform.send_filled(steps.chunk(), false)),
        }
    }
    platform.finish();
}

fn message(platform: &mut Platform, bytes: &[u8]) -> Vec<u8> {
    let step = platform.key.u2f(bytes, platform.now);
    assert!((2..=MAX_MESSAGE).contains(&step.reply.len()));
    step.reply
}

fn site(number: u8) -> [u8; 32] {
    sha256(RPS[usize::from(number) % RPS.len()].as_bytes())
}

fn register(platform: &mut Platform, number: u8) -> Option<Made> {
    let request = Register { challenge: CHALLENGE, application: site(number) };
    let reply = message(platform, &request.encode());
    let registration = Register::decode_reply(&reply).map_err(status).ok()?;
    Some(Made { site: request.application, registration })
}

fn authenticate(platform: &mut Platform, made: &[Made], steps: &mut Steps<'_>) {
    let (control, site_number, which, place, change) =
        (steps.byte(), steps.byte(), steps.byte(), steps.byte(), steps.byte());
    let Some(one) = usize::from(which).checked_rem(made.len()).and_then(|which| made.get(which)) else { return };
    let mut handle = one.registration.key_handle.as_bytes().to_vec();
    let place = usize::from(place) % handle.len();
    handle[place] ^= change;
    let request = Authenticate {
        control: [Control::EnforceUserPresence, Control::CheckOnly, Control::DontEnforceUserPresence]
            [usize::from(control % 3)],
        challenge: CHALLENGE,
        application: site(site_number),
        key_handle: KeyHandle::new(handle).expect("as long as it was"),
    };
    let before = platform.key.state().counter();
    let reply = message(platform, &request.encode());
    match Authenticate::decode_reply(&reply).map_err(status) {
        Ok(answer) => {
            assert!(change == 0 && request.application == one.site, "signed in with what was made for something else");
            assert!(answer.counter > before);
            verify(one, &request, &answer);
        }
        Err(_) => assert_eq!(platform.key.state().counter(), before, "a refusal counts nothing"),
    }
}

fn verify(one: &Made, request: &Authenticate, answer: &Authentication) {
    let message = request.signed_data(answer.user_presence, answer.counter);
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, one.registration.public_key.to_sec1());
    key.verify(&message, &answer.signature).expect("the signature is that of the registered key");
}

/// A key refuses with a status word; an answer that makes no sense is none.
fn status(error: U2fError) {
    assert!(matches!(error, U2fError::Status(_)), "the key answered nonsense: {error}");
}
