//! Consent as a whole: the table, what is remembered, and the line before the prompt, held together for one daemon.
//!
//! What is remembered comes out of the vault when that is opened and is wiped when it is locked; between the two it is
//! looked up under a lock that nobody holds for longer than a look.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fob_ambient::{Clock, Rng, SystemRng};
use fob_asking::Choice;
use fob_bus::CallError;
use fob_vault::{Shelf, UnlockedVault};
use tokio::sync::watch;
use zeroize::Zeroizing;

use super::Want;
use super::grants::{self, About, Grant, GrantId, Grants, Holder, Life, Moment};
use super::line::Line;
use super::programs::{self, Added};
use super::rule::{Companions, Facts, No, Rule, rule};
use crate::caller::{Caller, Listing, Listings, Tier};
use crate::errors;
use crate::guest::Owner;
use crate::loopback::Clients;
use crate::vault::Tenant;

/// What follows for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It may.
    Allow(Leave),
    /// The person is asked, with these answers besides no.
    Ask(&'static [Choice]),
    /// It may not.
    Refuse(No),
}

/// That somebody may, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leave {
    /// The word for it in the diary.
    pub(crate) why: &'static str,
    /// The grant that it rests on: revoked, it ends what it let through.
    pub(crate) grant: Option<GrantId>,
}

/// The whole.
pub(crate) struct Consent {
    clock: Arc<dyn Clock + Send + Sync>,
    listings: Arc<Listings>,
    companions: Companions,
    /// What names this run of fobd, for what ends with it.
    run: String,
    open: Mutex<Option<Open>>,
    line: Mutex<Line>,
    /// One question at a time.
    pub(super) turn: tokio::sync::Mutex<()>,
    /// Counts what has changed.
    news: watch::Sender<u64>,
}

/// What is known while the vault is open.
#[derive(Default)]
struct Open {
    grants: Grants,
    programs: Vec<Added>,
}

impl Consent {
    /// Nothing is known yet.
    pub(crate) fn new(
        clock: Arc<dyn Clock + Send + Sync>,
        listings: Arc<Listings>,
        companions: Companions,
    ) -> Arc<Self> {
        Arc::new(Self {
            clock,
            listings,
            companions,
            run: format!("{:016x}", u64::from_be_bytes(SystemRng::new().bytes())),
            open: Mutex::default(),
            line: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            news: watch::Sender::new(0),
        })
    }

    /// What follows for this caller and what it wants. Cheap, and remembers nothing.
    pub(crate) fn decide(&self, clients: &Clients, owner: &Owner, want: &Want) -> Decision {
        let caller = &*owner.caller;
        let is_companion = caller.tier == Tier::Companion;
        if is_companion && self.companions == Companions::Free {
            return Decision::Allow(Leave { why: "companion", grant: None });
        }
        let scopes = match &caller.tier {
            Tier::Paired(id) => clients.scopes_of(id),
            _ => None,
        };
        let terminal = if is_companion { owner.caller.terminal() } else { None };
        let open = held(&self.open);
        let facts = Facts {
            tier: &caller.tier,
            door: caller.door,
            origins: owner.origins(),
            scopes: scopes.as_ref(),
            companions: self.companions,
            foreground: terminal.is_some(),
            open: open.is_some(),
        };
        match (rule(&facts, want), &*open) {
            (Rule::Free(free), _) => Decision::Allow(Leave { why: free.word(), grant: None }),
            (Rule::Never(no), _) => Decision::Refuse(no),
            (Rule::Ask(choices), Some(Open { grants, .. })) if choices.len() > 1 => {
                let grant = Holder::of(caller).and_then(|holder| {
                    let site = want.site();
                    let about = About { kind: want.kind(), site: site.as_deref(), origin: want.origin() };
                    grants.find(&holder, caller.door, about, self.now())
                });
                grant.map_or(Decision::Ask(choices), |grant| {
                    Decision::Allow(Leave { why: "granted", grant: Some(grant) })
                })
            }
            (Rule::Ask(choices), _) => Decision::Ask(choices),
        }
    }

    /// Whether a caller is still what it was when it asked: a program that was forgotten since then is not. One that was
    /// nothing better than a stranger can lose nothing.
    pub(super) fn is_still(&self, clients: &Clients, caller: &Caller, portal: Option<&Listing>) -> bool {
        match (&caller.tier, portal) {
            (Tier::Paired(id), _) => clients.present(id).is_some(),
            (Tier::Installed(_), _) => caller.tier_now(&self.listings) == caller.tier,
            (Tier::Portal(_), Some(portal)) => self.listings.of(&portal.path).is_some_and(|now| *now == *portal),
            _ => true,
        }
    }

