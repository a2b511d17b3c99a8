//! `fob key list`.

use serde::Serialize;

use super::present::{Present, all};
use crate::answer::Answer;
use crate::daemon::Daemon;
use crate::text::{shown, table};
use crate::{Failure, World};

#[derive(Serialize)]
struct Keys {
    keys: Vec<Key>,
}

#[derive(Serialize)]
struct Key {
    id: String,
    product: String,
    transport: String,
    node: String,
    problem: Option<String>,
}

impl From<Present> for Key {
    fn from(Present { key, .. }: Present) -> Self {
        Self { id: key.id, product: key.product, transport: key.transport, node: key.node, problem: key.problem }
    }
}

impl Key {
    fn row(&self) -> Vec<String> {
        let problem = self.problem.as_deref().map_or(String::new(), |problem| format!("cannot be used: {problem}"));
        [&self.id, &self.product, &self.node, &problem].map(|text| shown(text)).to_vec()
    }
}

impl Answer for Keys {
    const SCHEMA: &'static str = "fob.key-list/1";

    fn words(&self) -> String {
        table(&self.keys.iter().map(Key::row).collect::<Vec<_>>())
    }
}

pub(super) async fn run(world: &mut World) -> Result<(), Failure> {
    let keys = all(&Daemon::call(world).await?).await?;
    if keys.is_empty() && !world.json {
        world.note("There is no security key. If one is plugged in, run `fob doctor`.");
    }
    world.answer(&Keys { keys: keys.into_iter().map(Key::from).collect() })
}
