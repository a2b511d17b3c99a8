//! Completion of what the vault knows: names of accounts, ids of grants and of programs. clap's own scripts know the commands
//! and options; [`script`] puts a few lines beside them that ask fob itself, through the calls that [`called`] answers. Those
//! are no commands for a person: they answer at once or not at all, never ask anything, and say nothing when the vault is
//! locked.

pub(crate) mod script;

use std::ffi::OsString;
use std::time::Duration;

use fob_bus::types::EntryInfo;

use crate::commands::client::list::Client;
use crate::commands::grant::list::Grant;
use crate::daemon::Daemon;
use crate::text::{account, shown};
use crate::{Exit, World};

/// What can be asked for. The name of it is the first argument of the call; the last one is what was typed so far.
#[derive(Debug, Clone, Copy)]
enum Asked {
    Accounts,
    Grants,
    Clients,
}

/// Longest time until a shell gets its answer, for somebody waits with a finger on the key.
const LIMIT: Duration = Duration::from_millis(45);

impl Asked {
    fn of(argument: &OsString) -> Option<Self> {
        match argument.to_str()? {
            "--complete-accounts" => Some(Self::Accounts),
            "--complete-grants" => Some(Self::Grants),
            "--complete-clients" => Some(Self::Clients),
            _ => None,
        }
    }

    /// What `typed` can become, and a word about each.
    async fn candidates(self, world: &World, typed: &str) -> Option<Vec<(String, String)>> {
        let daemon = Daemon::call(world).await.ok()?;
        Some(match self {
            Self::Accounts => candidates(&daemon.otp().await.ok()?.list().await.ok()?, typed),
            Self::Grants => {
                let grants = daemon.policy().await.ok()?.grants().await.ok()?.into_iter().map(Grant::from);
                let about = |grant: &Grant| format!("{}, {}", shown(&grant.program), grant.about());
                beginning(typed, grants.map(|grant| (grant.id.clone(), about(&grant))))
            }
            Self::Clients => {
                let clients = daemon.policy().await.ok()?.clients().await.ok()?.into_iter().map(Client::from);
                let about = |client: &Client| format!("{}, {}", shown(&client.name), client.known_by());
                beginning(typed, clients.map(|client| (client.id.clone(), about(&client))))
            }
        })
    }
}

/// Answers the call if it is one.
pub(crate) async fn called(arguments: &[OsString], world: &mut World) -> Option<Exit> {
    let [_, call, typed @ ..] = arguments else { return None };
    let asked = Asked::of(call)?;
    let typed = typed.last().and_then(|typed| typed.to_str()).unwrap_or_default();
    let answer = tokio::time::timeout(LIMIT, asked.candidates(world, typed)).await;
    let Ok(Some(candidates)) = answer else { return Some(Exit::Failed) };
    let lines: String = candidates.iter().map(|(value, about)| format!("{value}\t{about}\n")).collect();
    Some(if world.print(&lines).is_ok() { Exit::Ok } else { Exit::Failed })
}

/// Those whose value begins like this. One that is not shown as it is cannot be typed.
fn beginning(typed: &str, all: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    all.filter(|(value, _)| value.starts_with(typed) && shown(value) == *value).collect()
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
