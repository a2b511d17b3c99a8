//! The daemon: does it run, is it fobd, what does it say about the vault and the session bus.

use std::path::Path;

use fob_bus::types::{Status, WayInfo, vault_state};

use super::{Check, settings};
use crate::daemon::Daemon;
use crate::text::count;
use crate::{Failure, World};

/// What there is to say, and the daemon's own words for the checks after it.
pub(super) struct Found {
    pub(super) checks: Vec<Check>,
    pub(super) status: Option<Status>,
    pub(super) ways: Vec<WayInfo>,
}

/// Asks the daemon; and if it does not answer, this program of it what is wrong with its settings.
pub(super) async fn checks(world: &World, fobd: Option<&Path>) -> Found {
    match ask(world).await {
        Err(failure) => {
            let mut checks = vec![unreachable_daemon(&failure)];
            checks.extend(fobd.and_then(settings::check));
            Found { checks, status: None, ways: Vec::new() }
        }
        Ok((status, ways)) => {
            let mut checks = vec![same_version(&status), vault(&status), session_bus(&status), keys(&status)];
            checks.extend(status.warnings.iter().map(|warning| {
                Check::warn("daemon", warning.clone(), "the daemon's diary may have more: `journalctl --user -u fobd`")
            }));
            Found { checks, status: Some(status), ways }
        }
    }
}

async fn ask(world: &World) -> Result<(Status, Vec<WayInfo>), Failure> {
    let daemon = Daemon::call(world).await?;
    let status = daemon.status().await?;
    // There are none without a vault; what is wrong with that is in the status.
    let ways = daemon.vault().await?.ways().await.unwrap_or_default();
    Ok((status, ways))
}

fn unreachable_daemon(failure: &Failure) -> Check {
    let causes = failure.causes.iter().map(|cause| format!(": {cause}")).collect::<String>();
    Check::fail("daemon", format!("{}{causes}", failure.message), failure.hint.clone().unwrap_or_default())
}

fn same_version(status: &Status) -> Check {
    let own = env!("CARGO_PKG_VERSION");
    if status.version == own {
        Check::ok("daemon", format!("fobd {own} answers, and it is fobd"))
    } else {
        let message = format!("fobd is version {}, fob is {own}", status.version);
        Check::warn("daemon", message, "restart it after an upgrade: `systemctl --user restart fobd`")
    }
}

fn vault(status: &Status) -> Check {
    match status.vault.as_str() {
        vault_state::UNLOCKED => {
            let entries = count(status.entries.unwrap_or_default(), "account", "accounts");
            Check::ok("vault", format!("unlocked, {entries}"))
        }
        vault_state::SOFT_LOCKED => Check::ok("vault", "soft-locked; `fob unlock` asks for the quick PIN"),
        vault_state::LOCKED => Check::ok("vault", "locked; `fob unlock` opens it"),
        vault_state::NONE => Check::warn("vault", "there is none yet", "make one: `fob init`"),
        _ => {
            let problem = status.problem.clone().unwrap_or_else(|| "it cannot be used".to_owned());
            let advice = "leave the file as it is, copy it somewhere safe, then follow what the message says";
            Check::fail("vault", problem, advice)
        }
    }
}

fn session_bus(status: &Status) -> Check {
    if status.session_bus {
        Check::ok("session bus", "other programs reach fobd as dev.fob.Fob1")
    } else {
        let advice = "fob itself does not need it; for other programs log in with a session bus and restart fobd";
        Check::warn("session bus", "fobd is not on it", advice)
    }
}

fn keys(status: &Status) -> Check {
    Check::ok("keys", format!("fobd sees {}", count(status.keys, "key", "keys")))
}
