//! What a security key is asked for the vault: which of its slots the key opens, and a secret for a new one.
//!
//! The RP ID is a constant and refused at every other door (`fob_webauthn`), so nobody else can have these questions
//! asked.

use std::sync::{Mutex, PoisonError};

use fob_ambient::Millis;
use fob_bus::{CallError, ErrorKind};
use fob_client::ceremony::{self, CeremonyError, Enrol, Salted};
use fob_client::{CancelToken, Session, Watch};
use fob_ctap::entity::{Descriptor, RpEntity, RpId, UserEntity, UserHandle};
use fob_ctap::extension::hmac_secret::HmacValues;
use fob_vault::{EnrolledKey, KeyOffer, SlotError, SlotId, SlotSecret, VAULT_RP_ID, Way};

use crate::ceremony::{Failure, Fit, Prompted, Purpose};
use crate::errors;

/// What the key shows beside the RP ID, where it shows anything.
const NAME: &str = "fob vault";

/// A question for every slot that a key could open.
pub(super) struct Question {
    asked: Vec<(SlotId, Salted)>,
}

impl Question {
    /// About the key slots among these.
    pub(super) fn about(ways: &[Way]) -> Self {
        let asked = ways.iter().filter_map(|way| match way {
            Way::Key { slot, credential, salt, user_verification, .. } => {
                let credential = Descriptor::public_key(credential.clone());
                Some((*slot, Salted { credential, salt: *salt, user_verification: *user_verification }))
            }
            _ => None,
        });
        Self { asked: asked.collect() }
    }

    /// Whether no key is any good.
    pub(super) fn is_empty(&self) -> bool {
        self.asked.is_empty()
    }
}

impl Purpose for Question {
    type Done = (SlotId, SlotSecret);

    fn fit(&self, session: &mut Session, watch: &mut Watch<'_>) -> Result<Fit, Failure> {
        keeps_secrets(session)?;
        let asked = self.asked.iter().map(|(_, salted)| salted);
        known(session, asked, watch)
    }

    fn perform(
        &self,
        session: &mut Session,
        person: &mut Prompted,
        cancel: &CancelToken,
        deadline: Millis,
    ) -> Result<Self::Done, Failure> {
        let questions: Vec<Salted> = self.asked.iter().map(|(_, salted)| salted.clone()).collect();
        let answer = ceremony::ask_secret(session, &rp_id(), &questions, person, cancel, deadline);
        let (answered, values) = answer.map_err(|error| refusal(person, &error))?;
        let slot = self.asked.iter().find(|(_, salted)| *salted == answered);
        let slot = slot.ok_or_else(|| CallError::new(ErrorKind::KeySilent, "the key answered another question"))?;
        Ok((slot.0, secret(&values)))
    }
}

/// A new credential for a new slot.
pub(super) struct Enrolment {
    offer: Mutex<Option<KeyOffer>>,
    enrol: Enrol,
}

impl Enrolment {
    /// How many touches it takes.
    pub(super) const TOUCHES: u32 = 3;

    /// For this offer, on none of the keys that have one of these slots already.
    pub(super) fn new(offer: KeyOffer, ways: &[Way]) -> Self {
        let credentials = ways.iter().filter_map(|way| match way {
            Way::Key { credential, .. } => Some(Descriptor::public_key(credential.clone())),
            _ => None,
        });
        let id = UserHandle::new(offer.salt().to_vec()).expect("32 bytes are no more than 64");
        let enrol = Enrol {
            rp: RpEntity { id: rp_id(), name: Some(NAME.to_owned()) },
            user: UserEntity { id, name: Some(NAME.to_owned()), display_name: None },
            exclude: credentials.collect(),
            salt: *offer.salt(),
            user_verification: offer.user_verification(),
        };
        Self { offer: Mutex::new(Some(offer)), enrol }
    }
}

impl Purpose for Enrolment {
    type Done = EnrolledKey;

