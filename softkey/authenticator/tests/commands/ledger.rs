//! docs/ctap-2.3.md names files, tests and a judge's lines: all of them exist.

use std::fs;
use std::path::{Path, PathBuf};

fn house() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What stands between the backticks of a cell.
fn quoted(cell: &str) -> &str {
    cell.trim().strip_prefix('`').and_then(|rest| rest.strip_suffix('`')).unwrap_or_else(|| panic!("{cell:?}"))
}

/// The file of a test, and how the test begins in it.
fn source_and_head(test: &str) -> Option<(String, String)> {
    if let Some(function) = test.strip_prefix("hid: ") {
        return Some(("crates/ctap/src/hid/device/tests.rs".into(), format!("#[test]\nfn {function}()")));
    }
    if let Some(test) = test.strip_prefix("suite: ") {
        let (file, function) = test.split_once("::")?;
        return Some((format!("tests/judges/python-fido2/suite/{file}.py"), format!("\ndef {function}(")));
    }
    let (file, function) = test.split_once("::")?;
    Some((format!("softkey/authenticator/tests/commands/{file}.rs"), format!("#[test]\nfn {function}()")))
}

/// Rows of the tables that claim something: clause, where, test.
fn rows(ledger: &str) -> Vec<(&str, &str, &str)> {
    ledger
        .lines()
        .take_while(|line| *line != "## Where the code differs from the clause")
        .filter(|line| line.starts_with("| ") && !line.starts_with("| Clause"))
        .filter_map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split(" | ").collect();
            let [clause, place, test] = cells.as_slice() else { return None };
            Some((clause.trim(), quoted(place), quoted(test)))
        })
        .collect()
}

#[test]
fn every_row_names_what_exists() {
    let ledger = read(&house().join("docs/ctap-2.3.md"));
    let judge = read(&house().join("tests/judges/python-fido2/judge.py"));
    let rows = rows(&ledger);
    assert!(rows.len() > 200, "the tables are not read: {}", rows.len());
    for (clause, place, test) in rows {
        let file = match place.strip_prefix("ctap:") {
            Some(file) => house().join("crates/ctap/src").join(file),
            None => house().join("softkey/authenticator/src").join(place),
        };
        assert!(file.is_file(), "{clause}: there is no {place}");
        if let Some(line) = test.strip_prefix("judge: ") {
            assert!(judge.contains(&format!("\"{line}\"")), "{clause}: the judge does not say {line:?}");
            continue;
        }
        let (source, head) = source_and_head(test).unwrap_or_else(|| panic!("{clause}: {test:?}"));
        assert!(read(&house().join(source)).contains(&head), "{clause}: there is no test {test}");
    }
}
