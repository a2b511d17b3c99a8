//! 2FAS backups, schema 1 to 4 (github.com/twofas, "2FAS Backup Schema"): services in clear, or one text of ciphertext,
//! salt and nonce in Base64 under PBKDF2-SHA-256 and AES-256-GCM.

use std::collections::BTreeMap;

use ring::pbkdf2::PBKDF2_HMAC_SHA256;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::draft::Draft;
use crate::json::{self, Field, List, Part};
use crate::record::clipped;
use crate::sealed::{open_gcm, pbkdf2};
use crate::source::Source;
use crate::{ImportError, Lost, Record, Refusal, Report, encoding};

/// Iterations that the app fixes.
pub(crate) const ITERATIONS: u64 = 10_000;

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct File {
    schema_version: Field,
    services: List<Service>,
    services_encrypted: Field,
    groups: List<Group>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Group {
    id: Field,
    name: Field,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Service {
    name: Field,
    secret: Field,
    group_id: Field,
    otp: Part<Otp>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Otp {
    account: Field,
    label: Field,
    issuer: Field,
    digits: Field,
    period: Field,
    counter: Field,
    algorithm: Field,
    token_type: Field,
}

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let file: File = json::read(source)?;
    let groups: BTreeMap<_, _> =
        file.groups.0.iter().map(|group| (group.id.text(), clipped(group.name.text()))).collect();
    match file.services_encrypted.some() {
        Some(sealed) => {
            let plain = open(sealed, source)?;
            let services: List<Service> = json::read(&source.inner(&plain))?;
            take_all(&services.0, &groups, report);
        }
        None => take_all(&file.services.0, &groups, report),
    }
    // Counters came with schema 3.
    if matches!(file.schema_version.text(), "1" | "2") && !report.records.is_empty() {
        report.all_lost(Lost::Counters);
    }
    if file.schema_version.text() == "1" && !report.records.is_empty() {
        report.all_lost(Lost::Parameters);
    }
    Ok(())
}

fn open(sealed: &str, source: &Source<'_>) -> Result<Zeroizing<Vec<u8>>, ImportError> {
    let password = source.password()?;
    let parts: Option<Vec<_>> = sealed.splitn(3, ':').map(encoding::base64).collect();
    let parts = parts.unwrap_or_default();
    let [text, salt, nonce] = parts.as_slice() else {
        return Err(source.damaged("its encrypted part is not three texts in Base64"));
    };
    let mut key = Zeroizing::new([0; 32]);
    pbkdf2(PBKDF2_HMAC_SHA256, ITERATIONS, salt, password, key.as_mut())?;
    open_gcm(&key, nonce, &[], text).ok_or_else(|| source.wrong_password())
}

fn take_all(services: &[Service], groups: &BTreeMap<&str, String>, report: &mut Report) {
    for service in services {
        let record = service.record(groups);
        let label = record.as_ref().map_or_else(|_| service.name.text().to_owned(), Record::label);
        report.take(label, record);
    }
}

impl Service {
    fn record(&self, groups: &BTreeMap<&str, String>) -> Result<Record, Refusal> {
        let none = Otp::default();
        let otp = self.otp.get().unwrap_or(&none);
        let draft = Draft {
            kind: otp.token_type.text(),
            issuer: otp.issuer.some().unwrap_or(self.name.text()),
            account: otp.account.some().unwrap_or(otp.label.text()),
            secret: self.secret.text(),
            algorithm: otp.algorithm.text(),
            digits: otp.digits.text(),
            period: otp.period.text(),
            counter: otp.counter.text(),
            pin: "",
        };
        let mut record = draft.record()?;
        if let Some(name) = groups.get(self.group_id.text()) {
            record.tag(name);
        }
        Ok(record)
    }
}
