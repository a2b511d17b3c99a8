//! Items as fob's own JSON: a list of objects with the members of `fob otp convert --to json`, and `sites` and
//! `used_recovery_codes` besides.

use std::io;

use serde::Serialize;
use zeroize::Zeroizing;

use super::{Extras, RecoveryCode};
use crate::{Account, SecretText};

#[derive(Serialize)]
struct Object<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    issuer: &'a str,
    account: &'a str,
    secret: &'a str,
    algorithm: &'a str,
    digits: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counter: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pin: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [String],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    favourite: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    icon: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    recovery_codes: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    used_recovery_codes: Vec<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    sites: &'a [String],
}

/// Writes accounts and what is kept beside them as JSON, one object a line.
#[must_use]
pub fn write_json<'a>(items: impl IntoIterator<Item = (&'a Account, &'a Extras)>) -> Zeroizing<Vec<u8>> {
    let items: Vec<_> =
        items.into_iter().map(|(account, extras)| (account, extras, account.seed.to_base32())).collect();
    let objects: Vec<_> = items.iter().map(|(account, extras, secret)| object(account, extras, secret)).collect();
    // Counted before it is written: a buffer that grows would leave secrets behind.
    let mut length = Length(0);
    write(&objects, &mut length);
    let mut bytes = Zeroizing::new(Vec::with_capacity(length.0));
    write(&objects, &mut *bytes);
    bytes
}

fn object<'a>(account: &'a Account, extras: &'a Extras, secret: &'a str) -> Object<'a> {
    let codes = |used: bool| {
        let codes = extras.recovery_codes.iter().filter(move |code| code.used.is_some() == used);
        codes.map(|RecoveryCode { code, .. }| code.expose()).collect()
    };
    Object {
        kind: account.kind.name(),
        issuer: &account.issuer,
        account: &account.name,
        secret,
        algorithm: account.algorithm.name(),
        digits: account.digits,
        period: account.kind.period(),
        counter: account.kind.counter(),
        pin: account.kind.pin(),
        notes: extras.note.as_ref().map(SecretText::expose),
        tags: &extras.tags,
        favourite: extras.favourite,
        icon: extras.icon.as_deref(),
        recovery_codes: codes(false),
        used_recovery_codes: codes(true),
        sites: &extras.sites,
    }
}

fn write(objects: &[Object<'_>], mut to: impl io::Write) {
    const SURE: &str = "counting and a Vec take everything, and texts and numbers are JSON";
    for (index, object) in objects.iter().enumerate() {
        to.write_all(if index == 0 { b"[\n" } else { b",\n" }).expect(SURE);
        serde_json::to_writer(&mut to, object).expect(SURE);
    }
    to.write_all(if objects.is_empty() { b"[]\n" } else { b"\n]\n" }).expect(SURE);
}

/// Counts what is written.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
