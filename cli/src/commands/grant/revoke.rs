//! `fob grant revoke`: takes back what was allowed. Nobody is asked whether: what is taken back can be allowed again.

use serde::Serialize;

use super::list::{Grant, all, of_program, rows};
use crate::answer::Answer;
use crate::args::consent::GrantRevoke;
use crate::daemon::Daemon;
use crate::text::count;
use crate::{Exit, Failure, World};

#[derive(Serialize)]
struct Revoked {
    /// How many there still were when fobd took them back.
    revoked: u32,
    grants: Vec<Grant>,
}

impl Answer for Revoked {
    const SCHEMA: &'static str = "fob.grant-revoke/1";

    fn words(&self) -> String {
        match self.revoked {
            0 => "Nothing was taken back: there was nothing any more.\n".to_owned(),
            number => format!("Taken back: {}.\n{}", count(number, "grant", "grants"), rows(&self.grants)),
        }
    }
}

pub(super) async fn run(args: GrantRevoke, world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    let there = all(world, &daemon).await?;
    let grants = match args.program {
        Some(program) => of_program(there, &program)?,
        None if args.all => there,
        None => meant(&there, &args.grants)?,
    };
    let ids: Vec<String> = grants.iter().map(|grant| grant.id.clone()).collect();
    let revoked = if ids.is_empty() { 0 } else { daemon.policy().await?.revoke(ids).await? };
    world.answer(&Revoked { revoked, grants })
}

/// The grants that these ids mean, each once.
fn meant(there: &[Grant], ids: &[String]) -> Result<Vec<Grant>, Failure> {
    let mut found: Vec<Grant> = Vec::new();
    for id in ids {
        let one = the_one(there, id)?;
        if !found.iter().any(|known| known.id == one.id) {
            found.push(one.clone());
        }
    }
    Ok(found)
}

fn the_one<'g>(there: &'g [Grant], id: &str) -> Result<&'g Grant, Failure> {
    if let Some(exact) = there.iter().find(|grant| grant.id == id) {
        return Ok(exact);
    }
    let begins = |grant: &&Grant| !id.is_empty() && grant.id.starts_with(&id.to_lowercase());
    let found: Vec<&Grant> = there.iter().filter(begins).collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(Failure::new(Exit::Failed, format!("there is no grant \"{id}\""))
            .hint("run `fob grant list` to see them; nothing was taken back")),
        several => {
            let mut failure = Failure::new(Exit::Failed, format!("\"{id}\" can mean several grants"));
            failure.candidates = several.iter().map(|grant| grant.line()).collect();
            Err(failure.hint("give more of the id; nothing was taken back"))
        }
    }
}
