//! The help of every command, from the definitions themselves.

use clap::{Command, CommandFactory};
use fob::args::Cli;

/// Every command's help, at a width of its own: a terminal must not change the snapshot.
#[test]
fn every_command_says_what_it_does() {
    let mut root = Cli::command().term_width(100).disable_help_subcommand(true);
    root.build();
    let mut text = String::new();
    write(&mut root, "fob", &mut text);
    insta::assert_snapshot!(text);
}

fn write(command: &mut Command, name: &str, text: &mut String) {
    let help = command.render_help().to_string();
    text.push_str(&format!("$ {name} -h\n{}\n\n", help.trim_end()));
    for inner in command.get_subcommands_mut() {
        let name = format!("{name} {}", inner.get_name());
        write(inner, &name, text);
    }
}

#[test]
fn the_definitions_hold_together() {
    Cli::command().debug_assert();
}
