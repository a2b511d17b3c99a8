//! What opens the vault as it stands, for a caller who wants to choose. A locked vault shows no labels.

use std::sync::Arc;

use fob_bus::CallError;
use fob_bus::types::{WayInfo, way_kind};
use fob_vault::{SlotId, Way};

use super::{keyring, tpm};
use crate::daemon::Daemon;
use crate::thread::blocking;

/// Every way in, and the quick PIN of a soft lock first.
pub(crate) async fn ways(daemon: &Arc<Daemon>) -> Result<Vec<WayInfo>, CallError> {
    let (_, ways) = daemon.vault.ways().await?;
    let no_keyring = match ways.iter().any(|way| matches!(way, Way::SecretService { .. })) {
        true => keyring::problem(&*daemon.outside).await,
        false => None,
    };
    let no_tpm = match ways.iter().any(|way| matches!(way, Way::Tpm { .. })) {
        true => {
            let outside = daemon.outside.clone();
            blocking(move || Ok(tpm::problem(&*outside))).await?
        }
        false => None,
    };
    let mut shown: Vec<WayInfo> = Vec::new();
    if let Some(tries) = daemon.vault.quick_tries().await {
        let retries = Some(u32::from(tries));
        shown.push(WayInfo { kind: way_kind::QUICK_PIN.to_owned(), pin: true, retries, ..WayInfo::default() });
    }
    for way in &ways {
        let mut info = one(way);
        info.problem = match way {
            Way::SecretService { .. } => no_keyring.clone(),
            Way::Tpm { .. } => no_tpm.clone(),
            Way::Passphrase | Way::Recovery | Way::Key { .. } => None,
        };
        // One passphrase is tried on all that there are.
        if info.slot.is_some() || shown.iter().all(|known| known.kind != info.kind) {
            shown.push(info);
        }
    }
    Ok(shown)
}

fn one(way: &Way) -> WayInfo {
    let info = |kind: &str, slot: Option<&SlotId>, pin, opens_with_login| WayInfo {
        kind: kind.to_owned(),
        slot: slot.map(ToString::to_string),
        pin,
        opens_with_login,
        ..WayInfo::default()
    };
    match way {
        Way::Passphrase => info(way_kind::PASSPHRASE, None, false, false),
        Way::Recovery => info(way_kind::RECOVERY, None, false, false),
        Way::Key { slot, user_verification, with_passphrase, .. } => {
            let kind = if *with_passphrase { way_kind::PASSPHRASE_AND_KEY } else { way_kind::KEY };
            info(kind, Some(slot), *user_verification, false)
        }
        Way::SecretService { slot } => info(way_kind::SECRET_SERVICE, Some(slot), false, true),
        Way::Tpm { slot, pin, .. } => info(way_kind::TPM, Some(slot), *pin, !pin),
    }
}
