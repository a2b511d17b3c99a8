//! `fob otp rename`.

use fob_bus::types::EditOptions;

use super::entry::{change, find};
use crate::args::entry::Rename;
use crate::{Failure, World};

pub(super) async fn run(args: Rename, world: &mut World) -> Result<(), Failure> {
    let (issuer, name) = split(&args.new);
    if name.is_empty() && issuer.is_none_or(str::is_empty) {
        return Err(Failure::usage("an account without any name could not be found again", "give it a name"));
    }
    let options =
        EditOptions { issuer: issuer.map(str::to_owned), name: Some(name.to_owned()), ..EditOptions::default() };
    let found = find(&args.query, world).await?;
    change("Renamed", found, options, world).await
}

/// `ISSUER:NAME`, or the name alone. A name may have colons of its own.
fn split(new: &str) -> (Option<&str>, &str) {
    match new.split_once(':') {
        Some((issuer, name)) => (Some(issuer.trim()), name.trim()),
        None => (None, new.trim()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_colon_ends_the_issuer() {
        for (new, expected) in [
            ("ada", (None, "ada")),
            ("Example:ada", (Some("Example"), "ada")),
            ("Example: ada:2", (Some("Example"), "ada:2")),
            (":ada", (Some(""), "ada")),
        ] {
            assert_eq!(split(new), expected, "{new}");
        }
    }
}
