//! The same accounts in the stores of other programs, and a code out of them. Neither has an agent: each call opens the
//! store, key derivation included.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};

use super::PASSPHRASE;
use super::accounts::Account;
use crate::sample::outcome_timed;
use crate::terminal::type_password;
use crate::{peers, table};

/// A code, and how long it took from the program's start to its exit.
pub(super) type Given = (Duration, String);

/// A program with a store.
pub(super) trait Peer {
    /// What it is called.
    fn name(&self) -> &'static str;

    /// The code of this account; an error if the program gives none.
    fn code(&self, account: &Account) -> anyhow::Result<Given>;
}

/// cotp.
#[derive(Debug)]
pub(super) struct Cotp {
    program: PathBuf,
    database: PathBuf,
}

impl Cotp {
    pub(super) fn with(accounts: &[Account], folder: &Path) -> anyhow::Result<Self> {
        let database = folder.join("database.cotp");
        write("cotp", accounts, &database)?;
        Ok(Self { program: peers::built(peers::COTP)?, database })
    }
}

impl Peer for Cotp {
    fn name(&self) -> &'static str {
        "cotp"
    }

    fn code(&self, account: &Account) -> anyhow::Result<Given> {
        let mut command = Command::new(&self.program);
        command.arg("--password-stdin").arg("--database-path").arg(&self.database);
        command.args(["extract", "--issuer", &account.issuer, "--label", account.name]);
        given(|| {
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
            writeln!(child.stdin.take().context("stdin was asked for")?, "{PASSPHRASE}")?;
            Ok(child.wait_with_output()?)
        })
    }
}

/// otpclient-cli of Debian. It takes the password from a terminal and from nothing else.
#[derive(Debug)]
pub(super) struct OtpClient {
    home: PathBuf,
}

impl OtpClient {
    pub(super) fn with(accounts: &[Account], folder: &Path) -> anyhow::Result<Self> {
        let database = folder.join("otpclient.enc");
        write("otpclient", accounts, &database)?;
        // Not the Secret Service: there is none, and a keyring would spare it the key derivation.
        let settings = format!("[config]\ndb_path={}\nuse_secret_service=false\n", database.display());
        fs::write(folder.join("otpclient.cfg"), settings)?;
        Ok(Self { home: folder.to_owned() })
    }
}

impl Peer for OtpClient {
    fn name(&self) -> &'static str {
        "otpclient-cli"
    }

    fn code(&self, account: &Account) -> anyhow::Result<Given> {
        let mut command = Command::new("otpclient-cli");
        command.args(["show", "-a", account.name, "-i", &account.issuer, "-m"]);
        command.env_remove("DBUS_SESSION_BUS_ADDRESS").env("HOME", &self.home).env("XDG_CONFIG_HOME", &self.home);
        given(|| type_password(&mut command, PASSPHRASE))
    }
}

/// Has the program run and finds the code in what it prints: its last word of six digits.
fn given(run: impl FnOnce() -> anyhow::Result<Output>) -> anyhow::Result<Given> {
    let (took, output) = outcome_timed(run)?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    let code = printed.split_whitespace().rfind(is_code).filter(|_| output.status.success());
    let words = || String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned();
    code.map(|code| (took, code.to_owned())).with_context(|| table::cell(&words()))
}

fn write(format: &str, accounts: &[Account], file: &Path) -> anyhow::Result<()> {
    let mut command = Command::new(peers::built(peers::STORES)?);
    let mut child = command.arg(format).arg(file).arg(PASSPHRASE).stdin(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().context("stdin was asked for")?;
    for Account { issuer, name, secret } in accounts {
        writeln!(stdin, "{issuer}\t{name}\t{secret}")?;
    }
    drop(stdin);
    ensure!(child.wait()?.success(), "the store of {format} was not written");
    Ok(())
}
