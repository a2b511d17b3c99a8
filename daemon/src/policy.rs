//! Who may do what. One way for every door: [`gate`] before every call, then what the call wants, as a value ([`Want`]).
//!
//! `rule` is the table: tiers, and what follows for each. `grants` is what a person has allowed for longer than once, and
//! `programs` whom they have listed; both lie in the vault and are wiped from memory when it is locked. `line` says whom
//! the person may be asked about. These are plain logic: the moment is passed in, nobody waits. [`Consent`] holds them
//! together, [`ask()`] is the one way to the prompt, [`obtain`] is the way of a call that may have to wait for an answer,
//! and `object` is `dev.fob.Policy1`.
//!
//! Which keys are plugged in is no secret on this machine (lsusb says the same), so the ObjectManager answers everybody.

mod ask;
mod consent;
mod grants;
mod leave;
mod line;
mod listing;
mod object;
mod programs;
mod rule;
mod unlock;
mod want;
mod words;

pub(crate) use ask::{ask, unheard};
pub(crate) use consent::{Consent, Decision, Leave};
pub(crate) use leave::{Plea, note, obtain, put, question};
pub(crate) use line::Who;
pub(crate) use object::{Policy, tell_grants_changed};
pub(crate) use rule::{Companions, Operation, gate, refused};
pub(crate) use unlock::unlock;
pub(crate) use want::{Kind, Site, Want};
pub(crate) use words::{PATIENCE, shown};
