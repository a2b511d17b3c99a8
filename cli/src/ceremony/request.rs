//! `Request1` as a stream of events. Both signals come through one stream, so that their order is the daemon's.

use fob_bus::CallError;
use fob_bus::proxy::Request1Proxy;
use fob_bus::types::{Outcome, StateDetails};
use futures_util::StreamExt;
use zbus::message::Type;
use zbus::{MatchRule, Message, MessageStream, OwnedObjectPath};

use crate::daemon::Daemon;
use crate::secret::Secret;
use crate::{Exit, Failure};

/// What the daemon says about a request.
#[derive(Debug)]
pub(super) enum Event {
    /// A new state.
    State(String, StateDetails),
    /// The end.
    Done(Outcome),
}

/// One request.
pub(super) struct Request {
    proxy: Request1Proxy<'static>,
    signals: MessageStream,
}

impl Request {
    /// Listens to a request that is about to be made.
    pub(super) async fn subscribe(daemon: &Daemon, path: OwnedObjectPath) -> Result<Self, Failure> {
        let rule = MatchRule::builder().msg_type(Type::Signal).interface("dev.fob.Request1").path(path.as_ref());
        // By hand: a proxy's signals would look for a broker, and on fobd's own socket there is none.
        let rule = rule.build().map_err(CallError::from)?;
        let signals = MessageStream::for_match_rule(rule, daemon.connection(), None).await.map_err(CallError::from)?;
        Ok(Self { proxy: daemon.request(path).await?, signals })
    }

    /// The next event.
    pub(super) async fn next(&mut self) -> Result<Event, Failure> {
        loop {
            match self.signals.next().await {
                Some(Ok(message)) => {
                    if let Some(event) = event(&message) {
                        return Ok(event);
                    }
                }
                Some(Err(error)) => return Err(CallError::from(error).into()),
                None => {
                    let failure = Failure::new(Exit::NoDaemon, "fobd ended in the middle");
                    return Err(failure.hint("start it again, then try again: `systemctl --user start fobd`"));
                }
            }
        }
    }

    pub(super) async fn provide_pin(&self, pin: &Secret) -> Result<(), Failure> {
        Ok(self.proxy.provide_pin(pin.pipe()?.into()).await?)
    }

    pub(super) async fn cancel(&self) -> Result<(), CallError> {
        self.proxy.cancel().await
    }
}

/// The event in a signal; a signal of a newer daemon that we do not know is none.
fn event(message: &Message) -> Option<Event> {
    let body = message.body();
    match message.header().member()?.as_str() {
        "StateChanged" => body.deserialize::<(String, StateDetails)>().ok().map(|(state, of)| Event::State(state, of)),
        "Done" => body.deserialize::<Outcome>().ok().map(Event::Done),
        _ => None,
    }
}
