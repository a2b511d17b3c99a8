//! `fob otp list`.

use serde::Serialize;

use super::entry::{Entry, rows};
use crate::answer::Answer;
use crate::args::otp::List;
use crate::commands::unlock::with_open_vault;
use crate::daemon::Daemon;
use crate::{Failure, World};

#[derive(Serialize)]
struct Accounts {
    entries: Vec<Entry>,
}

impl Answer for Accounts {
    const SCHEMA: &'static str = "fob.otp-list/1";

    fn words(&self) -> String {
        rows(&self.entries)
    }
}

pub(super) async fn run(args: List, world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    let list = with_open_vault(world, &daemon, async |daemon: &Daemon| Ok(daemon.otp().await?.list().await?)).await?;
    let is_empty = list.is_empty();
    let words: Vec<String> = args.words.iter().map(|word| word.to_lowercase()).collect();
    let entries = list.into_iter().map(Entry::from).filter(|entry| is_wanted(entry, &words, &args));
    let entries: Vec<_> = entries.collect();
    if entries.is_empty() && !world.json {
        world.note(match is_empty {
            true => "There are no accounts yet: `fob otp add` adds one.",
            false => "No account is like that: `fob otp list` alone shows all.",
        });
    }
    world.answer(&Accounts { entries })
}

fn is_wanted(entry: &Entry, words: &[String], args: &List) -> bool {
    let texts = [&entry.issuer, &entry.name].into_iter().chain(&entry.tags).map(|text| text.to_lowercase());
    let texts: Vec<String> = texts.collect();
    let has = |word: &String| texts.iter().any(|text| text.contains(word));
    let is_in = |tag: &String| entry.tags.contains(tag);
    words.iter().all(has) && args.tag.iter().all(is_in) && (entry.favourite || !args.favourites)
}
