//! What went wrong, for a person: `fob: what failed`, `cause:` lines, `hint:` the next thing to type.
//!
//! [`table`] says which exit code and which hint each of the daemon's errors has.

pub mod table;

use std::fmt;
use std::ops::{Deref, DerefMut};

use fob_bus::connect::ConnectError;
use fob_bus::peer::NotFobd;
use fob_bus::{CallError, ErrorKind};
use serde::Serialize;

use crate::Exit;
use crate::text::shown;

/// A command that failed. Boxed, since most do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(Box<Facts>);

/// What there is to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// How fob ends.
    pub exit: Exit,
    /// A word for programs: the daemon's error, the server's problem, or empty.
    pub word: String,
    /// What failed, in one sentence without a full stop.
    pub message: String,
    /// What lies behind it, outermost first.
    pub causes: Vec<String>,
    /// What the person could have meant.
    pub candidates: Vec<String>,
    /// What to do next.
    pub hint: Option<String>,
    /// Tries left.
    pub retries: Option<u32>,
    /// Whether the answer was given all the same, so that no second JSON object follows it.
    pub answered: bool,
}

impl Deref for Failure {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}

impl DerefMut for Failure {
    fn deref_mut(&mut self) -> &mut Facts {
        &mut self.0
    }
}

impl Failure {
    /// A failure in one sentence.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self(Box::new(Facts {
            exit,
            word: String::new(),
            message: message.into(),
            causes: Vec::new(),
            candidates: Vec::new(),
            hint: None,
            retries: None,
            answered: false,
        }))
    }

    /// A command line that makes no sense.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message).hint(hint)
    }

    /// The same with what to do next.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with an error behind it, and everything behind that.
    #[must_use]
    pub(crate) fn because(mut self, error: &(dyn std::error::Error + 'static)) -> Self {
        let chain = std::iter::successors(Some(error), |error| error.source());
        self.causes.extend(chain.map(ToString::to_string));
        self
    }

    /// The same, after an answer.
    #[must_use]
    pub(crate) fn after_answer(mut self) -> Self {
        self.answered = true;
        self
    }

    /// The facts for a program.
    pub(crate) fn facts(&self) -> impl Serialize + '_ {
        #[derive(Serialize)]
        struct Shown<'a> {
            exit: u8,
            #[serde(skip_serializing_if = "str::is_empty")]
            error: &'a str,
            message: &'a str,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            causes: &'a [String],
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            candidates: &'a [String],
            #[serde(skip_serializing_if = "Option::is_none")]
            hint: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            retries: Option<u32>,
        }
        Shown {
            exit: self.exit as u8,
            error: &self.word,
            message: &self.message,
            causes: &self.causes,
            candidates: &self.candidates,
            hint: self.hint.as_deref(),
            retries: self.retries,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let red = anstyle::AnsiColor::Red.on_default().bold();
        let bold = anstyle::Style::new().bold();
        write!(f, "{red}fob:{red:#} {}", shown(&self.message))?;
        for candidate in &self.candidates {
            write!(f, "\n  {}", shown(candidate))?;
        }
        for cause in &self.causes {
            write!(f, "\ncause: {}", shown(cause))?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n{bold}hint:{bold:#} {}", shown(hint))?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// A call that the daemon refused, or that never came back.
impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        if error.kind == ErrorKind::Failed && error.message.starts_with("org.freedesktop.DBus.Error.Unknown") {
            return Self::new(Exit::Failed, "this fobd does not know what fob asks of it")
                .because(&error)
                .hint("they must be of one version; after an upgrade, `systemctl --user restart fobd`");
        }
        let (exit, hint) = table::of(error.kind);
        Self(Box::new(Facts {
            exit,
            word: word(error.kind).to_owned(),
            message: error.message,
            causes: error.details.causes.unwrap_or_default(),
            candidates: error.details.candidates.unwrap_or_default(),
            hint: hint.map(str::to_owned),
            retries: error.details.retries,
            answered: false,
        }))
    }
}

/// The kind's name without what all of them begin with.
pub(crate) fn word(kind: ErrorKind) -> &'static str {
    kind.name().rsplit('.').next().unwrap_or_default()
}

/// No way to the daemon.
impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        let hint = match &error {
            ConnectError::NoPlace => "log in with a session of your own, or name fobd's socket in FOB_SOCKET",
            ConnectError::NotRunning { .. } => {
                "start it: `systemctl --user start fobd.socket`, or `fobd`; if it does not stay, `fobd --check-config` \
                 says whether its settings file is wrong"
            }
            // It may be an older fobd, which hides.
            ConnectError::NotFobd { source: NotFobd::Unseen(error), .. }
                if error.kind() == std::io::ErrorKind::PermissionDenied =>
            {
                "nothing was sent to it; after an upgrade `systemctl --user restart fobd`, and see `fob doctor`"
            }
            ConnectError::NotFobd { .. } => {
                "nothing was sent to it; end that program, start fobd, and see `fob doctor`"
            }
            // systemd listens for it, and it does not start.
            ConnectError::Bus(_) => {
                "run `fob doctor`; after an upgrade, `systemctl --user restart fobd`; `fobd --check-config` says \
                 whether its settings file is wrong"
            }
        };
        let mut failure = Self::new(Exit::NoDaemon, error.to_string()).hint(hint);
        failure.word = "NoDaemon".to_owned();
        match std::error::Error::source(&error) {
            Some(source) => failure.because(source),
            None => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_reads_from_what_failed_to_what_to_do() {
        let inner = std::io::Error::other("disk on fire");
        let mut failure = Failure::new(Exit::Failed, "it broke").because(&inner).hint("put it out");
        failure.candidates = vec!["one\u{1b}[2J".to_owned()];
        let text = anstream::adapter::strip_str(&failure.to_string()).to_string();
        assert_eq!(text, "fob: it broke\n  one[2J\ncause: disk on fire\nhint: put it out");
    }
}
