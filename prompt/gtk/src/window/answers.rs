//! The buttons: one for each answer, and no. All look alike, and none is pressed but by whoever means it.

use fob_asking::{Choice, Words};
use gtk4::prelude::*;
use gtk4::{Builder, Button, Grid, Justification, Label};

use super::{mnemonic, part};

/// How many answers stand side by side.
const COLUMNS: usize = 2;
/// More room above no where it stands alone, in pixels: it is none of the others.
const APART: i32 = 4;
/// The button where a secret alone is wanted. No other label has its letter.
const GO_ON: fob_asking::Button = fob_asking::Button { label: "Continue", mnemonic: 'c' };

/// The buttons.
pub(super) struct Answers {
    agree: Vec<(Option<Choice>, Button)>,
    refuse: Button,
}

impl Answers {
    /// The buttons of a question, the answer that lasts shortest first, and no at the end.
    pub(super) fn new(bones: &Builder, words: &Words) -> Self {
        let mut agree: Vec<_> = words.choices.iter().map(|offer| (Some(offer.choice), button(offer.button))).collect();
        if agree.is_empty() && words.secret.is_some() {
            agree.push((None, button(GO_ON)));
        }
        let refuse = button(words.refuse);
        let all: Grid = part(bones, "answers");
        let mut rows: Vec<Vec<_>> =
            agree.chunks(COLUMNS).map(|row| row.iter().map(|(_, button)| button).collect()).collect();
        match rows.as_mut_slice() {
            // One answer and no stand side by side.
            [only] if only.len() == 1 => only.push(&refuse),
            _ => {
                refuse.set_margin_top(APART);
                rows.push(vec![&refuse]);
            }
        }
        (0..).zip(&rows).for_each(|(row, buttons)| place(&all, row, buttons));
        Self { agree, refuse }
    }

    /// Lets input in or keeps it out.
    pub(super) fn set_open(&self, open: bool) {
        // One by one: a screen reader would not learn it from what they stand in.
        self.agree.iter().for_each(|(_, button)| button.set_sensitive(open));
        self.refuse.set_sensitive(open);
    }

    /// Moves the focus to the first of them.
    pub(super) fn focus(&self) {
        if let Some((_, first)) = self.agree.first() {
            first.grab_focus();
        }
    }

    /// Calls `agree` when an answer's button is pressed.
    pub(super) fn on_agree(&self, agree: impl Fn(Option<Choice>) + Clone + 'static) {
        for (choice, button) in &self.agree {
            let (choice, agree) = (*choice, agree.clone());
            button.connect_clicked(move |_| agree(choice));
        }
    }

    /// Calls `refuse` when no is pressed.
    pub(super) fn on_refuse(&self, refuse: impl Fn() + 'static) {
        self.refuse.connect_clicked(move |_| refuse());
    }
}

/// Puts buttons side by side; one alone takes the whole row.
fn place(all: &Grid, row: i32, buttons: &[&Button]) {
    let width = if buttons.len() == 1 { 2 } else { 1 };
    for (column, button) in (0..).zip(buttons) {
        all.attach(*button, column, row, width, 1);
    }
}

fn button(words: fob_asking::Button) -> Button {
    let label = Label::with_mnemonic(&mnemonic(words.label, words.mnemonic));
    label.set_wrap(true);
    label.set_justify(Justification::Center);
    // With the label as a child and not as a property: GTK 4.8 would make the underscore a part of the accessible name.
    let button = Button::builder().child(&label).css_classes(["fob-answer"]).build();
    label.set_mnemonic_widget(Some(&button));
    button
}
