//! SQLite databases (sqlite.org, "Database File Format"), read without SQLite: tables from first row to last.
//!
//! The programs of phones keep accounts in small tables. A reader of our own has nothing to do with SQL, journals or
//! extensions, and is bounded: every page is looked at once, no more bytes are copied out than a file may have. Left
//! out: indices, tables without row ids, text in UTF-16. What still stood in a write-ahead log beside the file is not
//! in it.

use crate::source::Source;
use crate::{ImportError, MAX_ENTRIES};

mod pages;
mod row;
mod sql;

use pages::Pages;
pub(crate) use row::Row;

/// What a database begins with.
pub(crate) const MAGIC: &[u8] = b"SQLite format 3\0";

/// A database with its schema.
pub(crate) struct Database<'a> {
    pages: Pages<'a>,
    tables: Vec<Table>,
}

struct Table {
    name: String,
    root: u32,
    columns: Vec<String>,
}

/// Columns of the schema's own table (section 2.6).
const SCHEMA: [&str; 5] = ["type", "name", "tbl_name", "rootpage", "sql"];

/// Most tables that are looked at.
const MAX_TABLES: usize = 1024;

impl<'a> Database<'a> {
    /// Reads the schema.
    pub(crate) fn open(source: &Source<'a>) -> Result<Self, ImportError> {
        let damaged = || source.damaged("it is no whole SQLite database");
        let pages = Pages::of(source.bytes).ok_or_else(damaged)?;
        let columns: Vec<String> = SCHEMA.iter().map(|&name| name.to_owned()).collect();
        let mut tables = Vec::new();
        let mut many = false;
        let mut take = |row: Row<'_>| {
            if row.text("type").as_str() == "table" {
                let root = row.integer("rootpage").and_then(|root| u32::try_from(root).ok()).unwrap_or(0);
                let columns = sql::columns(&row.text("sql"));
                tables.push(Table { name: row.text("name").to_string(), root, columns });
            }
            many = tables.len() > MAX_TABLES;
            !many
        };
        let read = pages.rows(1, &columns, &mut take);
        match (many, read) {
            (true, _) => Err(ImportError::TooManyEntries),
            (false, None) => Err(damaged()),
            (false, Some(())) => Ok(Self { pages, tables }),
        }
    }

    /// Whether there is a table with these columns.
    pub(crate) fn has(&self, table: &str, columns: &[&str]) -> bool {
        self.table(table)
            .is_some_and(|table| columns.iter().all(|column| table.columns.iter().any(|known| known == column)))
    }

    fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name.eq_ignore_ascii_case(name))
    }

    /// Hands out every row of a table.
    pub(crate) fn rows(
        &self,
        table: &str,
        source: &Source<'_>,
        mut take: impl FnMut(&Row<'_>),
    ) -> Result<(), ImportError> {
        let table = self.table(table).ok_or_else(|| source.damaged("a table that belongs in it is missing"))?;
        let mut count = 0;
        let mut bounded = |row: Row<'_>| {
            count += 1;
            if count <= MAX_ENTRIES {
                take(&row);
            }
            count <= MAX_ENTRIES
        };
        let read = self.pages.rows(table.root, &table.columns, &mut bounded);
        match read {
            _ if count > MAX_ENTRIES => Err(ImportError::TooManyEntries),
            Some(()) => Ok(()),
            None => Err(source.damaged("a table in it is damaged")),
        }
    }
}
