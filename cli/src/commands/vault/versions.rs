//! `fob vault versions`: what lies beside the vault and can be put in its place.

use fob_bus::types::{VersionInfo, version_state};
use serde::Serialize;

use crate::answer::Answer;
use crate::daemon::Daemon;
use crate::text::{moment, shown, table};
use crate::{Failure, World};

#[derive(Serialize)]
struct Versions {
    versions: Vec<Version>,
}

#[derive(Serialize)]
struct Version {
    name: String,
    generation: u64,
    /// Unix time in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    occasion: Option<String>,
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl From<VersionInfo> for Version {
    fn from(version: VersionInfo) -> Self {
        let VersionInfo { name, generation, changed, occasion, state, problem } = version;
        Self { name, generation, changed, occasion, state, problem }
    }
}

impl Version {
    fn words(&self) -> Vec<String> {
        let changed = self.changed.map_or("at a time unknown".to_owned(), moment);
        let occasion = match self.occasion.as_deref() {
            None => String::new(),
            Some("import") => "before an import".to_owned(),
            Some("merge") => "before a merge".to_owned(),
            Some("migration") => "before a newer fob wrote".to_owned(),
            Some("restore") => "before a restore".to_owned(),
            Some(other) => shown(other),
        };
        vec![self.generation.to_string(), changed, self.state_words(), occasion, shown(&self.name)]
    }

    fn state_words(&self) -> String {
        match self.state.as_str() {
            version_state::WHOLE => "whole".to_owned(),
            version_state::VERIFIED => "whole, opened".to_owned(),
            version_state::ANOTHER_KEY => "under another vault key".to_owned(),
            _ => format!("cannot be used: {}", shown(self.problem.as_deref().unwrap_or(&self.state))),
        }
    }
}

impl Answer for Versions {
    const SCHEMA: &'static str = "fob.vault-versions/1";

    fn words(&self) -> String {
        table(&self.versions.iter().map(Version::words).collect::<Vec<_>>())
    }
}

pub(super) async fn run(world: &mut World) -> Result<(), Failure> {
    let versions = Daemon::call(world).await?.vault().await?.versions().await?;
    if versions.is_empty() && !world.json {
        world.note("There are no older versions yet: one is kept with every change.");
    }
    world.answer(&Versions { versions: versions.into_iter().map(Version::from).collect() })
}
