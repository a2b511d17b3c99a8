//! The ways in: a new account, password and second factor, passkey (docs/signin-api.md).

use serde::Serialize;
use serde_json::{Value, json};

use super::Visit;
use crate::args::site::{Factor, Second};
use crate::ceremony::Kind;
use crate::server::{Reply, Session};
use crate::text::shown;
use crate::{Exit, Failure, World};

/// A password on its way out; it stands in no other value.
#[derive(Serialize)]
struct Credentials<'a> {
    username: &'a str,
    password: &'a str,
}

/// A code on its way out.
#[derive(Serialize)]
struct CodeStep<'a> {
    transaction: &'a str,
    code: &'a str,
}

impl Visit {
    /// Registers a new account.
    pub(crate) async fn register(&mut self, world: &mut World, user: &str) -> Result<Session, Failure> {
        let password = self.new_password(world, user)?;
        let body = Credentials { username: user, password: password.expose_text("password")? };
        self.server.post("accounts", None, &body).await?.needed_session()
    }

    /// Signs in with the password and, where the account has one, a second factor.
    pub(crate) async fn sign_in(&mut self, world: &mut World, user: &str, second: &Second) -> Result<Session, Failure> {
        let password = self.password(world, user)?;
        let body = Credentials { username: user, password: password.expose_text("password")? };
        let reply = self.server.post("sign-in/password", None, &body).await?;
        if let Some(session) = reply.session() {
            if second.with.is_some() {
                world.note("note: this account has no second factor; the password was enough");
            }
            return Ok(session);
        }
        let transaction = reply.needed_text("transaction")?.to_owned();
        match choose(&reply, second.with, self.server.origin())? {
            Factor::Key => self.key_step(world, &transaction).await,
            Factor::Code => self.code_step(world, user, second.account.as_deref(), &transaction).await,
            Factor::BackupCode => {
                let code = self.backup_code(world)?;
                self.give_code("sign-in/backup-code", &transaction, code.expose_text("backup code")?).await
            }
        }
    }

    /// Signs in with a passkey alone.
    pub(crate) async fn sign_in_with_passkey(&mut self, world: &mut World) -> Result<Session, Failure> {
        let reply = self.server.post("sign-in/passkey/options", None, &json!({})).await?;
        let transaction = reply.needed_text("transaction")?.to_owned();
        let credential = self.ceremony(world, Kind::Get, reply.needed("publicKey")?.clone()).await?;
        let body = json!({ "transaction": transaction, "credential": credential });
        self.server.post("sign-in/passkey", None, &body).await?.needed_session()
    }

    async fn key_step(&mut self, world: &mut World, transaction: &str) -> Result<Session, Failure> {
        let body = json!({ "transaction": transaction });
        let reply = self.server.post("sign-in/security-key/options", None, &body).await?;
        let credential = self.ceremony(world, Kind::Get, reply.needed("publicKey")?.clone()).await?;
        let body = json!({ "transaction": transaction, "credential": credential });
        self.server.post("sign-in/security-key", None, &body).await?.needed_session()
    }

    /// Hands a code to the server.
    pub(super) async fn give_code(&self, path: &str, transaction: &str, code: &str) -> Result<Session, Failure> {
        self.server.post(path, None, &CodeStep { transaction, code }).await?.needed_session()
    }
}

/// The second factor to give: the one the person wants, else the first the server names that needs no paper.
fn choose(reply: &Reply, with: Option<Factor>, origin: &str) -> Result<Factor, Failure> {
    let offered: Vec<&str> = match reply.needed("second_factors")? {
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let wanted = match with {
        Some(factor) => [Some(factor), None],
        None => {
            let place = |factor: Factor| offered.iter().position(|word| *word == factor.word());
            let both = [Factor::Key, Factor::Code];
            let [key, code] = both.map(place);
            if code.is_some() && (key.is_none() || code < key) {
                [Some(Factor::Code), Some(Factor::Key)]
            } else {
                both.map(Some)
            }
        }
    };
    let found = wanted.into_iter().flatten().find(|factor| offered.contains(&factor.word()));
    found.ok_or_else(|| {
        let what = with.map_or("security key and no one-time codes", Factor::shown);
        let mut failure = Failure::new(Exit::Failed, format!("the account has no {what} at {origin}"));
        failure.candidates = offered.iter().map(|word| shown(word)).collect();
        failure.hint("give what it has: `--with key`, `--with code` or `--with backup-code`")
    })
}
