//! Older versions beside the vault: how they are named, and which of them stay.
//!
//! A name says all that is needed to choose: `VAULT.backup-GENERATION-ID-HASH-CHANGED[-OCCASION]`. Names of the first
//! edition end after the hash; they count by their generation alone. What is in a file is `restore`'s question.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use fob_ambient::UnixTime;

use crate::keys::VaultId;

/// How many of the newest versions stay.
pub(crate) const LAST: usize = 10;
/// Of how many days, counted back over days with a save, the newest version stays too.
pub(crate) const DAYS: usize = 7;
/// How many versions stay that were kept before one kind of occasion.
pub(crate) const OCCASIONS: usize = 3;
/// Seconds of a day. Days are UTC's: a vault that travels must not lose one.
const DAY: u64 = 24 * 60 * 60;

/// Why a version was kept beyond the ordinary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Occasion {
    /// Many entries came in at once.
    Import,
    /// Another vault was merged into this one.
    Merge,
    /// A fob of a later edition wrote for the first time.
    Migration,
    /// An older version was put in its place.
    Restore,
}

impl Occasion {
    const ALL: [Self; 4] = [Self::Import, Self::Merge, Self::Migration, Self::Restore];

    /// The word in the file's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Merge => "merge",
            Self::Migration => "migration",
            Self::Restore => "restore",
        }
    }
}

/// What a backup's name says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    pub(crate) generation: u64,
    /// First four bytes of the vault's id, in hexadecimal.
    pub(crate) vault: String,
    /// First four bytes of the file's SHA-256, in hexadecimal.
    pub(crate) hash: String,
    pub(crate) changed: Option<UnixTime>,
    pub(crate) occasion: Option<Occasion>,
}

impl Name {
    /// What follows `VAULT.backup-`.
    pub(crate) fn to_text(&self) -> String {
        let Self { generation, vault, hash, changed, occasion } = self;
        let changed = changed.map_or(String::new(), |time| format!("-{}", time.0));
        let occasion = occasion.map_or(String::new(), |occasion| format!("-{}", occasion.name()));
        format!("{generation:020}-{vault}-{hash}{changed}{occasion}")
    }

    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let generation = parts.next()?.parse().ok()?;
        let (vault, hash) = (hex8(parts.next()?)?, hex8(parts.next()?)?);
        let changed = parts.next().map(|time| time.parse().ok().map(UnixTime));
        let occasion = parts.next().map(|name| Occasion::ALL.into_iter().find(|occasion| occasion.name() == name));
        if matches!((changed, occasion), (Some(None), _) | (_, Some(None))) || parts.next().is_some() {
            return None;
        }
        Some(Self { generation, vault, hash, changed: changed.flatten(), occasion: occasion.flatten() })
    }
}

fn hex8(text: &str) -> Option<String> {
    let bytes = HEXLOWER.decode(text.as_bytes()).ok()?;
    (bytes.len() == 4).then(|| text.to_owned())
}

/// Four bytes of a vault's id for a file name: backups of a vault that was there before are not ours to prune.
pub(crate) fn vault_name(vault: &VaultId) -> String {
    HEXLOWER.encode(vault.first_chunk::<4>().expect("4 of 16 bytes"))
}

/// A backup by its place and its name.
pub(crate) type Named = (PathBuf, Name);

