//! `fob otp show`: everything about an account that is no secret.

use serde::Serialize;

use super::entry::{Entry, find};
use crate::answer::Answer;
use crate::args::entry::Show;
use crate::text::{moment, shown, table};
use crate::{Failure, World};

#[derive(Serialize)]
struct Shown {
    account: Entry,
}

impl Answer for Shown {
    const SCHEMA: &'static str = "fob.otp-entry/1";

    fn words(&self) -> String {
        let account = &self.account;
        let list = |texts: &[String]| texts.iter().map(|text| shown(text)).collect::<Vec<_>>().join(", ");
        let (left, used) = (account.recovery_codes, account.recovery_codes_used);
        let rows = [
            ("account", account.label()),
            ("id", shown(&account.id)),
            ("codes", account.codes()),
            ("tags", list(&account.tags)),
            ("favourite", if account.favourite { "yes" } else { "" }.to_owned()),
            ("icon", account.icon.as_deref().map(shown).unwrap_or_default()),
            ("sites", list(&account.sites)),
            ("note", if account.note { "there is one: `fob otp note` shows it" } else { "" }.to_owned()),
            ("recovery", if left + used > 0 { format!("{left} left, {used} used") } else { String::new() }),
            ("added", account.created.map(moment).unwrap_or_default()),
            ("changed", account.changed.map(moment).unwrap_or_default()),
        ];
        let rows = rows.into_iter().filter(|(_, value)| !value.is_empty());
        let mut words = table(&rows.map(|(name, value)| vec![name.to_owned(), value]).collect::<Vec<_>>());
        if account.resync {
            words += "  note: if a code is refused, `fob otp resync` finds the counter again\n";
        }
        words
    }
}

pub(super) async fn run(args: Show, world: &mut World) -> Result<(), Failure> {
    let (_, account) = find(&args.query, world).await?;
    world.answer(&Shown { account: account.into() })
}
