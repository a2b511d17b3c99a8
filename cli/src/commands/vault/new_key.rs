//! A new vault key: what `fob vault passphrase`, `recovery-code`, `rotate`, `policy` and `slot remove` come down to. What
//! stays is settled and shown, then the ways that stay are shown to the new key, then the new recovery code is given once.

use std::os::fd::OwnedFd;

use fob_bus::types::{RekeyInfo, RekeyOptions, SlotInfo};
use fob_bus::{CallError, ErrorKind};
use serde::Serialize;
use zeroize::Zeroizing;

use super::plan::{Plan, Policy};
use super::slot::meant;
use super::slots::{Slot, named};
use super::ways_in;
use crate::args::vault::NewKey;
use crate::ceremony::{Pin, Purpose, attend};
use crate::commands::unlock::{proven, source};
use crate::daemon::{Daemon, awaiting, text_by_now, text_of};
use crate::secret::{Secret, Sink, Source, confirmed};
use crate::text::shown;
use crate::{Exit, Failure, World};

/// A new vault key in the making.
pub(super) struct Making {
    daemon: Daemon,
    args: NewKey,
    outlet: Outlet,
    /// The ways in as they are.
    pub(super) slots: Vec<SlotInfo>,
}

/// What is to change with the key.
#[derive(Debug, Default)]
pub(super) struct Change<'a> {
    /// The ways in that are to go.
    pub(super) remove: Vec<&'a SlotInfo>,
    /// The policy from now on; as it is if absent.
    pub(super) policy: Option<Policy>,
    /// Whether the passphrase is to be another one.
    pub(super) new_passphrase: bool,
}

/// What was made.
pub(super) struct Made {
    pub(super) aftermath: Aftermath,
    /// The new recovery code, if it is to be shown.
    pub(super) code: Option<Zeroizing<String>>,
    /// Whether the passphrase is another one as well.
    pub(super) new_passphrase: bool,
}

impl Making {
    /// Looks where the recovery code can go, then opens the vault.
    pub(super) async fn begin(args: NewKey, world: &mut World) -> Result<Self, Failure> {
        let outlet = Outlet::of(args.new_recovery_fd, world)?;
        let daemon = Daemon::call(world).await?;
        let slots = ways_in(world, &daemon).await?;
        Ok(Self { daemon, args, outlet, slots })
    }

    /// Makes it.
    pub(super) async fn finish(&self, world: &mut World, change: &Change<'_>) -> Result<Made, Failure> {
        let plan = self.settled(world, change)?;
        let recovery = self.args.fresh.by_recovery();
        let today =
            if change.new_passphrase { "Passphrase of today: " } else { "Passphrase of the vault, once more: " };
        let proof = source(&self.args.fresh, today);
        // Asked for once, whatever becomes of the proof.
        let (mut new, mut pin) = (None, Pin::new(self.args.pin_fd));
        let outcome = proven(world, proof, async |world: &mut World, fresh: &Secret| {
            if new.is_none() && (change.new_passphrase || recovery || self.args.new_passphrase_fd.is_some()) {
                new = Some(self.new_passphrase(world)?);
            }
            let (reader, writer) = awaiting()?;
            let options = self.options(fresh, new.as_ref(), writer, change, &plan)?;
            let outcome = attend(world, &self.daemon, &mut pin, Purpose::NewKey, async |token| {
                Ok(self.daemon.vault().await?.rekey(RekeyOptions { handle_token: token, ..options }).await?)
            });
            match outcome.await {
                Ok(outcome) => Ok((outcome.rekeyed.unwrap_or_default().into(), text_of(&reader).map_err(lost)?)),
                // It comes when the vault is written, and never again.
                Err(failure) => match text_by_now(&reader) {
                    Some(code) => Ok((Aftermath::unheard(&failure), code)),
                    None => Err(failure),
                },
            }
        });
        let (aftermath, code) = outcome.await.map_err(|failure| unchanged(failure, recovery))?;
        let code = self.outlet.give(code)?;
        Ok(Made { aftermath, code, new_passphrase: new.is_some() })
    }

