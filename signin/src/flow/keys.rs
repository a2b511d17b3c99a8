//! Security keys and passkeys of an account: adding, renaming, removing.

use webauthn_rs::prelude::{
    CreationChallengeResponse, Credential, CredentialID, PasskeyRegistration, RegisterPublicKeyCredential,
    SecurityKeyRegistration, WebauthnError,
};

use crate::app::App;
use crate::flow::session::SignedIn;
use crate::flow::transaction::LIFETIME;
use crate::problem::Problem;
use crate::store::ceremonies::Purpose;
use crate::store::credentials::{CredentialKind, StoredCredential};
use crate::token::{Token, public_id};

/// Most credentials of a kind in an account.
const MOST: usize = 20;

/// Longest name in characters.
const LONGEST_NAME: usize = 64;

/// Longest credential id in bytes (WebAuthn Level 3 §4, "Credential ID").
const LONGEST_ID: usize = 1023;

impl App {
    /// Options for a new key or passkey. Those that are enrolled are excluded, so that nobody enrols one twice.
    pub(crate) async fn add_key_options(
        &self,
        who: &SignedIn,
        kind: CredentialKind,
    ) -> Result<(Token, CreationChallengeResponse), Problem> {
        self.require_fresh(who)?;
        let enrolled = self.store.credentials(kind, &who.account.id).await?;
        if enrolled.len() >= MOST {
            return Err(Problem::TooMany(MOST));
        }
        let exclude = Some(enrolled.into_iter().map(|stored| stored.credential_id).collect());
        let transaction = Token::random(&self.ambient);
        let options = match kind {
            CredentialKind::SecurityKey => self.security_key_options(who, exclude, &transaction).await?,
            CredentialKind::Passkey => self.passkey_options(who, exclude, &transaction).await?,
        };
        Ok((transaction, options))
    }

    async fn security_key_options(
        &self,
        who: &SignedIn,
        exclude: Option<Vec<CredentialID>>,
        transaction: &Token,
    ) -> Result<CreationChallengeResponse, Problem> {
        let name = &who.account.username;
        let (mut options, state) = self
            .webauthn
            .start_securitykey_registration(who.account.handle(), name, name, exclude, None, None)
            .map_err(Problem::server)?;
        // webauthn-rs wants the key protected by user verification, yet only prefers user verification: Chromium calls
        // that "inconsistent" and refuses. Behind a password a touch is enough, so no protection is asked for.
        if let Some(extensions) = options.public_key.extensions.as_mut() {
            extensions.cred_protect = None;
        }
        self.begin(transaction, Purpose::AddSecurityKey, Some(&who.account.id), Some(who), &state).await?;
        Ok(options)
    }

    async fn passkey_options(
        &self,
        who: &SignedIn,
        exclude: Option<Vec<CredentialID>>,
        transaction: &Token,
    ) -> Result<CreationChallengeResponse, Problem> {
        let name = &who.account.username;
        let (options, state) = self
            .webauthn
            .start_passkey_registration(who.account.handle(), name, name, exclude)
            .map_err(Problem::server)?;
        self.begin(transaction, Purpose::AddPasskey, Some(&who.account.id), Some(who), &state).await?;
        require_resident_key(options)
    }

    /// Verifies and enrols what the authenticator made.
    pub(crate) async fn add_key(
        &self,
        who: &SignedIn,
        kind: CredentialKind,
        transaction: &str,
        made: &RegisterPublicKeyCredential,
        name: Option<&str>,
    ) -> Result<StoredCredential, Problem> {
        self.require_fresh(who)?;
        let name = self.name_for(who, kind, name).await?;
        // Looked up before webauthn-rs sees it, which calls an excluded key one of another algorithm.
        if self.store.knows_credential(&made.raw_id).await? {
            return Err(Problem::AlreadySetUp("This key is"));
        }
        let refused = |error: WebauthnError| self.refusal(&error, &made.response.client_data_json);
        let (public, credential): (_, Credential) = match kind {
            CredentialKind::SecurityKey => {
                let state: SecurityKeyRegistration = self.take_own(transaction, Purpose::AddSecurityKey, who).await?;
                let key = self.webauthn.finish_securitykey_registration(made, &state).map_err(refused)?;
                (serde_json::to_string(&key), key.into())
            }
            CredentialKind::Passkey => {
                let state: PasskeyRegistration = self.take_own(transaction, Purpose::AddPasskey, who).await?;
                let key = self.webauthn.finish_passkey_registration(made, &state).map_err(refused)?;
                (serde_json::to_string(&key), key.into())
            }
        };
        if credential.cred_id.len() > LONGEST_ID {
            return Err(Problem::CredentialRefused("its id is too long"));
        }
        let stored = StoredCredential {
            id: public_id(&self.ambient),
            account: who.account.id.clone(),
            credential_id: credential.cred_id,
            name,
            public: public.map_err(Problem::server)?,
            counter: i64::from(credential.counter),
            synced: credential.backup_eligible,
            created: self.now(),
            last_used: None,
        };
        let added = self.store.add_credential(kind, &stored).await?;
        added.map_err(|_| Problem::AlreadySetUp("This key is"))?;
        tracing::info!(account = who.account.id, kind = kind.word(), key = stored.id, "enrolled");
        Ok(stored)
    }

    /// Another name for one.
    pub(crate) async fn rename_key(
        &self,
        who: &SignedIn,
        kind: CredentialKind,
        id: &str,
        name: &str,
    ) -> Result<StoredCredential, Problem> {
        self.require_fresh(who)?;
        let name = checked_name(name)?;
        self.store.rename_credential(kind, &who.account.id, id, &name).await?.ok_or(Problem::NotFound)
    }

    /// Removes one.
    pub(crate) async fn remove_key(&self, who: &SignedIn, kind: CredentialKind, id: &str) -> Result<(), Problem> {
        self.require_fresh(who)?;
        if !self.store.remove_credential(kind, &who.account.id, id).await? {
            return Err(Problem::NotFound);
        }
        tracing::info!(account = who.account.id, kind = kind.word(), key = id, "removed");
        Ok(())
    }

    /// The name as given, or one that says which it is.
    async fn name_for(&self, who: &SignedIn, kind: CredentialKind, name: Option<&str>) -> Result<String, Problem> {
        if let Some(name) = name.filter(|name| !name.trim().is_empty()) {
            return checked_name(name);
        }
        let count = self.store.credentials(kind, &who.account.id).await?.len() + 1;
        Ok(match kind {
            CredentialKind::SecurityKey => format!("Security key {count}"),
            CredentialKind::Passkey => format!("Passkey {count}"),
        })
    }
}

/// webauthn-rs asks for `residentKey: discouraged`, but only what stays on the authenticator signs in without a name.
fn require_resident_key(mut options: CreationChallengeResponse) -> Result<CreationChallengeResponse, Problem> {
    if let Some(selection) = options.public_key.authenticator_selection.as_mut() {
        // webauthn-rs does not export the type of this member, so it is made from its word.
        selection.resident_key = Some(serde_json::from_value("required".into()).map_err(Problem::server)?);
        selection.require_resident_key = true;
    }
    Ok(options)
}

fn checked_name(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    if !(1..=LONGEST_NAME).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Problem::invalid("a name has 1 to 64 characters"));
    }
    Ok(name.to_owned())
}

const _: () = assert!(LIFETIME >= 300, "webauthn-rs gives the browser five minutes");
