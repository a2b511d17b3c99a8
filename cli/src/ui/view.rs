//! What is to be seen: the screen's knowledge at one moment, without a word about sizes and colours.

use zeroize::Zeroizing;

use super::account::{Account, Gait};
use super::screen::Screen;
use crate::text::count;

/// The whole.
#[derive(Debug, PartialEq, Eq)]
pub enum View {
    /// The vault is locked: nothing of it is here.
    Locked {
        /// What went wrong, if something did.
        notice: Option<Notice>,
    },
    /// The vault is open.
    Open(Open),
}

/// The open vault.
#[derive(Debug, PartialEq, Eq)]
pub struct Open {
    /// How many accounts are left of how many.
    pub number: String,
    /// What is searched for.
    pub query: String,
    /// The accounts that the search leaves.
    pub rows: Vec<Row>,
    /// Which row is chosen.
    pub chosen: usize,
    /// More about the chosen one, perhaps the code after this one.
    pub detail: Zeroizing<String>,
    /// What happened, or what is asked.
    pub notice: Option<Notice>,
}

/// A sentence at the bottom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The sentence.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
}

/// How a sentence is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It worked.
    Good,
    /// It did not.
    Bad,
    /// It waits for an answer.
    Question,
}

/// An account.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub label: String,
    /// Whether it is a favourite.
    pub favourite: bool,
    /// Its code.
    pub code: Cell,
    /// How much of the code's life is left.
    pub left: Option<Left>,
}

/// Where the code stands.
#[derive(PartialEq, Eq)]
pub enum Cell {
    /// Hidden.
    Hidden,
    /// In sight.
    Shown(Zeroizing<String>),
    /// There is none to give.
    None,
}

/// Codes stay out of it.
impl std::fmt::Debug for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Hidden => "Hidden",
            Self::Shown(_) => "Shown(..)",
            Self::None => "None",
        })
    }
}

/// What is left of a life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Seconds.
    pub seconds: u64,
    /// Of so many.
    pub of: u64,
}

impl Screen {
    /// What is to be seen at this Unix time.
    #[must_use]
    pub fn view(&self, now: u64) -> View {
        let said = self
            .notice
            .as_ref()
            .map(|notice| Notice { text: notice.text.clone(), tone: if notice.bad { Tone::Bad } else { Tone::Good } });
        if self.locked {
            return View::Locked { notice: said };
        }
        let matches = self.matches();
        let chosen = matches.get(self.chosen).copied();
        let rows = matches.iter().enumerate().map(|(place, account)| self.row(account, place == self.chosen, now));
        let all = count(self.accounts.len() as u64, "account", "accounts");
        View::Open(Open {
            number: if self.query.is_empty() { all } else { format!("{} of {all}", matches.len()) },
            query: self.query.clone(),
            rows: rows.collect(),
            chosen: self.chosen,
            detail: chosen.map(|account| self.detail(account)).unwrap_or_default(),
            notice: self.question_about(chosen).or(said),
        })
    }

    fn row(&self, account: &Account, chosen: bool, now: u64) -> Row {
        let revealed = self.revealed.as_ref().filter(|code| chosen && code.id == account.id);
        let code = match (&account.gait, revealed) {
            (_, Some(code)) => Cell::Shown(code.code.clone()),
            (Gait::None(_), None) => Cell::None,
            (Gait::Time(_) | Gait::Counter(_), None) => Cell::Hidden,
        };
        let left = match (&account.gait, revealed.and_then(|code| code.until)) {
            (Gait::Time(period), Some(until)) => Some(Left { seconds: until.saturating_sub(now), of: *period }),
            (Gait::Time(period), None) => Some(Left { seconds: period - now % period, of: *period }),
            _ => None,
        };
        Row { label: account.label.clone(), favourite: account.favourite, code, left }
    }

    fn detail(&self, account: &Account) -> Zeroizing<String> {
        let next = self.revealed.as_ref().filter(|code| code.id == account.id).and_then(|code| code.next.as_ref());
        let next = next.map(|next| Zeroizing::new(format!("next: {}", **next)));
        let mut words = Vec::new();
        match &account.gait {
            Gait::Time(_) => {}
            Gait::Counter(counter) => words.push(format!("counter {counter}")),
            Gait::None(why) => words.push(format!("gives no code: {why}")),
        }
        words.extend(account.tags.iter().map(|tag| format!("#{tag}")));
        let next = next.iter().map(|next| next.as_str());
        Zeroizing::new(next.chain(words.iter().map(String::as_str)).collect::<Vec<_>>().join("  "))
    }

    fn question_about(&self, chosen: Option<&Account>) -> Option<Notice> {
        self.question.and(chosen)?;
        let text = "This uses a code up. Enter: yes  Esc: no".to_owned();
        Some(Notice { text, tone: Tone::Question })
    }
}
