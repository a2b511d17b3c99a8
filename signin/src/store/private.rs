//! The database's files are its owner's alone: password hashes and sessions are in them.

use std::ffi::OsString;
use std::fs::{OpenOptions, Permissions, metadata, set_permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What SQLite keeps beside a database in WAL mode. It makes them with the database's own mode.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Makes an empty database with mode 0600 if there is none; of one that others may open, and of what lies beside it,
/// takes that away. Gives the first file that was open to others: whoever read it, has read it.
///
/// # Errors
/// What the system says, such as for a file of somebody else.
pub(super) fn keep(database: &Path) -> io::Result<Option<PathBuf>> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(database)?;
    let mut open = None;
    for path in files(database) {
        let mode = match metadata(&path) {
            Ok(metadata) => metadata.permissions().mode(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if mode & 0o077 != 0 {
            set_permissions(&path, Permissions::from_mode(mode & 0o700))?;
            open.get_or_insert(path);
        }
    }
    Ok(open)
}

fn files(database: &Path) -> impl Iterator<Item = PathBuf> {
    let beside = BESIDE.map(|end| {
        let mut name = OsString::from(database);
        name.push(end);
        PathBuf::from(name)
    });
    std::iter::once(database.to_owned()).chain(beside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_database_that_others_could_read_is_shut_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("db.sqlite");
        assert_eq!(keep(&database).unwrap(), None);
        assert_eq!(mode(&database), 0o600);
        let wal = folder.path().join("db.sqlite-wal");
        std::fs::write(&wal, b"x").unwrap();
        for (open, shut) in [(0o644, 0o600), (0o660, 0o600), (0o755, 0o700)] {
            for path in [&database, &wal] {
                set_permissions(path, Permissions::from_mode(open)).unwrap();
            }
            assert_eq!(keep(&database).unwrap().as_deref(), Some(&*database), "{open:o}");
            assert_eq!((mode(&database), mode(&wal)), (shut, shut), "{open:o}");
            assert_eq!(keep(&database).unwrap(), None, "{open:o}");
        }
    }
}
