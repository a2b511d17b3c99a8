//! Proton Pass' export: JSON, alone or in an archive. Its PGP-encrypted archive is not read.

use serde::Deserialize;

use super::bitwarden::Beside;
use crate::containers::zip::{self, Archive};
use crate::json::{self, Field, List, Map, Part};
use crate::source::Source;
use crate::{ImportError, Refusal, Report};

/// What the archive holds.
pub(crate) const MEMBER: &str = "Proton Pass/data.json";
/// An item in the bin.
const TRASHED: &str = "2";

#[derive(Deserialize, Default)]
#[serde(default)]
struct File {
    vaults: Map<Vault>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Vault {
    name: Field,
    items: List<Item>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Item {
    state: Field,
    pinned: Field,
    data: Part<Data>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Data {
    metadata: Part<Metadata>,
    content: Part<Content>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    name: Field,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Content {
    totp_uri: Field,
    item_username: Field,
    item_email: Field,
    /// Before the user name and the address were two.
    username: Field,
}

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    if source.bytes.starts_with(zip::MAGIC) {
        let data = Archive::of(source)?.read(MEMBER, source)?;
        return read_json(&source.inner(&data), report);
    }
    read_json(source, report)
}

fn read_json(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let file: File = json::read(source)?;
    for (_, vault) in &file.vaults.0 {
        for item in &vault.items.0 {
            let Some(data) = item.data.get() else { continue };
            let Some(content) = data.content.get() else { continue };
            let Some(totp) = content.totp_uri.some() else { continue };
            let names = [&content.item_username, &content.item_email, &content.username];
            let beside = Beside {
                name: data.metadata.get().map_or("", |metadata| metadata.name.text()),
                username: names.into_iter().find_map(Field::some).unwrap_or(""),
                notes: "",
                folder: vault.name.text(),
                favourite: item.pinned.is_true(),
            };
            match item.state.text() {
                TRASHED => report.take(beside.name, Err(Refusal::Trashed)),
                _ => beside.take(totp, report),
            }
        }
    }
    Ok(())
}
