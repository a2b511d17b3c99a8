//! Bitwarden (bitwarden.com/help, "Export vault data") and Bitwarden Authenticator, in clear: JSON, or CSV with the
//! column `login_totp`. That field holds a URI, `steam://`, or a bare secret.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::uri_list;
use crate::containers::csv::Rows;
use crate::draft::Draft;
use crate::json::{self, Field, List, Part};
use crate::record::clipped;
use crate::source::Source;
use crate::{CodeKind, ImportError, MAX_ENTRIES, Record, Report};

#[derive(Deserialize, Default)]
#[serde(default)]
struct File {
    encrypted: Field,
    folders: List<Folder>,
    items: List<Item>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Folder {
    id: Field,
    name: Field,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Item {
    folder_id: Field,
    name: Field,
    notes: Field,
    favorite: Field,
    login: Part<Login>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Login {
    username: Field,
    totp: Field,
}

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let file: File = json::read(source)?;
    if file.encrypted.is_true() {
        return Err(ImportError::AccountRestricted);
    }
    let folders: BTreeMap<_, _> =
        file.folders.0.iter().map(|folder| (folder.id.text(), clipped(folder.name.text()))).collect();
    for item in &file.items.0 {
        let Some(totp) = item.login.get().and_then(|login| login.totp.some()) else { continue };
        let beside = Beside {
            name: item.name.text(),
            username: item.login.get().map_or("", |login| login.username.text()),
            notes: item.notes.text(),
            folder: folders.get(item.folder_id.text()).map_or("", String::as_str),
            favourite: item.favorite.is_true(),
        };
        beside.take(totp, report);
    }
    Ok(())
}

pub(super) fn read_csv(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let mut table = Rows(source.text()?);
    let headings = table.next().ok_or_else(|| source.damaged("it has no headings"))?;
    let column = |name| headings.iter().position(|heading| heading.as_str() == name);
    let columns = ["login_totp", "name", "login_username", "notes", "folder", "favorite"].map(column);
    for (count, row) in table.enumerate() {
        if count == MAX_ENTRIES {
            return Err(ImportError::TooManyEntries);
        }
        let [totp, name, username, notes, folder, favourite] =
            columns.map(|column| column.and_then(|column| row.get(column)).map_or("", |field| field.as_str()));
        if !totp.is_empty() {
            let folder = clipped(folder);
            Beside { name, username, notes, folder: &folder, favourite: favourite == "1" }.take(totp, report);
        }
    }
    Ok(())
}

/// What stands beside a code's field in a password manager: where the code's own words are silent, it speaks.
pub(super) struct Beside<'a> {
    pub(super) name: &'a str,
    pub(super) username: &'a str,
    pub(super) notes: &'a str,
    pub(super) folder: &'a str,
    pub(super) favourite: bool,
}

impl Beside<'_> {
    /// Takes a URI or a bare secret.
    pub(super) fn take(&self, totp: &str, report: &mut Report) {
        if totp.contains("://") {
            return uri_list::take(report, self.name, totp, |record| self.complete(record));
        }
        let draft = Draft { issuer: self.name, account: self.username, secret: totp, ..Draft::default() };
        let record = draft.record().map(|mut record| {
            self.complete(&mut record);
            record
        });
        report.take(self.name, record);
    }

    /// Fills in what the code's own words leave out.
    pub(super) fn complete(&self, record: &mut Record) {
        // `steam://` has no words of its own.
        let nameless = matches!(record.kind, CodeKind::Steam { .. }) && record.account.is_empty();
        if record.issuer.is_empty() || (nameless && !self.name.is_empty()) {
            record.issuer = self.name.trim().to_owned();
        }
        if record.account.is_empty() {
            record.account = self.username.trim().to_owned();
        }
        if record.notes.is_empty() {
            record.notes = self.notes.to_owned();
        }
        record.favourite |= self.favourite;
        record.tag(self.folder);
    }
}
