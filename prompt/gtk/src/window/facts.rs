//! What is asked: the sentence, the site, who asks, and what is to be taken care of.

use fob_asking::{Line, Words};
use gtk4::prelude::*;
use gtk4::{Builder, Grid, Label, Widget, glib};

use super::part;

/// The bones of one fact. `LABEL` stands for the words of fob's own that the fact is labelled with.
const FACT: &str = include_str!("fact.ui");

/// Puts it into its places in the window.
pub(super) fn fill(bones: &Builder, words: &Words) {
    part::<Label>(bones, "title").set_text(&words.title);
    let site = words.site.as_ref().map(|site| site.domain.as_str());
    tell_or_hide(bones, "site", "domain", site);
    tell_or_hide(bones, "caution", "warning", words.warning.as_deref());
    let facts: Grid = part(bones, "facts");
    for (row, line) in (0..).zip(&words.lines) {
        let (label, text) = fact(line);
        facts.attach(&label, 0, row, 1, 1);
        facts.attach(&text, 1, row, 1, 1);
    }
}

/// Says it in `label`, or hides the `whole` that the label is in.
fn tell_or_hide(bones: &Builder, whole: &str, label: &str, text: Option<&str>) {
    part::<Label>(bones, label).set_text(text.unwrap_or_default());
    part::<Widget>(bones, whole).set_visible(text.is_some());
}

fn fact(line: &Line) -> (Label, Label) {
    // Only an attribute in the bones can describe a widget to a screen reader with GTK 4.8.
    let bones = Builder::from_string(&FACT.replace("LABEL", &glib::markup_escape_text(line.label)));
    let (label, text): (Label, Label) = (part(&bones, "label"), part(&bones, "text"));
    label.set_text(line.label);
    text.set_text(&line.text);
    (label, text)
}
