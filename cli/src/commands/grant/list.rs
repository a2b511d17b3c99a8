//! `fob grant list`, and a grant as the commands show it.

use std::path::Path;

use fob_bus::types::{GrantInfo, grant_kind, grant_life};
use serde::Serialize;

use crate::answer::Answer;
use crate::args::consent::GrantList;
use crate::commands::unlock::with_open_vault;
use crate::daemon::Daemon;
use crate::text::{moment, shown, table};
use crate::{Exit, Failure, World};

/// A grant, as it may be shown.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Grant {
    pub(crate) id: String,
    pub(crate) program: String,
    tier: String,
    kind: String,
    site: Option<String>,
    label: Option<String>,
    lasts: String,
    /// Unix time in seconds, like the following.
    given: u64,
    ends: Option<u64>,
}

impl From<GrantInfo> for Grant {
    fn from(info: GrantInfo) -> Self {
        Self {
            id: info.id,
            program: info.program,
            tier: info.tier,
            kind: info.kind,
            site: info.site,
            label: info.label,
            lasts: info.lasts,
            given: info.given,
            ends: info.ends,
        }
    }
}

impl Grant {
    /// Whether a person who says `program` means this one: its whole name, or its file's.
    pub(super) fn is_of(&self, program: &str) -> bool {
        self.program == program || Path::new(&self.program).file_name().is_some_and(|name| name == program)
    }

    /// Id, program, and what it may do: for a person to choose by.
    pub(crate) fn line(&self) -> String {
        let [id, program, about, _] = self.row();
        format!("{id}  {program}  {about}")
    }

    /// What it may do, without the program.
    pub(crate) fn about(&self) -> String {
        let object = self.label.as_deref().or(self.site.as_deref()).map(shown).unwrap_or_default();
        match self.kind.as_str() {
            grant_kind::CODE => format!("codes of {object}"),
            grant_kind::SIGN => format!("sign in at {object}"),
            grant_kind::CREATE => format!("make a passkey for {object}"),
            grant_kind::KEY_CARE => "look after security keys".to_owned(),
            other => format!("{} {object}", shown(other)).trim_end().to_owned(),
        }
    }

    fn lasts(&self) -> String {
        match (self.lasts.as_str(), self.ends) {
            (grant_life::UNTIL_LOCK, _) => "until the vault is locked".to_owned(),
            (grant_life::EIGHT_HOURS, Some(ends)) => format!("until {}", moment(ends)),
            (grant_life::EIGHT_HOURS, None) => "for 8 hours".to_owned(),
            (grant_life::ALWAYS, _) => "always".to_owned(),
            (other, _) => shown(other),
        }
    }

    fn row(&self) -> [String; 4] {
        let program = format!("{} ({})", shown(&self.program), shown(&self.tier));
        [shown(&self.id), program, self.about(), self.lasts()]
    }
}

/// Grants below each other.
pub(super) fn rows(grants: &[Grant]) -> String {
    table(&grants.iter().map(|grant| grant.row().to_vec()).collect::<Vec<_>>())
}

#[derive(Serialize)]
struct Grants {
    grants: Vec<Grant>,
}

impl Answer for Grants {
    const SCHEMA: &'static str = "fob.grant-list/1";

    fn words(&self) -> String {
        rows(&self.grants)
    }
}

/// All grants that hold now; they are in the vault's care, which is opened for them.
pub(super) async fn all(world: &mut World, daemon: &Daemon) -> Result<Vec<Grant>, Failure> {
    let grants = with_open_vault(world, daemon, async |daemon: &Daemon| Ok(daemon.policy().await?.grants().await?));
    Ok(grants.await?.into_iter().map(Grant::from).collect())
}

/// Those of this program.
pub(super) fn of_program(grants: Vec<Grant>, program: &str) -> Result<Vec<Grant>, Failure> {
    let found: Vec<Grant> = grants.into_iter().filter(|grant| grant.is_of(program)).collect();
    if found.is_empty() {
        return Err(Failure::new(Exit::Failed, format!("nothing was allowed to a program called \"{program}\""))
            .hint("run `fob grant list` to see what was allowed"));
    }
    Ok(found)
}

pub(super) async fn run(args: GrantList, world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    let grants = all(world, &daemon).await?;
    let grants = match args.program {
        Some(program) => of_program(grants, &program)?,
        None => grants,
    };
    if grants.is_empty() && !world.json {
        world.note("No program has a grant: each is asked about, or may do what its place allows (`fob client list`).");
    }
    world.answer(&Grants { grants })
}
