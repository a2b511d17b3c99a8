//! The entry of a secret: what it is called, how it gets and keeps the focus, and what it says when the secret was wrong. The
//! input method is told that what is typed is private.

use std::cell::Cell;

use fob_asking::{SecretWords, Typed};
use gtk4::prelude::*;
use gtk4::{Builder, Editable, InputHints, InputPurpose, Label, Text, Widget};

use super::unseen::Unseen;
use super::{mnemonic, part};

/// How many more digits are taken than are wanted, so that one too many is seen.
const TOO_MANY: usize = 2;

/// The entry with its label.
pub(super) struct SecretEntry {
    entry: Editable,
    /// What was typed, where it is not in the entry itself.
    unseen: Option<Unseen>,
    /// More about the secret.
    note: Label,
    /// Why the last one was not right, in the note's place.
    wrong: Label,
    /// Whether input was let in last.
    open: Cell<bool>,
    /// Whether the entry has the focus, or is to have it when input counts again.
    focused: Cell<bool>,
}

impl SecretEntry {
    /// The entry of a question, where it wants a secret.
    pub(super) fn new(bones: &Builder, words: Option<&SecretWords>) -> Option<Self> {
        let place: gtk4::Box = part(bones, "secret");
        place.set_visible(words.is_some());
        let words = words?;
        // A secret is typed unseen; digits that stand on the screen anyway are seen.
        let (used, unused) = if words.open { ("seen", "unseen") } else { ("unseen", "seen") };
        place.remove(&part::<Widget>(bones, unused));
        let entry: Editable = part(bones, used);
        limit(&entry, words);
        let unseen = text(&entry).filter(|_| !words.open).map(|text| Unseen::behind(&text));
        let label: Label = part(bones, "secret-label");
        label.set_label(&mnemonic(words.label, words.mnemonic));
        label.set_mnemonic_widget(Some(&entry));
        let note: Label = part(bones, "note");
        note.set_text(words.note.as_deref().unwrap_or_default());
        note.set_visible(words.note.is_some());
        let wrong = part(bones, "wrong");
        Some(Self { entry, unseen, note, wrong, open: Cell::new(false), focused: Cell::new(true) })
    }

    /// Lets input in or keeps it out. The focus goes while it is kept out, and comes back to where it was.
    pub(super) fn set_open(&self, open: bool) {
        if self.open.replace(open) && !open {
            self.focused.set(self.has_focus());
        }
        self.entry.set_sensitive(open);
        if open && self.focused.get() {
            self.focus();
        }
    }

    fn has_focus(&self) -> bool {
        let focus = self.entry.root().and_then(|root| root.focus());
        focus.is_some_and(|focus| focus.is_ancestor(&self.entry))
    }

    /// Moves the focus into it.
    pub(super) fn focus(&self) {
        match text(&self.entry) {
            // What was typed so far must not be selected, or the next key would replace it.
            Some(text) => text.grab_focus_without_selecting(),
            None => self.entry.grab_focus(),
        };
    }

    /// What was typed.
    pub(super) fn typed(&self) -> Typed {
        if let Some(unseen) = &self.unseen {
            return unseen.typed();
        }
        let mut typed = Typed::nothing();
        for character in self.entry.text().chars() {
            typed.push(character);
        }
        typed
    }

    /// It was wrong, and these words say so.
    pub(super) fn reject(&self, words: &str) {
        self.entry.set_text("");
        self.focused.set(true);
        self.entry.add_css_class("error");
        self.note.set_visible(false);
        self.wrong.set_text(words);
        self.wrong.set_visible(true);
    }

    /// Calls `enter` when Enter is pressed in it.
    pub(super) fn on_enter(&self, enter: impl Fn() + 'static) {
        if let Some(text) = text(&self.entry) {
            text.connect_activate(move |_| enter());
        }
    }
}

/// What it is for, and how long it gets.
fn limit(entry: &Editable, words: &SecretWords) {
    let Some(text) = text(entry) else { return };
    match words.digits {
        Some(digits) => {
            text.set_input_purpose(InputPurpose::Digits);
            text.set_max_length(i32::try_from(digits + TOO_MANY).unwrap_or(i32::MAX));
        }
        None => text.set_input_purpose(InputPurpose::Password),
    }
    text.set_input_hints(InputHints::PRIVATE | InputHints::NO_SPELLCHECK | InputHints::NO_EMOJI);
}

/// The widget that does the work in every entry.
fn text(entry: &Editable) -> Option<Text> {
    entry.delegate().and_then(|delegate| delegate.downcast().ok())
}
