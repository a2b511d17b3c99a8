//! A code for whoever asks, from the call to the pipe: which account is meant, whether the caller may have its code, and
//! the question to the person where there must be one.
//!
//! A program without leave learns nothing about the accounts that there are: words that name none, or several, are put to
//! the person like any others, and end in the refusal that a no ends in. What happened is in the diary.

use std::os::fd::OwnedFd;

use fob_asking::{Choice, What};
use fob_bus::types::{CodeInfo, CodeOptions};
use fob_bus::{CallError, ErrorKind};
use fob_vault::{Entry, EntryId, UnlockedVault};
use fob_webauthn::Origin;

use super::code::{self, ByTime, Wish};
use super::{Otp, lookup, site};
use crate::caller::Tier;
use crate::guest::Owner;
use crate::loopback::Scopes;
use crate::policy::{self, Decision, PATIENCE, Plea, Want};

/// What a caller asks for.
pub(super) struct Order {
    query: String,
    site: Option<Origin>,
    wish: Wish,
    end: OwnedFd,
}

/// What a first look comes to.
enum Look {
    /// The code is in the pipe.
    Done(CodeInfo),
    /// It goes by a counter.
    Counter(EntryId),
    /// The same, which the caller may have without a question: by which right, and the account's name.
    Leave(EntryId, &'static str, String),
    /// The person is to be asked.
    Ask(Want, What, &'static [Choice]),
}

impl Order {
    /// Looks at a call.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for a site that is none.
    pub(super) fn of(query: &str, options: &CodeOptions, end: OwnedFd) -> Result<Self, CallError> {
        let site = options.site.as_deref().map(site::parse).transpose()?;
        Ok(Self { query: query.to_owned(), site, wish: Wish::from(options), end })
    }

    /// The account that is meant. A paired program has its own accounts and looks among no others: whether its words fit
    /// one more would tell it what there is.
    fn meant<'a>(&self, vault: &'a UnlockedVault, scopes: Option<&Scopes>) -> Result<&'a Entry, CallError> {
        if let Some(scopes) = scopes {
            let may_be_meant = |entry: &&Entry| {
                scopes.may_read(entry.id) && self.site.as_ref().is_none_or(|site| entry.is_for(site.as_str()))
            };
            if let Some(entry) = self.query.parse().ok().and_then(|id| vault.entry(id)).filter(may_be_meant) {
                return Ok(entry);
            }
            return lookup::among(&self.query, vault.entries().iter().filter(may_be_meant));
        }
        match &self.site {
            Some(site) => site::bound(vault, &self.query, site),
            None => lookup::one(vault, &self.query),
        }
    }

    /// The same in words: of the account, or the caller's own where there is none.
    fn what(&self, entry: Option<&Entry>) -> What {
        let (issuer, name) = match entry {
            Some(entry) => (entry.issuer.clone(), entry.name.clone()),
            None => (String::new(), self.query.clone()),
        };
        What::Code { issuer, name, site: self.site.as_ref().map(ToString::to_string) }
    }
}

impl Otp {
    /// Hands the code out, or refuses.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`] and the line's; what is wrong with account and pipe, as far as the caller may know.
    pub(super) async fn hand_out(&self, owner: &Owner, order: Order) -> Result<CodeInfo, CallError> {
        let daemon = &self.0.daemon;
        let first = match self.first_look(owner, &order).await {
            Err(error) if error.kind == ErrorKind::Locked && self.may_have_it_opened(owner) => {
                policy::unlock(daemon, owner, order.what(None), "").await?;
                self.first_look(owner, &order).await?
            }
            first => first?,
        };
        match first {
            Look::Done(info) => Ok(info),
            Look::Counter(id) => self.by_counter(order, id).await,
            Look::Leave(id, why, label) => {
                let given = self.by_counter(order, id).await?;
                policy::note(daemon, owner, &Want::Code(Some(id)), Some(label), Ok(why));
                Ok(given)
            }
            Look::Ask(want, what, choices) => {
                let plea = Plea { owner, want: &want, what, parent_window: "", waits: PATIENCE };
                policy::put(daemon, plea, choices).await?;
                self.after_a_yes(owner, order, &want).await
            }
        }
    }

