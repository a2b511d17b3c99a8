//! What becomes of each way in under a new vault key: decided, and put into words before anything happens.

use fob_bus::types::{SlotInfo, way_kind, way_policy};

use super::slots::named;
use crate::text::table;

/// What it takes to open the vault, now or from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    /// Any way in.
    Any,
    /// A passphrase and a key together.
    Both,
}

impl Policy {
    /// That of a vault with these ways in. Only one of the two admits a way that is both together.
    pub(super) fn of(slots: &[SlotInfo]) -> Self {
        if slots.iter().any(|slot| slot.kind == way_kind::PASSPHRASE_AND_KEY) { Self::Both } else { Self::Any }
    }

    /// The word that the daemon and the command line have for it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Any => way_policy::ANY,
            Self::Both => way_policy::PASSPHRASE_AND_KEY,
        }
    }
}

/// What becomes of a way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is made anew with every vault key.
    Renewed,
    /// It is the passphrase that is typed, or that takes its place.
    Typed,
    /// It may stay, if it is shown to the new key.
    Open,
    /// It stays: it will be shown.
    Stays,
    /// It goes.
    Goes,
}

/// Every way in and what becomes of it.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) ways: Vec<(&'a SlotInfo, Fate)>,
    policy: Policy,
}

impl<'a> Plan<'a> {
    /// The beginning: what is open is for the person to say.
    pub(super) fn new(slots: &'a [SlotInfo], removed: &[&SlotInfo], policy: Policy) -> Self {
        let is_removed = |slot: &SlotInfo| removed.iter().any(|removed| removed.id == slot.id);
        let ways = slots.iter().map(|slot| {
            let fate = if is_removed(slot) { Fate::Goes } else { fate(&slot.kind, policy) };
            (slot, fate)
        });
        Self { ways: ways.collect(), policy }
    }

    /// What is open, for `stays` to say.
    pub(super) fn settle<E>(&mut self, mut stays: impl FnMut(&SlotInfo) -> Result<bool, E>) -> Result<(), E> {
        for (slot, fate) in &mut self.ways {
            if *fate == Fate::Open {
                *fate = if stays(slot)? { Fate::Stays } else { Fate::Goes };
            }
        }
        Ok(())
    }

    /// Whether this way in cannot stay, whoever wants it to.
    pub(super) fn bars(&self, slot: &SlotInfo) -> bool {
        self.ways.iter().any(|(way, fate)| way.id == slot.id && *fate == Fate::Goes)
    }

    /// Whether somebody loses a way in.
    pub(super) fn takes_away(&self) -> bool {
        self.ways.iter().any(|(_, fate)| *fate == Fate::Goes) || self.passphrases() > 1
    }

    /// Whether there is anything to say but that passphrase and recovery code are as ever.
    pub(super) fn is_worth_a_word(&self) -> bool {
        self.takes_away() || self.ways.iter().any(|(_, fate)| *fate == Fate::Stays)
    }

    /// The ids of those that stay.
    pub(super) fn kept(&self) -> Vec<String> {
        let kept = self.ways.iter().filter(|(_, fate)| *fate == Fate::Stays);
        kept.filter_map(|(slot, _)| slot.id.clone()).collect()
    }

    /// Whether one that stays opens with the login.
    pub(super) fn keeps_login(&self) -> bool {
        self.ways.iter().any(|(slot, fate)| *fate == Fate::Stays && slot.opens_with_login)
    }

    /// Whether something would open the vault besides the recovery code. A passphrase will be there under
    /// [`Policy::Any`].
    pub(super) fn opens(&self) -> bool {
        self.policy == Policy::Any || !self.kept().is_empty()
    }

    fn passphrases(&self) -> usize {
        self.ways.iter().filter(|(_, fate)| *fate == Fate::Typed).count()
    }

    /// For the person, before anything happens.
    pub(super) fn words(&self) -> String {
        let mut rows = Vec::new();
        let mut row = |what: &str, which: String| rows.push(vec![format!("  {what}"), which]);
        let several = self.passphrases() > 1;
        if several || (self.policy == Policy::Any && self.passphrases() == 0) {
            row("stays", "the passphrase that you type".to_owned());
        }
        for (slot, fate) in &self.ways {
            let name = named(&slot.kind, &slot.label);
            match fate {
                Fate::Typed if several => {}
                Fate::Typed => row("stays", name),
                Fate::Stays => row("stays", format!("{name}{}", self.how(slot))),
                Fate::Goes if slot.kind == way_kind::PASSPHRASE && self.policy == Policy::Both => {
                    row("goes", format!("{name} by itself"));
                }
                Fate::Goes | Fate::Open => row("goes", name),
                Fate::Renewed => {}
            }
        }
        match self.passphrases() {
            0 | 1 => {}
            2 => row("goes", "the other passphrase".to_owned()),
            many => row("goes", format!("the other {} passphrases", many - 1)),
        }
        row("new", "recovery code".to_owned());
        format!("This makes a new vault key. What is not shown to it now opens nothing any more:\n{}", table(&rows))
    }

    fn how(&self, slot: &SlotInfo) -> &'static str {
        match slot.kind.as_str() {
            way_kind::KEY if self.policy == Policy::Both => ", together with the passphrase: you will touch it",
            way_kind::PASSPHRASE_AND_KEY if self.policy == Policy::Any => ", each by itself: you will touch it",
            way_kind::KEY | way_kind::PASSPHRASE_AND_KEY => ": you will touch it",
            way_kind::TPM if !slot.opens_with_login => ": its PIN is set anew",
            _ => ", with a new secret",
        }
    }
}

fn fate(kind: &str, policy: Policy) -> Fate {
    match (kind, policy) {
        (way_kind::RECOVERY, _) => Fate::Renewed,
        (way_kind::PASSPHRASE, Policy::Any) => Fate::Typed,
        (way_kind::KEY | way_kind::PASSPHRASE_AND_KEY, _) => Fate::Open,
        (way_kind::SECRET_SERVICE | way_kind::TPM, Policy::Any) => Fate::Open,
        // What the policy bars, and what a later fob has made: nobody here can show it.
        _ => Fate::Goes,
    }
}

#[cfg(test)]
mod tests;
