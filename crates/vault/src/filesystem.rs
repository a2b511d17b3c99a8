//! On what kind of file system a vault lies: for `fob doctor`.
//!
//! A vault's durability rests on a rename that replaces in one step, on an fsync that reaches a disk, and on a lock that
//! others see. File systems of other machines and of other programs promise less than the local ones. Magic numbers are
//! those of statfs(2).

use std::io;
use std::path::Path;

/// Where a vault lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileSystem {
    /// A file system of this machine's, as far as is known.
    Local,
    /// Memory: everything is gone after a restart.
    Memory,
    /// Another machine's, by this protocol: locks and syncs may not reach everybody.
    Network(&'static str),
    /// A program's (FUSE): it promises what its author did.
    Fuse,
}

impl FileSystem {
    /// The file system that a path lies on.
    ///
    /// # Errors
    /// The system's.
    pub fn of(path: &Path) -> io::Result<Self> {
        let found = rustix::fs::statfs(path)?;
        // The kernel's magic numbers have 32 bits; how wide `f_type` is differs from machine to machine.
        Ok(Self::by_magic(found.f_type as u32))
    }

    const fn by_magic(magic: u32) -> Self {
        match magic {
            0x6969 => Self::Network("NFS"),
            0x517b => Self::Network("SMB"),
            0xff53_4d42 => Self::Network("CIFS"),
            0xfe53_4d42 => Self::Network("SMB2"),
            0x0102_1997 => Self::Network("9P"),
            0x5346_414f | 0x6b41_4653 => Self::Network("AFS"),
            0x00c3_6400 => Self::Network("Ceph"),
            0x7375_7245 => Self::Network("Coda"),
            0x564c => Self::Network("NCP"),
            0x0bd0_0bd0 => Self::Network("Lustre"),
            0x0116_1970 => Self::Network("GFS2"),
            0x7461_636f => Self::Network("OCFS2"),
            0x6573_5546 => Self::Fuse,
            0x0102_1994 | 0x8584_58f6 => Self::Memory,
            _ => Self::Local,
        }
    }

    /// What somebody who keeps a vault there should know; nothing about a local one.
    #[must_use]
    pub const fn warning(self) -> Option<&'static str> {
        match self {
            Self::Local => None,
            Self::Memory => Some("it lies in memory and is gone after a restart"),
            Self::Network(_) => Some("it lies on another machine: two writers may not see each other's lock"),
            Self::Fuse => {
                Some("it lies on a file system made by a program, which may not keep what it was told to sync")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers from linux/magic.h of Linux 6.1, and of their file systems' own headers.
    #[test]
    fn file_systems_are_known_by_the_kernels_numbers() {
        for (case, magic, expected) in [
            ("ext4", 0xef53, FileSystem::Local),
            ("btrfs", 0x9123_683e, FileSystem::Local),
            ("xfs", 0x5846_5342, FileSystem::Local),
            ("overlayfs", 0x794c_7630, FileSystem::Local),
            ("nfs", 0x6969, FileSystem::Network("NFS")),
            ("smb2", 0xfe53_4d42, FileSystem::Network("SMB2")),
            ("fuse", 0x6573_5546, FileSystem::Fuse),
            ("tmpfs", 0x0102_1994, FileSystem::Memory),
        ] {
            assert_eq!(FileSystem::by_magic(magic), expected, "{case}");
            assert_eq!(expected.warning().is_some(), expected != FileSystem::Local, "{case}");
        }
    }

    /// /proc/mounts has the kernel's own word for it.
    #[test]
    fn the_kernel_is_asked() {
        let mounts = std::fs::read_to_string("/proc/mounts").unwrap();
        let tmpfs = mounts.lines().filter_map(|line| {
            let mut parts = line.split(' ').skip(1);
            let (path, kind) = (parts.next()?, parts.next()?);
            (kind == "tmpfs").then(|| path.to_owned())
        });
        for path in tmpfs {
            // A mount below another one cannot be seen, one in a forbidden folder not be asked about.
            if let Ok(found) = FileSystem::of(Path::new(&path)) {
                assert_eq!(found, FileSystem::Memory, "{path}");
            }
        }
        assert_eq!(FileSystem::of(Path::new("/proc")).unwrap(), FileSystem::Local);
        assert!(FileSystem::of(Path::new("/no/such/folder")).is_err());
    }
}
