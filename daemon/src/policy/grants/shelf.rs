//! Grants as they lie in the vault: one JSON object, with an edition, so that another program can read them.
//!
//! A record that this fob cannot read is kept as it is and lets nobody through. A whole of another edition is not
//! read at all. What lasts eight hours ends with the fobd that gave it: the record says which one that was.

use fob_ambient::{Millis, UnixTime};
use fob_bus::types::{door, grant_life};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use zeroize::{Zeroize, Zeroizing};

use super::{Grant, Grants, Holder, Kind, Life, MOST, Moment};
use crate::caller::Door;

/// The edition of this form.
const EDITION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Whole<'a> {
    version: u32,
    #[serde(borrow)]
    grants: Vec<&'a RawValue>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    id: String,
    holder: String,
    name: String,
    /// Which portal speaks for an application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    portal: Option<String>,
    door: String,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    site: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    lasts: String,
    given: u64,
    /// When it ends, in Unix time and in milliseconds since the machine was started, and under which fobd.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ends: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ends_boot: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<String>,
}

impl Drop for Record {
    fn drop(&mut self) {
        self.name.zeroize();
        self.portal.zeroize();
        self.site.zeroize();
        self.origin.zeroize();
    }
}

impl Grants {
    /// What outlives a lock, for the shelf; `None` where that is nothing. `run` is this fobd's.
    pub(crate) fn to_shelf(&self, run: &str) -> Option<Zeroizing<Vec<u8>>> {
        let kept = self.list.iter().filter(|grant| grant.lasts.is_kept());
        let records: Vec<_> = kept.map(|grant| encoded(&Record::of(grant, run))).collect();
        let all = records.iter().chain(&self.others);
        let grants: Vec<&RawValue> = all.filter_map(|record| serde_json::from_str(record).ok()).collect();
        if grants.is_empty() {
            return None;
        }
        let whole = serde_json::to_vec(&Whole { version: EDITION, grants });
        Some(Zeroizing::new(whole.expect("strings and numbers are JSON")))
    }

    /// What lies on the shelf, as far as it holds under this `run`.
    pub(crate) fn from_shelf(bytes: &[u8], run: &str) -> Self {
        let mut grants = Self::default();
        let Ok(Whole { version: EDITION, grants: records }) = serde_json::from_slice(bytes) else {
            return grants;
        };
        for record in records.into_iter().take(MOST) {
            match serde_json::from_str::<Record>(record.get()).ok().and_then(|record| record.grant(run)) {
                Some(Some(grant)) => grants.list.push(grant),
                // Over.
                Some(None) => {}
                None => grants.others.push(Zeroizing::new(record.get().to_owned())),
            }
        }
        grants
    }
}

fn encoded(record: &Record) -> Zeroizing<String> {
    Zeroizing::new(serde_json::to_string(record).expect("strings and numbers are JSON"))
}

impl Record {
    fn of(grant: &Grant, run: &str) -> Self {
        let (ends, ends_boot, run) = match grant.lasts {
            Life::EightHours(end) => (Some(end.wall.0), Some(end.boot.0), Some(run.to_owned())),
            Life::UntilLock | Life::Always => (None, None, None),
        };
        Self {
            id: grant.id.to_string(),
            holder: grant.holder.tier().to_owned(),
            name: grant.holder.name().to_owned(),
            portal: match &grant.holder {
                Holder::App { portal, .. } => Some(portal.clone()),
                Holder::Program(_) | Holder::Paired(_) | Holder::Terminal(_) => None,
            },
            door: grant.door.word().to_owned(),
            kind: grant.kind.word().to_owned(),
            site: grant.site().map(str::to_owned),
            origin: grant.origin().map(str::to_owned),
            lasts: grant.lasts.word().to_owned(),
            given: grant.given.0,
            ends,
            ends_boot,
            run,
        }
    }

    /// The grant; `Some(None)` for one of another run; `None` for what this fob does not know.
    fn grant(&self, run: &str) -> Option<Option<Grant>> {
        use fob_bus::types::tier;
        let name = self.name.clone();
        let holder = match self.holder.as_str() {
            tier::INSTALLED => Holder::Program(name),
            tier::PORTAL => Holder::App { id: name, portal: self.portal.clone()? },
            tier::PAIRED => Holder::Paired(name),
            _ => return None,
        };
        let door = match self.door.as_str() {
            door::SOCKET => Door::Socket,
            door::BUS => Door::SessionBus,
            door::LOOPBACK => Door::Loopback,
            _ => return None,
        };
        let lasts = match self.lasts.as_str() {
            grant_life::ALWAYS => Life::Always,
            grant_life::EIGHT_HOURS if self.run.as_deref() != Some(run) => return Some(None),
            grant_life::EIGHT_HOURS => {
                Life::EightHours(Moment { wall: UnixTime(self.ends?), boot: Millis(self.ends_boot?) })
            }
            _ => return None,
        };
        let (kind, secret) = (Kind::kept(&self.kind)?, |text: &Option<String>| text.clone().map(Zeroizing::new));
        let (site, origin) = (secret(&self.site), secret(&self.origin));
        // A code is an account's, a signature a page's: one that does not say which would stand for all of them.
        if site.is_none() || origin.is_some() != matches!(kind, Kind::Sign | Kind::Create) {
            return None;
        }
        let (id, given) = (self.id.parse().ok()?, UnixTime(self.given));
        Some(Some(Grant { id, holder, door, kind, site, origin, lasts, given }))
    }
}
