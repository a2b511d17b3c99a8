//! An account as the screen knows it.

use fob_bus::types::EntryInfo;

use crate::text::{account, shown};

/// An account, fit to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name for ever.
    pub id: String,
    /// `ISSUER:NAME`.
    pub label: String,
    /// What moves its codes.
    pub gait: Gait,
    /// Whether it stands at the top.
    pub favourite: bool,
    /// Its groups.
    pub tags: Vec<String>,
    /// All that a search looks at, in lower case.
    haystack: String,
}

/// What moves the codes of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gait {
    /// Time: how many seconds a code lives.
    Time(u64),
    /// A counter, and where it stands.
    Counter(u64),
    /// Nothing, and why.
    None(String),
}

impl From<EntryInfo> for Account {
    fn from(info: EntryInfo) -> Self {
        let label = account(&info.issuer, &info.name);
        let tags: Vec<String> = info.tags.unwrap_or_default().iter().map(|tag| shown(tag)).collect();
        let gait = match (info.unusable, info.counter, info.period) {
            (Some(why), _, _) => Gait::None(shown(&why)),
            (None, Some(counter), _) => Gait::Counter(counter),
            (None, None, Some(period)) if period > 0 => Gait::Time(period),
            (None, None, _) => Gait::None("nothing is known about how it moves".to_owned()),
        };
        let haystack = format!("{label}\n{}", tags.join("\n")).to_lowercase();
        let favourite = info.favourite == Some(true);
        Self { id: info.id, label, gait, favourite, tags, haystack }
    }
}

impl Account {
    /// Whether each word stands somewhere in its names or groups. The words are in lower case.
    pub(super) fn has(&self, words: &[&str]) -> bool {
        words.iter().all(|word| self.haystack.contains(word))
    }
}
