//! An account as its owner sees it.

use crate::app::App;
use crate::flow::session::SignedIn;
use crate::problem::Problem;
use crate::store::credentials::{CredentialKind, StoredCredential};

/// Everything that stands on the account page and in `GET account`.
#[derive(Debug)]
pub(crate) struct Overview {
    pub(crate) security_keys: Vec<StoredCredential>,
    pub(crate) passkeys: Vec<StoredCredential>,
    pub(crate) totp: bool,
    pub(crate) backup_codes_left: i64,
}

impl App {
    /// What is set up for somebody.
    pub(crate) async fn overview(&self, who: &SignedIn) -> Result<Overview, Problem> {
        let account = &who.account.id;
        Ok(Overview {
            security_keys: self.store.credentials(CredentialKind::SecurityKey, account).await?,
            passkeys: self.store.credentials(CredentialKind::Passkey, account).await?,
            totp: self.store.totp_seed(account).await?.is_some(),
            backup_codes_left: self.store.backup_codes_left(account).await?,
        })
    }
}