    /// What becomes of each way in, with the person's consent to what goes.
    fn settled<'a>(&'a self, world: &mut World, change: &Change<'_>) -> Result<Plan<'a>, Failure> {
        let mut plan = Plan::new(&self.slots, &change.remove, change.policy.unwrap_or_else(|| Policy::of(&self.slots)));
        let keep = meant(&self.slots, &self.args.keep)?;
        if let Some(both) = keep.iter().find(|kept| change.remove.iter().any(|removed| removed.id == kept.id)) {
            let what = named(&both.kind, &both.label);
            return Err(Failure::usage(format!("the {what} can go or stay, not both"), "name it once"));
        }
        if let Some(barred) = keep.iter().find(|kept| plan.bars(kept)) {
            let what = named(&barred.kind, &barred.label);
            let failure =
                CallError::new(ErrorKind::WayBarred, format!("the {what} cannot stay under the new vault key"));
            return Err(
                Failure::from(failure).hint("leave it out of `--keep`: what stays has to be shown, and admitted")
            );
        }
        let ask = world.terminal.is_there() && !self.args.yes && keep.is_empty();
        plan.settle(|slot| match ask {
            true => wants_to_keep(world, slot),
            false => Ok(keep.iter().any(|kept| kept.id == slot.id)),
        })?;
        if !plan.opens() {
            let failure =
                CallError::new(ErrorKind::WayBarred, "without a key nothing but the recovery code would open it");
            return Err(Failure::from(failure).hint("keep a security key, or add one first: `fob vault slot add key`"));
        }
        self.consented(world, &plan)?;
        Ok(plan)
    }

    fn consented(&self, world: &mut World, plan: &Plan<'_>) -> Result<(), Failure> {
        if plan.is_worth_a_word() {
            world.note(&plan.words());
        }
        if !plan.takes_away() || self.args.yes {
            return Ok(());
        }
        if !world.terminal.is_there() {
            let message = "there is no terminal to ask whether what goes may go";
            return Err(Failure::usage(message, "name what stays with `--keep`; if the rest may go, add `--yes`"));
        }
        match confirmed(world, "Go on?")? {
            true => Ok(()),
            false => Err(Failure::new(Exit::Failed, "nothing was changed")),
        }
    }

    fn new_passphrase(&self, world: &mut World) -> Result<Secret, Failure> {
        let (option, descriptor) = ("--new-passphrase-fd", self.args.new_passphrase_fd);
        Source { what: "new passphrase", option, descriptor, prompt: "The new passphrase: " }.obtain_new(world)
    }

    fn options(
        &self,
        fresh: &Secret,
        new: Option<&Secret>,
        recovery: OwnedFd,
        change: &Change<'_>,
        plan: &Plan<'_>,
    ) -> Result<RekeyOptions, Failure> {
        let remove: Vec<String> = change.remove.iter().filter_map(|slot| slot.id.clone()).collect();
        let kept = plan.kept();
        Ok(RekeyOptions {
            handle_token: String::new(),
            fresh: fresh.pipe()?.into(),
            by_recovery: Some(self.args.fresh.by_recovery()),
            passphrase: new.map(Secret::pipe).transpose()?.map(Into::into),
            recovery: recovery.into(),
            remove: (!remove.is_empty()).then_some(remove),
            keep: (!kept.is_empty()).then_some(kept),
            policy: change.policy.map(|policy| policy.word().to_owned()),
            // It was accepted when it was added, and just now once more.
            login: plan.keeps_login().then_some(true),
            // Asked for through the request: by then it is known of what, and how many tries are left.
            pin: None,
        })
    }
}

