//! What the screen knows, and what follows from each input. No terminal, no daemon, no clock.

use std::mem::take;

use fob_ambient::Millis;
use zeroize::Zeroizing;

use super::account::{Account, Gait};

/// How long a code stays in sight after the last key, in milliseconds. While it does it is asked for again and again,
/// which keeps the vault open: a screen that was left alone must end both.
const LEFT_ALONE: Millis = Millis(60_000);
/// How long a notice stays, in milliseconds.
const NOTICE: Millis = Millis(5_000);
/// Accounts that a page key passes.
const PAGE: usize = 10;
/// Most characters of a search: a slip of the paste key must not fill the screen.
const LONGEST_QUERY: usize = 60;

/// A key that means something here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// Text for the search.
    Text(String),
    /// One character less.
    Backspace,
    /// The whole search away.
    Erase,
    /// One up.
    Up,
    /// One down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first.
    Home,
    /// To the last.
    End,
    /// Copy; yes.
    Enter,
    /// Reveal, hide.
    Tab,
    /// Back; end.
    Escape,
    /// Look again which accounts there are.
    Reload,
    /// Lock the vault.
    Lock,
    /// End.
    Interrupt,
}

/// A code that came.
pub struct Code {
    /// Whose.
    pub id: String,
    /// The code.
    pub code: Zeroizing<String>,
    /// The one after it.
    pub next: Option<Zeroizing<String>>,
    /// Until when it is good, in Unix time; `None` for one by counter.
    pub until: Option<u64>,
}

/// The codes stay out of it.
impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Code").field("id", &self.id).field("until", &self.until).finish_non_exhaustive()
    }
}

/// Something that happened.
#[derive(Debug)]
pub enum Input {
    /// A key was pressed.
    Key(Key),
    /// A second went by, or the window changed.
    Tick,
    /// The vault is open, and these are its accounts.
    Accounts(Vec<Account>),
    /// The code that was asked for.
    Code(Code),
    /// It was copied.
    Copied {
        /// Whose it was.
        id: String,
        /// A sentence about it.
        text: String,
    },
    /// Something did not work; a sentence about it.
    Failed(String),
    /// The vault was locked.
    Locked,
}

/// An account whose code is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Its id.
    pub id: String,
    /// Whether a counter moves it: then there is no next code and no life.
    pub counted: bool,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask for the accounts.
    Load,
    /// Ask for the code of this one, and for the one after it.
    Reveal(Wish),
    /// Ask for the code of this one, and copy it.
    Copy(Wish),
    /// Ask the person for the passphrase.
    Unlock,
    /// Lock the vault.
    Lock,
    /// End.
    Quit,
}

/// What to do with a code once it may be used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Reveal,
    Copy,
}

/// A sentence at the bottom of the screen.
#[derive(Debug)]
pub(super) struct Notice {
    pub(super) text: String,
    pub(super) bad: bool,
    until: Millis,
}

/// The screen.
#[derive(Debug)]
pub struct Screen {
    pub(super) accounts: Vec<Account>,
    pub(super) locked: bool,
    pub(super) query: String,
    /// Which of the matches.
    pub(super) chosen: usize,
    /// The code of the chosen account.
    pub(super) revealed: Option<Code>,
    /// Whose code was asked for and is not there yet.
    awaited: Option<String>,
    /// The question whether a code by counter may be used up.
    pub(super) question: Option<Purpose>,
    pub(super) notice: Option<Notice>,
    last_key: Millis,
}

impl Screen {
    /// With these accounts.
    #[must_use]
    pub fn new(accounts: Vec<Account>) -> Self {
        let mut screen = Self {
            accounts: Vec::new(),
            locked: false,
            query: String::new(),
            chosen: 0,
            revealed: None,
            awaited: None,
            question: None,
            notice: None,
            last_key: Millis(0),
        };
        screen.take_in(accounts);
        screen
    }

    /// What follows. `now` is the clock on the wall in Unix time, `monotonic` the one that never goes back.
    pub fn on(&mut self, input: Input, now: u64, monotonic: Millis) -> Option<Effect> {
        match input {
            Input::Key(key) => {
                self.last_key = monotonic;
                self.notice = None;
                return self.on_key(key);
            }
            Input::Tick => return self.on_tick(now, monotonic),
            Input::Accounts(accounts) => self.take_in(accounts),
            // Who has moved on meanwhile does not want it any more.
            Input::Code(code) => {
                self.step(&code.id);
                if self.awaited.as_ref() == Some(&code.id) {
                    self.awaited = None;
                    self.revealed = Some(code);
                }
            }
            Input::Copied { id, text } => {
                self.step(&id);
                self.say(text, false, monotonic);
            }
            Input::Failed(text) => {
                self.hide();
                self.say(text, true, monotonic);
            }
            Input::Locked => self.forget(),
        }
        None
    }

