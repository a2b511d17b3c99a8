//! Where a slot's secret lies in a keyring: the attributes that an item is found by.
//!
//! They are frozen for ever. An item under other attributes is lost to whoever looks for it, and so is the way in.

use std::collections::HashMap;

use data_encoding::HEXLOWER;

/// `xdg:schema`, by which keyrings group items of one kind.
const SCHEMA: &str = "dev.fob.VaultSlot";

/// The one item that keeps the secret of this slot of this vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The vault's id.
    pub vault: [u8; 16],
    /// The slot's id.
    pub slot: [u8; 16],
}

impl Place {
    /// The item's attributes. They are no secrets: keyrings show them while they are locked.
    pub(crate) fn attributes(&self) -> HashMap<&'static str, String> {
        HashMap::from([
            ("xdg:schema", SCHEMA.to_owned()),
            ("app", "fob".to_owned()),
            ("vault", HEXLOWER.encode(&self.vault)),
            ("slot", HEXLOWER.encode(&self.slot)),
        ])
    }

    /// Whether an item with these attributes is the one. Keyrings add attributes of their own.
    pub(crate) fn is_at(&self, attributes: &HashMap<String, String>) -> bool {
        self.attributes().iter().all(|(name, value)| attributes.get(*name) == Some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { vault: [0xab; 16], slot: [1; 16] };

    #[test]
    fn the_attributes_stay_what_they_are() {
        let mut attributes: Vec<_> = PLACE.attributes().into_iter().collect();
        attributes.sort();
        let written = [
            ("app", "fob"),
            ("slot", "01010101010101010101010101010101"),
            ("vault", "abababababababababababababababab"),
            ("xdg:schema", "dev.fob.VaultSlot"),
        ];
        assert_eq!(attributes, written.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn another_slot_is_another_place_and_a_keyring_may_add_attributes() {
        let mut theirs: HashMap<String, String> =
            PLACE.attributes().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        assert!(PLACE.is_at(&theirs));
        theirs.insert("Title".to_owned(), "anything".to_owned());
        assert!(PLACE.is_at(&theirs));
        for name in ["xdg:schema", "app", "vault", "slot"] {
            let mut less = theirs.clone();
            less.remove(name);
            assert!(!PLACE.is_at(&less), "without {name}");
            less.insert(name.to_owned(), "another".to_owned());
            assert!(!PLACE.is_at(&less), "with another {name}");
        }
    }
}
