//! `otpauth-migration://` URIs: protobuf messages in Base64, ten accounts each, so that a QR picture stays readable.

use fob_ambient::Rng;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use crate::containers::protobuf::{put_bytes, put_varint};
use crate::encoding::to_base64;
use crate::{CodeKind, HashName, Record};

/// What Google Authenticator itself puts into one picture.
const BATCH: usize = 10;

pub(super) fn refuses(record: &Record) -> Option<&'static str> {
    match record.kind {
        CodeKind::Totp { period: CodeKind::DEFAULT_PERIOD } | CodeKind::Hotp { .. } => {}
        CodeKind::Totp { .. } => return Some("Google Authenticator knows a period of 30 seconds only"),
        _ => return Some("Google Authenticator does not know its kind"),
    }
    if algorithm(&record.algorithm).is_none() {
        return Some("Google Authenticator does not know its algorithm");
    }
    digits(record.digits).is_none().then_some("Google Authenticator has codes of 6 or 8 digits only")
}

const fn algorithm(name: &HashName) -> Option<u64> {
    match name {
        HashName::Sha1 => Some(1),
        HashName::Sha256 => Some(2),
        HashName::Sha512 => Some(3),
        HashName::Md5 => Some(4),
        _ => None,
    }
}

const fn digits(digits: u8) -> Option<u64> {
    match digits {
        6 => Some(1),
        8 => Some(2),
        _ => None,
    }
}

pub(super) fn write(records: &[&Record], rng: &mut dyn Rng) -> Zeroizing<Vec<u8>> {
    let mut id = [0; 4];
    rng.fill(&mut id);
    // An int32 that is positive, as the app draws it.
    let id = u64::from(u32::from_be_bytes(id) >> 1);
    let count = records.len().div_ceil(BATCH);
    let mut bytes = Zeroizing::new(Vec::with_capacity(count * 4096));
    for (index, batch) in records.chunks(BATCH).enumerate() {
        let mut message = Zeroizing::new(Vec::with_capacity(4096));
        batch.iter().for_each(|record| put_bytes(&mut message, 1, &parameters(record)));
        for (field, value) in [(2, 1), (3, count as u64), (4, index as u64), (5, id)] {
            put_varint(&mut message, field, value);
        }
        bytes.extend_from_slice(b"otpauth-migration://offline?data=");
        let data = to_base64(&message);
        utf8_percent_encode(&data, NON_ALPHANUMERIC).for_each(|part| bytes.extend_from_slice(part.as_bytes()));
        bytes.push(b'\n');
    }
    bytes
}

fn parameters(record: &Record) -> Zeroizing<Vec<u8>> {
    let mut message = Zeroizing::new(Vec::with_capacity(512));
    put_bytes(&mut message, 1, record.secret.expose());
    put_bytes(&mut message, 2, record.account.as_bytes());
    put_bytes(&mut message, 3, record.issuer.as_bytes());
    put_varint(&mut message, 4, algorithm(&record.algorithm).unwrap_or_default());
    put_varint(&mut message, 5, digits(record.digits).unwrap_or_default());
    match record.kind {
        CodeKind::Hotp { counter } => {
            put_varint(&mut message, 6, 1);
            put_varint(&mut message, 7, counter);
        }
        _ => put_varint(&mut message, 6, 2),
    }
    message
}
