//! One look at a process: everything about it that makes its tier, except for who has listed its program.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::{ffi::OsStr, fs::Metadata};

use fob_bus::program::{FileId, Program};

use super::closed::is_closed;
use super::process::Process;
use super::{Household, Tier, Why, sandbox};

/// How much of an environment is read, in bytes.
const ENVIRONMENT: u64 = 1024 * 1024;
const ROOT: u32 = 0;
/// What has the loader of programs (ld.so(8)) put other code into a program: lists of files, and of folders to find files in.
const LOADED: &[&str] = &["LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH"];

/// A process's program and tier.
///
/// # Errors
/// The system's: that it is gone, or does not let itself be looked at.
pub(super) fn look(process: &Process, household: &Household) -> io::Result<(PathBuf, Tier)> {
    let folder = process.folder();
    let is = |what: &str, wanted: FileId| Ok::<_, io::Error>(FileId::from(&about(&folder.join(what))?) == wanted);
    if !is("ns/mnt", household.mounts())? {
        let path = fs::read_link(folder.join("exe"))?;
        let tier = sandbox::around(&folder).map_or(Tier::Weak(Why::OtherNamespace), Tier::Sandboxed);
        return Ok((path, tier));
    }
    let program = Program::of(&folder)?;
    let tier = match () {
        () if !is("root", household.root())? => Tier::Weak(Why::OtherRoot),
        () if !is("ns/user", household.users())? => Tier::Weak(Why::OtherUsers),
        () if is_traced(&fs::read_to_string(folder.join("status"))?) => Tier::Weak(Why::Traced),
        () => loaded(&folder, household, household.tier_of(&program))?,
    };
    Ok((program.path, tier))
}

fn about(path: &Path) -> io::Result<Metadata> {
    fs::metadata(path)
}

/// The same tier, unless it was started with code in it that others could change. What a process can hide by writing over
/// its own environment it could do in other ways too; this makes visible what is not hidden.
fn loaded(folder: &Path, household: &Household, tier: Tier) -> io::Result<Tier> {
    let owner = match tier {
        Tier::Companion | Tier::Listener => household.owner(),
        // What may turn out to be listed.
        Tier::Script(Why::OtherProgram) => ROOT,
        tier => return Ok(tier),
    };
    let mut environment = Vec::new();
    File::open(folder.join("environ"))?.take(ENVIRONMENT).read_to_end(&mut environment)?;
    let closed = named_files(&environment).all(|path| is_closed(path, owner));
    Ok(if closed { tier } else { Tier::Script(Why::Preloaded) })
}

/// What an environment has the loader look at. A bare name is searched for where the system's libraries are.
fn named_files(environment: &[u8]) -> impl Iterator<Item = &Path> {
    let variables = environment.split(|&byte| byte == 0).filter_map(|entry| {
        let (name, value) = entry.split_at_checked(entry.iter().position(|&byte| byte == b'=')?)?;
        let name = LOADED.iter().find(|known| known.as_bytes() == name)?;
        Some((*name, value.get(1..)?)).filter(|(_, value)| !value.is_empty())
    });
    variables.flat_map(|(name, value)| {
        let folders = name == "LD_LIBRARY_PATH";
        let parts = value.split(move |&byte| byte == b':' || byte == if folders { b';' } else { b' ' });
        // No folder between two colons is the folder that it was started in; no file is none.
        let counts = move |part: &&[u8]| folders || part.contains(&b'/');
        parts.filter(counts).map(|part| Path::new(OsStr::from_bytes(part)))
    })
}

/// Whether another process holds it by ptrace(2) (proc_pid_status(5): TracerPid).
fn is_traced(status: &str) -> bool {
    status.lines().find_map(|line| line.strip_prefix("TracerPid:")).is_none_or(|pid| pid.trim() != "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_loader_looks_at_is_found() {
        let files =
            |text: &str| named_files(text.as_bytes()).map(|path| path.display().to_string()).collect::<Vec<_>>();
        for (environment, expected) in [
            ("", vec![]),
            ("HOME=/\0PATH=/bin\0", vec![]),
            ("LD_PRELOAD=/tmp/a.so /b.so:/c.so\0", vec!["/tmp/a.so", "/b.so", "/c.so"]),
            ("A=b\0LD_AUDIT=./a.so\0", vec!["./a.so"]),
            ("LD_PRELOAD=libeatmydata.so\0", vec![]),
            ("LD_PRELOAD=\0LD_LIBRARY_PATH=\0", vec![]),
            ("LD_LIBRARY_PATH=/a:/b;c\0", vec!["/a", "/b", "c"]),
            ("LD_LIBRARY_PATH=/a:\0", vec!["/a", ""]),
            ("XLD_PRELOAD=/a.so\0LD_PRELOADX=/b.so\0LD_PRELOAD\0", vec![]),
        ] {
            assert_eq!(files(environment), expected, "{environment:?}");
        }
    }

    #[test]
    fn a_status_that_says_nothing_counts_as_traced() {
        for (status, traced) in [("Name:\tx\nTracerPid:\t0\n", false), ("TracerPid:\t42\n", true), ("", true)] {
            assert_eq!(is_traced(status), traced, "{status:?}");
        }
    }
}
