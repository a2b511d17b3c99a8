//! The task that hears and acts. It waits for the two buses, for the vault, and for the first and the last secret in memory.

use std::sync::Arc;

use fob_bus::types::vault_state;
use zbus::connection::Builder;

use super::Reach;
use super::desktop::{self, Desktop};
use super::logind::{self, Logind};
use super::machine::{Action, Event, Machine, Vault};
use crate::daemon::Daemon;
use crate::request::End;
use crate::shield;

#[cfg(test)]
mod tests;

/// The watch over the vault.
pub(crate) struct Watch {
    daemon: Arc<Daemon>,
    machine: Machine,
    logind: Option<Logind>,
    desktop: Option<Desktop>,
    /// Whether the session bus may be used.
    session_bus: bool,
    /// Whether it was said that nobody can be heard.
    said: bool,
}

/// What happened.
enum News {
    Secrets(bool),
    Vault(Vault),
    Logind(logind::Heard),
    Desktop(desktop::Heard),
}

impl Watch {
    /// Hears nobody yet.
    pub(crate) fn new(daemon: Arc<Daemon>, session_bus: bool) -> Self {
        let machine = Machine::new(daemon.locks.switches().clone());
        Self { daemon, machine, logind: None, desktop: None, session_bus, said: false }
    }

    /// Listens on the buses that are there. Before the doors open, so that no vault is open unwatched.
    pub(crate) async fn listen(&mut self) {
        let switches = self.daemon.locks.switches().clone();
        if self.logind.is_none() && switches.want_logind() {
            match Logind::listen(Builder::system).await {
                Ok((logind, events)) => {
                    self.logind = Some(logind);
                    self.reach().deaf = false;
                    for event in events {
                        self.happen(event).await;
                    }
                }
                Err(error) => self.say("suspend, shutdown and sessions", &error),
            }
        }
        if self.desktop.is_none() && self.session_bus && switches.want_desktop() {
            match Desktop::listen(Builder::session(), &switches).await {
                Ok(desktop) => self.desktop = Some(desktop),
                Err(error) => self.say("the screen", &error),
            }
        }
        self.said = true;
        self.note_desktop();
    }

    /// Containers and bare servers have no such bus, and that is no fault: it is said once.
    fn say(&self, of: &str, error: &zbus::Error) {
        if !self.said {
            tracing::info!(%error, "nothing is heard of {of}: they do not lock the vault");
        }
    }

    /// Watches for ever.
    pub(crate) async fn run(mut self) {
        let (mut secrets, mut vault) = (shield::changes(), self.daemon.vault.changes());
        // What was opened before the watch began.
        secrets.mark_changed();
        vault.mark_changed();
        loop {
            let news = tokio::select! {
                // What there is to lock is known before it is locked: a soft lock of nothing would be a full one.
                biased;
                Ok(()) = secrets.changed() => News::Secrets(*secrets.borrow_and_update()),
                Ok(()) = vault.changed() => News::Vault(state(*vault.borrow_and_update())),
                heard = from_logind(&mut self.logind) => News::Logind(heard),
                heard = from_desktop(&mut self.desktop) => News::Desktop(heard),
            };
            self.hear(news).await;
        }
    }

    async fn hear(&mut self, news: News) {
        match news {
            News::Secrets(held) => {
                if held {
                    // A bus that was not there may be by now; there is no other moment at which it would matter.
                    self.listen().await;
                }
                self.happen(Event::Secrets(held)).await;
            }
            News::Vault(vault) => self.happen(Event::Vault(vault)).await,
            News::Logind(heard) => self.hear_logind(heard).await,
            News::Desktop(desktop::Heard::Message(message)) => {
                let event = self.desktop.as_mut().and_then(|desktop| desktop.understand(&message));
                self.note_desktop();
                if let Some(event) = event {
                    self.happen(event).await;
                }
            }
            News::Desktop(desktop::Heard::Gone) => {
                self.desktop = None;
                self.note_desktop();
                tracing::warn!("the session bus is gone: the screen does not lock the vault any more");
            }
        }
    }

    async fn hear_logind(&mut self, heard: logind::Heard) {
        let Some(logind) = &mut self.logind else { return };
        match heard {
            logind::Heard::Message(message) => {
                for event in logind.understand(&message).await {
                    self.happen(event).await;
                }
            }
            logind::Heard::Inhibitor(granted) => {
                if let Some(which) = logind.take_in(granted) {
                    self.happen(Event::Refused(which)).await;
                    self.tell_refusal();
                }
            }
            logind::Heard::Gone => {
                self.logind = None;
                self.reach().deaf = true;
                tracing::warn!("the system bus is gone: a suspend does not lock the vault any more");
                self.happen(Event::Deaf).await;
            }
        }
    }

    /// Does what follows from an event.
    async fn happen(&mut self, event: Event) {
        match event {
            Event::LogindThere => self.reach().logind = true,
            Event::LogindGone | Event::Deaf => {
                let mut reach = self.reach();
                (reach.logind, reach.refused) = (false, None);
            }
            _ => {}
        }
        for action in self.machine.on(event) {
            self.act(action).await;
        }
    }

    async fn act(&mut self, action: Action) {
        let vault = &self.daemon.vault;
        match action {
            Action::EndRequests => self.daemon.desk.end_all(End::Sleep),
            Action::Bar => vault.bar(),
            Action::Unbar => vault.unbar(),
            Action::Lock(cause) => {
                tracing::info!(%cause, "lock");
                vault.lock().await;
            }
            Action::SoftLock(cause) => {
                tracing::info!(%cause, "soft lock");
                vault.soft_lock().await;
            }
            Action::Hold(delays) => self.ask(|logind| logind.hold(delays)),
            Action::AskAgain(delays) => self.ask(|logind| logind.ask_again(delays)),
        }
    }

    fn ask(&mut self, ask: impl FnOnce(&mut Logind)) {
        if let Some(logind) = &mut self.logind {
            ask(logind);
        }
        self.note_refusal();
    }

    /// An inhibitor that is asked for again is not refused yet.
    fn note_refusal(&self) -> Option<String> {
        let why = self.logind.as_ref().and_then(Logind::refused);
        let why = why.map(|words| fob_otp::printable(words).into_owned());
        self.reach().refused.clone_from(&why);
        why
    }

    fn tell_refusal(&self) {
        if let Some(error) = self.note_refusal() {
            tracing::warn!(error, "logind gives no inhibitor: the machine may sleep before the vault is locked");
        }
    }

    fn note_desktop(&self) {
        let desktop = self.desktop.as_ref();
        let mut reach = self.reach();
        reach.saver = desktop.is_some_and(Desktop::has_saver);
        reach.screen = desktop.is_some_and(Desktop::has_screen);
    }

    fn reach(&self) -> std::sync::MutexGuard<'_, Reach> {
        self.daemon.locks.reach()
    }
}

/// Waits for ever where nobody is listened to.
async fn from_logind(logind: &mut Option<Logind>) -> logind::Heard {
    match logind {
        Some(logind) => logind.next().await,
        None => std::future::pending().await,
    }
}

async fn from_desktop(desktop: &mut Option<Desktop>) -> desktop::Heard {
    match desktop {
        Some(desktop) => desktop.next().await,
        None => std::future::pending().await,
    }
}

fn state(word: &str) -> Vault {
    match word {
        vault_state::UNLOCKED => Vault::Open,
        vault_state::SOFT_LOCKED => Vault::Soft,
        _ => Vault::Closed,
    }
}
