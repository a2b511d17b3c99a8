//! The test as a companion: the same program once more, called `fob` and lying beside fobd.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const INSIDE: &str = "FOB_TEST_INSIDE";

/// Whether the test is to go on: it does as `fob`, in a home of its own, whose path this is. Outside it starts itself
/// there, passes on what it said, and is done; without the judge it says so and is done.
pub(crate) fn inside(test: &str) -> Option<PathBuf> {
    inside_of(&[], test)
}

/// The same with mounts of its own. fobd has the same ones, or it would take nobody here for a companion.
pub(crate) fn inside_alone(test: &str) -> Option<PathBuf> {
    inside_of(&["unshare", "--mount", "--propagation", "private"], test)
}

fn inside_of(through: &[&str], test: &str) -> Option<PathBuf> {
    if let Some(home) = std::env::var_os(INSIDE) {
        return Some(home.into());
    }
    if !dbusmock_is_here() {
        assert!(std::env::var_os("FOB_JUDGES").is_none(), "FOB_JUDGES is set, and python3-dbusmock is missing");
        eprintln!("skipped: no python3-dbusmock");
        return None;
    }
    let household = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    fs::set_permissions(household.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let home = tempfile::tempdir().unwrap();
    let fob = household.path().join("fob");
    place(&std::env::current_exe().unwrap(), &fob);
    place(Path::new(env!("CARGO_BIN_EXE_fobd")), &household.path().join("fobd"));
    let mut words = through.iter().map(OsStr::new).chain([fob.as_os_str()]);
    let mut command = Command::new(words.next().expect("the last word is fob"));
    command.args(words).args([test, "--exact", "--nocapture"]).env(INSIDE, home.path());
    command.env("FOB_SOCKET", home.path().join("run/fobd.sock"));
    let done = command.output().unwrap();
    let said = [done.stdout, done.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(done.status.success() && said.contains("1 passed"), "{said}");
    None
}

/// The fobd beside this program.
pub(crate) fn fobd() -> PathBuf {
    std::env::current_exe().unwrap().with_file_name("fobd")
}

/// What a group may write is no companion: such a file is copied instead of linked.
fn place(program: &Path, at: &Path) {
    let closed = fs::metadata(program).unwrap().permissions().mode() & 0o022 == 0;
    if !closed || fs::hard_link(program, at).is_err() {
        fs::copy(program, at).unwrap();
        fs::set_permissions(at, PermissionsExt::from_mode(0o755)).unwrap();
    }
}

/// Debian's Python, since dbusmock is a Debian package.
pub(crate) const PYTHON: &str = "/usr/bin/python3";

fn dbusmock_is_here() -> bool {
    let asked = Command::new(PYTHON).args(["-c", "import dbusmock"]).output();
    asked.is_ok_and(|asked| asked.status.success())
}
