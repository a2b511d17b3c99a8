//! What a sandbox says about itself: Flatpak's `/.flatpak-info`, and the label or the control group of a snap.
//!
//! Only of a process that has a mount namespace of its own. Whoever can make one can write such a file into it, so the name
//! is for showing and never for remembering; a portal is asked for the real one.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::OFlags;

/// Longest file that is read, in bytes. Lists of mounts are the longest of them.
const LIMIT: u64 = 1024 * 1024;
/// Longest `/.flatpak-info`, in bytes; real ones have one or two thousand.
const INFO_LIMIT: u64 = 64 * 1024;
/// Longest id of an application (D-Bus's bound for names, which Flatpak took over).
const LONGEST: usize = 255;
const FLATPAK_INFO: &str = "/.flatpak-info";
/// File systems of the kernel's own, which always answer. A file on FUSE could make its reader wait for ever, and a network
/// may be down. Flatpak's file lies on a tmpfs.
const ANSWERING: &[&str] = &["tmpfs", "ext4", "xfs", "btrfs"];

/// What the sandbox around the process with this folder in /proc says, such as `org.mozilla.firefox (flatpak)`.
pub(super) fn around(process: &Path) -> Option<Arc<str>> {
    let flatpak = || flatpak(process).map(|id| format!("{id} (flatpak)"));
    let snap = || snap(process).map(|name| format!("{name} (snap)"));
    flatpak().or_else(snap).map(Arc::from)
}

fn flatpak(process: &Path) -> Option<String> {
    let mounts = text(&process.join("mountinfo"), LIMIT, OFlags::empty()).ok()?;
    if !lies_on_an_answering_file_system(&mounts) {
        return None;
    }
    // A pipe of that name must not make us wait, nor a link lead elsewhere.
    let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW;
    let info = text(&process.join("root").join(FLATPAK_INFO.trim_start_matches('/')), INFO_LIMIT, flags).ok()?;
    application(&info).map(str::to_owned)
}

/// Whether `/.flatpak-info` does (proc_pid_mountinfo(5)). What is mounted last at a place is what is seen there.
fn lies_on_an_answering_file_system(mounts: &str) -> bool {
    let at = |place: &str| {
        mounts.lines().rev().find_map(|line| {
            let (before, behind) = line.split_once(" - ")?;
            (before.split(' ').nth(4)? == place).then(|| behind.split(' ').next())?
        })
    };
    at(FLATPAK_INFO).or_else(|| at("/")).is_some_and(|kind| ANSWERING.contains(&kind))
}

/// The name in the group `[Application]`.
fn application(info: &str) -> Option<&str> {
    let group = info.lines().skip_while(|line| line.trim_end() != "[Application]").skip(1);
    let mut entries = group.take_while(|line| !line.starts_with('[')).filter_map(|line| line.split_once('='));
    let (_, id) = entries.find(|(key, _)| key.trim() == "name")?;
    let id = id.trim();
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (id.len() <= LONGEST && id.contains('.') && id.chars().all(known)).then_some(id)
}

fn snap(process: &Path) -> Option<String> {
    let label = || text(&process.join("attr/current"), LIMIT, OFlags::empty()).ok();
    let groups = || text(&process.join("cgroup"), LIMIT, OFlags::empty()).ok();
    let labelled = label().and_then(|label| snap_name(&label).map(str::to_owned));
    labelled.or_else(|| groups()?.lines().find_map(|line| snap_name(line.rsplit('/').next()?).map(str::to_owned)))
}

/// The name in `snap.NAME.APPLICATION`, as AppArmor labels and systemd's scopes begin.
fn snap_name(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix("snap.")?.split_once('.')?;
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    (!name.is_empty() && name.len() <= LONGEST && name.chars().all(known)).then_some(name)
}

/// A file's text, when it is a file and no longer than that.
fn text(path: &Path, limit: u64, flags: OFlags) -> io::Result<String> {
    let file = File::options().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut text = String::new();
    file.take(limit + 1).read_to_string(&mut text)?;
    if text.len() as u64 > limit { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `flatpak run` writes it (flatpak-metadata(5)).
    const INFO: &str = "[Application]\nname=org.mozilla.firefox\nruntime=runtime/org.freedesktop.Platform/x86_64/24.08\n\n\
                        [Instance]\ninstance-id=1234\nname=not.this.one\n\n[Context]\nshared=network;ipc;\n";

    #[test]
    fn the_name_of_a_flatpak_is_that_of_its_application() {
        assert_eq!(application(INFO), Some("org.mozilla.firefox"));
        let long = format!("[Application]\nname=a.{}\n", "b".repeat(300));
        for info in [
            "",
            "name=org.example.App\n",
            "[Runtime]\nname=org.freedesktop.Sdk\n",
            "[Instance]\nname=org.example.App\n[Application]\nruntime=x\n",
            "[Application]\n[Instance]\nname=org.example.App\n",
            "[Application]\nname=\n",
            "[Application]\nname=firefox\n",
            "[Application]\nname=org.example.\u{202e}App\n",
            "[Application]\nname=org.example/App\n",
            &long,
        ] {
            assert_eq!(application(info), None, "{info:?}");
        }
    }

    #[test]
    fn a_file_that_may_never_answer_is_not_opened() {
        let line = |place: &str, kind: &str| format!("36 35 0:32 / {place} rw,relatime master:1 - {kind} src rw\n");
        let (root, info) = (line("/", "tmpfs"), line("/.flatpak-info", "tmpfs"));
        for (mounts, answers) in [
            (format!("{root}{info}"), true),
            (root.clone(), true),
            (line("/", "fuse.sshfs"), false),
            (format!("{root}{}", line("/.flatpak-info", "fuse")), false),
            (format!("{root}{info}{}", line("/.flatpak-info", "fuse.evil")), false),
            (format!("{}{info}", line("/", "fuse")), true),
            (line("/home", "tmpfs"), false),
            (String::new(), false),
            ("nonsense\n - \n".into(), false),
        ] {
            assert_eq!(lies_on_an_answering_file_system(&mounts), answers, "{mounts}");
        }
    }

    #[test]
    fn a_snap_is_known_by_label_or_scope() {
        for (text, name) in [
            ("snap.firefox.firefox (enforce)\n", Some("firefox")),
            ("snap.chromium.chromium-1f3c.scope", Some("chromium")),
            ("unconfined\n", None),
            ("snap.\u{202e}x.y", None),
            ("snap..y", None),
            ("snap.firefox", None),
        ] {
            assert_eq!(snap_name(text), name, "{text}");
        }
    }
}
