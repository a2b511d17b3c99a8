//! TOTP Authenticator: its encrypted backup (Base64 of AES-256-CBC, the key is the password's SHA-256, no nonce) and
//! its Android preferences. The backup is an object whose one *key* is the list as JSON, its value a date.

use fob_otp::Seed;
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::containers::preferences::Preferences;
use crate::draft::Draft;
use crate::json::{self, Field, List, Map};
use crate::recognise::is_blocks_in_base64;
use crate::sealed::{BLOCK, open_cbc};
use crate::source::Source;
use crate::{ImportError, Lost, Record, Refusal, Report, encoding};

/// Name of the string with the list.
pub(crate) const PREFERENCE: &str = "STATIC_TOTP_CODES_LIST";

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Entry {
    issuer: Field,
    name: Field,
    key: Field,
    base: Field,
    digits: Field,
    period: Field,
    is_favorite: Field,
}

pub(crate) fn looks_like_backup(text: &str) -> bool {
    is_blocks_in_base64(text)
}

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let password = source.password()?;
    let sealed = encoding::base64(source.text()?).ok_or_else(|| source.damaged("it is no Base64 text"))?;
    let mut key = Zeroizing::new([0; 32]);
    key.copy_from_slice(digest(&SHA256, password).as_ref());
    let plain = open_cbc(&key, &[0; BLOCK], &sealed).filter(|plain| plain.starts_with(b"{"));
    let plain = plain.ok_or_else(|| source.wrong_password())?;
    let lists: Map<Field> = json::read(&source.inner(&plain))?;
    for (list, _) in lists.0 {
        let list = Zeroizing::new(list);
        read_list(&list, source, report)?;
    }
    Ok(())
}

pub(super) fn read_preferences(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let preferences = Preferences::read(source)?;
    let list = preferences.get(PREFERENCE).ok_or_else(|| source.damaged("the list of accounts is missing"))?;
    read_list(list, source, report)
}

fn read_list(list: &str, source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let entries: List<Entry> = json::read_text(list, source)?;
    for entry in &entries.0 {
        report.take(entry.issuer.text(), entry.record());
    }
    if !report.records.is_empty() {
        report.all_lost(Lost::Algorithm);
        report.all_lost(Lost::Case);
    }
    Ok(())
}

impl Entry {
    fn record(&self) -> Result<Record, Refusal> {
        let key = self.key.some().ok_or(Refusal::NoSecret)?;
        let bytes = |bytes: Option<Zeroizing<Vec<u8>>>, what| {
            bytes.map(|bytes| Seed::new(bytes.to_vec())).ok_or(Refusal::Encoding(what))
        };
        let seed = match self.base.text() {
            "16" => bytes(encoding::hex(key), "hexadecimal text")?,
            "64" => bytes(encoding::base64(key), "Base64 text")?,
            _ => Seed::from_base32(key)?,
        };
        let draft = Draft {
            issuer: self.issuer.text(),
            account: self.name.text(),
            digits: self.digits.text(),
            period: self.period.text(),
            ..Draft::default()
        };
        let mut record = draft.record_of(seed)?;
        record.favourite = self.is_favorite.is_true();
        Ok(record)
    }
}
