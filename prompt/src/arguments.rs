//! The command line of fob-prompt. fobd gives it; nothing of the question stands there.

use std::ffi::OsString;

use crate::face::Preference;

/// How to call it.
pub(crate) const USAGE: &str = "usage: fob-prompt [--face auto|graphical|pinentry|terminal]

Asks a person one question of fobd's, which starts this program with a socket as standard input and a pipe as
standard output. It is of no use by itself.

  --face FACE   how to ask (auto)
  --version     print the version
  --help        print this
";

/// What the command line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    /// Ask.
    Ask(Preference),
    /// Print [`USAGE`].
    Help,
    /// Print the version.
    Version,
}

/// A command line that makes no sense.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UsageError {
    /// A word that is none of ours.
    #[error("unknown argument {0:?}")]
    Unknown(OsString),
    /// `--face` without one of its words.
    #[error("--face wants auto, graphical, pinentry or terminal")]
    Face,
}

impl Request {
    /// Reads the command line without the program's name.
    ///
    /// # Errors
    /// [`UsageError`].
    pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, UsageError> {
        let mut preference = Preference::Auto;
        let mut arguments = arguments.into_iter();
        while let Some(word) = arguments.next() {
            match word.to_str() {
                Some("--help" | "-h") => return Ok(Self::Help),
                Some("--version" | "-V") => return Ok(Self::Version),
                Some("--face") => {
                    let face = arguments.next();
                    preference =
                        face.as_deref().and_then(|face| Preference::of(face.to_str()?)).ok_or(UsageError::Face)?;
                }
                _ => return Err(UsageError::Unknown(word)),
            }
        }
        Ok(Self::Ask(preference))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_read() {
        for (words, expected) in [
            (&[][..], Ok(Request::Ask(Preference::Auto))),
            (&["--face", "auto"], Ok(Request::Ask(Preference::Auto))),
            (&["--face", "graphical"], Ok(Request::Ask(Preference::Graphical))),
            (&["--face", "pinentry"], Ok(Request::Ask(Preference::Pinentry))),
            (&["--face", "terminal"], Ok(Request::Ask(Preference::Terminal))),
            (&["--face", "gui"], Err(UsageError::Face)),
            (&["--face"], Err(UsageError::Face)),
            (&["--version"], Ok(Request::Version)),
            (&["--help"], Ok(Request::Help)),
            (&["yes"], Err(UsageError::Unknown("yes".into()))),
        ] {
            assert_eq!(Request::parse(words.iter().map(OsString::from)), expected, "{words:?}");
        }
    }
}