    /// Remembers an answer for longer than once; the grant, and whether it must be written. The vault may have been
    /// locked since it was given: then it was for once. So it was where the program is forgotten: what forgets one takes
    /// its grants back afterwards, and under the same lock.
    pub(super) fn remember(
        &self,
        clients: &Clients,
        owner: &Owner,
        want: &Want,
        choice: Choice,
    ) -> Option<(GrantId, bool)> {
        let now = self.now();
        let (lasts, holder) = (Life::of(choice, now)?, Holder::of(&owner.caller)?);
        let mut open = held(&self.open);
        if !self.is_still(clients, &owner.caller, owner.portal.as_deref()) {
            return None;
        }
        let id = grants::new_id(&mut SystemRng::new());
        let origin = want.origin().map(|origin| Zeroizing::new(origin.to_owned()));
        let (door, kind, site) = (owner.caller.door, want.kind(), want.site().map(Zeroizing::new));
        let grant = Grant { id, holder, door, kind, site, origin, lasts, given: now.wall };
        let added = open.as_mut()?.grants.add(grant, now);
        drop(open);
        self.tell();
        added.then_some((id, lasts.is_kept()))
    }

    /// Puts what must outlive a lock on its shelf, as it is at this moment.
    pub(super) fn keep_grants(&self, vault: &mut UnlockedVault) -> Result<(), CallError> {
        let bytes = held(&self.open).as_ref().and_then(|open| open.grants.to_shelf(&self.run));
        let put = vault.put_on_shelf(Shelf::Grants, bytes.as_ref().map(|bytes| bytes.as_slice()));
        put.map_err(|error| errors::vault(&error))
    }

    /// Takes grants back; how many there were. What is on the shelf may be more than what is known here, so whoever does
    /// this writes, each time.
    pub(super) fn revoke(&self, which: impl Fn(&Grant) -> bool) -> u32 {
        let revoked = held(&self.open).as_mut().map_or(0, |open| open.grants.revoke(which));
        if revoked > 0 {
            self.tell();
        }
        revoked
    }

    /// What is shown of the grants that hold now.
    pub(super) fn grants<T>(&self, show: impl Fn(&Grant) -> T) -> Vec<T> {
        let now = self.now();
        held(&self.open).as_ref().map_or_else(Vec::new, |open| open.grants.all(now).map(show).collect())
    }

    /// The programs that the person has added.
    pub(super) fn programs(&self) -> Vec<Added> {
        held(&self.open).as_ref().map_or_else(Vec::new, |open| open.programs.clone())
    }

    /// Puts these in the place of the programs that the person has added. To be called with the vault in hand, so that
    /// what is on the shelf is what is known.
    pub(super) fn keep_programs(&self, vault: &mut UnlockedVault, programs: Vec<Added>) -> Result<(), CallError> {
        let bytes = programs::to_shelf(&programs);
        let put = vault.put_on_shelf(Shelf::Programs, bytes.as_ref().map(|bytes| bytes.as_slice()));
        put.map_err(|error| errors::vault(&error))?;
        if let Some(open) = held(&self.open).as_mut() {
            self.listings.set_persons(programs.iter().map(|added| added.listing.clone()).collect());
            open.programs = programs;
        }
        self.tell();
        Ok(())
    }

    /// Tells of every grant and every program that comes or goes.
    pub(crate) fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// Something has changed.
    pub(crate) fn tell(&self) {
        self.news.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Waits until the grant that this rests on holds no more, or the program that it was given to is forgotten.
    pub(crate) fn until_taken_back(
        self: &Arc<Self>,
        clients: &Arc<Clients>,
        owner: &Owner,
        leave: Leave,
    ) -> impl Future<Output = ()> + Send + use<> {
        let (consent, clients, mut news) = (self.clone(), clients.clone(), self.news());
        let (caller, portal) = (owner.caller.clone(), owner.portal.clone());
        async move {
            let has = |id| held(&consent.open).as_ref().is_some_and(|open| open.grants.has(id));
            let is_gone =
                |_: &u64| !leave.grant.is_none_or(has) || !consent.is_still(&clients, &caller, portal.as_deref());
            // The sender lives in what is held here.
            let _ = news.wait_for(is_gone).await;
        }
    }

    /// The line before the prompt.
    pub(super) fn line(&self) -> MutexGuard<'_, Line> {
        held(&self.line)
    }

    /// How many questions wait.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.line().waiting()
    }

    /// Whether nothing is in memory.
    #[cfg(test)]
    pub(crate) fn is_wiped(&self) -> bool {
        held(&self.open).is_none() && self.programs().is_empty()
    }

    /// The moment that it is.
    pub(super) fn now(&self) -> Moment {
        Moment { wall: self.clock.wall(), boot: self.clock.boottime() }
    }
}

/// What is remembered lives as long as the vault is open.
impl Tenant for Consent {
    fn moves_in(&self, vault: &UnlockedVault) {
        let grants =
            vault.shelf(Shelf::Grants).map_or_else(Grants::default, |bytes| Grants::from_shelf(&bytes, &self.run));
        let programs = vault.shelf(Shelf::Programs).map_or_else(Vec::new, |bytes| programs::from_shelf(&bytes));
        self.listings.set_persons(programs.iter().map(|added| added.listing.clone()).collect());
        *held(&self.open) = Some(Open { grants, programs });
        self.tell();
    }

    fn moves_out(&self) {
        let was_open = held(&self.open).take().is_some();
        self.listings.set_persons(Vec::new());
        if was_open {
            self.tell();
        }
    }
}

fn held<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
