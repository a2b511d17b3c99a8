//! The database: one SQLite file, opened with its migrations. One file a table below, SQL nowhere else.
//!
//! Whatever decides something in a race (spending a code, ending a transaction, counting a try) is one statement.

pub(crate) mod accounts;
pub(crate) mod backup_codes;
pub(crate) mod ceremonies;
pub(crate) mod credentials;
pub(crate) mod lockouts;
mod private;
pub(crate) mod sessions;
pub(crate) mod totp;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

/// All versions of the tables, oldest first.
pub(crate) static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Connections: SQLite writes one at a time, the others read meanwhile.
const CONNECTIONS: u32 = 4;

/// How long a writer waits for another one.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Not to be opened at all.
    #[error("the database {path} cannot be opened")]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: sqlx::Error,
    },
    /// Its files cannot be kept from others.
    #[error("the database {path} cannot be made or shut to others: it must be a file of this user")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Its tables come from a newer program.
    #[error("the database {0} was made by a newer signin: use that one")]
    Newer(PathBuf),
    /// Its tables could not be brought up to date.
    #[error("the tables of {path} cannot be brought up to date; nothing was changed")]
    Migrate {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: MigrateError,
    },
    /// It belongs to another key file.
    #[error("the key file beside {0} is not the one this database was made with: put back a copy of the right one")]
    OtherKey(PathBuf),
}

/// The database.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pub(crate) pool: SqlitePool,
}

impl Store {
    /// Opens `path` (made when missing), brings its tables up to date and checks that it belongs to the key file.
    pub(crate) async fn open(path: &Path, key_check: &[u8]) -> Result<Self, StoreError> {
        let open = |source| StoreError::Open { path: path.to_owned(), source };
        match private::keep(path) {
            Ok(None) => {}
            Ok(Some(open)) => tracing::warn!(
                path = %open.display(),
                "others could read this file of the database until now; end all sessions if somebody may have"
            ),
            Err(source) => return Err(StoreError::Exposed { path: path.to_owned(), source }),
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(PATIENCE);
        let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await.map_err(open)?;
        MIGRATIONS.run(&pool).await.map_err(|source| match source {
            MigrateError::VersionMissing(_) => StoreError::Newer(path.to_owned()),
            source => StoreError::Migrate { path: path.to_owned(), source },
        })?;
        sqlx::query("INSERT INTO server (one, key_check) VALUES (1, $1) ON CONFLICT DO NOTHING")
            .bind(key_check)
            .execute(&pool)
            .await
            .map_err(open)?;
        let stored: Vec<u8> =
            sqlx::query_scalar("SELECT key_check FROM server").fetch_one(&pool).await.map_err(open)?;
        if stored != key_check {
            return Err(StoreError::OtherKey(path.to_owned()));
        }
        Ok(Self { pool })
    }
}

#[cfg(test)]
mod tests;
