//! Registration (WebAuthn Level 3 §5.1.3): from caller and options to a request for one key, and from its reply to
//! the response.

use fob_ambient::Millis;
use fob_ctap::Strictness;
use fob_ctap::attestation::{AttestationObject, Packed, Statement};
use fob_ctap::auth_data::{Aaguid, AttestedCredential};
use fob_ctap::entity::{CredentialParameters, Descriptor, RpEntity, UserEntity};
use fob_ctap::extension::{self, CredProtect, Extensions};
use fob_ctap::get_info::Info;
use fob_ctap::make_credential::Reply;

use crate::key::{Key, Verification};
use crate::options::{Attachment, Attestation, CreationOptions, LONGEST_ID, Requirement};
use crate::response::{self, AttestationResponse, CredentialProperties, ExtensionResults, RegistrationResponse};
use crate::{Caller, Ceremony, ClientData, Error, ReplyError, RpId, Unfit, spki, text};

/// A registration that may go ahead: all that is known before a key is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creation {
    caller: Caller,
    rp_id: RpId,
    client_data: ClientData,
    options: CreationOptions,
}

/// A registration as one key should be asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyCreation {
    /// SHA-256 of the client data.
    pub client_data_hash: [u8; 32],
    /// For whom, the name cut to what keys take.
    pub rp: RpEntity,
    /// For which account, names cut likewise.
    pub user: UserEntity,
    /// What the site takes, best first.
    pub parameters: Vec<CredentialParameters>,
    /// Credentials that must not be on this key. May be more than the key takes at once.
    pub exclude: Vec<Descriptor>,
    /// Inputs of extensions.
    pub extensions: Extensions,
    /// Attestation formats, best first; empty for a key that does not know the parameter.
    pub attestation_formats: Vec<String>,
    /// Make a passkey. Decided: `preferred` has become what this key can.
    pub passkey: bool,
    /// Verify the person.
    pub user_verification: Requirement,
    /// How the key will do that.
    pub verification: Verification,
    transports: Vec<String>,
}

impl Creation {
    /// Judges a call of `create()`: `json` is a PublicKeyCredentialCreationOptionsJSON.
    ///
    /// # Errors
    /// [`Error::Options`], [`Error::RpId`] or [`Error::NoCredentialType`], in the standard's order.
    pub fn new(caller: Caller, json: &str) -> Result<Self, Error> {
        let options = CreationOptions::from_json(json)?;
        let rp_id = RpId::claim(caller.origin(), options.rp.id.as_deref())?;
        if options.parameters.is_empty() {
            return Err(Error::NoCredentialType);
        }
        let client_data = ClientData::new(Ceremony::Create, &options.challenge, &caller);
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
    pub const fn options(&self) -> &CreationOptions {
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
    pub fn for_key(&self, info: &Info) -> Result<KeyCreation, Unfit> {
        let key = Key(info);
        if self.options.attachment == Some(Attachment::Platform) {
            return Err(Unfit::Attachment);
        }
        if self.options.resident_key == Requirement::Required && !key.holds_passkeys() {
            return Err(Unfit::NoPasskeys);
        }
        if !key.has_one_of(&self.options.parameters) {
            return Err(Unfit::NoAlgorithm);
        }
        let passkey = self.options.resident_key != Requirement::Discouraged && key.holds_passkeys();
        Ok(KeyCreation {
            client_data_hash: *self.client_data.hash(),
            rp: RpEntity { id: self.rp_id.to_ctap(), name: text::for_key(&self.options.rp.name) },
            user: self.user(),
            parameters: self.options.parameters.clone(),
            exclude: key.possible(&self.options.exclude),
            extensions: self.extensions(info)?,
            attestation_formats: self.attestation_formats(info),
            passkey,
            user_verification: self.options.user_verification,
            verification: key.verification_to_create(self.options.user_verification, passkey)?,
            transports: key.transports(),
        })
    }

    /// Checks the reply to what was `sent` and makes the response.
    ///
    /// # Errors
    /// Why the reply is no answer to the request.
    pub fn finish(&self, sent: &KeyCreation, reply: &Reply) -> Result<RegistrationResponse, ReplyError> {
        let data = reply.authenticator_data(Strictness::Lenient)?;
        response::check(&data, &self.rp_id, self.options.user_verification)?;
        let credential = data.attested_credential.as_ref().ok_or(ReplyError::NoNewCredential)?;
        if !(1..=LONGEST_ID).contains(&credential.id.as_bytes().len()) {
            return Err(ReplyError::CredentialId);
        }
        let algorithm = credential.public_key.algorithm().ok_or(ReplyError::OtherAlgorithm)?;
        if !self.options.parameters.iter().any(|parameters| parameters.algorithm == algorithm) {
            return Err(ReplyError::OtherAlgorithm);
        }
        let cred_props = self.options.extensions.cred_props;
        Ok(RegistrationResponse::new(
            &credential.id,
            AttestationResponse {
                client_data_json: self.client_data.json().to_vec(),
                authenticator_data: reply.auth_data.clone(),
                transports: sent.transports.clone(),
                public_key: spki::encode(&credential.public_key),
                public_key_algorithm: algorithm.0,
                attestation_object: self.conveyed(reply, credential).encode(),
            },
            ExtensionResults { cred_props: cred_props.then_some(CredentialProperties { rk: sent.passkey }) },
        ))
    }

    fn user(&self) -> UserEntity {
        let user = &self.options.user;
        UserEntity {
            id: user.id.clone(),
            name: text::for_key(&user.name),
            display_name: text::for_key(&user.display_name),
        }
    }

    /// CTAP 2.3 §12.1: a policy goes to a key that knows it; enforced, it keeps others away.
    fn extensions(&self, info: &Info) -> Result<Extensions, Unfit> {
        let mut extensions = Extensions::default();
        if let Some(protection) = self.options.extensions.protection {
            if info.has_extension(extension::CRED_PROTECT) {
                extensions.set(extension::CRED_PROTECT, protection.policy);
            } else if protection.enforced && protection.policy != CredProtect::UserVerificationOptional {
                return Err(Unfit::NoProtection);
            }
        }
        Ok(extensions)
    }

    /// A key that lists its formats knows the parameter (CTAP 2.3 §6.1, §6.4).
    fn attestation_formats(&self, info: &Info) -> Vec<String> {
        match self.options.attestation {
            _ if info.attestation_formats.is_empty() => Vec::new(),
            Attestation::None => vec!["none".to_owned()],
            _ => self.options.attestation_formats.clone(),
        }
    }

    /// §5.1.3, constructCredentialAlg: who wants no attestation gets none, except self attestation of a key that
    /// does not tell its model, which says nothing. The AAGUID stays: Level 3 no longer has it zeroed.
    fn conveyed(&self, reply: &Reply, credential: &AttestedCredential) -> AttestationObject {
        let says_nothing = credential.aaguid == Aaguid::default()
            && matches!(&reply.statement, Statement::Packed(Packed { certificates, .. }) if certificates.is_empty());
        let mut object = reply.attestation_object();
        if self.options.attestation == Attestation::None && !says_nothing {
            object.statement = Statement::None;
        }
        object
    }
}

#[cfg(test)]
mod tests;
