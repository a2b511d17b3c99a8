//! The table: what each tier may do, what it is asked for, and what it never gets. Facts in, answer out; nothing is
//! remembered here (`grants`) and nobody is asked (`ask`).
//!
//! Two questions, one after the other. [`gate`] stands before every call, knows its interface and nothing else, and
//! turns away who can never be let in. [`rule`] knows what the call wants.

use fob_asking::Choice;
use fob_bus::{CallError, ErrorKind};
use fob_otp::printable;

use super::Want;
use crate::caller::{Caller, Door, Origins, Tier};
use crate::loopback::Scopes;

/// What a call belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// To know how things stand.
    Status,
    /// To make, open, lock or look after the vault.
    Vault,
    /// To see accounts, to add, change, export and remove them.
    Accounts,
    /// To have codes.
    Code,
    /// To see into a key, to set its PIN, to attach one.
    Keys,
    /// To register or sign in somewhere. Which origins may use which RP ID is `fob_webauthn`'s matter.
    Ceremony,
    /// To see and change who may do what.
    Policy,
    /// To speak for a program on the loopback.
    Loopback,
}

impl Operation {
    /// The word for it in the diary, where it was turned away.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Vault => "vault",
            Self::Accounts => "accounts",
            Self::Code => "code",
            Self::Keys => "key-care",
            Self::Ceremony => "sign",
            Self::Policy => "policy",
            Self::Loopback => "loopback",
        }
    }
}

/// How much `fob` itself may do without a word while the vault is open (`[consent] companion` in the settings).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Companions {
    /// All that is asked of it.
    #[default]
    Free,
    /// Codes and key care once the person has said so for that terminal, until the vault is locked.
    PerTerminal,
    /// Codes and key care each time after a question.
    Ask,
}

impl Companions {
    /// The word for it in the settings.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::PerTerminal => "per-terminal",
            Self::Ask => "ask",
        }
    }
}

/// What is known about whoever asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a> {
    /// What it counts as.
    pub(crate) tier: &'a Tier,
    /// How it came.
    pub(crate) door: Door,
    /// The origins that it may name, or that the portal may that speaks for it.
    pub(crate) origins: Option<&'a Origins>,
    /// What it was paired for, on the loopback.
    pub(crate) scopes: Option<&'a Scopes>,
    /// What the settings say about companions.
    pub(crate) companions: Companions,
    /// Whether it has its terminal in the foreground.
    pub(crate) foreground: bool,
    /// Whether the vault is open: in a locked one nothing can be remembered, and nothing that was is known.
    pub(crate) open: bool,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// It may.
    Free(Free),
    /// The person decides; these are the answers besides no, and whoever may be remembered need not be asked again.
    Ask(&'static [Choice]),
    /// Never.
    Never(No),
}

/// Why something needs no question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Free {
    /// It is the household's own.
    Companion,
    /// It was paired for it.
    Scope,
}

impl Free {
    /// The word for it in the diary.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Companion => "companion",
            Self::Scope => "scope",
        }
    }
}

/// Why something never is given, as the end of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum No {
    /// Another user's.
    #[error("it belongs to another user")]
    Foreign,
    /// The listener wants something in its own name.
    #[error("the loopback listener asks for nothing in its own name")]
    Listener,
    /// Not the listener.
    #[error("this is for the loopback listener beside fobd alone")]
    NotTheListener,
    /// Only the household's own programs may.
    #[error("only fob itself may")]
    Companions,
    /// A program that may name no origin.
    #[error("no origin is listed for it; `fob client allow` lists a program and the sites it may name")]
    Origin,
    /// Another origin than those that are listed.
    #[error("this origin is not listed for it; `fob client allow` lists a program and the sites it may name")]
    OtherOrigin,
    /// It was not paired for this.
    #[error("it was not paired for this; `fob client forget` and a new pairing change that")]
    Scope,
}

const ONCE: &[Choice] = &[Choice::Once];
/// Where an exec(2) between message and look cannot be excluded, nothing outlives a lock (DESIGN.md section 5).
const UNTIL_LOCK: &[Choice] = &[Choice::Once, Choice::UntilLock];
const ALWAYS: &[Choice] = &[Choice::Once, Choice::UntilLock, Choice::EightHours, Choice::Always];

