//! A ceremony for a caller: its leave comes before any key blinks, and what takes the leave back ends it.
//!
//! `fob` shows its person what happens and asks for the PIN itself. For everybody else that is done here (`attend`): they
//! never see a PIN, and in the end a refusal and a key that knows no credential look alike to them.

use std::sync::Arc;

use fob_asking::What;
use fob_bus::types::{Outcome, StateDetails, request_state};

use super::attend::attend;
use super::perform::Done;
use super::{Ceremony, Failure, Plan};
use crate::daemon::Daemon;
use crate::guest::Owner;
use crate::policy::{self, Decision, Leave, PATIENCE, Plea, Want};
use crate::request::{End, Request};

/// On whose behalf a ceremony is held, and whether that is allowed.
pub(crate) struct Errand {
    /// Whose.
    pub(crate) owner: Owner,
    /// What it needs leave for.
    pub(crate) want: Want,
    /// The same in words.
    pub(crate) what: What,
    /// The caller's window.
    pub(crate) parent_window: String,
    /// What follows, without a question.
    pub(crate) decision: Decision,
}

impl Ceremony<Plan> {
    /// Runs it to its end.
    pub(crate) async fn run(self, daemon: Arc<Daemon>, request: Arc<Request>, errand: Errand) -> Outcome {
        match self.on(&daemon, &request, &errand).await {
            Ok(done) => {
                tracing::info!("a request ended well");
                let remark = done.remark.filter(|_| errand.owner.is_companion());
                Outcome { response_json: Some(done.json), message: remark, ..Outcome::default() }
            }
            Err(failure) if errand.owner.is_companion() => failure.told(&request),
            Err(failure) => failure.told_in_general(&request),
        }
    }

    async fn on(self, daemon: &Arc<Daemon>, request: &Arc<Request>, errand: &Errand) -> Result<Done, Failure> {
        let leave = self.leave(daemon, request, errand).await?;
        let taken_back = daemon.consent.until_taken_back(&daemon.clients, &errand.owner, leave);
        let attending = async {
            if !errand.owner.is_companion() {
                attend(daemon, request, &errand.owner, &errand.want).await;
            }
            std::future::pending::<()>().await;
        };
        let held = self.hold(daemon, request);
        tokio::pin!(held, taken_back, attending);
        let mut over = false;
        loop {
            tokio::select! {
                biased;
                // Before the key hears of it, if it was taken back by then.
                () = &mut taken_back, if !over => {
                    over = true;
                    request.end(if daemon.vault.is_open() { End::TakenBack } else { End::Locked });
                }
                done = &mut held => return done,
                () = &mut attending => {}
            }
        }
    }

    /// Leave, before anything else.
    async fn leave(&self, daemon: &Arc<Daemon>, request: &Arc<Request>, errand: &Errand) -> Result<Leave, Failure> {
        let choices = match errand.decision {
            Decision::Allow(leave) => return Ok(leave),
            Decision::Ask(choices) => choices,
            Decision::Refuse(no) => return Err(policy::refused(&errand.owner.caller, &no).into()),
        };
        request.report(request_state::CONSENT, StateDetails::default());
        let left = self.deadline.since(daemon.clock.monotonic()).0 / 1_000;
        let Errand { owner, want, what, parent_window, .. } = errand;
        let plea = Plea { owner, want, what: what.clone(), parent_window, waits: left.min(PATIENCE) };
        let leave = self.until_end(daemon, request, policy::put(daemon, plea, choices)).await?;
        request.report(request_state::WORKING, StateDetails::default());
        Ok(leave?)
    }
}
