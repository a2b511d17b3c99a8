//! Which account's codes a server may have: one that is bound to the very origin the person typed. What the server
//! calls itself decides nothing, or it could call itself like another site and collect that one's codes.

use fob_bus::ErrorKind;
use fob_bus::types::EntryInfo;

use super::Visit;
use crate::commands::otp::bind::bind;
use crate::failure::word;
use crate::secret::confirmed;
use crate::text::{account, shown};
use crate::{Exit, Failure, World};

impl Visit {
    /// What to ask the daemon for, together with the origin: the account that was named, bound now if it was not and
    /// the person says yes; else the person's name at the server.
    pub(super) async fn account_for_code(
        &mut self,
        world: &mut World,
        user: &str,
        named: Option<&str>,
    ) -> Result<String, Failure> {
        let Some(query) = named else { return Ok(user.to_owned()) };
        let origin = self.server.origin().to_owned();
        let daemon = self.daemon(world).await?;
        let found = daemon.otp().await?.find(query).await?;
        if !sites(&found).contains(&origin) {
            consent(world, &found, &origin)?;
            bind(daemon, &found, &origin, true).await?;
        }
        Ok(found.id)
    }
}

/// A yes to binding the account, from the person at the terminal.
fn consent(world: &mut World, found: &EntryInfo, origin: &str) -> Result<(), Failure> {
    let label = account(&found.issuer, &found.name);
    let stands = match sites(found) {
        [] => format!("{label} is bound to no site"),
        sites => format!("{label} is bound to {}", shown(&sites.join(", "))),
    };
    if !world.terminal.is_there() {
        let failure = Failure::new(Exit::Denied, format!("{stands}, so {origin} gets no code of it"));
        return Err(
            failure.hint(format!("if it is that site's account, bind it first: `fob otp bind ACCOUNT {origin}`"))
        );
    }
    if confirmed(world, &format!("{stands}. Give its codes to {origin}, now and from now on?"))? {
        return Ok(());
    }
    Err(Failure::new(Exit::Denied, format!("{origin} got no code of {label}")))
}

fn sites(found: &EntryInfo) -> &[String] {
    found.sites.as_deref().unwrap_or_default()
}

/// The daemon gave no code for this site: the way on is another one than for whoever may not ask at all.
pub(super) fn no_code(failure: Failure, origin: &str) -> Failure {
    if failure.word == word(ErrorKind::Denied) && failure.message.contains(origin) {
        return failure.hint(
            "if you have an account of that site, name it: `--account ACCOUNT`; `fob otp list` shows which site each is for",
        );
    }
    if failure.word == word(ErrorKind::AmbiguousEntry) {
        return failure.hint("name one of them: `--account ACCOUNT`");
    }
    failure
}
