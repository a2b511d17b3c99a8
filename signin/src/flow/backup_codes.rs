//! Backup codes: ten, 80 random bits each, for the day the key and the phone are gone.

use data_encoding::BASE32_NOPAD;
use zeroize::Zeroizing;

use crate::app::App;
use crate::flow::session::SignedIn;
use crate::problem::Problem;
use crate::store::accounts::Account;
use crate::store::backup_codes::Spent;

/// How many there are.
const COUNT: usize = 10;

/// Random bytes of one: 16 characters of base32.
const LENGTH: usize = 10;

impl App {
    /// New codes in place of all older ones. The only time they are seen.
    pub(crate) async fn new_backup_codes(&self, who: &SignedIn) -> Result<Vec<Zeroizing<String>>, Problem> {
        self.require_fresh(who)?;
        let mut codes = Vec::with_capacity(COUNT);
        let mut hashes = Vec::with_capacity(COUNT);
        for _ in 0..COUNT {
            let bytes = Zeroizing::new(self.ambient.bytes::<LENGTH>());
            let code = Zeroizing::new(BASE32_NOPAD.encode(&*bytes).to_ascii_lowercase());
            hashes.push(self.keys.backup_code_hash(&who.account.id, &code));
            codes.push(in_groups(&code));
        }
        self.store.replace_backup_codes(&who.account.id, &hashes).await?;
        tracing::info!(account = who.account.id, "new backup codes");
        Ok(codes)
    }

    /// Spends a code of the account.
    pub(crate) async fn spend_backup_code(&self, account: &Account, typed: &str) -> Result<Spent, Problem> {
        let code: String = typed.chars().filter(char::is_ascii_alphanumeric).take(LENGTH * 8 / 5 + 1).collect();
        let code = Zeroizing::new(code.to_ascii_lowercase());
        let hash = self.keys.backup_code_hash(&account.id, &code);
        Ok(self.store.spend_backup_code(&account.id, &hash, self.now()).await?)
    }
}

/// `abcd-efgh-ijkl-mnop`: four characters are read at a glance.
fn in_groups(code: &str) -> Zeroizing<String> {
    let mut grouped = Zeroizing::new(String::with_capacity(code.len() + code.len() / 4));
    for (index, character) in code.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            grouped.push('-');
        }
        grouped.push(character);
    }
    grouped
}
