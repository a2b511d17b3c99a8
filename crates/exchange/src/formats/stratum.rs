//! Stratum, once Authenticator Pro (its doc/BACKUP_FORMAT.md): JSON in clear; "strong" under Argon2id and AES-256-GCM;
//! "legacy" under PBKDF2-SHA-1 and AES-256-CBC, which cannot tell a wrong password from damage; and its database.

use std::collections::BTreeMap;

use ring::pbkdf2::PBKDF2_HMAC_SHA1;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::containers::sqlite::{Database, Row};
use crate::draft::Draft;
use crate::json::{self, Field, List};
use crate::record::clipped;
use crate::sealed::{Argon2Kind, argon2, open_cbc, open_gcm, pbkdf2};
use crate::source::Source;
use crate::{Format, ImportError, Lost, Record, Refusal, Report};

const STRONG: &[u8] = b"AUTHENTICATORPRO";
const LEGACY: &[u8] = b"AuthenticatorPro";
/// Iterations of the legacy kind.
const ITERATIONS: u64 = 64_000;

/// The encrypted kinds by their first bytes.
pub(crate) fn marked(bytes: &[u8]) -> Option<Format> {
    (bytes.starts_with(STRONG) || bytes.starts_with(LEGACY)).then_some(Format::StratumEncrypted)
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct File {
    authenticators: List<Authenticator>,
    categories: List<Category>,
    authenticator_categories: List<Membership>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Authenticator {
    #[serde(rename = "Type")]
    kind: Field,
    icon: Field,
    issuer: Field,
    username: Field,
    secret: Field,
    pin: Field,
    algorithm: Field,
    digits: Field,
    period: Field,
    counter: Field,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Category {
    id: Field,
    name: Field,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Membership {
    category_id: Field,
    authenticator_secret: Field,
}

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let file: File = json::read(source)?;
    let names: BTreeMap<_, _> =
        file.categories.0.iter().map(|category| (category.id.text(), clipped(category.name.text()))).collect();
    let mut memberships: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for membership in &file.authenticator_categories.0 {
        let name = names.get(membership.category_id.text()).map(String::as_str);
        memberships.entry(membership.authenticator_secret.text()).or_default().extend(name);
    }
    for entry in &file.authenticators.0 {
        // A picture of the person's own has a name that begins so.
        if entry.icon.text().starts_with('@') {
            report.lost(entry.issuer.text(), Lost::Picture);
        }
        let record = entry.record().map(|mut record| {
            let names = memberships.get(entry.secret.text());
            names.into_iter().flatten().for_each(|name| record.tag(name));
            record.icon = entry.icon.some().filter(|icon| !icon.starts_with('@')).map(str::to_owned);
            record
        });
        report.take(entry.issuer.text(), record);
    }
    Ok(())
}

impl Authenticator {
    fn record(&self) -> Result<Record, Refusal> {
        let draft = Draft {
            kind: kind_name(self.kind.text()),
            issuer: self.issuer.text(),
            account: self.username.text(),
            secret: self.secret.text(),
            algorithm: hash_name(self.algorithm.text()),
            digits: self.digits.text(),
            period: self.period.text(),
            counter: self.counter.text(),
            pin: self.pin.text(),
        };
        complete(&draft)
    }
}

/// mOTP and Yandex have a hash of their own, whatever stands there.
fn complete(draft: &Draft<'_>) -> Result<Record, Refusal> {
    let algorithm = if matches!(draft.kind, "motp" | "yandex") { "" } else { draft.algorithm };
    Draft { algorithm, ..*draft }.record()
}

fn kind_name(number: &str) -> &str {
    match number {
        "1" => "hotp",
        "2" => "totp",
        "3" => "motp",
        "4" => "steam",
        "5" => "yandex",
        other => other,
    }
}

fn hash_name(number: &str) -> &str {
    match number {
        "0" => "SHA1",
        "1" => "SHA256",
        "2" => "SHA512",
        other => other,
    }
}

pub(super) fn read_encrypted(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let damaged = || source.damaged("it is cut short");
    let plain = match source.bytes.strip_prefix(STRONG) {
        Some(rest) => {
            let (salt, rest) = rest.split_first_chunk::<16>().ok_or_else(damaged)?;
            let (nonce, sealed) = rest.split_first_chunk::<12>().ok_or_else(damaged)?;
            let kind = Argon2Kind { id: true, current: true, memory_kib: 64 * 1024, passes: 3, lanes: 4 };
            open_gcm(&argon2(&kind, salt, source.password()?)?, nonce, &[], sealed)
        }
        None => {
            let rest = source.bytes.strip_prefix(LEGACY).ok_or_else(damaged)?;
            let (salt, rest) = rest.split_first_chunk::<20>().ok_or_else(damaged)?;
            let (iv, sealed) = rest.split_first_chunk::<16>().ok_or_else(damaged)?;
            let mut key = Zeroizing::new([0; 32]);
            pbkdf2(PBKDF2_HMAC_SHA1, ITERATIONS, salt, source.password()?, key.as_mut())?;
            // One wrong password in 256 leaves padding that looks right, and then no JSON.
            open_cbc(&key, iv, sealed).filter(|plain| plain.starts_with(b"{"))
        }
    };
    let plain = plain.ok_or_else(|| source.wrong_password())?;
    read(&source.inner(&plain), report)
}

pub(super) fn read_database(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    Database::open(source)?.rows("authenticator", source, |row| {
        report.take(row.text("issuer").as_str(), record_of_row(row));
    })
}

fn record_of_row(row: &Row<'_>) -> Result<Record, Refusal> {
    let names = ["type", "issuer", "username", "secret", "algorithm", "digits", "period", "counter", "pin"];
    let [kind, issuer, username, secret, algorithm, digits, period, counter, pin] = names.map(|name| row.text(name));
    complete(&Draft {
        kind: kind_name(&kind),
        issuer: &issuer,
        account: &username,
        secret: &secret,
        algorithm: hash_name(&algorithm),
        digits: &digits,
        period: &period,
        counter: &counter,
        pin: &pin,
    })
}
