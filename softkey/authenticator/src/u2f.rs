//! U2F (CTAP1, FIDO U2F Raw Message Formats 1.2), on the same credentials: what is registered here signs in there (§10).
//!
//! U2F does not wait: a key that is not touched says so, and the platform asks again. The touch that comes in between is
//! kept for a while and counts once.

use fob_ambient::Millis;
use fob_ctap::cose::PublicKey;
use fob_ctap::entity::{CredentialId, RpId};
use fob_ctap::extension::CredProtect;
use fob_ctap::u2f::{
    Authenticate, Authentication, Control, Register, Registration, Request, StatusWord, U2fCommand, Version,
};

use crate::presence::TOUCH_LIMIT;
use crate::sealed_id::Sealed;
use crate::state::Change;
use crate::{Ask, Authenticator, CredentialKey, KeyKind, Presence, Reason};

/// How long a touch counts, in milliseconds. Platforms ask several times a second.
const TOUCH_COUNTS: Millis = Millis(10_000);
/// SW_COMMAND_NOT_ALLOWED: alwaysUv is on, and U2F verifies nobody (§7.2.4).
const COMMAND_NOT_ALLOWED: StatusWord = StatusWord::Other(0x6986);
/// SW_INTERNAL_EXCEPTION: the store, or a signature, failed.
const INTERNAL: StatusWord = StatusWord::Other(0x6f00);

/// An answer, and perhaps a wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct U2fStep {
    /// Send this now: data, then the status word.
    pub reply: Vec<u8>,
    /// Ask for a touch meanwhile; what comes of it goes to [`Authenticator::u2f_presence`].
    pub ask: Option<Ask>,
}

/// A touch that was given for U2F.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Touches(Option<Millis>);

impl Touches {
    /// Uses the touch up, if it still counts.
    fn take(&mut self, now: Millis) -> bool {
        self.0.take().is_some_and(|touched| now.since(touched) <= TOUCH_COUNTS)
    }
}

impl Authenticator {
    /// A message of CTAPHID_MSG.
    pub fn u2f(&mut self, bytes: &[u8], now: Millis) -> U2fStep {
        // Every command ends what another one began.
        self.sequence = None;
        let answer = match Request::decode(bytes) {
            _ if !self.abilities.u2f => Err(StatusWord::InsNotSupported),
            Err(status) => Err(status),
            Ok(Request::Version) => Ok(Version::encode_reply(&Version::U2F_V2.to_owned())),
            Ok(_) if self.always_uv() => Err(COMMAND_NOT_ALLOWED),
            Ok(Request::Register(request)) => return self.register(&request, now),
            Ok(Request::Authenticate(request)) => return self.authenticate(&request, now),
        };
        U2fStep { reply: answer.unwrap_or_else(StatusWord::encode), ask: None }
    }

    /// How the wish for a touch ended.
    pub fn u2f_presence(&mut self, outcome: Presence, now: Millis) {
        if outcome == Presence::Touched {
            self.touches = Touches(Some(now));
        }
    }

    fn register(&mut self, request: &Register, now: Millis) -> U2fStep {
        if !self.touches.take(now) {
            return untouched(Reason::MakeCredential, now);
        }
        done(self.registered(request).map(|reply| Register::encode_reply(&reply)))
    }

    fn registered(&mut self, request: &Register) -> Result<Registration, StatusWord> {
        let key = CredentialKey::generate(KeyKind::Es256, &mut *self.rng);
        let sealed = Sealed { key, protection: CredProtect::default(), third_party_payment: false };
        let id = self.state.device_key.seal(&request.application, &sealed);
        let key_handle = fob_ctap::u2f::KeyHandle::new(id.into_bytes()).ok_or(INTERNAL)?;
        let PublicKey::Es256(public_key) = sealed.key.cose() else { return Err(INTERNAL) };
        let certified = self.certified(false);
        let message = request.signed_data(&key_handle, &public_key);
        let signature = self.signer.sign(&certified.key, &message).map_err(|_| INTERNAL)?;
        Ok(Registration { public_key, key_handle, certificate: certified.certificate, signature })
    }

    fn authenticate(&mut self, request: &Authenticate, now: Millis) -> U2fStep {
        let Some(key) = self.u2f_key(request) else { return done(Err(StatusWord::WrongData)) };
        let touched = match request.control {
            Control::CheckOnly => return done(Err(StatusWord::ConditionsNotSatisfied)),
            Control::EnforceUserPresence => self.touches.take(now),
            Control::DontEnforceUserPresence => false,
        };
        if !touched && request.control == Control::EnforceUserPresence {
            return untouched(Reason::GetAssertion, now);
        }
        done(self.authenticated(request, &key, touched).map(|reply| Authenticate::encode_reply(&reply)))
    }

    fn authenticated(
        &mut self,
        request: &Authenticate,
        key: &CredentialKey,
        touched: bool,
    ) -> Result<Authentication, StatusWord> {
        let counter = self.state.counter.saturating_add(1);
        self.commit(vec![Change::Counter(counter)]).map_err(|_| INTERNAL)?;
        let user_presence = u8::from(touched);
        let message = request.signed_data(user_presence, counter);
        let signature = self.signer.sign(key, &message).map_err(|_| INTERNAL)?;
        Ok(Authentication { user_presence, counter, signature })
    }

    /// The key of a handle: a credential of CTAP2 too, if it is one for ES256 and nobody has to be verified for it.
    fn u2f_key(&self, request: &Authenticate) -> Option<CredentialKey> {
        let id = CredentialId::from(request.key_handle.as_bytes());
        let (key, protection) = match self.state.resident(&request.application, &id) {
            Some(resident) => (resident.key, resident.protection),
            None => {
                let opened = self.state.device_key.open(&request.application, &id)?;
                (opened.key, opened.protection)
            }
        };
        let open = protection != CredProtect::UserVerificationRequired;
        (open && key.kind() == KeyKind::Es256).then_some(key)
    }
}

fn done(answer: Result<Vec<u8>, StatusWord>) -> U2fStep {
    U2fStep { reply: answer.unwrap_or_else(StatusWord::encode), ask: None }
}

/// "Test of user presence": come back when the key was touched. Whom it is for, U2F does not say.
fn untouched(reason: Reason, now: Millis) -> U2fStep {
    let ask = Ask { reason, rp_id: None::<RpId>, deadline: now.plus(TOUCH_LIMIT) };
    U2fStep { reply: StatusWord::ConditionsNotSatisfied.encode(), ask: Some(ask) }
}
