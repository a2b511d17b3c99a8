//! Real processes that are not what they look like, and what each of them counts as.

use std::fs::{self, Permissions};
use std::io::Read;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Pid;

use super::look::look;
use super::process::Process;
use super::*;

/// A program that runs until this is dropped.
struct Running(Child);

impl Running {
    /// Runs a command and waits until it has become a program of this name (proc_pid_comm(5)).
    fn as_soon_as(name: &str, command: &mut Command) -> Self {
        let mut running = Self(command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
        let start = Instant::now();
        while fs::read_to_string(running.folder().join("comm")).unwrap_or_default().trim_end() != name {
            let ended = running.0.try_wait().unwrap();
            if ended.is_some() || start.elapsed() > Duration::from_secs(20) {
                let mut said = String::new();
                drop(running.0.kill());
                running.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
                panic!("never became {name} ({ended:?}): {said}");
            }
            std::thread::park_timeout(Duration::from_millis(1));
        }
        running
    }

    fn folder(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}", self.0.id()))
    }

    fn caller(&self, household: &Household) -> Caller {
        let process = Process::open(Pid::from_child(&self.0)).unwrap();
        let (program, tier) = look(&process, household).unwrap();
        let pid = Some(process.pid.as_raw_pid());
        Caller { door: Door::Socket, uid: 0, pid, started: process.start().ok(), program: Some(program), tier }
    }

