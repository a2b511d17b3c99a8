//! The terminal of whoever asks. What follows from a key is decided in `dialogue`; here is the loop that reads and writes.
//!
//! The terminal is not this process's own, so job control does not hold it back: it asks only while the asker is in the
//! foreground, and takes its hands off as soon as that ends. Another program that reads the same terminal at the same time
//! could take keys away from it; whoever asks is waiting for the answer, and does not.
//!
//! Left out on purpose is TIOCEXCL: it would keep the asker itself from opening its terminal, and would stay behind after
//! a SIGKILL.

mod keys;
mod sheet;
mod tty;

use std::time::Instant;

use fob_ambient::Millis;
use fob_asking::{Answer, Choice, Question, Verdict, WireError};
use zeroize::Zeroizing;

use crate::dialogue::{Dialogue, Step};
use crate::line::{Line, wait};
use crate::signals::Signals;
use crate::{Broken, asker};
pub(crate) use keys::Key;
use keys::Keys;
use tty::{Silent, Tty};

/// Columns of a terminal that does not say.
const COLUMNS: u16 = 80;
/// How much of what was typed is read at once, in bytes.
const PIECE: usize = 64;

/// A terminal that can be asked on.
pub(crate) struct Terminal(Tty);

/// How it ended.
enum End {
    /// With this answer, which fobd does not know yet.
    Answered(Answer),
    /// fobd took the secret.
    Accepted,
    /// fobd took the question back, or this process is to end.
    Withdrawn,
    /// The terminal is gone.
    Gone,
}

impl Terminal {
    /// The terminal of whoever asks.
    ///
    /// # Errors
    /// That there is none, or none that may be used.
    pub(crate) fn open(question: &Question) -> Result<Self, Broken> {
        match (asker::terminal(question), question.asker.pid) {
            (Some(path), Some(pid)) => Ok(Self(Tty::open(path, pid)?)),
            _ => Err(Broken::Absent("whoever asks has no terminal to be asked on")),
        }
    }

    /// Asks, until there is an answer or the question is withdrawn.
    ///
    /// # Errors
    /// [`Broken`]: nothing was answered.
    pub(crate) fn ask(self, question: &Question, line: Line) -> Result<(), Broken> {
        let signals = Signals::caught()?;
        let tty = self.0.silence()?;
        let mut asked = Asked { tty, line, dialogue: Dialogue::of(question), start: Instant::now(), size: (0, 0) };
        asked.show(question)?;
        let end = asked.run(&signals);
        let last = match &end {
            Ok(End::Answered(answer)) => farewell(*answer),
            Ok(End::Accepted) => "Thank you.",
            Ok(End::Withdrawn) => "The question was withdrawn.",
            Ok(End::Gone) | Err(_) => "",
        };
        let Asked { tty, line, .. } = asked;
        // Whoever asks goes on as soon as fobd knows: by then the terminal is its own again.
        tty.leave(last);
        match end? {
            End::Answered(answer) => Ok(line.answer(answer)?),
            End::Accepted | End::Withdrawn | End::Gone => Ok(()),
        }
    }
}

struct Asked {
    tty: Silent,
    line: Line,
    dialogue: Dialogue,
    start: Instant,
    size: (u16, u16),
}

impl Asked {
    fn now(&self) -> Millis {
        Millis(self.start.elapsed().as_millis().try_into().unwrap_or(u64::MAX))
    }

    fn show(&mut self, question: &Question) -> Result<(), Broken> {
        self.size = self.tty.size();
        let columns = if self.size.0 == 0 { COLUMNS } else { self.size.0 };
        let sheet = sheet::sheet(self.dialogue.words(), question, columns.into());
        self.tty.write(sheet.as_bytes())?;
        self.tty.write(self.dialogue.cue().as_bytes())?;
        // What came while it was being drawn came too early.
        self.tty.forget_typed();
        let now = self.now();
        self.dialogue.shown(now);
        Ok(())
    }

    fn run(&mut self, signals: &Signals) -> Result<End, Broken> {
        let mut keys = Keys::default();
        loop {
            let [typed, said, ended] = wait([self.tty.descriptor(), self.line.socket(), signals.descriptor()], None)?;
            // Before anything that was typed: a question that is withdrawn has no answer.
            if said && let Some(end) = self.said()? {
                return Ok(end);
            }
            if ended {
                return Ok(End::Withdrawn);
            }
            if typed && let Some(end) = self.typed(&mut keys)? {
                return Ok(end);
            }
        }
    }

    fn said(&mut self) -> Result<Option<End>, Broken> {
        match self.line.verdict() {
            Ok(None) => Ok(None),
            Ok(Some(Verdict::Right)) => Ok(Some(End::Accepted)),
            Ok(Some(Verdict::Wrong { words })) => {
                self.tty.forget_typed();
                let again = self.dialogue.wrong(&words);
                self.tty.write(again.as_bytes())?;
                Ok(None)
            }
            Err(WireError::Closed) => Ok(Some(End::Withdrawn)),
            Err(error) => Err(error.into()),
        }
    }

    fn typed(&mut self, keys: &mut Keys) -> Result<Option<End>, Broken> {
        let mut bytes = Zeroizing::new([0; PIECE]);
        let Some(length) = self.tty.read(bytes.as_mut_slice())? else { return Ok(Some(End::Gone)) };
        if !self.tty.is_askers() {
            return Ok(Some(End::Withdrawn));
        }
        let now = self.now();
        // Nobody tells this process that the size has changed: it is no member of the foreground.
        let size = self.tty.size();
        if size != self.size {
            self.size = size;
            self.dialogue.disturbed(now);
        }
        for key in bytes.iter().take(length).filter_map(|byte| keys.byte(*byte)) {
            match self.dialogue.key(key, now) {
                Step::Nothing => {}
                Step::Show(text) => self.tty.write(text.as_bytes())?,
                Step::Answer(answer) => return Ok(Some(End::Answered(answer))),
                Step::Secret(choice) => self.line.secret(self.dialogue.secret(), choice)?,
            }
        }
        Ok(None)
    }
}

const fn farewell(answer: Answer) -> &'static str {
    match answer {
        Answer::Granted { choice: Choice::Once } => "Allowed once.",
        Answer::Granted { choice: Choice::UntilLock } => "Allowed until the vault locks.",
        Answer::Granted { choice: Choice::EightHours } => "Allowed for 8 hours.",
        Answer::Granted { choice: Choice::Always } => "Allowed always.",
        Answer::Refused => "Refused.",
        Answer::Secret { .. } | Answer::Nowhere => "",
    }
}
