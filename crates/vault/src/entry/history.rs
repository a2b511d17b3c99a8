//! What happened to an entry, so that a person can see when it was changed and take a wrong name back.
//!
//! Only what identifies the account before a change is kept: its issuer, its name, its counter. An old seed, PIN, note or
//! recovery code never is: whoever replaces a secret means the old one to be gone.

use fob_ambient::UnixTime;
use fob_cbor::{Map, Value};

/// Most events of one entry that are kept: a vault of ten thousand entries must still fit into its file.
const MAX_EVENTS: usize = 30;
/// As many of them may be codes by counter, which come in numbers.
const MAX_CODES: usize = 10;

/// The words for events, as they stand in the vault.
pub(crate) mod word {
    /// Something was changed.
    pub(crate) const CHANGED: &str = "changed";
    /// A code by counter was given.
    pub(crate) const CODE: &str = "code";
    /// The counter was moved to where another device stands.
    pub(crate) const RESYNC: &str = "resync";
    /// A recovery code was taken.
    pub(crate) const RECOVERY_CODE: &str = "recovery-code";
    /// It came back out of the bin.
    pub(crate) const RESTORED: &str = "restored";
}

/// One event.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a>(&'a Map);

/// What is to be noted.
#[derive(Debug)]
pub(crate) enum What<'a> {
    /// These fields were changed; with issuer, name and counter as they were before.
    Changed {
        /// The names of the fields.
        fields: &'a [&'static str],
        /// Before, if it was changed.
        issuer: Option<&'a str>,
        /// Before, if it was changed.
        name: Option<&'a str>,
        /// Before, if it was changed.
        counter: Option<u64>,
    },
    /// The code of this counter was given.
    Code(u64),
    /// The counter was moved; this is where it stood.
    Resync(u64),
    /// A recovery code was taken.
    RecoveryCode,
    /// It came back out of the bin.
    Restored,
}

impl<'a> Event<'a> {
    /// When.
    #[must_use]
    pub fn time(&self) -> UnixTime {
        UnixTime(self.0.get_text("time").and_then(Value::as_u64).unwrap_or_default())
    }

    /// The word for what happened, perhaps a later fob's.
    #[must_use]
    pub fn what(&self) -> &'a str {
        self.text("what").unwrap_or_default()
    }

    /// What was changed.
    #[must_use]
    pub fn fields(&self) -> Vec<&'a str> {
        let fields = self.0.get_text("fields").and_then(Value::as_array).unwrap_or_default();
        fields.iter().filter_map(Value::as_text).collect()
    }

    /// The issuer before, if it was changed. Text from outside.
    #[must_use]
    pub fn issuer(&self) -> Option<&'a str> {
        self.text("issuer")
    }

    /// The name before, if it was changed. Text from outside.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        self.text("name")
    }

    /// The counter of the code, or the one before the change.
    #[must_use]
    pub fn counter(&self) -> Option<u64> {
        self.0.get_text("counter").and_then(Value::as_u64)
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.0.get_text(name).and_then(Value::as_text)
    }
}

/// The events of an entry, the oldest first, with whatever a later fob has noted in them.
#[derive(Debug, Clone, Default)]
pub(crate) struct History(Vec<Map>);

impl History {
    /// Whether a field of the vault is a history.
    pub(super) fn fits(value: &Value) -> bool {
        value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(|event| event.as_map().is_some()))
    }

    /// The history in a field that fits.
    pub(super) fn of(value: Value) -> Self {
        let Value::Array(events) = value else { return Self::default() };
        let map = |event| match event {
            Value::Map(map) => Some(map),
            _ => None,
        };
        Self(events.into_iter().filter_map(map).collect())
    }

    /// The events as they stand in the vault.
    pub(super) fn maps(&self) -> &[Map] {
        &self.0
    }

    pub(crate) fn events(&self) -> impl DoubleEndedIterator<Item = Event<'_>> {
        self.0.iter().map(Event)
    }

    /// Notes an event, and forgets the oldest ones when there are too many.
    pub(crate) fn note(&mut self, time: UnixTime, what: &What<'_>) {
        let mut event = Map::new();
        event.insert("time", time.0);
        let word = match what {
            What::Changed { fields, issuer, name, counter } => {
                event.insert("fields", fields.iter().map(|field| Value::from(*field)).collect::<Vec<_>>());
                issuer.map(|issuer| event.insert("issuer", issuer));
                name.map(|name| event.insert("name", name));
                counter.map(|counter| event.insert("counter", counter));
                word::CHANGED
            }
            What::Code(counter) => {
                event.insert("counter", *counter);
                word::CODE
            }
            What::Resync(counter) => {
                event.insert("counter", *counter);
                word::RESYNC
            }
            What::RecoveryCode => word::RECOVERY_CODE,
            What::Restored => word::RESTORED,
        };
        event.insert("what", word);
        self.0.push(event);
        self.forget();
    }

    fn forget(&mut self) {
        let is_code = |event: &Map| Event(event).what() == word::CODE;
        let mut surplus = self.0.iter().filter(|event| is_code(event)).count().saturating_sub(MAX_CODES);
        self.0.retain(|event| {
            let goes = surplus > 0 && is_code(event);
            surplus -= usize::from(goes);
            !goes
        });
        let surplus = self.0.len().saturating_sub(MAX_EVENTS);
        self.0.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counters(history: &History) -> Vec<Option<u64>> {
        history.events().map(|event| event.counter()).collect()
    }

    #[test]
    fn an_event_is_read_as_it_was_noted() {
        let mut history = History::default();
        let fields = &["issuer", "digits"];
        let changed = What::Changed { fields, issuer: Some("Old"), name: None, counter: None };
        history.note(UnixTime(7), &changed);
        let event = history.events().next().unwrap();
        assert_eq!((event.time(), event.what(), event.fields()), (UnixTime(7), "changed", fields.to_vec()));
        assert_eq!((event.issuer(), event.name(), event.counter()), (Some("Old"), None, None));
    }

    #[test]
    fn codes_push_no_change_out() {
        let mut history = History::default();
        history.note(UnixTime(1), &What::Resync(0));
        (0..50).for_each(|counter| history.note(UnixTime(2), &What::Code(counter)));
        let kept: Vec<_> = std::iter::once(Some(0)).chain((40..50).map(Some)).collect();
        assert_eq!(counters(&history), kept);
        (0..50).for_each(|counter| history.note(UnixTime(3), &What::Resync(counter)));
        assert_eq!(counters(&history), (20..50).map(Some).collect::<Vec<_>>());
    }
}