    /// What it counts as where these programs are listed, with those of the machine.
    fn tier(&self, listed: &[&Path]) -> Tier {
        let origins = Origins::Any;
        let listing = |path: &&Path| Listing {
            name: "it".into(),
            path: path.to_path_buf(),
            origins: origins.clone(),
            portal: false,
            by: ListedBy::Person,
        };
        let listings = Listings::default();
        listings.set_persons(listed.iter().map(listing).collect());
        self.caller(&Household::own().unwrap()).tier_now(&listings)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A program of root's that does nothing for as long as it is let.
fn sleep() -> PathBuf {
    fs::canonicalize("/bin/sleep").unwrap()
}

fn sleeping(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("600");
    command
}

/// A shell script, as `$1` the folder it may write.
fn script(text: &str, folder: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-ec", text, "sh"]).arg(folder);
    command
}

/// A copy of a program in a folder of the test's own, under this name.
fn copy(folder: &Path, name: &str) -> PathBuf {
    let path = fs::canonicalize(folder).unwrap().join(name);
    fs::copy(sleep(), &path).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    path
}

/// Whether this machine lets somebody have a namespace of this kind; the test is skipped with a word where it does not.
fn may_unshare(what: &str) -> bool {
    let may = Command::new("unshare")
        .args([what, "true"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !may {
        eprintln!("skipped: unshare {what} is not allowed here");
    }
    may
}

const NOT_ROOTS: [Tier; 2] = [Tier::Script(Why::Changeable), Tier::Script(Why::OtherProgram)];

#[test]
fn a_listed_program_of_roots_is_installed_for_as_long_as_it_is_listed() {
    let running = Running::as_soon_as("sleep", &mut sleeping(&sleep()));
    assert_eq!(running.tier(&[]), Tier::Script(Why::OtherProgram));
    assert!(matches!(running.tier(&[&sleep()]), Tier::Installed(listing) if listing.path == sleep()));

    let listings = Listings::default();
    let caller = Arc::new(running.caller(&Household::own().unwrap()));
    let mine =
        Listing { name: "mine".into(), path: sleep(), origins: Origins::Any, portal: false, by: ListedBy::Person };
    listings.set_persons(vec![mine.clone()]);
    let installed = caller.now(&listings);
    assert_eq!(installed.tier, Tier::Installed(Arc::new(mine)));
    listings.set_persons(Vec::new());
    assert_eq!(installed.now(&listings).tier, Tier::Script(Why::OtherProgram));
}

#[test]
fn a_copy_of_a_browser_in_the_home_folder_is_not_the_browser() {
    let home = tempfile::tempdir().unwrap();
    let running = Running::as_soon_as("sleep", &mut sleeping(&copy(home.path(), "sleep")));
    // As root everything in the folder is root's, but it is not the one that is listed.
    assert!(NOT_ROOTS.contains(&running.tier(&[&sleep()])));
}

#[test]
fn a_listed_program_that_others_can_change_is_not_installed() {
    let home = tempfile::tempdir().unwrap();
    let browser = copy(home.path(), "browser");
    let running = Running::as_soon_as("browser", &mut sleeping(&browser));
    for (path, mode) in
        [(&browser, 0o775), (&browser, 0o757), (&home.path().to_owned(), 0o777), (&home.path().to_owned(), 0o1777)]
    {
        let before = fs::metadata(path).unwrap().permissions();
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        assert_eq!(running.tier(&[&browser]), Tier::Script(Why::Changeable), "{} {mode:o}", path.display());
        fs::set_permissions(path, before).unwrap();
    }
}

#[test]
fn links_lead_to_the_program_that_runs() {
    let home = tempfile::tempdir().unwrap();
    let folder = fs::canonicalize(home.path()).unwrap();
    // Through a symbolic link the real program runs, and counts as what it is.
    symlink(sleep(), folder.join("fob")).unwrap();
    let running = Running::as_soon_as("fob", &mut sleeping(&folder.join("fob")));
    assert_eq!(running.tier(&[&folder.join("fob")]), Tier::Script(Why::OtherProgram));
    assert!(matches!(running.tier(&[&sleep()]), Tier::Installed(_)));
    // A hard link is another path of the same file.
    let browser = copy(&folder, "browser");
    fs::hard_link(&browser, folder.join("linked")).unwrap();
    let running = Running::as_soon_as("linked", &mut sleeping(&folder.join("linked")));
    assert!(NOT_ROOTS.contains(&running.tier(&[&browser])));
}

#[test]
fn a_program_whose_file_is_gone_or_replaced_is_nobody_known() {
    let home = tempfile::tempdir().unwrap();
    let browser = copy(home.path(), "browser");
    let running = Running::as_soon_as("browser", &mut sleeping(&browser));
    fs::remove_file(&browser).unwrap();
    let gone = browser.with_file_name("browser (deleted)");
    assert_eq!(running.tier(&[&browser, &gone]), Tier::Script(Why::OtherFile));
    // Its name now belongs to another file, and so does the name that the kernel tells.
    copy(home.path(), "browser");
    assert_eq!(running.tier(&[&browser, &gone]), Tier::Script(Why::OtherFile));
    copy(home.path(), "browser (deleted)");
    assert_eq!(running.tier(&[&browser, &gone]), Tier::Script(Why::OtherFile));
    // A program that is called so from the start is not the one whose name it wants to have.
    let running = Running::as_soon_as("browser (delete", &mut sleeping(&gone));
    assert!(NOT_ROOTS.contains(&running.tier(&[&browser])));
}

#[test]
fn a_program_without_a_file_is_nobody_known() {
    let memory = rustix::fs::memfd_create("browser", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
    fs::copy(sleep(), format!("/proc/self/fd/{}", memory.as_raw_fd())).unwrap();
    let path = PathBuf::from(format!("/proc/{}/fd/{}", std::process::id(), memory.as_raw_fd()));
    let running = Running::as_soon_as(&memory.as_raw_fd().to_string(), &mut sleeping(&path));
    assert_eq!(running.tier(&[Path::new("/memfd:browser (deleted)"), &path]), Tier::Script(Why::OtherFile));
}

#[test]
fn a_program_that_was_started_through_a_descriptor_is_the_program() {
    let mut command = script("exec 3<$2; exec /proc/self/fd/3 600", Path::new("/"));
    let running = Running::as_soon_as("3", command.arg(sleep()));
    assert!(matches!(running.tier(&[&sleep()]), Tier::Installed(_)));
    assert_eq!(running.tier(&[Path::new("/proc/self/fd/3")]), Tier::Script(Why::OtherProgram));
}

#[test]
fn a_listed_script_is_its_interpreter() {
    let home = tempfile::tempdir().unwrap();
    let path = fs::canonicalize(home.path()).unwrap().join("browser");
    fs::write(&path, "#!/bin/sh\nread line\n").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    let mut child = Command::new(&path).stdin(Stdio::piped()).spawn().unwrap();
    let kept = child.stdin.take();
    let running = Running(child);
    let household = Household::own().unwrap();
    let shell = fs::canonicalize("/bin/sh").unwrap();
    assert_eq!(running.caller(&household).program, Some(shell));
    assert_eq!(running.tier(&[&path]), Tier::Script(Why::OtherProgram));
    drop(kept);
}

#[test]
fn libraries_that_others_can_change_are_seen() {
    for (variable, value, expected) in [
        ("LD_PRELOAD", "/tmp/fob-nobody-made-this.so", Tier::Script(Why::Preloaded)),
        ("LD_AUDIT", "./audit.so", Tier::Script(Why::Preloaded)),
        ("LD_LIBRARY_PATH", "/usr/lib:/tmp/fob-nobody-made-this", Tier::Script(Why::Preloaded)),
        ("LD_LIBRARY_PATH", "/usr/lib:", Tier::Script(Why::Preloaded)),
        ("LD_LIBRARY_PATH", "/usr/lib:/usr/lib/not-there", Tier::Script(Why::OtherProgram)),
    ] {
        let running = Running::as_soon_as("sleep", sleeping(&sleep()).env(variable, value));
        assert_eq!(running.tier(&[]), expected, "{variable}={value}");
        let installed = matches!(running.tier(&[&sleep()]), Tier::Installed(_));
        assert_eq!(installed, expected == Tier::Script(Why::OtherProgram), "{variable}={value}");
    }
}

#[test]
fn a_companion_with_a_strange_library_is_none() {
    let test = std::env::current_exe().unwrap();
    let household = Household::own_with(&["companion"]).unwrap();
    let companion = test.with_file_name("companion");
    fs::copy(sleep(), &companion).unwrap();
    fs::set_permissions(&companion, Permissions::from_mode(0o755)).unwrap();
    let plain = Running::as_soon_as("companion", sleeping(&companion).env_remove("LD_LIBRARY_PATH"));
    let preloaded =
        Running::as_soon_as("companion", sleeping(&companion).env("LD_PRELOAD", "/tmp/fob-nobody-made-this.so"));
    let tiers = [plain.caller(&household).tier, preloaded.caller(&household).tier];
    fs::remove_file(&companion).unwrap();
    assert_eq!(tiers, [Tier::Companion, Tier::Script(Why::Preloaded)]);
}

#[test]
fn a_program_behind_mounts_of_its_own_is_not_the_one_whose_path_it_has() {
    let home = tempfile::tempdir().unwrap();
    let browser = copy(home.path(), "browser");
    // Root's program at the listed path, for itself alone; as root, and as anybody can.
    for kind in ["-m", "-Urm"] {
        if !may_unshare(kind) {
            continue;
        }
        let mut command = Command::new("unshare");
        command
            .args([kind, "sh", "-ec", "mount --bind \"$1\" \"$2\"; exec \"$2\" 600", "sh"])
            .arg(sleep())
            .arg(&browser);
        let running = Running::as_soon_as("browser", &mut command);
        assert_eq!(running.tier(&[&browser, &sleep()]), Tier::Weak(Why::OtherNamespace), "{kind}");
        assert_eq!(running.caller(&Household::own().unwrap()).terminal(), None, "its terminals are not ours");
    }
}

#[test]
fn a_user_namespace_alone_is_seen() {
    if may_unshare("-Ur") {
        let mut command = Command::new("unshare");
        let running = Running::as_soon_as("sleep", command.arg("-Ur").arg(sleep()).arg("600"));
        assert_eq!(running.tier(&[&sleep()]), Tier::Weak(Why::OtherUsers));
    }
}

/// A folder that looks like a Flatpak's root, with a program that can run in it.
const FAKE_ROOT: &str = "cd \"$1\"; for file in /bin/sleep $(ldd /bin/sleep | grep -o '/[^ ]*'); do
    mkdir -p \".${file%/*}\"; cp -L \"$file\" \".$file\"; done
printf '[Application]\\nname=org.example.Browser\\n' >.flatpak-info";

#[test]
fn a_flatpak_info_that_lies_in_our_namespace_is_no_sandbox() {
    // Anybody can change the root folder in a user namespace; root can without.
    for (kind, possible) in [("-U", may_unshare("-Ur")), ("", rustix::process::geteuid().is_root())] {
        if !possible {
            continue;
        }
        let home = tempfile::tempdir().unwrap();
        let enter = if kind.is_empty() { "" } else { "unshare -Ur" };
        let text = format!("{FAKE_ROOT}\nexec {enter} chroot . /bin/sleep 600");
        let running = Running::as_soon_as("sleep", &mut script(&text, home.path()));
        assert_eq!(running.tier(&[&sleep(), Path::new("/bin/sleep")]), Tier::Weak(Why::OtherRoot), "{kind}");
    }
}

#[test]
fn what_a_sandbox_says_is_shown_and_gives_nothing() {
    if !may_unshare("-Urm") {
        return;
    }
    for (info, expected) in [
        ("", Tier::Sandboxed("org.example.Browser (flatpak)".into())),
        ("echo nonsense >.flatpak-info", Tier::Weak(Why::OtherNamespace)),
        ("rm .flatpak-info; mkfifo .flatpak-info", Tier::Weak(Why::OtherNamespace)),
        ("mv .flatpak-info x; ln -s x .flatpak-info", Tier::Weak(Why::OtherNamespace)),
        ("head -c 100000 /dev/zero >>.flatpak-info", Tier::Weak(Why::OtherNamespace)),
        ("rm .flatpak-info", Tier::Weak(Why::OtherNamespace)),
    ] {
        let home = tempfile::tempdir().unwrap();
        let inside = format!("mount -t tmpfs tmpfs \"$1\"\n{FAKE_ROOT}\n{info}\nexec chroot . /bin/sleep 600");
        let mut command = Command::new("unshare");
        command.args(["-Urm", "sh", "-ec", &inside, "sh"]).arg(home.path());
        let running = Running::as_soon_as("sleep", &mut command);
        assert_eq!(running.tier(&[&sleep(), Path::new("/bin/sleep")]), expected, "{info}");
    }
}

#[test]
fn a_program_that_is_traced_may_be_anything() {
    // PTRACE_TRACEME: whoever started it holds it, and it stops at exec(2).
    let number = match std::env::consts::ARCH {
        "x86_64" => 101,
        "aarch64" | "riscv64" => 117,
        other => return eprintln!("skipped: the number of ptrace(2) on {other} is not known here"),
    };
    let mut command = Command::new("perl");
    command.args(["-e", &format!("syscall({number}, 0, 0, 0, 0); exec @ARGV")]).arg(sleep()).arg("600");
    let running = Running::as_soon_as("sleep", &mut command);
    assert_eq!(running.tier(&[&sleep()]), Tier::Weak(Why::Traced));
}

#[test]
fn a_process_that_is_gone_is_nobody() {
    let mut running = Running::as_soon_as("sleep", &mut sleeping(&sleep()));
    let process = Process::open(Pid::from_child(&running.0)).unwrap();
    running.0.kill().unwrap();
    running.0.wait().unwrap();
    assert!(look(&process, &Household::own().unwrap()).is_err() || !process.lives());
}
