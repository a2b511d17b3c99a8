//! `fob otp tag`: into groups, or out of them.

use fob_bus::types::EditOptions;

use super::entry::{change, find};
use crate::args::entry::Tag;
use crate::{Failure, World};

pub(super) async fn run(args: Tag, world: &mut World) -> Result<(), Failure> {
    let found = find(&args.query, world).await?;
    let tags = tagged(found.1.tags.clone().unwrap_or_default(), args.tags, args.remove);
    let verb = if args.remove { "Untagged" } else { "Tagged" };
    change(verb, found, EditOptions { tags: Some(tags), ..EditOptions::default() }, world).await
}

/// The groups afterwards, in their order, the new ones behind.
fn tagged(mut tags: Vec<String>, named: Vec<String>, remove: bool) -> Vec<String> {
    for name in named {
        let name = name.trim().to_owned();
        match remove {
            true => tags.retain(|tag| *tag != name),
            false if !tags.contains(&name) => tags.push(name),
            false => {}
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_come_and_go_and_keep_their_order() {
        let list = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
        let tags = list(&["work", "code"]);
        assert_eq!(tagged(tags.clone(), list(&["home", " code "]), false), list(&["work", "code", "home"]));
        assert_eq!(tagged(tags, list(&["work", "none"]), true), list(&["code"]));
    }
}