/// Which of one vault's backups have had their time. The newest of all, of each of the last days, and of each occasion
/// stay; one file may stay for several of these reasons.
pub(crate) fn surplus(mut backups: Vec<Named>) -> Vec<PathBuf> {
    backups.sort_by(|(_, a), (_, b)| b.cmp(a));
    let mut stay: BTreeSet<&Path> = BTreeSet::new();
    let ordinary = || backups.iter().filter(|(_, name)| name.occasion.is_none());
    stay.extend(ordinary().take(LAST).map(|(path, _)| path.as_path()));
    let mut days = BTreeSet::new();
    for (path, name) in ordinary() {
        let Some(day) = name.changed.map(|time| time.0 / DAY) else { continue };
        if days.len() < DAYS && days.insert(day) {
            stay.insert(path);
        }
    }
    let mut occasions: HashMap<Occasion, usize> = HashMap::new();
    for (path, name) in &backups {
        let Some(occasion) = name.occasion else { continue };
        let count = occasions.entry(occasion).or_default();
        *count += 1;
        if *count <= OCCASIONS {
            stay.insert(path);
        }
    }
    backups.iter().filter(|(path, _)| !stay.contains(path.as_path())).map(|(path, _)| path.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(generation: u64, changed: Option<u64>, occasion: Option<Occasion>) -> Name {
        let (vault, hash) = ("0a0b0c0d".to_owned(), "01020304".to_owned());
        Name { generation, vault, hash, changed: changed.map(UnixTime), occasion }
    }

    fn kept(names: &[Name]) -> Vec<u64> {
        let named = |name: &Name| (PathBuf::from(name.to_text()), name.clone());
        let gone = surplus(names.iter().map(named).collect());
        let stays = |name: &&Name| !gone.contains(&PathBuf::from(name.to_text()));
        names.iter().filter(stays).map(|name| name.generation).collect()
    }

    #[test]
    fn names_say_what_they_say_and_old_ones_are_read() {
        for (text, expected) in [
            ("00000000000000000007-0a0b0c0d-01020304", Some(name(7, None, None))),
            ("00000000000000000007-0a0b0c0d-01020304-1700000000", Some(name(7, Some(1_700_000_000), None))),
            ("00000000000000000007-0a0b0c0d-01020304-9-import", Some(name(7, Some(9), Some(Occasion::Import)))),
            ("00000000000000000007-0a0b0c0d-01020304-9-party", None),
            ("00000000000000000007-0a0b0c0d-01020304-9-import-2", None),
            ("00000000000000000007-0a0b0c0d-01020304-x", None),
            ("00000000000000000007-0a0b0c-01020304", None),
            ("seven-0a0b0c0d-01020304", None),
            ("", None),
        ] {
            assert_eq!(Name::from_text(text), expected, "{text}");
            assert!(expected.is_none_or(|name| name.to_text() == text), "{text}");
        }
    }

    #[test]
    fn the_last_ten_stay_and_the_newest_of_each_of_seven_days() {
        // Twelve saves a day for nine days.
        let names: Vec<Name> = (0..108).map(|n| name(n + 1, Some(DAY * (n / 12) + n % 12), None)).collect();
        // The newest of days 3 to 9, and the ten last.
        let expected: Vec<u64> = [36, 48, 60, 72, 84, 96].into_iter().chain(99..=108).collect();
        assert_eq!(kept(&names), expected);
    }

    #[test]
    fn days_without_a_save_cost_no_backup() {
        let names: Vec<Name> = (0..20).map(|n| name(n + 1, Some(DAY * 30 * n), None)).collect();
        assert_eq!(kept(&names), (11..=20).collect::<Vec<_>>(), "the seven days are among the ten last");
        let early: Vec<Name> = (0..3).map(|n| name(n + 1, Some(DAY * n), None)).collect();
        let late = (3..30).map(|n| name(n + 1, Some(DAY * 100), None));
        let names: Vec<Name> = early.into_iter().chain(late).collect();
        assert_eq!(kept(&names), [1, 2, 3].into_iter().chain(21..=30).collect::<Vec<_>>());
    }

    #[test]
    fn what_was_kept_before_an_import_is_counted_apart() {
        let import = Some(Occasion::Import);
        let mut names: Vec<Name> = (1..=5).map(|n| name(n, Some(1), import)).collect();
        names.extend((6..=20).map(|n| name(n, None, None)));
        names.push(name(2, Some(1), Some(Occasion::Migration)));
        let expected: Vec<u64> = [3, 4, 5].into_iter().chain(11..=20).chain([2]).collect();
        assert_eq!(kept(&names), expected);
    }
}
