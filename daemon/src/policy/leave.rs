//! Leave for a call: what is decided at once, what the person is asked, and that every answer is in the diary.

use std::sync::Arc;

use fob_asking::{Answer, Choice, Question, What};
use fob_bus::CallError;

use super::ask::{ask_unless, unheard};
use super::consent::{Consent, Decision, Leave};
use super::rule::refused;
use super::{Want, words};
use crate::caller::Tier;
use crate::daemon::Daemon;
use crate::diary::{Event, Outcome};
use crate::guest::Owner;

/// A call that may have to wait for the person.
pub(crate) struct Plea<'a> {
    /// Who makes it.
    pub(crate) owner: &'a Owner,
    /// What it is for.
    pub(crate) want: &'a Want,
    /// The same in words, for the question and the diary.
    pub(crate) what: What,
    /// The caller's window; may be empty.
    pub(crate) parent_window: &'a str,
    /// How long it lasts at most, in seconds.
    pub(crate) waits: u64,
}

/// Leave for what is wanted, after a question where there must be one.
///
/// # Errors
/// [`Denied`](fob_bus::ErrorKind::Denied) and those of [`ask`](super::ask()).
pub(crate) async fn obtain(daemon: &Daemon, plea: Plea<'_>) -> Result<Leave, CallError> {
    match daemon.consent.decide(&daemon.clients, plea.owner, plea.want) {
        Decision::Allow(leave) => {
            note(daemon, plea.owner, plea.want, Some(text(&plea.what)), Ok(leave.why));
            Ok(leave)
        }
        Decision::Refuse(no) => {
            note(daemon, plea.owner, plea.want, Some(text(&plea.what)), Err(no.to_string()));
            Err(refused(&plea.owner.caller, &no))
        }
        Decision::Ask(choices) => put(daemon, plea, choices).await,
    }
}

/// Puts the question, and remembers the answer.
///
/// # Errors
/// As [`obtain`].
pub(crate) async fn put(daemon: &Daemon, plea: Plea<'_>, choices: &'static [Choice]) -> Result<Leave, CallError> {
    let Plea { owner, want, what, parent_window, waits } = plea;
    let about = text(&what);
    let mut question = question(daemon, owner, what);
    question.choices = choices.to_vec();
    question.parent_window = parent_window.to_owned();
    question.waits = waits;
    // Another question for the same may have been answered for longer meanwhile.
    let allowed = || match daemon.consent.decide(&daemon.clients, owner, want) {
        Decision::Allow(leave) => Some(leave),
        Decision::Ask(_) | Decision::Refuse(_) => None,
    };
    let superfluous = || allowed().is_some();
    let asked = ask_unless(daemon, &owner.caller, question, None, &superfluous);
    let answered = owner.while_there(asked).await;
    let leave = match answered {
        // A yes to a program that was forgotten while the question stood there is none.
        Ok(Some(Answer::Granted { choice })) if is_still(daemon, owner) => {
            let leave = granted(daemon, owner, want, choice).await;
            if is_still(daemon, owner) { Ok(leave) } else { Err(unheard()) }
        }
        Ok(Some(_)) => Err(unheard()),
        // Taken back between the look and this one.
        Ok(None) => allowed().ok_or_else(unheard),
        Err(error) => Err(error),
    };
    let outcome = leave.as_ref().map(|leave| leave.why).map_err(|error| error.message.clone());
    note(daemon, owner, want, Some(about), outcome);
    leave
}

/// A question of this caller, by the name that it is known by here.
pub(crate) fn question(daemon: &Daemon, owner: &Owner, what: What) -> Question {
    let mut question = words::question(&owner.caller, what);
    if let Tier::Paired(id) = &owner.caller.tier
        && let Some(client) = daemon.clients.present(id)
    {
        question.asker.name = client.info().name;
    }
    question
}

fn is_still(daemon: &Daemon, owner: &Owner) -> bool {
    daemon.consent.is_still(&daemon.clients, &owner.caller, owner.portal.as_deref())
}

async fn granted(daemon: &Daemon, owner: &Owner, want: &Want, choice: Choice) -> Leave {
    let Some((grant, kept)) = daemon.consent.remember(&daemon.clients, owner, want, choice) else {
        return Leave { why: "asked", grant: None };
    };
    // What cannot be written holds until the lock: the person has said so.
    if kept && let Err(error) = keep(daemon).await {
        tracing::warn!(%error, "a grant is not remembered beyond the next lock");
    }
    Leave { why: "asked", grant: Some(grant) }
}

/// Writes what must outlive a lock.
///
/// # Errors
/// The vault's.
pub(super) async fn keep(daemon: &Daemon) -> Result<(), CallError> {
    let consent: Arc<Consent> = daemon.consent.clone();
    daemon.vault.change(move |vault| consent.keep_grants(vault)).await
}

/// What the diary hears about a call.
pub(crate) fn note(
    daemon: &Daemon,
    owner: &Owner,
    want: &Want,
    what: Option<String>,
    outcome: Result<&'static str, String>,
) {
    let outcome = outcome.map_or_else(Outcome::Refused, Outcome::Given);
    daemon.diary.note(Event { caller: &owner.caller, kind: want.kind().word(), what, outcome });
}

/// What a question is about, in a word for the diary.
fn text(what: &What) -> String {
    match what {
        What::Code { issuer, name, .. } if issuer.is_empty() => name.clone(),
        What::Code { issuer, name, .. } if name.is_empty() => issuer.clone(),
        What::Code { issuer, name, .. } => format!("{issuer}:{name}"),
        What::Sign { rp_id, .. } | What::Create { rp_id, .. } => rp_id.clone(),
        What::KeyCare { key, doing } => format!("{key}: {doing}"),
        What::Pin { key, .. } => key.clone(),
        What::Attach { path } => path.clone(),
        What::Pair { scopes, .. } => scopes.join(", "),
        What::Allow { program, .. } => program.clone(),
    }
}
