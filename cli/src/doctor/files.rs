//! Who may read and write where fob keeps things.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{Check, Outcome};

/// The socket's folder, the vault and its folder, the folder that remembers the last generation.
pub(super) fn checks(socket: Option<PathBuf>, vault: Option<&Path>) -> Vec<Check> {
    let mut checks = Vec::new();
    checks.extend(socket.as_deref().and_then(Path::parent).map(|folder| private("socket folder", folder, 0o077)));
    if let Some(vault) = vault {
        checks.push(private("vault file", vault, 0o077));
        checks.extend(vault.parent().and_then(|folder| versions(folder, vault)));
        checks.extend(vault.parent().map(|folder| private("vault folder", folder, 0o022)));
    }
    checks.extend(fob_bus::names::state().map(|folder| private("state folder", &folder, 0o022)));
    checks
}

/// The first of the versions beside the vault that is not ours alone; nothing where all are.
fn versions(folder: &Path, vault: &Path) -> Option<Check> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.is_file() && path != vault).collect();
    files.sort();
    let mut checks = files.iter().map(|file| private("vault versions", file, 0o077));
    checks.find(|check| check.outcome != Outcome::Ok)
}

/// Whether it is ours and has none of the `forbidden` permissions.
fn private(name: &'static str, path: &Path, forbidden: u32) -> Check {
    let shown = path.display();
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Check::ok(name, format!("{shown} is not there yet"));
        }
        Err(error) => {
            let advice = format!("make it yours again: look at the owner and permissions of {shown}");
            return Check::fail(name, format!("{shown} cannot be looked at: {error}"), advice);
        }
    };
    let open = metadata.mode() & forbidden;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        let advice = "it must be yours: see who made it, and move it out of the way if it is not";
        return Check::fail(name, format!("{shown} belongs to another user (uid {})", metadata.uid()), advice);
    }
    if open != 0 {
        let what = if open & 0o022 == 0 { "read" } else { "write" };
        let advice = format!("close it: `chmod go-rwx {shown}`; see who could have used it meanwhile");
        return Check::fail(name, format!("others may {what} {shown}"), advice);
    }
    Check::ok(name, format!("{shown} is yours alone"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_that_others_may_read_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("vault");
        fs::write(&file, b"x").unwrap();
        for (mode, expected) in [(0o600, Outcome::Ok), (0o640, Outcome::Fail), (0o602, Outcome::Fail)] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(private("vault file", &file, 0o077).outcome, expected, "{mode:o}");
        }
        assert_eq!(private("vault file", &folder.path().join("none"), 0o077).outcome, Outcome::Ok);
    }

    #[test]
    fn a_version_that_others_may_read_is_found_beside_the_vault() {
        let folder = tempfile::tempdir().unwrap();
        let (vault, version) = (folder.path().join("vault"), folder.path().join("vault.00000000000000000007-ab"));
        for file in [&vault, &version] {
            fs::write(file, b"x").unwrap();
            fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
        }
        assert_eq!(versions(folder.path(), &vault), None);
        fs::set_permissions(&version, fs::Permissions::from_mode(0o640)).unwrap();
        let check = versions(folder.path(), &vault).unwrap();
        assert_eq!((check.name, check.outcome), ("vault versions", Outcome::Fail));
        assert!(check.message.contains("vault.00000000000000000007-ab"), "{}", check.message);
        // The vault itself is another check's.
        fs::set_permissions(&version, fs::Permissions::from_mode(0o600)).unwrap();
        fs::set_permissions(&vault, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(versions(folder.path(), &vault), None);
    }

    #[test]
    fn nobody_is_told_to_open_a_door() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let check = private("vault folder", folder.path(), 0o022);
        assert!(check.advice.unwrap().contains("go-rwx"));
    }
}
