//! What `fob` does itself and other programs cannot: showing that a key waits to be touched, and asking for its PIN.

use async_trait::async_trait;
use fob_asking::{Answer, Want as Secret, What};
use fob_bus::types::{StateDetails, request_state};
use fob_ctap::pin::Pin;
use zeroize::Zeroizing;

use crate::daemon::Daemon;
use crate::guest::Owner;
use crate::policy::{self, Want};
use crate::prompt::{Judge, Wrong};
use crate::request::Request;
use crate::shield::Secrets;

/// What a key is called of which nobody knows yet which one it is.
const ANY_KEY: &str = "a security key";

/// Follows the states of a request until it is dropped.
pub(super) async fn attend(daemon: &Daemon, request: &Request, owner: &Owner, want: &Want) {
    let mut states = request.states();
    let rp_id = want.site().unwrap_or_default();
    let mut notice = None;
    loop {
        let (state, details) = states.borrow_and_update().clone();
        let product = details.product.clone().unwrap_or_else(|| ANY_KEY.to_owned());
        match state {
            request_state::TOUCH | request_state::SELECT => {
                if notice.is_none() {
                    notice = Some(daemon.prompter.touch(&policy::shown(&product), &policy::shown(&rp_id)).await);
                }
            }
            request_state::PIN => {
                drop(notice.take());
                let what = What::Pin { key: product, rp_id: rp_id.clone() };
                answer_pin(daemon, request, owner, what, &details).await;
            }
            _ => drop(notice.take()),
        }
        if states.changed().await.is_err() {
            return;
        }
    }
}

async fn answer_pin(daemon: &Daemon, request: &Request, owner: &Owner, what: What, details: &StateDetails) {
    let _secrets = Secrets::held();
    let mut question = policy::question(daemon, owner, what);
    question.want =
        Some(Secret::Pin { retries: details.retries.unwrap_or_default(), wrong: details.wrong.unwrap_or_default() });
    let mut typed = Typed(None);
    let answer = policy::ask(daemon, &owner.caller, question, Some(&mut typed)).await;
    match (answer, typed.0) {
        (Ok(Answer::Secret { .. }), Some(pin)) => {
            if let Err(error) = request.answer_pin(pin) {
                tracing::debug!(%error, "a request did not wait for its PIN");
            }
        }
        _ => request.decline_pin(),
    }
}

/// Takes what was typed, if it can be a PIN. Whether it is the right one the key says, and then another question is put.
struct Typed(Option<Pin>);

#[async_trait]
impl Judge for Typed {
    async fn judge(&mut self, mut secret: Zeroizing<String>) -> Result<(), Wrong> {
        match Pin::new(std::mem::take(&mut *secret)) {
            Ok(pin) => {
                self.0 = Some(pin);
                Ok(())
            }
            Err(error) => Err(Wrong::Again(error.to_string())),
        }
    }
}
