//! The ways into the vault: which there are, and which cannot be used here.

use fob_bus::types::{WayInfo, way_kind};

use super::Check;

const NAME: &str = "ways in";

/// Nothing where there is no vault.
pub(super) fn checks(ways: &[WayInfo]) -> Vec<Check> {
    let mut checks = Vec::new();
    if !ways.is_empty() {
        checks.push(Check::ok(NAME, listed(ways)));
    }
    checks.extend(ways.iter().filter_map(unusable));
    let together = ways.iter().filter(|way| way.kind == way_kind::PASSPHRASE_AND_KEY).count();
    if together == 1 {
        let advice = "add a second one, before this one is lost: `fob vault slot add key`";
        checks.push(Check::warn(NAME, "only one security key opens the vault, beside the recovery code", advice));
    }
    checks
}

fn listed(ways: &[WayInfo]) -> String {
    let kinds = [
        (way_kind::QUICK_PIN, "quick PIN", ""),
        (way_kind::PASSPHRASE, "passphrase", "passphrases"),
        (way_kind::PASSPHRASE_AND_KEY, "passphrase with a security key", "security keys with a passphrase"),
        (way_kind::KEY, "security key", "security keys"),
        (way_kind::SECRET_SERVICE, "keyring", "keyrings"),
        (way_kind::TPM, "TPM", "TPMs"),
        (way_kind::RECOVERY, "recovery code", "recovery codes"),
    ];
    let words = kinds.iter().filter_map(|(kind, one, many)| {
        let found: Vec<_> = ways.iter().filter(|way| way.kind == *kind).collect();
        let login = if found.iter().any(|way| way.opens_with_login) { " (opens with the login)" } else { "" };
        match found.len() {
            0 => None,
            1 => Some(format!("{one}{login}")),
            number => Some(format!("{number} {many}{login}")),
        }
    });
    words.collect::<Vec<_>>().join(", ")
}

/// A key that is not plugged in is nothing wrong.
fn unusable(way: &WayInfo) -> Option<Check> {
    let problem = way.problem.as_deref()?;
    let (what, advice) = match way.kind.as_str() {
        way_kind::SECRET_SERVICE => (
            "the keyring",
            "over ssh and without a desktop there is none; on a desktop, see that its keyring runs and is unlocked",
        ),
        way_kind::TPM => {
            ("the TPM", "see that /dev/tpmrm0 is there and that your user is in the group it belongs to (mostly `tss`)")
        }
        _ => return None,
    };
    Some(Check::warn(NAME, format!("{what} cannot open the vault here: {problem}"), advice))
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::*;

    fn way(kind: &str, problem: Option<&str>) -> WayInfo {
        WayInfo { kind: kind.to_owned(), problem: problem.map(str::to_owned), ..WayInfo::default() }
    }

    #[test]
    fn ways_in_are_counted_and_those_of_no_use_named() {
        let ways = [
            way("passphrase", None),
            way("key", Some("it is not plugged in")),
            way("key", None),
            WayInfo { opens_with_login: true, ..way("secret-service", Some("there is no keyring")) },
            way("tpm2", Some("/dev/tpmrm0 may not be opened")),
            way("recovery", None),
        ];
        let checks = checks(&ways);
        assert_eq!(
            checks[0].message,
            "passphrase, 2 security keys, keyring (opens with the login), TPM, recovery code"
        );
        let warned: Vec<_> = checks[1..].iter().map(|check| (check.outcome, check.message.as_str())).collect();
        assert_eq!(
            warned,
            [
                (Outcome::Warn, "the keyring cannot open the vault here: there is no keyring"),
                (Outcome::Warn, "the TPM cannot open the vault here: /dev/tpmrm0 may not be opened"),
            ]
        );
    }

    #[test]
    fn one_key_that_must_not_be_lost_is_a_warning() {
        let both = || way("passphrase-and-key", None);
        assert_eq!(checks(&[both(), way("recovery", None)]).len(), 2);
        assert_eq!(checks(&[both(), both()]).len(), 1);
        assert!(checks(&[]).is_empty());
    }
}