/// Whether this caller may speak to this interface at all.
///
/// # Errors
/// [`ErrorKind::Denied`], with the reason.
pub(crate) fn gate(caller: &Caller, operation: Operation) -> Result<(), CallError> {
    use Operation::{Accounts, Ceremony, Code, Keys, Loopback, Policy, Status, Vault};
    let no = match (&caller.tier, operation) {
        (Tier::Foreign, _) => No::Foreign,
        (_, Status) | (Tier::Companion, Vault | Accounts | Code | Keys | Ceremony | Policy) => return Ok(()),
        (Tier::Listener, Loopback) => return Ok(()),
        (Tier::Listener, _) => No::Listener,
        (_, Loopback) => No::NotTheListener,
        (Tier::Script(why) | Tier::Weak(why), Vault | Accounts | Policy) => return Err(refused(caller, why)),
        (_, Vault | Accounts | Policy) => No::Companions,
        (Tier::Paired(_), Keys) => No::Scope,
        (Tier::Script(_) | Tier::Sandboxed(_) | Tier::Weak(_), Ceremony) => No::Origin,
        (_, Code | Keys | Ceremony) => return Ok(()),
    };
    Err(refused(caller, &no))
}

/// What follows for what this caller wants.
pub(crate) fn rule(facts: &Facts<'_>, want: &Want) -> Rule {
    match facts.tier {
        Tier::Foreign => Rule::Never(No::Foreign),
        Tier::Listener => Rule::Never(No::Listener),
        Tier::Companion => companion(facts, want),
        Tier::Installed(_) | Tier::Portal(_) => listed(facts, want),
        Tier::Paired(_) => paired(facts, want),
        Tier::Script(_) | Tier::Sandboxed(_) | Tier::Weak(_) => match want {
            Want::Code(_) | Want::KeyCare(_) | Want::SetPin | Want::Attach => Rule::Ask(ONCE),
            Want::Sign(_) | Want::Create(_) => Rule::Never(No::Origin),
        },
    }
}

fn companion(facts: &Facts<'_>, want: &Want) -> Rule {
    match (facts.companions, want) {
        (Companions::Free, _) | (_, Want::Attach) => Rule::Free(Free::Companion),
        // The touch is the consent of whoever sees what was typed.
        (_, Want::Sign(_) | Want::Create(_)) if facts.foreground => Rule::Free(Free::Companion),
        (_, Want::Sign(_) | Want::Create(_)) | (Companions::Ask, _) | (_, Want::SetPin) => Rule::Ask(ONCE),
        (Companions::PerTerminal, Want::Code(_) | Want::KeyCare(_)) if facts.open => Rule::Ask(UNTIL_LOCK),
        (Companions::PerTerminal, Want::Code(_) | Want::KeyCare(_)) => Rule::Ask(ONCE),
    }
}

fn listed(facts: &Facts<'_>, want: &Want) -> Rule {
    if let Some(no) = unlisted(facts.origins, want) {
        return Rule::Never(no);
    }
    Rule::Ask(match (facts.tier, want) {
        _ if !facts.open || !want.can_be_remembered() => ONCE,
        // A portal that does not say for whom it asks could ask for anybody.
        (Tier::Installed(listing), _) if listing.portal => ONCE,
        _ if facts.door == Door::SessionBus => UNTIL_LOCK,
        // It is the key that is there now: plugged in again, it has another id.
        (_, Want::KeyCare(_)) => UNTIL_LOCK,
        _ => ALWAYS,
    })
}

/// Why the origins of what is wanted are not this program's to name.
fn unlisted(origins: Option<&Origins>, want: &Want) -> Option<No> {
    let mut named = want.origins().peekable();
    named.peek()?;
    match origins {
        None => Some(No::Origin),
        Some(Origins::Any) => None,
        Some(Origins::These(these)) if these.is_empty() => Some(No::Origin),
        Some(Origins::These(these)) => {
            named.any(|origin| !these.iter().any(|listed| listed == origin.as_str())).then_some(No::OtherOrigin)
        }
    }
}

fn paired(facts: &Facts<'_>, want: &Want) -> Rule {
    let Some(scopes) = facts.scopes else { return Rule::Never(No::Scope) };
    match want {
        Want::Code(Some(entry)) if scopes.may_read(*entry) => Rule::Free(Free::Scope),
        Want::Sign(_) | Want::Create(_) if want.origins().all(|origin| scopes.may_use(origin)) => {
            Rule::Ask(if facts.open && want.can_be_remembered() { ALWAYS } else { ONCE })
        }
        _ => Rule::Never(No::Scope),
    }
}

/// The refusal that a caller sees: its program and the reason, and nothing that moves a cursor.
pub(crate) fn refused(caller: &Caller, why: &dyn std::fmt::Display) -> CallError {
    let program = caller.program.as_ref().map(|path| path.to_string_lossy().into_owned());
    let program = program.as_deref().map_or("this program".into(), printable);
    CallError::new(ErrorKind::Denied, format!("{program} may not do this: {why}"))
}

#[cfg(test)]
mod tests;
