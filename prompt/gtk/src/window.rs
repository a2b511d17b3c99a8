//! The window: what is asked on top, what may be answered below, and how long it waits at the end.
//!
//! Nothing in it is a default: no button is drawn stronger than another, none has the focus at the start, and Enter
//! presses none that the person has not moved to. Text is set as text, never as markup.

mod answers;
mod facts;
mod secret;
mod style;
mod unseen;

use fob_asking::{Choice, Typed, Words};
use gtk4::glib::object::IsA;
use gtk4::prelude::*;
use gtk4::{Builder, Label, Orientation, ScrolledWindow, Window, gdk, glib};

use answers::Answers;
use secret::SecretEntry;

/// The bones, with the places that are filled.
const BONES: &str = include_str!("window/window.ui");
/// Share of the screen's width and height that the window takes at most, in percent: a panel and a title bar are there too.
const LARGEST: i32 = 85;
/// Where the screen's width and height are not known, in pixels.
const SMALL_SCREEN: (i32, i32) = (800, 600);

/// The window with what changes in it.
pub(crate) struct Face {
    window: Window,
    scrolled: ScrolledWindow,
    page: gtk4::Box,
    answers: Answers,
    secret: Option<SecretEntry>,
    hint: Label,
    deadline: Label,
}

/// What the line at the bottom says about the person's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hint {
    /// Input counts.
    Counts,
    /// It does not count yet.
    Settling,
    /// The window has not got the focus.
    Elsewhere,
    /// fobd looks at the secret.
    Checking,
}

impl Hint {
    const fn words(self) -> &'static str {
        match self {
            Self::Counts => "Your answer counts now.",
            Self::Settling => "Your answer counts in a moment.",
            Self::Elsewhere => "Answers count with the focus here.",
            Self::Checking => "fob looks whether it is right.",
        }
    }
}

impl Face {
    /// The window of a question, not shown yet.
    pub(crate) fn new(words: &Words) -> Self {
        style::apply();
        let bones = Builder::from_string(BONES);
        facts::fill(&bones, words);
        if let Some(behind) = &words.behind {
            part::<gtk4::Box>(&bones, "foot").append(&small(behind));
        }
        Self {
            window: part(&bones, "window"),
            scrolled: part(&bones, "scrolled"),
            page: part(&bones, "page"),
            answers: Answers::new(&bones, words),
            secret: SecretEntry::new(&bones, words.secret.as_ref()),
            hint: part(&bones, "hint"),
            deadline: part(&bones, "deadline"),
        }
    }

    /// As large as what stands in it, and no larger than the screen; what does not fit scrolls. Nothing is cut off, and the
    /// window cannot be made smaller than that.
    fn fit(&self) {
        let (screen_width, screen_height) = screen();
        let natural = |along: Orientation, across| self.page.measure(along, across).1;
        let width = natural(Orientation::Horizontal, -1).min(screen_width * LARGEST / 100);
        let height = natural(Orientation::Vertical, width).min(screen_height * LARGEST / 100);
        self.page.set_width_request(width - self.page.margin_start() - self.page.margin_end());
        self.scrolled.set_min_content_height(height);
    }

    /// The window itself.
    pub(crate) fn window(&self) -> &Window {
        &self.window
    }

    /// Shows it.
    pub(crate) fn present(&self) {
        // Styled only from then on: before, it would be measured without its fonts and paddings.
        WidgetExt::realize(&self.window);
        self.fit();
        self.window.present();
    }

    /// Lets input in or keeps it out, and says so.
    pub(crate) fn set_open(&self, open: bool, hint: Hint) {
        if let Some(secret) = &self.secret {
            secret.set_open(open);
        }
        if !open {
            GtkWindowExt::set_focus(&self.window, None::<&gtk4::Widget>);
        }
        self.answers.set_open(open);
        if self.hint.text() != hint.words() {
            self.hint.set_text(hint.words());
        }
    }

    /// Where it says how long is left.
    pub(crate) fn deadline(&self) -> &Label {
        &self.deadline
    }

    /// Shows why the secret was not right, and empties its entry.
    pub(crate) fn show_wrong(&self, words: &str) {
        if let Some(secret) = &self.secret {
            secret.reject(&Words::verdict(words));
            self.fit();
        }
    }

    /// What was typed. Nothing where no secret is wanted.
    pub(crate) fn typed(&self) -> Typed {
        self.secret.as_ref().map(SecretEntry::typed).unwrap_or_default()
    }

    /// Moves the focus into the entry.
    pub(crate) fn focus_secret(&self) {
        if let Some(secret) = &self.secret {
            secret.focus();
        }
    }

    /// Moves the focus to the first answer.
    pub(crate) fn focus_answers(&self) {
        self.answers.focus();
    }

    /// Calls `agree` when an answer's button is pressed.
    pub(crate) fn on_agree(&self, agree: impl Fn(Option<Choice>) + Clone + 'static) {
        self.answers.on_agree(agree);
    }

    /// Calls `refuse` when the button of no is pressed.
    pub(crate) fn on_refuse(&self, refuse: impl Fn() + 'static) {
        self.answers.on_refuse(refuse);
    }

    /// Calls `enter` when Enter is pressed in the entry.
    pub(crate) fn on_enter(&self, enter: impl Fn() + 'static) {
        if let Some(secret) = &self.secret {
            secret.on_enter(enter);
        }
    }
}

/// The part of this name.
fn part<T: IsA<glib::Object>>(bones: &Builder, name: &str) -> T {
    bones.object(name).expect("every part stands in the file that is compiled in, under its name and kind")
}

/// The width and height of the smallest screen: on which of them the window will be is not known before it is there.
fn screen() -> (i32, i32) {
    let monitors = gdk::Display::default().map(|display| display.monitors());
    let monitors = monitors.iter().flat_map(gtk4::gio::ListModel::iter::<gdk::Monitor>).flatten();
    let sizes = monitors.map(|monitor| (monitor.geometry().width(), monitor.geometry().height()));
    sizes.reduce(|one, other| (one.0.min(other.0), one.1.min(other.1))).unwrap_or(SMALL_SCREEN)
}

fn small(text: &str) -> Label {
    let label = Label::builder().label(text).xalign(1.0).wrap(true).build();
    label.add_css_class("fob-small");
    label
}

/// A label of fob's own with the letter that stands for it underlined.
fn mnemonic(label: &str, letter: char) -> String {
    match label.char_indices().find(|(_, character)| character.eq_ignore_ascii_case(&letter)) {
        Some((at, _)) => {
            let (before, from) = label.split_at(at);
            format!("{before}_{from}")
        }
        None => label.to_owned(),
    }
}
