//! The account as the server sees it.

use serde::{Deserialize, Serialize};

use super::Reply;
use crate::text::shown;
use crate::{Exit, Failure};

/// `GET account` (docs/signin-api.md), as far as fob needs it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) username: String,
    pub(crate) signed_in_with: Vec<String>,
    #[serde(default)]
    pub(crate) security_keys: Vec<Named>,
    #[serde(default)]
    pub(crate) passkeys: Vec<Named>,
    #[serde(default)]
    pub(crate) totp: bool,
    #[serde(default)]
    pub(crate) backup_codes_left: u32,
}

/// A key or a passkey.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: String,
}

impl Account {
    pub(super) fn of(reply: &Reply) -> Result<Self, Failure> {
        serde_json::from_value(reply.body().clone()).map_err(|error| {
            Failure::new(Exit::Failed, "the server's words about the account make no sense").because(&error)
        })
    }

    /// What signs in there, with a mark for what is set up.
    pub(crate) fn checklist(&self) -> String {
        let names = |list: &[Named]| list.iter().map(|one| shown(&one.name)).collect::<Vec<_>>().join(", ");
        let codes = format!("{} left", self.backup_codes_left);
        [
            line(!self.security_keys.is_empty(), "security keys", &names(&self.security_keys)),
            line(!self.passkeys.is_empty(), "passkeys", &names(&self.passkeys)),
            line(self.totp, "one-time codes", ""),
            line(self.backup_codes_left > 0, "backup codes", if self.backup_codes_left > 0 { &codes } else { "" }),
        ]
        .concat()
    }

    /// Whether losing one thing would lock its owner out.
    pub(crate) fn hangs_on_one_thing(&self) -> bool {
        let ways = self.security_keys.len() + self.passkeys.len() + usize::from(self.totp);
        ways == 1 && self.backup_codes_left == 0
    }
}

fn line(set_up: bool, name: &str, what: &str) -> String {
    let mark = if set_up { 'x' } else { ' ' };
    let what = if what.is_empty() { String::new() } else { format!(": {what}") };
    format!("  [{mark}] {name}{what}\n")
}
