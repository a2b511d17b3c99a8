//! The person's own additions to the listed programs, as they lie in the vault: one JSON object with an edition.

use std::path::PathBuf;

use fob_ambient::UnixTime;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::caller::{ListedBy, Listing, Origins};

/// The edition of this form.
const EDITION: u32 = 1;
/// Most programs that a person may add.
pub(crate) const MOST: usize = 256;

/// A program that the person has added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Added {
    /// What it is and may do.
    pub(crate) listing: Listing,
    /// Since when.
    pub(crate) since: UnixTime,
}

#[derive(Serialize, Deserialize)]
struct Whole {
    version: u32,
    programs: Vec<Record>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    path: String,
    name: String,
    /// The origins; any if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origins: Option<Vec<String>>,
    portal: bool,
    since: u64,
}

/// What lies on the shelf. Nonsense lists nobody.
pub(crate) fn from_shelf(bytes: &[u8]) -> Vec<Added> {
    let Ok(Whole { version: EDITION, programs }) = serde_json::from_slice(bytes) else { return Vec::new() };
    programs.into_iter().take(MOST).map(Record::added).collect()
}

/// The same for the shelf; `None` where there is nothing to keep.
pub(crate) fn to_shelf(programs: &[Added]) -> Option<Zeroizing<Vec<u8>>> {
    if programs.is_empty() {
        return None;
    }
    let whole = Whole { version: EDITION, programs: programs.iter().map(Record::of).collect() };
    Some(Zeroizing::new(serde_json::to_vec(&whole).expect("strings and numbers are JSON")))
}

impl Record {
    fn added(self) -> Added {
        let origins = self.origins.map_or(Origins::Any, Origins::These);
        let path = PathBuf::from(self.path);
        let listing = Listing { name: self.name, path, origins, portal: self.portal, by: ListedBy::Person };
        Added { listing, since: UnixTime(self.since) }
    }

    fn of(added: &Added) -> Self {
        let Listing { name, path, origins, portal, .. } = &added.listing;
        Self {
            path: path.to_string_lossy().into_owned(),
            name: name.clone(),
            origins: match origins {
                Origins::Any => None,
                Origins::These(origins) => Some(origins.clone()),
            },
            portal: *portal,
            since: added.since.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form is a promise: these bytes were written by hand.
    const SHELF: &str = r#"{"version":1,"programs":[{"path":"/usr/bin/web","name":"Web","portal":false,"since":7},{"path":"/usr/bin/one","name":"One","origins":["https://example.org"],"portal":true,"since":8}]}"#;

    #[test]
    fn what_was_added_comes_back() {
        let programs = from_shelf(SHELF.as_bytes());
        let [web, one] = programs.as_slice() else { panic!("{programs:?}") };
        assert_eq!((web.listing.name.as_str(), &web.listing.origins, web.since), ("Web", &Origins::Any, UnixTime(7)));
        assert_eq!(one.listing.origins, Origins::These(vec!["https://example.org".into()]));
        assert_eq!((one.listing.portal, one.listing.by), (true, ListedBy::Person));
        assert_eq!(to_shelf(&programs).unwrap().as_slice(), SHELF.as_bytes());
        assert!(to_shelf(&[]).is_none());
    }

    #[test]
    fn nonsense_lists_nobody() {
        for text in ["", "{}", "[]", r#"{"version":2,"programs":[]}"#, r#"{"version":1,"programs":[{"path":1}]}"#] {
            assert!(from_shelf(text.as_bytes()).is_empty(), "{text}");
        }
    }
}
