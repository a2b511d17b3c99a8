//! `fob key info`: what a key says about itself.

use fob_bus::types::KeyInfo;
use serde::Serialize;

use super::present::the_one;
use crate::answer::Answer;
use crate::args::key::Which;
use crate::daemon::Daemon;
use crate::text::{count, shown, table};
use crate::{Failure, World};

#[derive(Serialize)]
struct Info {
    id: String,
    product: String,
    transport: String,
    versions: Vec<String>,
    extensions: Vec<String>,
    aaguid: String,
    options: Vec<String>,
    pin_set: Option<bool>,
    pin_retries: Option<u32>,
    pin_needs_power_cycle: Option<bool>,
    min_pin_length: Option<u32>,
    built_in_uv: Option<bool>,
    firmware: Option<u64>,
    remaining_passkeys: Option<u64>,
    algorithms: Vec<i64>,
}

impl From<KeyInfo> for Info {
    fn from(info: KeyInfo) -> Self {
        Self {
            id: info.id,
            product: info.product,
            transport: info.transport,
            versions: info.versions,
            extensions: info.extensions,
            aaguid: info.aaguid,
            options: info.options,
            pin_set: info.pin_set,
            pin_retries: info.pin_retries,
            pin_needs_power_cycle: info.pin_needs_power_cycle,
            min_pin_length: info.min_pin_length,
            built_in_uv: info.built_in_uv,
            firmware: info.firmware,
            remaining_passkeys: info.remaining_passkeys,
            algorithms: info.algorithms,
        }
    }
}

impl Answer for Info {
    const SCHEMA: &'static str = "fob.key-info/1";

    fn words(&self) -> String {
        let mut rows = vec![
            ("key", format!("{} {}", self.id, self.product)),
            ("model", self.aaguid.clone()),
            ("PIN", self.pin_words()),
        ];
        rows.extend(
            self.built_in_uv.filter(|built_in| *built_in).map(|_| ("user", "verified by the key itself".to_owned())),
        );
        rows.extend(self.remaining_passkeys.map(|room| ("passkeys", format!("room for {room} more"))));
        rows.push(("versions", self.versions.join(", ")));
        rows.push(("extensions", self.extensions.join(", ")));
        rows.push(("options", self.options.join(", ")));
        rows.push((
            "algorithms",
            self.algorithms.iter().map(|number| algorithm(*number)).collect::<Vec<_>>().join(", "),
        ));
        rows.extend(self.firmware.map(|version| ("firmware", version.to_string())));
        let filled = rows.into_iter().filter(|(_, value)| !value.is_empty());
        table(&filled.map(|(name, value)| vec![name.to_owned(), shown(&value)]).collect::<Vec<_>>())
    }
}

impl Info {
    fn pin_words(&self) -> String {
        let least = self.min_pin_length.map_or(String::new(), |least| format!(", at least {least} characters"));
        match (self.pin_set, self.pin_needs_power_cycle, self.pin_retries) {
            (None, _, _) => "the key can have none".to_owned(),
            (Some(false), _, _) => format!("not set: `fob key pin set`{least}"),
            (Some(true), _, Some(0)) => "blocked: only a reset helps".to_owned(),
            (Some(true), Some(true), _) => "set; unplug the key and insert it again before the next try".to_owned(),
            (Some(true), _, Some(tries)) => format!("set, {} left{least}", count(tries, "try", "tries")),
            (Some(true), _, None) => format!("set{least}"),
        }
    }
}

/// The name of a COSE algorithm (IANA's registry) that keys have, its number otherwise.
fn algorithm(number: i64) -> String {
    match number {
        -7 => "ES256".to_owned(),
        -8 => "EdDSA".to_owned(),
        -35 => "ES384".to_owned(),
        -36 => "ES512".to_owned(),
        -257 => "RS256".to_owned(),
        other => other.to_string(),
    }
}

pub(super) async fn run(which: Which, world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    let key = the_one(&daemon, which.key.as_deref()).await?;
    let info = daemon.key(key.path).await?.info().await?;
    world.answer(&Info::from(info))
}