    /// The accounts that the search leaves.
    pub(super) fn matches(&self) -> Vec<&Account> {
        let query = self.query.to_lowercase();
        let words: Vec<&str> = query.split_whitespace().collect();
        self.accounts.iter().filter(|account| account.has(&words)).collect()
    }

    fn chosen_account(&self) -> Option<&Account> {
        self.matches().get(self.chosen).copied()
    }

    /// Favourites first, else in the vault's order. The chosen one stays chosen if it is still there.
    fn take_in(&mut self, mut accounts: Vec<Account>) {
        let chosen = self.chosen_account().map(|account| account.id.clone());
        accounts.sort_by_key(|account| !account.favourite);
        self.accounts = accounts;
        self.locked = false;
        self.question = None;
        let place = chosen.and_then(|id| self.matches().iter().position(|account| account.id == id));
        if place.is_none() {
            self.hide();
        }
        self.chosen = place.unwrap_or_default();
    }

    /// Everything that was in the vault.
    fn forget(&mut self) {
        let last_key = self.last_key;
        *self = Self { locked: true, last_key, ..Self::new(Vec::new()) };
    }

    /// A code of this account was given: a counter has moved.
    fn step(&mut self, id: &str) {
        let account = self.accounts.iter_mut().find(|account| account.id == id);
        if let Some(Gait::Counter(counter)) = account.map(|account| &mut account.gait) {
            *counter = counter.saturating_add(1);
        }
    }

    fn hide(&mut self) {
        self.revealed = None;
        self.awaited = None;
    }

    fn say(&mut self, text: String, bad: bool, monotonic: Millis) {
        self.notice = Some(Notice { text, bad, until: monotonic.plus(NOTICE) });
    }

    fn on_tick(&mut self, now: u64, monotonic: Millis) -> Option<Effect> {
        if self.notice.as_ref().is_some_and(|notice| notice.until <= monotonic) {
            self.notice = None;
        }
        if monotonic.since(self.last_key) >= LEFT_ALONE {
            self.hide();
            self.question = None;
        }
        let dead = self.revealed.as_ref().is_some_and(|code| code.until.is_some_and(|until| until <= now));
        if !dead {
            return None;
        }
        self.hide();
        self.go(Purpose::Reveal)
    }

    fn on_key(&mut self, key: Key) -> Option<Effect> {
        match key {
            Key::Interrupt => Some(Effect::Quit),
            _ if self.locked => match key {
                Key::Enter => Some(Effect::Unlock),
                Key::Escape => Some(Effect::Quit),
                _ => None,
            },
            _ if self.question.is_some() => self.on_answer(&key),
            Key::Reload => Some(Effect::Load),
            Key::Lock => Some(Effect::Lock),
            Key::Enter => self.wanted(Purpose::Copy),
            Key::Tab if self.revealed.is_some() => {
                self.hide();
                None
            }
            Key::Tab => self.wanted(Purpose::Reveal),
            Key::Escape if self.query.is_empty() => Some(Effect::Quit),
            Key::Escape | Key::Erase => self.search(String::new()),
            Key::Backspace => {
                let mut query = take(&mut self.query);
                query.pop();
                self.search(query)
            }
            Key::Text(text) => {
                let more = fob_otp::printable(&text).into_owned();
                let query = take(&mut self.query) + &more;
                self.search(query.chars().take(LONGEST_QUERY).collect())
            }
            Key::Up => self.choose(self.chosen.saturating_sub(1)),
            Key::Down => self.choose(self.chosen + 1),
            Key::PageUp => self.choose(self.chosen.saturating_sub(PAGE)),
            Key::PageDown => self.choose(self.chosen + PAGE),
            Key::Home => self.choose(0),
            Key::End => self.choose(usize::MAX),
        }
    }

    /// Only Enter is a yes.
    fn on_answer(&mut self, key: &Key) -> Option<Effect> {
        let purpose = self.question.take()?;
        if *key == Key::Enter { self.go(purpose) } else { None }
    }

    fn search(&mut self, query: String) -> Option<Effect> {
        self.query = query;
        self.choose(0)
    }

    fn choose(&mut self, place: usize) -> Option<Effect> {
        self.hide();
        self.chosen = place.min(self.matches().len().saturating_sub(1));
        None
    }

    fn wanted(&mut self, purpose: Purpose) -> Option<Effect> {
        match self.chosen_account()?.gait {
            Gait::Time(_) => self.go(purpose),
            // The one that is in sight is used up already.
            Gait::Counter(_) => {
                self.question = Some(purpose);
                None
            }
            Gait::None(_) => None,
        }
    }

    fn go(&mut self, purpose: Purpose) -> Option<Effect> {
        let account = self.chosen_account()?;
        let wish = Wish { id: account.id.clone(), counted: matches!(account.gait, Gait::Counter(_)) };
        Some(match purpose {
            Purpose::Copy => Effect::Copy(wish),
            Purpose::Reveal => {
                self.awaited = Some(wish.id.clone());
                Effect::Reveal(wish)
            }
        })
    }
}
