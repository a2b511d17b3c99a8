//! Steam's own file on Android: one account, or several in a map. The secret is Base64; the code that gets the account
//! back without it is kept as a recovery code.

use fob_otp::Seed;
use serde::Deserialize;

use crate::draft::Draft;
use crate::json::{self, Field, Map};
use crate::source::Source;
use crate::{ImportError, Record, Refusal, Report, SecretText, encoding};

#[derive(Deserialize, Default)]
#[serde(default)]
struct File {
    accounts: Map<Account>,
    // One account alone has its fields at the top.
    shared_secret: Field,
    account_name: Field,
    revocation_code: Field,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Account {
    shared_secret: Field,
    account_name: Field,
    revocation_code: Field,
}

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let file: File = json::read(source)?;
    for (_, account) in &file.accounts.0 {
        report.take(account.account_name.text(), account.record());
    }
    if file.shared_secret.some().is_some() {
        let File { shared_secret, account_name, revocation_code, .. } = file;
        let account = Account { shared_secret, account_name, revocation_code };
        report.take(account.account_name.text(), account.record());
    }
    Ok(())
}

impl Account {
    fn record(&self) -> Result<Record, Refusal> {
        let secret = self.shared_secret.some().ok_or(Refusal::NoSecret)?;
        let bytes = encoding::base64(secret).ok_or(Refusal::Encoding("Base64 text"))?;
        let draft = Draft { kind: "steam", issuer: "Steam", account: self.account_name.text(), ..Draft::default() };
        let mut record = draft.record_of(Seed::new(bytes.to_vec()))?;
        record.recovery_codes.extend(self.revocation_code.some().map(|code| SecretText::new(code.to_owned())));
        Ok(record)
    }
}
