//! Which key: the one that is there, the one that knows a credential of the list, or the one that is touched.
//!
//! Several keys are asked silently first (CTAP 2.3 §6.2, `up: false`), each on a thread of its own and only as long as
//! nobody has to wait for it. If that leaves more than one they all blink, and the first touch decides; the others get
//! CTAPHID_CANCEL and are read to the end before anything else happens.

use std::sync::Arc;

use fob_ambient::Millis;
use fob_bus::types::{StateDetails, request_state};
use fob_bus::{CallError, ErrorKind};
use fob_client::{CancelToken, Session, Watch, ceremony};
use tokio::task::JoinSet;

use super::{Ceremony, Failure, Fit, Purpose};
use crate::daemon::Daemon;
use crate::errors;
use crate::keys::Key;
use crate::request::Request;

/// How long a key may take to answer silently.
const SILENT: Millis = Millis(5_000);

/// What came of letting several keys blink.
type Touch = (Key, Result<(), Failure>);

impl<P: Purpose> Ceremony<P> {
    /// The key to use, none of those that were refused. Waits for one to be inserted while there is none.
    pub(super) async fn choose(
        &self,
        daemon: &Arc<Daemon>,
        request: &Arc<Request>,
        refused: &[String],
    ) -> Result<Key, Failure> {
        let mut changes = daemon.keys.changes();
        let mut first_look = true;
        loop {
            changes.mark_unchanged();
            let (usable, unreadable) = self.candidates(daemon, refused)?;
            match (usable.as_slice(), unreadable) {
                ([], Some(problem)) if first_look => {
                    return Err(CallError::new(ErrorKind::KeyUnreadable, problem).into());
                }
                // One that was inserted a moment ago gets its access list yet.
                ([], _) => {
                    request.report(request_state::INSERT, self.part.about.clone());
                    let inserted = self.until_end(daemon, request, changes.changed()).await?;
                    inserted.map_err(|error| CallError::from_error(ErrorKind::Failed, &error))?;
                }
                ([only], _) => return Ok(only.clone()),
                (_, _) => return self.choose_among(daemon, request, usable).await,
            }
            first_look = false;
        }
    }

    /// Keys that can be opened, and what is wrong with the first of the others.
    fn candidates(&self, daemon: &Daemon, refused: &[String]) -> Result<(Vec<Key>, Option<String>), Failure> {
        let mut keys = match &self.key {
            Some(id) => vec![daemon.keys.key(id)?],
            None => daemon.keys.list(),
        };
        keys.retain(|key| !refused.contains(&key.id));
        let problem = keys.iter().find_map(|key| key.problem.clone());
        Ok((keys.into_iter().filter(|key| key.problem.is_none()).collect(), problem))
    }

    async fn choose_among(&self, daemon: &Arc<Daemon>, request: &Arc<Request>, keys: Vec<Key>) -> Result<Key, Failure> {
        request.report(request_state::WORKING, StateDetails::default());
        let mut fitting = self.preflight(daemon, request, keys).await?;
        if fitting.len() == 1 {
            return fitting.pop().ok_or_else(|| no_key("no key fits").into());
        }
        request.report(request_state::SELECT, self.part.about.clone());
        self.select(daemon, request, fitting).await
    }

    /// The keys that know a credential of the list; if none does, all that could do it.
    async fn preflight(
        &self,
        daemon: &Arc<Daemon>,
        request: &Arc<Request>,
        keys: Vec<Key>,
    ) -> Result<Vec<Key>, Failure> {
        let cancel = request.cancel_token();
        let deadline = daemon.keys.deadline_in(SILENT).min(self.deadline);
        let mut asked = JoinSet::new();
        for key in keys {
            let (keys, purpose, cancel) = (daemon.keys.clone(), self.purpose.clone(), cancel.clone());
            asked.spawn(async move {
                let token = cancel.clone();
                let work =
                    move |session: &mut Session| purpose.fit(session, &mut Watch::new(deadline, &token, &mut |_| {}));
                let fit = keys.transact(&key, cancel, deadline, work).await;
                (key, fit)
            });
        }
        let (mut knowing, mut able, mut refusal) = (Vec::new(), Vec::new(), None);
        while let Some(answer) = asked.join_next().await {
            match answer.map_err(|error| CallError::from_error(ErrorKind::Failed, &error))? {
                (key, Ok(Fit::Knows)) => knowing.push(key),
                (key, Ok(Fit::Could)) => able.push(key),
                (key, Err(failure)) => {
                    let cause = &failure.cause;
                    tracing::info!(
                        id = key.id,
                        cause = cause.kind.name(),
                        message = cause.message,
                        "a key does not fit"
                    );
                    refusal = Some(failure);
                }
            }
        }
        match (knowing.is_empty(), able.is_empty()) {
            (false, _) => Ok(knowing),
            (true, false) => Ok(able),
            (true, true) => Err(refusal.unwrap_or_else(|| no_key("no key fits").into())),
        }
    }

    /// Lets all keys blink. The first touch decides, and so does a no at any of them.
    async fn select(&self, daemon: &Arc<Daemon>, request: &Arc<Request>, keys: Vec<Key>) -> Result<Key, Failure> {
        let losers = CancelToken::new();
        let mut blinking = JoinSet::new();
        for key in keys {
            blinking.spawn(blink(daemon.clone(), key, losers.clone(), self.deadline));
        }
        let mut decided = None;
        loop {
            let touch = tokio::select! {
                biased;
                end = request.ended(), if decided.is_none() => {
                    losers.cancel();
                    decided = Some(Err(Failure::ended(end)));
                    continue;
                }
                touch = blinking.join_next() => touch,
            };
            // All have come to their end, the losers too.
            let Some(touch) = touch else { break };
            let (key, touched) = touch.map_err(|error| CallError::from_error(ErrorKind::Failed, &error))?;
            let last = blinking.is_empty();
            match touched {
                Ok(()) if decided.is_none() => decided = Some(Ok(key)),
                // A key that was pulled out or fell silent leaves the choice to the others.
                Err(failure) if decided.is_none() && (last || decides(&failure)) => decided = Some(Err(failure)),
                _ => continue,
            }
            losers.cancel();
        }
        decided.unwrap_or_else(|| Err(no_key("every key was removed").into()))
    }
}

async fn blink(daemon: Arc<Daemon>, key: Key, cancel: CancelToken, deadline: Millis) -> Touch {
    let token = cancel.clone();
    let work = move |session: &mut Session| {
        let touched = ceremony::select(session, &mut Watch::new(deadline, &token, &mut |_| {}));
        touched.map_err(|error| Failure::from(errors::key(&error)))
    };
    let touched = daemon.keys.transact(&key, cancel, deadline, work).await;
    (key, touched)
}

/// Whether a failure at one key is the person's answer for all.
fn decides(failure: &Failure) -> bool {
    matches!(failure.cause.kind, ErrorKind::Cancelled | ErrorKind::TimedOut)
}

fn no_key(words: &str) -> CallError {
    CallError::new(ErrorKind::NoKey, words)
}
