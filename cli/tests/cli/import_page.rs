//! `docs/import.md` says what `fob otp import --list` says.

use fob_exchange::{FORMATS, Target};

const PAGE: &str = include_str!("../../../docs/import.md");

#[test]
fn the_page_has_the_table_of_formats() {
    let rows = FORMATS.iter().map(|info| {
        let proof = info.unproven.map_or("proven".to_owned(), |why| format!("unproven: {why}"));
        format!("| `{}` | {} | {} | {proof} |\n", info.name, info.program, info.file)
    });
    let table = format!("| Name | Program | File | Proof |\n|---|---|---|---|\n{}\n", rows.collect::<String>());
    assert!(PAGE.contains(&table), "docs/import.md wants this table:\n\n{table}");
}

#[test]
fn the_page_has_every_kind_of_file_that_is_written() {
    for name in Target::names() {
        assert!(PAGE.contains(&format!("\n| `{name}` | ")), "{name}");
    }
}
