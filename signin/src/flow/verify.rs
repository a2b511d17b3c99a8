//! Verifying what security keys and passkeys sign, by webauthn-rs, and saying what was wrong.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, DiscoverableKey, Passkey, PublicKeyCredential, SecurityKey,
    SecurityKeyAuthentication, WebauthnError,
};

use crate::app::App;
use crate::problem::Problem;
use crate::store::accounts::Account;
use crate::store::credentials::{CredentialKind, StoredCredential};

/// The one member of the client data that a refusal names (WebAuthn Level 3 §5.8.1).
#[derive(Deserialize)]
struct ClientData {
    origin: String,
}

impl App {
    /// The security keys of an account, as webauthn-rs keeps them.
    pub(crate) async fn security_keys(&self, account: &str) -> Result<Vec<SecurityKey>, Problem> {
        let stored = self.store.credentials(CredentialKind::SecurityKey, account).await?;
        stored.iter().map(|stored| serde_json::from_str(&stored.public).map_err(Problem::server)).collect()
    }

    /// Verifies the signature of one of the account's security keys and notes the use.
    pub(crate) async fn verify_security_key(
        &self,
        account: &Account,
        credential: &PublicKeyCredential,
        state: &SecurityKeyAuthentication,
    ) -> Result<(), Problem> {
        let stored = self.stored(CredentialKind::SecurityKey, credential).await?;
        if stored.account != account.id {
            return Err(Problem::CredentialRefused("it is not enrolled for this account"));
        }
        let result = self
            .webauthn
            .finish_securitykey_authentication(credential, state)
            .map_err(|error| self.refusal(&error, &credential.response.client_data_json))?;
        let mut key: SecurityKey = serde_json::from_str(&stored.public).map_err(Problem::server)?;
        key.update_credential(&result);
        self.note_use(&stored, &key, &result).await
    }

    /// Verifies the signature of a passkey, notes the use and says whose it is.
    pub(crate) async fn verify_passkey(
        &self,
        credential: &PublicKeyCredential,
        state: DiscoverableAuthentication,
    ) -> Result<Account, Problem> {
        let stored = self.stored(CredentialKind::Passkey, credential).await?;
        let account = self.store.account(&stored.account).await?.ok_or(Problem::NotFound)?;
        let handle = self.webauthn.identify_discoverable_authentication(credential);
        if handle.map_or(true, |(handle, _)| handle != account.handle()) {
            return Err(Problem::CredentialRefused("it does not say whose it is"));
        }
        let mut passkey: Passkey = serde_json::from_str(&stored.public).map_err(Problem::server)?;
        let key = DiscoverableKey::from(&passkey);
        let result = self
            .webauthn
            .finish_discoverable_authentication_v2(credential, state, &key)
            .map_err(|error| self.refusal(&error, &credential.response.client_data_json))?;
        passkey.update_credential(&result);
        self.note_use(&stored, &passkey, &result).await?;
        Ok(account)
    }

    /// What was wrong, in the server's words.
    pub(crate) fn refusal(&self, error: &WebauthnError, client_data: &[u8]) -> Problem {
        tracing::info!(%error, "webauthn-rs refused");
        match error {
            WebauthnError::InvalidRPOrigin => {
                let data: Option<ClientData> = serde_json::from_slice(client_data).ok();
                let signed_for = data.map_or_else(|| "another site".to_owned(), |data| printable(&data.origin));
                Problem::WrongOrigin { signed_for, expected: self.settings.origin() }
            }
            WebauthnError::CredentialPossibleCompromise => Problem::KeyCloned,
            WebauthnError::MismatchedChallenge => Problem::CredentialRefused("it answers another challenge"),
            WebauthnError::InvalidRPIDHash => Problem::CredentialRefused("it was made for another RP ID"),
            WebauthnError::UserNotPresent => Problem::CredentialRefused("nobody touched it"),
            WebauthnError::UserNotVerified => {
                Problem::CredentialRefused("it did not check its PIN or your fingerprint")
            }
            WebauthnError::CredentialCrossOrigin => Problem::CredentialRefused("it was asked from within another site"),
            WebauthnError::CredentialNotFound => Problem::CredentialRefused("it is not enrolled here"),
            WebauthnError::CredentialAlteredAlgFromRequest => {
                Problem::CredentialRefused("it uses an algorithm that was not asked for")
            }
            _ => Problem::CredentialRefused("its answer cannot be verified"),
        }
    }

    /// The enrolled credential that the client says it used.
    async fn stored(&self, kind: CredentialKind, used: &PublicKeyCredential) -> Result<StoredCredential, Problem> {
        // `id` is the same as `rawId` in another spelling (WebAuthn Level 3 §5.1); webauthn-rs looks at `rawId` only.
        if BASE64URL_NOPAD.encode(&used.raw_id) != used.id {
            return Err(Problem::CredentialRefused("its id is given in two ways that differ"));
        }
        let stored = self.store.credential(kind, &used.raw_id).await?;
        stored.ok_or(Problem::CredentialRefused("it is not enrolled here"))
    }

    async fn note_use(
        &self,
        stored: &StoredCredential,
        now: &impl Serialize,
        result: &AuthenticationResult,
    ) -> Result<(), Problem> {
        let public = serde_json::to_string(now).map_err(Problem::server)?;
        let counter = i64::from(result.counter());
        if !self.store.use_credential(&stored.id, &public, counter, self.now()).await? {
            return Err(Problem::KeyCloned);
        }
        Ok(())
    }
}

/// Text from outside, fit for a sentence.
fn printable(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).take(200).collect()
}
