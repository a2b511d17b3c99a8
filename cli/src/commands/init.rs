//! `fob init`: makes the vault, and gives the recovery code once.

use std::os::fd::OwnedFd;

use fob_bus::types::vault_state;
use fob_bus::{CallError, ErrorKind};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::answer::Answer;
use crate::args::vault::Init;
use crate::daemon::{Daemon, awaiting, text_by_now, text_of};
use crate::secret::{Secret, Sink, Source, gave_up, has_given_up};
use crate::text::shown;
use crate::{Failure, World, interrupt};

#[derive(Serialize)]
struct Made<'a> {
    vault_path: String,
    /// Only when it goes nowhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_code: Option<&'a str>,
    #[serde(skip)]
    open: bool,
}

impl Answer for Made<'_> {
    const SCHEMA: &'static str = "fob.init/1";

    fn words(&self) -> String {
        let open = if self.open { " and open" } else { "" };
        let made = format!("The vault is made{open}: {}\n", shown(&self.vault_path));
        match self.recovery_code {
            None => made,
            Some(code) => format!(
                "{made}\nYour recovery code, shown this once:\n\n    {}\n\n\
                 It opens the vault when the passphrase is forgotten (`fob unlock --recovery`). Write it down and\n\
                 keep it away from this machine: whoever has it and the vault's file has every code in it.\n",
                shown(code)
            ),
        }
    }
}

pub(super) async fn run(args: Init, world: &mut World) -> Result<(), Failure> {
    let sink = args.recovery_fd.map(|number| Sink::open("--recovery-fd", number, "recovery code")).transpose()?;
    if sink.is_none() && !world.out_is_terminal {
        return Err(Failure::usage(
            "the recovery code is shown once, and nobody would see it here",
            "run it on a terminal, or take the code from a pipe: `--recovery-fd N`",
        ));
    }
    // Who listens is looked at before anything is asked for.
    let daemon = Daemon::call(world).await?;
    if matches!(
        daemon.status().await?.vault.as_str(),
        vault_state::LOCKED | vault_state::SOFT_LOCKED | vault_state::UNLOCKED
    ) {
        return Err(CallError::new(ErrorKind::VaultExists, "there is a vault already").into());
    }
    let passphrase = Source {
        what: "passphrase",
        option: "--passphrase-fd",
        descriptor: args.passphrase_fd,
        prompt: "A passphrase for the vault: ",
    };
    let passphrase = passphrase.obtain_new(world)?;
    let (reader, writer) = awaiting()?;
    let outcome = make(&daemon, &passphrase, writer, world).await;
    let (code, failure) = match outcome {
        Ok(()) => (text_of(&reader)?, None),
        Err(failure) if has_given_up(&failure) => (text_by_now(&reader).ok_or_else(|| failure.clone())?, Some(failure)),
        Err(failure) => match late(&daemon, &reader).await {
            Some(code) => (code, Some(failure)),
            None => return Err(failure),
        },
    };
    let recovery_code = match sink {
        Some(sink) => sink.write(code.as_bytes()).map(|()| None).map_err(lost)?,
        None => Some(code.as_str()),
    };
    let vault_path = daemon.status().await.map(|status| status.vault_path).unwrap_or_default();
    world.answer(&Made { vault_path, recovery_code, open: failure.is_none() })?;
    match failure {
        None => Ok(()),
        Some(failure) => {
            Err(failure.hint("the vault is made all the same: keep its recovery code, and `fob unlock`").after_answer())
        }
    }
}

/// Makes the vault. Nothing holds fobd back once it does, and it gives the recovery code once: Ctrl-C waits for that, and
/// only a second one does not.
async fn make(daemon: &Daemon, passphrase: &Secret, recovery: OwnedFd, world: &mut World) -> Result<(), Failure> {
    let mut interrupt = interrupt::hold().map_err(|error| interrupt::unheld(&error))?;
    let manager = daemon.manager().await?;
    let mut made = std::pin::pin!(manager.init(passphrase.pipe()?.into(), recovery.into()));
    tokio::select! {
        outcome = &mut made => return Ok(outcome?),
        () = interrupt.pressed() => world.note("The vault is being made: waiting for its recovery code. Ctrl-C again does not wait."),
    }
    tokio::select! {
        outcome = made => Ok(outcome?),
        () = interrupt.pressed() => Err(gave_up().hint(
            "the vault may be made all the same: then its passphrase opens it, and `fob vault recovery-code` makes the code",
        )),
    }
}

/// The recovery code of a vault that was made before something went wrong, such as somebody who locked: it is given
/// once, and a vault without it lacks a way in for ever.
async fn late(daemon: &Daemon, reader: &OwnedFd) -> Option<Zeroizing<String>> {
    let code = text_of(reader).ok().filter(|code| !code.is_empty())?;
    let none = daemon.status().await.is_ok_and(|status| status.vault == vault_state::NONE);
    (!none).then_some(code)
}

/// The vault is made, and nobody has its recovery code.
fn lost(failure: Failure) -> Failure {
    failure.hint("the vault is made and its passphrase opens it; for another recovery code: `fob vault recovery-code`")
}
