//! What is different between an entry before and after a change, by the names of the fields.

use fob_otp::{Kind, RecoveryCode, SecretText};
use subtle::ConstantTimeEq;

use super::Record;

/// The names of the fields that differ.
pub(crate) fn differences(before: &Record, after: &Record) -> Vec<&'static str> {
    let (old, new) = (&before.account, &after.account);
    let (left, right) = (&before.extras, &after.extras);
    let all = [
        ("issuer", old.issuer != new.issuer),
        ("name", old.name != new.name),
        ("kind", !same_kind(&old.kind, &new.kind)),
        ("secret", !bool::from(old.seed.expose().ct_eq(new.seed.expose()))),
        ("algorithm", old.algorithm != new.algorithm),
        ("digits", old.digits != new.digits),
        ("period", old.kind.period() != new.kind.period()),
        ("counter", old.kind.counter() != new.kind.counter()),
        ("pin", !same_text(old.kind.pin(), new.kind.pin())),
        ("note", !same_text(left.note.as_ref().map(SecretText::expose), right.note.as_ref().map(SecretText::expose))),
        ("tags", left.tags != right.tags),
        ("favourite", left.favourite != right.favourite),
        ("icon", left.icon != right.icon),
        ("recovery_codes", !same_codes(&left.recovery_codes, &right.recovery_codes)),
        ("sites", left.sites != right.sites),
    ];
    all.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect()
}

fn same_kind(one: &Kind, other: &Kind) -> bool {
    one.name() == other.name()
}

fn same_text(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => one.as_bytes().ct_eq(other.as_bytes()).into(),
        _ => false,
    }
}

fn same_codes(one: &[RecoveryCode], other: &[RecoveryCode]) -> bool {
    let same =
        |(one, other): (&RecoveryCode, &RecoveryCode)| one.used == other.used && one.code.is_same_as(&other.code);
    one.len() == other.len() && one.iter().zip(other).all(same)
}
