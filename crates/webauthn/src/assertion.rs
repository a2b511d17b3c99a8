//! Authentication (WebAuthn Level 3 §5.1.4.1): from caller and options to a request for one key, and from its replies
//! to the accounts that can be signed in to, each with its response.

use fob_ambient::Millis;
use fob_ctap::Strictness;
use fob_ctap::entity::{self, CredentialId, Descriptor, UserEntity};
use fob_ctap::extension::Extensions;
use fob_ctap::get_assertion::Reply;
use fob_ctap::get_info::Info;

use crate::key::{Key, Verification};
use crate::options::{LONGEST_ID, RequestOptions, Requirement};
use crate::response::{self, AssertionResponse, AuthenticationResponse};
use crate::{Caller, Ceremony, ClientData, Error, ReplyError, RpId, Unfit};

/// An authentication that may go ahead: all that is known before a key is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    caller: Caller,
    rp_id: RpId,
    client_data: ClientData,
    options: RequestOptions,
}

/// An authentication as one key should be asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyAssertion {
    /// SHA-256 of the client data.
    pub client_data_hash: [u8; 32],
    /// For whom.
    pub rp_id: entity::RpId,
    /// Credentials that will do; empty for any passkey. May be more than the key takes at once.
    pub allow: Vec<Descriptor>,
    /// Inputs of extensions.
    pub extensions: Extensions,
    /// Verify the person.
    pub user_verification: Requirement,
    /// How the key will do that.
    pub verification: Verification,
}

/// One signature. Where a key has several passkeys for a site there are several, and the person chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Whose, as far as the key tells.
    pub account: Option<Account>,
    /// The response that signs in there.
    pub response: AuthenticationResponse,
}

/// An account as a key tells of it: without names unless it verified the person, or has only one (CTAP 2.3 §6.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Account name. Comes from the site: strip control characters before showing it.
    pub name: Option<String>,
    /// The person's name, under the same caution.
    pub display_name: Option<String>,
}

impl Assertion {
    /// Judges a call of `get()`: `json` is a PublicKeyCredentialRequestOptionsJSON.
    ///
    /// # Errors
    /// [`Error::Options`] or [`Error::RpId`].
    pub fn new(caller: Caller, json: &str) -> Result<Self, Error> {
        let options = RequestOptions::from_json(json)?;
        let rp_id = RpId::claim(caller.origin(), options.rp_id.as_deref())?;
        let client_data = ClientData::new(Ceremony::Get, &options.challenge, &caller);
        Ok(Self { caller, rp_id, client_data, options })
    }

    /// Who asks.
    #[must_use]
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// For whom.
    #[must_use]
    pub const fn rp_id(&self) -> &RpId {
        &self.rp_id
    }

    /// What is asked.
    #[must_use]
    pub const fn options(&self) -> &RequestOptions {
        &self.options
    }

    /// What the key signs over.
    #[must_use]
    pub const fn client_data(&self) -> &ClientData {
        &self.client_data
    }

    /// How long it may take.
    #[must_use]
    pub const fn timeout(&self) -> Millis {
        self.options.timeout
    }

    /// What to send to a key that says this about itself.
    ///
    /// # Errors
    /// Why it is no candidate.
    pub fn for_key(&self, info: &Info) -> Result<KeyAssertion, Unfit> {
        let key = Key(info);
        let allow = key.possible(&self.options.allow);
        if self.options.allow.is_listed() && allow.is_empty() {
            return Err(Unfit::NoCredential);
        }
        if !self.options.allow.is_listed() && !key.holds_passkeys() {
            return Err(Unfit::NoPasskeys);
        }
        Ok(KeyAssertion {
            client_data_hash: *self.client_data.hash(),
            rp_id: self.rp_id.to_ctap(),
            allow,
            extensions: Extensions::default(),
            user_verification: self.options.user_verification,
            verification: key.verification_to_sign(self.options.user_verification)?,
        })
    }

    /// Checks all replies to what was `sent`, in the key's order.
    ///
    /// # Errors
    /// Why one of the replies is no answer to the request.
    pub fn finish_all(&self, sent: &KeyAssertion, replies: &[Reply]) -> Result<Vec<Signed>, ReplyError> {
        replies.iter().map(|reply| self.finish(sent, reply)).collect()
    }

    /// Checks one reply to what was `sent` and makes the response.
    ///
    /// # Errors
    /// Why the reply is no answer to the request.
    pub fn finish(&self, sent: &KeyAssertion, reply: &Reply) -> Result<Signed, ReplyError> {
        let data = reply.authenticator_data(Strictness::Lenient)?;
        response::check(&data, &self.rp_id, self.options.user_verification)?;
        let id = signer(&sent.allow, reply)?;
        let user = reply.user.as_ref();
        let handle = user.map(|user| &user.id).filter(|handle| !handle.as_bytes().is_empty());
        if sent.allow.is_empty() && handle.is_none() {
            return Err(ReplyError::NoUserHandle);
        }
        let response = AssertionResponse {
            client_data_json: self.client_data.json().to_vec(),
            authenticator_data: reply.auth_data.clone(),
            signature: reply.signature.clone(),
            user_handle: handle.map(|handle| handle.as_bytes().to_vec()),
        };
        Ok(Signed { account: user.map(Account::from), response: AuthenticationResponse::new(id, response) })
    }
}

/// Which credential signed: one of the list, and named by the key unless the list has only one (CTAP 2.0).
fn signer<'a>(allow: &'a [Descriptor], reply: &'a Reply) -> Result<&'a CredentialId, ReplyError> {
    match (allow, &reply.credential) {
        ([only], None) => Ok(&only.id),
        (_, None) => Err(ReplyError::OtherCredential),
        (_, Some(named)) if !(1..=LONGEST_ID).contains(&named.id.as_bytes().len()) => Err(ReplyError::CredentialId),
        ([], Some(named)) => Ok(&named.id),
        (list, Some(named)) if list.iter().any(|listed| listed.id == named.id) => Ok(&named.id),
        _ => Err(ReplyError::OtherCredential),
    }
}

impl From<&UserEntity> for Account {
    fn from(user: &UserEntity) -> Self {
        Self { name: user.name.clone(), display_name: user.display_name.clone() }
    }
}

#[cfg(test)]
mod tests;
