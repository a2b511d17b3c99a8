//! Looking at a key and its credentials, and carrying credentials in and out, in WebDriver's form.

use data_encoding::BASE64URL_NOPAD;
use fob_authenticator::{ImportError, PortableCredential};
use fob_ctap::entity::{CredentialId, RpEntity, RpId, UserEntity, UserHandle};
use fob_ctap::extension::CredProtect;
use fob_softkey_control::{Credential, ErrorName, Failure, KeyStatus};
use serde_json::Value;
use zeroize::Zeroizing;

use super::Hub;
use crate::slot::Slot;

/// Longest credential id that is taken in, in bytes: what a key says in getInfo at most (§6.4, maxCredentialIdLength).
const LONGEST_ID: usize = 1_023;

impl Hub {
    pub(super) fn status(slot: &Slot) -> Value {
        let status = KeyStatus {
            name: slot.name().to_owned(),
            face: slot.face.clone(),
            plugged: slot.plugged,
            profile: slot.line.profile.clone(),
            credentials: slot.key.authenticator().state().resident_count() as u64,
            waiting: slot.person.waits_for().map(str::to_owned),
            script: slot.person.steps() as u64,
            faults: slot.fault_count() as u64,
        };
        serde_json::to_value(status).unwrap_or_default()
    }
}

impl Slot {
    /// All discoverable credentials.
    pub(super) fn credentials(&self, with_private_keys: bool) -> Value {
        let counter = self.key.authenticator().state().counter();
        let credentials = self.key.authenticator().export();
        let written = credentials.iter().map(|credential| written(credential, counter, with_private_keys));
        written.map(|credential| serde_json::to_value(credential).unwrap_or_default()).collect()
    }

    pub(super) fn import(&mut self, credential: Credential) -> Result<(), Failure> {
        let counter = credential.sign_count;
        let credential = read(credential)?;
        self.key.authenticator_mut().import(credential, counter).map_err(|error| {
            let name = match error {
                ImportError::PrivateKey => ErrorName::BadRequest,
                ImportError::Full => ErrorName::NotNow,
                ImportError::Store => ErrorName::Failed,
            };
            Failure::new(name, error.to_string())
        })
    }

    pub(super) fn forget(&mut self, id: &str) -> Result<(), Failure> {
        let id = CredentialId::from(bytes("credential_id", id)?);
        match self.key.authenticator_mut().forget(&id) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::new(ErrorName::NotNow, "the key has no such credential")),
            Err(status) => Err(Failure::new(ErrorName::Failed, status.to_string())),
        }
    }
}

fn written(credential: &PortableCredential, counter: u32, with_private_keys: bool) -> Credential {
    let text = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    Credential {
        credential_id: text(credential.id.as_bytes()),
        is_resident_credential: true,
        rp_id: credential.rp.id.as_str().to_owned(),
        private_key: with_private_keys.then(|| text(credential.expose_private_key())),
        user_handle: text(credential.user.id.as_bytes()),
        user_name: credential.user.name.clone(),
        user_display_name: credential.user.display_name.clone(),
        sign_count: counter,
        cred_protect: Some(credential.protection.number()),
    }
}

fn read(credential: Credential) -> Result<PortableCredential, Failure> {
    if !credential.is_resident_credential {
        return Err(bad("only resident credentials can be put into a key"));
    }
    let id = bytes("credentialId", &credential.credential_id)?;
    if id.is_empty() || id.len() > LONGEST_ID {
        return Err(bad("credentialId has 1 to 1023 bytes"));
    }
    let handle = UserHandle::new(bytes("userHandle", &credential.user_handle)?);
    let handle = handle.ok_or_else(|| bad("userHandle has at most 64 bytes"))?;
    let level =
        credential.cred_protect.map_or(Some(CredProtect::default()), |level| CredProtect::from_number(level.into()));
    let level = level.ok_or_else(|| bad("credProtect is 1, 2 or 3"))?;
    let private_key = credential.private_key.ok_or_else(|| bad("privateKey is missing"))?;
    let private_key = Zeroizing::new(bytes("privateKey", &private_key)?);
    let user = UserEntity { id: handle, name: credential.user_name, display_name: credential.user_display_name };
    let rp = RpEntity { id: RpId::new(credential.rp_id), name: None };
    Ok(PortableCredential::new(id.into(), rp, user, level, private_key))
}

fn bytes(name: &str, text: &str) -> Result<Vec<u8>, Failure> {
    BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| bad(&format!("{name} is not base64url without padding")))
}

fn bad(message: &str) -> Failure {
    Failure::new(ErrorName::BadRequest, message)
}
