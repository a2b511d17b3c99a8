//! The scripts: clap's, and beside them the lines that ask for accounts, grants and programs.

use clap::{Arg, Command};
use clap_complete::Shell;

/// The shells' parts, in which three words stand for what the definitions say.
const BASH: &str = include_str!("offers.bash");
const FISH: &str = include_str!("offers.fish");
const ZSH: &str = include_str!("offers.zsh");

/// What clap writes behind an argument that it knows nothing about.
const ANYTHING: &str = ":_default' \\";

/// The script for this shell, out of clap's.
pub(crate) fn with_offers(shell: Shell, script: String, root: &Command) -> String {
    match shell {
        Shell::Bash => script + "\n" + &filled(BASH, root),
        Shell::Fish => script + "\n" + &filled(FISH, root),
        // Before clap's last lines, which call the whole.
        Shell::Zsh => match script.rsplit_once("\nif [ \"$funcstack[1]\"") {
            Some((begin, end)) => format!("{}\n{ZSH}\nif [ \"$funcstack[1]\"{end}", asking(begin)),
            None => script,
        },
        _ => script,
    }
}

/// What an argument is called in the definitions, as clap's zsh script writes it, and the function that offers it.
const ASKED: [(&str, &str); 4] = [
    ("':query --", "_fob_accounts"),
    ("'::query --", "_fob_accounts"),
    ("'*::grants --", "_fob_grants"),
    ("':client --", "_fob_clients"),
];

/// clap's zsh script, in which what the vault knows is asked for where it is named.
fn asking(script: &str) -> String {
    let lines = script.lines().map(|line| {
        let offer = ASKED.iter().find(|(begin, _)| line.starts_with(begin)).map(|(_, offer)| offer);
        match (line.strip_suffix(ANYTHING), offer) {
            (Some(begin), Some(offer)) => format!("{begin}:{offer}' \\\n"),
            _ => format!("{line}\n"),
        }
    });
    lines.collect()
}

fn filled(part: &str, root: &Command) -> String {
    let commands = commands(root);
    let options = root.find_subcommand("otp").into_iter().flat_map(valued);
    let mut options: Vec<String> = options.collect();
    options.sort_unstable();
    options.dedup();
    part.replace("OPTIONS_WITH_VALUE", &options.join("|"))
        .replace("COMMANDS_PATTERN", &commands.join("|"))
        .replace("COMMANDS_LIST", &commands.join(" "))
}

/// The commands below `otp` that name an account: their first argument is called `query`.
fn commands(root: &Command) -> Vec<String> {
    let below = root.find_subcommand("otp").into_iter().flat_map(Command::get_subcommands);
    let named = below.filter(|command| {
        let inner = command.get_subcommands();
        [*command].into_iter().chain(inner).any(|command| command.get_positionals().any(|arg| arg.get_id() == "query"))
    });
    named.map(|command| command.get_name().to_owned()).collect()
}

/// All options that take a value, as they are typed.
fn valued(command: &Command) -> Vec<String> {
    let own = command.get_arguments().filter(|arg| !arg.is_positional() && arg.get_action().takes_values());
    let own = own.filter_map(Arg::get_long).map(|long| format!("--{long}"));
    own.chain(command.get_subcommands().flat_map(valued)).collect()
}
