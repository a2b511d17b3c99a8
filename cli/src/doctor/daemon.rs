//! The daemon: does it run, is it fobd, what does it say about the vault and the session bus.

use fob_bus::types::{Status, vault_state};

use super::Check;
use crate::daemon::Daemon;
use crate::text::count;
use crate::{Failure, World};

/// What there is to say, and the daemon's own words for the checks after it.
pub(super) async fn checks(world: &World) -> (Vec<Check>, Option<Status>) {
    match ask(world).await {
        Err(failure) => (vec![unreachable_daemon(&failure)], None),
        Ok(status) => {
            let mut checks = vec![same_version(&status), vault(&status), session_bus(&status), keys(&status)];
            checks.extend(status.warnings.iter().map(|warning| {
                Check::warn("daemon", warning.clone(), "the daemon's diary may have more: `journalctl --user -u fobd`")
            }));
            (checks, Some(status))
        }
    }
}

async fn ask(world: &World) -> Result<Status, Failure> {
    Ok(Daemon::call(world).await?.status().await?)
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
