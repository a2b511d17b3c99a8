//! Ente Auth: its encrypted export (`models/export/ente.dart`; Argon2id, libsodium's secretstream) and its page to be
//! printed (`html_export.dart`). The plain export is a list of URIs and read as one.

use serde::Deserialize;

use super::uri_list;
use crate::containers::html;
use crate::draft::Draft;
use crate::json::{self, Field, Part};
use crate::sealed::{Argon2Kind, argon2, open_secretstream};
use crate::source::Source;
use crate::{ImportError, Lost, MAX_ENTRIES, Report, encoding};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct File {
    kdf_params: Part<KdfParams>,
    encrypted_data: Field,
    encryption_nonce: Field,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct KdfParams {
    mem_limit: Field,
    ops_limit: Field,
    salt: Field,
}

pub(super) fn read_encrypted(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let damaged = || source.damaged("a part of it is missing");
    let file: File = json::read(source)?;
    let params = file.kdf_params.get().ok_or_else(damaged)?;
    let number = |field: &Field| field.number("number").ok().flatten().ok_or_else(damaged);
    let bytes = |field: &Field| encoding::base64(field.text()).ok_or_else(damaged);
    let kind = Argon2Kind {
        id: true,
        current: true,
        memory_kib: number(&params.mem_limit)? / 1024,
        passes: number(&params.ops_limit)?,
        lanes: 1,
    };
    let key = argon2(&kind, &bytes(&params.salt)?, source.password()?)?;
    let (header, sealed) = (bytes(&file.encryption_nonce)?, bytes(&file.encrypted_data)?);
    let plain = open_secretstream(&key, &header, &sealed).ok_or_else(|| source.wrong_password())?;
    uri_list::read(&source.inner(&plain), report)
}

/// Reads the page: for each account a table with issuer, account, and the rest as `Name: value`.
pub(super) fn read_page(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    for (count, cell) in html::elements(source.text()?, "td").enumerate() {
        if count > 2 * MAX_ENTRIES {
            return Err(ImportError::TooManyEntries);
        }
        let lines: Vec<_> = html::elements(cell, "p").take(16).map(html::text).collect();
        let [issuer, account, rest @ ..] = lines.as_slice() else { continue };
        let named = |name: &str| {
            let line = rest.iter().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'));
            line.unwrap_or_default().trim()
        };
        let draft = Draft {
            kind: named("Type"),
            issuer,
            account,
            secret: named("Secret"),
            algorithm: named("Algorithm"),
            digits: named("Digits"),
            ..Draft::default()
        };
        let label = format!("{issuer}: {account}");
        if draft.kind.eq_ignore_ascii_case("hotp") {
            report.lost(label.clone(), Lost::Counter);
        }
        let record = draft.record().map(|mut record| {
            record.notes = named("Note").to_owned();
            record
        });
        report.take(label, record);
    }
    if !report.records.is_empty() {
        report.all_lost(Lost::Period);
    }
    Ok(())
}
