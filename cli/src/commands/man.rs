//! `fob man`: a manual page for each command, from the same definitions as the help.

use std::fs;
use std::path::Path;

use clap::CommandFactory;
use serde::Serialize;

use crate::answer::Answer;
use crate::args::Cli;
use crate::text::{count, shown};
use crate::{Exit, Failure, World};

#[derive(Serialize)]
struct Written {
    folder: String,
    files: Vec<String>,
}

impl Answer for Written {
    const SCHEMA: &'static str = "fob.man/1";

    fn words(&self) -> String {
        format!("{} in {}\n", count(self.files.len() as u64, "manual page", "manual pages"), shown(&self.folder))
    }
}

pub(super) fn run(folder: &Path, world: &mut World) -> Result<(), Failure> {
    let files = write(folder).map_err(|error| {
        Failure::new(Exit::Failed, format!("the manual pages could not be written to {}", folder.display()))
            .because(&error)
            .hint("name a folder that you can write")
    })?;
    world.answer(&Written { folder: folder.display().to_string(), files })
}

/// Writes all pages and gives their names.
fn write(folder: &Path) -> std::io::Result<Vec<String>> {
    fs::create_dir_all(folder)?;
    let mut names = Vec::new();
    for (name, page) in pages()? {
        fs::write(folder.join(&name), page)?;
        names.push(name);
    }
    Ok(names)
}

/// The pages by their names.
pub(crate) fn pages() -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let mut pages = Vec::new();
    let mut left = vec![root];
    while let Some(command) = left.pop() {
        left.extend(command.get_subcommands().filter(|command| !command.is_hide_set()).cloned());
        let page = clap_mangen::Man::new(command).source(concat!("fob ", env!("CARGO_PKG_VERSION"))).manual("fob");
        let mut text = Vec::new();
        page.render(&mut text)?;
        pages.push((page.get_filename(), text));
    }
    pages.sort_unstable();
    Ok(pages)
}
