//! Proton Authenticator's export, in clear or encrypted (github.com/protonpass/proton-pass-common, `authenticator`):
//! Argon2id with fixed cost, AES-256-GCM with its nonce before the ciphertext and a purpose beside it.

use serde::Deserialize;

use super::uri_list;
use crate::json::{self, Field, List, Part};
use crate::sealed::{Argon2Kind, argon2, open_gcm};
use crate::source::Source;
use crate::{ImportError, Report, encoding};

/// What the encryption says it is for.
const PURPOSE: &[u8] = b"proton.authenticator.export.v1";
const NONCE: usize = 12;

#[derive(Deserialize, Default)]
#[serde(default)]
struct File {
    entries: List<Entry>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    content: Part<Content>,
    note: Field,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Content {
    uri: Field,
    name: Field,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Encrypted {
    salt: Field,
    content: Field,
}

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let file: File = json::read(source)?;
    for entry in &file.entries.0 {
        let Some(content) = entry.content.get() else { continue };
        uri_list::take(report, content.name.text(), content.uri.text(), |record| {
            // The name is what the person sees; `steam://` has none of its own.
            if let Some(name) = content.name.some() {
                record.account = name.trim().to_owned();
            }
            record.notes = entry.note.text().to_owned();
        });
    }
    Ok(())
}

pub(super) fn read_encrypted(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let damaged = || source.damaged("a part of it is missing");
    let file: Encrypted = json::read(source)?;
    let salt = encoding::base64(file.salt.text()).ok_or_else(damaged)?;
    let content = encoding::base64(file.content.text()).ok_or_else(damaged)?;
    let (nonce, sealed) = content.split_at_checked(NONCE).ok_or_else(damaged)?;
    let kind = Argon2Kind { id: true, current: true, memory_kib: 19 * 1024, passes: 2, lanes: 1 };
    let key = argon2(&kind, &salt, source.password()?)?;
    let plain = open_gcm(&key, nonce, PURPOSE, sealed).ok_or_else(|| source.wrong_password())?;
    read(&source.inner(&plain), report)
}
