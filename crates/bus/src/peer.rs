//! Who listens on the socket: before anything goes there, it must be fobd.
//!
//! The kernel says which process called listen(2) on it (SO_PEERCRED). It must be of the same user, see the same files
//! (mount namespace), and run a program `fobd` that lies beside the caller's own program or is root's; or be systemd,
//! which holds the socket of `fobd.socket` and starts fobd on it. Elsewhere fobd has a process of its own listen that
//! never holds a secret: one with secrets in memory is not dumpable, and the kernel hides its program from everybody
//! but root. So there is one look, the same before a passphrase and before any other call.
//!
//! This tells an honest mistake, a squatter on a stale path and a program in disguise from fobd. A program of the same
//! user that changes fobd while it runs, or starts it with other libraries, is beyond what it can stop
//! (THREAT_MODEL.md).

use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;

use crate::credentials::Peer;
use crate::program::Program;

/// Why the peer is not taken for fobd.
#[derive(Debug, thiserror::Error)]
pub enum NotFobd {
    /// Another user's process listens.
    #[error("a process of another user (uid {0}) listens there")]
    OtherUser(u32),
    /// Its program could not be seen.
    #[error("the program that listens there cannot be seen")]
    Unseen(#[source] io::Error),
    /// It sees other files than this process, so that the path of its program means nothing.
    #[error("what listens there has a mount namespace of its own")]
    OtherNamespace,
    /// Its program is not fobd.
    #[error("{} listens there", .0.display())]
    OtherProgram(PathBuf),
    /// Its program is called fobd, and somebody else could have put it there.
    #[error("{} listens there, and others than its owner may write it or its folder", .0.display())]
    OpenToOthers(PathBuf),
}

/// Makes sure that fobd listens at the other end.
///
/// # Errors
/// [`NotFobd`].
pub fn is_fobd(socket: impl AsFd) -> Result<(), NotFobd> {
    let peer = Peer::of(socket).map_err(NotFobd::Unseen)?;
    if peer.uid != rustix::process::geteuid().as_raw() {
        return Err(NotFobd::OtherUser(peer.uid));
    }
    let listener = Program::of(&peer.folder()).map_err(NotFobd::Unseen)?;
    judge(listener, &Program::own().map_err(NotFobd::Unseen)?)
}

fn judge(listener: Program, own: &Program) -> Result<(), NotFobd> {
    if listener.mounts != own.mounts {
        return Err(NotFobd::OtherNamespace);
    }
    let named = listener.is_what_its_path_says();
    let beside = listener.home() == own.home() && listener.is_of(own.file.uid);
    let trusted = match listener.path.file_name().and_then(|name| name.to_str()).unwrap_or_default() {
        "fobd" => named && (beside || listener.is_roots()),
        // What runs after an upgrade in place.
        "fobd (deleted)" => beside,
        "systemd" => named && listener.is_roots(),
        _ => false,
    };
    match trusted {
        true if listener.is_closed() => Ok(()),
        true => Err(NotFobd::OpenToOthers(listener.path)),
        false => Err(NotFobd::OtherProgram(listener.path)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::{UnixListener, UnixStream};

    use super::*;
    use crate::program::{FileId, Owned};

    const ADA: u32 = 1000;
    const EVE: u32 = 1001;
    const ROOT: u32 = 0;

    const fn id(inode: u64) -> FileId {
        FileId { device: 1, inode }
    }

    fn program(path: &str, file: (u32, u32), folder: (u32, u32)) -> Program {
        let owned = |(uid, mode)| Owned { uid, mode };
        let path = PathBuf::from(path);
        Program { path, file: owned(file), folder: owned(folder), runs: id(7), named: Some(id(7)), mounts: id(1) }
    }

    fn verdict(listener: Program) -> &'static str {
        let own = program("/opt/fob/fob", (ADA, 0o755), (ADA, 0o755));
        match judge(listener, &own) {
            Ok(()) => "fobd",
            Err(NotFobd::OtherNamespace) => "namespace",
            Err(NotFobd::OtherProgram(_)) => "program",
            Err(NotFobd::OpenToOthers(_)) => "open",
            Err(NotFobd::OtherUser(_) | NotFobd::Unseen(_)) => panic!("seen and of the same user"),
        }
    }

    #[test]
    fn fobd_lies_beside_fob_or_is_roots_and_nobody_else_may_write_it() {
        const OWN: (u32, u32) = (ADA, 0o755);
        const ROOTS: (u32, u32) = (ROOT, 0o755);
        for (case, path, file, folder, expected) in [
            ("beside fob", "/opt/fob/fobd", OWN, OWN, "fobd"),
            ("replaced by an upgrade", "/opt/fob/fobd (deleted)", OWN, OWN, "fobd"),
            ("root's, elsewhere", "/usr/bin/fobd", ROOTS, ROOTS, "fobd"),
            ("systemd", "/usr/lib/systemd/systemd", ROOTS, ROOTS, "fobd"),
            ("a systemd of the user's", "/opt/fob/systemd", OWN, OWN, "program"),
            ("fobd elsewhere", "/tmp/fobd", OWN, OWN, "program"),
            ("a deleted one elsewhere", "/tmp/fobd (deleted)", OWN, OWN, "program"),
            ("root's file in a folder of the user's", "/tmp/fobd", ROOTS, OWN, "program"),
            ("a neighbour", "/opt/fob/python3", OWN, OWN, "program"),
            ("fob itself", "/opt/fob/fob", OWN, OWN, "program"),
            ("somebody else's file", "/opt/fob/fobd", (EVE, 0o755), OWN, "program"),
            ("somebody else's folder", "/opt/fob/fobd", OWN, (EVE, 0o755), "program"),
            ("a file open to a group", "/opt/fob/fobd", (ADA, 0o775), OWN, "open"),
            ("a folder open to all", "/opt/fob/fobd", OWN, (ADA, 0o1777), "open"),
            ("root's in a folder open to all", "/tmp/fobd", ROOTS, (ROOT, 0o1777), "open"),
        ] {
            assert_eq!(verdict(program(path, file, folder)), expected, "{case}");
        }
    }

    /// `unshare -Urm`, then `mount --bind /usr/bin/python3 /opt/fob/fobd`: root's file at fobd's path, for itself alone.
    #[test]
    fn a_program_behind_a_mount_of_its_own_is_not_fobd() {
        let honest = program("/opt/fob/fobd", (ROOT, 0o755), (ADA, 0o755));
        assert_eq!(verdict(honest.clone()), "fobd");
        assert_eq!(verdict(Program { mounts: id(2), ..honest.clone() }), "namespace");
        assert_eq!(verdict(Program { runs: id(8), ..honest.clone() }), "program");
        assert_eq!(verdict(Program { named: None, ..honest }), "program");
    }

    #[test]
    fn a_program_of_another_name_is_not_fobd() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let _listener = UnixListener::bind(&path).unwrap();
        let stream = UnixStream::connect(&path).unwrap();
        assert!(matches!(is_fobd(&stream), Err(NotFobd::OtherProgram(_))));
    }
}
