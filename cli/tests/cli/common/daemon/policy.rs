//! The scripted daemon's `Policy1`, and what of `Loopback1` the command line calls.

use std::sync::Arc;

use fob_bus::CallError;
use fob_bus::pipe::put;
use fob_bus::types::{
    AllowOptions, ClientInfo, GrantInfo, LogEntry, LogOptions, PairOptions, grant_kind, grant_life, listed_by, tier,
};
use zbus::{OwnedFd, interface};

use super::{FakeDaemon, NOW};

/// The token of every pairing.
pub(crate) const TOKEN: &str = "fob_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Leave to sign in at example.org, given an hour before now, that holds until the vault is locked.
pub(crate) fn grant(id: &str, program: &str) -> GrantInfo {
    GrantInfo {
        id: id.to_owned(),
        program: program.to_owned(),
        tier: tier::INSTALLED.to_owned(),
        kind: grant_kind::SIGN.to_owned(),
        site: Some("example.org".to_owned()),
        lasts: grant_life::UNTIL_LOCK.to_owned(),
        given: NOW - 3_600,
        ..GrantInfo::default()
    }
}

/// A browser that the package lists.
pub(crate) fn client(id: &str, name: &str) -> ClientInfo {
    ClientInfo {
        id: id.to_owned(),
        name: name.to_owned(),
        tier: tier::INSTALLED.to_owned(),
        listed_by: Some(listed_by::VENDOR.to_owned()),
        ..ClientInfo::default()
    }
}

pub(super) struct Policy(pub(super) Arc<FakeDaemon>);

#[interface(name = "dev.fob.Policy1")]
impl Policy {
    fn grants(&self) -> Result<Vec<GrantInfo>, CallError> {
        Ok(self.0.called("Grants")?.grants.clone())
    }

    fn revoke(&self, ids: Vec<String>) -> Result<u32, CallError> {
        let mut facts = self.0.called(&format!("Revoke({})", ids.join(", ")))?;
        let before = facts.grants.len();
        facts.grants.retain(|grant| !ids.contains(&grant.id));
        Ok((before - facts.grants.len()).try_into().unwrap())
    }

    fn clients(&self) -> Result<Vec<ClientInfo>, CallError> {
        Ok(self.0.called("Clients")?.clients.clone())
    }

    fn allow(&self, program: &str, options: AllowOptions) -> Result<ClientInfo, CallError> {
        drop(self.0.called(&format!("Allow({program}, {options:?})"))?);
        let origins = if options.any_origin == Some(true) { None } else { Some(options.origins.unwrap_or_default()) };
        let listed_by = Some(listed_by::PERSON.to_owned());
        let name = options.name.unwrap_or_else(|| "a program".to_owned());
        Ok(ClientInfo { origins, listed_by, portal: options.portal, ..client(program, &name) })
    }

    fn forget(&self, id: &str) -> Result<(), CallError> {
        self.0.called(&format!("Forget({id})")).map(drop)
    }

    fn log(&self, options: LogOptions) -> Result<Vec<LogEntry>, CallError> {
        Ok(self.0.called(&format!("Log({:?}, {:?})", options.most, options.since))?.log.clone())
    }
}

pub(super) struct Loopback(pub(super) Arc<FakeDaemon>);

#[interface(name = "dev.fob.Loopback1")]
impl Loopback {
    fn issue(&self, options: PairOptions, token: OwnedFd) -> Result<ClientInfo, CallError> {
        drop(self.0.called(&format!("Issue({options:?})"))?);
        put(&token.into(), TOKEN.as_bytes()).unwrap();
        Ok(ClientInfo {
            id: "paired-0a1b2c3d".to_owned(),
            name: options.name,
            tier: tier::PAIRED.to_owned(),
            scopes: Some(options.scopes),
            uid: Some(options.uid),
            ..ClientInfo::default()
        })
    }
}
