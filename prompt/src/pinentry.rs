//! pinentry, GnuPG's program for asking: the face where there is a screen and no window of fob's, or by choice.
//!
//! Its buttons are not used: the first of them is the default, and which others there are depends on the toolkit. So an
//! answer is typed, as on the terminal: a letter, then the secret. Cancel says no. It does not tell about focus, so of the
//! gate only the first half second holds: what is answered within it is asked again.

mod assuan;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fob_asking::{Answer, Choice, Question, Typed, Verdict, WireError, Words};

use crate::graphical::is_closed;
use crate::line::Line;
use crate::screen::Screen;
use crate::signals::Signals;
use crate::{Broken, asker};
use assuan::{Assuan, Ended, Reply};

/// The one place where it is looked for: no PATH, nothing of this user's.
const PROGRAM: &str = "/usr/bin/pinentry";
const ROOT: u32 = 0;
/// How often something that is no answer is asked about again.
const PATIENCE: u32 = 8;

/// Whether it is there, and root's alone to write.
pub(crate) fn is_there() -> bool {
    program().is_some()
}

fn program() -> Option<PathBuf> {
    // Debian's name for whichever was chosen: through the links to the file itself.
    let path = std::fs::canonicalize(PROGRAM).ok()?;
    is_closed(&path, &[ROOT]).then_some(path)
}

/// A pinentry that runs and has said hello.
#[derive(Debug)]
pub(crate) struct Pinentry {
    assuan: Assuan,
    words: Words,
}

/// How one entry ended.
enum Entry {
    /// With this.
    Typed(Typed),
    /// With no.
    Refused,
}

impl Pinentry {
    /// Starts it.
    ///
    /// # Errors
    /// That there is none, or that it does not work.
    pub(crate) fn start(question: &Question, screen: Screen) -> Result<Self, Broken> {
        let program = program().ok_or(Broken::Absent("there is no pinentry"))?;
        Self::of(&program, question, screen)
    }

    fn of(program: &Path, question: &Question, screen: Screen) -> Result<Self, Broken> {
        let mut assuan = Assuan::start(program, screen)?;
        assuan.set("SETTITLE", "fob asks")?;
        assuan.set("SETOK", "Enter")?;
        assuan.set("SETCANCEL", "No")?;
        assuan.set("SETTIMEOUT", &question.waits.to_string())?;
        if let Some(terminal) = asker::terminal(question) {
            assuan.option("ttyname", terminal)?;
            assuan.option("ttytype", "xterm")?;
        }
        Ok(Self { assuan, words: Words::of(question) })
    }

    /// Asks, until there is an answer or the question is withdrawn.
    ///
    /// # Errors
    /// [`Broken`]: nothing was answered.
    pub(crate) fn ask(mut self, question: &Question, mut line: Line) -> Result<(), Broken> {
        let signals = Signals::caught()?;
        match self.talk(question, &mut line, &signals) {
            Ok(answer) => Ok(line.answer(answer)?),
            Err(Ended::Right | Ended::Withdrawn) => Ok(()),
            // It found no screen and no terminal.
            Err(Ended::Unable) => Ok(line.answer(Answer::Nowhere)?),
            Err(Ended::Broken(broken)) => Err(broken),
        }
    }

    fn talk(&mut self, question: &Question, line: &mut Line, signals: &Signals) -> Result<Answer, Ended> {
        let choice = match self.words.choices.is_empty() {
            true => None,
            false => match self.choice(line, signals)? {
                Some(choice) => Some(choice),
                None => return Ok(Answer::Refused),
            },
        };
        match (&self.words.secret, choice) {
            (None, Some(choice)) => Ok(Answer::Granted { choice }),
            // Nothing could be granted.
            (None, None) => Ok(Answer::Refused),
            (Some(_), choice) => self.secret(question, choice, line, signals),
        }
    }

