//! What CTAP 2.0 (Proposed Standard 2019-01-30) answered otherwise than later editions: statuses of options and of PIN
//! protocols in makeCredential and getAssertion (§5.1 and §5.2 there). Keys of that edition are asked here first.

use fob_ctap::make_credential::Options;
use fob_ctap::pin::Protocol;
use fob_ctap::{Request, Status};

use crate::{Authenticator, Edition};

impl Authenticator {
    /// Whether a key of CTAP 2.0 would refuse this request where a later one would not, or with another status.
    ///
    /// # Errors
    /// The status of CTAP 2.0.
    pub(super) fn outdated(&self, request: &Request) -> Result<(), Status> {
        if self.abilities.edition != Edition::Ctap20 {
            return Ok(());
        }
        let (options, proof, protocol) = match request {
            Request::MakeCredential(request) => {
                let proof = &request.pin_uv_auth_param;
                (Options { rk: None, ..request.options }, proof, request.pin_uv_auth_protocol)
            }
            Request::GetAssertion(request) => {
                let proof = &request.pin_uv_auth_param;
                (Options { up: None, ..request.options }, proof, request.pin_uv_auth_protocol)
            }
            _ => return Ok(()),
        };
        // Known, and not valid for this command: "up" when a credential is made, "rk" when one signs.
        if options.up.is_some() || options.rk.is_some() {
            return Err(Status::InvalidOption);
        }
        // Known, and not supported; beside a proof it says what the proof does.
        if options.uv == Some(true) && proof.is_none() && self.abilities.fingerprints.is_none() {
            return Err(Status::UnsupportedOption);
        }
        let known =
            |number| Protocol::from_number(number).is_some_and(|one| self.abilities.pin_protocols.contains(&one));
        match (proof, protocol) {
            (Some(proof), Some(number)) if !proof.is_empty() && !known(number) => Err(Status::PinAuthInvalid),
            _ => Ok(()),
        }
    }
}
