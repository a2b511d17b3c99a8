//! The programs that are listed: by the package, by this machine's administrator, and by the person in the open vault.
//!
//! The folders are looked at in the moment of need: nothing waits for them to change. What was read is kept until the stamp
//! of a folder or file is another one, so that a look costs a stat(2) of each.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::dropins::{Folder, Lists, Seen, Trouble};
use super::listing::{ListedBy, Listing};

/// Where the package lists programs.
const VENDOR: &str = "/usr/lib/fob/programs.d";
/// Where the administrator does. A file of the same name replaces the package's.
const ADMIN: &str = "/etc/fob/programs.d";
const ROOT: u32 = 0;

/// Which programs are listed.
#[derive(Debug, Default)]
pub(crate) struct Listings {
    /// From the weakest to the strongest.
    folders: Vec<Folder>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// What was looked at; nothing before the first look.
    seen: Vec<Seen>,
    /// Of the folders, by executable.
    machine: HashMap<PathBuf, Arc<Listing>>,
    /// What the package lists and the administrator's file of the same name takes away.
    masked: HashSet<PathBuf>,
    /// Of the open vault, by executable.
    person: HashMap<PathBuf, Arc<Listing>>,
    /// Files that were left out, each with the reason.
    wrong: Vec<String>,
}

impl Known {
    /// What the person lists and nobody else has a word on.
    fn persons(&self) -> impl Iterator<Item = (&PathBuf, &Arc<Listing>)> {
        self.person.iter().filter(|(path, _)| !self.masked.contains(*path))
    }
}

impl Listings {
    /// Those of this machine. The person's come with the vault.
    pub(crate) fn of_this_machine() -> Self {
        let folder = |path: &str, by| Folder { path: path.into(), by, owner: ROOT };
        Self::of_folders(vec![folder(VENDOR, ListedBy::Vendor), folder(ADMIN, ListedBy::Admin)])
    }

    /// Those of two other folders, the vendor's and the administrator's, which belong to this user.
    #[cfg(test)]
    pub(crate) fn of_these(vendor: PathBuf, admin: PathBuf) -> Self {
        let owner = rustix::process::geteuid().as_raw();
        let folder = |path, by| Folder { path, by, owner };
        Self::of_folders(vec![folder(vendor, ListedBy::Vendor), folder(admin, ListedBy::Admin)])
    }

    fn of_folders(folders: Vec<Folder>) -> Self {
        Self { folders, known: Mutex::default() }
    }

    /// Who lists this executable, if anybody does: the administrator before the package, both before the person, who
    /// cannot widen what they have narrowed.
    pub(crate) fn of(&self, executable: &Path) -> Option<Arc<Listing>> {
        let known = self.now();
        if known.masked.contains(executable) {
            return None;
        }
        known.machine.get(executable).or_else(|| known.person.get(executable)).cloned()
    }

    /// Whether the administrator has taken this executable off the package's list. Then the person cannot list it either.
    pub(crate) fn is_masked(&self, executable: &Path) -> bool {
        self.now().masked.contains(executable)
    }

    /// Every listed program, in the order of their paths.
    pub(crate) fn all(&self) -> Vec<Arc<Listing>> {
        let known = self.now();
        let ordered: BTreeMap<_, _> = known.persons().chain(&known.machine).collect();
        ordered.into_values().cloned().collect()
    }

    /// The files that were left out, each with the reason, for whoever has to mend them.
    pub(crate) fn wrong(&self) -> Vec<String> {
        self.now().wrong.clone()
    }

    /// The person's own, from the vault that was just opened or changed. Empty when it is locked.
    pub(crate) fn set_persons(&self, listings: Vec<Listing>) {
        self.known().person = by_path(listings);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is listed now.
    fn now(&self) -> MutexGuard<'_, Known> {
        let mut known = self.known();
        if known.seen.is_empty() || known.seen.iter().any(Seen::has_changed) {
            self.read(&mut known);
        }
        known
    }

    fn read(&self, known: &mut Known) {
        let (mut lists, mut wrong) = (Lists::new(), Vec::new());
        known.seen.clear();
        let mut named = HashSet::new();
        for folder in &self.folders {
            folder.read(&mut lists, &mut known.seen, &mut wrong);
            named.extend(lists.values().flatten().map(|listing| listing.path.clone()));
        }
        known.machine = by_path(lists.into_values().flatten());
        named.retain(|path| !known.machine.contains_key(path));
        known.masked = named;
        known.wrong = wrong.iter().map(|(path, trouble)| in_words(path, trouble)).collect();
        for trouble in &known.wrong {
            tracing::warn!("a list of programs is left out: {trouble}");
        }
    }
}

/// Of two that list the same program the later one counts.
fn by_path(listings: impl IntoIterator<Item = Listing>) -> HashMap<PathBuf, Arc<Listing>> {
    listings.into_iter().map(|listing| (listing.path.clone(), Arc::new(listing))).collect()
}

fn in_words(path: &Path, trouble: &Trouble) -> String {
    let why = trouble.source().map_or_else(String::new, |source| format!(": {}", source.to_string().trim()));
    format!("{} {trouble}{why}", path.display())
}

#[cfg(test)]
mod tests;
