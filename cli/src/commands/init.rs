//! `fob init`: makes the vault, and gives the recovery code once.

use serde::Serialize;

use crate::answer::Answer;
use crate::args::vault::Init;
use crate::daemon::{Daemon, awaiting, text_of};
use crate::secret::{Sink, Source};
use crate::text::shown;
use crate::{Failure, World};

#[derive(Serialize)]
struct Made<'a> {
    vault_path: String,
    /// Only when it goes nowhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_code: Option<&'a str>,
}

impl Answer for Made<'_> {
    const SCHEMA: &'static str = "fob.init/1";

    fn words(&self) -> String {
        let made = format!("The vault is made and open: {}\n", shown(&self.vault_path));
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
    let daemon = Daemon::entrust(world).await?;
    let passphrase = Source {
        what: "passphrase",
        option: "--passphrase-fd",
        descriptor: args.passphrase_fd,
        prompt: "A passphrase for the vault: ",
    };
    let passphrase = passphrase.obtain_new(world)?;
    let (reader, writer) = awaiting()?;
    daemon.manager().await?.init(passphrase.pipe()?.into(), writer.into()).await?;
    let code = text_of(&reader)?;
    let recovery_code = match sink {
        Some(sink) => sink.write(code.as_bytes()).map(|()| None).map_err(lost)?,
        None => Some(code.as_str()),
    };
    let vault_path = daemon.status().await.map(|status| status.vault_path).unwrap_or_default();
    world.answer(&Made { vault_path, recovery_code })
}

/// The vault is made, and nobody has its recovery code.
fn lost(failure: Failure) -> Failure {
    failure.hint(
        "the vault is made and its passphrase opens it; for another recovery code remove its file and begin again",
    )
}