/// Whether the person wants to show this way in to the new key. Enter is a yes: who keeps loses nothing.
fn wants_to_keep(world: &mut World, slot: &SlotInfo) -> Result<bool, Failure> {
    let login = if slot.opens_with_login { ", which opens with your login" } else { "" };
    let question = format!("Keep the {}{login}? [Y/n] ", named(&slot.kind, &slot.label));
    let answer = world
        .terminal
        .line(&question)
        .map_err(|error| Failure::new(Exit::Failed, "the terminal could not be read").because(&error))?;
    Ok(matches!(answer.to_lowercase().as_str(), "" | "y" | "yes"))
}

fn unchanged(failure: Failure, by_recovery: bool) -> Failure {
    if failure.word == crate::failure::word(ErrorKind::WrongPassphrase) && !by_recovery {
        return failure.hint("nothing was changed; try again, or with the recovery code: `--recovery`");
    }
    // fobd says which: nothing was changed, or nobody took the new recovery code.
    if failure.word == crate::failure::word(ErrorKind::BadPipe) {
        return failure.hint("for another recovery code: `fob vault recovery-code`");
    }
    failure
}

/// Where the new recovery code goes.
enum Outlet {
    /// Into a descriptor of the caller.
    Sink(Sink),
    /// With the answer, to a person who sees it.
    Shown,
}

impl Outlet {
    /// The descriptor, or the terminal. Looked at before anything is asked for or changed.
    fn of(descriptor: Option<u32>, world: &World) -> Result<Self, Failure> {
        match descriptor {
            Some(number) => Sink::open("--new-recovery-fd", number, "recovery code").map(Self::Sink),
            None if world.out_is_terminal => Ok(Self::Shown),
            None => Err(Failure::usage(
                "the new recovery code is shown once, and nobody would see it here",
                "run it on a terminal, or take the code from a pipe: `--new-recovery-fd N`",
            )),
        }
    }

    /// Gives the code, or hands it on to be shown.
    fn give(&self, code: Zeroizing<String>) -> Result<Option<Zeroizing<String>>, Failure> {
        match self {
            Self::Sink(sink) => sink.write(code.as_bytes()).map(|()| None).map_err(lost),
            Self::Shown => Ok(Some(code)),
        }
    }
}

/// The change is made, and nobody has the recovery code.
fn lost(failure: Failure) -> Failure {
    failure.hint("the change is made and the passphrase opens the vault; for another code: `fob vault recovery-code`")
}

/// What a new vault key took along.
#[derive(Serialize)]
pub(super) struct Aftermath {
    /// Ways in that are gone besides.
    dropped: Vec<Slot>,
    /// Older versions that former secrets still open.
    not_removed: Vec<String>,
    warnings: Vec<String>,
}

impl From<RekeyInfo> for Aftermath {
    fn from(info: RekeyInfo) -> Self {
        let RekeyInfo { dropped, not_removed, warnings } = info;
        Self { dropped: dropped.into_iter().map(Slot::from).collect(), not_removed, warnings }
    }
}

impl Aftermath {
    /// Of a change that was made, while fobd said nothing more.
    fn unheard(failure: &Failure) -> Self {
        let words = format!("{}, after the new key was made: `fob vault slots` shows what is left", failure.message);
        Self { dropped: Vec::new(), not_removed: Vec::new(), warnings: vec![words] }
    }

    /// The code if it is to be shown, then what is gone, a line each.
    pub(super) fn words(&self, code: Option<&str>) -> String {
        let mut words = code.map_or(String::new(), |code| {
            format!(
                "\nYour new recovery code, shown this once:\n\n    {}\n\n\
                 The one before opens nothing any more. Write this one down and keep it away from this machine.\n",
                shown(code)
            )
        });
        for slot in &self.dropped {
            words += &format!("  note: this way in is gone, add it again: {}\n", slot.title());
        }
        for path in &self.not_removed {
            words +=
                &format!("  note: an older version still opens with the former secrets, remove it: {}\n", shown(path));
        }
        for warning in &self.warnings {
            words += &format!("  note: {}\n", shown(warning));
        }
        words
    }
}
