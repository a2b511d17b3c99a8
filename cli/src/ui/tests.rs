//! The screen without a terminal: what follows from each input, and how it looks.

use fob_ambient::Millis;
use fob_bus::types::EntryInfo;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;

use super::account::Account;
use super::draw::{Palette, draw};
use super::screen::{Code, Effect, Input, Key, Screen, Wish};
use super::view::{Cell, Tone, View};

/// Eleven seconds into a step of thirty.
const NOW: u64 = 1_700_000_001;
const START: Millis = Millis(1_000);

fn entry(id: &str, issuer: &str, name: &str) -> EntryInfo {
    EntryInfo {
        id: id.to_owned(),
        issuer: issuer.to_owned(),
        name: name.to_owned(),
        kind: "totp".to_owned(),
        period: Some(30),
        ..EntryInfo::default()
    }
}

fn accounts() -> Vec<Account> {
    let door = EntryInfo { kind: "hotp".to_owned(), period: None, counter: Some(7), ..entry("e3", "Door", "") };
    let dead = EntryInfo { unusable: Some("its secret is empty".to_owned()), ..entry("e4", "Old", "ada") };
    let slow = EntryInfo { period: Some(60), tags: Some(vec!["work".to_owned()]), ..entry("e2", "Bank", "ada") };
    let loved = EntryInfo { favourite: Some(true), ..entry("e5", "GitHub", "ada") };
    let strange = entry("e6", "非常に長い名前の銀行とその支店\u{202e}", "someone-with-a-long-name@mail.example");
    [entry("e1", "Example", "ada"), slow, door, dead, loved, strange].map(Account::from).into()
}

/// A screen, and what it was told.
struct Played {
    screen: Screen,
    now: u64,
    monotonic: Millis,
}

impl Played {
    fn new() -> Self {
        Self { screen: Screen::new(accounts()), now: NOW, monotonic: START }
    }

    fn on(&mut self, input: Input) -> Option<Effect> {
        self.screen.on(input, self.now, self.monotonic)
    }

    fn key(&mut self, key: Key) -> Option<Effect> {
        self.on(Input::Key(key))
    }

    fn typed(&mut self, text: &str) {
        for character in text.chars() {
            assert_eq!(self.key(Key::Text(character.to_string())), None);
        }
    }

    /// Seconds go by, one after the other; gives what followed from the last.
    fn wait(&mut self, seconds: u64) -> Option<Effect> {
        let mut effect = None;
        for _ in 0..seconds {
            self.now += 1;
            self.monotonic = self.monotonic.plus(Millis(1_000));
            effect = self.on(Input::Tick);
        }
        effect
    }

    fn code_comes(&mut self, id: &str) {
        let until = (id != "e3").then_some(self.now + 20);
        let next = until.map(|_| "359152".to_owned().into());
        let code = Code { id: id.to_owned(), code: "287082".to_owned().into(), next, until };
        assert_eq!(self.on(Input::Code(code)), None);
    }

    fn seen(&self) -> Vec<String> {
        match self.screen.view(self.now) {
            View::Open(open) => open.rows.into_iter().map(|row| row.label).collect(),
            View::Locked { .. } => Vec::new(),
        }
    }

    /// The codes in sight.
    fn shown(&self) -> Vec<String> {
        let View::Open(open) = self.screen.view(self.now) else { return Vec::new() };
        let codes = open.rows.into_iter().filter_map(|row| match row.code {
            Cell::Shown(code) => Some(code.to_string()),
            Cell::Hidden | Cell::None => None,
        });
        codes.collect()
    }
}

fn wish(id: &str, counted: bool) -> Wish {
    Wish { id: id.to_owned(), counted }
}

#[test]
fn favourites_stand_at_the_top_and_words_find_names_and_groups() {
    let mut played = Played::new();
    assert_eq!(played.seen()[..3], ["GitHub:ada", "Example:ada", "Bank:ada"]);
    played.typed("ADA work");
    assert_eq!(played.seen(), ["Bank:ada"]);
    played.key(Key::Backspace);
    played.key(Key::Erase);
    assert_eq!(played.seen().len(), 6);
    played.typed("nobody");
    assert_eq!((played.seen().len(), played.key(Key::Enter), played.key(Key::Tab)), (0, None, None));
    assert_eq!(played.key(Key::Escape), None, "the first one only ends the search");
    assert_eq!(played.key(Key::Escape), Some(Effect::Quit));
}

#[test]
fn a_pasted_book_does_not_become_the_search() {
    let mut played = Played::new();
    played.key(Key::Text("a\u{1b}[2J\n".repeat(1_000)));
    let View::Open(open) = played.screen.view(NOW) else { panic!("it is open") };
    assert_eq!(open.query.chars().count(), 60);
    assert!(!open.query.contains(['\u{1b}', '\n']));
}

