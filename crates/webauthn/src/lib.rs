//! WebAuthn Level 3 for a client: options in, responses out.
//!
//! A ceremony has three steps, and each is a function of its arguments:
//! 1. [`Creation::new`] or [`Assertion::new`] takes who calls ([`Caller`]) and what the page wants (JSON), and either
//!    refuses with a DOM error or knows everything that does not depend on a key: RP ID, client data, lists, policy.
//! 2. `for_key` takes what one key says about itself and answers what to send to it, or why it is no candidate.
//! 3. `finish` takes the key's reply, checks that it is what was asked for, and makes the response's JSON.
//!
//! What is not here: talking to keys, choosing between them, PINs (`fob_client`), consent and timers (the daemon),
//! focus, gestures and permission policies (the browser extension). Nothing here waits, opens or draws lots.

mod assertion;
mod base64url;
mod caller;
mod client_data;
mod creation;
mod error;
mod key;
pub mod options;
mod origin;
mod response;
mod rp_id;
mod spki;
mod text;
#[cfg(test)]
mod vectors;

pub use assertion::{Account, Assertion, KeyAssertion, Signed};
pub use caller::Caller;
pub use client_data::{Ceremony, ClientData};
pub use creation::{Creation, KeyCreation};
pub use error::{DomName, Error, KeyFailure, OptionsError, OriginError, ReplyError, RpIdError, Unfit};
pub use key::Verification;
pub use options::{Attachment, Attestation, Requirement};
pub use origin::Origin;
pub use response::{
    AssertionResponse, AttestationResponse, AuthenticationResponse, CredentialProperties, ExtensionResults,
    RegistrationResponse,
};
pub use rp_id::{RpId, VAULT_RP_ID};