    /// Whoever is not let through does not use the vault: asking for codes must not keep it from locking itself.
    async fn first_look(&self, owner: &Owner, order: &Order) -> Result<Look, CallError> {
        let vault = &self.0.daemon.vault;
        if owner.is_companion() {
            return vault.read(|vault| self.look(vault, owner, order)).await;
        }
        let look = vault.peek(|vault| self.look(vault, owner, order)).await?;
        if let Look::Done(_) = look {
            vault.read(|_| Ok(())).await?;
        }
        Ok(look)
    }

    /// Whether a locked vault is opened for it: for whoever the person is asked about. A companion has its own way, and a
    /// paired program is not known while the vault is locked.
    fn may_have_it_opened(&self, owner: &Owner) -> bool {
        let daemon = &self.0.daemon;
        !owner.is_companion()
            && matches!(daemon.consent.decide(&daemon.clients, owner, &Want::Code(None)), Decision::Ask(_))
    }

    /// Finds the account, and gives its code if that needs no question.
    fn look(&self, vault: &UnlockedVault, owner: &Owner, order: &Order) -> Result<Look, CallError> {
        let daemon = &self.0.daemon;
        let scopes = match &owner.caller.tier {
            // Forgotten meanwhile, it has none, and is refused below.
            Tier::Paired(id) => daemon.clients.scopes_of(id),
            _ => None,
        };
        let found = match order.meant(vault, scopes.as_ref()) {
            Err(error) if owner.is_companion() => return Err(error),
            found => found.ok(),
        };
        let want = Want::Code(found.map(|entry| entry.id));
        let label = || Some(found.map_or_else(|| order.query.clone(), lookup::of));
        match (daemon.consent.decide(&daemon.clients, owner, &want), found) {
            (Decision::Allow(leave), Some(entry)) => {
                let given = self.give(vault, entry, order)?;
                if let Look::Counter(id) = given {
                    // It is given once the counter is on the disk, and noted then.
                    return Ok(Look::Leave(id, leave.why, lookup::of(entry)));
                }
                policy::note(daemon, owner, &want, label(), Ok(leave.why));
                Ok(given)
            }
            (Decision::Ask(choices), found) => Ok(Look::Ask(want, order.what(found), choices)),
            (Decision::Refuse(no), _) => {
                policy::note(daemon, owner, &want, label(), Err(no.to_string()));
                Err(policy::refused(&owner.caller, &no))
            }
            // Who may have every code was told above that there is no such account.
            (Decision::Allow(_), None) => Err(lookup::unknown(&order.query)),
        }
    }

    fn give(&self, vault: &UnlockedVault, entry: &Entry, order: &Order) -> Result<Look, CallError> {
        let now = self.0.daemon.clock.wall();
        match code::by_time(vault, entry, now, order.wish, &order.end)? {
            ByTime::Done(info) => Ok(Look::Done(info)),
            ByTime::Counter(id) => {
                order.wish.of_counter()?;
                Ok(Look::Counter(id))
            }
        }
    }

    /// The code that the person has just allowed: of the account that was asked about, whatever the words would mean now.
    async fn after_a_yes(&self, owner: &Owner, order: Order, want: &Want) -> Result<CodeInfo, CallError> {
        let daemon = &self.0.daemon;
        let id = match want {
            Want::Code(Some(id)) => *id,
            _ => {
                let reason = "it was allowed, and no account, or more than one, matches".to_owned();
                policy::note(daemon, owner, want, Some(order.query.clone()), Err(reason));
                return Err(policy::unheard());
            }
        };
        let given = self.read(|vault| {
            let entry = vault.entry(id).ok_or_else(policy::unheard)?;
            self.give(vault, entry, &order)
        });
        match given.await? {
            Look::Counter(id) => self.by_counter(order, id).await,
            Look::Done(info) => Ok(info),
            Look::Leave(..) | Look::Ask(..) => Err(policy::unheard()),
        }
    }

    async fn by_counter(&self, order: Order, id: EntryId) -> Result<CodeInfo, CallError> {
        self.change(move |vault| code::by_counter(vault, id, &order.end)).await
    }
}