#[test]
fn nothing_is_shown_until_it_is_revealed_and_moving_on_hides_it() {
    let mut played = Played::new();
    assert!(played.shown().is_empty());
    assert_eq!(played.key(Key::Tab), Some(Effect::Reveal(wish("e5", false))));
    assert!(played.shown().is_empty());
    played.code_comes("e5");
    assert_eq!(played.shown(), ["287082"]);
    for moved in [Key::Tab, Key::Down, Key::End, Key::Text("x".to_owned())] {
        let mut played = Played::new();
        played.key(Key::Tab);
        played.code_comes("e5");
        played.key(moved.clone());
        assert!(played.shown().is_empty(), "{moved:?}");
    }
}

#[test]
fn a_code_that_comes_too_late_is_not_shown() {
    let mut played = Played::new();
    played.key(Key::Tab);
    played.key(Key::Down);
    played.code_comes("e5");
    assert!(played.shown().is_empty());
    played.key(Key::Up);
    assert!(played.shown().is_empty());
}

#[test]
fn a_dead_code_is_followed_by_the_next_until_nobody_is_there() {
    let mut played = Played::new();
    played.key(Key::Tab);
    played.code_comes("e5");
    assert_eq!(played.wait(19), None);
    assert_eq!(played.wait(1), Some(Effect::Reveal(wish("e5", false))));
    assert!(played.shown().is_empty(), "a dead code stays nowhere");
    played.code_comes("e5");
    assert_eq!(played.wait(20), Some(Effect::Reveal(wish("e5", false))));
    played.code_comes("e5");
    // A minute after the last key.
    assert_eq!(played.wait(20), None);
    assert!(played.shown().is_empty());
    assert_eq!(played.wait(600), None);
}

#[test]
fn a_counter_moves_only_after_a_yes() {
    let mut played = Played::new();
    played.typed("door");
    for (key, effect) in [(Key::Tab, Effect::Reveal(wish("e3", true))), (Key::Enter, Effect::Copy(wish("e3", true)))] {
        assert_eq!(played.key(key.clone()), None);
        let View::Open(open) = played.screen.view(NOW) else { panic!("it is open") };
        assert_eq!(open.notice.map(|notice| notice.tone), Some(Tone::Question));
        assert_eq!(played.key(Key::Escape), None);
        assert_eq!(played.key(key), None);
        assert_eq!(played.key(Key::Enter), Some(effect));
    }
    played.key(Key::Tab);
    played.key(Key::Enter);
    played.code_comes("e3");
    assert_eq!(played.wait(59), None);
    assert_eq!(played.shown(), ["287082"], "it lives until it is used");
    let View::Open(open) = played.screen.view(NOW) else { panic!("it is open") };
    assert_eq!(*open.detail, "counter 8", "the next one");
    played.wait(1);
    assert!(played.shown().is_empty());
}

#[test]
fn an_account_without_codes_gives_none() {
    let mut played = Played::new();
    played.typed("old");
    assert_eq!((played.key(Key::Enter), played.key(Key::Tab)), (None, None));
}

#[test]
fn everything_goes_when_the_vault_locks() {
    let mut played = Played::new();
    played.typed("git");
    played.key(Key::Tab);
    played.code_comes("e5");
    assert_eq!(played.on(Input::Locked), None);
    assert_eq!(played.screen.view(NOW), View::Locked { notice: None });
    let left = format!("{:?}", played.screen);
    assert!(!left.contains("GitHub") && !left.contains("git") && !left.contains("287082"), "{left}");
    assert_eq!(played.key(Key::Text("x".to_owned())), None);
    assert_eq!(played.key(Key::Tab), None);
    assert_eq!(played.key(Key::Enter), Some(Effect::Unlock));
    assert_eq!(played.on(Input::Accounts(accounts())), None);
    assert_eq!(played.seen().len(), 6);
    assert_eq!(played.key(Key::Lock), Some(Effect::Lock));
}

#[test]
fn the_chosen_account_stays_chosen_when_the_list_comes_anew() {
    let mut played = Played::new();
    played.typed("ada");
    played.key(Key::Down);
    played.key(Key::Down);
    played.key(Key::Tab);
    played.code_comes("e2");
    let mut fewer = accounts();
    fewer.retain(|account| account.id != "e1");
    played.on(Input::Accounts(fewer));
    assert_eq!(played.shown(), ["287082"]);
    let mut fewer = accounts();
    fewer.retain(|account| account.id != "e2");
    played.on(Input::Accounts(fewer));
    assert!(played.shown().is_empty());
    assert_eq!(played.key(Key::Tab), Some(Effect::Reveal(wish("e5", false))));
}

