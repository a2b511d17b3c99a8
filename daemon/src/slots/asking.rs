//! What requests about the vault share: who asked, since when, and that a lock ends them.

use std::sync::Arc;

use fob_ambient::Millis;
use fob_bus::CallError;
use fob_bus::types::{Outcome, StateDetails, request_state};

use crate::ceremony::{Ceremony, Failure, Part, PassedPin, Purpose};
use crate::daemon::Daemon;
use crate::request::{End, Request};
use crate::shield::Secrets;

/// How long a person has for each key, and for each PIN of a TPM: to find it, to put it in, to touch it.
const PATIENCE: Millis = Millis(120_000);

/// A request about the vault under way.
pub(crate) struct Asking {
    pub(super) daemon: Arc<Daemon>,
    pub(super) request: Arc<Request>,
    /// The vault's epoch when it began.
    pub(super) epoch: u64,
}

impl Asking {
    /// Lets `work` run to its end, or until the vault is locked.
    pub(crate) async fn run<W>(
        daemon: Arc<Daemon>,
        request: Arc<Request>,
        epoch: u64,
        work: impl FnOnce(Arc<Self>) -> W,
    ) -> Outcome
    where
        W: Future<Output = Result<Outcome, Failure>>,
    {
        // What was presented is in memory while a key is waited for. The first here, and so the last to go: after the work
        // and everything in it.
        let _secrets = Secrets::held();
        let locked = daemon.vault.locked_since(epoch);
        let asking = Arc::new(Self { daemon, request: request.clone(), epoch });
        let work = work(asking);
        tokio::pin!(work, locked);
        let done = tokio::select! {
            biased;
            done = &mut work => done,
            () = &mut locked => {
                request.end(End::Locked);
                work.await
            }
        };
        match done {
            Ok(outcome) => {
                tracing::info!("a request ended well");
                outcome
            }
            Err(failure) => failure.told(&request),
        }
    }

    /// Asks a key, or whichever is touched.
    pub(super) async fn key<P: Purpose>(
        &self,
        purpose: P,
        key: Option<String>,
        pin: Option<&PassedPin>,
        part: Part,
    ) -> Result<P::Done, Failure> {
        let pin = pin.and_then(PassedPin::again);
        let ceremony = Ceremony { purpose: Arc::new(purpose), deadline: self.deadline(), key, pin, part };
        ceremony.hold(&self.daemon, &self.request).await
    }

    /// Waits for something that is no key: as long as the request lasts.
    pub(super) async fn until_end<T>(
        &self,
        something: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            biased;
            end = self.request.ended() => Err(Failure::ended(end)),
            done = something => Ok(done?),
        }
    }

    /// The moment at which the person has had time enough.
    pub(super) fn deadline(&self) -> Millis {
        self.daemon.keys.deadline_in(PATIENCE)
    }

    /// Whether somebody still waits for what is done: asked before what takes long, and before what cannot be undone.
    pub(super) fn still_wanted(&self) -> impl Fn() -> bool + Send + use<> {
        let (vault, request, epoch) = (self.daemon.vault.clone(), self.request.clone(), self.epoch);
        move || vault.epoch() == epoch && request.how_ended().is_none()
    }

    /// Says that it works.
    pub(super) fn works(&self) {
        self.request.report(request_state::WORKING, StateDetails::default());
    }
}

#[cfg(test)]
mod tests;