    fn fit(&self, session: &mut Session, _watch: &mut Watch<'_>) -> Result<Fit, Failure> {
        keeps_secrets(session)?;
        Ok(Fit::Could)
    }

    fn perform(
        &self,
        session: &mut Session,
        person: &mut Prompted,
        cancel: &CancelToken,
        deadline: Millis,
    ) -> Result<EnrolledKey, Failure> {
        let enrolled = ceremony::enrol_secret(session, &self.enrol, person, cancel, deadline);
        let enrolled = enrolled.map_err(|error| refusal(person, &error))?;
        answered(&self.offer, &enrolled.credential, &enrolled.first, &enrolled.second)
    }
}

/// A new salt for a credential that stays.
pub(super) struct Renewal {
    offer: Mutex<Option<KeyOffer>>,
    question: Salted,
}

impl Renewal {
    /// How many touches it takes.
    pub(super) const TOUCHES: u32 = 2;

    /// For this offer.
    pub(super) fn new(offer: KeyOffer, credential: &[u8]) -> Self {
        let question = Salted {
            credential: Descriptor::public_key(credential.to_vec()),
            salt: *offer.salt(),
            user_verification: offer.user_verification(),
        };
        Self { offer: Mutex::new(Some(offer)), question }
    }
}

impl Purpose for Renewal {
    type Done = EnrolledKey;

    fn fit(&self, session: &mut Session, watch: &mut Watch<'_>) -> Result<Fit, Failure> {
        keeps_secrets(session)?;
        known(session, [&self.question], watch)
    }

    fn perform(
        &self,
        session: &mut Session,
        person: &mut Prompted,
        cancel: &CancelToken,
        deadline: Millis,
    ) -> Result<EnrolledKey, Failure> {
        let answers = ceremony::ask_secret_twice(session, &rp_id(), &self.question, person, cancel, deadline);
        let (first, second) = answers.map_err(|error| refusal(person, &error))?;
        answered(&self.offer, self.question.credential.id.as_bytes(), &first, &second)
    }
}

fn rp_id() -> RpId {
    RpId::new(VAULT_RP_ID)
}

fn keeps_secrets(session: &Session) -> Result<(), Failure> {
    if ceremony::can_keep_secrets(session.info()) {
        return Ok(());
    }
    Err(errors::ceremony(&CeremonyError::CannotKeepSecrets).into())
}

/// Whether the key has one of the credentials that show themselves to everybody. The others may be there or not.
fn known<'a>(
    session: &mut Session,
    asked: impl IntoIterator<Item = &'a Salted>,
    watch: &mut Watch<'_>,
) -> Result<Fit, Failure> {
    let list: Vec<Descriptor> = asked.into_iter().map(|salted| salted.credential.clone()).collect();
    let known = ceremony::knows(session, &rp_id(), &list, watch).map_err(|error| errors::key(&error))?;
    Ok(if known.is_some() { Fit::Knows } else { Fit::Could })
}

fn answered(
    offer: &Mutex<Option<KeyOffer>>,
    credential: &[u8],
    first: &HmacValues,
    second: &HmacValues,
) -> Result<EnrolledKey, Failure> {
    let offer = offer.lock().unwrap_or_else(PoisonError::into_inner).take().expect("a key is enrolled once");
    let enrolled = offer.answered(credential, secret(first), &secret(second));
    Ok(enrolled.map_err(|error| CallError::from_error(ErrorKind::KeySilent, &error))?)
}

fn secret(values: &HmacValues) -> SlotSecret {
    SlotSecret::from_slice(values.first()).expect("a secret of a key has the 32 bytes of a slot's")
}

/// Why the key does not do it, in the vault's words where it has some.
fn refusal(person: &mut Prompted, error: &CeremonyError) -> CallError {
    match error {
        CeremonyError::Excluded => CallError::from_error(ErrorKind::WayBarred, &SlotError::AlreadyEnrolled),
        CeremonyError::NoCredential => CallError::new(ErrorKind::NoKey, "this key is no way into the vault"),
        error => person.cause(error),
    }
}
