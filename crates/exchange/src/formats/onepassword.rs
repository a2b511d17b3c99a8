//! 1Password's 1PUX archive (support.1password.com, "1PUX format"): accounts, vaults, items; a one-time password is a
//! field of any section whose value is a `totp`.

use serde::Deserialize;

use super::bitwarden::Beside;
use crate::containers::zip::Archive;
use crate::json::{self, Field, List, Part};
use crate::source::Source;
use crate::{ImportError, Report};

/// What the archive holds.
pub(crate) const MEMBER: &str = "export.data";

#[derive(Deserialize, Default)]
#[serde(default)]
struct File {
    accounts: List<Account>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Account {
    vaults: List<Vault>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Vault {
    attrs: Part<VaultAttributes>,
    items: List<Item>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct VaultAttributes {
    name: Field,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Item {
    fav_index: Field,
    state: Field,
    overview: Part<Overview>,
    details: Part<Details>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Overview {
    title: Field,
    tags: List<Field>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Details {
    login_fields: List<LoginField>,
    sections: List<Section>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct LoginField {
    designation: Field,
    value: Field,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Section {
    fields: List<SectionField>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SectionField {
    value: Part<Value>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Value {
    totp: Field,
}

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let data = Archive::of(source)?.read(MEMBER, source)?;
    let file: File = json::read(&source.inner(&data))?;
    for vault in file.accounts.0.iter().flat_map(|account| &account.vaults.0) {
        let folder = vault.attrs.get().map_or("", |attributes| attributes.name.text());
        vault.items.0.iter().for_each(|item| item.take(folder, report));
    }
    Ok(())
}

impl Item {
    fn take(&self, folder: &str, report: &mut Report) {
        let Some(details) = self.details.get() else { return };
        let username = details.login_fields.0.iter().find(|field| field.designation.text() == "username");
        let beside = Beside {
            name: self.overview.get().map_or("", |overview| overview.title.text()),
            username: username.map_or("", |field| field.value.text()),
            notes: "",
            folder,
            favourite: !matches!(self.fav_index.text(), "" | "0"),
        };
        let fields = details.sections.0.iter().flat_map(|section| &section.fields.0);
        for totp in fields.filter_map(|field| field.value.get()?.totp.some()) {
            if self.state.text() == "trashed" {
                report.take(beside.name, Err(crate::Refusal::Trashed));
                continue;
            }
            let before = report.records.len();
            beside.take(totp, report);
            let tags = self.overview.get().map_or(&[][..], |overview| overview.tags.0.as_slice());
            for record in report.records.iter_mut().skip(before) {
                tags.iter().for_each(|tag| record.tag(tag.text()));
            }
        }
    }
}
