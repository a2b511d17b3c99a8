//! A visit to a sign-in server: the server, the person's secrets and, when it is needed, the daemon. What `enroll` and
//! `sign-in` share.

mod account;
mod code;
mod ways_in;

use fob_bus::types::vault_state;
use fob_bus::{CallError, ErrorKind};
use serde_json::Value;

use crate::args::site::Means;
use crate::ceremony::{Ask, Kind, Pin, perform};
use crate::commands::key::chosen;
use crate::commands::unlock::with_open_vault;
use crate::daemon::Daemon;
use crate::secret::{Secret, Source};
use crate::server::{Address, Server};
use crate::{Failure, World};

/// One visit.
pub(crate) struct Visit {
    pub(crate) server: Server,
    means: Means,
    pin: Pin,
    key: Option<String>,
    key_is_for: Kind,
    daemon: Option<Daemon>,
}

impl Visit {
    /// Greets the server. A key that was named is for ceremonies of the kind `key_is_for`: whoever enrols a second key
    /// signs in with the first.
    pub(crate) async fn begin(url: &str, means: Means, key_is_for: Kind, world: &mut World) -> Result<Self, Failure> {
        let address = Address::parse(url)?;
        let mut daemon = None;
        let key = match &means.which.key {
            Some(name) => Some(chosen(connected(&mut daemon, world).await?, name).await?.key.id),
            None => None,
        };
        let server = Server::greet(address, world).await?;
        let pin = Pin::new(means.pin_fd);
        Ok(Self { server, means, pin, key, key_is_for, daemon })
    }

    /// The daemon; connected once, and only for those who need it.
    pub(crate) async fn daemon(&mut self, world: &World) -> Result<&Daemon, Failure> {
        connected(&mut self.daemon, world).await
    }

    /// Makes sure that the vault is open before the server is asked for something that goes into it.
    pub(crate) async fn open_vault(&mut self, world: &mut World) -> Result<(), Failure> {
        let daemon = connected(&mut self.daemon, world).await?;
        with_open_vault(world, daemon, async |daemon: &Daemon| {
            let status = daemon.status().await?;
            match status.vault.as_str() {
                vault_state::UNLOCKED => Ok(()),
                vault_state::LOCKED | vault_state::SOFT_LOCKED => {
                    Err(CallError::new(ErrorKind::Locked, "the vault is locked").into())
                }
                vault_state::NONE => Err(CallError::new(ErrorKind::NoVault, "there is no vault").into()),
                _ => {
                    let problem = status.problem.unwrap_or_else(|| "the vault cannot be used".to_owned());
                    Err(CallError::new(ErrorKind::VaultUnusable, problem).into())
                }
            }
        })
        .await
    }

    /// Has the key make or use a credential, by `publicKey` as the server sent it.
    pub(crate) async fn ceremony(&mut self, world: &mut World, kind: Kind, options: Value) -> Result<Value, Failure> {
        let daemon = connected(&mut self.daemon, world).await?;
        let key = self.key.clone().filter(|_| kind == self.key_is_for);
        let ask = Ask { kind, origin: self.server.origin(), options, key, timeout: self.means.timeout };
        perform(world, daemon, ask, &mut self.pin).await
    }

    /// The password of today.
    fn password(&self, world: &mut World, user: &str) -> Result<Secret, Failure> {
        let prompt = format!("Password of {} at {}: ", crate::text::shown(user), self.server.origin());
        self.password_source(&prompt).obtain(world)
    }

    /// A password for a new account.
    fn new_password(&self, world: &mut World, user: &str) -> Result<Secret, Failure> {
        let prompt = format!("A password for {} at {}: ", crate::text::shown(user), self.server.origin());
        self.password_source(&prompt).obtain_new(world)
    }

    fn password_source<'a>(&self, prompt: &'a str) -> Source<'a> {
        Source { what: "password", option: "--password-fd", descriptor: self.means.password_fd, prompt }
    }

    fn backup_code(&self, world: &mut World) -> Result<Secret, Failure> {
        let descriptor = self.means.backup_code_fd;
        Source { what: "backup code", option: "--backup-code-fd", descriptor, prompt: "Backup code: " }.obtain(world)
    }
}

async fn connected<'a>(daemon: &'a mut Option<Daemon>, world: &World) -> Result<&'a Daemon, Failure> {
    match daemon {
        Some(daemon) => Ok(daemon),
        none => Ok(none.insert(Daemon::call(world).await?)),
    }
}
