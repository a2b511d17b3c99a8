//! Completion of account names. clap's own scripts know the commands and options; [`script`] puts a few lines beside them
//! that ask fob itself for the accounts, through the call that [`called`] answers. That is no command for a person: it
//! answers at once or not at all, never asks anything, and says nothing when the vault is locked.

pub(crate) mod script;

use std::ffi::OsString;
use std::time::Duration;

use fob_bus::types::EntryInfo;

use crate::daemon::Daemon;
use crate::text::{account, shown};
use crate::{Exit, World};

/// The first argument of the call; the second is what was typed so far.
const CALL: &str = "--complete-accounts";
/// Longest time until a shell gets its answer, for somebody waits with a finger on the key.
const LIMIT: Duration = Duration::from_millis(45);

/// Answers the call if it is one.
pub(crate) async fn called(arguments: &[OsString], world: &mut World) -> Option<Exit> {
    let [_, call, typed @ ..] = arguments else { return None };
    if call != CALL {
        return None;
    }
    let typed = typed.last().and_then(|typed| typed.to_str()).unwrap_or_default();
    let Ok(Some(accounts)) = tokio::time::timeout(LIMIT, accounts(world)).await else { return Some(Exit::Failed) };
    let lines: String =
        candidates(&accounts, typed).iter().map(|(value, about)| format!("{value}\t{about}\n")).collect();
    Some(if world.print(&lines).is_ok() { Exit::Ok } else { Exit::Failed })
}

async fn accounts(world: &World) -> Option<Vec<EntryInfo>> {
    Daemon::call(world).await.ok()?.otp().await.ok()?.list().await.ok()
}

/// What `typed` can become, and a word about each. `ISSUER:NAME` if it begins like this, in whatever case; else the
/// bare name, where only one account has it. A label that is not shown as it is, or that several have, cannot be typed: its
/// id can.
fn candidates(accounts: &[EntryInfo], typed: &str) -> Vec<(String, String)> {
    let typed = typed.to_lowercase();
    let labels: Vec<String> = accounts.iter().map(|entry| account(&entry.issuer, &entry.name)).collect();
    let begins = |text: &str| text.to_lowercase().starts_with(&typed);
    let alone = |text: &str, all: &mut dyn Iterator<Item = &str>| all.filter(|other| *other == text).count() == 1;
    let mut found = Vec::new();
    for (entry, label) in accounts.iter().zip(&labels) {
        let is_typed_so = [&entry.issuer, &entry.name].iter().all(|part| shown(part) == **part);
        let unique = alone(label, &mut labels.iter().map(String::as_str));
        if begins(label) && !label.is_empty() {
            let value = if is_typed_so && unique { label.clone() } else { entry.id.clone() };
            found.push((value, about(entry, label)));
        } else if !typed.is_empty() && begins(&entry.name) && is_typed_so {
            let unique = alone(&entry.name, &mut accounts.iter().map(|entry| entry.name.as_str()));
            let value = if unique { entry.name.clone() } else { label.clone() };
            found.push((value, about(entry, label)));
        }
    }
    found
}

fn about(entry: &EntryInfo, label: &str) -> String {
    match &entry.unusable {
        Some(why) => format!("{label}, gives no code: {}", shown(why)),
        None => format!("{label}, {}", shown(&entry.kind)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, issuer: &str, name: &str) -> EntryInfo {
        let (id, issuer, name) = (id.to_owned(), issuer.to_owned(), name.to_owned());
        EntryInfo { id, issuer, name, kind: "totp".to_owned(), ..EntryInfo::default() }
    }

    #[test]
    fn what_is_offered_names_exactly_one_account() {
        let accounts = [
            entry("1", "Example", "ada"),
            entry("2", "Example", "bob"),
            entry("3", "Other Site", "bob"),
            entry("4", "Twin", "eve"),
            entry("5", "Twin", "eve"),
            entry("6", "Bad\u{202e}", "name"),
            entry("7", "", "alone"),
        ];
        for (typed, expected) in [
            ("", &["Example:ada", "Example:bob", "Other Site:bob", "4", "5", "6", "alone"][..]),
            ("exa", &["Example:ada", "Example:bob"]),
            ("Example:a", &["Example:ada"]),
            ("ad", &["ada"]),
            ("bo", &["Example:bob", "Other Site:bob"]),
            ("twin", &["4", "5"]),
            ("bad", &["6"]),
            ("x", &[]),
        ] {
            let values: Vec<_> = candidates(&accounts, typed).into_iter().map(|(value, _)| value).collect();
            assert_eq!(values, expected, "{typed:?}");
        }
    }
}
