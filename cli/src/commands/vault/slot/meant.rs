//! Which way in a person means: by its name, the beginning of its id or name, or its kind.

use fob_bus::types::{SlotInfo, way_kind};
use fob_bus::{CallError, ErrorKind};

use super::super::slots::named;
use crate::text::shown;
use crate::{Exit, Failure};

/// Those that these names mean, each once.
pub(crate) fn meant<'a>(slots: &'a [SlotInfo], names: &[String]) -> Result<Vec<&'a SlotInfo>, Failure> {
    let mut found: Vec<&SlotInfo> = Vec::new();
    for name in names {
        let one = the_one(slots, name)?;
        if !found.iter().any(|known| known.id == one.id) {
            found.push(one);
        }
    }
    Ok(found)
}

/// The one that this name means.
pub(super) fn the_one<'a>(slots: &'a [SlotInfo], name: &str) -> Result<&'a SlotInfo, Failure> {
    // What fits whole comes before what fits in part.
    for fits in [is_called, is_of_kind, begins_with] {
        let found: Vec<&SlotInfo> = slots.iter().filter(|slot| slot.id.is_some() && fits(slot, name)).collect();
        match found.as_slice() {
            [] => {}
            [one] => return Ok(one),
            several => return Err(ambiguous(name, several)),
        }
    }
    let message = format!("no way into the vault is called \"{name}\"");
    Err(CallError::new(ErrorKind::UnknownSlot, message).into())
}

fn is_called(slot: &SlotInfo, name: &str) -> bool {
    let same = |text: &str| text.to_lowercase() == name.to_lowercase();
    same(&slot.label) || slot.id.as_deref().is_some_and(same)
}

/// The words of `fob vault slot add`.
fn is_of_kind(slot: &SlotInfo, name: &str) -> bool {
    let word = match slot.kind.as_str() {
        way_kind::KEY | way_kind::PASSPHRASE_AND_KEY => "key",
        way_kind::SECRET_SERVICE => "keyring",
        way_kind::TPM => "tpm",
        kind => kind,
    };
    word == name || slot.kind == name
}

fn begins_with(slot: &SlotInfo, name: &str) -> bool {
    let begins = |text: &str| !name.is_empty() && text.to_lowercase().starts_with(&name.to_lowercase());
    begins(&slot.label) || slot.id.as_deref().is_some_and(begins)
}

fn ambiguous(name: &str, slots: &[&SlotInfo]) -> Failure {
    let mut failure = Failure::new(Exit::Failed, format!("\"{name}\" can mean several ways into the vault"));
    failure.candidates = slots.iter().map(|slot| candidate(slot)).collect();
    failure.hint("name one of them by the beginning of its id, as it stands above")
}

fn candidate(slot: &SlotInfo) -> String {
    format!("{}  {}", shown(slot.id.as_deref().unwrap_or_default()), named(&slot.kind, &slot.label))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(id: &str, kind: &str, label: &str) -> SlotInfo {
        let (id, kind, label) = (Some(id.to_owned()), kind.to_owned(), label.to_owned());
        SlotInfo { id, kind, label, ..SlotInfo::default() }
    }

    #[test]
    fn a_name_means_one_way_in_or_says_which_it_could_mean() {
        let slots = [
            slot("a1ff", "passphrase", ""),
            slot("a2ff", "key", "Blue"),
            slot("b3ff", "key", "blueish"),
            slot("c4ff", "secret-service", ""),
            slot("d5ff", "tpm2", "key"),
            SlotInfo { id: None, ..slot("", "iris", "later") },
        ];
        for (name, expected) in [
            ("blue", Ok("a2ff")),
            ("BLUEI", Ok("b3ff")),
            ("a2", Ok("a2ff")),
            ("A1FF", Ok("a1ff")),
            ("keyring", Ok("c4ff")),
            ("secret-service", Ok("c4ff")),
            ("tpm", Ok("d5ff")),
            ("passphrase", Ok("a1ff")),
            // A name that somebody gave comes before a kind.
            ("key", Ok("d5ff")),
            ("a", Err(2)),
            ("", Err(2)),
            ("later", Err(0)),
            ("nothing", Err(0)),
        ] {
            let found = the_one(&slots, name);
            let found = found.map(|slot| slot.id.as_deref().unwrap()).map_err(|failure| failure.candidates.len());
            assert_eq!(found, expected, "{name}");
        }
        let names = ["blue".to_owned(), "a2".to_owned()];
        assert_eq!(meant(&slots, &names).unwrap().len(), 1, "named twice is meant once");
    }
}
