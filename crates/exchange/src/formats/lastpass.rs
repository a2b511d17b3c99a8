//! LastPass Authenticator's JSON export, after the fields that Bitwarden Authenticator and Ente read.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::draft::Draft;
use crate::json::{self, Field, List, Part};
use crate::record::clipped;
use crate::source::Source;
use crate::{ImportError, Report};

#[derive(Deserialize, Default)]
#[serde(default)]
struct File {
    accounts: List<Account>,
    folders: List<Folder>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Folder {
    id: Field,
    name: Field,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Account {
    issuer_name: Field,
    original_issuer_name: Field,
    user_name: Field,
    original_user_name: Field,
    secret: Field,
    time_step: Field,
    digits: Field,
    algorithm: Field,
    is_favorite: Field,
    folder_data: Part<FolderData>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct FolderData {
    folder_id: Field,
}

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let file: File = json::read(source)?;
    let folders: BTreeMap<_, _> =
        file.folders.0.iter().map(|folder| (folder.id.text(), clipped(folder.name.text()))).collect();
    for account in &file.accounts.0 {
        let draft = Draft {
            issuer: account.issuer_name.some().unwrap_or(account.original_issuer_name.text()),
            account: account.user_name.some().unwrap_or(account.original_user_name.text()),
            secret: account.secret.text(),
            algorithm: account.algorithm.text(),
            digits: account.digits.text(),
            period: account.time_step.text(),
            ..Draft::default()
        };
        let record = draft.record().map(|mut record| {
            record.favourite = account.is_favorite.is_true();
            let folder = account.folder_data.get().and_then(|data| folders.get(data.folder_id.text()));
            folder.into_iter().for_each(|name| record.tag(name));
            record
        });
        report.take(draft.issuer, record);
    }
    Ok(())
}
