//! Where the peers are that no distribution has: `benches/peers/build` puts them under `target/peers`.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// cotp, as its authors publish it.
pub(crate) const COTP: &str = "bin/cotp";
/// The software key soft-fido2 behind a socket (`benches/peers/softkey`).
pub(crate) const SOFT_FIDO2: &str = "release/peer-soft-fido2";
/// What writes stores for cotp and OTPClient (`benches/peers/stores`).
pub(crate) const STORES: &str = "release/peer-stores";

/// One of them.
pub(crate) fn built(peer: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let target = own.parent().and_then(Path::parent).context("a program lies in target/PROFILE")?;
    let path = target.join("peers").join(peer);
    anyhow::ensure!(path.is_file(), "{} is not built: run benches/peers/build", path.display());
    Ok(path)
}
