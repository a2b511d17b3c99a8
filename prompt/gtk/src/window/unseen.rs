//! A secret that is typed into an entry of GTK's without ever being in it. GTK 4.8 tells everybody on the accessibility bus
//! what stands in a password entry, and copies it about on the heap; so the entry gets dots, and what was typed for them
//! lies in a [`Typed`].

use std::cell::RefCell;
use std::rc::Rc;

use fob_asking::Typed;
use gtk4::Text;
use gtk4::glib::SignalHandlerId;
use gtk4::prelude::*;

/// What stands in the entry for each character.
const DOT: &str = "\u{25cf}";
/// Most characters. Of four bytes each, they are still no longer than fobd reads.
const MOST: usize = 255;

/// What was typed into one entry.
#[derive(Debug, Clone, Default)]
pub(super) struct Unseen(Rc<RefCell<Typed>>);

impl Unseen {
    /// Takes everything from now on that is put into `text`.
    pub(super) fn behind(text: &Text) -> Self {
        let unseen = Self::default();
        // What is undone would come back as dots, and nobody knows for what.
        text.set_enable_undo(false);
        let own: Rc<RefCell<Option<SignalHandlerId>>> = Rc::default();
        let (taken, handler) = (unseen.clone(), Rc::clone(&own));
        let id = text.connect_insert_text(move |text, inserted, position| {
            text.stop_signal_emission_by_name("insert-text");
            let length = taken.insert(usize::try_from(*position).unwrap_or(usize::MAX), inserted);
            let handler = handler.borrow();
            handler.iter().for_each(|id| text.block_signal(id));
            text.insert_text(&DOT.repeat(length), position);
            handler.iter().for_each(|id| text.unblock_signal(id));
        });
        own.replace(Some(id));
        let taken = unseen.clone();
        text.connect_delete_text(move |_, start, end| {
            let start = usize::try_from(start).unwrap_or(0);
            // Below nothing is to the end.
            let end = usize::try_from(end).unwrap_or(usize::MAX);
            taken.splice(start, end.saturating_sub(start), "");
        });
        unseen
    }

    /// What was typed, again.
    pub(super) fn typed(&self) -> Typed {
        let mut typed = Typed::nothing();
        for character in self.0.borrow().expose().chars() {
            typed.push(character);
        }
        typed
    }

    /// Puts text at a place; how many characters of it there was room for.
    fn insert(&self, place: usize, text: &str) -> usize {
        let room = MOST.saturating_sub(self.length());
        let end = text.char_indices().nth(room).map_or(text.len(), |(end, _)| end);
        let before = self.length();
        self.splice(place, 0, text.get(..end).unwrap_or_default());
        self.length() - before
    }

    fn length(&self) -> usize {
        self.0.borrow().expose().chars().count()
    }

    /// Puts `inserted` into the place of so many characters from `start` on. The page with what was there is wiped.
    fn splice(&self, start: usize, removed: usize, inserted: &str) {
        let mut next = Typed::nothing();
        {
            let typed = self.0.borrow();
            let before = typed.expose().chars().take(start);
            let after = typed.expose().chars().skip(start.saturating_add(removed));
            for character in before.chain(inserted.chars()).chain(after) {
                next.push(character);
            }
        }
        self.0.replace(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_go_where_the_cursor_was() {
        let unseen = Unseen::default();
        assert_eq!(unseen.insert(0, "pword"), 5);
        assert_eq!(unseen.insert(1, "äss"), 3);
        assert_eq!(unseen.typed().expose(), "pässword");
        unseen.splice(1, 3, "");
        assert_eq!(unseen.typed().expose(), "pword");
        unseen.splice(0, usize::MAX, "");
        assert!(unseen.typed().is_empty());
    }

    #[test]
    fn no_more_dots_are_shown_than_characters_are_kept() {
        let unseen = Unseen::default();
        assert_eq!(unseen.insert(0, "a\nb\0c"), 3, "what would end the line is not taken");
        assert_eq!(unseen.insert(3, &"🔑".repeat(400)), MOST - 3);
        assert_eq!(unseen.insert(0, "x"), 0);
        assert!(unseen.typed().expose().len() < fob_asking::LONGEST_SECRET);
    }
}