    /// Which answer, by its letter; `None` for no.
    fn choice(&mut self, line: &mut Line, signals: &Signals) -> Result<Option<Choice>, Ended> {
        let buttons: Vec<_> = self.words.choices.iter().map(|offer| offer.button).chain([self.words.refuse]).collect();
        let letters = buttons.iter().map(|button| format!("{}: {}", button.mnemonic, button.label)).collect();
        self.describe(letters)?;
        self.assuan.set("SETPROMPT", "Letter")?;
        for _ in 0..PATIENCE {
            let Entry::Typed(typed) = self.entry(line, signals)? else { return Ok(None) };
            let typed = typed.expose().trim().to_lowercase();
            let is = |mnemonic: char| typed.chars().eq([mnemonic]);
            if is(self.words.refuse.mnemonic) {
                return Ok(None);
            }
            if let Some(offer) = self.words.choices.iter().find(|offer| is(offer.button.mnemonic)) {
                return Ok(Some(offer.choice));
            }
            self.assuan.set("SETERROR", "Type one of the letters below, then Enter.")?;
        }
        Ok(None)
    }

    fn secret(
        &mut self,
        question: &Question,
        choice: Option<Choice>,
        line: &mut Line,
        signals: &Signals,
    ) -> Result<Answer, Ended> {
        let note = self.words.secret.as_ref().and_then(|secret| secret.note.clone());
        self.describe(note.into_iter().collect())?;
        let label = self.words.secret.as_ref().map_or("Secret", |secret| secret.label);
        self.assuan.set("SETPROMPT", label)?;
        loop {
            let Entry::Typed(mut typed) = self.entry(line, signals)? else { return Ok(Answer::Refused) };
            if typed.is_empty() {
                continue;
            }
            line.secret(&mut typed, choice)?;
            match self.verdict(line, signals, Duration::from_secs(question.waits))? {
                Verdict::Right => return Err(Ended::Right),
                Verdict::Wrong { words } => self.assuan.set("SETERROR", &Words::verdict(&words))?,
            }
        }
    }

    /// One entry that was not made within the first half second.
    fn entry(&mut self, line: &mut Line, signals: &Signals) -> Result<Entry, Ended> {
        for _ in 0..PATIENCE {
            let start = Instant::now();
            let reply = self.assuan.entry(line, signals)?;
            let too_early = start.elapsed() < Question::SETTLE;
            match reply {
                Reply::Typed(typed) if !too_early => return Ok(Entry::Typed(typed)),
                Reply::Typed(_) => {
                    self.assuan.set("SETERROR", "That was too fast to be an answer. Once more, please.")?
                }
                Reply::Cancelled => return Ok(Entry::Refused),
                Reply::Failed => return Err(Ended::Unable),
            }
        }
        Ok(Entry::Refused)
    }

    fn verdict(&mut self, line: &mut Line, signals: &Signals, patience: Duration) -> Result<Verdict, Ended> {
        let start = Instant::now();
        loop {
            if let Some(verdict) = line.verdict()? {
                return Ok(verdict);
            }
            let left = patience.saturating_sub(start.elapsed());
            let [_, ended] = crate::line::wait([line.socket(), signals.descriptor()], Some(left))?;
            if ended || left.is_zero() {
                return Err(Ended::Withdrawn);
            }
        }
    }

    /// Sets the description: the question, and these lines below it.
    fn describe(&mut self, below: Vec<String>) -> Result<(), Broken> {
        let words = &self.words;
        let site = words.site.as_ref().map(|site| format!("Site: {}", site.domain));
        let facts = words.lines.iter().map(|line| format!("{}: {}", line.label, line.text));
        let warning = words.warning.as_ref().map(|warning| format!("! {warning}"));
        let behind = words.behind.clone();
        let lines =
            [words.title.clone()].into_iter().chain(site).chain(warning).chain(below).chain(facts).chain(behind);
        self.assuan.set("SETDESC", &assuan::fitting(lines.collect()))
    }
}

impl From<WireError> for Ended {
    fn from(error: WireError) -> Self {
        match error {
            WireError::Closed => Self::Withdrawn,
            error => Self::Broken(error.into()),
        }
    }
}

#[cfg(test)]
mod tests;
