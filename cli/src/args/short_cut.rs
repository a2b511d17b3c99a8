//! The first of fob's uses, `fob otp code`, by the shortest way.
//!
//! clap builds the definitions of all commands before it looks at what was typed, and takes them apart afterwards: nearly
//! half of the instructions of getting a code, and a hundred page faults. So there is a second tree, with this one
//! command in it. It has no words of its own: what it does not understand goes to the whole tree, which knows what is
//! wrong, and so do calls for help.

use std::ffi::OsString;

use clap::{Parser, Subcommand};

use super::otp::{Code, Otp};
use super::{Cli, Command};

#[derive(Debug, Parser)]
#[command(name = "fob", disable_help_flag = true, disable_help_subcommand = true)]
struct Narrow {
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: OtpAlone,
}

#[derive(Debug, Subcommand)]
enum OtpAlone {
    #[command(subcommand)]
    Otp(CodeAlone),
}

#[derive(Debug, Subcommand)]
enum CodeAlone {
    Code(Code),
}

/// The command line, if it is one that asks for a code and makes sense.
pub(crate) fn code(arguments: &[OsString]) -> Option<Cli> {
    // Only to spare the others the attempt.
    if !arguments.iter().any(|argument| argument == "code") {
        return None;
    }
    let Narrow { json, command: OtpAlone::Otp(CodeAlone::Code(code)) } = Narrow::try_parse_from(arguments).ok()?;
    Some(Cli { json, command: Command::Otp(Otp::Code(code)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn what_it_understands_the_whole_tree_understands_alike() {
        for line in [
            "fob otp code github",
            "fob otp code github --raw",
            "fob otp code --next --min-valid 7 Example:ada",
            "fob otp code --min-valid=7 github --copy",
            "fob otp code github --watch",
            "fob --json otp code github",
            "fob otp --json code github",
            "fob otp code --json -- --raw",
            "fob otp code code",
        ] {
            let short = code(&typed(line)).unwrap_or_else(|| panic!("{line}"));
            let whole = Cli::try_parse_from(typed(line)).unwrap();
            assert_eq!(format!("{short:?}"), format!("{whole:?}"), "{line}");
        }
    }

    #[test]
    fn what_is_wrong_or_another_command_is_left_to_the_whole_tree() {
        for line in [
            "fob",
            "fob otp list",
            "fob otp show code",
            "fob code",
            "fob otp code",
            "fob otp code -h",
            "fob otp code --help",
            "fob otp help code",
            "fob help otp code",
            "fob -V otp code",
            "fob otp code one two",
            "fob otp code github --min-valid soon",
            "fob otp code github --raw --json",
            "fob otp code github --raw --copy",
            "fob otp code github --site https://id.example",
        ] {
            assert!(code(&typed(line)).is_none(), "{line}");
        }
    }
}
