//! Software keys with many discoverable credentials, one at each of many sites, made as a person would make them.

use std::path::{Path, PathBuf};

use fob_authenticator::{Authenticator, FileStore, RamStore, Store};
use fob_ctap::entity::Descriptor;

use super::requests::{Lies, key_on, registered};

/// A key in process and in memory with this many credentials, and the one of site 0.
pub(super) fn in_memory(count: usize) -> anyhow::Result<(Authenticator, Descriptor)> {
    let mut key = key_on(Box::new(RamStore))?;
    let first = registered(&mut key, 0, Lies::InTheKey)?;
    for site in 1..count {
        registered(&mut key, site, Lies::InTheKey)?;
    }
    Ok((key, first))
}

/// A sealed state file in this folder with this many credentials, and the one of site 0.
pub(super) fn state_file(folder: &Path, count: usize) -> anyhow::Result<(PathBuf, Descriptor)> {
    let (key, first) = in_memory(count)?;
    let path = folder.join(format!("state-{count}"));
    FileStore::open_with_key_beside(&path)?.create(key.state())?;
    Ok((path, first))
}