#[test]
fn a_sentence_stays_for_five_seconds_or_until_a_key() {
    let notice = |played: &Played| match played.screen.view(played.now) {
        View::Open(open) => open.notice.map(|notice| notice.text),
        View::Locked { notice } => notice.map(|notice| notice.text),
    };
    let mut played = Played::new();
    played.on(Input::Copied { id: "e5".to_owned(), text: "Copied for 18 s: GitHub:ada".to_owned() });
    played.wait(4);
    assert!(notice(&played).is_some());
    played.wait(1);
    assert_eq!(notice(&played), None);
    played.on(Input::Failed("fobd does not answer".to_owned()));
    played.key(Key::Down);
    assert_eq!(notice(&played), None);
}

#[test]
fn ctrl_c_ends_it_whatever_is_asked() {
    for before in [&[][..], &[Key::Text("door".to_owned()), Key::Tab]] {
        let mut played = Played::new();
        before.iter().for_each(|key| drop(played.key(key.clone())));
        assert_eq!(played.key(Key::Interrupt), Some(Effect::Quit));
    }
    let mut played = Played::new();
    played.on(Input::Locked);
    assert_eq!(played.key(Key::Interrupt), Some(Effect::Quit));
}

fn painted(screen: &Screen, (width, height): (u16, u16), palette: Palette) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let view = screen.view(NOW);
    terminal.draw(|frame| draw(frame, &view, palette)).unwrap();
    terminal
}

#[test]
fn it_looks_right_at_every_width() {
    let mut played = Played::new();
    played.key(Key::Tab);
    played.code_comes("e5");
    let mut text = String::new();
    for (width, height) in [(100, 12), (40, 12), (24, 6)] {
        let terminal = painted(&played.screen, (width, height), Palette::Colours);
        text.push_str(&format!("--- {width} by {height}\n{}\n", terminal.backend()));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn it_says_what_is_the_matter() {
    let mut text = String::new();
    let mut show = |what: &str, played: &Played| {
        let terminal = painted(&played.screen, (40, 9), Palette::Colours);
        text.push_str(&format!("--- {what}\n{}\n", terminal.backend()));
    };
    let mut played = Played::new();
    played.typed("ada");
    show("a search", &played);
    played.typed("x");
    show("a search for nothing", &played);
    played.key(Key::Erase);
    played.typed("door");
    played.key(Key::Enter);
    show("a question", &played);
    played.key(Key::Escape);
    played.key(Key::Erase);
    played.typed("old");
    show("an account without codes", &played);
    played.on(Input::Failed("there is no clipboard that takes the code".to_owned()));
    show("a failure", &played);
    played.on(Input::Locked);
    show("a locked vault", &played);
    played.on(Input::Accounts(Vec::new()));
    show("an empty vault", &played);
    insta::assert_snapshot!(text);
}

#[test]
fn the_chosen_account_is_always_in_sight() {
    let many: Vec<Account> = (0..200).map(|number| Account::from(entry("e", "Site", &number.to_string()))).collect();
    let mut played = Played { screen: Screen::new(many), now: NOW, monotonic: START };
    for (presses, key) in [(5, Key::Down), (7, Key::PageDown), (1, Key::End), (3, Key::PageUp), (1, Key::Home)] {
        (0..presses).for_each(|_| drop(played.key(key.clone())));
        for height in [4, 5, 24] {
            let terminal = painted(&played.screen, (40, height), Palette::Plain);
            let text = terminal.backend().to_string();
            assert_eq!(text.matches("> Site").count(), 1, "{key:?} at {height}: {text}");
        }
    }
}

#[test]
fn no_size_is_too_small() {
    let mut played = Played::new();
    played.key(Key::Tab);
    played.code_comes("e5");
    for width in 0..30 {
        for height in 0..8 {
            painted(&played.screen, (width, height), Palette::Colours);
        }
    }
    played.on(Input::Locked);
    for width in 0..30 {
        for height in 0..8 {
            painted(&played.screen, (width, height), Palette::Colours);
        }
    }
}

#[test]
fn without_colours_nothing_is_coloured_and_nothing_is_lost() {
    let mut played = Played::new();
    played.key(Key::Tab);
    played.code_comes("e5");
    let coloured = painted(&played.screen, (60, 12), Palette::Colours);
    let plain = painted(&played.screen, (60, 12), Palette::Plain);
    let colours = |terminal: &Terminal<TestBackend>| {
        let cells = terminal.backend().buffer().content();
        cells.iter().filter(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset).count()
    };
    assert!(colours(&coloured) > 0);
    assert_eq!(colours(&plain), 0);
    assert_eq!(coloured.backend().to_string(), plain.backend().to_string());
}
