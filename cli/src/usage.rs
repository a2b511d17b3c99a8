//! The command line, parsed; what is wrong with it, without repeating what may be a secret.

use std::ffi::OsString;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::args::{Cli, short_cut};

/// Not a command to run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Aside {
    /// Help or version, for standard output.
    Help(String),
    /// What makes no sense, for standard error.
    Wrong(String),
}

/// Parses the command line.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Cli, Aside> {
    if let Some(cli) = short_cut::code(arguments) {
        return Ok(cli);
    }
    Cli::try_parse_from(arguments).map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Aside::Help(error.render().ansi().to_string()),
        _ => Aside::Wrong(wrong(&error)),
    })
}

fn wrong(error: &clap::Error) -> String {
    let about = context(error, ContextKind::InvalidArg);
    match error.kind() {
        // Whoever types a secret behind the command must not find it in a log.
        ErrorKind::UnknownArgument if !about.starts_with('-') => {
            "fob: there are too many arguments\nhint: secrets are never arguments; `fob help` shows what is".to_owned()
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation if about.contains("-fd ") => format!(
            "fob: {} wants the number of a descriptor\nhint: never the secret itself; as in `fob unlock --passphrase-fd 3 3<PIPE`",
            about.split(' ').next().unwrap_or_default()
        ),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => error.render().to_string(),
        _ => error.render().to_string().replacen("error: ", "fob: ", 1),
    }
}

fn context(error: &clap::Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(line: &str) -> String {
        match parse(&line.split(' ').map(OsString::from).collect::<Vec<_>>()) {
            Err(Aside::Wrong(text)) => text,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn a_secret_in_the_wrong_place_is_not_repeated() {
        for line in ["fob unlock hunter2", "fob init --passphrase-fd hunter2", "fob key pin set --pin-fd=hunter2"] {
            assert!(!wrong(line).contains("hunter2"), "{line}: {}", wrong(line));
        }
    }

    #[test]
    fn other_mistakes_name_what_is_wrong() {
        assert!(wrong("fob sign-in https://id.example").starts_with("fob: the following required"));
        assert!(wrong("fob unlok").contains("'unlock'"), "{}", wrong("fob unlok"));
    }
}
