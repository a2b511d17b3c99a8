//! The command line of fobd. Few words, so they are read by hand.

use std::ffi::OsString;
use std::time::Duration;

use crate::doors::HOLD_SOCKET;
use crate::locks::IdleLock;

/// How to call it.
pub const USAGE: &str = "usage: fobd [--no-session-bus] [--idle-lock SECONDS|never]
       fobd --check-config

The daemon of fob: the only opener of security keys and of the vault. It listens on
$XDG_RUNTIME_DIR/fob/fobd.sock (or $FOB_SOCKET), or on the socket that systemd passes. What locks the vault is set in
$XDG_CONFIG_HOME/fob/fobd.toml.

  --no-session-bus     do not own dev.fob.Fob1 on the session bus, and do not listen there
  --idle-lock SECONDS  lock the vault after so long without use, whatever the file says (900); never: keep it open
  --check-config       print what the file means, or what is wrong with it, and end
  --version            print the version
  --help               print this
";

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Serve.
    Serve(Options),
    /// Hold the socket of the fobd that started this process. No argument for people: [`USAGE`] leaves it out.
    HoldSocket,
    /// Say what the settings file means.
    CheckConfig,
    /// Print [`USAGE`].
    Help,
    /// Print the version.
    Version,
}

/// How to serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Whether to own the name on the session bus.
    pub session_bus: bool,
    /// How long the vault may lie unused before it locks; as the settings file says if absent.
    pub idle_lock: Option<IdleLock>,
}

impl Default for Options {
    fn default() -> Self {
        Self { session_bus: true, idle_lock: None }
    }
}

/// A command line that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// A word that is none of ours.
    #[error("unknown argument {0}")]
    Unknown(String),
    /// `--idle-lock` without a number of seconds or `never`.
    #[error("--idle-lock wants a number of seconds of at least 1, or never")]
    IdleLock,
}

impl Request {
    /// Reads the command line without the program's name.
    ///
    /// # Errors
    /// [`UsageError`].
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, UsageError> {
        let mut options = Options::default();
        let mut arguments = arguments.into_iter().map(|word| word.to_string_lossy().into_owned());
        while let Some(word) = arguments.next() {
            match word.as_str() {
                "--help" | "-h" => return Ok(Self::Help),
                "--version" | "-V" => return Ok(Self::Version),
                "--check-config" => return Ok(Self::CheckConfig),
                HOLD_SOCKET => return Ok(Self::HoldSocket),
                "--no-session-bus" => options.session_bus = false,
                "--idle-lock" => {
                    options.idle_lock = Some(idle_lock(&arguments.next().ok_or(UsageError::IdleLock)?)?);
                }
                _ => return Err(UsageError::Unknown(word)),
            }
        }
        Ok(Self::Serve(options))
    }
}

fn idle_lock(text: &str) -> Result<IdleLock, UsageError> {
    if text == "never" {
        return Ok(IdleLock::Never);
    }
    match text.parse::<u32>() {
        Ok(seconds @ 1..) => Ok(IdleLock::After(Duration::from_secs(seconds.into()))),
        _ => Err(UsageError::IdleLock),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_read() {
        let serve = |session_bus, idle_lock| Ok(Request::Serve(Options { session_bus, idle_lock }));
        let after_five = Some(IdleLock::After(Duration::from_secs(5)));
        for (words, expected) in [
            (&[][..], serve(true, None)),
            (&["--no-session-bus"], serve(false, None)),
            (&["--idle-lock", "5"], serve(true, after_five)),
            (&["--idle-lock", "never", "--no-session-bus"], serve(false, Some(IdleLock::Never))),
            (&["--check-config"], Ok(Request::CheckConfig)),
            (&["--help"], Ok(Request::Help)),
            (&["--hold-socket"], Ok(Request::HoldSocket)),
            (&["--version"], Ok(Request::Version)),
            (&["--idle-lock"], Err(UsageError::IdleLock)),
            (&["--idle-lock", "0"], Err(UsageError::IdleLock)),
            (&["--idle-lock", "-1"], Err(UsageError::IdleLock)),
            (&["--daemon"], Err(UsageError::Unknown("--daemon".into()))),
        ] {
            assert_eq!(Request::parse(words.iter().map(OsString::from)), expected, "{words:?}");
        }
    }
}
